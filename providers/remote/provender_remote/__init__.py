"""Stores that are reached through a feature server elsewhere: `provender serve`."""
