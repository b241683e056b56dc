"""The registry reacts to nobody: what it knows, people tell it."""

from __future__ import annotations

from typing import Any

REACTIONS: tuple[Any, ...] = ()
