-- migrate:up

-- A fact whose id derives from the request that recorded it: a repeat of the request is found by it, whatever became of
-- the document since, and one key never names two documents.
create unique index event_of_request on log.event (id) where version = 0 and uuid_extract_version(id) = 8;

drop function log.record(smallint, text[], uuid[], bytea[], uuid[], text[], bytea[]);

-- Record facts of one partition, one command each, decided before they are numbered: the first row of an id counts,
-- a later one is its duplicate, or a conflict if its content differs. One optional claim a row.
-- Rows of one unit are written together or not at all: one conflict with what the log holds and none is (refused).
-- Rows of a call may contradict each other only within no unit: whoever names units has judged them against each other.
-- A row that was decided by what its stream held up to the sequence `seen` is not written if more is there (moved).
create function log.record(
    p smallint, streams text[], commands uuid[], hashes bytea[], ids uuid[], claims text[], documents bytea[],
    units integer[] default null, seen bigint[] default null
) returns table (verdict text, at_sequence bigint, at_lineage integer)
language plpgsql volatile security definer set search_path = log, pg_temp as $$
declare
    tail record;
begin
    tail := log.take_partition(p);
    return query
    with given as materialized (
        select u.i, u.stream, u.command, u.hash, u.id, u.claim, u.document, u.unit, u.seen
        from unnest(streams, commands, hashes, ids, claims, documents, units, seen)
            with ordinality as u (stream, command, hash, id, claim, document, unit, seen, i)
    ), known as materialized (
        select e.command, e.sequence, e.lineage, e.request_hash from log.event e
        where e.command = any (commands) and e.n = 1
    ), refused as materialized (
        select g.unit from given g join known k using (command) where g.unit is not null and k.request_hash <> g.hash
    ), counted as materialized (
        select g.i, g.stream, g.command, g.hash, g.id, g.claim, g.document,
            row_number() over (partition by g.command order by g.i) as nth,
            first_value(g.hash) over (partition by g.command order by g.i) as first_hash,
            case when g.seen is not null then exists (
                select from log.event e where e.stream = g.stream and e.version = 0 and e.sequence > g.seen
            ) else false end as moved
        from given g where g.unit is null or g.unit not in (select r.unit from refused r)
    ), unknown as (
        select c.* from counted c
        where c.nth = 1 and not c.moved and not exists (select from known k where k.command = c.command)
    ), claimed as (
        insert into log.claim (key, stream)
            select distinct on (u.claim) u.claim, u.stream from unknown u where u.claim is not null
            order by u.claim, u.i
            on conflict (key) do nothing returning key
    ), allowed as (
        select u.*, row_number() over (partition by u.claim order by u.i) as nth_of_claim
        from unknown u where u.claim is null or u.claim in (select key from claimed)
    ), numbered as (
        select a.*, tail.sequence + row_number() over (order by a.command) as sequence,
            coalesce(lag(a.id) over (order by a.command), tail.id) as previous
        from allowed a where a.claim is null or a.nth_of_claim = 1
    ), written as (
        insert into log.event (partition, sequence, n, m, version, lineage, id, previous, command, recorded_at,
                               request_hash, stream, document)
            select p, n.sequence, 1, 1, 0, tail.lineage, n.id, n.previous, n.command, tail.recorded_at,
                n.hash, n.stream, n.document
            from numbered n order by n.sequence
    )
    select case
            when k.command is not null then case when k.request_hash = g.hash then 'duplicate' else 'conflict' end
            when c.i is null then 'refused'
            when n.command is null then case when c.moved then 'moved' else 'claimed' end
            when c.nth = 1 then 'accepted'
            when g.hash = c.first_hash then 'duplicate'
            else 'conflict'
        end,
        coalesce(k.sequence, n.sequence), coalesce(k.lineage, tail.lineage)
    from given g left join known k using (command) left join counted c using (i)
    left join numbered n on n.command = g.command and c.i is not null
    order by g.i;
end
$$;

do $$
declare
    app text := current_database() || '_app';
    written text := 'log.record(smallint, text[], uuid[], bytea[], uuid[], text[], bytea[], integer[], bigint[])';
begin
    execute format('revoke all on function %s from public', written);
    execute format('grant execute on function %s to %I', written, app);
end
$$;

-- migrate:down
do $$ begin raise exception 'a log that was written with units is not taken back to one without'; end $$;
