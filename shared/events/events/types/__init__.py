"""Every event type, one module an owner; importing this package fills the catalogue."""

from events.types import credit_rating, credit_review, customer_registry, ledger, reporting, tiering, upcasters

__all__ = ["credit_rating", "credit_review", "customer_registry", "ledger", "reporting", "tiering", "upcasters"]
