-- The ticket's whole life: nineteen states, several units, precedents.

-- Which form of the projection made the row; older rows are rebuilt from their events when the daemon starts.
ALTER TABLE tickets ADD COLUMN projection BIGINT NOT NULL DEFAULT 1;
CREATE INDEX tickets_by_projection ON tickets (projection);

-- 重新交办 has become 重办; the rebuild puts tickets that never had a unit back to 待派单.
UPDATE tickets SET state = 'redo' WHERE state = 'reopened';

-- Which units have something to do with a ticket now: lead, helpers and those below. Part of the projection.
CREATE TABLE ticket_units (
    unit_code  TEXT NOT NULL,
    created_at BIGINT NOT NULL,         -- the ticket's: a unit's list is read in this order
    number     TEXT NOT NULL,
    PRIMARY KEY (unit_code, created_at, number)
);
CREATE INDEX ticket_units_of ON ticket_units (number);

-- What a coordination meeting decided holds for the next ticket of the kind (案例推广).
CREATE TABLE precedents (
    number     TEXT PRIMARY KEY,        -- the ticket it was decided on
    at         BIGINT NOT NULL,
    class_code TEXT,
    place_code TEXT,
    unit_code  TEXT NOT NULL,
    basis      TEXT NOT NULL,
    decision   TEXT NOT NULL
);
CREATE INDEX precedents_by_class ON precedents (class_code, at);
