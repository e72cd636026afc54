"""The engines of the core: where materialization runs."""
