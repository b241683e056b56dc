"""JSON for programs, one file a resource, with the figures that the pages show."""
