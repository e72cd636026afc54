"""How Feast's feature server would log."""

from provender_feast.definitions import LoggingConfig, LoggingDestination

__all__ = ["LoggingConfig", "LoggingDestination"]
