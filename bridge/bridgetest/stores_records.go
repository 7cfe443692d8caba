package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// recordTests are about the records of orders.
var recordTests = map[string]func(*storeTest){
	"records":                 testRecords,
	"records: copies":         testRecordCopies,
	"records: versions":       testVersions,
	"records: all or none":    testRecordBatch,
	"records: at once":        testRecordsAtOnce,
	"records: updated":        testUpdates,
	"records: due":            testDue,
	"records: references due": testReferencesDue,
	"records: since":          testSince,
	"records: ended":          testEnded,
	"records: forgotten":      testForget,
	"records: forgotten late": testForgetLate,
}

// records reads records, without their versions.
func (s *storeTest) records(ids ...string) map[string]store.Record {
	s.Helper()
	records, _, err := s.RecordsOf(s.Context(), ids...)
	s.ok(err)
	for id, r := range records {
		if r.Version <= 0 {
			s.Errorf("record %s has version %d, want one above zero", id, r.Version)
		}
		r.Version = 0
		records[id] = r
	}
	return records
}

func (s *storeTest) put(records ...store.Record) []int64 {
	s.Helper()
	versions, err := s.PutRecords(s.Context(), records...)
	s.ok(err)
	if len(versions) != len(records) {
		s.Fatalf("%d records were put, got %d versions", len(records), len(versions))
	}
	return versions
}

// aRecord has everything, as one that is put for the first time.
func aRecord(t *testing.T, id string, seed int) store.Record {
	t.Helper()
	r := filled[store.Record](t, seed)
	r.OrderID, r.Version = id, 0
	return r
}

func testRecords(s *storeTest) {
	ctx := s.Context()
	all, bare, other := aRecord(s.T, "2", 0), store.Record{OrderID: "1"}, aRecord(s.T, "3", 1000)
	all.Address = 1<<64 - 1
	versions := s.put(all, bare, other)
	s.put()
	s.reopen()
	s.same("two records", map[string]store.Record{"1": bare, "2": all}, s.records("2", "1", "2", "never heard of"))
	if got := s.records(); len(got) != 0 {
		s.Errorf("asked for none: got %v", got)
	}
	bare.OrderID, bare.Version = "2", versions[0]
	s.put(bare)
	s.ok(s.DropRecords(ctx, "1", "never heard of"))
	s.ok(s.DropRecords(ctx, "1"))
	s.ok(s.DropRecords(ctx))
	s.reopen()
	bare.Version = 0
	s.same("2 was replaced, 1 dropped", map[string]store.Record{"2": bare, "3": other}, s.records("1", "2", "3"))
}

func testRecordCopies(s *storeTest) {
	spoil := func(r store.Record) {
		r.WarehouseIDs[0], r.Lines["spoilt"], r.Notes["spoilt"] = "spoilt", "spoilt", "spoilt"
	}
	given := aRecord(s.T, "1", 0)
	given.Due = moment
	want := given.Clone()
	s.put(given)
	spoil(given)
	for range 2 {
		of, _, err := s.RecordsOf(s.Context(), "1")
		s.ok(err)
		due, err := s.DueRecords(s.Context(), moment, store.Record{}, 9)
		s.ok(err)
		references, err := s.ReferencesDue(s.Context(), moment.Add(time.Hour), 9)
		s.ok(err)
		if len(of) != 1 || len(due) != 1 || len(references) != 1 {
			s.Fatalf("got %v, %v and %v, want one each", of, due, references)
		}
		for _, r := range []store.Record{of["1"], due[0], references[0]} {
			want.Version = r.Version
			s.same("a caller changed what is stored", want, r)
			spoil(r)
		}
	}
}

// stale checks that a put is refused and changes nothing.
func (s *storeTest) stale(what string, records ...store.Record) {
	s.Helper()
	ids := []string{"1", "2", "3"}
	before, _, err := s.RecordsOf(s.Context(), ids...)
	s.ok(err)
	if _, err := s.PutRecords(s.Context(), records...); !errors.Is(err, store.ErrStale) {
		s.Errorf("%s: got %v, want %v", what, err, store.ErrStale)
	}
	after, _, err := s.RecordsOf(s.Context(), ids...)
	s.ok(err)
	s.same(what+": a put that is refused changed a record", before, after)
}

