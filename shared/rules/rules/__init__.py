"""Rules that more than one service computes, as pure functions of their arguments (domain.md 2.2, 3.6).

`ledger`, `receivables`, `disputes`, `ageing`: who owes what since when, from `entries`. `periods`, `visits_due`: which
visit is due. Nothing here knows a service, a clock or a policy: what a policy decides is an argument.
`ageing_of_many` says the ageing a second time, in SQL, and is handed the function that runs it.
"""
