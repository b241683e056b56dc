"""What the registry answers over HTTP: one file a resource."""
