-- Leads, what they are recognised by, notes, and what happened.

-- One person (or what we know of one) who wrote, however often they did.
CREATE TABLE lead (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT,
    email TEXT,
    phone TEXT,
    phone_e164 TEXT,
    company TEXT,
    message TEXT,
    stage TEXT DEFAULT 'new' NOT NULL,
    owner_id UUID,
    tags TEXT[] DEFAULT '{}' NOT NULL,
    fields JSONB DEFAULT '{}' NOT NULL,
    context JSONB DEFAULT '{}' NOT NULL,
    source_id UUID,
    submission_count INTEGER DEFAULT 0 NOT NULL,
    score INTEGER,
    lawful_basis TEXT DEFAULT 'legitimate_interests' NOT NULL,
    notice_version TEXT DEFAULT '1' NOT NULL,
    merged_into UUID,
    search TEXT DEFAULT '' NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    last_activity_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_lead PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_lead_workspace_id_source_id_source
        FOREIGN KEY (workspace_id, source_id) REFERENCES source (workspace_id, id) ON DELETE SET NULL (source_id),
    CONSTRAINT fk_lead_workspace_id_merged_into_lead
        FOREIGN KEY (workspace_id, merged_into) REFERENCES lead (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_lead_activity ON lead (workspace_id, last_activity_at DESC, id DESC);
CREATE INDEX ix_lead_merged ON lead (workspace_id, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ix_lead_updated ON lead (workspace_id, updated_at, id);
ALTER TABLE lead ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON lead FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON lead TO leadsbot_app;

-- One address or number that a lead is recognised by: mailto:a@b.example or tel:+4930123456.
CREATE TABLE lead_key (
    workspace_id UUID NOT NULL,
    lead_id UUID NOT NULL,
    key TEXT NOT NULL,
    CONSTRAINT pk_lead_key PRIMARY KEY (workspace_id, lead_id, key),
    CONSTRAINT fk_lead_key_workspace_id_lead_id_lead
        FOREIGN KEY (workspace_id, lead_id) REFERENCES lead (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_lead_key_workspace_id_key ON lead_key (workspace_id, key);
ALTER TABLE lead_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON lead_key FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON lead_key TO leadsbot_app;

-- What somebody of the team wrote about a lead.
CREATE TABLE lead_note (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    lead_id UUID NOT NULL,
    author TEXT NOT NULL,
    author_name TEXT,
    body TEXT NOT NULL,
    via TEXT NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_lead_note PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_lead_note_workspace_id_lead_id_lead
        FOREIGN KEY (workspace_id, lead_id) REFERENCES lead (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_lead_note_workspace_id_lead_id_created_at ON lead_note (workspace_id, lead_id, created_at);
ALTER TABLE lead_note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON lead_note FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON lead_note TO leadsbot_app;

-- What happened, for ever: ids and facts, never a name or an address, so erasure need not rewrite history.
CREATE TABLE event_log (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    type TEXT NOT NULL,
    version SMALLINT NOT NULL,
    subject_id UUID,
    actor TEXT NOT NULL,
    payload JSONB NOT NULL,
    correlation_id TEXT,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT pk_event_log PRIMARY KEY (workspace_id, id)
);
CREATE INDEX ix_event_log_workspace_id_subject_id_occurred_at ON event_log (workspace_id, subject_id, occurred_at);
ALTER TABLE event_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON event_log FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY dispatcher ON event_log FOR INSERT TO leadsbot_queue
    WITH CHECK (true);
GRANT SELECT, INSERT ON event_log TO leadsbot_app;
GRANT INSERT ON event_log TO leadsbot_queue;
