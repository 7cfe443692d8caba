package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

type recordDoc struct {
	OrderID        string                 `json:"-"`
	Version        int64                  `json:"-"`
	Status         string                 `json:"status,omitempty"`
	UpdatedAt      time.Time              `json:"updated_at,omitzero"`
	WarehouseIDs   []string               `json:"warehouse_ids,omitempty"`
	Lines          map[string]string      `json:"lines,omitempty"`
	SentAt         time.Time              `json:"sent_at,omitzero"`
	OutcomeUnknown bool                   `json:"outcome_unknown,omitempty"`
	Address        uint64                 `json:"address,omitempty"`
	ParkedAt       time.Time              `json:"parked_at,omitzero"`
	ReleasedAt     time.Time              `json:"released_at,omitzero"`
	Releasing      bool                   `json:"releasing,omitempty"`
	LabelAt        time.Time              `json:"label_at,omitzero"`
	Granted        store.Permit           `json:"granted,omitzero"`
	Held           store.Permit           `json:"held,omitzero"`
	Reference      store.WrittenReference `json:"reference,omitzero"`
	Told           []store.Told           `json:"told,omitempty"`
	Correction     store.Correction       `json:"correction,omitzero"`
	Notes          map[string]string      `json:"notes,omitempty"`
	Due            time.Time              `json:"due,omitzero"`
	Why            string                 `json:"why,omitempty"`
	Attempts       int                    `json:"attempts,omitempty"`
	LastError      string                 `json:"last_error,omitempty"`
	Deadline       time.Time              `json:"deadline,omitzero"`
	EndedAt        time.Time              `json:"ended_at,omitzero"`
}

// row is a record as it is kept, with its new version.
func (s Shop) row(r store.Record, version int64) ([]any, error) {
	sets(&r.UpdatedAt, &r.SentAt, &r.ParkedAt, &r.ReleasedAt, &r.LabelAt, &r.Granted.At, &r.Granted.UpdatedAt, &r.Held.At, &r.Held.UpdatedAt, &r.Reference.At, &r.Correction.At, &r.Due, &r.Deadline, &r.EndedAt)
	r.Told = slices.Clone(r.Told)
	for i := range r.Told {
		sets(&r.Told[i].At)
	}
	doc, err := document(recordDoc(r))
	if err != nil {
		return nil, err
	}
	var end any
	if r.Due.IsZero() {
		end = text(r.EndedAt)
	}
	untold, toldAt := int64(0), any(nil)
	if len(r.WarehouseIDs) > 0 {
		another := r.Reference.WarehouseID != r.WarehouseIDs[0]
		switch {
		case r.Reference.Refused:
			untold = 2
			if !another {
				toldAt = sortable(r.Reference.At)
			}
		case another:
			untold = 1
		}
	}
	return []any{s.name, r.OrderID, version, text(r.Due), end, untold, toldAt, doc}, nil
}

const recordColumns = `order_id, version, doc`

func scanRecord(rows *sql.Rows) (store.Record, error) {
	var r recordDoc
	var id, doc string
	var version int64
	if err := rows.Scan(&id, &version, &doc); err != nil {
		return store.Record{}, err
	}
	if err := readDocument(doc, &r); err != nil {
		return store.Record{}, err
	}
	r.OrderID, r.Version = id, version
	return store.Record(r), nil
}

// begin notes when the shop's records were begun, unless it is noted.
func (s Shop) begin(ctx context.Context, t *tx) error {
	if _, begun := s.db.begun.Load(s.name); begun {
		return nil
	}
	_, err := t.exec(ctx, `INSERT INTO lb_shops (name, since) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET since = excluded.since WHERE lb_shops.since IS NULL`, s.name, text(s.db.config.Now()))
	return err
}

// RecordsOf implements [store.Records].
func (s Shop) RecordsOf(ctx context.Context, orderIDs ...string) (records map[string]store.Record, since time.Time, err error) {
	if _, begun := s.db.begun.Load(s.name); !begun {
		if err := s.allowed(ctx); err != nil {
			return nil, time.Time{}, err
		}
		if err := s.db.unfenced(ctx, "beginning the records", s.db.dialect.begin, nil, s.begin); err != nil { // who reads needs no lock
			return nil, time.Time{}, err
		}
		s.db.begun.Store(s.name, true)
	}
	err = s.read(ctx, "reading records", func(t *tx) error {
		records = map[string]store.Record{}
		if len(orderIDs) > 0 {
			if err := t.query(ctx, `SELECT `+recordColumns+` FROM lb_records WHERE shop = ? AND order_id {in}`, func(rows *sql.Rows) error {
				r, err := scanRecord(rows)
				records[r.OrderID] = r
				return err
			}, s.name, orderIDs); err != nil {
				return err
			}
		}
		// After the records: what is forgotten between the two is not missing before since.
		var column sql.NullString
		if err := t.row(ctx, `SELECT since FROM lb_shops WHERE name = ?`, []any{&column}, s.name); err != nil {
			return err
		}
		since, err = readMoment(column)
		return err
	})
	return records, since, err
}

