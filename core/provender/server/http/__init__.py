"""Requests and responses: bodies, errors and how they are sent."""
