"""The register of securities (登记台帐), step by step: registered, valued anew, renewed, released, expired.

`dated` is the day from which a step counts: of its registration, of the valuation, of the renewal, of the release; of
an expiry that of the notice, since a security ends by date. Nothing here is ever changed, so that the register can be
read as of any day, at any cut.
"""

from eventlog.mapping import BUSINESS_DATE, SUBJECT, Given, Same, named
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import SecurityExpired, SecurityRegistered, SecurityReleased, SecurityRenewed, SecurityRevalued

security_step = FactsTable(
    "security_step",
    columns={
        "dealer": uuid,
        "security": uuid,
        "step": text,
        "dated": day,
        "kind": text,
        "owner": text,
        "description": text,
        "value": money,
        "valued_on": day,
        "rank": integer,
        "registration": text,
        "registered_on": day,
        "expires_on": day,
        "guarantor": json,
        "file": text,
        "reason": text,
        "by": text,
    },
    scope="dealer",
    indexes=[("security", "sequence"), ("step", "dealer")],
)
SAID = (
    "kind", "owner", "description", "value", "valued_on", "rank", "registration", "registered_on", "expires_on",
    "guarantor", "file", "by",
)  # fmt: skip
STEP: dict[str, Given] = {"dealer": SUBJECT, "security": "security"}

security_step.copies(SecurityRegistered, **STEP, step=Same("registered"), dated="registered_on", **named(SAID))
security_step.copies(
    SecurityRevalued,
    **STEP,
    step=Same("revalued"),
    dated="valued_on",
    **named(("value", "valued_on", "guarantor", "file", "reason", "by")),
)
security_step.copies(
    SecurityRenewed, **STEP, step=Same("renewed"), dated=BUSINESS_DATE, **named(("expires_on", "reason", "by"))
)
security_step.copies(
    SecurityReleased, **STEP, step=Same("released"), dated="released_on", **named(("registration", "reason", "by"))
)
security_step.copies(SecurityExpired, **STEP, step=Same("expired"), dated=BUSINESS_DATE, expires_on="expires_on")
