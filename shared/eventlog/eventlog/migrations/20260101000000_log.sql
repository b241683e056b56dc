-- migrate:up

-- The log of one service: dense sequences in twelve partitions, written by two functions and by nobody else. Architecture 2.
create schema log;

-- Which history this database writes. Append compares it with the server it runs on; `opened` is set once the log was
-- compared with its topic, so that a database that was lost and made anew cannot begin a second history.
create table log.lineage (
    one boolean primary key default true check (one),
    service text not null default '',
    lineage integer not null,
    system_identifier bigint not null,
    timeline text not null,
    opened boolean not null default false
);
insert into log.lineage (lineage, system_identifier, timeline)
    select 1, system_identifier, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) from pg_control_system();

-- A moment that was asked for as a cut: nothing is recorded at or before it any more.
create table log.floor (one boolean primary key default true check (one), at timestamptz not null);
insert into log.floor (at) values ('-infinity');

-- version 0: a stream of facts. The document's bytes are stored as they were written, never compressed or parsed.
create table log.event (
    partition smallint not null,
    sequence bigint not null,
    n smallint not null,
    m smallint not null,
    version integer not null,
    lineage integer not null,
    id uuid not null,
    previous uuid,
    command uuid not null,
    recorded_at timestamptz not null,
    request_hash bytea not null,
    stream text collate "C" not null,
    document bytea not null,
    primary key (partition, sequence),
    constraint event_command unique (command, n)
);
alter table log.event alter column document set storage external;
create unique index event_version on log.event (stream, version) where version > 0;
create index event_fact on log.event (stream, sequence) where version = 0;

-- A cache of folded streams, valid for one `fold` (a hash of the code that folds). It never decides.
create table log.head (
    stream text collate "C" primary key,
    version integer not null,
    fold bytea not null,
    state bytea not null
) with (fillfactor = 70);

-- Rules across streams: who holds a name. A fold of each stream alone.
create table log.claim (
    key text collate "C" primary key,
    stream text collate "C" not null
);

-- What the publisher believes Kafka has acknowledged: a hint, the topic's last record is the truth.
create table log.mark (
    partition smallint primary key,
    sequence bigint not null,
    id uuid not null,
    kafka_offset bigint not null,
    published_at timestamptz not null default clock_timestamp()
);

-- Take the partition for this transaction and say where it ends; refuse what could not be dense and in order.
create function log.take_partition(
    p smallint, out sequence bigint, out id uuid, out recorded_at timestamptz, out lineage integer
) language plpgsql volatile security definer set search_path = log, pg_temp as $$
declare
    ours log.lineage;
    floor_at timestamptz;
begin
    if pg_current_xact_id_if_assigned() is not null or current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'an append is the first write of a READ COMMITTED transaction' using errcode = 'DL001';
    end if;
    perform pg_advisory_xact_lock(7, p);
    select * into strict ours from log.lineage;
    if not ours.opened then
        raise exception 'the log is not open: compare it with its topic first' using errcode = 'DL002';
    end if;
    if ours.system_identifier <> (select system_identifier from pg_control_system())
        or ours.timeline <> substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) then
        raise exception 'this server is not the one that wrote lineage %: run adopt', ours.lineage using errcode = 'DL003';
    end if;
    select at into strict floor_at from log.floor;
    select e.sequence, e.id, e.recorded_at into sequence, id, recorded_at
        from log.event e where e.partition = p order by e.sequence desc limit 1;
    sequence := coalesce(sequence, 0);
    recorded_at := greatest(recorded_at, clock_timestamp(), floor_at + interval '1 microsecond');
    lineage := ours.lineage;
end
$$;

-- Append commands to edited streams of one partition, in their order. Flattened: counts[i] events for command i,
-- and its claims by command number. Verdicts: appended | repeated | stale | claimed (detail: by which name).
create function log.append(
    p smallint, streams text[], expected integer[], commands uuid[], hashes bytea[], counts integer[],
    ids uuid[], documents bytea[], claim_of integer[], claim_keys text[], claim_takes boolean[],
    folds bytea[], states bytea[]
) returns table (verdict text, first bigint, last_version integer, lineage integer, detail text)
language plpgsql volatile security definer set search_path = log, pg_temp as $$
declare
    tail record;
    at_event integer := 0;
    current_version integer;
    known record;
    c record;
