"""PostgreSQL as offline store, online store and registry of Provender."""

from provender_postgres.source import PostgresSource

__all__ = ["PostgresSource"]
