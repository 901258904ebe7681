-- The ledger of supervisions (督办台账): a projection of ticket events, apart from the number, which is given once.
CREATE TABLE supervisions (
    year          BIGINT NOT NULL,
    no            BIGINT NOT NULL,          -- 督办〔year〕no号
    ticket_number TEXT NOT NULL,
    opened_seq    BIGINT NOT NULL,          -- the event that opened it
    level         BIGINT NOT NULL,
    form          TEXT NOT NULL,            -- card | sheet
    state         TEXT NOT NULL,            -- open | answered | discharged | ended
    unit_code     TEXT,
    opened_at     BIGINT NOT NULL,
    due           BIGINT,                   -- when the unit has to say how far it is
    body          TEXT NOT NULL,            -- JSON: instructions, feedback, discharge
    PRIMARY KEY (year, no),
    UNIQUE (ticket_number, opened_seq)
);
CREATE INDEX supervisions_by_opening ON supervisions (opened_at, year, no);
CREATE INDEX supervisions_by_state ON supervisions (state, opened_at);

-- Supervisions that are older than the ledger are entered when the daemon starts.
INSERT INTO events (at, topic, key, payload)
    SELECT MAX(at), 'ticket.supervised', number, '{"number":"' || number || '"}'
    FROM ticket_events WHERE kind = 'supervised' GROUP BY number;

-- Checks at the site (现场核查) of some tickets by the supervising body.
CREATE TABLE field_audits (
    id            BIGSERIAL PRIMARY KEY,
    ticket_number TEXT NOT NULL,
    planned_on    TEXT NOT NULL,            -- YYYY-MM-DD
    auditor       TEXT NOT NULL,
    drawn         BOOLEAN NOT NULL,         -- by lot, not by choice
    planned_at    BIGINT NOT NULL,
    planned_by    TEXT NOT NULL,
    checked_on    TEXT,
    result        TEXT,                     -- true | partly | false
    finding       TEXT NOT NULL,
    noted_at      BIGINT,
    noted_by      TEXT
);
CREATE UNIQUE INDEX field_audits_once ON field_audits (ticket_number, planned_on);
