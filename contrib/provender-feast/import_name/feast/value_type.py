"""The older spelling of types."""

from provender_feast.types import ValueType

__all__ = ["ValueType"]
