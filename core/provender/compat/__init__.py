"""The names of other feature stores, over ours."""
