"""Feature vectors."""

from provender_feast.results import TIMESTAMP_POSTFIX, OnlineResponse

__all__ = ["TIMESTAMP_POSTFIX", "OnlineResponse"]
