"""The local provider: Parquet through DuckDB, SQLite, and a registry in any SQL database."""
