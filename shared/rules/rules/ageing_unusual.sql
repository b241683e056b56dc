-- What of these ledgers needs a closer look: entries taken back, credits that name invoices, and what only the rule
-- itself can place: a credit of which one of several names says no amount or the names together say more than there is,
-- money that bounced or was allocated later, and what was written off.
select dealer,
    array_agg(reversed) filter (where reversed is not null) as reversed,
    coalesce(bool_or(names > 0), false) as naming,
    coalesce(bool_or(names > 1), false) as sharing,
    coalesce(bool_or(unclear), false) as unclear
from (
    select e.dealer, e.reversed,
        case
            when e.kind in ('payment', 'bill') then jsonb_array_length(e.allocations)
            when e.invoice is not null then 1
        end as names,
        case
            when e.kind in ('bounce', 'dishonour', 'write_off', 'allocation') then true
            when e.kind in ('payment', 'bill') and jsonb_array_length(e.allocations) > 1 then (
                select count(n.amount) < count(*) or sum(n.amount) > e.amount
                from jsonb_to_recordset(e.allocations) as n (amount numeric)
            )
        end as unclear
    from ledger_entry e
    where e.sequence <= coalesce(($1::bigint[])[e.partition + 1], 0) and {dealers}
        and (
            e.kind in ('reversal', 'bounce', 'dishonour', 'write_off', 'allocation') or e.invoice is not null
            or (e.kind in ('payment', 'bill') and e.allocations <> '[]')
        )
) as unusual
group by dealer
