"""Rules that more than one service computes, as pure functions of their arguments (domain.md 2.2, 3.6).

`ledger`, `receivables`, `disputes`, `ageing`: who owes what since when, from `entries`. `periods`, `visits_due`: which
visit is due. Nothing here knows a service, a clock, a database or a policy: what a policy decides is an argument.
"""
