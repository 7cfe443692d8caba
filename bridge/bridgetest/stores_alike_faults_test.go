package bridgetest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// everyFault is all that is planted.
var everyFault = func() map[string]storeFault {
	all := maps.Clone(faults)
	maps.Copy(all, alikeFaults)
	return all
}()

// byCollation compares texts as a database does that ignores case.
func byCollation(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(b, a))
}

// composed writes accents as one letter, as some databases do unasked.
func composed(s string) string { return strings.ReplaceAll(s, "a\u0301", "\u00e1") }

// threeBytes is what a column keeps that has no room for signs of four bytes.
func threeBytes(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return '?'
		}
		return r
	}, s)
}

// upTo cuts a text.
func upTo(n int, s string) string { return s[:min(len(s), n)] }

// londonClock is what comes back of a moment that was written as a clock in London
// shows it: an hour twice in October.
func londonClock(t time.Time) time.Time {
	if twice := time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC); !t.Before(twice.Add(-time.Hour)) && t.Before(twice) {
		return t.Add(time.Hour)
	}
	return t
}

// dueAt makes revisits whose moments are not kept as they were given.
func dueAt(kept func(time.Time) time.Time) func(*faulty) {
	return func(f *faulty) {
		f.putRevisits = func(ctx context.Context, list string, entries ...store.Revisit) error {
			entries = slices.Clone(entries)
			for i := range entries {
				entries[i].Due = kept(entries[i].Due)
			}
			return f.Shop.PutRevisits(ctx, list, entries...)
		}
	}
}

