-- What was said in a call. The state is on the call.
CREATE TABLE transcripts (
    call_id TEXT PRIMARY KEY,
    engine  TEXT NOT NULL,              -- '' = none ran
    error   TEXT,                       -- why there is none
    at      BIGINT NOT NULL
);

CREATE TABLE transcript_segments (
    call_id  TEXT NOT NULL,
    n        BIGINT NOT NULL,
    side     TEXT NOT NULL,             -- citizen | office
    start_ms BIGINT NOT NULL,           -- in the recording
    end_ms   BIGINT NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (call_id, n)
);
