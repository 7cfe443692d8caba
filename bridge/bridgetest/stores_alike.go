package bridgetest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// alikeTests are about what databases take for the same, cut off, or have no room for:
// texts, many entries, large numbers, and moments far away.
var alikeTests = map[string]func(*storeTest){
	"alike: cursors":           testAlikeCursors,
	"alike: hints":             testAlikeHints,
	"alike: revisits":          testAlikeRevisits,
	"alike: labels":            testAlikeLabels,
	"alike: values":            testAlikeValues,
	"alike: ledger":            testAlikeReservations,
	"alike: records":           testAlikeRecords,
	"alike: locks":             testAlikeLocks,
	"alike: shops":             testAlikeShops,
	"many: hints":              testManyHints,
	"many: revisits":           testManyRevisits,
	"many: ledger":             testManyReservations,
	"many: records":            testManyRecords,
	"large: texts":             testLargeTexts,
	"large: labels and values": testLargeContents,
	"large: numbers":           testLargeNumbers,
	"moments":                  testMoments,
}

// alike are ids and names that differ, although some database takes them for the same:
// by case, accents and how those are written, blanks, zeros in front, signs with a
// meaning in patterns, signs that old tables have no room for, and the last of a
// hundred bytes. Each is an id of an order, and the name of a list.
var alike = []string{
	"a", "A", "a ", " a", "\u00e1", "a\u0301", "\u00df", "ss", "SS", "7", "07", "7.0", "70", "7_", "7%", "%", "_", "*", "'", "''", `\`, `\\`,
	"\U0001F600", "\U0001F601", "null", "NULL", "0", "-",
	strings.Repeat("x", 99) + "1", strings.Repeat("x", 99) + "2",
}

func inOrder(ids []string) []string { return slices.Sorted(slices.Values(ids)) }

func testAlikeCursors(s *storeTest) {
	for i, name := range alike {
		s.ok(s.SetCursor(s.Context(), name, store.Cursor{Watermark: moment.Add(time.Duration(i) * time.Hour), Partial: map[string]string{name: name}}))
	}
	s.reopen()
	for i, name := range alike {
		c, err := s.Cursor(s.Context(), name)
		s.ok(err)
		s.same(fmt.Sprintf("the cursor %q", name), store.Cursor{Watermark: moment.Add(time.Duration(i) * time.Hour), Partial: map[string]string{name: name}}, c)
	}
	seen := store.Cursor{Seen: map[string]store.Mark{}}
	for i, id := range alike {
		seen.Seen[id] = store.Mark{UpdatedAt: moment, Digest: uint64(i)}
	}
	s.ok(s.SetCursor(s.Context(), "all", seen))
	s.reopen()
	c, err := s.Cursor(s.Context(), "all")
	s.ok(err)
	s.same("orders seen whose ids are alike", seen, c)
}

func testAlikeHints(s *storeTest) {
	ctx := s.Context()
	for i, id := range alike {
		s.ok(errors.Join(s.AddHint(ctx, "a", id), s.AddHint(ctx, "list "+id, fmt.Sprint(i))))
	}
	s.reopen()
	all, err := s.Hints(ctx, "a")
	s.ok(err)
	var ids []string
	for _, h := range all {
		ids = append(ids, h.OrderID)
	}
	if !slices.Equal(ids, alike) {
		s.Fatalf("hints: got %q, want %q, in the order in which they came", ids, alike)
	}
	for i, id := range alike {
		hints, err := s.Hints(ctx, "list "+id)
		s.ok(err)
		if len(hints) != 1 || hints[0].OrderID != fmt.Sprint(i) {
			s.Errorf("the list %q has %v, want order %d", "list "+id, hints, i)
		}
		s.ok(s.DropHints(ctx, "a", all[i]))
		left, err := s.Hints(ctx, "a")
		s.ok(err)
		if len(left) != len(all)-i-1 {
			s.Fatalf("%d hints are left after %d of %d were dropped, %q last", len(left), i+1, len(all), id)
		}
	}
}

func testAlikeRevisits(s *storeTest) {
	ctx := s.Context()
	var all []store.Revisit
	for i, id := range inOrder(alike) {
		all = append(all, store.Revisit{OrderID: id, Attempts: i + 1})
		s.ok(s.PutRevisits(ctx, "list "+id, store.Revisit{OrderID: "1", Attempts: i + 1}))
	}
	s.ok(s.PutRevisits(ctx, "a", all...))
	s.reopen()
	got, err := s.Revisits(ctx, "a")
	s.ok(err)
	s.same("revisits, by the bytes of their ids", all, got)
	for i, v := range all {
		list, err := s.Revisits(ctx, "list "+v.OrderID)
		s.ok(err)
		s.same(fmt.Sprintf("the list %q", "list "+v.OrderID), []store.Revisit{{OrderID: "1", Attempts: i + 1}}, list)
		s.ok(s.DropRevisits(ctx, "a", v.OrderID))
		left, err := s.Revisits(ctx, "a")
		s.ok(err)
		s.same(fmt.Sprintf("revisits after %q was dropped", v.OrderID), all[i+1:], left)
	}
}

func testAlikeLabels(s *storeTest) {
	ctx := s.Context()
	type key struct{ order, pack string }
	keys := []key{{"ab", "c"}, {"a", "bc"}, {"a/b", "c"}, {"a", "b/c"}, {"a|b", "c"}, {"a", "b|c"}}
	for _, id := range alike {
		keys = append(keys, key{id, "p"}, key{"o", id})
	}
	for i, k := range keys {
		s.ok(s.PutLabel(ctx, store.LabelDocument{OrderID: k.order, PackageID: k.pack, Content: fmt.Append(nil, i)}))
	}
	s.reopen()
	for i, k := range keys {
		d, have, err := s.Label(ctx, k.order, k.pack)
		s.ok(err)
		if !have || string(d.Content) != fmt.Sprint(i) {
			s.Errorf("the label of order %q, package %q: there %t, %q; want %d", k.order, k.pack, have, d.Content, i)
		}
	}
	for _, dropped := range alike {
		s.ok(s.PutLabel(ctx, store.LabelDocument{OrderID: dropped, PackageID: "p", Content: []byte("x")}))
		for _, other := range alike {
			s.ok(s.PutLabel(ctx, store.LabelDocument{OrderID: other, PackageID: "p", Content: []byte("x")}))
		}
		s.ok(s.DropLabels(ctx, dropped))
		for _, other := range alike {
			if _, have, err := s.Label(ctx, other, "p"); err != nil || have == (other == dropped) {
				s.Fatalf("after the labels of order %q were dropped, that of %q is there: %t, %v", dropped, other, have, err)
			}
		}
	}
}

func testAlikeValues(s *storeTest) {
	for _, name := range alike {
		s.ok(s.PutValue(s.Context(), name, []byte("of "+name)))
	}
	s.reopen()
	for _, name := range alike {
		if v, have, err := s.Value(s.Context(), name); err != nil || !have || string(v) != "of "+name {
			s.Errorf("the value %q: got %q, %t, %v", name, v, have, err)
		}
	}
}

func testAlikeReservations(s *storeTest) {
	ctx := s.Context()
	var all []store.Reservation
	for i, id := range inOrder(alike) {
		all = append(all, store.Reservation{OrderID: id, Items: map[string]int{"item": i + 1, id: 1000}})
	}
	s.ok(s.PutReservations(ctx, all...))
	s.reopen()
	items := func(list []store.Reservation) (of []map[string]int) {
		for _, r := range list {
			of = append(of, r.Items)
		}
		return of
	}
	list, err := s.Reservations(ctx)
	s.ok(err)
	s.same("reservations, by the bytes of their orders' ids", items(all), items(list))
	for i, r := range all {
		found, err := s.ReservationsOf(ctx, r.OrderID)
		s.ok(err)
		s.same(fmt.Sprintf("the reservation of %q", r.OrderID), r.Items, found[r.OrderID].Items)
		s.ok(s.DropReservations(ctx, r.OrderID))
		left, err := s.Reservations(ctx)
		s.ok(err)
		s.same(fmt.Sprintf("reservations after %q was dropped", r.OrderID), items(all[i+1:]), items(left))
	}
}

func testAlikeRecords(s *storeTest) {
	ctx := s.Context()
	var all []store.Record
	for _, id := range inOrder(alike) {
		all = append(all, store.Record{OrderID: id, Due: moment, Why: "of " + id, Lines: map[string]string{id: "line", "line": id}})
	}
	s.put(all...)
	s.reopen()
	due, err := s.DueRecords(ctx, moment, store.Record{}, 1000)
	s.ok(err)
	for i := range due {
		due[i].Version = 0
	}
	s.same("due records of one moment, by the bytes of their ids", all, due)
	for _, limit := range []int{1, 3} {
		var paged []store.Record
		for after := (store.Record{}); ; after = paged[len(paged)-1] {
			page, err := s.DueRecords(ctx, moment, after, limit)
			s.ok(err)
			if paged = append(paged, page...); len(page) == 0 || len(paged) > len(all) {
				break
			}
		}
		for i := range paged {
			paged[i].Version = 0
		}
		s.same(fmt.Sprintf("due records by pages of %d", limit), all, paged)
	}
	for i, r := range all {
		found := s.records(r.OrderID)
		s.same(fmt.Sprintf("the record of %q", r.OrderID), map[string]store.Record{r.OrderID: r}, found)
		s.ok(s.DropRecords(ctx, r.OrderID))
		if left := s.records(alike...); len(left) != len(all)-i-1 {
			s.Fatalf("%d records are left after %q was dropped, want %d", len(left), r.OrderID, len(all)-i-1)
		}
	}
}

// testAlikeLocks holds all at once, some longer than a name in most databases.
func testAlikeLocks(s *storeTest) {
	keys := append(slices.Clone(alike), "order/"+strings.Repeat("5", 58), "order/"+strings.Repeat("5", 58)+"1", strings.Repeat("k", 199)+"1", strings.Repeat("k", 199)+"2")
	for _, key := range keys {
		unlock, err := s.try(s.Shop, key, 100*time.Millisecond)
		if err != nil {
			s.Fatalf("%q cannot be locked while others are: %v", key, err)
		}
		defer unlock()
	}
}

func testAlikeShops(s *storeTest) {
	var names []string
	for _, name := range append(slices.Clone(alike), "a b", "a  b") {
		if exceptions.CheckShop(name) == nil {
			names = append(names, name)
		}
	}
	for i, name := range names {
		shop := s.store.Shop(name)
		s.ok(shop.SetCursor(s.Context(), "c", store.Cursor{Watermark: moment.Add(time.Duration(i) * time.Hour)}))
		s.ok(shop.PutReservations(s.Context(), store.Reservation{OrderID: "1", Items: map[string]int{"item": i + 1}}))
	}
	s.reopen()
	for i, name := range names {
		shop := s.store.Shop(name)
		c, err := shop.Cursor(s.Context(), "c")
		s.ok(err)
		s.same(fmt.Sprintf("the cursor of the shop %q", name), moment.Add(time.Duration(i)*time.Hour), c.Watermark)
		own, err := shop.ReservationsOf(s.Context(), "1")
		s.ok(err)
		s.same(fmt.Sprintf("what the shop %q reserves", name), map[string]int{"item": i + 1}, own["1"].Items)
	}
	if all, err := s.Reservations(s.Context()); err != nil || len(all) != len(names) {
		s.Errorf("%d reservations in the account, %v; want one of each of %d shops", len(all), err, len(names))
	}
}

// many is more than one statement of most databases takes, and more than a page.
const many = 2500

// manyIDs are ids in their order.
func manyIDs() []string {
	ids := make([]string, many)
	for i := range ids {
		ids[i] = fmt.Sprintf("57%05d", i)
	}
	return ids
}

func testManyHints(s *storeTest) {
	ids := manyIDs()
	for _, id := range ids {
		s.ok(s.AddHint(s.Context(), "a", id))
	}
	s.reopen()
	hints, err := s.Hints(s.Context(), "a")
	s.ok(err)
	if len(hints) != many || hints[many-1].OrderID != ids[many-1] {
		s.Fatalf("got %d hints, want %d", len(hints), many)
	}
	s.ok(s.DropHints(s.Context(), "a", hints[1:]...))
	s.reopen()
	if left, err := s.Hints(s.Context(), "a"); err != nil || len(left) != 1 || left[0] != hints[0] {
		s.Errorf("%d hints are left, %v; want the first alone", len(left), err)
	}
}

func testManyRevisits(s *storeTest) {
	ids := manyIDs()
	list := make([]store.Revisit, many)
	for i, id := range ids {
		list[i] = store.Revisit{OrderID: id, Due: moment, Attempts: i}
	}
	s.ok(s.PutRevisits(s.Context(), "a", list...))
	s.reopen()
	got, err := s.Revisits(s.Context(), "a")
	s.ok(err)
	s.same("many revisits", list, got)
	s.ok(s.DropRevisits(s.Context(), "a", ids[1:]...))
	s.reopen()
	if got, err = s.Revisits(s.Context(), "a"); err != nil || len(got) != 1 {
		s.Errorf("%d revisits are left, %v; want the first alone", len(got), err)
	}
}

func testManyReservations(s *storeTest) {
	ctx, ids := s.Context(), manyIDs()
	list := make([]store.Reservation, many)
	for i, id := range ids {
		list[i] = store.Reservation{OrderID: id, Items: map[string]int{"item": 1}}
	}
	s.ok(s.PutReservations(ctx, list...))
	s.reopen()
	all, err := s.Reservations(ctx)
	s.ok(err)
	found, err := s.ReservationsOf(ctx, ids...)
	s.ok(err)
	changes, _, err := s.LedgerChanges(ctx, 0)
	s.ok(err)
	if len(all) != many || len(found) != many || len(changes) != many {
		s.Fatalf("%d are listed, %d found by id, %d changed; want %d each", len(all), len(found), len(changes), many)
	}
	s.ok(s.DropReservations(ctx, ids[1:]...))
	s.reopen()
	if all, err = s.Reservations(ctx); err != nil || len(all) != 1 {
		s.Errorf("%d reservations are left, %v; want the first alone", len(all), err)
	}
}

func testManyRecords(s *storeTest) {
	ctx, ids := s.Context(), manyIDs()
	list := make([]store.Record, many)
	for i, id := range ids {
		list[i] = store.Record{OrderID: id, Due: moment, WarehouseIDs: []string{"w" + id}}
	}
	versions := s.put(list...)
	s.reopen()
	due, err := s.DueRecords(ctx, moment, store.Record{}, many+1)
	s.ok(err)
	references, err := s.ReferencesDue(ctx, moment, many+1)
	s.ok(err)
	if found := s.records(ids...); len(found) != many || len(due) != many || len(references) != many {
		s.Fatalf("%d found by id, %d due, %d without a reference; want %d each", len(found), len(due), len(references), many)
	}
	for i := range list {
		list[i].Version, list[i].Due, list[i].EndedAt = versions[i], time.Time{}, moment
	}
	s.put(list...)
	ended, err := s.EndedRecords(ctx, moment.Add(time.Hour), store.Record{}, many+1)
	s.ok(err)
	n, err := s.Forget(ctx, ended[min(1, len(ended)):]...)
	s.ok(err)
	if left := s.records(ids...); len(ended) != many || n != many-1 || len(left) != 1 {
		s.Errorf("%d have ended, %d were forgotten, %d are left; want %d, %d and the first", len(ended), n, len(left), many, many-1)
	}
	s.ok(s.DropRecords(ctx, ids...))
	if left := s.records(ids...); len(left) > 0 {
		s.Errorf("%d are left after all were dropped", len(left))
	}
}

// longText is longer than a short column, and a letter lies across every place where
// one is cut.
func longText(bytes int) string { return strings.Repeat("\u00fc\U0001F4E6 x", bytes/8) + "end" }

func testLargeTexts(s *storeTest) {
	ctx, long := s.Context(), longText(16<<10)
	r := store.Record{
		OrderID: "1", Why: long, LastError: long, Notes: map[string]string{"long": long, "empty": ""}, Lines: map[string]string{"": "x", "y": ""},
		WarehouseIDs: []string{"", "w"}, Reference: store.WrittenReference{WarehouseID: long},
		Granted: store.Permit{At: moment, UpdatedAt: moment}, Held: store.Permit{At: moment, Status: long, Reason: long},
		Told: []store.Told{{Tracking: long, At: moment}, {Tracking: ""}},
	}
	s.put(r)
	v := store.Revisit{OrderID: "1", LastError: long}
	s.ok(s.PutRevisits(ctx, "a", v))
	c := store.Cursor{Watermark: moment, Partial: map[string]string{"long": long, "empty": ""}}
	s.ok(s.SetCursor(ctx, "a", c))
	reserved := store.Reservation{OrderID: "1", Lines: []store.ReservedLine{{LineID: "1", SKU: long, Items: map[string]int{long: 1, "zero": 0}}}}
	s.ok(s.PutReservations(ctx, reserved))
	s.reopen()
	s.same("a record with long and empty texts", map[string]store.Record{"1": r}, s.records("1"))
	revisits, err := s.Revisits(ctx, "a")
	s.ok(err)
	s.same("a revisit with a long text", []store.Revisit{v}, revisits)
	cursor, err := s.Cursor(ctx, "a")
	s.ok(err)
	s.same("a cursor with long and empty texts", c, cursor)
	found, err := s.ReservationsOf(ctx, "1")
	s.ok(err)
	s.same("a reservation with a long text and nothing of an item", reserved.Lines, found["1"].Lines)
}

func testLargeContents(s *storeTest) {
	ctx := s.Context()
	content := make([]byte, 3<<20) // a page of several labels
	for i := range content {
		content[i] = byte(i * i >> 8)
	}
	s.ok(s.PutLabel(ctx, store.LabelDocument{OrderID: "1", PackageID: "p", Content: content}))
	s.ok(s.PutValue(ctx, "a", content))
	s.reopen()
	label, _, err := s.Label(ctx, "1", "p")
	s.ok(err)
	value, _, err := s.Value(ctx, "a")
	s.ok(err)
	if !slices.Equal(label.Content, content) || !slices.Equal(value, content) {
		s.Errorf("of %d bytes a label has %d and a value %d, or others", len(content), len(label.Content), len(value))
	}
}

func testLargeNumbers(s *storeTest) {
	ctx := s.Context()
	items := map[string]int{"most": math.MaxInt, "odd": math.MaxInt - 1, "less than nothing": -1}
	s.ok(s.PutReservations(ctx, store.Reservation{OrderID: "1", Items: items}))
	s.ok(s.PutRevisits(ctx, "a", store.Revisit{OrderID: "1", Attempts: math.MaxInt32}))
	s.put(store.Record{OrderID: "1", Attempts: math.MaxInt32, Address: math.MaxUint64})
	s.reopen()
	found, err := s.ReservationsOf(ctx, "1")
	s.ok(err)
	s.same("large quantities", items, found["1"].Items)
	revisits, err := s.Revisits(ctx, "a")
	s.ok(err)
	s.same("many attempts", []store.Revisit{{OrderID: "1", Attempts: math.MaxInt32}}, revisits)
	s.same("a record with large numbers", store.Record{OrderID: "1", Attempts: math.MaxInt32, Address: math.MaxUint64}, s.records("1")["1"])
}

// moments are such as clocks, calendars and columns get wrong: the first second of
// Unix time, which is not the zero time; two that a clock in London shows alike; the
// end of 32 bits of seconds and of 64 bits of nanoseconds; the last of four digits.
var moments = map[string]time.Time{
	"epoch":         time.Unix(0, 0).UTC(),
	"summer time":   time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC),
	"winter time":   time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC),
	"leap day":      time.Date(2028, 2, 29, 23, 59, 59, 999_000_000, time.UTC),
	"32 bits":       time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
	"unsigned":      time.Date(2106, 2, 7, 6, 28, 16, 0, time.UTC),
	"64 bits":       time.Date(2262, 4, 11, 23, 47, 17, 0, time.UTC),
	"no such time":  time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC),
	"another month": time.Date(2027, 1, 1, 3, 0, 0, 0, eastern),
}

func testMoments(s *storeTest) {
	ctx := s.Context()
	names := slices.Sorted(maps.Keys(moments))
	byTime := slices.SortedFunc(maps.Keys(moments), func(a, b string) int { return moments[a].Compare(moments[b]) })
	for _, name := range names {
		at := moments[name]
		s.ok(s.SetCursor(ctx, name, store.Cursor{Watermark: at, Seen: map[string]store.Mark{"1": {UpdatedAt: at}}}))
		s.ok(s.PutRevisits(ctx, name, store.Revisit{OrderID: "1", Due: at, Deadline: at}))
		s.ok(s.PutReservations(ctx, store.Reservation{OrderID: name, CreatedAt: at, SeenAt: at, VisibleAt: at}))
		s.put(store.Record{OrderID: name, UpdatedAt: at, SentAt: at, Due: at, Deadline: at, EndedAt: at})
		s.ok(s.PutLabel(ctx, store.LabelDocument{OrderID: name, PackageID: "p", FetchedAt: at}))
	}
	s.ok(s.SetSeenUpTo(ctx, moments["no such time"]))
	s.reopen()
	for _, name := range names {
		at := moments[name]
		c, err := s.Cursor(ctx, name)
		s.ok(err)
		s.same("a cursor: "+name, store.Cursor{Watermark: at, Seen: map[string]store.Mark{"1": {UpdatedAt: at}}}, c)
		revisits, err := s.Revisits(ctx, name)
		s.ok(err)
		s.same("a revisit: "+name, []store.Revisit{{OrderID: "1", Due: at, Deadline: at}}, revisits)
		found, err := s.ReservationsOf(ctx, name)
		s.ok(err)
		r := found[name]
		s.same("a reservation: "+name, []time.Time{at, at, at}, []time.Time{r.CreatedAt, r.SeenAt, r.VisibleAt})
		want := store.Record{OrderID: name, UpdatedAt: at, SentAt: at, Due: at, Deadline: at, EndedAt: at}
		s.same("a record: "+name, want, s.records(name)[name])
		d, _, err := s.Label(ctx, name, "p")
		s.ok(err)
		s.same("a label: "+name, at, d.FetchedAt)
	}
	due, err := s.DueRecords(ctx, moments["no such time"], store.Record{}, 100)
	s.ok(err)
	var got []string
	for _, r := range due {
		got = append(got, r.OrderID)
	}
	s.same("what is due, the longest first", byTime, got)
	seen, err := s.SeenUpTo(ctx)
	s.ok(err)
	s.same("seen up to", moments["no such time"], seen[ours])
}