// PutRecords implements [store.Records].
func (s Shop) PutRecords(ctx context.Context, records ...store.Record) (versions []int64, err error) {
	if len(records) == 0 {
		return nil, s.allowed(ctx)
	}
	ids, given := make([]string, len(records)), make(map[string]int64, len(records))
	for i, r := range records {
		ids[i], given[r.OrderID] = r.OrderID, r.Version
	}
	if len(given) < len(records) {
		if err := s.allowed(ctx); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("sqlstore: an order of shop %s comes twice: %w", s.name, store.ErrStale)
	}
	err = s.write(ctx, "writing records", func(ctx context.Context, t *tx) error {
		// Who writes a record of the shop waits here: what is compared stays so.
		version, err := t.count(ctx, s.name, "record", len(records))
		if err != nil {
			return err
		}
		if err := s.begin(ctx, t); err != nil {
			return err
		}
		now := make(map[string]int64, len(records))
		if err := t.query(ctx, `SELECT order_id, version FROM lb_records WHERE shop = ? AND order_id {in}`, func(rows *sql.Rows) error {
			var id string
			var version int64
			err := rows.Scan(&id, &version)
			now[id] = version
			return err
		}, s.name, ids); err != nil {
			return err
		}
		versions = make([]int64, len(records))
		rows := make([][]any, len(records))
		for i, r := range records {
			if now[r.OrderID] != r.Version {
				return fmt.Errorf("order %s of shop %s: %w", r.OrderID, s.name, store.ErrStale)
			}
			versions[i] = version - int64(len(records)-1-i)
			if rows[i], err = s.row(r, versions[i]); err != nil {
				return err
			}
		}
		return t.insert(ctx, `INSERT INTO lb_records (shop, order_id, version, due, ended, untold, told_at, doc) {rows text text int text text int text text}
			ON CONFLICT (shop, order_id) DO UPDATE SET version = excluded.version, due = excluded.due, ended = excluded.ended,
				untold = excluded.untold, told_at = excluded.told_at, doc = excluded.doc`, rows, nil)
	})
	if err != nil {
		return nil, err
	}
	return versions, nil
}

// DropRecords implements [store.Records].
func (s Shop) DropRecords(ctx context.Context, orderIDs ...string) error {
	if len(orderIDs) == 0 {
		return s.allowed(ctx)
	}
	return s.write(ctx, "dropping records", func(ctx context.Context, t *tx) error {
		if _, err := t.count(ctx, s.name, "record", 0); err != nil {
			return err
		}
		if err := s.begin(ctx, t); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM lb_records WHERE shop = ? AND order_id {in}`, s.name, orderIDs)
		return err
	})
}

// some reads records in order.
func (s Shop) some(ctx context.Context, what, where string, args ...any) (list []store.Record, err error) {
	err = s.read(ctx, what, func(t *tx) error {
		list = nil
		return t.query(ctx, `SELECT `+recordColumns+` FROM lb_records WHERE shop = ? AND `+where+` LIMIT ?`, func(rows *sql.Rows) error {
			r, err := scanRecord(rows)
			list = append(list, r)
			return err
		}, append([]any{s.name}, args...)...)
	})
	return list, err
}

// DueRecords implements [store.Records].
func (s Shop) DueRecords(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
	return s.some(ctx, "reading due records", `due IS NOT NULL AND due <= ? AND (due, order_id) > (?, ?) ORDER BY due, order_id`,
		sortable(at), sortable(after.Due), after.OrderID, max(limit, 0))
}

// ReferencesDue implements [store.Records].
func (s Shop) ReferencesDue(ctx context.Context, refusedBefore time.Time, limit int) ([]store.Record, error) {
	return s.some(ctx, "reading due references", `untold > 0 AND (untold = 1 OR told_at IS NULL OR told_at < ?) ORDER BY untold, order_id`,
		sortable(refusedBefore), max(limit, 0))
}

// EndedRecords implements [store.Records].
func (s Shop) EndedRecords(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
	return s.some(ctx, "reading ended records", `ended IS NOT NULL AND ended < ? AND (ended, order_id) > (?, ?) ORDER BY ended, order_id`,
		sortable(before), sortable(after.EndedAt), after.OrderID, max(limit, 0))
}

// Forget implements [store.Records].
func (s Shop) Forget(ctx context.Context, records ...store.Record) (n int, err error) {
	if len(records) == 0 {
		return 0, s.allowed(ctx)
	}
	ids, given := make([]string, len(records)), make(map[string]int64, len(records))
	for i, r := range records {
		ids[i], given[r.OrderID] = r.OrderID, r.Version
	}
	err = s.write(ctx, "forgetting records", func(ctx context.Context, t *tx) error {
		n = 0
		if _, err := t.count(ctx, s.name, "record", 0); err != nil {
			return err
		}
		if err := s.begin(ctx, t); err != nil {
			return err
		}
		var gone []string
		newest := ""
		if err := t.query(ctx, `SELECT order_id, version, ended FROM lb_records WHERE shop = ? AND order_id {in} AND ended IS NOT NULL`, func(rows *sql.Rows) error {
			var id, end string
			var version int64
			err := rows.Scan(&id, &version, &end)
			if err == nil && given[id] == version {
				gone, newest = append(gone, id), max(newest, end)
			}
			return err
		}, s.name, ids); err != nil || len(gone) == 0 {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM lb_records WHERE shop = ? AND order_id {in}`, s.name, gone); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE lb_shops SET since = ? WHERE name = ? AND since < ?`, newest, s.name, newest); err != nil {
			return err
		}
		n = len(gone)
		return s.dropLabels(ctx, t, gone)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
