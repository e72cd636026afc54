"""How installed plug-ins are found, loaded and asked for their stores."""
