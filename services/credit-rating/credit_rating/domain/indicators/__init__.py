"""The nine indicators of a dealer's standing, each graded A, B or C (domain.md 2.3)."""

from .declared import Graded, Snapshot, snapshot
from .table import INDICATORS, Assessment, SurveyMissing, assess

__all__ = ["INDICATORS", "Assessment", "Graded", "Snapshot", "SurveyMissing", "assess", "snapshot"]
