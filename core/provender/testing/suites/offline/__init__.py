"""The rules of the suite for offline stores."""
