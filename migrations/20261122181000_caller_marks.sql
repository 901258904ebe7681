-- What the office knows of a number: flows test it when the number calls. A number without a mark has no row.
CREATE TABLE caller_marks (
    number TEXT PRIMARY KEY,
    marks  TEXT NOT NULL,        -- JSON list of vip | elderly | blacklist | confidential
    note   TEXT NOT NULL,        -- why
    at     BIGINT NOT NULL,
    by     TEXT NOT NULL
);
