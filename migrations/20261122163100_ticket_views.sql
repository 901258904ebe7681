-- Saved searches (常用查询): a person's own, or shared with a role by a supervisor.
CREATE TABLE ticket_views (
    id         BIGSERIAL PRIMARY KEY,
    owner      TEXT NOT NULL,
    name       TEXT NOT NULL,
    query      TEXT NOT NULL,       -- JSON: the parameters of the list
    role       TEXT,                -- whose people see it too; NULL: the owner's alone
    updated_at BIGINT NOT NULL,
    UNIQUE (owner, name)
);
CREATE INDEX ticket_views_of_role ON ticket_views (role);
