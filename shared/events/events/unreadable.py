"""Why a document cannot be read; each parks the stream, none is ever skipped (architecture.md 8, law 9)."""

import msgspec

BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON it expects; too deep a nesting is one of them."""


class Unreadable(Exception):
    """A document that this code cannot read; a newer release may."""


class UnknownType(Unreadable):
    """The catalogue holds no such event type, or the document comes from another source than the type's owner."""


class UnknownVersion(Unreadable):
    """The type is known, this version of it is not, and no upcaster leads from it."""


class Undecodable(Unreadable):
    """The bytes are no document, or its data are not what the type's model says."""
