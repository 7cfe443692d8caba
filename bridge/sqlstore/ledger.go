package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

type reservationDoc struct {
	Shop        string               `json:"-"`
	OrderID     string               `json:"-"`
	Lines       []store.ReservedLine `json:"lines,omitempty"`
	Items       map[string]int       `json:"items,omitempty"`
	LocationID  string               `json:"location,omitempty"`
	CreatedAt   time.Time            `json:"created_at,omitzero"`
	SeenAt      time.Time            `json:"seen_at,omitzero"`
	VisibleAt   time.Time            `json:"visible_at,omitzero"`
	Unseen      store.Unseen         `json:"unseen,omitempty"`
	Revision    store.Revision       `json:"-"`
	VisibleFrom store.Revision       `json:"-"`
}

// PutReservations implements [store.Ledger].
func (s Shop) PutReservations(ctx context.Context, reservations ...store.Reservation) error {
	if len(reservations) == 0 {
		return s.allowed(ctx)
	}
	docs := make([]string, len(reservations))
	for i, r := range reservations {
		sets(&r.CreatedAt, &r.SeenAt, &r.VisibleAt)
		var err error
		if docs[i], err = document(reservationDoc(r)); err != nil {
			return err
		}
	}
	return s.write(ctx, "writing reservations", func(ctx context.Context, t *tx) error {
		revision, err := t.count(ctx, "", "revision", len(reservations))
		if err != nil {
			return err
		}
		revision -= int64(len(reservations))
		var rows [][]any
		inRows := map[string]bool{}
		flush := func() error {
			// Visible since the first put that has been followed by such alone.
			err := t.insert(ctx, `INSERT INTO lb_ledger (shop, order_id, revision, visible_from, dropped, doc) {rows text text int int int text}
				ON CONFLICT (shop, order_id) DO UPDATE SET revision = excluded.revision, dropped = 0, doc = excluded.doc,
					visible_from = CASE WHEN excluded.visible_from > 0 AND lb_ledger.visible_from > 0 THEN lb_ledger.visible_from ELSE excluded.visible_from END`, rows, nil)
			rows = rows[:0]
			clear(inRows)
			return err
		}
		for i, r := range reservations {
			if inRows[r.OrderID] { // one after the other
				if err := flush(); err != nil {
					return err
				}
			}
			revision++
			visibleFrom := int64(0)
			if !r.VisibleAt.IsZero() {
				visibleFrom = revision
			}
			rows, inRows[r.OrderID] = append(rows, []any{s.name, r.OrderID, revision, visibleFrom, int64(0), docs[i]}), true
		}
		return flush()
	})
}

// DropReservations implements [store.Ledger].
func (s Shop) DropReservations(ctx context.Context, orderIDs ...string) error {
	if len(orderIDs) == 0 {
		return s.allowed(ctx)
	}
	return s.write(ctx, "dropping reservations", func(ctx context.Context, t *tx) error {
		if _, err := t.count(ctx, "", "revision", 0); err != nil { // whoever writes waits here
			return err
		}
		known := map[string]bool{}
		if err := t.query(ctx, `SELECT order_id FROM lb_ledger WHERE shop = ? AND order_id {in} AND dropped = 0`, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			known[id] = true
			return err
		}, s.name, orderIDs); err != nil || len(known) == 0 {
			return err
		}
		revision, err := t.count(ctx, "", "revision", len(known))
		if err != nil {
			return err
		}
		next := revision - int64(len(known))
		var rows [][]any
		for _, id := range orderIDs {
			if !known[id] {
				continue
			}
			delete(known, id)
			next++
			rows = append(rows, []any{s.name, id, next, int64(0), int64(1), ""})
		}
		if err := t.insert(ctx, `INSERT INTO lb_ledger (shop, order_id, revision, visible_from, dropped, doc) {rows text text int int int text}
			ON CONFLICT (shop, order_id) DO UPDATE SET revision = excluded.revision, visible_from = 0, dropped = 1, doc = ''`, rows, nil); err != nil {
			return err
		}
		if revision/500 == (revision-int64(len(rows)))/500 {
			return nil
		}
		return s.db.forgetDrops(ctx, t) // now and then
	})
}

// forgetDrops forgets those orders that were dropped longest ago.
func (d *DB) forgetDrops(ctx context.Context, t *tx) error {
	var forgotten int64
	err := t.query(ctx, `SELECT revision FROM lb_ledger WHERE dropped = 1 ORDER BY revision DESC LIMIT 1 OFFSET ?`, func(rows *sql.Rows) error { return rows.Scan(&forgotten) }, d.config.DroppedOrders)
	if err != nil || forgotten == 0 {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM lb_ledger WHERE dropped = 1 AND revision <= ?`, forgotten); err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE lb_counters SET value = ? WHERE shop = '' AND name = 'forgotten'`, forgotten)
	return err
}

const reservationColumns = `shop, order_id, revision, visible_from, doc`

