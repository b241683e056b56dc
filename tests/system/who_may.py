"""Who may do what, written out: every route of every application, its permission, and the roles that hold it.

This is the table that the applications are tested against; it is typed here a second time on purpose. A new route is
added here by somebody who thinks about who may use it. Rows are: method, path, permission (`-`: public).
"""

ROLES = {
    "rep": ("sales_representative", "territory"),
    "manager": ("branch_manager", "branch"),
    "general": ("branch_general_manager", "branch"),
    "clerk": ("region_clerk", "region"),
    "director": ("regional_director", "region"),
    "head": ("head_of_marketing", "company"),
    "credit": ("credit_controller", "company"),
    "auditor": ("auditor", "company"),
    "operator": ("operator", "company"),
    "importer": ("importer", "company"),
    "service": ("service", "company"),
}
"""Short name → role, and how far it sees."""

EVERYONE = "rep manager general clerk director head credit auditor operator importer"
PEOPLE = "rep manager general clerk director head credit auditor operator"

OF_EVERY_SERVICE = {
    "ops.read": "auditor operator",
    "ops.replay": "operator",
    "log.read": "auditor operator service",
    "import.read": "head credit auditor operator importer",
    "import.run": "importer",
    "import.undo": "operator importer",
}
HELD: dict[str, dict[str, str]] = {
    "customer-registry": {
        "organisation.read": EVERYONE,
        "organisation.define": "head",
        "dealer.read": EVERYONE,
        "dealer.submit": "manager clerk",
        "dealer.review": "general",
        "dealer.approve": "head",
        "dealer.send_back": "general head",
        "dealer.suspend": "head",
        "dealer.group": "head",
        "dealer.terms": "head",
        "dealer.onboard": "importer",
        "card.revise": "rep manager clerk",
        "survey.answer": "rep manager",
        "visit.log": "rep manager clerk importer",
    },
    "credit-rating": {
        "ledger.record": "clerk credit importer",
        "ledger.correct": "credit importer",
        "ledger.allocate": "credit",
        "period.close": "credit",
        "period.read": PEOPLE,
        "receivable.write_off": "director head",
        "receivables.read": PEOPLE,
        "order.place": "rep manager clerk importer",
        "order.import": "importer",
        "order.cancel": "rep manager clerk credit importer",
        "order.release": "director head credit",
        "order.read": PEOPLE,
        "grade.read": PEOPLE,
        "grade.rederive": "credit auditor operator",
        "limit.read": PEOPLE,
        "limit.override": "director head",
        "completeness.read": "head credit auditor",
        "completeness.hand_in": "credit importer",
        "exception.read": "director head credit auditor",
        "export.read": "director head credit auditor",
        "list.export": PEOPLE,
        "group.limit": "head",
        "run.start": "director",
        "run.read": "clerk director head credit auditor operator",
        "diligence.read": PEOPLE,
        "diligence.prepare": "manager",
        "diligence.act": "manager general director head credit",
        "suspicion.read": PEOPLE,
        "suspicion.report": "rep manager general clerk director head credit",
        "suspicion.settle": "general director head credit",
        "suspicion.clear": "credit",
        "follow_up.read": PEOPLE,
        "follow_up.record": "rep manager general clerk credit",
        "review.read": PEOPLE,
        "review.open": "manager general director credit",
        "review.propose": "manager",
        "review.act": "manager general director head credit",
        "collection.read": PEOPLE,
        "collection.act": "rep manager general clerk credit",
        "collection.propose": "manager general credit",
        "collection.approve": "director head",
        "five_c.read": PEOPLE,
        "five_c.assess": "manager general credit",
        "security.read": PEOPLE,
        "security.enter": "manager clerk credit",
        "security.release": "director credit",
        "delegation.give": "general director",
        "delegation.read": PEOPLE,
        "statement.read": PEOPLE,
        "statement.issue": "credit",
        "statement.keep": "rep manager clerk credit importer",
        "statement.settle": "director credit",
        "statement.rederive": "credit auditor operator",
        "policy.draft": "head credit",
        "policy.approve": "head",
        "policy.simulate": "general director head credit auditor",
        "policy.read": PEOPLE,
    },
    "tiering": {
        "sale.read": EVERYONE,
        "sale.record": "clerk importer",
        "sale.reverse": "operator importer",
        "inventory.read": EVERYONE,
        "inventory.report": "clerk importer",
        "class.read": EVERYONE,
        "class.assign": "head",
        "visit.read": EVERYONE,
        "policy.read": EVERYONE,
        "policy.publish": "head",
    },
    "reporting": {
        "dealer.read": EVERYONE,
        "report.read": PEOPLE,
        "report.export": PEOPLE,
        "event.read": PEOPLE,
    },
}
"""Service → permission → the roles that hold it."""

