-- Who installed the shipping integration. doc has what they filled in, passwords too.
CREATE TABLE lb_installations (
	id  {text} NOT NULL PRIMARY KEY,
	doc {text} NOT NULL
) {table};

-- Labels that the shipping integration has handed out. doc has the pictures, which show
-- buyers' addresses.
CREATE TABLE lb_printed (
	installation {text} NOT NULL,
	number       {int}  NOT NULL,
	reference    {text} NOT NULL,
	made         {text} NOT NULL,
	doc          {text} NOT NULL,
	PRIMARY KEY (installation, number)
) {table};

CREATE INDEX lb_printed_reference ON lb_printed (installation, reference, made);

CREATE INDEX lb_printed_made ON lb_printed (made);
