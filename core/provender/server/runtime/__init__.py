"""What a worker runs on: threads, the circuit breaker, metrics, the refresh of the catalog."""
