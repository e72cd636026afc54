"""Statistics of the rows of a feature view: counts, nulls, distributions."""

from provender.plugin.statistics.describing import describe
from provender.plugin.statistics.figures import Bin, ColumnFigures, ViewFigures

__all__ = ["Bin", "ColumnFigures", "ViewFigures", "describe"]
