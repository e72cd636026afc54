"""What every SQL warehouse shares: the queries are built here, as syntax trees."""

from provender.plugin.sql.session import Located, SqlSession
from provender.plugin.sql.sql_store import SqlOfflineStore

__all__ = ["Located", "SqlOfflineStore", "SqlSession"]