func testVersions(s *storeTest) {
	ctx := s.Context()
	r := func(version int64, status string) store.Record {
		return store.Record{OrderID: "1", Version: version, Status: status}
	}
	s.stale("a version of a record that there is not", r(1, "old"))
	first := s.put(r(0, "a"))[0]
	s.reopen()
	s.stale("new, but it is there", r(0, "new"))
	s.stale("a version that never was", r(first+1, "future"))
	second := s.put(r(first, "a"))[0] // the same again is a put
	third := s.put(r(second, "b"))[0]
	if first <= 0 || second <= first || third <= second {
		s.Errorf("versions %d, %d and %d: want them to grow", first, second, third)
	}
	s.stale("an old version", r(first, "old"))
	s.stale("the same order twice", store.Record{OrderID: "2"}, store.Record{OrderID: "2"})
	s.ok(s.DropRecords(ctx, "1"))
	s.stale("dropped", r(third, "old"))
	fourth := s.put(r(0, "anew"))[0]
	if fourth <= third {
		s.Errorf("version %d follows %d, which was dropped: versions must not come back", fourth, third)
	}
	for _, old := range []int64{0, first, second, third} {
		s.stale("from before the drop", r(old, "old"))
	}
	// What the list of one method shows can be put.
	of, _, err := s.RecordsOf(ctx, "1")
	s.ok(err)
	if of["1"].Version != fourth || of["1"].Status != "anew" {
		s.Errorf("got %+v, want version %d", of["1"], fourth)
	}
}

func testRecordBatch(s *storeTest) {
	versions := s.put(store.Record{OrderID: "1"}, store.Record{OrderID: "2"}, store.Record{OrderID: "3"})
	s.put(store.Record{OrderID: "2", Version: versions[1], Status: "theirs"})
	batch := []store.Record{
		{OrderID: "1", Version: versions[0], Status: "ours"},
		{OrderID: "2", Version: versions[1], Status: "ours"},
		{OrderID: "3", Version: versions[2], Status: "ours"},
	}
	s.stale("one of three is old", batch...)
	slices.Reverse(batch)
	s.stale("one of three is old, from behind", batch...)
	s.put(batch[0], batch[2])
}

// testRecordsAtOnce has many put pairs of records. What is read is always a pair
// that was put together.
func testRecordsAtOnce(s *storeTest) {
	ctx, side := s.Context(), s.both()
	s.while(8, func(w int) error {
		for n := range 25 {
			mark := []string{fmt.Sprintf("%d-%d", w, n)}
			own := store.Record{OrderID: mark[0], WarehouseIDs: mark}
			if _, err := side(w).PutRecords(ctx, own); err != nil {
				return err
			}
			for {
				old, _, err := side(w).RecordsOf(ctx, "a", "b")
				if err != nil {
					return err
				}
				_, err = side(w).PutRecords(ctx, store.Record{OrderID: "a", Version: old["a"].Version, WarehouseIDs: mark},
					store.Record{OrderID: "b", Version: old["b"].Version, WarehouseIDs: mark})
				if err == nil {
					break
				}
				if !errors.Is(err, store.ErrStale) {
					return err
				}
			}
		}
		return nil
	}, func(bool) {
		pair := s.records("a", "b")
		if d := different(pair["a"].WarehouseIDs, pair["b"].WarehouseIDs); d != "" {
			s.Fatalf("two records that are put together differ%s", d)
		}
	})
	for w := range 8 {
		for n := range 25 {
			id := fmt.Sprintf("%d-%d", w, n)
			s.same("a record that nobody else put", store.Record{OrderID: id, WarehouseIDs: []string{id}}, s.records(id)[id])
		}
	}
}

