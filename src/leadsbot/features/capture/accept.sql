-- One batch: submissions and their events, in one statement. $1 to $17 are one array per column, one element per row.
-- "head" is the first submission of a request: the others of its batch, and every event, are written only if it was.
WITH item AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::bytea[], $11::text[], $12::bool[], $13::text[], $14::text[], $15::text[],
        $16::uuid[], $17::text[])
    AS t (workspace_id, id, head, source_id, received_at, fields, context, ip, key, hash, answer, quarantined, verdict,
        basis, notice, event_id, correlation_id)
), head AS (
    INSERT INTO submission (workspace_id, id, source_id, received_at, fields, context, ip, idempotency_key, body_hash,
        answer, quarantined, verdict, lawful_basis, notice_version)
    SELECT workspace_id, id, source_id, received_at, fields::jsonb, context::jsonb, ip::inet, key, hash, answer::jsonb,
        quarantined, verdict::jsonb, basis, notice
    FROM item WHERE id = head
    ON CONFLICT DO NOTHING RETURNING id
), rest AS (
    INSERT INTO submission (workspace_id, id, source_id, received_at, fields, context, ip, idempotency_key, body_hash,
        answer, quarantined, verdict, lawful_basis, notice_version)
    SELECT workspace_id, i.id, source_id, received_at, fields::jsonb, context::jsonb, ip::inet, key, hash,
        answer::jsonb, quarantined, verdict::jsonb, basis, notice
    FROM item i JOIN head ON i.head = head.id WHERE i.id <> i.head
), told AS (
    INSERT INTO outbox (event_id, workspace_id, type, version, subject_id, actor, payload, correlation_id, occurred_at)
    SELECT event_id, workspace_id, 'submission.received', 1, i.id, 'system',
        jsonb_build_object('submission_id', i.id::text, 'source_id', source_id::text), correlation_id, received_at
    FROM item i JOIN head ON i.head = head.id
)
SELECT id FROM head
