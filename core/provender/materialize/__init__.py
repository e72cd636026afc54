"""Loading rows from the offline into the online store, losing none."""

from provender.materialize.observer import MaterializeObserver, ViewReport
from provender.materialize.run import Materializer

__all__ = ["MaterializeObserver", "Materializer", "ViewReport"]
