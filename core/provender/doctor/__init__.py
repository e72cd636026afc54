"""What ``provender doctor`` looks at, and what it finds."""

from provender.doctor.examination import examine

__all__ = ["examine"]
