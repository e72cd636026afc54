"""The versions of the catalog: their commits, what differs between two, and what that means."""
