-- When a further demand of a call got its ticket: what was said from there on is what its suggestions rest on.
-- 0: before this was kept; such a ticket gets none.
ALTER TABLE call_tickets ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0;
