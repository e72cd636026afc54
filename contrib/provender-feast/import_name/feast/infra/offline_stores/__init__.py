"""Offline stores and their sources."""
