"""Who may call the server, and by which host names."""
