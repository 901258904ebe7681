-- Knowledge: what the hotline may answer on the spot. The row is the newest version; every version is kept.
CREATE TABLE articles (
    id             BIGSERIAL PRIMARY KEY,
    slug           TEXT UNIQUE,         -- of those that the provisioning folder brought; NULL: written in the console
    version        BIGINT NOT NULL,
    title          TEXT NOT NULL,
    body           TEXT NOT NULL,
    class_code     TEXT,                -- of classes
    owner_unit     TEXT,                -- of units: who keeps it true
    valid_from     TEXT,                -- YYYY-MM-DD in China; NULL: open
    valid_until    TEXT,                -- the last day it holds
    reply_template TEXT NOT NULL,       -- '' = none
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    updated_by     TEXT NOT NULL        -- user name, or 'provisioning'
);
CREATE INDEX articles_by_update ON articles (updated_at, id);

-- Append-only.
CREATE TABLE article_versions (
    article_id     BIGINT NOT NULL REFERENCES articles (id),
    version        BIGINT NOT NULL,
    title          TEXT NOT NULL,
    body           TEXT NOT NULL,
    class_code     TEXT,
    owner_unit     TEXT,
    valid_from     TEXT,
    valid_until    TEXT,
    reply_template TEXT NOT NULL,
    at             BIGINT NOT NULL,
    by             TEXT NOT NULL,
    PRIMARY KEY (article_id, version)
);

-- Chinese search: pairs of neighbouring characters, the same on every database. Of the newest version only.
CREATE TABLE article_terms (
    term       TEXT NOT NULL,
    article_id BIGINT NOT NULL,
    in_title   BOOLEAN NOT NULL,
    PRIMARY KEY (term, article_id)
);
CREATE INDEX article_terms_of ON article_terms (article_id);
