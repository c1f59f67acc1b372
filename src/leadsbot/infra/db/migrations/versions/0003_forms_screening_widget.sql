CREATE TABLE screening_model (
    workspace_id UUID NOT NULL,
    state BYTEA NOT NULL,
    learned INTEGER DEFAULT 0 NOT NULL,
    changed_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_screening_model PRIMARY KEY (workspace_id)
);

CREATE INDEX ix_screening_model_changed_at ON screening_model (changed_at);

ALTER TABLE screening_model ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON screening_model FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

CREATE POLICY published ON screening_model FOR SELECT TO leadsbot_capture
    USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON screening_model TO leadsbot_app;

GRANT SELECT ON screening_model TO leadsbot_capture;

CREATE TABLE screening_proof (
    workspace_id UUID NOT NULL,
    mark TEXT NOT NULL,
    submission_id UUID NOT NULL,
    spent_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_screening_proof PRIMARY KEY (workspace_id, mark)
);

CREATE INDEX ix_screening_proof_spent_at ON screening_proof (spent_at);

ALTER TABLE screening_proof ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON screening_proof FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

CREATE POLICY purge ON screening_proof FOR ALL TO leadsbot_queue
    USING (spent_at < clock_timestamp() - interval '31 days');

GRANT SELECT, INSERT ON screening_proof TO leadsbot_app;

GRANT DELETE, SELECT (spent_at) ON screening_proof TO leadsbot_queue;

CREATE TABLE screening_setting (
    workspace_id UUID NOT NULL,
    sensitivity TEXT DEFAULT 'normal' NOT NULL,
    proof_of_work TEXT DEFAULT 'off' NOT NULL,
    captcha TEXT DEFAULT 'none' NOT NULL,
    captcha_site_key TEXT DEFAULT '' NOT NULL,
    captcha_secret BYTEA,
    changed_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_screening_setting PRIMARY KEY (workspace_id)
);

ALTER TABLE screening_setting ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON screening_setting FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

CREATE POLICY sealed ON screening_setting FOR SELECT TO leadsbot_capture
    USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON screening_setting TO leadsbot_app;

GRANT SELECT (workspace_id, captcha_secret) ON screening_setting TO leadsbot_capture;

CREATE TABLE source_refusal (
    workspace_id UUID NOT NULL,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    source_id UUID NOT NULL,
    code TEXT NOT NULL,
    times INTEGER NOT NULL,
    CONSTRAINT pk_source_refusal PRIMARY KEY (workspace_id, at, id)
) PARTITION BY RANGE (at);

CREATE INDEX ix_source_refusal_workspace_id_source_id_at ON source_refusal (workspace_id, source_id, at);

CREATE TABLE source_refusal_rest PARTITION OF source_refusal DEFAULT;

ALTER TABLE source_refusal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON source_refusal FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

CREATE POLICY upkeep ON source_refusal FOR ALL TO CURRENT_USER
    USING (true);

GRANT SELECT, INSERT ON source_refusal TO leadsbot_app;

