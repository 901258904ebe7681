-- Further tickets of a call that brought more than one demand; the first is on the call itself.
CREATE TABLE call_tickets (
    call_id       TEXT NOT NULL,
    ticket_number TEXT NOT NULL,
    PRIMARY KEY (call_id, ticket_number)
);
CREATE INDEX call_tickets_by_ticket ON call_tickets (ticket_number);
