"""A registry on any object storage that has conditional writes."""
