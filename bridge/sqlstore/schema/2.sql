-- Quotas of calls that processes share. doc is the timetable, used is when it was last
-- looked at, in microseconds of Unix time by the database's clock.
CREATE TABLE lb_budgets (
	name {text} NOT NULL PRIMARY KEY,
	used {int}  NOT NULL,
	doc  {text} NOT NULL
) {table};