// testUpdates has many count in the same two records, in both orders.
func testUpdates(s *storeTest) {
	const writers, rounds = 6, 15
	ctx, side := s.Context(), s.both()
	s.while(writers, func(w int) error {
		have := []store.Record{{OrderID: "1"}, {OrderID: "2"}}
		if w%2 == 1 {
			slices.Reverse(have)
		}
		for range rounds {
			for {
				_, err := store.UpdateRecords(ctx, side(w), func(r *store.Record) { r.Attempts++ }, have...)
				if err == nil {
					break
				}
				if !errors.Is(err, store.ErrStale) {
					return err
				}
			}
		}
		return nil
	}, func(last bool) {
		got := s.records("1", "2")
		if got["1"].Attempts != got["2"].Attempts {
			s.Fatalf("two records that are counted together differ: %d and %d", got["1"].Attempts, got["2"].Attempts)
		}
		if want := writers * rounds; last && got["1"].Attempts != want {
			s.Errorf("%d updates are left of %d", got["1"].Attempts, want)
		}
	})
}

func recordIDs(list []store.Record) string {
	text := ""
	for _, r := range list {
		text += r.OrderID + " "
	}
	return text
}

func testDue(s *storeTest) {
	ctx := s.Context()
	at := func(id string, d time.Duration) store.Record {
		return store.Record{OrderID: id, Due: moment.Add(d).In(eastern), Notes: map[string]string{"id": id}}
	}
	expect := func(step, want string, by time.Time, limit int) (list []store.Record) {
		s.Helper()
		list, err := s.DueRecords(ctx, by, store.Record{}, limit)
		s.ok(err)
		if got := recordIDs(list); got != want {
			s.Fatalf("%s: got %q, want %q: longest due first, then by order id", step, got, want)
		}
		return list
	}
	expect("nothing", "", moment, 9)
	versions := s.put(at("9", 0), at("10", 0), at("8", -time.Hour), at("7", time.Second), store.Record{OrderID: "6"}, at("5", 0), at("4", -time.Minute))
	s.reopen()
	list := expect("due now", "8 4 10 5 9 ", moment, 9)
	want := at("8", -time.Hour)
	want.Version = versions[2]
	s.same("the first", want, list[0])
	expect("due later", "8 4 10 5 9 7 ", moment.Add(time.Second), 9)
	expect("due before", "8 ", moment.Add(-time.Hour), 9)
	expect("nothing due yet", "", moment.Add(-2*time.Hour), 9)
	expect("none of them", "", moment, 0)
	after, all := store.Record{}, ""
	for range 9 {
		page, err := s.DueRecords(ctx, moment, after, 2)
		s.ok(err)
		if len(page) == 0 {
			break
		}
		all, after = all+recordIDs(page)+"| ", page[len(page)-1]
	}
	if want := "8 4 | 10 5 | 9 | "; all != want {
		s.Errorf("in pages of two: got %q, want %q", all, want)
	}
	// Done with, and put off.
	done, later := list[0], list[2]
	done.Due, later.Due = time.Time{}, moment.Add(time.Hour)
	s.put(done, later)
	s.ok(s.DropRecords(ctx, "5"))
	expect("after work", "4 9 ", moment, 9)
}

