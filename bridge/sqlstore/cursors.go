package sqlstore

import (
	"context"
	"database/sql"
	"maps"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

type cursorDoc struct {
	Watermark time.Time             `json:"watermark,omitzero"`
	Seen      map[string]store.Mark `json:"seen,omitempty"` // in old tables: see lb_marks
	Partial   map[string]string     `json:"partial,omitempty"`
}

// marks are those of a cursor as of a version: who has them need not read or write the
// others, which are thousands in a busy hour.
type marks struct {
	version int64
	seen    map[string]store.Mark // is not changed
}

// marksOf returns what is known of the marks of a cursor.
func (s Shop) marksOf(name string) marks {
	m, _ := s.db.marks.Load([2]string{s.name, name})
	known, _ := m.(marks)
	return known
}

// Cursor implements [store.Cursors]. It reads the marks only if another process has
// written them.
func (s Shop) Cursor(ctx context.Context, name string) (store.Cursor, error) {
	var c cursorDoc
	var version int64
	known := s.marksOf(name)
	err := s.read(ctx, "reading a cursor", func(t *tx) error {
		c, version = cursorDoc{}, 0
		if err := t.query(ctx, `SELECT doc, version FROM lb_cursors WHERE shop = ? AND name = ?`, func(rows *sql.Rows) error {
			return scanCursor(rows, &c, &version)
		}, s.name, name); err != nil || version == 0 || version == known.version {
			return err
		}
		// The cursor once more, since both must be as of one moment.
		seen := map[string]store.Mark{}
		err := t.query(ctx, `SELECT c.doc, c.version, m.order_id, m.updated_at, m.digest FROM lb_cursors c
			LEFT JOIN lb_marks m ON m.shop = c.shop AND m.cursor = c.name WHERE c.shop = ? AND c.name = ?`, func(rows *sql.Rows) error {
			var id, updated sql.NullString
			var digest sql.NullInt64
			c = cursorDoc{}
			if err := scanCursor(rows, &c, &version, &id, &updated, &digest); err != nil || !id.Valid {
				return err
			}
			at, err := readMoment(updated)
			seen[id.String] = store.Mark{UpdatedAt: at, Digest: uint64(digest.Int64)} //nolint:gosec // as it was written
			return err
		}, s.name, name)
		if err == nil { // otherwise it is tried again, and a part is not all
			known = marks{version, seen}
		}
		return err
	})
	if err != nil {
		return store.Cursor{}, err
	}
	if version > 0 {
		s.db.marks.Store([2]string{s.name, name}, known)
		c.Seen = maps.Clone(known.seen)
	}
	return store.Cursor(c), nil
}

func scanCursor(rows *sql.Rows, c *cursorDoc, dest ...any) error {
	var doc string
	if err := rows.Scan(append([]any{&doc}, dest...)...); err != nil {
		return err
	}
	return readDocument(doc, c)
}

// SetCursor implements [store.Cursors]. It writes the marks that have changed.
func (s Shop) SetCursor(ctx context.Context, name string, c store.Cursor) error {
	sets(&c.Watermark)
	next := marks{seen: make(map[string]store.Mark, len(c.Seen))}
	for id, m := range c.Seen {
		sets(&m.UpdatedAt)
		next.seen[id] = m
	}
	c.Seen = nil
	doc, err := document(cursorDoc(c))
	if err != nil {
		return err
	}
	before := s.marksOf(name)
	if err := s.write(ctx, "writing a cursor", func(ctx context.Context, t *tx) error {
		// Who writes the cursor waits here: the marks that are read stay so.
		if err := t.row(ctx, `INSERT INTO lb_cursors (shop, name, doc, version) VALUES (?, ?, ?, 1)
			ON CONFLICT (shop, name) DO UPDATE SET doc = excluded.doc, version = lb_cursors.version + 1 RETURNING version`, []any{&next.version}, s.name, name, doc); err != nil {
			return err
		}
		known := before.seen
		if before.version != next.version-1 {
			known = map[string]store.Mark{}
			if err := t.query(ctx, `SELECT order_id, updated_at, digest FROM lb_marks WHERE shop = ? AND cursor = ?`, func(rows *sql.Rows) error {
				var id string
				var updated sql.NullString
				var digest int64
				if err := rows.Scan(&id, &updated, &digest); err != nil {
					return err
				}
				at, err := readMoment(updated)
				known[id] = store.Mark{UpdatedAt: at, Digest: uint64(digest)} //nolint:gosec // as it was written
				return err
			}, s.name, name); err != nil {
				return err
			}
		}
		return s.writeMarks(ctx, t, name, known, next.seen)
	}); err != nil {
		return err
	}
	s.db.marks.Store([2]string{s.name, name}, next)
	return nil
}

// writeMarks makes the marks of a cursor those that they are to be.
func (s Shop) writeMarks(ctx context.Context, t *tx, name string, known, seen map[string]store.Mark) error {
	var gone []string
	for id := range known {
		if _, stays := seen[id]; !stays {
			gone = append(gone, id)
		}
	}
	if len(gone) > 0 {
		if _, err := t.exec(ctx, `DELETE FROM lb_marks WHERE shop = ? AND cursor = ? AND order_id {in}`, s.name, name, gone); err != nil {
			return err
		}
	}
	changed := map[string][]any{}
	for id, m := range seen {
		if old, have := known[id]; !have || old != m {
			changed[id] = []any{s.name, name, id, text(m.UpdatedAt), int64(m.Digest)} //nolint:gosec // read back as it was
		}
	}
	return t.insert(ctx, `INSERT INTO lb_marks (shop, cursor, order_id, updated_at, digest) {rows text text text text int}
		ON CONFLICT (shop, cursor, order_id) DO UPDATE SET updated_at = excluded.updated_at, digest = excluded.digest`, sorted(changed), nil)
}
