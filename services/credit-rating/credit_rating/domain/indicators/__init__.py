"""The nine indicators of a dealer's standing, each graded A, B or C (domain.md 2.3)."""

from .declared import Graded, Snapshot, snapshot
from .override import OVERRIDDEN, Override, overridden, overrides_of
from .table import INDICATORS, Assessment, SurveyMissing, assess, computed

__all__ = [
    "INDICATORS",
    "OVERRIDDEN",
    "Assessment",
    "Graded",
    "Override",
    "Snapshot",
    "SurveyMissing",
    "assess",
    "computed",
    "overridden",
    "overrides_of",
    "snapshot",
]
