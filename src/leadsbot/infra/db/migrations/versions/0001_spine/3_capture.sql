-- The doors and what came in through them.

-- One door for enquiries: a webhook address, a form, a widget token.
CREATE TABLE source (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    allowed_origins TEXT[] DEFAULT '{}' NOT NULL,
    redirect_allow TEXT[] DEFAULT '{}' NOT NULL,
    signing_secret BYTEA,
    max_body INTEGER DEFAULT 262144 NOT NULL,
    country TEXT,
    settings JSONB DEFAULT '{}' NOT NULL,
    lawful_basis TEXT DEFAULT 'legitimate_interests' NOT NULL,
    notice_version TEXT DEFAULT '1' NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    changed_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_source PRIMARY KEY (workspace_id, id),
    CONSTRAINT uq_source_workspace_id_key UNIQUE (workspace_id, key)
);
CREATE INDEX ix_source_changed_at ON source (changed_at);
CREATE INDEX ix_source_key ON source (key);
ALTER TABLE source ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON source FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY published ON source FOR SELECT TO leadsbot_capture
    USING (true);
CREATE POLICY possession ON source FOR SELECT TO leadsbot_app
    USING (key = convert_from(decode(nullif(current_setting('app.credential', true), ''), 'hex'), 'UTF8'));
GRANT SELECT, INSERT, UPDATE, DELETE ON source TO leadsbot_app;
GRANT SELECT ON source TO leadsbot_capture;

-- One accepted enquiry, never changed after its commit except to record where it went.
CREATE TABLE submission (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    source_id UUID NOT NULL,
    received_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    fields JSONB NOT NULL,
    context JSONB NOT NULL,
    ip INET,
    idempotency_key TEXT,
    body_hash BYTEA NOT NULL,
    answer JSONB,
    quarantined BOOLEAN DEFAULT false NOT NULL,
    verdict JSONB,
    lawful_basis TEXT NOT NULL,
    notice_version TEXT NOT NULL,
    lead_id UUID,
    intake_note TEXT,
    CONSTRAINT pk_submission PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_submission_workspace_id_source_id_source
        FOREIGN KEY (workspace_id, source_id) REFERENCES source (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_submission_workspace_id_lead_id ON submission (workspace_id, lead_id);
CREATE INDEX ix_submission_workspace_id_source_id_received_at ON submission (workspace_id, source_id, received_at);
CREATE UNIQUE INDEX uq_submission_idempotency ON submission (workspace_id, source_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
ALTER TABLE submission ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON submission FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY accept ON submission FOR INSERT TO leadsbot_capture
    WITH CHECK (EXISTS (
        SELECT 1 FROM source s
        WHERE s.workspace_id = submission.workspace_id AND s.id = submission.source_id AND s.state = 'open'));
CREATE POLICY repeat ON submission FOR SELECT TO leadsbot_capture
    USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON submission TO leadsbot_app;
GRANT INSERT, SELECT (workspace_id, id, source_id, idempotency_key, body_hash, answer) ON submission
    TO leadsbot_capture;
