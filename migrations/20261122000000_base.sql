-- What every slice stands on: events, jobs, people, sessions, versioned settings and the county's catalogues.
--
-- Written once for SQLite and PostgreSQL. Times are BIGINT milliseconds since the epoch, JSON is TEXT.
-- BIGSERIAL PRIMARY KEY becomes INTEGER PRIMARY KEY AUTOINCREMENT on SQLite; a line that begins with two hyphens and the word
-- sqlite or postgres is run on that database only.

-- Facts, written in the transaction of the change. Append-only.
CREATE TABLE events (
    seq     BIGSERIAL PRIMARY KEY,
    at      BIGINT NOT NULL,
    topic   TEXT NOT NULL,
    key     TEXT NOT NULL,          -- what it is about: call id, ticket number, …
    payload TEXT NOT NULL           -- JSON
);
CREATE INDEX events_by_key ON events (topic, key);

-- How far each consumer has come. Moved in the transaction of the consumer's effect: exactly once.
CREATE TABLE event_cursors (
    consumer TEXT PRIMARY KEY,
    seq      BIGINT NOT NULL
);

-- Events a consumer failed on. parked: given up and passed over, for a person to look at.
CREATE TABLE event_failures (
    consumer TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,
    error    TEXT NOT NULL,
    parked   BOOLEAN NOT NULL,
    PRIMARY KEY (consumer, seq)
);

-- Work that is slow, retried or due later. A finished job is deleted in the transaction of its effect.
CREATE TABLE jobs (
    id           BIGSERIAL PRIMARY KEY,
    kind         TEXT NOT NULL,
    key          TEXT UNIQUE,       -- a job with a key exists at most once
    payload      TEXT NOT NULL,     -- JSON
    run_at       BIGINT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL,
    locked_until BIGINT,            -- lease of the worker; past = the worker died
    lease        TEXT,              -- which claim holds it, so that a worker that lost its lease cannot finish the job
    state        TEXT NOT NULL,     -- waiting | running | failed
    last_error   TEXT,
    created_at   BIGINT NOT NULL
);
CREATE INDEX jobs_due ON jobs (kind, state, run_at);

CREATE TABLE users (
    username      TEXT PRIMARY KEY,
    display_name  TEXT NOT NULL,
    role          TEXT NOT NULL,    -- admin | operator | supervisor | dispatcher | unit
    password_hash TEXT NOT NULL,    -- argon2id, PHC string
    -- H(username:minsheng:password): what digest authentication of the person's phone needs. As good as the password
    -- towards our own registrar, useless elsewhere; never leaves the daemon.
    sip_ha1_md5    TEXT NOT NULL,
    sip_ha1_sha256 TEXT NOT NULL,
    extension     TEXT UNIQUE,      -- number of the desk phone
    unit_code     TEXT,             -- role unit: whose tickets
    skills        TEXT NOT NULL,    -- JSON list of queue skills
    disabled      BOOLEAN NOT NULL DEFAULT FALSE,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,    -- SHA-256 of the token; the token itself is nowhere
    username   TEXT NOT NULL REFERENCES users (username) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (username);

-- The first answer to a POST with an Idempotency-Key, repeated to whoever sends the key again within a day.
CREATE TABLE idempotency_keys (
    username     TEXT NOT NULL,
    method       TEXT NOT NULL,
    path         TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status       BIGINT,            -- NULL: the first request is still running
    content_type TEXT,
    body         TEXT,
    at           BIGINT NOT NULL,
    PRIMARY KEY (username, method, path, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);

-- Menus, queues, lines and schedules. Every edit is a new version; the highest is in force; a rollback is a new version too.
CREATE TABLE settings (
    kind    TEXT NOT NULL,          -- menu | queue | lines | schedule
    name    TEXT NOT NULL,
    version BIGINT NOT NULL,
    body    TEXT NOT NULL,          -- JSON
    at      BIGINT NOT NULL,
    by      TEXT NOT NULL,          -- user name, or 'provisioning'
    PRIMARY KEY (kind, name, version)
);

-- What the provisioning loader has taken in: 'loaded' -> time and digest.
CREATE TABLE provisioning (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- county.toml: name, area_code, hotline, long_number
CREATE TABLE county (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The catalogues below are replaced as a whole by the provisioning loader. `position` is the order in the file.
CREATE TABLE units (
    code     TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,         -- 部门 | 乡镇 | 公共企业 | 垂管 | 外部
    parent   TEXT,                  -- code of the superior unit
    phone    TEXT NOT NULL,         -- '' = none
    position BIGINT NOT NULL
);

CREATE TABLE classes (
    code     TEXT PRIMARY KEY,
    level1   TEXT NOT NULL,
    level2   TEXT NOT NULL,
    level3   TEXT NOT NULL,
    keywords TEXT NOT NULL,         -- JSON list
    position BIGINT NOT NULL
);

-- The duty catalogue 派单目录: who answers for a class in an area.
CREATE TABLE duties (
    class_code TEXT NOT NULL REFERENCES classes (code) DEFERRABLE INITIALLY DEFERRED,
    area       TEXT NOT NULL,       -- code of a place; '' = the whole county
    unit_code  TEXT NOT NULL REFERENCES units (code) DEFERRABLE INITIALLY DEFERRED,
    co_units   TEXT NOT NULL,       -- JSON list of unit codes
    basis      TEXT NOT NULL,
    note       TEXT NOT NULL,
    position   BIGINT NOT NULL,
    PRIMARY KEY (class_code, area, unit_code)
);

CREATE TABLE places (
    code        TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL,      -- 街道 | 镇 | 乡 | 社区 | 村 | 小区 | 道路 | …
    parent_code TEXT,
    aliases     TEXT NOT NULL,      -- JSON list
    position    BIGINT NOT NULL
);

CREATE TABLE urgency_words (
    word     TEXT PRIMARY KEY,
    band     TEXT NOT NULL,         -- S | A | B
    note     TEXT NOT NULL,
    position BIGINT NOT NULL
);

-- Cue words of the kinds 咨询 求助 投诉 举报 建议 表扬 报修.
CREATE TABLE kinds (
    kind     TEXT PRIMARY KEY,
    words    TEXT NOT NULL,         -- JSON list
    position BIGINT NOT NULL
);

-- Days that differ from the plain week: public holidays (off) and make-up working days (not off).
CREATE TABLE calendar_days (
    day  TEXT PRIMARY KEY,          -- YYYY-MM-DD
    off  BOOLEAN NOT NULL,
    name TEXT NOT NULL
);

-- Years the calendar files cover; beyond them the calendar is a guess and says so.
CREATE TABLE calendar_years (
    year BIGINT PRIMARY KEY
);

CREATE TABLE prompts (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    path TEXT NOT NULL              -- absolute path of the WAV file; '' = not recorded yet
);
