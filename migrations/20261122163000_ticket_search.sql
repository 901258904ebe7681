-- Finding tickets among a million: an index of character pairs in the order in which they stand, so that a phrase is found exactly.

DROP TABLE ticket_terms;

-- The pairs are made by the daemon and kept by what each database is good at. Contentless: the text is on the ticket. On SQLite the
-- rowid is the ticket's number, which is 18 digits and begins with the time: newest first is the order of the index.
--sqlite CREATE VIRTUAL TABLE ticket_search USING fts5(text, person, units, content='', contentless_delete=1, tokenize='ascii');
--postgres CREATE TABLE ticket_search (number TEXT PRIMARY KEY, words TSVECTOR NOT NULL);
--postgres CREATE INDEX ticket_search_words ON ticket_search USING GIN (words);

-- Which form of the index there is, and up to which ticket it was made anew. One row.
CREATE TABLE ticket_search_form (
    id         BIGINT PRIMARY KEY,
    form       BIGINT NOT NULL,
    made_until TEXT NOT NULL
);
INSERT INTO ticket_search_form (id, form, made_until) VALUES (1, 0, '');

-- When the clock that matters now runs out; NULL: none runs. Written with the agenda, for it is the calendar that says it.
ALTER TABLE tickets ADD COLUMN due BIGINT;
CREATE INDEX tickets_by_due ON tickets (due, number) WHERE due IS NOT NULL;
CREATE INDEX tickets_by_unit_due ON tickets (unit_code, due, number) WHERE due IS NOT NULL;

-- One index for each order and for each filter that picks few.
CREATE INDEX tickets_by_update ON tickets (updated_at, number);
CREATE INDEX tickets_by_class ON tickets (class_code, created_at);
CREATE INDEX tickets_by_operator ON tickets (operator, created_at);
