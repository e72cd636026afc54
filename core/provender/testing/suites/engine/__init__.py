"""The rules of the suite for engines."""
