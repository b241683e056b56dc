-- Every dealer in scope as of a day and at a cut: who, where, grade, limit, class, balance, what orders reserve.
-- What bounced or was written off only the rule can place: where that is `given_up`, it is asked for the balance.
with at as (select $1::bigint[] as registry, $2::bigint[] as credit, $3::bigint[] as tiering, $4::date as as_of),
dealers as (
    select o.dealer, o.code, coalesce(c.name, o.name) as name, o.region, o.branch, o.territory, o.onboarded_on
    from onboarding o
    left join lateral (
        select c.name from card c
        where c.dealer = o.dealer and c.name is not null and {card}
        order by c.sequence desc limit 1
    ) c on true
    where {onboarding} and o.onboarded_on <= (select as_of from at)
        and ($5::uuid is null or o.dealer = $5)
),
completed as (
    select s.run, s.kind, s.scope, s.last_day, c.recorded_at as completed_at
    from run s join run c on c.run = s.run and c.kind = s.kind and c.phase = 'completed' and {run_c}
    where s.phase = 'started' and {run_s} and s.last_day <= (select as_of from at)
),
grades as (
    select distinct on (g.dealer) g.dealer, g.grade, g.run, g.partition, g.sequence
    from grade g join completed r on r.run = g.run and r.kind = 'rating'
    where {grade}
    order by g.dealer, g.as_of desc, g.sequence desc
),
limits as (
    select distinct on (l.dealer) l.dealer, l."limit", l.partition, l.sequence
    from credit_limit l join grades g on g.dealer = l.dealer and g.run = l.run
    where {credit_limit} and l.as_of <= (select as_of from at)
    order by l.dealer, l.as_of desc, l.sequence desc
),
overrides as (
    select distinct on (i.dealer) i.dealer, i."limit", i.partition, i.sequence
    from limit_override i
    where {limit_override} and i.kind = 'set' and (select as_of from at) between i.first_day and i.last_day
        and not exists (
            select from limit_override j
            where j.override = i.override and j.kind = 'ended' and j.first_day <= (select as_of from at) and {override_end}
        )
    order by i.dealer, i.sequence desc
),
classified as (
    select distinct on (d.dealer) d.dealer, r.run
    from dealers d
    join completed r on r.kind = 'classification'
        and r.scope in ('company', 'region:' || d.region, 'branch:' || d.branch)
    order by d.dealer, r.last_day desc, r.completed_at desc
),
classes as (
    select a.dealer, a.abc, a.measure, a.total, a.partition, a.sequence
    from classified k join abc_class a on a.run = k.run and a.dealer = k.dealer
    where {abc_class}
),
ledgers as (
    select e.dealer, max(e.sequence) as last, count(*) as entries,
        bool_or(e.kind in ('bounce', 'dishonour', 'write_off')) as given_up,
        coalesce(sum(case e.kind when 'invoice' then e.amount when 'payment' then -e.amount when 'bill' then -e.amount
            when 'credit_note' then -e.amount end) filter (where e.dated <= (select as_of from at)
                and not exists (select from ledger_entry r where r.reversed = e.event and {reversal})), 0) as balance,
        coalesce(sum(e.amount) filter (where e.kind = 'bill' and e.dated <= (select as_of from at)
            and e.due_on > (select as_of from at)
            and not exists (select from ledger_entry r where r.reversed = e.event and {reversal})), 0) as unmatured_bills
    from ledger_entry e
    where {ledger_entry} and ($5::uuid is null or e.dealer = $5)
    group by e.dealer
),
orders as (
    select v.dealer, v.number,
        coalesce(sum(v.amount) filter (where v.kind = 'released'), 0)
            - coalesce(sum(v.amount) filter (where v.kind = 'used'), 0) as reserved
    from order_event v
    where {order_event} and v.dated <= (select as_of from at) and ($5::uuid is null or v.dealer = $5)
    group by v.dealer, v.number
    having not bool_or(v.kind = 'cancelled')
),
reserved as (
    select dealer, sum(greatest(reserved, 0)) as reserved from orders group by dealer
),
consigned as (
    select distinct on (q.dealer) q.dealer, q.value
    from consigned_stock q
    where {consigned_stock} and q.as_of <= (select as_of from at) and ($5::uuid is null or q.dealer = $5)
    order by q.dealer, q.as_of desc, q.sequence desc
),
suspensions as (
    select distinct on (s.dealer) s.dealer, s.suspended
    from suspension s
    where {suspension} and s.effective_on <= (select as_of from at)
    order by s.dealer, s.sequence desc
)
select d.*, coalesce(s.suspended, false) as suspended,
    g.grade, g.partition as grade_partition, g.sequence as grade_sequence,
    case when l.dealer is null then null else coalesce(i."limit", l."limit") end as "limit",
    coalesce(i.partition, l.partition) as limit_partition, coalesce(i.sequence, l.sequence) as limit_sequence,
    k.abc, k.measure, k.total, k.partition as abc_partition, k.sequence as abc_sequence,
    coalesce(b.balance, 0) as balance, coalesce(b.unmatured_bills, 0) as unmatured_bills,
    coalesce(b.given_up, false) as given_up, coalesce(b.last, 0) as last, coalesce(b.entries, 0) as entries,
    coalesce(r.reserved, 0) as reserved, coalesce(q.value, 0) as consigned_stock
from dealers d
left join grades g using (dealer)
left join limits l using (dealer)
left join overrides i using (dealer)
left join classes k using (dealer)
left join ledgers b using (dealer)
left join reserved r using (dealer)
left join consigned q using (dealer)
left join suspensions s using (dealer)
