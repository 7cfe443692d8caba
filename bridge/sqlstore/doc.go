// Package sqlstore keeps what the bridge remembers in SQLite or PostgreSQL: one file for
// one machine, one URL for several.
//
//	db, err := sqlstore.Open(ctx, "bridge.db") // or postgres://user:password@host/database
//	defer db.Close()
//
//	sync, err := bridge.NewSync(shop, warehouse, db.Shop(settings.Shop), settings)
//	tokens, err := tiktokshop.RefreshingTokens(client, db.Tokens("maple-home"))
//
// A [DB] has the memory of all shops of one Linnworks account ([DB.Shop], [DB.Store]),
// their exceptions ([DB.Exceptions], and as [exceptions.Desk] the DB itself), and the
// tokens of TikTok's sellers ([DB.Tokens]). Give every account a database, or in
// PostgreSQL a schema (search_path in the URL), of its own. Linnworks' client needs no
// store: every process opens a session for itself.
//
// It is a module of its own, because of the drivers. There is no cgo in it.
//
// # Which of the two
//
// SQLite is one file on a disk of the machine (no network drive), and any number of
// processes of that machine; one writes at a time. PostgreSQL 13 or later is for several
// machines, and for who has one already. Both pass the suites of bridgetest, and keep
// the same tables; to move from one to the other is to begin anew.
//
// # What it promises
//
// A write that has returned is on the disk (SQLite in WAL mode with synchronous=FULL,
// PostgreSQL as it is set up). It was written as a whole or not at all.
//
// A call that meets a busy database, a deadlock or a cut connection is tried again for
// [Config.Patience]. If the connection is cut while a commit waits for its answer, the
// database is asked what became of it: nothing is written twice. An error that says "not
// known" is left for the one case in which that cannot be asked in time.
//
// Revisions of the ledger become visible in their order. Whoever writes takes its numbers
// from a row of the account that stays locked until the transaction has ended, so the next
// numbers are taken when these are visible; and a reader sees the counter and the changes
// in one statement, as of one moment. Records of a shop and its cases are counted in the
// same way. Hints are not: nobody waits for a webhook.
//
// Hints that come in at once are written in one transaction, and each webhook can be
// answered when that is on the disk.
//
// Locks are leases of [Config.Lease], by the clock of the database. A goroutine renews
// all of a DB as long as there are any. A process that dies frees its locks when they run
// out; who takes one over breaks the lease it was of, in the same transaction, and a write
// checks within its own that its leases are whole, which stay so until it is committed.
//
// # Budgets of calls
//
// Processes that use one app, or one installation in Linnworks, share what these may call.
// Give the clients of each the limiters of its DB:
//
//	tiktokshop.WithLimiter(db.TikTokLimiter(nil))
//	linnworks.WithLimiter(db.LinnworksLimiter(nil))
//
// [DB.LinnworksLimiter] says what they promise.
//
// # What is in it
//
// What is asked for is in columns, all else in JSON beside it. Moments are texts in UTC
// with nanoseconds, of the years 0 to 9999. Ids and names are compared by their bytes,
// and must be UTF-8 without zero bytes.
//
// Buyers' data are in two tables: lb_labels, the documents to print, which go with their
// order, and lb_printed ([DB.ShippingLabels]), which forgets by itself. lb_tokens has the
// secrets of the sellers' authorisations as they are, and lb_installations the passwords
// that people have filled in for the integrations in Linnworks. A new file
// is readable for its owner alone; for PostgreSQL, and for backups, that is yours to see
// to.
//
// # Versions
//
// [Open] brings the tables up to date, one process at a time, in one transaction. A
// program that finds tables of a newer version refuses to open them ([ErrNewer]).
//
// # Backup
//
// PostgreSQL: as usual. SQLite: with its own backup (sqlite3 bridge.db ".backup copy.db",
// or VACUUM INTO 'copy.db'), also while the bridge runs; a copy of the file alone lacks
// what is in bridge.db-wal. After a restore start all processes anew: they hold copies
// of the ledger. A bridge that is started on a backup reads what has happened since from
// both sides: nothing is created or sent twice. What people have noted and claimed since is
// lost, and so are labels that the shop does not offer any more.
package sqlstore
