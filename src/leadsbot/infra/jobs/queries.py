"""The engine's SQL, in one readable place. Only the database's clock is used: machines disagree about the time.

States: 0 due, 1 leased, 2 dead, 3 later. Due is a state, not a comparison of times. Where times must be compared it is
with ``statement_timestamp()``: ``clock_timestamp()`` is volatile, and PostgreSQL would read the whole index of a
million future jobs to compare each with a new one. Rows are chosen in a materialised CTE everywhere: a planner is free
to run a sub-select with LIMIT … SKIP LOCKED more than once, and would then lock and take more than the limit.
"""

PROMOTE = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM job WHERE state = 3 AND due_at <= statement_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE job SET state = 0 FROM chosen WHERE job.id = chosen.id"""

_LEASE = """
UPDATE job SET state = 1, attempt = attempt + 1, lease_token = gen_random_uuid(), worker = $3,
    lease_until = clock_timestamp() + $4::interval
FROM chosen WHERE job.id = chosen.id
RETURNING job.id, job.workspace_id, job.kind, job.payload, job.event_id, job.lane, job.attempt, job.max_attempts,
    job.lease_token"""

CLAIM = f"""
WITH chosen AS MATERIALIZED (
    SELECT id FROM job WHERE state = 0 AND lane IS NULL AND pool = $1
    ORDER BY priority, due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
){_LEASE}"""

CLAIM_FIRST = f"""
WITH chosen AS MATERIALIZED (
    SELECT id FROM job WHERE state = 0 AND lane IS NULL AND attempt = 0 AND pool = $1
    ORDER BY priority, due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
){_LEASE}"""

UNCLAIM = """
UPDATE job SET state = 0, attempt = attempt - 1, lease_token = NULL, lease_until = NULL
WHERE state = 1 AND worker = $1 AND pool = $2 AND id <> ALL ($3::bigint[])"""

LANE_WINDOW = 256
LANES_WAIT = f"""
SELECT count(*)
FROM (SELECT FROM job WHERE state = 0 AND lane IS NOT NULL AND pool = $1 LIMIT {LANE_WINDOW + 1}) AS few"""

LANE_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('leadsbot lanes ' || $1, 0))"
"""Claims from lanes of one pool are made one at a time over all processes: that is what makes the caps exact. It is a
statement of its own, because the claim's snapshot must be younger than the lock."""

_NEAR = f"""
SELECT id, lane, lane_cap, priority, due_at, attempt FROM job
WHERE state = 0 AND lane IS NOT NULL AND pool = $1
ORDER BY priority, due_at, id LIMIT {LANE_WINDOW}"""

_NAMED = """
SELECT few.* FROM unnest($6::text[]) AS lanes (lane) CROSS JOIN LATERAL (
    SELECT id, lane, lane_cap, priority, due_at, attempt FROM job
    WHERE state = 0 AND lane IS NOT NULL AND pool = $1 AND lane = lanes.lane
    ORDER BY priority, due_at, id LIMIT 32
) few"""


def _claim_lanes(candidates: str) -> str:
    """Claim the heads of lanes that have room. A lane's candidates are the first of that lane, in its order, so the
    n-th of them may run when n and the lane's running jobs together stay within its cap."""
    return f"""
WITH near AS MATERIALIZED ({candidates}
), busy AS (
    SELECT lane, count(*) AS n FROM job WHERE state = 1 AND lane IS NOT NULL GROUP BY lane
), heads AS (
    SELECT near.*, row_number() OVER (PARTITION BY near.lane ORDER BY priority, due_at, id)
        + coalesce(busy.n, 0) AS place FROM near LEFT JOIN busy ON busy.lane = near.lane
), open AS (
    SELECT heads.*, row_number() OVER (PARTITION BY attempt > 0 ORDER BY priority, due_at, id) AS turn
    FROM heads WHERE place <= lane_cap
), chosen AS MATERIALIZED (
    SELECT job.id FROM job JOIN open ON open.id = job.id WHERE open.attempt = 0 OR open.turn <= $5
    ORDER BY open.priority, open.due_at, open.id LIMIT $2 FOR UPDATE OF job SKIP LOCKED
){_LEASE}"""


CLAIM_LANES = _claim_lanes(_NEAR)
CLAIM_NAMED_LANES = _claim_lanes(_NAMED)

NEXT_LANES = """
WITH RECURSIVE lanes AS (
    (SELECT lane FROM job WHERE state = 0 AND lane IS NOT NULL AND pool = $1 AND lane > $2 ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT j.lane FROM job j WHERE j.state = 0 AND j.lane IS NOT NULL AND j.pool = $1 AND j.lane > lanes.lane
            ORDER BY j.lane LIMIT 1)
    FROM lanes WHERE lanes.lane IS NOT NULL
)
SELECT lane FROM lanes WHERE lane IS NOT NULL LIMIT $3"""
"""The next lanes by name: when full lanes fill the whole window, the others take turns."""

