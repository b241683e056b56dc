-- migrate:up

-- A reader says which version of a stream it shows: of a parked one, what came before its first parked event.
do $$
begin
    execute format(
        'grant select (reader, source, partition, sequence, stream) on projection.parked to %I',
        current_database() || '_reader'
    );
end
$$;

-- migrate:down
do $$
begin
    execute format(
        'revoke select (reader, source, partition, sequence, stream) on projection.parked from %I',
        current_database() || '_reader'
    );
end
$$;
