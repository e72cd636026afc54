"""The report of a conformance run: written, assembled, drawn as a table and as a badge."""
