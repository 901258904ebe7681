-- Who did what, saw what and tried what. Append-only: each row holds the digest of the one before, so that a change, a removal and
-- an insertion show when the chain is walked.
CREATE TABLE audit_log (
    seq         BIGINT PRIMARY KEY,     -- 1, 2, 3 … without a gap
    at          BIGINT NOT NULL,
    actor       TEXT NOT NULL,          -- user name; '' = the hotline itself
    role        TEXT NOT NULL,
    address     TEXT NOT NULL,          -- where the request came from; '' = from the machine itself
    action      TEXT NOT NULL,          -- ticket.dispatch, recording.read, session.create, …
    object_kind TEXT NOT NULL,
    object_id   TEXT NOT NULL,
    outcome     TEXT NOT NULL,          -- done | refused | failed
    detail      TEXT NOT NULL,          -- JSON; names of fields, never what a citizen said or who it was
    prev_hash   TEXT NOT NULL,
    hash        TEXT NOT NULL           -- SHA-256 over all of the above, hexadecimal
);
CREATE INDEX audit_by_object ON audit_log (object_kind, object_id, seq);
CREATE INDEX audit_by_actor ON audit_log (actor, seq);
CREATE INDEX audit_by_time ON audit_log (at, seq);

-- The end of the chain: without it nobody could tell that the last rows are gone. `seal` is a keyed digest (the key is a file beside
-- the data), so that who can write to the database alone cannot make another end. Taking the row is also what puts writers in order.
CREATE TABLE audit_head (
    id   BIGINT PRIMARY KEY,
    seq  BIGINT NOT NULL,
    hash TEXT NOT NULL,
    seal TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash, seal) VALUES (1, 0, '', '');

-- Not a safeguard against who owns the database, but against every other hand.
--sqlite CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--sqlite CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--postgres CREATE FUNCTION audit_log_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
--postgres CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_keep();
--postgres CREATE TRIGGER audit_log_no_delete BEFORE DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_keep();
