"""The credit policy: a versioned document that users change without a release."""

from .document import CreditPolicy, content_hash, in_force, read_policy, reference

__all__ = ["CreditPolicy", "content_hash", "in_force", "read_policy", "reference"]
