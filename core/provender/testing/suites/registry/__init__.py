"""The rules of the suite for registries."""
