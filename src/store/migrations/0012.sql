-- The newest number of an audit record follows from those that wait and the newest that was acknowledged: records leave only with it.
ALTER TABLE node DROP COLUMN audit_seq;
