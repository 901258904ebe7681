-- Calls to ask whether the citizen is satisfied. Written before dialling, so that a crash cannot ring anybody twice unnoticed.
CREATE TABLE survey_attempts (
    call_id       TEXT PRIMARY KEY,     -- given to the switchboard with the wish to dial
    ticket_number TEXT NOT NULL,
    at            BIGINT NOT NULL,
    result        TEXT                  -- NULL = under way
);
-- One call at a time for a ticket, whatever the jobs do.
CREATE UNIQUE INDEX survey_attempts_open ON survey_attempts (ticket_number) WHERE result IS NULL;