func testReferencesDue(s *storeTest) {
	ctx := s.Context()
	in := func(id string, told store.WrittenReference, warehouse ...string) store.Record {
		return store.Record{OrderID: id, WarehouseIDs: warehouse, Lines: map[string]string{"l": id}, Reference: told}
	}
	expect := func(step, want string, refusedBefore time.Time, limit int) []store.Record {
		s.Helper()
		list, err := s.ReferencesDue(ctx, refusedBefore, limit)
		s.ok(err)
		if got := recordIDs(list); got != want {
			s.Fatalf("%s: got %q, want %q", step, got, want)
		}
		return list
	}
	refused := func(at time.Time) store.WrittenReference {
		return store.WrittenReference{WarehouseID: "w", At: at, Refused: true}
	}
	s.put(
		in("9", store.WrittenReference{}, "w"), in("10", store.WrittenReference{}, "w", "v"), in("sent", store.WrittenReference{}),
		in("told", store.WrittenReference{WarehouseID: "w", At: moment}, "w", "v"),
		in("moved", store.WrittenReference{WarehouseID: "old", At: moment}, "w"),
		in("0 refused", refused(moment), "w"), in("1 refused", refused(moment.Add(time.Hour)), "w"),
		in("2 refused", store.WrittenReference{WarehouseID: "old", At: moment.Add(time.Hour), Refused: true}, "w"),
	)
	s.reopen()
	list := expect("before the refusals", "10 9 moved 2 refused ", moment, 99)
	want := in("10", store.WrittenReference{}, "w", "v")
	want.Version = list[0].Version
	s.same("the first", want, list[0])
	expect("after a refusal", "10 9 moved 0 refused 2 refused ", moment.Add(time.Second), 99)
	expect("after both", "10 9 moved 0 refused 1 refused 2 refused ", moment.Add(2*time.Hour), 99)
	expect("two of them", "10 9 ", moment.Add(2*time.Hour), 2)
	expect("none of them", "", moment.Add(2*time.Hour), 0)
	r := list[0]
	r.Reference = store.WrittenReference{WarehouseID: "w", At: moment}
	s.put(r)
	expect("after a write", "9 moved 2 refused ", moment, 99)
}

func (s *storeTest) since() time.Time {
	s.Helper()
	_, since, err := s.RecordsOf(s.Context(), "1")
	s.ok(err)
	return since
}

func testSince(s *storeTest) {
	ctx := s.Context()
	begun := s.since()
	s.same("a new store: since", moment, begun)
	for range 3 {
		s.clock.forward(time.Hour)
		s.put(store.Record{OrderID: "1"})
		s.ok(s.DropRecords(ctx, "1"))
		s.reopen()
		s.same("nothing was forgotten: since", begun, s.since())
	}
	// Another shop begins later.
	_, since, err := s.store.Shop(theirs).RecordsOf(ctx, "1")
	s.ok(err)
	s.same("the other shop: since", begun.Add(3*time.Hour), since)
}

// forgetAll forgets all orders that ended before a moment, two at a time.
func forgetAll(ctx context.Context, s store.Shop, before time.Time) (forgotten int, err error) {
	for {
		// The records are read whatever becomes of ctx: it is Forget that is tested.
		list, err := s.EndedRecords(context.WithoutCancel(ctx), before, store.Record{}, 2)
		if err != nil || len(list) == 0 {
			return forgotten, err
		}
		n, err := s.Forget(ctx, list...)
		if forgotten += n; err != nil || n != len(list) {
			return forgotten, err
		}
	}
}

// testEnded pages through records that have ended, some in the same moment.
func testEnded(s *storeTest) {
	ctx := s.Context()
	var want []string
	for i, id := range []string{"5", "1", "4", "2", "3"} {
		want = append(want, id)
		all := aRecord(s.T, id, 100*i)
		all.EndedAt, all.Due = moment.Add(time.Duration(i/2)*time.Hour).In(eastern), time.Time{}
		s.put(all)
	}
	slices.Sort(want[:2])
	slices.Sort(want[2:4])
	due := store.Record{OrderID: "due", EndedAt: moment, Due: moment.Add(time.Hour)}
	s.put(store.Record{OrderID: "open"}, due, store.Record{OrderID: "just then", EndedAt: moment.Add(3 * time.Hour)})
	for _, limit := range []int{1, 2, 3, 5, 9} {
		s.reopen()
		var got []string
		after := store.Record{}
		for {
			page, err := s.EndedRecords(ctx, moment.Add(3*time.Hour), after, limit)
			s.ok(err)
			if len(page) > limit {
				s.Fatalf("%d records, want at most %d", len(page), limit)
			}
			if len(page) == 0 || len(got) > len(want) {
				break
			}
			for _, r := range page {
				got = append(got, r.OrderID)
			}
			after = page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			s.Errorf("pages of %d: got %q, want %q: those that ended longest ago first", limit, got, want)
		}
	}
	page, err := s.EndedRecords(ctx, moment.Add(3*time.Hour), store.Record{}, 1)
	s.ok(err)
	s.same("a record that has ended", s.records("1")["1"], versionless(page[0]))
}

