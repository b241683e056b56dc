"""Facts within a cut: sums by dealer from one GROUP BY (for runs), and codes; the same rows whenever they are asked."""

from __future__ import annotations

from decimal import Decimal

from eventlog.connection import Connection
from eventlog.position import Cut, bounds
from tiering.domain.policy import SalesMeasure
from tiering.domain.windows import Window

SUMS = """
select s.dealer::text as dealer, sum(case when s.kind = 'sale' or $4 then s.amount else 0 end) as measure
from sale_line s
where s.kind <> 'reversal' and s.direction = 'sell_in'
    and s.sold_on between $1 and $2 and s.sequence <= ($3::bigint[])[s.partition + 1]
    and not exists (
        select from sale_line r where r.reverses = s.event and r.sequence <= ($3::bigint[])[r.partition + 1])
group by s.dealer
"""
CODES = "select dealer::text as dealer, code from onboarding where sequence <= ($1::bigint[])[partition + 1]"


async def sums_by_dealer(conn: Connection, cut: Cut, window: Window, measure: SalesMeasure) -> dict[str, Decimal]:
    """Dealer → sales − returns in the window, or sales alone, of what is known at the cut."""
    rows = await conn.fetch(SUMS, window.first, window.last, bounds(cut, "tiering"), measure == "net_sales")
    return {row["dealer"]: row["measure"] for row in rows}


async def codes_by_dealer(conn: Connection, cut: Cut) -> dict[str, str]:
    """Dealer → code, of the onboardings known at the cut."""
    return dict(map(tuple, await conn.fetch(CODES, bounds(cut, "customer-registry"))))
