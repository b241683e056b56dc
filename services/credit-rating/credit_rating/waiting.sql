-- Every entry that names a document which its ledger does not hold, at the end of a day, known at a cut: the bounce of a
-- payment and the dishonour of a bill, and what names an invoice. $1: the cut's last sequence of partition 0, 1, …;
-- $2: the day.
-- An invoice is known as the rule finds it (`rules.receivables`): of the same source, or the only one of that number; a
-- dispute is about its own source's alone. Nearly all are of the same source: only what is left is looked at closely.
-- `elsewhere` is a dealer in scope whose ledger holds the document.
with back as materialized (
    select reversed from ledger_entry where kind = 'reversal' and {within}
),
naming as (
    select e.dealer, e.event, e.kind, e.number, e.origin, e.dated, e.amount, e.reason, n.wanted, n.named
    from ledger_entry e cross join lateral (
        select case e.kind when 'bounce' then 'payment' else 'bill' end as wanted, e.number as named
        where e.kind in ('bounce', 'dishonour')
        union all
        select 'invoice', a.said ->> 'invoice' from jsonb_array_elements(e.allocations) as a (said)
        where e.kind in ('payment', 'bill', 'allocation')
        union all
        select 'invoice', e.invoice where e.invoice is not null
        union all
        select 'invoice', e.number where e.kind in ('dispute', 'settlement')
    ) as n
    where (
            e.kind in ('bounce', 'dishonour', 'dispute', 'settlement') or e.invoice is not null
            or (e.kind in ('payment', 'bill', 'allocation') and e.allocations <> '[]')
        )
        and e.dated <= $2::date and {within_e} and not exists (select from back where back.reversed = e.event)
),
document as not materialized (
    select e.dealer, e.kind, e.number, e.origin from ledger_entry e
    where e.kind in ('invoice', 'payment', 'bill') and e.dated <= $2::date and {within_e}
        and not exists (select from back where back.reversed = e.event)
),
missed as materialized (
    select distinct n.* from naming n where not exists (
        select from document d
        where d.dealer = n.dealer and d.kind = n.wanted and d.number = n.named and d.origin = n.origin
    )
),
bearing as (
    select d.dealer, d.kind, d.number, d.origin from document d
    where (d.kind, d.number) in (select wanted, named from missed)
),
waiting as (
    select m.* from missed m
    where m.wanted <> 'invoice' or m.kind in ('dispute', 'settlement')
        or (select count(*) from bearing b where b.dealer = m.dealer and b.kind = 'invoice' and b.number = m.named) <> 1
),
elsewhere as (
    select b.kind, b.number, b.origin, min(d.code) as code from bearing b join dealer d using (dealer) group by 1, 2, 3
)
select w.dealer, d.code, d.name, w.event as entry, w.kind, w.number, w.origin as source, w.dated, w.amount, w.reason,
    w.wanted as waits_for_kind, w.named as waits_for, $2::date - w.dated as days, o.code as elsewhere, s.territory,
    s.branch, s.region
from waiting w join dealer_scope s using (dealer) left join dealer d using (dealer)
left join elsewhere o on o.kind = w.wanted and o.number = w.named and o.origin = w.origin
