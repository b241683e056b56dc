"""The whole sample network of one seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from dealerlog.sample.accounts import accounts
from dealerlog.sample.dealers import Dealer, dealers
from dealerlog.sample.entries import Entry, dated
from dealerlog.sample.organisation import Organisation, organisation
from dealerlog.sample.stock import Stock, stock
from dealerlog.sample.surveys import Survey, surveys
from dealerlog.sample.trading import Delivery, Return, deliveries, returns
from dealerlog.sample.visits import Visit, visits

SEED = 7


@dataclass(frozen=True, slots=True)
class Network:
    """All facts of the network, each list by business date."""

    seed: int
    organisation: Organisation
    dealers: tuple[Dealer, ...]
    surveys: tuple[Survey, ...]
    visits: tuple[Visit, ...]
    deliveries: tuple[Delivery, ...]
    returns: tuple[Return, ...]
    stock: tuple[Stock, ...]
    entries: tuple[Entry, ...]

    def counts(self) -> dict[str, int]:
        """How many of each kind of fact; sale lines, not deliveries."""
        kinds = Counter(type(e).__name__.lower() for e in self.entries)
        return {
            "dealers": len(self.dealers),
            "surveys": len(self.surveys),
            "visits": len(self.visits),
            "sale lines": sum(len(d.lines) for d in self.deliveries),
            "return lines": sum(len(r.lines) for r in self.returns),
            **{f"{kind}s": n for kind, n in sorted(kinds.items())},
        }


def network(seed: int = SEED) -> Network:
    """The network of a seed, the same on every machine; about two seconds of work."""
    people = organisation(seed)
    everyone = dealers(seed, people)
    sent = _numbered([d for dealer in everyone for d in deliveries(seed, dealer)])
    back = tuple(returns(seed, sent))
    sent_to, back_from = defaultdict[str, list[Delivery]](list), defaultdict[str, list[Return]](list)
    for delivery in sent:
        sent_to[delivery.dealer.number].append(delivery)
    for item in back:
        back_from[item.delivery.dealer.number].append(item)
    entries = [
        entry for d in everyone for entry in accounts(seed, d, tuple(sent_to[d.number]), tuple(back_from[d.number]))
    ]
    return Network(
        seed=seed,
        organisation=people,
        dealers=everyone,
        surveys=tuple(sorted((s for d in everyone for s in surveys(seed, d)), key=lambda s: s.surveyed_on)),
        visits=tuple(sorted((v for d in everyone for v in visits(seed, d)), key=lambda v: v.on)),
        deliveries=sent,
        returns=tuple(sorted(back, key=lambda r: r.on)),
        stock=tuple(report for d in everyone for report in stock(seed, d, sent_to[d.number])),
        entries=tuple(sorted(entries, key=dated)),
    )


def _numbered(unnumbered: list[Delivery]) -> tuple[Delivery, ...]:
    """Invoices bear consecutive numbers within a month, in order of date, as an ERP gives them."""
    seen: Counter[str] = Counter()
    out: list[Delivery] = []
    for delivery in sorted(unnumbered, key=lambda d: d.on):
        month = f"{delivery.on:%y%m}"
        seen[month] += 1
        out.append(replace(delivery, number=f"XS{month}{seen[month]:05d}"))
    return tuple(out)
