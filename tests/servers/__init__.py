"""The real servers that the tests drive: how each is installed, started, found and stopped."""
