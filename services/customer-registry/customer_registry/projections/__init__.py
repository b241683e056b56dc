"""What the registry shows: one declaration a table, run live, rebuilt, or folded for one dealer."""

from __future__ import annotations

from customer_registry.projections import cards, changes, dealers, organisation, scopes, surveys, visits
from customer_registry.projections.file_import import file_import
from eventlog.projection import Table

TABLES: list[Table] = [
    scopes.dealer_scope,
    dealers.dealer,
    scopes.dealer_reference,
    organisation.region,
    organisation.branch,
    organisation.territory,
    organisation.representative,
    organisation.owner_group,
    surveys.survey,
    cards.card_revision,
    visits.visit,
    changes.dealer_change,
    file_import,
]
