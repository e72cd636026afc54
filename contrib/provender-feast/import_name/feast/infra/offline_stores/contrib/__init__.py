"""Further offline stores."""
