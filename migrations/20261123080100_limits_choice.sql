-- Which time-limit profile is in force is chosen in the console: a document with versions, no longer a row that every load of the
-- provisioning folder replaces.
INSERT INTO settings (kind, name, version, body, at, by)
SELECT 'limits_choice', 'limits_choice', 1, '{"profile":"' || value || '"}',
       COALESCE((SELECT CAST(value AS BIGINT) FROM provisioning WHERE key = 'loaded_at'), 0), 'provisioning'
FROM county WHERE key = 'limits' AND value <> '';

DELETE FROM county WHERE key = 'limits';
