"""Filling the next generation of online tables while the one before is read."""
