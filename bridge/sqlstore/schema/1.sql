-- {text} compares by bytes, {int} has 64 bits, {bytes} are any. Moments are texts in
-- UTC that sort (2026-11-27T12:00:00.000000000Z), yes is 1 and no is 0. doc is JSON of
-- what nobody asks for by.

-- What is counted: under the shop '' for the account. A row stays locked until the
-- transaction that counted has ended.
CREATE TABLE lb_counters (
	shop  {text} NOT NULL,
	name  {text} NOT NULL,
	value {int}  NOT NULL,
	PRIMARY KEY (shop, name)
) {small table};

INSERT INTO lb_counters (shop, name, value) VALUES ('', 'revision', 0), ('', 'forgotten', 0), ('', 'hint', 0);

CREATE TABLE lb_shops (
	name  {text} NOT NULL PRIMARY KEY,
	since {text},
	seen  {text}
) {small table};

CREATE TABLE lb_cursors (
	shop {text} NOT NULL,
	name {text} NOT NULL,
	doc  {text} NOT NULL,
	PRIMARY KEY (shop, name)
) {table};

CREATE TABLE lb_hints (
	shop     {text} NOT NULL,
	list     {text} NOT NULL,
	order_id {text} NOT NULL,
	first    {int}  NOT NULL,
	version  {int}  NOT NULL,
	PRIMARY KEY (shop, list, order_id)
) {small table};

CREATE TABLE lb_revisits (
	shop     {text} NOT NULL,
	list     {text} NOT NULL,
	order_id {text} NOT NULL,
	doc      {text} NOT NULL,
	PRIMARY KEY (shop, list, order_id)
) {table};

-- What was dropped stays for a while, for those who follow the changes.
CREATE TABLE lb_ledger (
	shop         {text} NOT NULL,
	order_id     {text} NOT NULL,
	revision     {int}  NOT NULL,
	visible_from {int}  NOT NULL,
	dropped      {int}  NOT NULL,
	doc          {text} NOT NULL,
	PRIMARY KEY (shop, order_id)
) {table};

CREATE UNIQUE INDEX lb_ledger_revision ON lb_ledger (revision);

CREATE INDEX lb_ledger_dropped ON lb_ledger (revision) WHERE dropped = 1;

-- ended is set in records that may be forgotten. untold is 1 if the shop does not know
-- where the order is, 2 if it refused to be told, at told_at or, with NULL, something else.
CREATE TABLE lb_records (
	shop     {text} NOT NULL,
	order_id {text} NOT NULL,
	version  {int}  NOT NULL,
	due      {text},
	ended    {text},
	untold   {int}  NOT NULL,
	told_at  {text},
	doc      {text} NOT NULL,
	PRIMARY KEY (shop, order_id)
) {table};

CREATE INDEX lb_records_due ON lb_records (shop, due, order_id) WHERE due IS NOT NULL;

CREATE INDEX lb_records_ended ON lb_records (shop, ended, order_id) WHERE ended IS NOT NULL;

CREATE INDEX lb_records_untold ON lb_records (shop, untold, order_id) WHERE untold > 0;

-- The one table with buyers' data.
CREATE TABLE lb_labels (
	shop         {text} NOT NULL,
	order_id     {text} NOT NULL,
	package_id   {text} NOT NULL,
	number       {int}  NOT NULL,
	content_type {text} NOT NULL,
	content      {bytes} NOT NULL,
	fetched      {text},
	PRIMARY KEY (shop, order_id, package_id)
) {table};

CREATE INDEX lb_labels_number ON lb_labels (shop, number);

CREATE TABLE lb_values (
	shop  {text} NOT NULL,
	name  {text} NOT NULL,
	value {bytes} NOT NULL,
	PRIMARY KEY (shop, name)
) {table};

-- expires is in microseconds of Unix time by the database's clock. broken is set when
-- one of the locks was given to another: then its holder writes no more.
CREATE TABLE lb_leases (
	id      {text} NOT NULL PRIMARY KEY,
	expires {int}  NOT NULL,
	broken  {int}  NOT NULL
) {small table};

CREATE TABLE lb_locks (
	shop  {text} NOT NULL,
	name  {text} NOT NULL,
	lease {text} NOT NULL REFERENCES lb_leases (id) ON DELETE CASCADE,
	PRIMARY KEY (shop, name)
) {small table};

CREATE INDEX lb_locks_lease ON lb_locks (lease);

CREATE TABLE lb_cases (
	shop      {text} NOT NULL,
	name      {text} NOT NULL,
	kind      {text} NOT NULL,
	state     {text} NOT NULL,
	closed_at {text},
	quiet     {text},
	doc       {text} NOT NULL,
	PRIMARY KEY (shop, name)
) {table};

CREATE INDEX lb_cases_state ON lb_cases (shop, state, kind);

CREATE INDEX lb_cases_closed ON lb_cases (shop, closed_at) WHERE closed_at IS NOT NULL;

-- doc has the secrets: whoever can read this table can use the seller's shop.
CREATE TABLE lb_tokens (
	name {text} NOT NULL PRIMARY KEY,
	doc  {text} NOT NULL
) {table};
