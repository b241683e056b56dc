"""What an auditor looks at first: where somebody did otherwise than the rule, or a fact came late (domain.md 4)."""

from __future__ import annotations

from typing import Literal, get_args

ExceptionKind = Literal[
    "limit_override", "hold_release", "indicator_override", "delegated_approval", "reversal", "write_off", "bounce",
    "dishonour", "late_fact", "back_dated",
    "legal_hand_over", "legal_taken_back", "security_released_early", "security_devalued", "group_limit",
    "delegated_diligence", "suspicion_confirmed",
]  # fmt: skip
EXCEPTION_KINDS: tuple[ExceptionKind, ...] = get_args(ExceptionKind)
BACK_DATED_BEYOND_DAYS = 5
"""A fact recorded more days than these after its business date is an exception (domain.md 4)."""
