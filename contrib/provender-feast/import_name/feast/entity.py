"""Entities."""

from provender_feast.definitions import Entity

__all__ = ["Entity"]
