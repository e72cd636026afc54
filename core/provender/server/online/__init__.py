"""Reads of online features, and the formats of their responses."""
