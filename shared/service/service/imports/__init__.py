"""Files that come in: a mapping profile, rows with a verdict each, repeatable without effect."""

from service.imports.engine import run_import
from service.imports.limits import Limits
from service.imports.mapping import Mapper
from service.imports.naming import DealerNamed, dealers_named
from service.imports.profile import Profile, load_profile, shipped_profiles
from service.imports.readers import open_table
from service.imports.records import (
    DealerRow,
    Dispute,
    LedgerRow,
    MappedRecord,
    Payment,
    ReceiptRow,
    SaleLine,
    Settlement,
)
from service.imports.refusals import ImportRefused, RowError
from service.imports.report import ImportReport, Progress, RowVerdict

__all__ = [
    "DealerNamed",
    "DealerRow",
    "Dispute",
    "ImportRefused",
    "ImportReport",
    "LedgerRow",
    "Limits",
    "MappedRecord",
    "Mapper",
    "Payment",
    "Profile",
    "Progress",
    "ReceiptRow",
    "RowError",
    "RowVerdict",
    "SaleLine",
    "Settlement",
    "dealers_named",
    "load_profile",
    "open_table",
    "run_import",
    "shipped_profiles",
]
