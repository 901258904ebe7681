-- The rate of calls back (漏接回拨率) counts when a citizen was first called back, whoever picked up.
ALTER TABLE missed_calls ADD COLUMN first_attempt_at BIGINT;

-- Of tasks before, the first attempt is known where there was only one; of others the last stands for it.
UPDATE missed_calls SET first_attempt_at = last_attempt_at WHERE attempts > 0;

CREATE INDEX missed_calls_first ON missed_calls (first_at);
