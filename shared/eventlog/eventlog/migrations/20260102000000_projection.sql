-- migrate:up

-- Where readers of the logs keep how far they came. Architecture 3.
create schema projection;

-- Every generation of the projections' tables that was built and not dropped: schema g<generation>.
-- filling: a rebuild writes it; live: the projector feeds it; refused: its digests differ, kept to be looked at.
create table projection.built (
    generation integer primary key,
    state text not null check (state in ('filling', 'live', 'refused')),
    shape jsonb not null,
    built_at timestamptz not null default now()
);

-- The pointer row: the generation that requests read, in their own transaction.
create table projection.generation (
    one boolean primary key default true check (one),
    current integer not null references projection.built (generation),
    schema text not null generated always as ('g' || current) stored
);

-- reader: 'g<generation>' or 'reaction:<name>'. lineages: [[lineage, its first sequence], …].
create table projection.position (
    reader text not null,
    source text not null,
    partition smallint not null,
    sequence bigint not null default 0,
    event uuid,
    kafka_offset bigint not null default -1,
    lineages jsonb not null default '[]',
    recorded_at timestamptz,
    moved_at timestamptz not null default clock_timestamp(),
    primary key (reader, source, partition)
) with (fillfactor = 50);

-- A stream of which an event could not be applied. Whoever parks, drains or adds locks this row first.
create table projection.parked_stream (
    reader text not null,
    source text not null,
    stream text not null,
    partition smallint not null,
    reason text not null,
    parked_at timestamptz not null default clock_timestamp(),
    primary key (reader, source, stream)
);

-- Its events, in order, until they are replayed.
create table projection.parked (
    reader text not null,
    source text not null,
    partition smallint not null,
    sequence bigint not null,
    stream text not null,
    kafka_key bytea not null,
    placement bytea not null,
    document bytea not null,
    primary key (reader, source, partition, sequence),
    foreign key (reader, source, stream) references projection.parked_stream on delete cascade
);
create index parked_by_stream on projection.parked (reader, source, stream, sequence);

-- What the clock has issued; a hint only, for a repeated command is recognised by its id.
create table projection.issued (
    kind text not null,
    subject text not null,
    due_on date not null,
    issued_at timestamptz not null default clock_timestamp(),
    primary key (kind, subject, due_on)
);

create table projection.lease (
    name text primary key,
    holder text not null,
    until timestamptz not null
);

-- Compare-and-set of all positions that a batch touches, as the first statement of its transaction.
-- one_reader null: every live generation. No row returned: somebody else moved one of them, or none is live.
-- The advisory lock makes a switch wait for the batch and the batch see the switch.
create function projection.advance(
    one_reader text, sources text[], partitions smallint[], befores bigint[], before_events uuid[],
    sequences bigint[], events uuid[], offsets bigint[], lineage_starts text[], moments timestamptz[]
) returns table (reader text, parked text[]) language plpgsql volatile as $$
declare
    readers text[];
begin
    if one_reader is null then
        perform pg_advisory_xact_lock_shared(hashtext('projection.switch'));
    end if;
    readers := case when one_reader is not null then array[one_reader]
        else array(select 'g' || b.generation from projection.built b where b.state = 'live') end;
    perform from projection.position p
        join unnest(sources, partitions) as m (source, partition) using (source, partition)
        where p.reader = any (readers)
        order by p.reader, p.source, p.partition for update of p;
    if exists (
        select from unnest(readers) as r (reader)
        cross join unnest(sources, partitions, befores, before_events) as m (source, partition, before, event)
        left join projection.position p using (reader, source, partition)
        where p.sequence is distinct from m.before or p.event is distinct from m.event
    ) then
        return;
    end if;
    update projection.position p
        set sequence = m.sequence, event = m.event, kafka_offset = m.kafka_offset, lineages = m.lineages::jsonb,
            recorded_at = coalesce(m.recorded_at, p.recorded_at), moved_at = clock_timestamp()
        from unnest(sources, partitions, sequences, events, offsets, lineage_starts, moments)
            as m (source, partition, sequence, event, kafka_offset, lineages, recorded_at)
        where p.reader = any (readers) and p.source = m.source and p.partition = m.partition;
    return query
        select r.reader, array(
            select s.source || ' ' || s.stream from projection.parked_stream s
            where s.reader = r.reader and s.source = any (sources) and s.partition = any (partitions)
        ) from unnest(readers) as r (reader) order by 1;
end
$$;

-- The app projects, and so owns every generation that it creates; readers see where the tables stand, no documents.
do $$
declare
    app text := current_database() || '_app';
    reader text := current_database() || '_reader';
begin
    execute format('grant usage on schema projection to %I, %I', app, reader);
    execute format('grant select, insert, update, delete on all tables in schema projection to %I', app);
    execute format('grant select on projection.generation, projection.built, projection.position to %I', reader);
    execute format('grant select on projection.parked_stream to %I', reader);
end
$$;

-- migrate:down
drop schema projection cascade;
