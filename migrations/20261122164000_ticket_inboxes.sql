-- Where open tickets wait, and until when: what an inbox reads. Part of the projection; rebuilt with it.
CREATE TABLE ticket_inboxes (
    shelf     TEXT NOT NULL,
    unit_code TEXT NOT NULL,            -- '' = the office's
    due       BIGINT NOT NULL,          -- of the clock that matters here; the year 9999 where none runs
    number    TEXT NOT NULL,
    PRIMARY KEY (shelf, unit_code, due, number)
);
CREATE INDEX ticket_inboxes_of ON ticket_inboxes (number);

-- The same matter at the same place, for who decides whether to merge.
CREATE INDEX tickets_by_matter ON tickets (place_code, class_code, created_at);
