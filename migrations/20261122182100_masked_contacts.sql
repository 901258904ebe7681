-- Masked contacts (保密联络): a clerk of a unit talks with a citizen over the hotline's number. Written before the clerk's phone rings.
CREATE TABLE masked_contacts (
    call_id       TEXT PRIMARY KEY,
    ticket_number TEXT NOT NULL,
    unit_code     TEXT NOT NULL,
    username      TEXT NOT NULL,
    display_name  TEXT NOT NULL,
    clerk_phone   TEXT NOT NULL,
    citizen_phone TEXT NOT NULL,
    at            BIGINT NOT NULL,
    result        TEXT,                  -- reached | no_answer | refused | wrong_number | clerk_missing | failed; NULL = under way
    talked_ms     BIGINT
);
-- Who rings back is put through to the clerk who called last.
CREATE INDEX masked_contacts_returns ON masked_contacts (at);
CREATE INDEX masked_contacts_ticket ON masked_contacts (ticket_number, at);

-- The phone at which a clerk was called last.
CREATE TABLE clerk_phones (
    username TEXT PRIMARY KEY,
    phone    TEXT NOT NULL
);
