-- Where a telephone number is at home: area codes of landlines, and mobile segments where the county has a licensed table.
-- Replaced as a whole by the provisioning loader.
CREATE TABLE number_areas (
    prefix TEXT PRIMARY KEY,        -- digits: 0534, or 1380534
    area   TEXT NOT NULL
);
