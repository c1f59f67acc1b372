-- People, workspaces, keys and sessions.

-- Somebody who can sign in. One person can belong to several workspaces.
CREATE TABLE person (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT uq_person_email_key UNIQUE (email_key)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON person TO leadsbot_app;

-- A business: everything about leads belongs to exactly one.
CREATE TABLE workspace (
    workspace_id UUID NOT NULL,
    name TEXT NOT NULL,
    country TEXT NOT NULL,
    timezone TEXT DEFAULT 'UTC' NOT NULL,
    merge_window_days INTEGER DEFAULT 30 NOT NULL,
    stage_labels JSONB DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_workspace PRIMARY KEY (workspace_id)
);
ALTER TABLE workspace ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON workspace FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON workspace TO leadsbot_app;

-- A person in a workspace, with a role.
CREATE TABLE membership (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    workspace_name TEXT NOT NULL,
    joined_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_membership PRIMARY KEY (workspace_id, id),
    CONSTRAINT uq_membership_workspace_id_person_id UNIQUE (workspace_id, person_id),
    CONSTRAINT fk_membership_workspace_id_workspace
        FOREIGN KEY (workspace_id) REFERENCES workspace (workspace_id) ON DELETE CASCADE
);
CREATE INDEX ix_membership_person_id ON membership (person_id);
ALTER TABLE membership ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY own ON membership FOR SELECT TO leadsbot_app
    USING (person_id = nullif(current_setting('app.person_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON membership TO leadsbot_app;

-- A signed-in browser.
CREATE TABLE session (
    id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    person_id UUID NOT NULL,
    workspace_id UUID,
    browser TEXT DEFAULT '' NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_session PRIMARY KEY (id),
    CONSTRAINT uq_session_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_session_person_id_person FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE CASCADE
);
CREATE INDEX ix_session_expires_at ON session (expires_at);
CREATE INDEX ix_session_person_id ON session (person_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO leadsbot_app;

-- A key of a program.
CREATE TABLE api_key (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash BYTEA NOT NULL,
    scopes TEXT[] NOT NULL,
    created_by UUID,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT pk_api_key PRIMARY KEY (workspace_id, id),
    CONSTRAINT uq_api_key_workspace_id_key_hash UNIQUE (workspace_id, key_hash),
    CONSTRAINT fk_api_key_workspace_id_workspace
        FOREIGN KEY (workspace_id) REFERENCES workspace (workspace_id) ON DELETE CASCADE
);
CREATE INDEX ix_api_key_key_hash ON api_key (key_hash);
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_key FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY possession ON api_key FOR SELECT TO leadsbot_app
    USING (key_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
GRANT SELECT, INSERT, UPDATE, DELETE ON api_key TO leadsbot_app;

-- A link that does one thing once: create the first account, set a new password.
CREATE TABLE one_time_link (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    person_id UUID,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT pk_one_time_link PRIMARY KEY (id),
    CONSTRAINT uq_one_time_link_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_one_time_link_person_id_person FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE CASCADE
);
GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_link TO leadsbot_app;

-- Throttles of sign-in: one bucket per e-mail address and one per network address, each on its own.
CREATE TABLE attempt_bucket (
    key BYTEA NOT NULL,
    full_at timestamptz NOT NULL,
    CONSTRAINT pk_attempt_bucket PRIMARY KEY (key)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON attempt_bucket TO leadsbot_app;
