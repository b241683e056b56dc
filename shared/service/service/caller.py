"""Who asks, once a token has said so: what scopes, permissions and events go by."""

from __future__ import annotations

from dataclasses import dataclass

from service.permissions import Reach


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, in which role, and how far that role sees: `code` is the territory's, branch's or region's."""

    login: str
    role: str
    reach: Reach
    code: str | None

    def name(self, reach: Reach) -> str:
        """The code this caller is bound to at that reach, or "" when it is bound at another."""
        return self.code or "" if self.reach == reach else ""