// alikeFaults are those of databases.
var alikeFaults = map[string]storeFault{
	"hints in lower case": {"alike: hints", func(f *faulty) {
		f.addHint = func(ctx context.Context, list, id string) error {
			return f.Shop.AddHint(ctx, list, strings.ToLower(id))
		}
	}, nil},
	"lists of hints by number": {"alike: hints", func(f *faulty) {
		number := func(list string) string { return strings.TrimSuffix(strings.TrimLeft(list, "list 0"), ".0") }
		f.addHint = func(ctx context.Context, list, id string) error { return f.Shop.AddHint(ctx, number(list), id) }
		f.hints = func(ctx context.Context, list string) ([]store.Hint, error) { return f.Shop.Hints(ctx, number(list)) }
	}, nil},
	"a thousand hints": {"many: hints", func(f *faulty) {
		f.hints = func(ctx context.Context, list string) ([]store.Hint, error) {
			hints, err := f.Shop.Hints(ctx, list)
			return hints[:min(len(hints), 1000)], err
		}
	}, nil},
	"a thousand hints are dropped": {"many: hints", func(f *faulty) {
		f.dropHints = func(ctx context.Context, list string, hints ...store.Hint) error {
			return f.Shop.DropHints(ctx, list, hints[:min(len(hints), 1000)]...)
		}
	}, nil},
	"500 revisits": {"many: revisits", func(f *faulty) {
		f.revisits = func(ctx context.Context, list string) ([]store.Revisit, error) {
			found, err := f.Shop.Revisits(ctx, list)
			return found[:min(len(found), 500)], err
		}
	}, nil},
	"revisits are sorted without case": {"alike: revisits", func(f *faulty) {
		f.revisits = func(ctx context.Context, list string) ([]store.Revisit, error) {
			found, err := f.Shop.Revisits(ctx, list)
			slices.SortFunc(found, func(a, b store.Revisit) int { return byCollation(a.OrderID, b.OrderID) })
			return found, err
		}
	}, nil},
	"revisits are dropped by a pattern": {"alike: revisits", func(f *faulty) {
		f.dropRevisits = func(ctx context.Context, list string, ids ...string) error {
			found, err := f.Shop.Revisits(ctx, list)
			for _, id := range ids {
				pattern := strings.NewReplacer("%", "*", "_", "?", "*", `\*`).Replace(id)
				for _, v := range found {
					if ok, err := path.Match(pattern, v.OrderID); ok && err == nil {
						ids = append(ids, v.OrderID)
					}
				}
			}
			if err != nil {
				return err
			}
			return f.Shop.DropRevisits(ctx, list, ids...)
		}
	}, nil},
	"an error has 255 bytes": {"large: texts", func(f *faulty) {
		f.putRevisits = func(ctx context.Context, list string, entries ...store.Revisit) error {
			entries = slices.Clone(entries)
			for i := range entries {
				entries[i].LastError = strings.ToValidUTF8(upTo(255, entries[i].LastError), "")
			}
			return f.Shop.PutRevisits(ctx, list, entries...)
		}
	}, nil},
	"signs of four bytes are lost":  {"large: texts", notes(func(r *store.Record) { r.LastError = threeBytes(r.LastError) }), nil},
	"an empty note is none":         {"large: texts", notes(func(r *store.Record) { r.Notes = withoutEmpty(r.Notes) }), nil},
	"a line without a name is none": {"large: texts", notes(func(r *store.Record) { r.Lines = maps.Clone(r.Lines); delete(r.Lines, "") }), nil},
	"a reference has 64 bytes":      {"large: texts", notes(func(r *store.Record) { r.Reference.WarehouseID = upTo(64, r.Reference.WarehouseID) }), nil},
	"nothing of an item is no item": {"large: texts", loses(func(r *store.Reservation) {
		for i := range r.Lines {
			r.Lines[i].Items = maps.Clone(r.Lines[i].Items)
			maps.DeleteFunc(r.Lines[i].Items, func(_ string, n int) bool { return n == 0 })
		}
	}), nil},
	"quantities have 32 bits": {"large: numbers", loses(func(r *store.Reservation) {
		r.Items = maps.Clone(r.Items)
		for id, n := range r.Items {
			r.Items[id] = int(int32(n)) //nolint:gosec // that is the fault
		}
	}), nil},
	"quantities are floating": {"large: numbers", loses(func(r *store.Reservation) {
		r.Items = maps.Clone(r.Items)
		for id, n := range r.Items {
			r.Items[id] = int(min(float64(n), math.MaxInt-512))
		}
	}), nil},
	"quantities have no sign": {"large: numbers", loses(func(r *store.Reservation) {
		r.Items = maps.Clone(r.Items)
		for id, n := range r.Items {
			r.Items[id] = max(n, 0)
		}
	}), nil},
	"attempts have 16 bits": {"large: numbers", notes(func(r *store.Record) { r.Attempts = min(r.Attempts, math.MaxInt16) }), nil},
	"names of cursors are trimmed": {"alike: cursors", func(f *faulty) {
		f.setCursor = func(ctx context.Context, name string, c store.Cursor) error {
			return f.Shop.SetCursor(ctx, strings.TrimRight(name, " "), c)
		}
		f.cursor = func(ctx context.Context, name string) (store.Cursor, error) {
			return f.Shop.Cursor(ctx, strings.TrimRight(name, " "))
		}
	}, nil},
	"orders seen are trimmed": {"alike: cursors", func(f *faulty) {
		f.setCursor = func(ctx context.Context, name string, c store.Cursor) error {
			seen := map[string]store.Mark{}
			for id, m := range c.Seen {
				seen[strings.TrimSpace(id)] = m
			}
			c.Seen = seen
			return f.Shop.SetCursor(ctx, name, c)
		}
	}, nil},
	"accents are composed": {"alike: values", func(f *faulty) {
		f.putValue = func(ctx context.Context, name string, v []byte) error { return f.Shop.PutValue(ctx, composed(name), v) }
		f.value = func(ctx context.Context, name string) ([]byte, bool, error) { return f.Shop.Value(ctx, composed(name)) }
	}, nil},
	"names of values have 64 bytes": {"alike: values", func(f *faulty) {
		f.putValue = func(ctx context.Context, name string, v []byte) error { return f.Shop.PutValue(ctx, upTo(64, name), v) }
		f.value = func(ctx context.Context, name string) ([]byte, bool, error) { return f.Shop.Value(ctx, upTo(64, name)) }
	}, nil},
	"a value has a megabyte": {"large: labels and values", func(f *faulty) {
		f.putValue = func(ctx context.Context, name string, v []byte) error {
			return f.Shop.PutValue(ctx, name, v[:min(len(v), 1<<20)])
		}
	}, nil},
	"a label has 64 kilobytes": {"large: labels and values", func(f *faulty) {
		f.putLabel = func(ctx context.Context, d store.LabelDocument) error {
			d.Content = bytes.Clone(d.Content[:min(len(d.Content), 1<<16-1)])
			return f.Shop.PutLabel(ctx, d)
		}
	}, nil},
	"labels have one name for order and package": {"alike: labels", func(f *faulty) {
		f.putLabel = func(ctx context.Context, d store.LabelDocument) error {
			d.OrderID, d.PackageID = "all", d.OrderID+"/"+d.PackageID
			return f.Shop.PutLabel(ctx, d)
		}
		f.label = func(ctx context.Context, order, pack string) (store.LabelDocument, bool, error) {
			return f.Shop.Label(ctx, "all", order+"/"+pack)
		}
	}, nil},
	"labels are dropped without case": {"alike: labels", func(f *faulty) {
		f.dropLabels = func(ctx context.Context, ids ...string) error {
			for _, id := range ids {
				ids = append(ids, strings.ToLower(id), strings.ToUpper(id))
			}
			return f.Shop.DropLabels(ctx, ids...)
		}
	}, nil},
	"orders are numbers": {"alike: ledger", loses(func(r *store.Reservation) { r.OrderID = cmp.Or(strings.TrimLeft(r.OrderID, "0"), "0") }), nil},
	"a thousand reservations": {"many: ledger", func(f *faulty) {
		f.list = func(ctx context.Context) ([]store.Reservation, error) {
			list, err := f.Shop.Reservations(ctx)
			return list[:min(len(list), 1000)], err
		}
	}, nil},
	"a thousand reservations by id": {"many: ledger", func(f *faulty) {
		f.ofOrders = func(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
			return f.Shop.ReservationsOf(ctx, ids[:min(len(ids), 1000)]...)
		}
	}, nil},
	"a thousand changes": {"many: ledger", tells(func(_, now store.Revision, list []store.Change) ([]store.Change, store.Revision) {
		return list[:min(len(list), 1000)], now
	}), nil},
	"records without case": {"alike: records", func(f *faulty) {
		f.records = func(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
			for _, id := range ids {
				ids = append(ids, strings.ToUpper(id), strings.ToLower(id))
			}
			return f.Shop.RecordsOf(ctx, ids...)
		}
	}, nil},
	"due records are sorted without case": {"alike: records", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, _ int) ([]store.Record, error) {
			list, err := f.Shop.DueRecords(ctx, at, after, 1000)
			slices.SortFunc(list, func(a, b store.Record) int { return cmp.Or(a.Due.Compare(b.Due), byCollation(a.OrderID, b.OrderID)) })
			return list, err
		}
	}, nil},
	"pages of due records without case": {"alike: records", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
			list, err := f.Shop.DueRecords(ctx, at, after, 1000)
			list = slices.DeleteFunc(list, func(r store.Record) bool { return strings.ToLower(r.OrderID) <= strings.ToLower(after.OrderID) })
			return list[:min(len(list), limit)], err
		}
	}, nil},
	"a thousand records by id": {"many: records", func(f *faulty) {
		f.records = func(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
			return f.Shop.RecordsOf(ctx, ids[:min(len(ids), 1000)]...)
		}
	}, nil},
	"a thousand due records": {"many: records", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
			return f.Shop.DueRecords(ctx, at, after, min(limit, 1000))
		}
	}, nil},
	"a thousand are forgotten": {"many: records", func(f *faulty) {
		f.forget = func(ctx context.Context, list ...store.Record) (int, error) {
			return f.Shop.Forget(ctx, list[:min(len(list), 1000)]...)
		}
	}, nil},
	"keys of locks have 64 bytes": {"alike: locks", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			return f.Shop.Lock(ctx, upTo(64, key))
		}
	}, nil},
	"keys of locks are trimmed": {"alike: locks", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			return f.Shop.Lock(ctx, strings.TrimRight(key, " "))
		}
	}, nil},
	"names of shops have 64 bytes": {"alike: shops", func(f *faulty) {
		cut := f.of.memory.Shop(upTo(64, f.name))
		f.cursor, f.setCursor = cut.Cursor, cut.SetCursor
	}, nil},
	"moments are nanoseconds in 64 bits":     {"moments", dueAt(func(t time.Time) time.Time { return time.Unix(0, t.UnixNano()).UTC() }), nil},
	"moments are seconds in 32 bits":         {"moments", dueAt(func(t time.Time) time.Time { return time.Unix(int64(int32(t.Unix())), int64(t.Nanosecond())).UTC() }), nil}, //nolint:gosec // that is the fault
	"moments are seconds":                    {"moments", dueAt(func(t time.Time) time.Time { return t.Truncate(time.Second) }), nil},
	"moments are those of a clock on a wall": {"moments", dueAt(londonClock), nil},
	"moments have no zone": {"moments", dueAt(func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}), nil},
	"moments end in 9998": {"moments", dueAt(func(t time.Time) time.Time {
		if t.Year() == 9999 {
			return time.Time{} // "infinity"
		}
		return t
	}), nil},
	"the epoch is the zero time": {"moments", notes(func(r *store.Record) {
		if r.EndedAt.Unix() == 0 {
			r.EndedAt = time.Time{}
		}
	}), nil},
	"due records are sorted by the text of their moments": {"moments", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
			list, err := f.Shop.DueRecords(ctx, at, after, limit)
			slices.SortFunc(list, func(a, b store.Record) int {
				return strings.Compare(a.Due.Format(time.RFC1123), b.Due.Format(time.RFC1123))
			})
			return list, err
		}
	}, nil},
}

func withoutEmpty(m map[string]string) map[string]string {
	m = maps.Clone(m)
	maps.DeleteFunc(m, func(_, v string) bool { return v == "" })
	return m
}
