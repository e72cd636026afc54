"""Tables of PostgreSQL."""

from provender_feast.definitions import PostgreSQLSource

__all__ = ["PostgreSQLSource"]
