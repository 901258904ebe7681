-- Short words between the people of the hall. Append-only.
CREATE TABLE messages (
    id        BIGSERIAL PRIMARY KEY,
    at        BIGINT NOT NULL,
    kind      TEXT NOT NULL,        -- message | help
    sender    TEXT NOT NULL,
    recipient TEXT,                 -- NULL: the whole office; of a cry for help: the supervisors
    call_id   TEXT,                 -- of a cry for help: the call it came from
    text      TEXT NOT NULL
);
