"""What a page says in one language: messages, and the names of codes, events, fields and indicators."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reporting import labels, policy_labels, review_labels
from reporting.i18n import translated
from reporting.pages import figures
from service.problems import PROBLEMS

MEASURED_MONEY = ("annual_sales_scale", "monthly_sales")
MEASURED_SHARES = ("payment_method", "payment_reputation", "goods_flow", "flow_of_goods")
MONEY = frozenset({"amount", "limit", "turnover", "our_sales", "net", "invoiced", "prepaid_or_cash",
                   "with_short_credit", "inside", "known", "exposure", "headroom", "closing_balance", "their_balance",
                   "difference", "agreed_balance", "paid_on_time", "value", "consigned_value"})  # fmt: skip


class Words:
    """Everything that a template says in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def gettext(self, message: str, **values: Any) -> str:
        """A message with its values."""
        said = translated(message, self.language)
        return said % values if values else said

    def code(self, code: Any) -> str:
        """What a code is called; an unknown one is shown as it is."""
        return self._of(labels.CODES, code)

    def event(self, name: str) -> str:
        """What an event is called."""
        return self._of(labels.EVENTS, name)

    def field(self, name: str) -> str:
        """What a field is called."""
        return self._of(labels.FIELDS, name)

    def indicator(self, name: str) -> str:
        """What an indicator is called."""
        return self._of(labels.INDICATORS, name)

    def stage(self, stage: str | None) -> str:
        """Where a review stands."""
        return self._of(review_labels.STAGES, stage or "none")

    def policy_state(self, state: str) -> str:
        """How a version or a draft of a policy stands."""
        return self._of(policy_labels.STATES, state)

    def policy_step(self, step: str) -> str:
        """What somebody did with a draft of a policy."""
        return self._of(policy_labels.STEPS, step)

    def policy_path(self, path: str) -> str:
        """Where in a policy document a value stands, from the whole to the part."""
        return " › ".join(self._of(policy_labels.PARTS, part) for part in path.split("."))

    def step(self, step: str) -> str:
        """What somebody did with a proposal."""
        return self._of(review_labels.STEPS, step)

    def role(self, role: str) -> str:
        """What a role is called."""
        return self._of(review_labels.ROLES, role)

    def problems(self, own: Mapping[str, tuple[str, str]] | None = None) -> dict[str, tuple[str, str]]:
        """Code → title and advice of every problem that an answer to a page's form may name, the page's `own` first."""
        known = (
            {code: (kind.title, kind.do) for code, kind in PROBLEMS.items()} | review_labels.PROBLEMS | dict(own or {})
        )
        return {code: (self.gettext(title), self.gettext(do)) for code, (title, do) in known.items()}

    def indicators(self, graded: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The key four first, then the other five, then any that we do not know."""
        known = [name for name in labels.INDICATORS if name in graded]
        return [(name, graded[name]) for name in [*known, *(name for name in graded if name not in known)]]

    def ageing(self, name: str) -> str:
        """What an ageing column is called."""
        message, values = labels.ageing(name)
        return self.gettext(message, **values)

    def rule(self, rule: str) -> str:
        """The cell of the grade table that fired, key indicators first."""
        key, _, other = rule.partition("/")
        return f"{self._of(labels.RULE_PARTS, key)} · {self._of(labels.RULE_PARTS, other)}" if other else rule

    def why(self, rule: str) -> str:
        """The same as a sentence."""
        key, _, other = rule.partition("/")
        if not other:
            return rule
        parts = (self._of(labels.RULE_PARTS, part) for part in (key, other))
        return self.gettext(
            "Why: the four key indicators are %(key)s; the other five %(other)s.",
            **dict(zip(("key", "other"), parts, strict=True)),
        )

    def measured(self, indicator: str, value: Any) -> str:
        """An indicator's value: money, a share, or a code by its name."""
        if value is None or indicator not in {*MEASURED_MONEY, *MEASURED_SHARES}:
            return self.code(value)
        figure = Decimal(str(value))
        return figures.money(figure) if indicator in MEASURED_MONEY else figures.percent(figure)

    def data(self, data: Mapping[str, Any]) -> str:
        """What an entry's data say, field by field."""
        return " · ".join(
            f"{self.field(name)} {self.value(name, value)}" for name, value in data.items() if value not in (None, "")
        )

    def value(self, name: str, value: Any) -> str:
        """A field's value: amounts as money, codes by name, the rest as text."""
        if name in MONEY and isinstance(value, str | int):
            return figures.money(Decimal(value))
        if name == "changed":
            return ", ".join(self.field(each) for each in value)
        if name == "causes":
            return ", ".join(self.code(each) for each in value)
        if name == "terms":
            return f"{self.code(value['method'])}, {self.gettext('%(days)s days', days=value['term_days'])}"
        if name == "fallen":
            return ", ".join(f"{self.indicator(each['indicator'])} {each['graded']} → {each['now']}" for each in value)
        if name == "rule":
            return self.rule(str(value))
        if isinstance(value, bool):
            return self.gettext("yes") if value else self.gettext("no")
        return self.code(value) if isinstance(value, str) else figures.told(value)

    def _of(self, table: Mapping[str, str], code: Any) -> str:
        return translated(table[code], self.language) if code in table else figures.told(code)
