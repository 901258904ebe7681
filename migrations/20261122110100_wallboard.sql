-- The wallboard counts the day's queued callers every second, on every screen.
CREATE INDEX calls_by_queue_time ON calls (queued_at) WHERE queued_at IS NOT NULL;
-- ... and looks for the most urgent tickets.
CREATE INDEX tickets_by_band ON tickets (band, created_at);
