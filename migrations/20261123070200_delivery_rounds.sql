-- A message that did not get there is sent again when a supervisor says so.
ALTER TABLE notice_deliveries ADD COLUMN urgent BOOLEAN NOT NULL DEFAULT FALSE; -- goes out at any hour
ALTER TABLE notice_deliveries ADD COLUMN unsure BOOLEAN NOT NULL DEFAULT FALSE; -- failed, and nobody knows whether it was taken all the same
ALTER TABLE notice_deliveries ADD COLUMN round BIGINT NOT NULL DEFAULT 0;       -- refused for good and sent again as a new message so many times
