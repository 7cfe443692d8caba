-- The marks of a cursor, of which a run changes a few. Those of a cursor of version 0 are
-- in its doc, as they were in earlier versions of the tables.
ALTER TABLE lb_cursors ADD COLUMN version {int} NOT NULL DEFAULT 0;

CREATE TABLE lb_marks (
	shop       {text} NOT NULL,
	cursor     {text} NOT NULL,
	order_id   {text} NOT NULL,
	updated_at {text},
	digest     {int} NOT NULL,
	PRIMARY KEY (shop, cursor, order_id)
) {small table};
