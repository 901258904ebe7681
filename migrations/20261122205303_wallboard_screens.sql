-- Screens of the hall: a token of its own shows the wallboard and nothing else, for as long as nobody takes it back. A session ends after
-- a day, and a screen has nobody who logs in.
CREATE TABLE wallboard_screens (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT              -- roughly
);
