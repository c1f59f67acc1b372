-- What must reach whom, and the Telegram chats it goes to.

-- One message that must reach one destination. The row is the truth; the job that sends it is only its engine.
CREATE TABLE delivery (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    destination_id UUID,
    lead_id UUID,
    dedupe_key TEXT NOT NULL,
    state TEXT DEFAULT 'due' NOT NULL,
    reason TEXT,
    attempts INTEGER DEFAULT 0 NOT NULL,
    intent_at timestamptz,
    external_id TEXT,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    next_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT pk_delivery PRIMARY KEY (workspace_id, id),
    CONSTRAINT uq_delivery_workspace_id_dedupe_key UNIQUE (workspace_id, dedupe_key)
);
CREATE INDEX ix_delivery_workspace_id_created_at_id ON delivery (workspace_id, created_at, id);
CREATE INDEX ix_delivery_workspace_id_destination_id_created_at ON delivery (workspace_id, destination_id, created_at);
CREATE INDEX ix_delivery_workspace_id_lead_id ON delivery (workspace_id, lead_id);
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON delivery FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON delivery TO leadsbot_app;

-- One try: when, how it ended, what the other side said (masked and cut).
CREATE TABLE delivery_attempt (
    workspace_id UUID NOT NULL,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    delivery_id UUID NOT NULL,
    n INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status SMALLINT,
    milliseconds INTEGER NOT NULL,
    detail TEXT,
    CONSTRAINT pk_delivery_attempt PRIMARY KEY (workspace_id, at, id)
) PARTITION BY RANGE (at);
CREATE INDEX ix_delivery_attempt_workspace_id_delivery_id_at ON delivery_attempt (workspace_id, delivery_id, at);
CREATE TABLE delivery_attempt_rest PARTITION OF delivery_attempt DEFAULT;
ALTER TABLE delivery_attempt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON delivery_attempt FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY upkeep ON delivery_attempt FOR ALL TO CURRENT_USER
    USING (true);
GRANT SELECT, INSERT ON delivery_attempt TO leadsbot_app;

-- A Telegram chat, group or forum topic that gets the alerts of a workspace.
CREATE TABLE destination (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    channel TEXT DEFAULT 'telegram' NOT NULL,
    chat_id BIGINT NOT NULL,
    thread_id BIGINT,
    chat_kind TEXT NOT NULL,
    title TEXT NOT NULL,
    topic TEXT,
    chat_hash BYTEA NOT NULL,
    anyone_may_act BOOLEAN DEFAULT false NOT NULL,
    state TEXT DEFAULT 'active' NOT NULL,
    reason TEXT,
    created_by UUID,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    changed_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_destination PRIMARY KEY (workspace_id, id),
    CONSTRAINT uq_destination_workspace_id_channel_chat_id_thread_id
        UNIQUE NULLS NOT DISTINCT (workspace_id, channel, chat_id, thread_id)
);
CREATE INDEX ix_destination_chat_hash ON destination (chat_hash);
ALTER TABLE destination ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON destination FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY possession ON destination FOR SELECT TO leadsbot_app
    USING (chat_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
GRANT SELECT, INSERT, UPDATE, DELETE ON destination TO leadsbot_app;

-- A one-time deep link that binds the chat in which it is opened.
CREATE TABLE telegram_link (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    code_hash BYTEA NOT NULL,
    created_by UUID,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    destination_id UUID,
    CONSTRAINT pk_telegram_link PRIMARY KEY (workspace_id, id)
);
CREATE INDEX ix_telegram_link_code_hash ON telegram_link (code_hash);
ALTER TABLE telegram_link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON telegram_link FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY possession ON telegram_link FOR SELECT TO leadsbot_app
    USING (code_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
GRANT SELECT, INSERT, UPDATE, DELETE ON telegram_link TO leadsbot_app;

-- A Telegram user whom the workspace knows, because they opened one of its links.
CREATE TABLE telegram_account (
    workspace_id UUID NOT NULL,
    telegram_id BIGINT NOT NULL,
    person_id UUID,
    name TEXT NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_telegram_account PRIMARY KEY (workspace_id, telegram_id)
);
ALTER TABLE telegram_account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON telegram_account FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON telegram_account TO leadsbot_app;

-- The one message about a lead in one destination; it is edited, not repeated.
CREATE TABLE alert_card (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    lead_id UUID NOT NULL,
    destination_id UUID NOT NULL,
    delivery_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    chat_id BIGINT,
    message_id BIGINT,
    place_hash BYTEA,
    shown_hash BYTEA,
    gone BOOLEAN DEFAULT false NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_alert_card PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_alert_card_workspace_id_destination_id_destination
        FOREIGN KEY (workspace_id, destination_id) REFERENCES destination (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT uq_alert_card_workspace_id_lead_id_destination_id UNIQUE (workspace_id, lead_id, destination_id)
);
CREATE INDEX ix_alert_card_place_hash ON alert_card (place_hash);
CREATE INDEX ix_alert_card_token_hash ON alert_card (token_hash);
ALTER TABLE alert_card ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON alert_card FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
CREATE POLICY possession ON alert_card FOR SELECT TO leadsbot_app
    USING (token_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
CREATE POLICY place ON alert_card FOR SELECT TO leadsbot_app
    USING (place_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_card TO leadsbot_app;

-- How far into the bot's stream of updates we are.
CREATE TABLE telegram_cursor (
    id BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    CONSTRAINT pk_telegram_cursor PRIMARY KEY (id)
);
GRANT SELECT, INSERT, UPDATE ON telegram_cursor TO leadsbot_app;