func versionless(r store.Record) store.Record {
	r.Version = 0
	return r
}

// testForgetLate forgets orders that somebody has put again, or that have not ended
// after all.
func testForgetLate(s *storeTest) {
	ctx := s.Context()
	put := func(id string, due time.Time) store.Record {
		r := store.Record{OrderID: id, EndedAt: moment, Due: due}
		r.Version = s.put(r)[0]
		return r
	}
	again, gone, due, open := put("again", time.Time{}), put("gone", time.Time{}), put("due", moment), store.Record{OrderID: "open"}
	open.Version = s.put(open)[0]
	s.put(again) // it has another version now
	s.reopen()
	due.Due, open.EndedAt = time.Time{}, moment // what the caller says of them is nothing
	n, err := s.Forget(ctx, again, gone, due, open, gone, store.Record{OrderID: "unknown", EndedAt: moment})
	s.ok(err)
	left := slices.Sorted(maps.Keys(s.records("again", "gone", "due", "open")))
	if want := []string{"again", "due", "open"}; n != 1 || !slices.Equal(left, want) {
		s.Errorf("forgot %d, left %q; want 1 and %q", n, left, want)
	}
	if n, err := s.Forget(ctx); n != 0 || err != nil {
		s.Errorf("nothing to forget: %d, %v", n, err)
	}
}

func testForget(s *storeTest) {
	ctx := s.Context()
	begun := s.since()
	ended := func(id string, d time.Duration) store.Record {
		return store.Record{OrderID: id, EndedAt: moment.Add(d).In(eastern)}
	}
	again := ended("due again", time.Hour)
	again.Due = moment
	all := []store.Record{
		ended("long ago", time.Hour), ended("less long ago", 2*time.Hour), ended("just then", 3*time.Hour), ended("later", 4*time.Hour),
		{OrderID: "open"}, again,
	}
	var ids []string
	for _, r := range all {
		ids = append(ids, r.OrderID)
		s.ok(s.PutLabel(ctx, store.LabelDocument{OrderID: r.OrderID, PackageID: "p"}))
	}
	s.put(all...)
	s.ok(s.PutLabel(ctx, store.LabelDocument{OrderID: "long ago", PackageID: "q"}))
	expect := func(step string, wantN int, before time.Time, since time.Time, want ...string) {
		s.Helper()
		n, err := forgetAll(ctx, s, before)
		s.ok(err)
		s.reopen()
		got := slices.Sorted(maps.Keys(s.records(ids...))) //nolint:contextcheck // it is the context of the test
		if slices.Sort(want); n != wantN || !slices.Equal(got, want) {
			s.Errorf("%s: forgot %d, left %q; want %d and %q", step, n, got, wantN, want)
		}
		for _, id := range append(ids, "long ago") {
			_, have, err := s.Label(ctx, id, "p")
			s.ok(err)
			if wanted := slices.Contains(want, id); have != wanted {
				s.Errorf("%s: the label of the order %q is there: %t, want %t", step, id, have, wanted)
			}
		}
		s.same(step+": since", since, s.since()) //nolint:contextcheck // it is the context of the test
	}
	expect("nothing old enough", 0, moment.Add(time.Hour), begun, ids...)
	expect("two that are", 2, moment.Add(3*time.Hour), moment.Add(2*time.Hour), "just then", "later", "open", "due again")
	if _, have, err := s.Label(ctx, "long ago", "q"); err != nil || have {
		s.Errorf("the second label of an order that was forgotten: there %t, %v", have, err)
	}
	expect("again", 0, moment.Add(3*time.Hour), moment.Add(2*time.Hour), "just then", "later", "open", "due again")
	expect("all that have ended", 2, moment.Add(24*time.Hour), moment.Add(4*time.Hour), "open", "due again")
	// An older end moves nothing back.
	s.put(ended("long ago", time.Hour))
	expect("one with an older end", 1, moment.Add(24*time.Hour), moment.Add(4*time.Hour), "open", "due again")
}
