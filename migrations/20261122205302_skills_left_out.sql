-- Skills that an operator does not serve at present, though an administrator gave them. What is not here is served: a skill given later
-- is not forgotten.
CREATE TABLE skills_left_out (
    username TEXT NOT NULL,
    skill    TEXT NOT NULL,
    PRIMARY KEY (username, skill)
);
