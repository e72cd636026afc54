"""The rules of the suite for online stores."""