begin
    tail := log.take_partition(p);
    for i in 1 .. cardinality(streams) loop
        detail := null;
        first := null;
        lineage := tail.lineage;
        select e.sequence, e.version, e.lineage into known from log.event e where e.command = commands[i] and e.n = 1;
        select e.version into current_version from log.event e
            where e.stream = streams[i] and e.version > 0 order by e.version desc limit 1;
        current_version := coalesce(current_version, 0);
        select k.key into detail from unnest(claim_of, claim_keys, claim_takes) as k (command, key, take)
            join log.claim held on held.key = k.key
            where k.command = i and k.take and held.stream <> streams[i] limit 1;
        if known is not null then
            verdict := 'repeated'; first := known.sequence; lineage := known.lineage;
        elsif current_version <> expected[i] then
            verdict := 'stale'; last_version := current_version;
        elsif detail is not null then
            verdict := 'claimed'; last_version := current_version;
        else
            for c in select k.key, k.take from unnest(claim_of, claim_keys, claim_takes) as k (command, key, take)
                where k.command = i order by k.key, k.take loop
                if c.take then
                    insert into log.claim (key, stream) values (c.key, streams[i]) on conflict (key) do nothing;
                    if not found and not exists (select from log.claim h where h.key = c.key and h.stream = streams[i]) then
                        raise exception 'claim % was taken meanwhile', c.key using errcode = 'unique_violation';
                    end if;
                else
                    delete from log.claim h where h.key = c.key and h.stream = streams[i];
                end if;
            end loop;
            insert into log.event (partition, sequence, n, m, version, lineage, id, previous, command, recorded_at,
                                   request_hash, stream, document)
                select p, tail.sequence + n, n, counts[i], current_version + n, tail.lineage, ids[at_event + n],
                    case when n = 1 then tail.id else ids[at_event + n - 1] end, commands[i], tail.recorded_at,
                    hashes[i], streams[i], documents[at_event + n]
                from generate_series(1, counts[i]) as n;
            insert into log.head (stream, version, fold, state)
                values (streams[i], current_version + counts[i], folds[i], states[i])
                on conflict (stream) do update
                    set version = excluded.version, fold = excluded.fold, state = excluded.state;
            verdict := 'appended'; first := tail.sequence + 1; last_version := current_version + counts[i];
            tail.sequence := tail.sequence + counts[i];
            tail.id := ids[at_event + counts[i]];
        end if;
        at_event := at_event + counts[i];
        return next;
    end loop;
end
$$;

-- Record facts of one partition, one command each, decided before they are numbered: the first row of an id counts,
-- a later one is its duplicate, or a conflict if its content differs. One optional claim a row.
create function log.record(
    p smallint, streams text[], commands uuid[], hashes bytea[], ids uuid[], claims text[], documents bytea[]
) returns table (verdict text, at_sequence bigint, at_lineage integer)
language plpgsql volatile security definer set search_path = log, pg_temp as $$
declare
    tail record;
begin
    tail := log.take_partition(p);
    return query
    with given as materialized (
        select u.i, u.stream, u.command, u.hash, u.id, u.claim, u.document,
            row_number() over (partition by u.command order by u.i) as nth,
            first_value(u.hash) over (partition by u.command order by u.i) as first_hash
        from unnest(streams, commands, hashes, ids, claims, documents)
            with ordinality as u (stream, command, hash, id, claim, document, i)
    ), known as materialized (
        select e.command, e.sequence, e.lineage, e.request_hash from log.event e
        where e.command = any (commands) and e.n = 1
    ), unknown as (
        select g.* from given g where g.nth = 1 and not exists (select from known k where k.command = g.command)
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
            when n.command is null then 'claimed'
            when g.nth = 1 then 'accepted'
            when g.hash = g.first_hash then 'duplicate'
            else 'conflict'
        end,
        coalesce(k.sequence, n.sequence), coalesce(k.lineage, tail.lineage)
    from given g left join known k using (command) left join numbered n using (command)
    order by g.i;
end
$$;

-- The last sequence of a partition recorded at or before a moment (recorded_at never falls within a partition).
create function log.last_sequence(p smallint, moment timestamptz) returns bigint
language plpgsql stable security definer set search_path = log, pg_temp as $$
declare
    low bigint := 0;
    high bigint;
    middle bigint;
    at timestamptz;
begin
    select e.sequence, e.recorded_at into high, at from log.event e where e.partition = p order by e.sequence desc limit 1;
    if high is null then return 0; end if;
    if at <= moment then return high; end if;
    while low < high loop
        middle := (low + high + 1) / 2;
        select e.recorded_at into at from log.event e where e.partition = p and e.sequence = middle;
        if at <= moment then low := middle; else high := middle - 1; end if;
    end loop;
    return low;
end
$$;

-- First half of a cut, in one READ COMMITTED transaction with the second: no append runs while its locks are held.
create function log.raise_floor(moment timestamptz, partitions integer) returns void
language plpgsql volatile security definer set search_path = log, pg_temp as $$
begin
    if moment >= clock_timestamp() then
        raise exception 'the moment % is not past yet', moment using errcode = 'DL004';
    end if;
    for p in 0 .. partitions - 1 loop
        perform pg_advisory_xact_lock_shared(7, p);
    end loop;
    update log.floor set at = greatest(at, moment);
end
$$;

do $$
declare
    app text := current_database() || '_app';
    reader text := current_database() || '_reader';
begin
    execute format('grant usage on schema log to %I, %I', app, reader);
    execute format('grant select on all tables in schema log to %I', app);
    execute format('grant insert, update on log.mark to %I', app);
    execute format('revoke all on all functions in schema log from public');
    execute format('grant execute on all functions in schema log to %I', app);
    execute format('grant update (opened, service) on log.lineage to %I', app);
end
$$;

-- migrate:down
drop schema log cascade;
