"""Daily partitions of the technical logs: made ahead of time, dropped whole when their days are over (R26).

Creating and dropping partitions needs the owner, which the application never is. So the schema contains one function
that runs with its owner's rights and does exactly this, for exactly the tables declared with ``__partition__``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from leadsbot.infra.db.base import QUEUE, Table

DAYS_AHEAD = 7


def function(models: list[type[Table]]) -> Iterator[str]:
    """Yield the statements that define ``keep_partitions(now)`` for these tables, and run it once."""
    values = ",\n        ".join(
        f"('{model.__tablename__}', '{model.__partition__.column}', {model.__partition__.keep_days})"
        for model in models
        if model.__partition__
    )
    yield f"""
CREATE OR REPLACE FUNCTION keep_partitions(moment timestamptz)
RETURNS TABLE (table_name text, cutoff timestamptz, partitions_dropped int, rows_deleted bigint, oldest timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
DECLARE
    kept record; part record; day date; stray bigint;
BEGIN
    FOR kept IN SELECT * FROM (VALUES
        {values}
    ) AS v (name, col, days) LOOP
        table_name := kept.name;
        cutoff := moment - make_interval(days => kept.days);
        partitions_dropped := 0;
        FOR part IN
            SELECT c.relname, right(c.relname, 8)::date AS starts FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = format('public.%I', kept.name)::regclass AND c.relname ~ '_[0-9]{{8}}$'
        LOOP
            IF part.starts + 1 <= cutoff THEN
                EXECUTE format('DROP TABLE public.%I', part.relname);
                partitions_dropped := partitions_dropped + 1;
            END IF;
        END LOOP;
        EXECUTE format('DELETE FROM public.%I WHERE %I < $1', kept.name, kept.col) USING cutoff;
        GET DIAGNOSTICS rows_deleted = ROW_COUNT;
        FOR day IN SELECT d::date FROM generate_series(moment::date, moment::date + {DAYS_AHEAD}, '1 day') AS d LOOP
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
END $$"""
    yield "REVOKE ALL ON FUNCTION keep_partitions(timestamptz) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION keep_partitions(timestamptz) TO {QUEUE}"
    yield "SELECT keep_partitions(clock_timestamp())"


@dataclass(frozen=True, slots=True)
class Kept:
    """What one run did to one table."""

    table: str
    cutoff: datetime
    partitions_dropped: int
    rows_deleted: int
    oldest: datetime | None


async def keep_partitions(connection: asyncpg.Connection[asyncpg.Record], moment: datetime) -> list[Kept]:
    """Drop what is past its days, make the coming week's partitions, and write the run record."""
    async with connection.transaction():
        rows = await connection.fetch("SELECT * FROM keep_partitions($1)", moment)
        kept = [
            Kept(r["table_name"], r["cutoff"], r["partitions_dropped"], r["rows_deleted"], r["oldest"]) for r in rows
        ]
        await connection.executemany(
            "INSERT INTO purge_run (table_name, ran_at, cutoff, partitions_dropped, rows_deleted, oldest_row) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            [(k.table, moment, k.cutoff, k.partitions_dropped, k.rows_deleted, k.oldest) for k in kept],
        )
    return kept
