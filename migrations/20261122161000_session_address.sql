-- Where a session was opened. The audio line of a desk is given to that address only: a stolen cookie alone hears nobody.
-- NULL: unknown (opened by an older daemon).
ALTER TABLE sessions ADD COLUMN address TEXT;
-- When use from another address was last written to the log; 0: never.
ALTER TABLE sessions ADD COLUMN elsewhere_at BIGINT NOT NULL DEFAULT 0;