CREATE TABLE widget_build (
    name TEXT NOT NULL,
    body BYTEA NOT NULL,
    served_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_widget_build PRIMARY KEY (name)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON widget_build TO leadsbot_app;

CREATE TABLE widget_load (
    workspace_id UUID NOT NULL,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    source_id UUID NOT NULL,
    site TEXT NOT NULL,
    mode TEXT NOT NULL,
    loads INTEGER NOT NULL,
    CONSTRAINT pk_widget_load PRIMARY KEY (workspace_id, at, id)
) PARTITION BY RANGE (at);

CREATE INDEX ix_widget_load_workspace_id_source_id_at ON widget_load (workspace_id, source_id, at);

CREATE TABLE widget_load_rest PARTITION OF widget_load DEFAULT;

ALTER TABLE widget_load ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON widget_load FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

CREATE POLICY upkeep ON widget_load FOR ALL TO CURRENT_USER
    USING (true);

GRANT SELECT, INSERT ON widget_load TO leadsbot_app;

CREATE TABLE form (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    source_id UUID NOT NULL,
    draft JSONB NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    live_version INTEGER,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    changed_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_form PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_form_workspace_id_source_id_source
        FOREIGN KEY (workspace_id, source_id) REFERENCES source (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT uq_form_workspace_id_source_id UNIQUE (workspace_id, source_id)
);

ALTER TABLE form ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON form FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON form TO leadsbot_app;

CREATE TABLE seen_form (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    source_id UUID NOT NULL,
    fingerprint TEXT NOT NULL,
    page TEXT NOT NULL,
    name TEXT NOT NULL,
    fields JSONB NOT NULL,
    ignored BOOLEAN DEFAULT false NOT NULL,
    first_seen_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    last_seen_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_seen_form PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_seen_form_workspace_id_source_id_source
        FOREIGN KEY (workspace_id, source_id) REFERENCES source (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT uq_seen_form_workspace_id_source_id_fingerprint UNIQUE (workspace_id, source_id, fingerprint)
);

ALTER TABLE seen_form ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON seen_form FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON seen_form TO leadsbot_app;

CREATE TABLE form_partial (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    form_id UUID NOT NULL,
    version INTEGER NOT NULL,
    answers JSONB NOT NULL,
    step TEXT NOT NULL,
    resume_hash BYTEA NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    changed_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_form_partial PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_form_partial_workspace_id_form_id_form
        FOREIGN KEY (workspace_id, form_id) REFERENCES form (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT uq_form_partial_workspace_id_resume_hash UNIQUE (workspace_id, resume_hash)
);

CREATE INDEX ix_form_partial_changed_at ON form_partial (changed_at);

CREATE INDEX ix_form_partial_resume_hash ON form_partial (resume_hash);

CREATE INDEX ix_form_partial_workspace_id_form_id_changed_at ON form_partial (workspace_id, form_id, changed_at);

ALTER TABLE form_partial ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON form_partial FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

CREATE POLICY possession ON form_partial FOR SELECT TO leadsbot_app
    USING (resume_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));

CREATE POLICY purge ON form_partial FOR ALL TO leadsbot_queue
    USING (changed_at < clock_timestamp() - interval '30 days');

GRANT SELECT, INSERT, UPDATE, DELETE ON form_partial TO leadsbot_app;

GRANT DELETE, SELECT (changed_at) ON form_partial TO leadsbot_queue;

CREATE TABLE form_upload (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    source_id UUID NOT NULL,
    submission_id UUID,
    field TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 BYTEA NOT NULL,
    content BYTEA NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_form_upload PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_form_upload_workspace_id_source_id_source
        FOREIGN KEY (workspace_id, source_id) REFERENCES source (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_form_upload_workspace_id_submission_id_submission
        FOREIGN KEY (workspace_id, submission_id) REFERENCES submission (workspace_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_form_upload_created_at ON form_upload (created_at);

CREATE INDEX ix_form_upload_workspace_id_submission_id ON form_upload (workspace_id, submission_id);

ALTER TABLE form_upload ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON form_upload FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON form_upload TO leadsbot_app;

CREATE TABLE form_version (
    workspace_id UUID NOT NULL,
    form_id UUID NOT NULL,
    version INTEGER NOT NULL,
    definition JSONB NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    published_by TEXT NOT NULL,
    published_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_form_version PRIMARY KEY (workspace_id, form_id, version),
    CONSTRAINT fk_form_version_workspace_id_form_id_form
        FOREIGN KEY (workspace_id, form_id) REFERENCES form (workspace_id, id) ON DELETE CASCADE
);

ALTER TABLE form_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON form_version FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

GRANT SELECT, INSERT, DELETE ON form_version TO leadsbot_app;

CREATE TABLE screening_label (
    workspace_id UUID NOT NULL,
    submission_id UUID NOT NULL,
    spam BOOLEAN NOT NULL,
    taught BOOLEAN,
    by TEXT NOT NULL,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_screening_label PRIMARY KEY (workspace_id, submission_id),
    CONSTRAINT fk_screening_label_workspace_id_submission_id_submission
        FOREIGN KEY (workspace_id, submission_id) REFERENCES submission (workspace_id, id) ON DELETE CASCADE
);

ALTER TABLE screening_label ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON screening_label FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON screening_label TO leadsbot_app;

ALTER TABLE source ADD COLUMN form JSONB;

ALTER TABLE source ADD COLUMN checks JSONB DEFAULT '{}' NOT NULL;

ALTER TABLE submission ADD COLUMN label TEXT;

ALTER TABLE submission ADD COLUMN form_version INTEGER;

ALTER TABLE submission ADD COLUMN consents JSONB;

CREATE INDEX ix_submission_held ON submission (received_at) WHERE quarantined;

CREATE INDEX ix_submission_label ON submission (workspace_id, received_at, id) WHERE label IS NOT NULL;

CREATE INDEX ix_submission_quarantined ON submission (workspace_id, received_at, id) WHERE quarantined;

CREATE OR REPLACE FUNCTION keep_partitions(moment timestamptz)
RETURNS TABLE (table_name text, cutoff timestamptz, partitions_dropped int, rows_deleted bigint, oldest timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
DECLARE
    kept record; part record; day date; stray bigint;
BEGIN
    FOR kept IN SELECT * FROM (VALUES
        ('delivery_attempt', 'at', 30),
        ('error_trace', 'at', 30),
        ('request_log', 'at', 30),
        ('source_refusal', 'at', 30),
        ('widget_load', 'at', 30)
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

GRANT DELETE, SELECT (quarantined, lead_id, received_at) ON submission TO leadsbot_queue;

CREATE POLICY purge ON submission FOR ALL TO leadsbot_queue
    USING (quarantined AND lead_id IS NULL AND received_at < clock_timestamp() - interval '30 days');
