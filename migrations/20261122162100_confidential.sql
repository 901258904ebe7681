-- Confidential tickets (保密工单): only the named see who the citizen is. Beside the calls, because calls, recordings and transcripts of
-- such a ticket are closed too, whichever way a call came to be tied to it.
CREATE TABLE confidential_tickets (
    number TEXT PRIMARY KEY
);
CREATE TABLE confidential_readers (
    number   TEXT NOT NULL REFERENCES confidential_tickets (number) ON DELETE CASCADE,
    username TEXT NOT NULL,
    PRIMARY KEY (number, username)
);

-- 外包坐席: may serve callers, may not act for a unit.
ALTER TABLE users ADD COLUMN outsourced BOOLEAN NOT NULL DEFAULT FALSE;
