"""Materializations that run in the background."""
