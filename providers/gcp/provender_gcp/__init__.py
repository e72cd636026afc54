"""The Google Cloud provider: BigQuery, Firestore, and a registry in Cloud Storage."""

from provender_gcp.bigquery_source import BigQuerySource

__all__ = ["BigQuerySource"]
