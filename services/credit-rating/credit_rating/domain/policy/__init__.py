"""The credit policy: a versioned document that users change without a release."""

from .document import CreditPolicy

__all__ = ["CreditPolicy"]
