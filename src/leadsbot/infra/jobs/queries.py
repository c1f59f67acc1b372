"""The engine's SQL, in one readable place. Only the database's clock is used: machines disagree about the time."""

PROMOTE = """
UPDATE job SET state = 0 WHERE id IN (
    SELECT id FROM job WHERE state = 3 AND due_at <= clock_timestamp() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)"""

_LEASE = """
UPDATE job SET state = 1, attempt = attempt + 1, lease_token = gen_random_uuid(), worker = $3,
    lease_until = clock_timestamp() + $4::interval
FROM chosen WHERE job.id = chosen.id
RETURNING job.id, job.workspace_id, job.kind, job.payload, job.event_id, job.lane, job.attempt, job.max_attempts,
    job.lease_token"""

CLAIM = f"""
WITH chosen AS MATERIALIZED (
    SELECT id FROM job WHERE state = 0 AND lane IS NULL AND pool = $1 AND due_at <= clock_timestamp()
    ORDER BY priority, due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
){_LEASE}"""

CLAIM_FIRST = f"""
WITH chosen AS MATERIALIZED (
    SELECT id FROM job WHERE state = 0 AND lane IS NULL AND attempt = 0 AND pool = $1 AND due_at <= clock_timestamp()
    ORDER BY priority, due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
){_LEASE}"""

LANES_WAIT = "SELECT EXISTS (SELECT 1 FROM job WHERE state = 0 AND lane IS NOT NULL AND pool = $1)"

LANE_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('leadsbot lanes ' || $1, 0))"
"""Claims from lanes are made one at a time over all processes: that is what makes the caps exact."""

CLAIM_LANES = f"""
WITH RECURSIVE lanes AS (
    (SELECT lane FROM job WHERE state = 0 AND lane IS NOT NULL AND pool = $1 ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT j.lane FROM job j WHERE j.state = 0 AND j.lane IS NOT NULL AND j.pool = $1 AND j.lane > lanes.lane
            ORDER BY j.lane LIMIT 1)
    FROM lanes WHERE lanes.lane IS NOT NULL
), heads AS (
    SELECT head.*, (SELECT count(*) FROM job b WHERE b.state = 1 AND b.lane = lanes.lane) AS busy
    FROM (SELECT lane FROM lanes WHERE lane IS NOT NULL LIMIT 2000) lanes
    CROSS JOIN LATERAL (
        SELECT id, lane_cap, priority, due_at, row_number() OVER (ORDER BY priority, due_at, id) AS place
        FROM (SELECT id, lane_cap, priority, due_at FROM job j
              WHERE j.state = 0 AND j.lane IS NOT NULL AND j.pool = $1 AND j.lane = lanes.lane
              AND j.due_at <= clock_timestamp() ORDER BY priority, due_at, id LIMIT 16) few
    ) head
), chosen AS MATERIALIZED (
    SELECT job.id FROM job JOIN heads ON heads.id = job.id
    WHERE heads.place + heads.busy <= heads.lane_cap
    ORDER BY heads.priority, heads.due_at, heads.id LIMIT $2 FOR UPDATE OF job SKIP LOCKED
){_LEASE}"""

FINISH = """
DELETE FROM job USING unnest($1::bigint[], $2::uuid[]) AS done (id, token)
WHERE job.id = done.id AND job.state = 1 AND job.lease_token = done.token RETURNING job.id"""

FINISH_IN_TX = "DELETE FROM job WHERE id = :id AND state = 1 AND lease_token = :token RETURNING id"

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
UPDATE job SET expiries = expiries + 1, lease_token = NULL, lease_until = NULL,
    state = CASE WHEN expiries + 1 >= $1 THEN 2 ELSE 0 END,
    ended_at = CASE WHEN expiries + 1 >= $1 THEN clock_timestamp() END,
    last_error = CASE WHEN expiries + 1 >= $1 THEN 'poison: its process died or hung ' || $1 || ' times'
                      ELSE 'its process died or hung' END
WHERE id IN (SELECT id FROM job WHERE state = 1 AND lease_until < clock_timestamp() LIMIT 500 FOR UPDATE SKIP LOCKED)
RETURNING id"""

DISPATCH = """
WITH taken AS MATERIALIZED (
    SELECT * FROM outbox ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM outbox USING taken WHERE outbox.seq = taken.seq
), logged AS (
    INSERT INTO event_log (workspace_id, id, type, version, subject_id, actor, payload, correlation_id, occurred_at)
    SELECT workspace_id, event_id, type, version, subject_id, actor, payload, correlation_id, occurred_at
    FROM taken WHERE NOT logged
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
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float8 AS seconds, count(*) AS waiting
FROM (SELECT due_at FROM job WHERE state = 0 ORDER BY due_at LIMIT 100000) due"""
