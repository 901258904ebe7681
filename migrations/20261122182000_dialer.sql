-- Calls that the hotline owes citizens, whatever for. A call is claimed here, with its number in the row of attempts, before the network
-- hears of it: after a crash each claim is either on record as a call, or known never to have got that far.
CREATE TABLE dial_orders (
    id            BIGSERIAL PRIMARY KEY,
    purpose       TEXT NOT NULL,         -- survey | missed
    subject       TEXT NOT NULL,         -- what its slice knows it by
    number        TEXT NOT NULL,
    menu          TEXT NOT NULL,
    ticket_number TEXT,
    state         TEXT NOT NULL,         -- waiting | dialling | done
    next_at       BIGINT NOT NULL,       -- of a waiting one
    created_at    BIGINT NOT NULL,
    result        TEXT                   -- why it is done
);
CREATE UNIQUE INDEX dial_orders_open ON dial_orders (purpose, subject) WHERE state <> 'done';
CREATE INDEX dial_orders_due ON dial_orders (purpose, next_at, id) WHERE state = 'waiting';

CREATE TABLE dial_attempts (
    call_id  TEXT PRIMARY KEY,           -- given to the switchboard with the wish to dial
    order_id BIGINT NOT NULL,
    n        BIGINT NOT NULL,            -- counts from 1 within an order
    at       BIGINT NOT NULL,
    fate     TEXT                        -- NULL = under way
);
CREATE UNIQUE INDEX dial_attempts_n ON dial_attempts (order_id, n);
-- One call at a time for an order, whatever the jobs do.
CREATE UNIQUE INDEX dial_attempts_open ON dial_attempts (order_id) WHERE fate IS NULL;
CREATE INDEX dial_attempts_under_way ON dial_attempts (at) WHERE fate IS NULL;

-- Citizens who do not want to be called by the machine (勿扰名单).
CREATE TABLE do_not_call (
    number   TEXT PRIMARY KEY,
    reason   TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL
);
