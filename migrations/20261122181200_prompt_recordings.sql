-- What the county recorded or brought in itself, over the prompts of the provisioning folder. Nothing is overwritten: the newest row of a
-- name is what is heard; a row without a file brings the shipped one back.
CREATE TABLE prompt_recordings (
    id          BIGSERIAL PRIMARY KEY,
    name        TEXT NOT NULL,
    text        TEXT NOT NULL,
    file        TEXT,                -- below the data directory; 8 kHz, mono, 16-bit PCM
    source      TEXT NOT NULL,       -- uploaded | recorded | reset
    duration_ms BIGINT NOT NULL,
    loudness    DOUBLE PRECISION,    -- LUFS of what was brought, before levelling
    at          BIGINT NOT NULL,
    by          TEXT NOT NULL
);

CREATE INDEX prompt_recordings_name ON prompt_recordings (name, id);
