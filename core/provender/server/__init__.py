"""The feature server: HTTP, fast where it is read, careful everywhere (extra ``server``)."""
