-- What is kept of the desks. A row without an end is the present one.
CREATE TABLE operator_states (
    id         BIGSERIAL PRIMARY KEY,
    username   TEXT NOT NULL,
    state      TEXT NOT NULL,     -- ready, ringing, talking, wrap_up, paused; offline is no row
    reason     TEXT,              -- of a pause
    began_at   BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX operator_states_by_user ON operator_states (username, began_at);

-- Listening to a citizen's call must leave a trace that the listener cannot remove.
CREATE TABLE monitorings (
    id         BIGSERIAL PRIMARY KEY,
    username   TEXT NOT NULL,
    call_id    TEXT NOT NULL,
    mode       TEXT NOT NULL,     -- listen, whisper, barge, takeover
    began_at   BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX monitorings_by_time ON monitorings (began_at);
CREATE INDEX monitorings_by_call ON monitorings (call_id);
