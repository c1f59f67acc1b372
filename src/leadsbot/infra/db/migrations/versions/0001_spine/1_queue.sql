-- What is shared by all workspaces: the queue of jobs, the events that wait for it, the schedule.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

GRANT USAGE ON SCHEMA public TO leadsbot_app, leadsbot_capture, leadsbot_queue, leadsbot_reports;
GRANT SELECT ON alembic_version TO leadsbot_app, leadsbot_capture, leadsbot_queue, leadsbot_reports;

-- Events that are committed and not yet dispatched; a row lives for milliseconds.
CREATE TABLE outbox (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    type TEXT NOT NULL,
    version SMALLINT DEFAULT 1 NOT NULL,
    subject_id UUID,
    actor TEXT DEFAULT 'system' NOT NULL,
    payload JSONB NOT NULL,
    correlation_id TEXT,
    occurred_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    logged BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (seq)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
GRANT INSERT ON outbox TO leadsbot_app;
GRANT INSERT ON outbox TO leadsbot_capture;
GRANT SELECT, UPDATE, DELETE ON outbox TO leadsbot_queue;

-- One piece of work. Done jobs are deleted; dead ones stay visible until somebody replays or dismisses them.
CREATE TABLE job (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id UUID,
    pool TEXT DEFAULT 'default' NOT NULL,
    kind TEXT NOT NULL,
    payload JSONB NOT NULL,
    event_id UUID,
    lane TEXT,
    lane_cap SMALLINT DEFAULT 1 NOT NULL,
    unique_key TEXT,
    priority SMALLINT DEFAULT 5 NOT NULL,
    state SMALLINT DEFAULT 0 NOT NULL,
    due_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    attempt INTEGER DEFAULT 0 NOT NULL,
    max_attempts INTEGER DEFAULT 10 NOT NULL,
    expiries INTEGER DEFAULT 0 NOT NULL,
    lease_token UUID,
    lease_until timestamptz,
    worker TEXT,
    last_error TEXT,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamptz,
    CONSTRAINT pk_job PRIMARY KEY (id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
CREATE INDEX ix_job_dead ON job (workspace_id, ended_at) WHERE state = 2;
CREATE INDEX ix_job_due ON job (pool, priority, due_at, id) WHERE state = 0 AND lane IS NULL;
CREATE INDEX ix_job_first ON job (pool, priority, due_at, id) WHERE state = 0 AND lane IS NULL AND attempt = 0;
CREATE INDEX ix_job_lane_busy ON job (lane) WHERE state = 1 AND lane IS NOT NULL;
CREATE INDEX ix_job_lane_due ON job (pool, lane, priority, due_at, id) WHERE state = 0 AND lane IS NOT NULL;
CREATE INDEX ix_job_lane_near ON job (pool, priority, due_at, id) WHERE state = 0 AND lane IS NOT NULL;
CREATE INDEX ix_job_later ON job (due_at) WHERE state = 3;
CREATE INDEX ix_job_lease ON job (lease_until) WHERE state = 1;
CREATE UNIQUE INDEX uq_job_event ON job (event_id, kind) WHERE event_id IS NOT NULL;
CREATE UNIQUE INDEX uq_job_unique_key ON job (unique_key) WHERE unique_key IS NOT NULL AND state <> 2;
GRANT SELECT, INSERT, UPDATE, DELETE ON job TO leadsbot_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON job TO leadsbot_queue;

-- The last slot of each scheduled job that was turned into a job: the reason why a slot fires once.
CREATE TABLE cron_slot (
    name TEXT NOT NULL,
    slot timestamptz NOT NULL,
    CONSTRAINT pk_cron_slot PRIMARY KEY (name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cron_slot TO leadsbot_queue;

-- A lease by name, for what only one process may do at a time: poll Telegram, pace a bot.
CREATE TABLE single_owner (
    name TEXT NOT NULL,
    holder UUID NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT pk_single_owner PRIMARY KEY (name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON single_owner TO leadsbot_queue;
