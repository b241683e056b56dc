-- When each dealer that has credit on a day is to be visited again. $1: the day; $2: months by grade 1–5, null: never.
-- Credit is the limit of the grade in force, or the override of that day. Months clip to the month's end.
with graded as (
    select distinct on (g.dealer) g.dealer, g.grade, g.run
    from grade g join {current} using (run)
    where g.as_of <= $1 order by g.dealer, g.as_of desc, g.sequence desc
), credited as (
    select g.dealer, g.grade, coalesce(o."limit", l."limit") as "limit", coalesce(f.as_of, o.first_day) as credit_since,
        v.visited_on as last_visit, v.picture_holds
    from graded g
    cross join lateral (
        select l."limit" from credit_limit l
        where l.dealer = g.dealer and l.run = g.run and l.as_of <= $1 order by l.as_of desc, l.sequence desc limit 1
    ) as l
    left join lateral (
        select o."limit", o.first_day from limit_override o
        where o.dealer = g.dealer and o.kind = 'set' and $1 between o.first_day and o.last_day and not exists (
            select from limit_override e where e.override = o.override and e.kind = 'ended' and e.first_day <= $1
        )
        order by o.sequence desc limit 1
    ) as o on true
    cross join lateral (
        select min(x.as_of) as as_of from credit_limit x
        where x.dealer = g.dealer and x."limit" > 0 and x.as_of <= $1
    ) as f
    left join lateral (
        select x.visited_on, x.picture_holds from follow_up x
        where x.dealer = g.dealer and x.visited_on <= $1 order by x.visited_on desc, x.sequence desc limit 1
    ) as v on true
), due as (
    select c.*, (
        greatest(c.credit_since, c.last_visit) + make_interval(months => ($2::integer[])[c.grade])
    )::date as due_on
    from credited c
    where c."limit" > 0 and ($2::integer[])[c.grade] is not null
)
select u.dealer, d.code, d.name, u.grade, u."limit", u.credit_since, u.last_visit, u.picture_holds, u.due_on,
    u.due_on - $1::date as days_left, u.due_on < $1::date as overdue, s.territory, s.branch, s.region
from due u join dealer_scope s using (dealer) left join dealer d using (dealer)
