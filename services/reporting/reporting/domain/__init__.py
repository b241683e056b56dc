"""What this service decides: only that an export took place."""
