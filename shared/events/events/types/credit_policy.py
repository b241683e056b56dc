"""credit-rating: a policy on its way from a draft to its publication (domain.md 2.8)."""

from datetime import date

from events.catalogue import Event
from events.fields import FreeJson, Hash, Id, Version
from events.recorded import Code, Said, Text


class CreditPolicyDrafted(Event, owner="credit-rating", stream="policy"):
    """Somebody wrote the draft of a next version; `content` is a whole policy document, `hash` that of its content."""

    name: Code
    draft: Id
    version: Version
    effective_from: date
    content: FreeJson
    hash: Hash
    note: Text = ""
    by: Code


class CreditPolicyDraftRevised(Event, owner="credit-rating", stream="policy"):
    """The draft reads otherwise now."""

    name: Code
    draft: Id
    version: Version
    effective_from: date
    content: FreeJson
    hash: Hash
    note: Text = ""
    by: Code


class CreditPolicyDraftSubmitted(Event, owner="credit-rating", stream="policy"):
    """The draft waits for approval by somebody who has not written it."""

    name: Code
    draft: Id
    hash: Hash
    by: Code


class CreditPolicyDraftReturned(Event, owner="credit-rating", stream="policy"):
    """The draft has to be written anew, for a reason."""

    name: Code
    draft: Id
    reason: Said
    by: Code


class CreditPolicyDraftWithdrawn(Event, owner="credit-rating", stream="policy"):
    """The draft is given up."""

    name: Code
    draft: Id
    reason: Said
    by: Code


class CreditPolicyDraftApproved(Event, owner="credit-rating", stream="policy"):
    """The draft was approved as it was submitted, and published right behind this event."""

    name: Code
    draft: Id
    version: Version
    hash: Hash
    drafted_by: Code
    by: Code
    opinion: Text = ""
