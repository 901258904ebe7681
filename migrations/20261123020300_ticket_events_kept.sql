-- What happened to a ticket is added to, never changed (transition 29: nothing is deleted).

--sqlite CREATE TRIGGER ticket_events_no_update BEFORE UPDATE ON ticket_events BEGIN SELECT RAISE(ABORT, 'the events of tickets are append-only'); END;
--sqlite CREATE TRIGGER ticket_events_no_delete BEFORE DELETE ON ticket_events BEGIN SELECT RAISE(ABORT, 'the events of tickets are append-only'); END;
--postgres CREATE FUNCTION ticket_events_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the events of tickets are append-only'; END $$;
--postgres CREATE TRIGGER ticket_events_no_update BEFORE UPDATE ON ticket_events FOR EACH STATEMENT EXECUTE FUNCTION ticket_events_keep();
--postgres CREATE TRIGGER ticket_events_no_delete BEFORE DELETE OR TRUNCATE ON ticket_events FOR EACH STATEMENT EXECUTE FUNCTION ticket_events_keep();
