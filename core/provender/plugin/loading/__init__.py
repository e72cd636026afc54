"""How installed plug-ins are found and loaded, and how their stores are built."""
