"""Tiering reacts to no single event: its decisions are runs at a cut (`running`)."""

from __future__ import annotations

from typing import Any

REACTIONS: tuple[Any, ...] = ()
