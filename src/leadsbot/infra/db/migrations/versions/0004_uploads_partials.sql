CREATE INDEX ix_form_partial_changed_at ON form_partial (changed_at);

ALTER TABLE form_upload ADD CONSTRAINT fk_form_upload_workspace_id_submission_id_submission
    FOREIGN KEY (workspace_id, submission_id) REFERENCES submission (workspace_id, id) ON DELETE CASCADE;

GRANT DELETE, SELECT (changed_at) ON form_partial TO leadsbot_queue;

CREATE POLICY purge ON form_partial FOR ALL TO leadsbot_queue
    USING (changed_at < clock_timestamp() - interval '30 days');
