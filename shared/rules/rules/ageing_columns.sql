-- The ageing of every ledger but those of $6, by column, and that of all together (dealer null): the open invoices by
-- bucket, the unapplied credit without one, negative. A dealer without amounts bears one number twice: ask the rule.
--   $1 last sequence of each partition  $2 as of  $3 upper ends of the columns  $4 by invoice date
--   $5 dealers whose credits name invoices  $6 dealers left out  $7, $8 dealer and event of what was taken back
--   $9 whether a payment or bill names several invoices  $10 dealers to list
-- What one name gets does not depend on the order of credits, nor does the sum that is left for the oldest invoices:
-- so the oldest are paid by that sum, slice by slice in the order in which they are paid.
with counted as not materialized (
    select e.*, {naming} as naming
    from ledger_entry e {named}
    where e.sequence <= coalesce(($1::bigint[])[e.partition + 1], 0) and {dealers}
        and e.kind in ('invoice', 'payment', 'bill', 'credit_note') and e.dated <= $2::date
        and not exists (
            select from unnest($7::uuid[], $8::uuid[]) as r (dealer, event) where r.dealer = e.dealer and r.event = e.event
        )
        and not exists (select from unnest($6::uuid[]) as o (dealer) where o.dealer = e.dealer)
),
placed as (
    select c.dealer,
        case
            when c.kind = 'invoice' then case when c.naming then c.number end
            when c.kind = 'credit_note' then c.invoice
            when c.naming and jsonb_array_length(c.allocations) = 1 then c.allocations -> 0 ->> 'invoice'
        end as number,
        case when c.kind = 'invoice' and $4::boolean then c.due_on end as due,
        case when c.kind = 'invoice' then
            width_bucket($2::date - case when $4::boolean then c.dated else c.due_on end - 1, $3::int[])
        end as bucket,
        case when c.kind = 'invoice' then c.amount end as owed,
        case
            when c.kind = 'credit_note' and c.invoice is not null then c.amount
            when c.kind in ('payment', 'bill') and c.naming and jsonb_array_length(c.allocations) = 1
                then least(c.amount, coalesce((c.allocations -> 0 ->> 'amount')::numeric, c.amount))
        end as named,
        case
            when c.kind = 'invoice' or c.invoice is not null then null
            when not c.naming or c.kind = 'credit_note' or jsonb_array_length(c.allocations) = 0 then c.amount
            when jsonb_array_length(c.allocations) = 1
                then c.amount - least(c.amount, coalesce((c.allocations -> 0 ->> 'amount')::numeric, c.amount))
            else c.amount - (select sum(n.amount) from jsonb_to_recordset(c.allocations) as n (amount numeric))
        end as free
    from counted c
    union all
    select c.dealer, n.invoice, null, null, null, n.amount, null
    from counted c cross join lateral jsonb_to_recordset(c.allocations) as n (invoice text, amount numeric)
    where $9::boolean and c.naming and c.kind in ('payment', 'bill') and jsonb_array_length(c.allocations) > 1
),
documents as (
    select dealer, number, max(due) as due, max(bucket) as bucket, count(owed) as invoices,
        coalesce(sum(owed), 0) as owed, coalesce(sum(named), 0) as named, coalesce(sum(free), 0) as free
    from placed
    group by dealer, number, case when number is null then due end, case when number is null then bucket end
),
slices as (
    select dealer, due, bucket, coalesce(bool_or(number is not null and invoices > 1), false) as twice,
        sum(owed - least(owed, named)) as open,
        sum(free + case when invoices > 0 then named - least(owed, named) else 0 end) as free,
        sum(case when invoices = 0 then named else 0 end) as held
    from documents
    group by dealer, due, bucket
),
paid as (
    select dealer, bucket, open,
        sum(open) over (partition by dealer order by due, bucket desc) as through,
        sum(open) over whole as owed, sum(free) over whole as free, sum(held) over whole as held,
        bool_or(twice) over whole as twice
    from slices
    window whole as (partition by dealer)
),
aged as (
    select dealer, bucket, greatest(0, least(open, through - free)) as amount, twice from paid where bucket is not null
    union all
    select dealer, null, -min(held + greatest(0, free - owed)), bool_or(twice) from paid group by dealer
)
select dealer, array_agg(bucket) as buckets, array_agg(amount) as amounts
from aged where dealer = any($10::uuid[]) and not twice group by dealer
union all
select null, array_agg(bucket), array_agg(amount)
from (select bucket, sum(amount) as amount from aged where not twice group by bucket) as every
union all
select distinct dealer, null::int[], null::numeric[] from aged where twice
