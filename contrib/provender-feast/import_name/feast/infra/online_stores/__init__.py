"""Online stores."""
