"""Materializations and rebuilds that run in the background."""
