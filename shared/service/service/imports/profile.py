"""A mapping profile: a small TOML file that says which column is which field, and how to read it.

One file names the columns of its facts *and* of the dealers that they name, so that customer-registry can onboard those
from the same file.
"""

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from service.imports.profile_parts import (
    Bouncing,
    Code,
    DateFormat,
    DealerColumns,
    DealerExtras,
    Disputing,
    InvoiceColumns,
    Numbers,
    Part,
    Paying,
    ReceiptColumns,
    Receiving,
    Returns,
    Rule,
    SaleColumns,
    Terms,
    Text,
    listed,
)
from service.imports.refusals import ImportRefused

MOST_BYTES = 64 * 1024


class _Profile(Part):
    profile: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    title: Text
    source: Code
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    sheet: Text | None = None
    dates: Annotated[tuple[DateFormat, ...], BeforeValidator(listed)] = ()
    numbers: Numbers = Numbers()
    dealer: DealerColumns
    ignore: tuple[Rule, ...] = ()
    reject: tuple[Rule, ...] = ()


class SalesProfile(_Profile):
    """Sales and returns, a row each: ours to dealers, or what dealers sold on (`direction = "sell_out"`)."""

    kind: Literal["sales"]
    direction: Literal["sell_in", "sell_out"] = "sell_in"
    columns: SaleColumns
    returns: Returns | None = None


class InvoicesProfile(_Profile):
    """Invoices with what became of them, a row each."""

    kind: Literal["invoices"]
    columns: InvoiceColumns
    terms: Terms
    payment: Paying | None = None
    dispute: Disputing | None = None

    @model_validator(mode="after")
    def _constants_match_columns(self) -> "InvoicesProfile":
        if (self.columns.settled_on is None) != (self.payment is None):
            raise ValueError("columns.settled_on and [payment] belong together")
        if (self.columns.disputed is None) != (self.dispute is None):
            raise ValueError("columns.disputed and [dispute] belong together")
        return self


class ReceiptsProfile(_Profile):
    """Payments and acceptance bills, a row each, and which of them came back."""

    kind: Literal["receipts"]
    columns: ReceiptColumns
    method: Receiving
    bounce: Bouncing | None = None

    @model_validator(mode="after")
    def _constants_match_columns(self) -> "ReceiptsProfile":
        if (self.columns.method is None) != (not self.method.words):
            raise ValueError("columns.method and method.words belong together")
        if self.columns.method is None and self.method.default is None:
            raise ValueError("method.default says how money came where no column does")
        if (self.columns.bounced_on is None) != (self.bounce is None):
            raise ValueError("columns.bounced_on and [bounce] belong together")
        return self


class DealersProfile(_Profile):
    """Dealers, a row each."""

    kind: Literal["dealers"]
    columns: DealerExtras = DealerExtras()


Profile = SalesProfile | InvoicesProfile | ReceiptsProfile | DealersProfile
KINDS = ("sales", "invoices", "receipts", "dealers")
_ANY: TypeAdapter[Profile] = TypeAdapter(Annotated[Profile, Field(discriminator="kind")])


def load_profile(source: Path | Traversable | str) -> Profile:
    """Read a profile from a file, or from its text; ImportRefused("profile", …) names the key that is wrong."""
    try:
        text = source if isinstance(source, str) else source.read_text(encoding="utf-8")
        if len(text) > MOST_BYTES:
            raise ImportRefused("profile", "The profile is longer than 64 KiB.")
        return _ANY.validate_python(tomllib.loads(text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ImportRefused("profile", f"The profile cannot be read: {error}") from None
    except ValidationError as error:
        faults = _faults(error)
        raise ImportRefused("profile", "; ".join(f"{key}: {said}" for key, said in faults), faults) from None


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    """Each fault's key as the file writes it (the first step is the kind's own), and what is wrong."""
    phrases = []
    for fault in error.errors():
        steps = [str(step) for step in fault["loc"]]
        key = ".".join(steps[1:] if steps and steps[0] in KINDS else steps)
        phrases.append((key or "profile", fault["msg"]))
    return phrases


def shipped_profiles(package: str) -> dict[str, Profile]:
    """The profiles that a service ships in its folder `profiles`, by name."""
    loaded = (load_profile(file) for file in shipped_files(package))
    return {profile.profile: profile for profile in sorted(loaded, key=lambda each: each.profile)}


def shipped_files(package: str) -> list[Traversable]:
    """The files of those profiles."""
    folder = resources.files(package).joinpath("profiles")
    return [file for file in folder.iterdir() if file.name.endswith(".toml")] if folder.is_dir() else []
