-- Tickets. ticket_events is the record; the row is its projection and can be rebuilt from it.
CREATE TABLE tickets (
    number        TEXT PRIMARY KEY,     -- YYMMDDhhmmss and six digits
    state         TEXT NOT NULL,        -- draft | accepted | dispatched | replied | callback | closed | reopened
    source        TEXT NOT NULL,        -- call | message | manual
    title         TEXT NOT NULL,
    content       TEXT NOT NULL,
    kind          TEXT NOT NULL,
    class_code    TEXT,
    band          TEXT NOT NULL,
    caller        TEXT NOT NULL,
    caller_name   TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    place         TEXT NOT NULL,
    place_code    TEXT,
    unit_code     TEXT,                 -- the unit it was dispatched to last
    operator      TEXT,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    version       BIGINT NOT NULL,      -- counts what persons did
    events        BIGINT NOT NULL,      -- counts ticket_events
    body          TEXT NOT NULL         -- JSON: suggestion, typed fields, assignments, survey
);
CREATE INDEX tickets_by_creation ON tickets (created_at, number);
CREATE INDEX tickets_by_state ON tickets (state, created_at);
CREATE INDEX tickets_by_caller ON tickets (caller, created_at);
CREATE INDEX tickets_by_unit ON tickets (unit_code, created_at);

-- Append-only. seq counts from 1 within a ticket.
CREATE TABLE ticket_events (
    number TEXT NOT NULL,
    seq    BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    actor  TEXT,                        -- username; NULL = the hotline itself
    kind   TEXT NOT NULL,
    detail TEXT NOT NULL,               -- JSON
    PRIMARY KEY (number, seq)
);

-- Chinese search: pairs of neighbouring characters, the same on every database.
CREATE TABLE ticket_terms (
    term   TEXT NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (term, number)
);
CREATE INDEX ticket_terms_of ON ticket_terms (number);
