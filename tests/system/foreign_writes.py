"""What somebody might write about a dealer of another territory: a body for every such write that a bound role holds.

A list is sent as NDJSON. `DEALER` stands for the foreign dealer's id, `NUMBER` for its number in the source `erp`.
"""

from typing import Any

DEALER, NUMBER = "<dealer>", "<number>"
REASON = {"reason": "It was never ours to change."}
LATER = {"on": "2027-01-04"}
TERMS = {"method": "credit", "term_days": 30}
MONEY = {"amount": "12.50", "currency": "CNY"}
PROPOSAL = {"name": "Foreign", "territory": "T3", "channel_level": "retailer", "cooperation": "dealer", "terms": TERMS,
            "forecast_monthly_sales": "1000.00", "waiver": "None is needed."}  # fmt: skip
SURVEY = {"surveyed_on": "2026-12-01", "annual_turnover": "1000.00", "nature": "company", "demand": 50,
          "licences": "complete_valid", "premises": "local_owned", "founded_on": "2001-02-03",
          "influence": 50}  # fmt: skip
SAID = "We agreed on two shelves for the spring."
VISIT = {"dealer": DEALER, "visited_on": "2026-12-01", "place": "Shop", "participants": ["Wang"], "content": SAID,
         "succeeded": SAID, "fell_short": SAID, "lesson": SAID}  # fmt: skip
INVOICE = {"dealer": DEALER, "source": "erp", "number": "F-1", **MONEY, "issued_on": "2026-12-01",
           "due_on": "2026-12-31", **TERMS}  # fmt: skip
PAYMENT = {"dealer": DEALER, "source": "erp", "number": "F-2", **MONEY, "received_on": "2026-12-01",
           "method": "transfer"}  # fmt: skip
NOTE = {"dealer": DEALER, "source": "erp", "number": "F-3", **MONEY, "issued_on": "2026-12-01", **REASON}
BOUNCE = {"dealer": DEALER, "source": "erp", "number": "F-2", "bounced_on": "2026-12-01", **REASON}
BILL = {"dealer": DEALER, "source": "erp", "number": "F-4", **MONEY, "received_on": "2026-12-01",
        "matures_on": "2027-02-01", "method": "bank_acceptance"}  # fmt: skip
DISHONOUR = {"dealer": DEALER, "source": "erp", "number": "F-4", "dishonoured_on": "2026-12-01", **REASON}
WRITE_OFF = {"dealer": DEALER, "source": "erp", "number": "F-5", "invoice": "F-1", **MONEY,
             "written_off_on": "2026-12-01", **REASON}  # fmt: skip
RECOVERY = {"dealer": DEALER, "source": "erp", "number": "F-6", **MONEY, "recovered_on": "2026-12-01",
            "method": "cash"}  # fmt: skip
DISPUTE = {"dealer": DEALER, "source": "erp", "number": "F-1", "amount": "1.00", "disputed_on": "2026-12-01", **REASON}
SETTLED = {"dealer": DEALER, "source": "erp", "number": "F-1", "settled_on": "2026-12-01", "outcome": "upheld"}
LINE = {"dealer": DEALER, "source": "erp", "invoice": "F-1", "product": "P1", "quantity": "2", "unit_price": "1.25",
        "currency": "CNY", "sold_on": "2026-12-01"}  # fmt: skip
STOCK = {"dealer": DEALER, "source": "erp", "number": "F-8", "as_of": "2026-12-01", "currency": "CNY",
         "lines": [{"product": "P1", "quantity": "2", "value": "2.50", "consigned": True}]}  # fmt: skip
FIVE_C = {name: {"score": 50, "evidence": "Accounts."}
          for name in ("character", "capacity", "capital", "collateral", "conditions")}  # fmt: skip
SECURITY = {"kind": "pledge", "owner": "Best", "value": "1.00", "valued_on": "2026-12-01", "registration": "F-7",
            "expires_on": "2027-12-01"}  # fmt: skip
ANSWER = {"item": "character", "finding": "satisfactory", "comment": SAID}
FOLLOW_UP = {"visited_on": "2026-12-01", "use_of_credit": SAID, "finances": SAID, "stock": SAID, "picture_holds": True,
             "next_steps": SAID}  # fmt: skip
BY_NUMBER = {"dealer": {"source": "erp", "number": NUMBER}}

