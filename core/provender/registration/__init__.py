"""Planning and applying changes of the catalog."""
