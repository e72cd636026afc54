"""Labels that people give."""

from provender_feast.definitions import ConflictPolicy, LabelView

__all__ = ["ConflictPolicy", "LabelView"]
