-- The register of securities as of a day, within a cut. $1: the day; $2: the cut's last sequence of partition 0, 1, …;
-- $3: one dealer, or null for all that the reader sees.
with step as (
    select * from security_step where dated <= $1 and {within} and ($3::uuid is null or dealer = $3)
)
select security as id, r.dealer, d.code, d.name, s.territory, s.branch, s.region, r.kind, r.owner, r.description,
    coalesce(v.value, r.value) as value, coalesce(v.valued_on, r.valued_on) as valued_on, r.rank, r.registration,
    r.registered_on, coalesce(n.expires_on, r.expires_on) as expires_on, coalesce(g.guarantor, r.guarantor) as guarantor,
    r.file, e.dated as released_on, e.reason as released_because,
    case when e.dated is not null then 'released' when coalesce(n.expires_on, r.expires_on) < $1 then 'expired'
        else 'valid' end as state,
    coalesce(n.expires_on, r.expires_on) - $1 as days_left
from step r join dealer d using (dealer) join dealer_scope s using (dealer)
left join (
    select distinct on (security) security, value, valued_on
    from step where step = 'revalued' order by security, sequence desc
) as v using (security)
left join (
    select distinct on (security) security, guarantor
    from step where step = 'revalued' and guarantor is not null order by security, sequence desc
) as g using (security)
left join (
    select distinct on (security) security, expires_on
    from step where step = 'renewed' order by security, sequence desc
) as n using (security)
left join (select security, dated, reason from step where step = 'released') as e using (security)
where r.step = 'registered'
