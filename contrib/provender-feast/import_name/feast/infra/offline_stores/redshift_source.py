"""Tables of Redshift."""

from provender_feast.definitions import RedshiftSource

__all__ = ["RedshiftSource"]
