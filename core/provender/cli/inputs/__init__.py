"""What users give to commands, turned into rows, values and definitions."""
