"""Redis as an online store of Provender."""
