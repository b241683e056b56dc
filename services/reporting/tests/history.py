"""Logs of the three other services, with words for what a test needs to happen."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from written_log import Log

import events as published
from rules import statement as account

TODAY = date(2026, 4, 15)
INDICATORS = ("annual_sales_scale", "monthly_sales", "payment_method", "payment_reputation", "business_nature",
              "licences", "premises", "years_in_business", "goods_flow")  # fmt: skip
POLICY = {"name": "credit", "version": 1, "hash": "0" * 64}
CUT = {"credit-rating": {"0": 1}}


@dataclass
class Network:
    """Logs of the three services, with words for what a test needs to happen."""

    registry: Log = field(default_factory=lambda: Log("customer-registry"))
    credit: Log = field(default_factory=lambda: Log("credit-rating"))
    tiering: Log = field(default_factory=lambda: Log("tiering"))

    @property
    def logs(self) -> Iterable[Log]:
        """All three."""
        return (self.registry, self.credit, self.tiering)

    @property
    def cut(self) -> dict[str, dict[int, int]]:
        """Everything that has happened so far."""
        return {log.source: log.cut for log in self.logs}

    def places(self) -> None:
        """Two regions, three branches, three territories."""
        for code, name in (("R1", "East 华东"), ("R2", "North 华北")):
            self.registry.add(published.RegionDefined(code=code, name=name), f"region-{code}")
        for code, name, region in (
            ("B1", "Shanghai 上海", "R1"),
            ("B2", "Hangzhou 杭州", "R1"),
            ("B3", "Beijing 北京", "R2"),
        ):
            self.registry.add(published.BranchDefined(code=code, name=name, region=region), f"branch-{code}")
        for code, name, branch, region in (
            ("T1", "Pudong 浦东", "B1", "R1"),
            ("T2", "West Lake 西湖", "B2", "R1"),
            ("T3", "Haidian 海淀", "B3", "R2"),
        ):
            self.registry.add(
                published.TerritoryDefined(code=code, name=name, branch=branch, region=region), f"territory-{code}"
            )

    def onboard(self, dealer: str, code: str, name: str, territory: str = "T1", on: date = date(2024, 5, 6)) -> str:
        """A dealer in one of the territories."""
        branch, region = {"T1": ("B1", "R1"), "T2": ("B2", "R1"), "T3": ("B3", "R2")}[territory]
        return self.registry.add(
            published.DealerOnboarded(
                code=code,
                name=name,
                territory=territory,
                branch=branch,
                region=region,
                channel_level="distributor",
                cooperation="dealer",
                references=[{"source": "erp", "number": f"K{code}"}],
                terms={"method": "credit", "term_days": 30},
                forecast_monthly_sales=Decimal(50000),
                submitted_by="a",
                reviewed_by="b",
                approved_by="c",
                onboarded_on=on,
            ),
            dealer,
            on=on,
        )[0]

    def group(self, code: str, name: str, limit: str, on: date, *dealers: str) -> None:
        """An owner group with a limit, and the dealers that join it."""
        self.registry.add(published.OwnerGroupDefined(code=code, name=name), f"group-{code}", on=on)
        for dealer in dealers:
            joined = published.DealerJoinedGroup(group=code, reason="One owner.", by="head", on=on)
            self.registry.add(joined, dealer, on=on)
        given = published.GroupLimitSet(group=code, limit=Decimal(limit), first_day=on, reason="One owner.", by="head")
        self.credit.add(given, f"group-{code}", on=on)

    def invoice(self, dealer: str, number: str, amount: str, issued: date, due: date) -> tuple[str, str]:
        """An invoice."""
        event = published.InvoiceIssued(
            source="erp", number=number, amount=Decimal(amount), currency="CNY", issued_on=issued, due_on=due,
            method="credit", term_days=30,
        )  # fmt: skip
        return self.credit.add(event, dealer, on=issued)

    def payment(self, dealer: str, number: str, amount: str, on: date, invoice: str | None = None) -> tuple[str, str]:
        """A payment, of an invoice or oldest first."""
        named = [{"invoice": invoice, "amount": None}] if invoice else []
        return self.credit.add(
            published.PaymentReceived(
                source="erp",
                number=number,
                amount=Decimal(amount),
                currency="CNY",
                received_on=on,
                method="transfer",
                allocations=named,
            ),
            dealer,
            on=on,
        )

    def bounce(self, dealer: str, payment: str, on: date) -> tuple[str, str]:
        """A payment came back."""
        return self.credit.add(
            published.PaymentBounced(source="erp", number=payment, bounced_on=on, reason="No funds."), dealer, on=on
        )

    def bill(self, dealer: str, number: str, amount: str, on: date, matures: date) -> tuple[str, str]:
        """An acceptance bill, of the oldest."""
        return self.credit.add(
            published.BillReceived(
                source="erp",
                number=number,
                amount=Decimal(amount),
                currency="CNY",
                received_on=on,
                matures_on=matures,
                method="bank_acceptance",
            ),
            dealer,
            on=on,
        )

    def write_off(self, dealer: str, invoice: str, amount: str, on: date) -> tuple[str, str]:
        """Part of an invoice is given up."""
        return self.credit.add(
            published.ReceivableWrittenOff(
                source="erp",
                number=f"W-{invoice}",
                invoice=invoice,
                amount=Decimal(amount),
                currency="CNY",
                written_off_on=on,
                reason="Closed.",
                approved_by="head",
            ),
            dealer,
            on=on,
        )

    def close(self, period: str, on: date) -> None:
        """A month is closed with everything so far."""
        cut = {"credit-rating": {str(partition): last for partition, last in self.credit.cut.items()}}
        self.credit.add(published.PeriodClosed(period=period, cut=cut, by="he.fang"), f"period-{period}", on=on)

    def order(self, dealer: str, number: str, amount: str, on: date) -> None:
        """A released order."""
        check = {"limit": "1000", "exposure": "0", "headroom": "1000", "grade": 3, "cut": CUT, "as_of": on}
        self.credit.add(
            published.OrderPlaced(number=number, amount=Decimal(amount), currency="CNY", prepaid=False, ordered_on=on),
            dealer,
            on=on,
        )
        self.credit.add(published.OrderReleased(number=number, amount=Decimal(amount), check=check), dealer, on=on)

    def rate(
        self, run: str, region: str, graded: dict[str, tuple[int, str]], as_of: date, *, complete: bool = True
    ) -> None:
        """A rating run: dealer → (grade, limit)."""
        key = f"run-{run}"
        self.credit.add(
            published.RatingRunStarted(region=region, as_of=as_of, cut=CUT, policy=POLICY, authorised_by="zheng"),
            key,
            on=as_of,
        )
        letters = dict.fromkeys(INDICATORS, "B")
        values: dict[str, Any] = {
            "monthly_sales": "179001.67",
            "payment_reputation": "0.8871",
            "business_nature": "company",
            "licences": "complete_valid",
            "premises": "local_leased",
            "years_in_business": "11",
        }
        inputs = {"monthly_sales": {"net": "537005.01", "months": 3}, "licences": {"surveyed_on": "2026-01-10"}}
        indicators = {
            name: {
                "grade": letter,
                "value": values.get(name),
                "inputs": inputs.get(name, {}),
                "note": None if name in values else "no history",
            }
            for name, letter in letters.items()
        }
        for dealer, (grade, limit) in graded.items():
            self.credit.add(
                published.CreditGradeAssigned(
                    run=run,
                    as_of=as_of,
                    grade=grade,
                    rule="all_b/all_b",
                    indicators=indicators,
                    policy=POLICY,
                    cut=CUT,
                    approved_by="zheng",
                ),
                dealer,
                on=as_of,
            )
            self.credit.add(
                published.CreditLimitSet(
                    run=run,
                    as_of=as_of,
                    limit=Decimal(limit),
                    m3=Decimal(1),
                    m12=Decimal(1),
                    season=Decimal("1.02"),
                    term_days=30,
                    coefficient=Decimal("0.8"),
                    basis="history",
                    policy=POLICY,
                    cut=CUT,
                ),
                dealer,
                on=as_of,
            )
        if complete:
            self.credit.add(published.RatingRunCompleted(rated=len(graded), digest="1" * 64), key, on=as_of)

    def override(self, dealer: str, limit: str, first: date, last: date, ended_on: date | None = None) -> None:
        """Another limit for some days, taken back from `ended_on` on."""
        override = str(uuid.UUID(int=first.toordinal()))
        self.credit.add(
            published.CreditLimitOverridden(
                override=override, limit=Decimal(limit), first_day=first, last_day=last, reason="Season.", by="zheng"
            ),
            dealer,
            on=first,
        )
        if ended_on:
            self.credit.add(
                published.CreditLimitOverrideEnded(override=override, ended_on=ended_on, reason="Over.", by="zheng"),
                dealer,
                on=ended_on,
            )

    def state(
        self, dealer: str, statement: str, days: tuple[date, date], entries: list[Any], cut: Any, **said: Any
    ) -> str:
        """A statement of account over these entries, known at a cut, its digest that of their lines unless said."""
        stated = account.statement(entries, *days)
        about = {
            "purpose": "monthly",
            "digest": account.digest(stated.lines),
            "ageing": [{"name": "31-60", "amount": stated.closing_balance}],
        } | said
        event = published.StatementIssued.model_validate(
            {
                "statement": statement,
                "first_day": days[0],
                "last_day": days[1],
                "currency": "CNY",
                "opening_balance": stated.opening_balance,
                "closing_balance": stated.closing_balance,
                "lines": len(stated.lines),
                "totals": [],
                "policy": POLICY,
                "cut": cut,
                "issued_by": "clock",
            }
            | about
        )
        return self.credit.add(event, dealer, on=days[1])[0]

    def review(self, dealer: str, due: date, on: date, reason: str | None = None) -> None:
        """A review opens: by date, or because somebody asked."""
        opened = published.CreditReviewOpened(review_due=due, opened_on=on, reason=reason)
        self.credit.add(opened, dealer, on=on)

    def propose(self, dealer: str, proposal: str, grade: int, limit: str, on: date, **letters: str) -> str:
        """A grade is proposed: all B, but for these letters, the first of them by an override."""
        indicators = {
            name: {"grade": letters.get(name, "B"), "value": None, "inputs": {}, "note": None} for name in INDICATORS
        }
        overrides = [
            {"indicator": name, "computed": "B", "given": letter, "reason": "The new shop is theirs."}
            for name, letter in [*letters.items()][:1]
        ]
        factors = {"m3": "1000", "m12": "1200", "season": "1.02", "term_days": 30, "coefficient": "1.0"}
        return self.credit.add(
            published.CreditGradeProposed(
                proposal=proposal, as_of=on, grade=grade, previous_grade=3, rule="all_b/all_b", indicators=indicators,
                overrides=overrides, limit={"limit": limit, "basis": "history", **factors}, policy=POLICY, cut=CUT,
                opinion="Pays as agreed.", proposed_by="wu.manager",
            ),
            dealer,
            on=on,
        )[0]  # fmt: skip

    def classify(self, run: str, measures: dict[str, tuple[str, str]], first: date, last: date, on: date) -> None:
        """A classification of the company: dealer → (class, measure), in order of rank."""
        key, total, before = f"run-{run}", sum(Decimal(m) for _, m in measures.values()), Decimal(0)
        self.tiering.add(
            published.ClassificationRunStarted(
                scope="company",
                measure="net_sales",
                window_from=first,
                window_to=last,
                cut=CUT,
                policy=POLICY,
                authorised_by="head",
            ),
            key,
            on=on,
        )
        for rank, (dealer, (abc, measure)) in enumerate(measures.items(), 1):
            share = (before / total).quantize(Decimal("0.000001"))
            self.tiering.add(
                published.AbcClassAssigned(
                    run=run,
                    window_from=first,
                    window_to=last,
                    abc=abc,
                    measure=Decimal(measure),
                    rank=rank,
                    share_before=share,
                    total=total,
                    population=len(measures),
                    policy=POLICY,
                    cut=CUT,
                ),
                dealer,
                on=on,
            )
            before += Decimal(measure)
        self.tiering.add(published.ClassificationRunCompleted(classified=len(measures), digest="2" * 64), key, on=on)

    def sale(
        self,
        dealer: str,
        invoice: str,
        quantity: str,
        price: str,
        on: date,
        *,
        returned: bool = False,
        product: str = "P-1",
        description: str = "Tea 茶",
    ) -> tuple[str, str]:
        """A sale line, or a returned one."""
        kind = published.SaleReturned if returned else published.SaleRecorded
        return self.tiering.add(
            kind(
                source="erp",
                invoice=invoice,
                line=1,
                product=product,
                description=description,
                quantity=Decimal(quantity),
                unit_price=Decimal(price),
                amount=Decimal(quantity) * Decimal(price),
                currency="CNY",
                sold_on=on,
            ),
            dealer,
            on=on,
        )

    def visit(self, dealer: str, on: date) -> str:
        """A visit."""
        return self.registry.add(
            published.VisitLogged(
                visited_on=on,
                method="visit",
                place="门店",
                participants=["李伟"],
                content="谈了春季订货计划和陈列。",
                succeeded="客户同意扩大陈列面并试销两款新品。",
                fell_short="未能拿到竞争对手的价格信息。",
                lesson="下次先与店长约好时间再去拜访。",
                representative="li.wei",
            ),
            dealer,
            on=on,
        )[0]
