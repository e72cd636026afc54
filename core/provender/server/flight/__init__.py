"""The offline server: historical features over Arrow Flight."""
