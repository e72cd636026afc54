"""The checks of ``provender doctor`` and their findings."""

from provender.doctor.examination import examine

__all__ = ["examine"]
