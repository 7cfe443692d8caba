package sqlstore

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is all that differs between the databases. Every statement is written once,
// with ? for parameters and some words in braces:
//
//	{in}             is one of a list of texts, which is one parameter
//	{each}           a list of texts, which is one parameter, as rows with a value
//	{rows text int}  the rows of an insert, see tx.insert
//	{now}            the database's clock in microseconds of Unix time
type dialect struct {
	words map[string]string
	// numbered reports whether parameters are $1, $2 and lists are sent as arrays.
	numbered bool
	// begin is the first statement of a write: the number of its transaction, and how
	// many of the leases that are given are whole, which stay so until it has ended.
	begin string
	// lazy is begin for a write that may be lost if the database's machine fails, of
	// leases: whose lease is lost writes no more, and any other write brings it to the
	// disk before itself.
	lazy string
	// tick is how much {now} is behind the clock at most.
	tick time.Duration
	// migrate waits until nobody else migrates. Empty if the transaction has done so.
	migrate string
	// again reports whether an error says that nothing was done, or can be known to have
	// been, and that it may go well the next time.
	again func(error) bool
	// answered reports whether an error is the database's own answer: a commit that has
	// failed with another may have succeeded.
	answered func(error) bool
	// full reports whether an error says that there is no room.
	full func(error) bool
	// ofOne reports whether an error is of what one row has in it, so that others can be
	// written without it.
	ofOne func(error) bool
}

const (
	sqliteBegin = `SELECT '', (SELECT count(*) FROM lb_leases WHERE id {in} AND broken = 0)`
	// A process that hangs in a transaction must not keep others from writing.
	postgresBegin = `SELECT pg_current_xact_id()::text,
		(SELECT count(*) FROM (SELECT 1 FROM lb_leases WHERE id {in} AND broken = 0 ORDER BY id FOR SHARE) AS whole),
		set_config('idle_in_transaction_session_timeout', '30s', true)`
)

var sqliteDialect = &dialect{
	words: map[string]string{
		"{text}": "TEXT", "{int}": "INTEGER", "{bytes}": "BLOB", "{table}": "STRICT", "{small table}": "STRICT, WITHOUT ROWID",
		"{in}": "IN (SELECT value FROM json_each(?))", "{each}": "json_each(?)", "{contains}": "instr(doc, ?) > 0", "{named}": "instr(name, ?) > 0",
		"{now}": "(CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000)", "{next hint}": "(SELECT value FROM lb_counters WHERE shop = '' AND name = 'hint')",
	},
	begin:    sqliteBegin,
	lazy:     sqliteBegin,
	tick:     time.Millisecond,
	answered: func(error) bool { return true },
	full: func(err error) bool {
		e, ok := errors.AsType[*sqlite.Error](err)
		return ok && e.Code()&0xff == sqlite3.SQLITE_FULL
	},
	ofOne: func(err error) bool {
		e, ok := errors.AsType[*sqlite.Error](err)
		return ok && slices.Contains([]int{sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH}, e.Code()&0xff)
	},
	again: func(err error) bool {
		e, ok := errors.AsType[*sqlite.Error](err)
		return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
	},
}

var postgresDialect = &dialect{
	words: map[string]string{
		"{text}": `text COLLATE "C"`, "{int}": "bigint", "{bytes}": "bytea", "{table}": "", "{small table}": "",
		"{in}": "= ANY(?::text[])", "{each}": "unnest(?::text[]) AS each(value)", "{contains}": "strpos(doc, ?) > 0", "{named}": "strpos(name, ?) > 0",
		"{now}": "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint", "{next hint}": "nextval('lb_hint')",
	},
	numbered: true,
	begin:    postgresBegin,
	lazy:     postgresBegin + `, set_config('synchronous_commit', 'off', true)`,
	tick:     time.Microsecond,
	migrate:  `SELECT pg_advisory_xact_lock(711953081)`,
	answered: func(err error) bool {
		e, ok := errors.AsType[*pgconn.PgError](err)
		return ok && !strings.HasPrefix(e.Code, "08") && !strings.HasPrefix(e.Code, "57P")
	},
	full: func(err error) bool {
		e, ok := errors.AsType[*pgconn.PgError](err)
		return ok && e.Code == "53100"
	},
	ofOne: func(err error) bool { // data, constraints, and limits such as that of an index
		e, ok := errors.AsType[*pgconn.PgError](err)
		return ok && slices.Contains([]string{"22", "23", "54"}, e.Code[:min(2, len(e.Code))])
	},
	again: func(err error) bool {
		if e, ok := errors.AsType[*pgconn.PgError](err); ok {
			return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "40") || strings.HasPrefix(e.Code, "57P") || e.Code == "53300" || e.Code == "55P03"
		}
		if _, ok := errors.AsType[net.Error](err); ok || pgconn.SafeToRetry(err) {
			return true
		}
		return slices.ContainsFunc([]error{driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, sql.ErrConnDone, pgconn.ErrConnClosed}, func(gone error) bool { return errors.Is(err, gone) })
	},
}

var (
	word = regexp.MustCompile(`\{[a-z ]+\}`)
	// arrays are the types of the columns of {rows}.
	arrays = map[string]string{"text": "?::text[]", "int": "?::bigint[]", "bytes": "?::bytea[]"}
)

// statement is a statement as the database takes it.
func (d *dialect) statement(text string) string {
	text = word.ReplaceAllStringFunc(text, func(w string) string {
		columns, rows := strings.CutPrefix(w, "{rows ")
		if !rows {
			return d.words[w]
		}
		types := strings.Fields(strings.TrimSuffix(columns, "}"))
		if !d.numbered {
			return "VALUES (?" + strings.Repeat(", ?", len(types)-1) + ")"
		}
		for i, t := range types {
			types[i] = arrays[t]
		}
		return "SELECT * FROM unnest(" + strings.Join(types, ", ") + ")"
	})
	if !d.numbered {
		return text
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitAfterSeq(text, "?") {
		before, parameter := strings.CutSuffix(part, "?")
		b.WriteString(before)
		if parameter {
			n++
			b.WriteString("$" + strconv.Itoa(n))
		}
	}
	return b.String()
}

// arguments are parameters as the database takes them.
func (d *dialect) arguments(args []any) ([]any, error) {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = arg
		switch v := arg.(type) {
		case string:
			if err := checkText(v); err != nil {
				return nil, err
			}
		case []string:
			for _, s := range v {
				if err := checkText(s); err != nil {
					return nil, err
				}
			}
			if d.numbered {
				continue
			}
			list, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			out[i] = string(list)
		}
	}
	return out, nil
}

// checkText refuses what one of the databases has no room for.
func checkText(s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return fmt.Errorf("sqlstore: the text %.100q cannot be stored: it is not UTF-8, or has a zero byte", s)
	}
	return nil
}
