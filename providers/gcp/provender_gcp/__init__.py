"""The Google Cloud provider: BigQuery, Firestore, and a registry in Cloud Storage."""
