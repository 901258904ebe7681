-- Calls as the hotline counts them. The row is what the appended events amount to; it is written by the switchboard's changes only
-- (and ticket_number by the ticket slice, transcript_state by the transcripts).
CREATE TABLE calls (
    id               TEXT PRIMARY KEY,      -- 16 hex digits
    direction        TEXT NOT NULL,         -- inbound | outbound
    purpose          TEXT NOT NULL,         -- hotline | survey
    state            TEXT NOT NULL,         -- dialing | menu | queued | ringing | talking | held | ended
    caller           TEXT NOT NULL,         -- the citizen's number, also of an outbound call; '' = withheld
    caller_kind      TEXT NOT NULL,
    caller_private   BOOLEAN NOT NULL,
    caller_display   TEXT,
    called           TEXT NOT NULL,
    trunk            TEXT,
    diverted_from    TEXT,
    menu             TEXT NOT NULL,
    queue            TEXT,
    operator         TEXT,
    operator_name    TEXT,                  -- as it was when the call was taken
    ticket_number    TEXT,
    started_at       BIGINT NOT NULL,
    connected_at     BIGINT,
    queued_at        BIGINT,
    answered_at      BIGINT,                -- by an operator; of an outbound call: by the citizen
    ended_at         BIGINT,
    outcome          TEXT,
    cause            TEXT,
    ended_by         TEXT,
    recording_state  TEXT NOT NULL,         -- none | recording | complete | failed
    recording_path   TEXT,                  -- relative to the recordings
    recording_ms     BIGINT,
    recording_bytes  BIGINT,
    recording_sha256 TEXT,
    frames_lost      BIGINT,
    transcript_state TEXT NOT NULL,         -- none | pending | running | done | failed | no_model
    events           BIGINT NOT NULL,       -- number of call_events
    body             TEXT NOT NULL          -- JSON: menu path, legs, answers, messages
);
CREATE INDEX calls_by_start ON calls (started_at, id);
CREATE INDEX calls_by_caller ON calls (caller, started_at);
CREATE INDEX calls_by_ticket ON calls (ticket_number);
-- Few calls are open at any time; restart and the live page look for these only.
CREATE INDEX calls_open ON calls (state) WHERE state <> 'ended';
CREATE INDEX calls_recording ON calls (recording_state) WHERE recording_state = 'recording';

-- Append-only. n counts from 1 within a call.
CREATE TABLE call_events (
    call_id TEXT NOT NULL,
    n       BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    detail  TEXT NOT NULL,                  -- JSON
    PRIMARY KEY (call_id, n)
);
