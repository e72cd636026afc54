"""The online path: keys and values as bytes, the compiled read plan, responses and statuses."""
