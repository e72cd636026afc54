"""Wheels as users install them, for tests that must not see the checkout."""
