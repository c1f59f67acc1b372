-- Technical logs, in partitions of a day that are dropped after thirty.

-- One answered request: no query string, no body, no address, browser and system as families only (R13).
CREATE TABLE request_log (
    at timestamptz NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    request_id TEXT NOT NULL,
    workspace_id UUID,
    method TEXT NOT NULL,
    route TEXT NOT NULL,
    status SMALLINT NOT NULL,
    milliseconds INTEGER NOT NULL,
    browser TEXT,
    system TEXT,
    CONSTRAINT pk_request_log PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE request_log_rest PARTITION OF request_log DEFAULT;
GRANT INSERT ON request_log TO leadsbot_app;
GRANT SELECT ON request_log TO leadsbot_queue;

-- One unexpected error: type and stack with file names and lines, scrubbed of values.
CREATE TABLE error_trace (
    at timestamptz NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    request_id TEXT,
    place TEXT NOT NULL,
    type TEXT NOT NULL,
    trace TEXT NOT NULL,
    CONSTRAINT pk_error_trace PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE error_trace_rest PARTITION OF error_trace DEFAULT;
GRANT INSERT ON error_trace TO leadsbot_app;
GRANT SELECT, INSERT ON error_trace TO leadsbot_queue;

-- Proof that a purge ran: what it dropped and how old the oldest row is afterwards.
CREATE TABLE purge_run (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    table_name TEXT NOT NULL,
    ran_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    cutoff timestamptz NOT NULL,
    partitions_dropped INTEGER NOT NULL,
    rows_deleted BIGINT NOT NULL,
    oldest_row timestamptz,
    CONSTRAINT pk_purge_run PRIMARY KEY (id)
);
CREATE INDEX ix_purge_run_table_name_ran_at ON purge_run (table_name, ran_at);
GRANT SELECT, INSERT ON purge_run TO leadsbot_queue;
GRANT SELECT ON purge_run TO leadsbot_app;

CREATE OR REPLACE FUNCTION keep_partitions(moment timestamptz)
RETURNS TABLE (table_name text, cutoff timestamptz, partitions_dropped int, rows_deleted bigint, oldest timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
DECLARE
    kept record; part record; day date; stray bigint;
BEGIN
    FOR kept IN SELECT * FROM (VALUES
        ('delivery_attempt', 'at', 30),
        ('error_trace', 'at', 30),
        ('request_log', 'at', 30)
    ) AS v (name, col, days) LOOP
        table_name := kept.name;
        cutoff := moment - make_interval(days => kept.days);
        partitions_dropped := 0;
        FOR part IN
            SELECT c.relname, right(c.relname, 8)::date AS starts FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = format('public.%I', kept.name)::regclass AND c.relname ~ '_[0-9]{8}$'
        LOOP
            IF part.starts + 1 <= cutoff THEN
                EXECUTE format('DROP TABLE public.%I', part.relname);
                partitions_dropped := partitions_dropped + 1;
            END IF;
        END LOOP;
        EXECUTE format('DELETE FROM public.%I WHERE %I < $1', kept.name, kept.col) USING cutoff;
        GET DIAGNOSTICS rows_deleted = ROW_COUNT;
        FOR day IN SELECT d::date FROM generate_series(moment::date, moment::date + 7, '1 day') AS d LOOP
            IF to_regclass(format('public.%I', kept.name || '_' || to_char(day, 'YYYYMMDD'))) IS NULL THEN
                EXECUTE format('SELECT count(*) FROM public.%I WHERE %I >= $1 AND %I < $2',
                    kept.name || '_rest', kept.col, kept.col) INTO stray USING day::timestamptz, day + 1;
                IF stray = 0 THEN
                    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                        kept.name || '_' || to_char(day, 'YYYYMMDD'), kept.name, day::timestamptz,
                        (day + 1)::timestamptz);
                END IF;
            END IF;
        END LOOP;
        EXECUTE format('SELECT min(%I) FROM public.%I', kept.col, kept.name) INTO oldest;
        RETURN NEXT;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION keep_partitions(timestamptz) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION keep_partitions(timestamptz) TO leadsbot_queue;

SELECT keep_partitions(clock_timestamp());
