"""What people give as columns, brought to the feature types: exactly, or refused by row."""
