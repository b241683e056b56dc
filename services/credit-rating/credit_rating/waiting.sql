-- Every entry that names a document which its ledger does not hold, at the end of a day, known at a cut: the bounce of a
-- payment and the dishonour of a bill, and what names an invoice. $1: the cut's last sequence of partition 0, 1, …;
-- $2: the day.
-- An invoice is known as the rule finds it (`rules.receivables`): of the same source, or the only one of that number; a
-- dispute is about its own source's alone. `elsewhere` is a dealer in scope whose ledger holds the document.
with back as materialized (
    select reversed from ledger_entry where kind = 'reversal' and {within}
),
there as (
    select e.* from ledger_entry e
    where e.dated <= $2::date and {within_e} and not exists (select from back where back.reversed = e.event)
),
naming as (
    select e.dealer, e.event, case e.kind when 'bounce' then 'payment' else 'bill' end as wanted, e.number as named
    from there e where e.kind in ('bounce', 'dishonour')
    union all
    select e.dealer, e.event, 'invoice', n.said ->> 'invoice'
    from there e cross join lateral jsonb_array_elements(e.allocations) as n (said)
    where e.kind in ('payment', 'bill', 'allocation') and e.allocations <> '[]'
    union all
    select e.dealer, e.event, 'invoice', e.invoice from there e where e.invoice is not null
    union all
    select e.dealer, e.event, 'invoice', e.number from there e where e.kind in ('dispute', 'settlement')
),
bearing as (
    select dealer, kind, number, count(*) as bearers, array_agg(origin) as origins
    from there where kind in ('invoice', 'payment', 'bill') group by dealer, kind, number
),
waiting as (
    select distinct e.dealer, e.event, e.kind, e.number, e.origin, e.dated, e.amount, e.reason, n.wanted, n.named
    from naming n join there e on e.event = n.event
    left join bearing b on b.dealer = n.dealer and b.kind = n.wanted and b.number = n.named
    where not coalesce(
        e.origin = any(b.origins)
            or (b.bearers = 1 and n.wanted = 'invoice' and e.kind not in ('dispute', 'settlement')),
        false
    )
)
select w.dealer, d.code, d.name, w.event as entry, w.kind, w.number, w.origin as source, w.dated, w.amount, w.reason,
    w.wanted as waits_for_kind, w.named as waits_for, $2::date - w.dated as days, o.code as elsewhere, s.territory,
    s.branch, s.region
from waiting w join dealer_scope s using (dealer) left join dealer d using (dealer)
left join (
    select b.kind, b.number, origin, min(of_whom.code) as code
    from bearing b cross join unnest(b.origins) as origin join dealer of_whom using (dealer)
    where (b.kind, b.number) in (select wanted, named from waiting)
    group by b.kind, b.number, origin
) as o on o.kind = w.wanted and o.number = w.named and o.origin = w.origin
