"""What providers may build with: threads, retries, findings, casts, settings."""
