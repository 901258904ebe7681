-- What went out beside the console: one row for each person and channel of a notice.
CREATE TABLE notice_deliveries (
    id        BIGSERIAL PRIMARY KEY,
    notice_id BIGINT NOT NULL,
    channel   TEXT NOT NULL,                -- sms | mail
    contact   TEXT NOT NULL,                -- the name
    address   TEXT NOT NULL,
    state     TEXT NOT NULL,                -- waiting | sent | failed | off
    at        BIGINT NOT NULL,
    sent_at   BIGINT,
    error     TEXT,                         -- of the last attempt
    UNIQUE (notice_id, channel, address)
);
