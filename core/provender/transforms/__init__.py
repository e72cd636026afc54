"""On-demand feature views: their functions, loaded, checked and run."""
