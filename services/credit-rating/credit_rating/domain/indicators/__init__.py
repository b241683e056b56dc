"""The nine indicators of a dealer's standing, each graded A, B or C (domain.md 2.3)."""

from .declared import Graded, Snapshot, snapshot
from .override import OVERRIDDEN, Override, overridden, overrides_of
from .table import INDICATORS, Assessment, Declared, SurveyMissing, assess, assessed_like, computed, otherwise

__all__ = [
    "INDICATORS",
    "OVERRIDDEN",
    "Assessment",
    "Declared",
    "Graded",
    "Override",
    "Snapshot",
    "SurveyMissing",
    "assess",
    "assessed_like",
    "computed",
    "otherwise",
    "overridden",
    "overrides_of",
    "snapshot",
]
