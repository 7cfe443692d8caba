package sqlstore

import (
	"context"
	"database/sql"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// PutLabel implements [store.Labels].
func (s Shop) PutLabel(ctx context.Context, d store.LabelDocument) error {
	content := append([]byte{}, d.Content...) // never NULL
	return s.write(ctx, "writing a label", func(ctx context.Context, t *tx) error {
		number, err := t.count(ctx, s.name, "label", 1)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO lb_labels (shop, order_id, package_id, number, content_type, content, fetched) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (shop, order_id, package_id) DO UPDATE SET
				number = excluded.number, content_type = excluded.content_type, content = excluded.content, fetched = excluded.fetched`,
			s.name, d.OrderID, d.PackageID, number, d.ContentType, content, text(d.FetchedAt)); err != nil {
			return err
		}
		_, err = t.exec(ctx, `DELETE FROM lb_labels WHERE shop = ? AND number <=
			(SELECT number FROM lb_labels WHERE shop = ? ORDER BY number DESC LIMIT 1 OFFSET ?)`, s.name, s.name, s.db.config.LabelLimit)
		return err
	})
}

// Label implements [store.Labels].
func (s Shop) Label(ctx context.Context, orderID, packageID string) (d store.LabelDocument, found bool, err error) {
	err = s.read(ctx, "reading a label", func(t *tx) error {
		d, found = store.LabelDocument{}, false
		return t.query(ctx, `SELECT content_type, content, fetched FROM lb_labels WHERE shop = ? AND order_id = ? AND package_id = ?`, func(rows *sql.Rows) error {
			var fetched sql.NullString
			if err := rows.Scan(&d.ContentType, &d.Content, &fetched); err != nil {
				return err
			}
			at, err := readMoment(fetched)
			d.OrderID, d.PackageID, d.FetchedAt, found = orderID, packageID, at, true
			return err
		}, s.name, orderID, packageID)
	})
	return d, found, err
}

// DropLabels implements [store.Labels].
func (s Shop) DropLabels(ctx context.Context, orderIDs ...string) error {
	if len(orderIDs) == 0 {
		return s.allowed(ctx)
	}
	return s.write(ctx, "dropping labels", func(ctx context.Context, t *tx) error { return s.dropLabels(ctx, t, orderIDs) })
}

func (s Shop) dropLabels(ctx context.Context, t *tx, orderIDs []string) error {
	_, err := t.exec(ctx, `DELETE FROM lb_labels WHERE shop = ? AND order_id {in}`, s.name, orderIDs)
	return err
}

// PutValue implements [store.Values].
func (s Shop) PutValue(ctx context.Context, name string, value []byte) error {
	value = append([]byte{}, value...) // never NULL
	return s.write(ctx, "writing a value", func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO lb_values (shop, name, value) VALUES (?, ?, ?) ON CONFLICT (shop, name) DO UPDATE SET value = excluded.value`, s.name, name, value)
		return err
	})
}

// Value implements [store.Values].
func (s Shop) Value(ctx context.Context, name string) (value []byte, found bool, err error) {
	err = s.read(ctx, "reading a value", func(t *tx) error {
		value, found = nil, false
		return t.query(ctx, `SELECT value FROM lb_values WHERE shop = ? AND name = ?`, func(rows *sql.Rows) error {
			found = true
			return rows.Scan(&value)
		}, s.name, name)
	})
	return value, found, err
}
