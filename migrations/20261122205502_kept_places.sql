-- Who chose to be called back keeps the place in the queue: since when they had waited. NULL: the call was missed, not given up for this.
ALTER TABLE missed_calls ADD COLUMN kept_from BIGINT;
