"""Online rows of some entities, made equal to the offline store's; see `FeatureStore.repair`."""

from provender.repair.repairing import RepairReport, repair

__all__ = ["RepairReport", "repair"]