FINISH = """
DELETE FROM job USING unnest($1::bigint[], $2::uuid[]) AS done (id, token)
WHERE job.id = done.id AND job.state = 1 AND job.lease_token = done.token RETURNING job.id"""

FINISH_IN_TX = "DELETE FROM job WHERE id = $1 AND state = 1 AND lease_token = $2 RETURNING id"

AGAIN = """
UPDATE job SET state = CASE WHEN $3::interval > interval '0' THEN 3 ELSE 0 END, due_at = clock_timestamp() + $3,
    attempt = attempt - $4::int, last_error = $5, lease_token = NULL, lease_until = NULL, expiries = 0
WHERE id = $1 AND state = 1 AND lease_token = $2 RETURNING id"""

BURY = """
UPDATE job SET state = 2, last_error = $3, lease_token = NULL, lease_until = NULL, ended_at = clock_timestamp()
WHERE id = $1 AND state = 1 AND lease_token = $2 RETURNING id"""

RENEW = """
UPDATE job SET lease_until = clock_timestamp() + $3::interval
FROM unnest($1::bigint[], $2::uuid[]) AS mine (id, token)
WHERE job.id = mine.id AND job.state = 1 AND job.lease_token = mine.token"""

RESCUE = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM job WHERE state = 1 AND lease_until < statement_timestamp()
        AND pg_postmaster_start_time() < statement_timestamp() - interval '5 seconds'
    LIMIT 500 FOR UPDATE SKIP LOCKED
)
UPDATE job SET expiries = expiries + 1, lease_token = NULL, lease_until = NULL,
    state = CASE WHEN expiries + 1 >= $1 THEN 2 ELSE 0 END,
    ended_at = CASE WHEN expiries + 1 >= $1 THEN clock_timestamp() END,
    last_error = CASE WHEN expiries + 1 >= $1 THEN 'poison: its process died or hung ' || $1 || ' times'
                      ELSE 'its process died or hung' END
FROM chosen WHERE job.id = chosen.id
RETURNING job.id"""
"""A server that has just come back gives the living five seconds to renew what ran out while it was away."""

DISPATCH = """
WITH taken AS MATERIALIZED (
    SELECT * FROM outbox ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM outbox USING taken WHERE outbox.seq = taken.seq
), logged AS (
    INSERT INTO event_log (workspace_id, id, type, version, subject_id, actor, payload, correlation_id, occurred_at)
    SELECT workspace_id, event_id, type, version, subject_id, actor, payload, correlation_id, occurred_at
    FROM taken WHERE NOT logged ON CONFLICT DO NOTHING
), made AS (
    INSERT INTO job (workspace_id, kind, payload, event_id, priority, max_attempts)
    SELECT t.workspace_id, h.kind, jsonb_build_object('type', t.type, 'payload', t.payload, 'at', t.occurred_at,
        'request', t.correlation_id), t.event_id, h.priority, h.attempts
    FROM taken t JOIN unnest($2::text[], $3::text[], $4::smallint[], $5::int[]) AS h (type, kind, priority, attempts)
        ON h.type = t.type ORDER BY t.seq
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT count(*) AS events, (SELECT count(*) FROM made) AS jobs,
    array_agg(DISTINCT workspace_id::text || ' ' || type) AS changes FROM taken"""

OWN = """
INSERT INTO single_owner AS o (name, holder, until) VALUES ($1, $2, clock_timestamp() + $3::interval)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE o.holder = excluded.holder OR o.until < clock_timestamp() RETURNING holder"""

DISOWN = "DELETE FROM single_owner WHERE name = $1 AND holder = $2"

CRON_SLOT = """
INSERT INTO cron_slot AS c (name, slot) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE c.slot < excluded.slot RETURNING slot"""

CRON_JOB = """
INSERT INTO job (pool, kind, payload, priority, max_attempts, unique_key)
VALUES ($1, $2, $3::jsonb, $4, $5, $6) ON CONFLICT DO NOTHING"""

LAG = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float8 AS seconds FROM (
    SELECT min(due_at) AS due_at FROM (
        SELECT due_at FROM job WHERE state = 0 AND lane IS NULL LIMIT 100000) AS plain
    UNION ALL
    SELECT min(due_at) FROM (SELECT due_at FROM job WHERE state = 0 AND lane IS NOT NULL LIMIT 100000) AS laned
    UNION ALL
    (SELECT occurred_at FROM outbox ORDER BY seq LIMIT 1)
) AS due"""
"""Due jobs in two halves, because each has its own partial index: as one it would read a million future jobs. And
events that nobody has turned into jobs yet: without them a queue whose workers are all gone would look empty."""
