package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// layout sorts as the moments do.
const layout = "2006-01-02T15:04:05.000000000Z"

var first, last = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)

// moment is a moment as it is kept: in UTC, and of a year with four digits.
func moment(t time.Time) time.Time {
	switch t = t.UTC().Round(0); {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	}
	return t
}

// sets makes moments such as they are kept.
func sets(moments ...*time.Time) {
	for _, t := range moments {
		*t = moment(*t)
	}
}

// text is a moment in a column, NULL for the zero time.
func text(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return moment(t).Format(layout)
}

// sortable is a moment to compare a column with.
func sortable(t time.Time) string { return moment(t).Format(layout) }

// readMoment is the moment in a column.
func readMoment(column sql.NullString) (time.Time, error) {
	if !column.Valid {
		return time.Time{}, nil
	}
	t, err := time.Parse(layout, column.String)
	if err != nil {
		return time.Time{}, fmt.Errorf("sqlstore: a moment in the database: %w", err)
	}
	return t, nil
}

// document is the JSON of a column. What is not UTF-8 is replaced in it.
func document(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("sqlstore: %T as JSON: %w", v, err)
	}
	return string(b), nil
}

// readDocument reads what document wrote.
func readDocument(doc string, v any) error {
	if err := json.Unmarshal([]byte(doc), v); err != nil {
		return fmt.Errorf("sqlstore: a document in the database: %w", err)
	}
	return nil
}
