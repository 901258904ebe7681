-- What did not get there is looked for among very many that did.
CREATE INDEX notice_deliveries_of_state ON notice_deliveries (state, id);
