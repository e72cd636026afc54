"""The Amazon provider."""

from provender_aws.redshift_source import RedshiftSource

__all__ = ["RedshiftSource"]
