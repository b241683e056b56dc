"""What tiering answers over HTTP: one file a resource."""