func scanReservation(rows *sql.Rows) (store.Reservation, error) {
	var r reservationDoc
	var shop, id, doc string
	var revision, visibleFrom int64
	if err := rows.Scan(&shop, &id, &revision, &visibleFrom, &doc); err != nil {
		return store.Reservation{}, err
	}
	if err := readDocument(doc, &r); err != nil {
		return store.Reservation{}, err
	}
	r.Shop, r.OrderID, r.Revision, r.VisibleFrom = shop, id, store.Revision(revision), store.Revision(visibleFrom)
	return store.Reservation(r), nil
}

// ReservationsOf implements [store.Ledger].
func (s Shop) ReservationsOf(ctx context.Context, orderIDs ...string) (found map[string]store.Reservation, err error) {
	err = s.read(ctx, "reading reservations by id", func(t *tx) error {
		found = map[string]store.Reservation{}
		if len(orderIDs) == 0 {
			return nil
		}
		return t.query(ctx, `SELECT `+reservationColumns+` FROM lb_ledger WHERE shop = ? AND order_id {in} AND dropped = 0`, func(rows *sql.Rows) error {
			r, err := scanReservation(rows)
			found[r.OrderID] = r
			return err
		}, s.name, orderIDs)
	})
	return found, err
}

// Reservations implements [store.Ledger].
func (s Shop) Reservations(ctx context.Context) (list []store.Reservation, err error) {
	err = s.read(ctx, "reading the reservations", func(t *tx) error {
		list = nil
		return t.query(ctx, `SELECT `+reservationColumns+` FROM lb_ledger WHERE dropped = 0 ORDER BY shop, order_id`, func(rows *sql.Rows) error {
			r, err := scanReservation(rows)
			list = append(list, r)
			return err
		})
	})
	return list, err
}

// LedgerChanges implements [store.Ledger]. It is one statement, which sees the counter
// and what was counted as of one moment.
func (s Shop) LedgerChanges(ctx context.Context, after store.Revision) (changes []store.Change, now store.Revision, err error) {
	kept := 1 // what was dropped, too
	if after <= 0 {
		kept = 0
	}
	var forgotten store.Revision
	err = s.read(ctx, "reading what changed in the ledger", func(t *tx) error {
		changes = nil
		return t.query(ctx, `SELECT c.value, f.value, l.shop, l.order_id, l.revision, l.visible_from, l.dropped, l.doc FROM lb_counters c
			JOIN lb_counters f ON f.shop = '' AND f.name = 'forgotten'
			LEFT JOIN lb_ledger l ON l.revision > ? AND l.dropped <= ?
			WHERE c.shop = '' AND c.name = 'revision' ORDER BY l.revision`, func(rows *sql.Rows) error {
			var shop, id, doc sql.NullString
			var revision, visibleFrom, dropped sql.NullInt64
			if err := rows.Scan(&now, &forgotten, &shop, &id, &revision, &visibleFrom, &dropped, &doc); err != nil || !shop.Valid {
				return err
			}
			var r reservationDoc
			if dropped.Int64 == 0 {
				if err := readDocument(doc.String, &r); err != nil {
					return err
				}
				r.Revision, r.VisibleFrom = store.Revision(revision.Int64), store.Revision(visibleFrom.Int64)
			}
			r.Shop, r.OrderID = shop.String, id.String
			changes = append(changes, store.Change{Revision: store.Revision(revision.Int64), Reservation: store.Reservation(r), Dropped: dropped.Int64 == 1})
			return nil
		}, int64(after), kept)
	})
	if err == nil && (after < 0 || after > now || after != 0 && after < forgotten) {
		return nil, now, fmt.Errorf("sqlstore: after revision %d of %d: %w", after, now, store.ErrRevision)
	}
	return changes, now, err
}

// SetSeenUpTo implements [store.Ledger].
func (s Shop) SetSeenUpTo(ctx context.Context, moment time.Time) error {
	return s.write(ctx, "noting what was seen", func(ctx context.Context, t *tx) error {
		if moment.IsZero() {
			return nil
		}
		_, err := t.exec(ctx, `INSERT INTO lb_shops (name, seen) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET seen = excluded.seen WHERE lb_shops.seen IS NULL OR lb_shops.seen < excluded.seen`, s.name, text(moment))
		return err
	})
}

// SeenUpTo implements [store.Ledger].
func (s Shop) SeenUpTo(ctx context.Context) (moments map[string]time.Time, err error) {
	err = s.read(ctx, "reading what was seen", func(t *tx) error {
		moments = map[string]time.Time{}
		return t.query(ctx, `SELECT name, seen FROM lb_shops WHERE seen IS NOT NULL`, func(rows *sql.Rows) error {
			var name string
			var seen sql.NullString
			if err := rows.Scan(&name, &seen); err != nil {
				return err
			}
			at, err := readMoment(seen)
			moments[name] = at
			return err
		})
	})
	return moments, err
}

// unique are texts, each once and sorted.
func unique(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
