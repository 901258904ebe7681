-- A flow being worked on. It may be full of faults; what is in force is untouched until it is published.
CREATE TABLE flow_drafts (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL,          -- JSON, as the editor has it
    base BIGINT NOT NULL,        -- the version it was begun from; 0: a new flow
    at   BIGINT NOT NULL,
    by   TEXT NOT NULL
);
