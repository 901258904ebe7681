-- The duty catalogue 派单目录 is edited in the console: an entry has a number by which it is named, and every edit is a version of the
-- catalogue that can be gone back to.
CREATE TABLE duty_entries (
    id          BIGSERIAL PRIMARY KEY,
    class_code  TEXT NOT NULL REFERENCES classes (code) DEFERRABLE INITIALLY DEFERRED,
    area        TEXT NOT NULL,              -- code of a place; '' = the whole county
    unit_code   TEXT NOT NULL REFERENCES units (code) DEFERRABLE INITIALLY DEFERRED,
    co_units    TEXT NOT NULL,              -- JSON list of unit codes
    basis       TEXT NOT NULL,
    note        TEXT NOT NULL,
    position    BIGINT NOT NULL,            -- decides among equals
    valid_from  TEXT NOT NULL DEFAULT '',   -- YYYY-MM-DD; '' = open
    valid_until TEXT NOT NULL DEFAULT '',   -- the last day
    version     BIGINT NOT NULL DEFAULT 1,  -- of the catalogue, that changed it last
    UNIQUE (class_code, area, unit_code)
);
INSERT INTO duty_entries (class_code, area, unit_code, co_units, basis, note, position, valid_from, valid_until)
    SELECT class_code, area, unit_code, co_units, basis, note, position, valid_from, valid_until FROM duties ORDER BY position;
DROP TABLE duties;
ALTER TABLE duty_entries RENAME TO duties;
CREATE INDEX duties_by_position ON duties (position, id);

CREATE TABLE duty_versions (
    version BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    by      TEXT NOT NULL,                  -- user name, or 'provisioning'
    what    TEXT NOT NULL                   -- loaded | added | changed | imported | rolled_back
);
-- What was there before there were versions is the first.
INSERT INTO duty_versions (version, at, by, what) SELECT 1, 0, 'provisioning', 'loaded' WHERE EXISTS (SELECT 1 FROM duties);

-- What each version but the first did to which entries: by this it is undone.
CREATE TABLE duty_changes (
    version     BIGINT NOT NULL REFERENCES duty_versions (version),
    class_code  TEXT NOT NULL,
    area        TEXT NOT NULL,
    unit_code   TEXT NOT NULL,
    before      TEXT,                       -- JSON; NULL = it was not there
    after       TEXT,                       -- JSON; NULL = it is gone
    PRIMARY KEY (version, class_code, area, unit_code)
);
