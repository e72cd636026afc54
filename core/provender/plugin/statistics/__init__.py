"""Figures of the rows of a feature view: how many, how many nulls, how they are spread."""

from provender.plugin.statistics.describing import describe
from provender.plugin.statistics.figures import Bin, ColumnFigures, ViewFigures

__all__ = ["Bin", "ColumnFigures", "ViewFigures", "describe"]
