"""The rules of the suite for plug-ins."""
