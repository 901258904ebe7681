-- What an office sees and decides of the calls that are owed: kinds that are held, orders that were cancelled and why, when each was over.
CREATE TABLE dialer_pauses (
    purpose TEXT PRIMARY KEY,            -- survey | missed | contact
    reason  TEXT NOT NULL,
    by      TEXT NOT NULL,
    at      BIGINT NOT NULL
);

ALTER TABLE dial_orders ADD COLUMN done_at BIGINT;
ALTER TABLE dial_orders ADD COLUMN note TEXT;      -- why a person cancelled it
UPDATE dial_orders SET done_at = created_at WHERE state = 'done';
CREATE INDEX dial_orders_done ON dial_orders (done_at, id) WHERE state = 'done';

-- 勿扰名单 anew: an entry has a name of its own, for a number must not stand in addresses and in the audit log, and it may end.
CREATE TABLE unwanted_numbers (
    id       BIGSERIAL PRIMARY KEY,
    number   TEXT NOT NULL UNIQUE,       -- as it is dialled within the country
    reason   TEXT NOT NULL,
    until_at BIGINT,                     -- NULL: for ever
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL
);
INSERT INTO unwanted_numbers (number, reason, added_by, added_at) SELECT number, reason, added_by, added_at FROM do_not_call;
DROP TABLE do_not_call;
