package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// The documents are the structs of the store with names that stay: a field that is
// added there does not compile here until it has one.
type (
	revisitDoc struct {
		OrderID   string    `json:"-"`
		Due       time.Time `json:"due,omitzero"`
		Attempts  int       `json:"attempts,omitempty"`
		LastError string    `json:"last_error,omitempty"`
		Deadline  time.Time `json:"deadline,omitzero"`
		Known     bool      `json:"known,omitempty"`
		Unseen    bool      `json:"unseen,omitempty"`
		Raised    bool      `json:"raised,omitempty"`
		CaseOf    string    `json:"case_of,omitempty"`
	}
)

// allowed returns what forbids a call on a shop's memory.
func (s Shop) allowed(ctx context.Context) error {
	if s.name == "" {
		return store.ErrNoShop
	}
	return ctx.Err()
}

func (s Shop) read(ctx context.Context, what string, f func(*tx) error) error {
	if s.name == "" {
		return store.ErrNoShop
	}
	return s.db.read(ctx, what, f)
}

func (s Shop) write(ctx context.Context, what string, f func(context.Context, *tx) error) error {
	if s.name == "" {
		return store.ErrNoShop
	}
	return s.db.write(ctx, what, f)
}

// scanDocument reads a row that has a document alone.
func scanDocument(rows *sql.Rows, v any) error {
	var doc string
	if err := rows.Scan(&doc); err != nil {
		return err
	}
	return readDocument(doc, v)
}

// PutRevisits implements [store.Revisits].
func (s Shop) PutRevisits(ctx context.Context, list string, entries ...store.Revisit) error {
	if len(entries) == 0 {
		return s.allowed(ctx)
	}
	last := make(map[string][]any, len(entries))
	for _, e := range entries {
		sets(&e.Due, &e.Deadline)
		doc, err := document(revisitDoc(e))
		if err != nil {
			return err
		}
		last[e.OrderID] = []any{s.name, list, e.OrderID, doc}
	}
	return s.write(ctx, "writing revisits", func(ctx context.Context, t *tx) error {
		return t.insert(ctx, `INSERT INTO lb_revisits (shop, list, order_id, doc) {rows text text text text}
			ON CONFLICT (shop, list, order_id) DO UPDATE SET doc = excluded.doc`, sorted(last), nil)
	})
}

// sorted are rows by their ids: who writes the same rows in the same order waits, and
// deadlocks with nobody.
func sorted(rows map[string][]any) [][]any {
	ids := make([]string, 0, len(rows))
	for id := range rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list := make([][]any, len(ids))
	for i, id := range ids {
		list[i] = rows[id]
	}
	return list
}

// DropRevisits implements [store.Revisits].
func (s Shop) DropRevisits(ctx context.Context, list string, orderIDs ...string) error {
	if len(orderIDs) == 0 {
		return s.allowed(ctx)
	}
	return s.write(ctx, "dropping revisits", func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM lb_revisits WHERE shop = ? AND list = ? AND order_id {in}`, s.name, list, orderIDs)
		return err
	})
}

// Revisits implements [store.Revisits].
func (s Shop) Revisits(ctx context.Context, list string) (entries []store.Revisit, err error) {
	err = s.read(ctx, "reading revisits", func(t *tx) error {
		entries = nil
		return t.query(ctx, `SELECT order_id, doc FROM lb_revisits WHERE shop = ? AND list = ? ORDER BY order_id`, func(rows *sql.Rows) error {
			var id, doc string
			var e revisitDoc
			if err := rows.Scan(&id, &doc); err != nil {
				return err
			}
			if err := readDocument(doc, &e); err != nil {
				return err
			}
			e.OrderID = id
			entries = append(entries, store.Revisit(e))
			return nil
		}, s.name, list)
	})
	return entries, err
}
