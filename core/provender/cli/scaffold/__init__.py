"""New projects and new plug-ins: their names and their files."""
