-- One row, written every few seconds: that it can be written is what health and the disk alarm go by.
CREATE TABLE self_check (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL
);
