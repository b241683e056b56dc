"""What the log says no to, each with what the caller can do about it."""

from __future__ import annotations


class LogRefused(Exception):
    """The base of the log's refusals."""


class StaleVersion(LogRefused):
    """The stream has moved on since the caller read it: read it again, then repeat with its version."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, not {expected}: read it again and repeat")
        self.stream, self.expected, self.actual = stream, expected, actual


class CommandReused(LogRefused):
    """The command's id was used before with other content: a new command needs a new id."""

    def __init__(self, command: object) -> None:
        super().__init__(f"command {command} was already used with other content: a new request needs a new key")


class ClaimTaken(LogRefused):
    """Another stream holds a name that this command would take."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} is taken")
        self.key = key


class LogClosed(LogRefused):
    """The log may not be written: not yet compared with its topic, or on a server that wrote another history."""


class NotPast(LogClosed):
    """A cut was asked for at a moment that the database's clock has not passed."""


class Unreadable(LogRefused):
    """An event of the stream cannot be read by this code: retry once a release that knows it is there."""


class Contended(LogRefused):
    """Others changed the stream each time before this command could be written: retry."""


class CommandTooLarge(LogRefused):
    """A command writes at most 100 events and 768 KiB."""
