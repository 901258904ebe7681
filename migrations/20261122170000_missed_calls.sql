-- Calls that nobody answered and that the hotline owes a call back (漏接回拨). Calls of one number are one task until it is settled.
CREATE TABLE missed_calls (
    id              BIGSERIAL PRIMARY KEY,
    number          TEXT NOT NULL,
    first_at        BIGINT NOT NULL,     -- of the first missed call
    last_at         BIGINT NOT NULL,
    last_call_id    TEXT NOT NULL,
    calls           BIGINT NOT NULL,     -- missed so far
    due_at          BIGINT NOT NULL,
    attempts        BIGINT NOT NULL,     -- calls back that reached nobody
    last_attempt_at BIGINT,
    last_outcome    TEXT,                -- of the last call back
    settled_at      BIGINT,
    settled_as      TEXT,                -- reached | called_again | message | unreachable | handled
    settled_by      TEXT,                -- user name; NULL when nobody's
    settled_call_id TEXT,
    note            TEXT
);

-- One open task a number, whatever arrives at the same time.
CREATE UNIQUE INDEX missed_calls_open ON missed_calls (number) WHERE settled_at IS NULL;
CREATE INDEX missed_calls_due ON missed_calls (settled_at, due_at, id);
CREATE INDEX missed_calls_day ON missed_calls (first_at);
