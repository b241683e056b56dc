-- Every exception that a cut includes, from the facts themselves. $1: the cut's last sequence of partition 0, 1, …;
-- $2: the installation's time zone; $3: days after which a fact is back-dated; $4: whether the reader sees the company.
-- `who` is null where the row does not hold it: then the event's document does.
with known as (
    select 'limit_override' as kind, dealer, override::text as about, first_day as dated, "by" as who,
        null::text as acting_for, reason, "limit" as amount, event, partition, sequence, recorded_at
    from limit_override
    where kind = 'set' and {within}
    union all
    select 'hold_release', dealer, number, null, "by", null, reason, amount, event, partition, sequence, recorded_at
    from hold_release
    where {within}
    union all
    select 'indicator_override', s.dealer, o.said ->> 'indicator', null, s."by", s.acting_for, o.said ->> 'reason',
        null, s.event, s.partition, s.sequence, s.recorded_at
    from review_step s cross join jsonb_array_elements(s.overrides) as o (said)
    where s.step = 'proposed' and {within}
    union all
    select 'delegated_approval', dealer, step, null, "by", acting_for, said, null, event, partition, sequence,
        recorded_at
    from review_step
    where acting_for is not null and {within}
    union all
    select 'delegated_diligence', dealer, step, dated, "by", acting_for, said, "limit", event, partition, sequence,
        recorded_at
    from diligence_step
    where acting_for is not null and {within}
    union all
    select 'suspicion_confirmed', dealer, paper || ' ' || number, dated, "by", null, said, null, event, partition,
        sequence, recorded_at
    from suspicion_step
    where step = 'confirmed' and {within}
    union all
    select 'reversal', r.dealer, r.number, e.dated, null, null, r.reason, e.amount, r.event, r.partition, r.sequence,
        r.recorded_at
    from ledger_entry r left join ledger_entry e on e.dealer = r.dealer and e.event = r.reversed
    where r.kind = 'reversal' and {within_r}
    union all
    select e.kind, e.dealer, e.number, e.dated, e.approved_by, null, e.reason, coalesce(e.amount, p.amount), e.event,
        e.partition, e.sequence, e.recorded_at
    from ledger_entry e left join lateral (
        select p.amount from ledger_entry p
        where p.dealer = e.dealer and p.origin = e.origin and p.number = e.number
            and p.kind = case e.kind when 'bounce' then 'payment' when 'dishonour' then 'bill' end and {within_p}
        order by p.sequence desc limit 1
    ) as p on true
    where e.kind in ('write_off', 'bounce', 'dishonour') and {within_e}
    union all
    select 'late_fact', e.dealer, e.number, e.dated, null, null, e.reason, e.amount, e.event, e.partition, e.sequence,
        e.recorded_at
    from ledger_entry e
    where to_char({dated}, 'YYYY-MM') in (select period from period_step) and {late} and {within_e}
    union all
    select 'back_dated', dealer, number, dated, null, null, reason, amount, event, partition, sequence, recorded_at
    from ledger_entry
    where dated < (recorded_at at time zone $2)::date - $3::integer and {within}
    union all
    select case kind when 'handed_to_legal' then 'legal_hand_over' else 'legal_taken_back' end, dealer, kind, dated, "by",
        null, said, null, event, partition, sequence, recorded_at
    from collection_step
    where kind in ('handed_to_legal', 'taken_back_from_legal') and {within}
    union all
    select 'security_released_early', s.dealer, s.registration, s.dated, s."by", null, s.reason, h.value, s.event,
        s.partition, s.sequence, s.recorded_at
    from security_step s cross join lateral (
        select (array_agg(b.value order by b.sequence desc) filter (where b.value is not null))[1] as value,
            (array_agg(b.expires_on order by b.sequence desc) filter (where b.expires_on is not null))[1] as expires_on
        from security_step b where b.security = s.security and b.dealer = s.dealer and b.sequence < s.sequence
    ) as h
    where s.step = 'released' and s.dated <= h.expires_on and {within_s}
    union all
    select 'security_devalued', s.dealer, h.registration, s.dated, s."by", null, s.reason, s.value, s.event,
        s.partition, s.sequence, s.recorded_at
    from security_step s cross join lateral (
        select (array_agg(b.value order by b.sequence desc) filter (where b.value is not null))[1] as value,
            max(b.registration) filter (where b.step = 'registered') as registration
        from security_step b where b.security = s.security and b.dealer = s.dealer and b.sequence < s.sequence
    ) as h
    where s.step = 'revalued' and s.value < h.value and {within_s}
    union all
    select 'group_limit', null, owner_group, first_day, "by", null, reason, "limit", event, partition, sequence,
        recorded_at
    from group_limit g
    where kind = 'set' and {within}
        and ($4::boolean or exists (select from group_member m where m.owner_group = g.owner_group))
)
select k.*, (k.recorded_at at time zone $2)::date as recorded_on,
    case when k.kind = 'back_dated' then (k.recorded_at at time zone $2)::date - k.dated end as days,
    d.code, d.name, s.territory, s.branch, s.region
from known k left join dealer_scope s using (dealer) left join dealer d using (dealer)
where s.dealer is not null or k.kind = 'group_limit'
