CREATE TABLE alert_place (
    workspace_id UUID NOT NULL,
    place_hash BYTEA NOT NULL,
    card_id UUID NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_alert_place PRIMARY KEY (workspace_id, place_hash),
    CONSTRAINT fk_alert_place_workspace_id_card_id_alert_card
        FOREIGN KEY (workspace_id, card_id) REFERENCES alert_card (workspace_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_alert_place_place_hash ON alert_place (place_hash);

CREATE INDEX ix_alert_place_workspace_id_card_id ON alert_place (workspace_id, card_id);

ALTER TABLE alert_place ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON alert_place FOR ALL TO leadsbot_app, leadsbot_reports
    USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

CREATE POLICY possession ON alert_place FOR SELECT TO leadsbot_app
    USING (place_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));

GRANT SELECT, INSERT, UPDATE, DELETE ON alert_place TO leadsbot_app;

ALTER TABLE telegram_cursor ADD COLUMN trouble TEXT;

ALTER TABLE membership ADD COLUMN workspace_timezone TEXT DEFAULT 'UTC' NOT NULL;

-- Row-level security hides every row from the owner, too; who migrates copies past it.
ALTER TABLE membership NO FORCE ROW LEVEL SECURITY;
ALTER TABLE workspace NO FORCE ROW LEVEL SECURITY;
UPDATE membership SET workspace_timezone = workspace.timezone
    FROM workspace WHERE workspace.workspace_id = membership.workspace_id;
ALTER TABLE membership FORCE ROW LEVEL SECURITY;
ALTER TABLE workspace FORCE ROW LEVEL SECURITY;
