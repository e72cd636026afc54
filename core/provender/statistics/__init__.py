"""Figures of the rows of a feature view: how many, how many nulls, how they are spread."""

from provender.statistics.describing import describe
from provender.statistics.figures import Bin, ColumnFigures, ViewFigures

__all__ = ["Bin", "ColumnFigures", "ViewFigures", "describe"]
