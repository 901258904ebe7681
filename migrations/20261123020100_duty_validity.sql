-- An entry of the duty catalogue holds from a day to a day (有效期): laws change and duties move with them. '' = open.
ALTER TABLE duties ADD COLUMN valid_from TEXT NOT NULL DEFAULT '';  -- YYYY-MM-DD
ALTER TABLE duties ADD COLUMN valid_until TEXT NOT NULL DEFAULT ''; -- the last day
