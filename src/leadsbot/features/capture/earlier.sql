-- What is stored already under the keys (or, after a lost connection, under the ids) that a batch could not insert.
SELECT k.wanted, s.id, encode(s.body_hash, 'hex') AS body_hash, s.answer::text AS answer
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS k (workspace_id, source_id, wanted, key)
JOIN submission s ON s.workspace_id = k.workspace_id
    AND (s.id = k.wanted OR (s.source_id = k.source_id AND s.idempotency_key = k.key))
