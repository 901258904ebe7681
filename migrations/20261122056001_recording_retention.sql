-- Recordings that may have to go: `recording.keep_days` is looked at every hour.
CREATE INDEX calls_by_recording_end ON calls (ended_at) WHERE recording_path IS NOT NULL;