WRITES: dict[str, dict[str, Any]] = {
    "customer-registry": {
        "POST /dealers": PROPOSAL,
        "POST /dealers/{dealer}/card": {"address": "1 Long Street"},
        "POST /dealers/{dealer}/review": {},
        "POST /dealers/{dealer}/reject": REASON,
        "POST /dealers/{dealer}/return": REASON,
        "POST /dealers/{dealer}/submit": PROPOSAL,
        "POST /dealers/{dealer}/survey": SURVEY,
        "POST /visits": VISIT,
        "POST /visits:bulk": [VISIT, VISIT | BY_NUMBER],
    },
    "credit-rating": {
        "POST /invoices": INVOICE,
        "POST /payments": PAYMENT,
        "POST /payments/bounce": BOUNCE,
        "POST /bills": BILL,
        "POST /bills/dishonour": DISHONOUR,
        "POST /credit-notes": NOTE,
        "POST /write-offs": WRITE_OFF,
        "POST /recoveries": RECOVERY,
        "POST /disputes": DISPUTE,
        "POST /disputes/settle": SETTLED,
        "POST /ledger:bulk": [INVOICE | {"kind": "invoice"}, PAYMENT | BY_NUMBER | {"kind": "payment"}],
        "POST /dealers/{dealer}/orders": {"number": "O-9", **MONEY},
        "POST /dealers/{dealer}/orders/{number}/cancel": REASON,
        "POST /dealers/{dealer}/orders/{number}/release": REASON,
        "POST /dealers/{dealer}/limit-override": {"limit": "1.00", "last_day": "2026-12-31", **REASON},
        "POST /dealers/{dealer}/limit-override/end": REASON,
        "POST /dealers/{dealer}/statements/{statement}/sending": {"how": "post", "to": "Accounts"},
        "POST /dealers/{dealer}/statements/{statement}/confirmation": {"confirmed_by": "Accounts"},
        "POST /dealers/{dealer}/statements/{statement}/difference": {"their_balance": "1.00", **REASON},
        "POST /dealers/{dealer}/statements/{statement}/settlement": {"agreed_balance": "1.00", **REASON},
        "POST /dealers/{dealer}/statements/{statement}/withdrawal": REASON,
        "POST /dealers/{dealer}/collection/legal": REASON,
        "POST /dealers/{dealer}/collection/legal/approval": {},
        "POST /dealers/{dealer}/collection/legal/end": REASON,
        "POST /dealers/{dealer}/collection/legal/refusal": REASON,
        "POST /dealers/{dealer}/collection/promises": {
            "amount": "1.00",
            "pay_by": "2027-02-01",
            "promised_by": "owner",
        },
        "POST /dealers/{dealer}/collection/reminders": {"to": "accounts"},
        "POST /dealers/{dealer}/collection/tasks": {"to": "li.wei", "due_on": "2027-02-01", "what": "Visit them."},
        "POST /dealers/{dealer}/collection/tasks/{task}/done": {"outcome": "They will pay."},
        "POST /dealers/{dealer}/five-c": FIVE_C,
        "POST /dealers/{dealer}/securities": SECURITY,
        "POST /dealers/{dealer}/securities/{security}/release": REASON,
        "POST /dealers/{dealer}/securities/{security}/renewal": {"expires_on": "2028-12-01", **REASON},
        "POST /dealers/{dealer}/securities/{security}/valuation": {
            "value": "2.00",
            "valued_on": "2026-12-01",
            **REASON,
        },
        "POST /dealers/{dealer}/due-diligence": {"purpose": "A first limit for the second shop."},
        "POST /dealers/{dealer}/due-diligence/answers": {
            "item": "character",
            "finding": "satisfactory",
            "comment": SAID,
        },
        "POST /dealers/{dealer}/due-diligence/approval": {},
        "POST /dealers/{dealer}/due-diligence/opinion": {"opinion": "recommended", "limit": "1.00", "reason": SAID},
        "POST /dealers/{dealer}/due-diligence/rejection": REASON,
        "POST /dealers/{dealer}/due-diligence/return": REASON,
        "POST /dealers/{dealer}/due-diligence/submission": {},
        "POST /dealers/{dealer}/suspicious-papers": {"paper": "lease", "number": "F-8", **REASON},
        "POST /dealers/{dealer}/suspicious-papers/{suspicion}/settlement": {"outcome": "dismissed", **REASON},
        "POST /dealers/{dealer}/follow-ups": FOLLOW_UP,
        "POST /rating-runs": {"region": "R2"},
        "POST /dealers/{dealer}/credit-review": REASON,
        "POST /dealers/{dealer}/credit-review/proposal": {},
        "POST /dealers/{dealer}/credit-review/audit": {},
        "POST /dealers/{dealer}/credit-review/approval": {},
        "POST /dealers/{dealer}/credit-review/return": REASON,
        "POST /dealers/{dealer}/credit-review/rejection": REASON,
    },
    "tiering": {
        "POST /sales": LINE,
        "POST /returns": LINE,
        "POST /sales:bulk": [LINE | {"kind": "sale"}, LINE | BY_NUMBER | {"kind": "return"}],
        "POST /inventory": STOCK,
        "POST /inventory:bulk": [STOCK, STOCK | BY_NUMBER],
    },
    "reporting": {},
}

NO_DEALERS = {
    "POST /delegations",
    "POST /delegations/{delegation}/revocation",
    "POST /policies/simulations",
    "POST /policies/validations",
}
"""What bound roles post that names no dealer: a delegation is of the caller's own role and scope, whatever is sent; a
simulation changes nothing and is over the caller's dealers, which its own test holds; a check keeps nothing."""
