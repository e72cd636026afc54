"""What a provider implements: stores, registry, engine and hooks, and what it is given."""
