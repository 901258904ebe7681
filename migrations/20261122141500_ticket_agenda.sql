-- What is due on a ticket next, and the notices that came of it.

CREATE TABLE ticket_agenda (
    number     TEXT PRIMARY KEY,
    told_until BIGINT NOT NULL,         -- what was due up to here has been told
    due        BIGINT                   -- when handling was due at the last look; an old value shows that the calendar moved it
);

CREATE TABLE notices (
    id        BIGSERIAL PRIMARY KEY,
    at        BIGINT NOT NULL,
    number    TEXT NOT NULL,
    unit_code TEXT,                     -- whose people are told beside the office
    timer     TEXT NOT NULL,
    step      TEXT NOT NULL,
    due       BIGINT NOT NULL,
    text      TEXT NOT NULL,
    UNIQUE (number, timer, step, due)   -- told once, however often the job runs
);
CREATE INDEX notices_of_unit ON notices (unit_code, id);

-- Up to which notice a person has read.
CREATE TABLE notice_marks (
    username TEXT PRIMARY KEY,
    seen_id  BIGINT NOT NULL
);
