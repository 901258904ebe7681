-- 自动派单: what became of the tickets of a class is counted without reading the tickets themselves.
DROP INDEX tickets_by_class;
CREATE INDEX tickets_by_class ON tickets (class_code, created_at, state, place_code, unit_code);