ROUTES: dict[str, str] = {
    "customer-registry": """
        GET    /branches                                    organisation.read
        POST   /branches                                    organisation.define
        GET    /branches/{code}                             organisation.read
        GET    /dealer-changes                              dealer.read
        GET    /dealers                                     dealer.read
        POST   /dealers                                     dealer.submit
        GET    /dealers/{dealer}                            dealer.read
        POST   /dealers/{dealer}/approve                    dealer.approve
        GET    /dealers/{dealer}/card                       dealer.read
        POST   /dealers/{dealer}/card                       card.revise
        POST   /dealers/{dealer}/group                      dealer.group
        POST   /dealers/{dealer}/group/leave                dealer.group
        GET    /dealers/{dealer}/history                    dealer.read
        POST   /dealers/{dealer}/reinstate                  dealer.suspend
        POST   /dealers/{dealer}/reject                     dealer.send_back
        POST   /dealers/{dealer}/return                     dealer.send_back
        POST   /dealers/{dealer}/review                     dealer.review
        POST   /dealers/{dealer}/submit                     dealer.submit
        POST   /dealers/{dealer}/survey                     survey.answer
        GET    /dealers/{dealer}/surveys                    dealer.read
        POST   /dealers/{dealer}/suspend                    dealer.suspend
        POST   /dealers/{dealer}/terms                      dealer.terms
        GET    /dealers/{dealer}/visits                     dealer.read
        POST   /dealers:onboard                             dealer.onboard
        GET    /docs                                        -
        GET    /groups                                      organisation.read
        POST   /groups                                      organisation.define
        GET    /groups/{code}                               organisation.read
        GET    /health/live                                 -
        GET    /health/ready                                -
        GET    /imports                                     import.read
        POST   /imports                                     import.run
        GET    /imports/{import_id}                         import.read
        GET    /imports/{import_id}/errors                  import.read
        GET    /imports/{import_id}/preview                 import.read
        GET    /imports/{import_id}/rows/{row}              import.read
        POST   /imports/{import_id}/undo                    import.undo
        GET    /metrics                                     -
        GET    /openapi.json                                -
        GET    /ops/log/cut                                 log.read
        GET    /ops/log/{partition}/events                  log.read
        GET    /ops/parked                                  ops.read
        POST   /ops/parked/replay                           ops.replay
        GET    /ops/positions                               ops.read
        GET    /ops/standing                                ops.read
        GET    /profiles                                    import.read
        POST   /profiles:check                              import.run
        GET    /regions                                     organisation.read
        POST   /regions                                     organisation.define
        GET    /regions/{code}                              organisation.read
        GET    /representatives                             organisation.read
        POST   /representatives                             organisation.define
        GET    /representatives/{login}                     organisation.read
        GET    /territories                                 organisation.read
        POST   /territories                                 organisation.define
        GET    /territories/{code}                          organisation.read
        POST   /territories/{code}/representative           organisation.define
        POST   /visits                                      visit.log
        POST   /visits:bulk                                 visit.log
    """,
    "credit-rating": """
        POST   /bills                                       ledger.record
        POST   /bills/dishonour                             ledger.record
        GET    /completeness                                completeness.read
        GET    /completeness/comparison                     completeness.read
        GET    /completeness/documents                      completeness.read
        GET    /completeness/missing-numbers                completeness.read
        POST   /control-totals                              completeness.hand_in
        POST   /credit-notes                                ledger.record
        GET    /credit-reviews                              review.read
        POST   /dealers/{dealer}/confirmation-letters       statement.issue
        GET    /dealers/{dealer}/consigned-stock            limit.read
        GET    /dealers/{dealer}/credit-review              review.read
        POST   /dealers/{dealer}/credit-review              review.open
        POST   /dealers/{dealer}/credit-review/approval     review.act
        POST   /dealers/{dealer}/credit-review/audit        review.act
        POST   /dealers/{dealer}/credit-review/proposal     review.propose
        POST   /dealers/{dealer}/credit-review/rejection    review.act
        POST   /dealers/{dealer}/credit-review/return       review.act
        GET    /dealers/{dealer}/due-diligence              diligence.read
        POST   /dealers/{dealer}/due-diligence              diligence.prepare
        POST   /dealers/{dealer}/due-diligence/answers      diligence.prepare
        POST   /dealers/{dealer}/due-diligence/approval     diligence.act
        POST   /dealers/{dealer}/due-diligence/opinion      diligence.prepare
        POST   /dealers/{dealer}/due-diligence/rejection    diligence.act
        POST   /dealers/{dealer}/due-diligence/return       diligence.act
        POST   /dealers/{dealer}/due-diligence/submission   diligence.prepare
        GET    /due-diligence                               diligence.read
        GET    /follow-ups                                  follow_up.read
        GET    /dealers/{dealer}/follow-ups                 follow_up.read
        POST   /dealers/{dealer}/follow-ups                 follow_up.record
        GET    /suspicious-papers                           suspicion.read
        GET    /dealers/{dealer}/suspicious-papers          suspicion.read
        POST   /dealers/{dealer}/suspicious-papers          suspicion.report
        POST   /dealers/{dealer}/suspicious-papers/{suspicion}/settlement  suspicion.settle
        POST   /dealers/{dealer}/suspicious-papers/{suspicion}/clearance   suspicion.clear
        GET    /dealers/{dealer}/exposure                   limit.read
        GET    /dealers/{dealer}/grade                      grade.read
        GET    /dealers/{dealer}/grades                     grade.read
        GET    /dealers/{dealer}/ledger                     receivables.read
        POST   /dealers/{dealer}/ledger/{entry}/allocation  ledger.allocate
        POST   /dealers/{dealer}/ledger/{entry}/reversal    ledger.correct
        GET    /dealers/{dealer}/limit                      limit.read
        POST   /dealers/{dealer}/limit-override             limit.override
        POST   /dealers/{dealer}/limit-override/end         limit.override
        GET    /dealers/{dealer}/limit-overrides            limit.read
        GET    /dealers/{dealer}/limitations                receivables.read
        GET    /dealers/{dealer}/limits                     limit.read
        GET    /dealers/{dealer}/orders                     order.read
        POST   /dealers/{dealer}/orders                     order.place
        GET    /dealers/{dealer}/orders/{number}            order.read
        POST   /dealers/{dealer}/orders/{number}/cancel     order.cancel
        POST   /dealers/{dealer}/orders/{number}/release    order.release
        GET    /dealers/{dealer}/receivables                receivables.read
        GET    /dealers/{dealer}/statements                 statement.read
        POST   /dealers/{dealer}/statements                 statement.issue
        POST   /dealers/{dealer}/statements/{statement}/confirmation statement.keep
        POST   /dealers/{dealer}/statements/{statement}/difference statement.keep
        POST   /dealers/{dealer}/statements/{statement}/sending statement.keep
        POST   /dealers/{dealer}/statements/{statement}/settlement statement.settle
        POST   /dealers/{dealer}/statements/{statement}/withdrawal statement.settle
        GET    /delegations                                 delegation.read
        POST   /delegations                                 delegation.give
        GET    /delegations/{delegation}                    delegation.read
        POST   /delegations/{delegation}/revocation         delegation.give
        POST   /disputes                                    ledger.record
        POST   /disputes/settle                             ledger.record
        GET    /collection                                  collection.read
        GET    /collection/promises                         collection.read
        GET    /collection/{event}/rederivation             grade.rederive
        GET    /dealers/{dealer}/collection                 collection.read
        POST   /dealers/{dealer}/collection/legal           collection.propose
        POST   /dealers/{dealer}/collection/legal/approval  collection.approve
        POST   /dealers/{dealer}/collection/legal/end       collection.approve
        POST   /dealers/{dealer}/collection/legal/refusal   collection.approve
        POST   /dealers/{dealer}/collection/promises        collection.act
        POST   /dealers/{dealer}/collection/reminders       collection.act
        GET    /dealers/{dealer}/collection/steps           collection.read
        POST   /dealers/{dealer}/collection/tasks           collection.act
        POST   /dealers/{dealer}/collection/tasks/{task}/done  collection.act
        GET    /dealers/{dealer}/five-c                     five_c.read
        POST   /dealers/{dealer}/five-c                     five_c.assess
        GET    /dealers/{dealer}/securities                 security.read
        POST   /dealers/{dealer}/securities                 security.enter
        POST   /dealers/{dealer}/securities/{security}/release    security.release
        POST   /dealers/{dealer}/securities/{security}/renewal    security.enter
        POST   /dealers/{dealer}/securities/{security}/valuation  security.enter
        GET    /securities                                  security.read
        GET    /docs                                        -
        GET    /exceptions                                  exception.read
        GET    /exports                                     export.read
        GET    /grades                                      grade.read
        GET    /grades/{grade}/events                       grade.read
        GET    /grades/{grade}/explanation                  grade.read
        GET    /grades/{grade}/rederivation                 grade.rederive
        GET    /groups                                      limit.read
        GET    /groups/{group}                              limit.read
        POST   /groups/{group}/limit                        group.limit
        POST   /groups/{group}/limit/end                    group.limit
        GET    /groups/{group}/limits                       limit.read
        GET    /groups/{group}/members                      limit.read
        GET    /health/live                                 -
        GET    /health/ready                                -
        GET    /imports                                     import.read
        POST   /imports                                     import.run
        GET    /imports/{import_id}                         import.read
        GET    /imports/{import_id}/errors                  import.read
        GET    /imports/{import_id}/preview                 import.read
        GET    /imports/{import_id}/rows/{row}              import.read
        POST   /imports/{import_id}/undo                    import.undo
        GET    /limits/{limit}/rederivation                 grade.rederive
        POST   /invoices                                    ledger.record
        POST   /ledger:bulk                                 ledger.record
        GET    /metrics                                     -
        GET    /openapi.json                                -
        GET    /ops/log/cut                                 log.read
        GET    /ops/log/{partition}/events                  log.read
        GET    /ops/parked                                  ops.read
        POST   /ops/parked/replay                           ops.replay
        GET    /ops/positions                               ops.read
        GET    /ops/standing                                ops.read
        POST   /payments                                    ledger.record
        GET    /orders                                      order.read
        POST   /orders:bulk                                 order.import
        POST   /payments/bounce                             ledger.record
        GET    /periods                                     period.read
        GET    /periods/{period}                            period.read
        POST   /periods/{period}/closing                    period.close
        GET    /periods/{period}/late-facts                 period.read
        POST   /periods/{period}/reopening                  period.close
        GET    /policies                                    policy.read
        GET    /policies/drafts                             policy.read
        POST   /policies/drafts                             policy.draft
        GET    /policies/drafts/{draft}                     policy.read
        POST   /policies/drafts/{draft}/approval            policy.approve
        GET    /policies/drafts/{draft}/differences         policy.read
        POST   /policies/drafts/{draft}/return              policy.approve
        POST   /policies/drafts/{draft}/revision            policy.draft
        POST   /policies/drafts/{draft}/submission          policy.draft
        POST   /policies/drafts/{draft}/withdrawal          policy.draft
        POST   /policies/simulations                        policy.simulate
        POST   /policies/validations                        policy.read
        GET    /policies/{name}/{version}                   policy.read
        GET    /policies/{name}/{version}/differences       policy.read
        GET    /profiles                                    import.read
        POST   /profiles:check                              import.run
        GET    /rating-runs                                 run.read
        POST   /rating-runs                                 run.start
        GET    /rating-runs/{run}                           run.read
        GET    /rating-runs/{run}/excluded                  run.read
        GET    /receivables/ageing                          receivables.read
        GET    /receivables/figures                         receivables.read
        GET    /receivables/limitations                     receivables.read
        GET    /receivables/unapplied                       receivables.read
        GET    /receivables/waiting                         receivables.read
        POST   /recoveries                                  ledger.record
        GET    /statements                                  statement.read
        GET    /statements/{statement}                      statement.read
        GET    /statements/{statement}/lines                statement.read
        GET    /statements/{statement}/rederivation         statement.rederive
        POST   /write-offs                                  receivable.write_off
    """,
    "tiering": """
        GET    /classes                                     class.read
        GET    /classes/{event}/explanation                 class.read
        GET    /classes/{event}/rederivation                class.read
        GET    /classification-runs                         class.read
        POST   /classification-runs                         class.assign
        GET    /classification-runs/{run}                   class.read
        GET    /classification-runs/{run}/excluded          class.read
        GET    /dealers/{dealer}/class                      class.read
        GET    /dealers/{dealer}/inventory                  inventory.read
        GET    /dealers/{dealer}/sales                      sale.read
        POST   /dealers/{dealer}/sales/{event}/reverse      sale.reverse
        GET    /dealers/{dealer}/visits-due                 visit.read
        GET    /docs                                        -
        GET    /health/live                                 -
        GET    /health/ready                                -
        GET    /imports                                     import.read
        POST   /imports                                     import.run
        GET    /imports/{import_id}                         import.read
        GET    /imports/{import_id}/errors                  import.read
        GET    /imports/{import_id}/preview                 import.read
        GET    /imports/{import_id}/rows/{row}              import.read
        POST   /imports/{import_id}/undo                    import.undo
        POST   /inventory                                   inventory.report
        POST   /inventory:bulk                              inventory.report
        GET    /metrics                                     -
        GET    /openapi.json                                -
        GET    /ops/log/cut                                 log.read
        GET    /ops/log/{partition}/events                  log.read
        GET    /ops/parked                                  ops.read
        POST   /ops/parked/replay                           ops.replay
        GET    /ops/positions                               ops.read
        GET    /ops/standing                                ops.read
        GET    /policies                                    policy.read
        POST   /policies                                    policy.publish
        GET    /policies/{name}/{version}                   policy.read
        GET    /profiles                                    import.read
        POST   /profiles:check                              import.run
        POST   /returns                                     sale.record
        POST   /sales                                       sale.record
        POST   /sales:bulk                                  sale.record
        GET    /visit-compliance                            visit.read
        GET    /visits-due                                  visit.read
    """,
    "reporting": """
        GET    /                                            report.read
        GET    /api/dealers                                 dealer.read
        GET    /api/dealers/{dealer}                        dealer.read
        GET    /api/dealers/{dealer}/timeline               dealer.read
        GET    /api/reports/ageing                          report.read
        GET    /api/reports/grade-moves                     report.read
        GET    /api/reports/grades                          report.read
        GET    /api/reports/monthly-sales                   report.read
        GET    /dealers                                     dealer.read
        GET    /dealers/{dealer}                            dealer.read
        GET    /dealers/{dealer}/credit-sheet               dealer.read
        GET    /dealers/{dealer}/ledger                     dealer.read
        GET    /dealers/{dealer}/review                     dealer.read
        GET    /dealers/{dealer}/sales                      dealer.read
        GET    /dealers/{dealer}/statements                 dealer.read
        GET    /dealers/{dealer}/statements/{statement}     dealer.read
        GET    /docs                                        -
        GET    /events/{service}/{partition}/{sequence}     event.read
        GET    /exports/ageing                              report.export
        GET    /exports/dealers                             report.export
        GET    /exports/grade-moves                         report.export
        GET    /exports/grades                              report.export
        GET    /exports/monthly-sales                       report.export
        GET    /health/live                                 -
        GET    /health/ready                                -
        GET    /language                                    -
        GET    /login                                       -
        POST   /login                                       -
        GET    /login/callback                              -
        POST   /logout                                      -
        GET    /metrics                                     -
        GET    /openapi.json                                -
        GET    /ops/log/cut                                 log.read
        GET    /ops/log/{partition}/events                  log.read
        GET    /ops/parked                                  ops.read
        POST   /ops/parked/replay                           ops.replay
        GET    /ops/positions                               ops.read
        GET    /ops/standing                                ops.read
        GET    /policies                                    report.read
        GET    /policies/drafts/{draft}                     report.read
        GET    /policies/simulation                         report.read
        GET    /policies/versions/{version}                 report.read
        GET    /reports/ageing                              report.read
        GET    /reports/grade-moves                         report.read
        GET    /reports/grades                              report.read
        GET    /reports/monthly-sales                       report.read
        GET    /reviews                                     report.read
        GET    /static                                      -
    """,
}
