-- Who is at a unit, and when the unit works. Apart from the catalogue of units, which provisioning replaces as a whole.
CREATE TABLE unit_contacts (
    unit_code TEXT NOT NULL,
    name      TEXT NOT NULL,
    office    TEXT NOT NULL,                -- 职务
    phone     TEXT NOT NULL,
    mobile    TEXT NOT NULL,
    email     TEXT NOT NULL,
    sms       BOOLEAN NOT NULL,             -- is told by SMS
    mail      BOOLEAN NOT NULL,
    duty      TEXT NOT NULL,                -- 周一;周三;2026-10-01; '' = every day
    position  BIGINT NOT NULL,
    PRIMARY KEY (unit_code, name)
);

-- A unit without a row works by the pattern of the time-limit profile.
CREATE TABLE unit_hours (
    unit_code TEXT PRIMARY KEY,
    workdays  TEXT NOT NULL,                -- 08:30-12:00;13:30-17:30, or 24h
    holidays  TEXT NOT NULL
);
