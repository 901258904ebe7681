-- Attachments (附件): what a photo, a recording or a document is; the bytes lie in the data directory under their digest.
CREATE TABLE attachments (
    id        TEXT PRIMARY KEY,
    number    TEXT NOT NULL,        -- of the ticket
    hash      TEXT NOT NULL,        -- SHA-256; the same file twice lies there once
    mime      TEXT NOT NULL,        -- by content
    name      TEXT NOT NULL,        -- to be shown, never to be opened
    bytes     BIGINT NOT NULL,
    uploader  TEXT NOT NULL,
    unit_code TEXT,
    at        BIGINT NOT NULL,
    step      TEXT,                 -- the step it was sent with; NULL: still in hand, may be taken back
    sent_at   BIGINT,
    key       TEXT,                 -- Idempotency-Key of the upload
    UNIQUE (uploader, number, key)
);
CREATE INDEX attachments_by_ticket ON attachments (number, at);
CREATE INDEX attachments_by_hash ON attachments (hash);
