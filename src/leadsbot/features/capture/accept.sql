-- One batch: submissions and their events, in one statement. $1 is a JSON array of rows, which costs the sender less
-- processor time than one array per column (docs/adr/0002). "head" is the first submission of a request: the others of
-- its batch, and every event, are written only if it was. Whatever screening does not allow is quarantined. An event
-- bears the id of its submission: it happens once.
WITH item AS MATERIALIZED (
    SELECT *, coalesce(verdict ->> 'verdict' <> 'allow', false) AS quarantined
    FROM jsonb_to_recordset($1::text::jsonb) AS t (
        workspace_id uuid, id uuid, head uuid, source_id uuid, received_at timestamptz, fields jsonb, context jsonb,
        ip inet, key text, body_hash text, answer jsonb, verdict jsonb, lawful_basis text,
        notice_version text, correlation_id text, form_version int, consents jsonb)
), head AS (
    INSERT INTO submission (workspace_id, id, source_id, received_at, fields, context, ip, idempotency_key, body_hash,
        answer, quarantined, verdict, lawful_basis, notice_version, form_version, consents)
    SELECT workspace_id, id, source_id, received_at, fields, context, ip, key, decode(body_hash, 'hex'), answer,
        quarantined, verdict, lawful_basis, notice_version, form_version, consents
    FROM item WHERE id = head
    ON CONFLICT DO NOTHING RETURNING id
), rest AS (
    INSERT INTO submission (workspace_id, id, source_id, received_at, fields, context, ip, idempotency_key, body_hash,
        answer, quarantined, verdict, lawful_basis, notice_version, form_version, consents)
    SELECT workspace_id, i.id, source_id, received_at, fields, context, ip, key, decode(body_hash, 'hex'), answer,
        quarantined, verdict, lawful_basis, notice_version, form_version, consents
    FROM item i JOIN head ON i.head = head.id WHERE i.id <> i.head
), told AS (
    INSERT INTO outbox (event_id, workspace_id, type, version, subject_id, actor, payload, correlation_id, occurred_at)
    SELECT i.id, workspace_id, 'submission.received', 1, i.id, 'system',
        jsonb_build_object('submission_id', i.id::text, 'source_id', source_id::text), correlation_id, received_at
    FROM item i JOIN head ON i.head = head.id
)
-- Hardly ever any: those whose key, or id, was taken. It costs less than to tell those that were stored.
SELECT i.id FROM item i WHERE i.id = i.head AND NOT EXISTS (SELECT FROM head h WHERE h.id = i.id)
