"""What goes over HTTP between a feature server and its clients: paths, shapes, media types, values.

Server and client share it, so that neither can drift from the other.
"""
