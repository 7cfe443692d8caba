package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMemoryLocks(t *testing.T) {
	var m Memory
	shop := m.Shop("uk")
	inside, peak := map[string]int{}, 0
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 60 {
		key := string(rune('a' + i%3))
		wg.Go(func() {
			_, unlock, err := shop.Lock(t.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			mu.Lock()
			inside[key]++
			peak = max(peak, inside[key])
			mu.Unlock()
			mu.Lock()
			inside[key]--
			mu.Unlock()
		})
	}
	wg.Wait()
	if peak != 1 {
		t.Errorf("%d held one key at once, want 1", peak)
	}
	if len(m.locks) != 0 {
		t.Errorf("%d keys are left behind, want none", len(m.locks))
	}
}

func TestMemoryLockWaitsAndGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // and no goroutine is left when it ends
		var m Memory
		shop := m.Shop("uk")
		_, unlock, err := shop.Lock(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, _, err := shop.Lock(ctx, "k"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the error of the context", err)
		}
		got := make(chan func())
		go func() {
			_, next, err := shop.Lock(t.Context(), "k")
			if err != nil {
				t.Error(err)
			}
			got <- next
		}()
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("two hold one key")
		default:
		}
		unlock()
		next := <-got
		unlock() // again: the key is another's now
		if _, _, err := shop.Lock(ctx, "k"); err == nil {
			t.Error("a second unlock gave away another's lock")
		}
		next()
		if len(m.locks) != 0 {
			t.Errorf("%d keys are left behind, want none", len(m.locks))
		}
	})
}

func TestMemoryLosesNoLockThatNobodyHolds(t *testing.T) {
	var m Memory
	if m.LoseLock("uk", "k") {
		t.Error("a lock was lost that nobody has")
	}
	_, unlock, err := m.Shop("uk").Lock(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if m.LoseLock("de", "k") || !m.LoseLock("uk", "k") || m.LoseLock("uk", "k") {
		t.Error("not the one lock that was held was lost, once")
	}
	unlock()
	if len(m.locks) != 0 {
		t.Errorf("%d keys are left behind, want none", len(m.locks))
	}
}

// The log of changes does not grow for ever, and a reader that was left behind
// is told so.
func TestMemoryLedgerForgetsWhatWasDropped(t *testing.T) {
	var m Memory
	shop, ctx := m.Shop("uk"), t.Context()
	put := func(id string) Revision {
		t.Helper()
		if err := shop.PutReservations(ctx, Reservation{OrderID: id}); err != nil {
			t.Fatal(err)
		}
		return m.ledger.revision
	}
	put("stays")
	early := put("early")
	for i := range 5 * dropsKept {
		id := fmt.Sprint(i)
		put(id)
		if err := shop.DropReservations(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(m.ledger.log); n > 3*dropsKept {
		t.Errorf("the log has %d changes, want at most %d", n, 3*dropsKept)
	}
	if _, _, err := shop.LedgerChanges(ctx, early); !errors.Is(err, ErrRevision) {
		t.Errorf("a reader far behind: got %v, want %v", err, ErrRevision)
	}
	late := m.ledger.revision - dropsKept
	if changes, _, err := shop.LedgerChanges(ctx, late); err != nil || len(changes) < dropsKept/2 {
		t.Errorf("a reader that is %d changes behind: got %d changes, %v", dropsKept, len(changes), err)
	}
	changes, now, err := shop.LedgerChanges(ctx, 0)
	if err != nil || now != m.ledger.revision || len(changes) != 2 || changes[0].Reservation.OrderID != "stays" || changes[1].Reservation.OrderID != "early" {
		t.Errorf("from the start: got %v up to %d, %v; want the two that there are, up to %d", changes, now, err, m.ledger.revision)
	}
}

func TestMemoryLimits(t *testing.T) {
	m := Memory{HintLimit: 2, LabelLimit: 2}
	shop, ctx := m.Shop("uk"), t.Context()
	for _, id := range []string{"1", "2", "2"} {
		if err := shop.AddHint(ctx, "a", id); err != nil {
			t.Fatal(err)
		}
	}
	if err := shop.AddHint(ctx, "a", "3"); !errors.Is(err, ErrTooManyHints) {
		t.Errorf("a third hint: got %v, want %v", err, ErrTooManyHints)
	}
	if err := errors.Join(shop.AddHint(ctx, "b", "3"), m.Shop("de").AddHint(ctx, "a", "3")); err != nil {
		t.Errorf("another list, another shop: %v", err)
	}
	for _, id := range []string{"1", "2", "1", "3"} {
		if err := shop.PutLabel(ctx, LabelDocument{OrderID: id}); err != nil {
			t.Fatal(err)
		}
	}
	var got []bool
	for _, id := range []string{"1", "2", "3"} {
		_, have, err := shop.Label(ctx, id, "")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, have)
	}
	if diff := cmp.Diff([]bool{true, false, true}, got); diff != "" {
		t.Errorf("of three labels the one that was put longest ago makes room (-want +got):\n%s", diff)
	}
}

// Equal notices every field but the version, also one that does not exist yet.
// Nothing that is asked for again and again walks through the orders that have ended,
// and nothing is left of those that were forgotten.
func TestMemoryKeepsWhatHasEndedApart(t *testing.T) {
	const rounds, orders = 30, 1000
	var m Memory
	s, ctx := m.Shop("uk"), t.Context()
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	put := func(list ...Record) {
		t.Helper()
		if _, err := UpdateRecords(ctx, s, func(r *Record) {
			for _, want := range list {
				if want.OrderID == r.OrderID {
					want.Version = r.Version
					*r = want
				}
			}
		}, list...); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() memoryRecords { return m.shops["uk"].records }
	ended := func() (ids []string) {
		t.Helper()
		list, err := s.EndedRecords(ctx, noon.Add(1000*time.Hour), Record{}, 1000*orders)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			ids = append(ids, r.OrderID)
		}
		return ids
	}
	put(Record{OrderID: "open", WarehouseIDs: []string{"w"}, Due: noon})
	for round := range rounds {
		at := noon.Add(time.Duration(round) * time.Hour)
		var list []Record
		for i := range orders {
			list = append(list, Record{OrderID: fmt.Sprintf("%d/%04d", round, i), WarehouseIDs: []string{"w"}, Due: at})
		}
		put(list...)
		for i := range list {
			list[i].Due, list[i].EndedAt, list[i].Reference.WarehouseID = time.Time{}, at, "w"
		}
		put(list...)
		if r := kept(); len(r.due) != 1 || len(r.untold) != 1 {
			t.Fatalf("round %d: %d orders are walked for what is due, %d for references, want the open one", round, len(r.due), len(r.untold))
		}
		if round == 0 {
			continue // and its orders stay until the end
		}
		page, err := s.EndedRecords(ctx, at.Add(1), Record{OrderID: fmt.Sprintf("%d/", round), EndedAt: at}, orders)
		if err != nil || len(page) != orders {
			t.Fatalf("%d of %d orders have ended, %v", len(page), orders, err)
		}
		if _, err := s.Forget(ctx, page...); err != nil {
			t.Fatal(err)
		}
	}
	if r := kept(); len(r.all) != orders+1 || len(r.ended) > 3*orders {
		t.Errorf("%d records and %d endings are kept of %d orders that were not forgotten", len(r.all), len(r.ended), orders+1)
	}
	if got := len(ended()); got != orders {
		t.Errorf("%d orders have ended, want %d", got, orders)
	}
	page, err := s.EndedRecords(ctx, noon.Add(1), Record{}, orders)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Forget(ctx, page...); err != nil {
		t.Fatal(err)
	}
	if r := kept(); len(r.all) != 1 || len(r.ended) > 0 || r.alive != 0 {
		t.Errorf("%d records, %d endings and %d that are alive are left of one open order", len(r.all), len(r.ended), r.alive)
	}

	// An order that ends again counts from then on, one that is looked at again not at all.
	a, b := Record{OrderID: "a", EndedAt: noon}, Record{OrderID: "b", EndedAt: noon.Add(time.Hour)}
	for _, step := range []struct {
		what string
		a    Record
		want []string
	}{
		{"both have ended", a, []string{"a", "b"}},
		{"it is due again", Record{OrderID: "a", EndedAt: noon, Due: noon}, []string{"b"}},
		{"it was looked at", a, []string{"a", "b"}},
		{"it ends later", Record{OrderID: "a", EndedAt: noon.Add(2 * time.Hour)}, []string{"b", "a"}},
		{"it is open again", Record{OrderID: "a"}, []string{"b"}},
		{"it ends as at first", a, []string{"a", "b"}},
	} {
		put(step.a, b)
		if diff := cmp.Diff(step.want, ended()); diff != "" {
			t.Errorf("%s: ended (-want +got):\n%s", step.what, diff)
		}
	}
}

func TestRecordEqual(t *testing.T) {
	var change func(v reflect.Value)
	change = func(v reflect.Value) {
		if moment, ok := v.Addr().Interface().(*time.Time); ok {
			*moment = time.Unix(1, 0)
			return
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int64:
			v.SetInt(1)
		case reflect.Uint64:
			v.SetUint(1)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem())
		case reflect.Struct:
			change(v.Field(v.NumField() - 1))
		default:
			t.Fatalf("the test cannot change a %s", v.Type())
		}
	}
	for field := range reflect.TypeFor[Record]().Fields() {
		var r Record
		change(reflect.ValueOf(&r).Elem().FieldByIndex(field.Index))
		if got, want := r.Equal(Record{}), field.Name == "Version"; got != want {
			t.Errorf("records that differ in %s only: Equal is %t, want %t", field.Name, got, want)
		}
	}
	cet := time.FixedZone("CET", 3600)
	a := Record{Due: time.Unix(1, 0).In(cet), Lines: map[string]string{}, WarehouseIDs: []string{}}
	if !a.Equal(Record{Due: time.Unix(1, 0).UTC()}) {
		t.Error("another zone and an empty map are a difference")
	}
}

func TestRecordSetNote(t *testing.T) {
	var r Record
	r.SetNote("a", "") // there is none
	if r.Notes != nil {
		t.Errorf("dropping a note that is not there: got %v", r.Notes)
	}
	r.SetNote("a", "1")
	copied := r
	r.SetNote("b", "2")
	r.SetNote("a", "")
	if diff := cmp.Diff(map[string]string{"b": "2"}, r.Notes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"a": "1"}, copied.Notes); diff != "" {
		t.Errorf("the copy was changed (-want +got):\n%s", diff)
	}
}

func TestUpdateRecords(t *testing.T) {
	ctx := t.Context()
	shop := new(Memory).Shop("uk")
	note := func(name string) func(*Record) {
		return func(r *Record) {
			if r.Notes == nil {
				r.Notes = map[string]string{}
			}
			r.Notes[name] = name
		}
	}
	mine, err := UpdateRecords(ctx, shop, note("first"), Record{OrderID: "1"}, Record{OrderID: "2"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := UpdateRecords(ctx, shop, note("other"), Record{OrderID: "1"}); err != nil { // as one that has read nothing
		t.Fatal(err)
	}
	stored, err := UpdateRecords(ctx, shop, note("second"), mine...)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := shop.RecordsOf(ctx, "1", "2")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Record{
		"1": {OrderID: "1", Notes: map[string]string{"first": "first", "other": "other", "second": "second"}},
		"2": {OrderID: "2", Notes: map[string]string{"first": "first", "second": "second"}},
	}
	for i, id := range []string{"1", "2"} {
		if !got[id].Equal(want[id]) || !reflect.DeepEqual(got[id], stored[i]) {
			t.Errorf("order %s: stored %+v, returned %+v, want %+v", id, got[id], stored[i], want[id])
		}
	}
	if len(mine[0].Notes) != 1 {
		t.Errorf("the caller's record was changed: %v", mine[0].Notes)
	}
}

// contested is a store in which somebody else is always faster.
type contested struct {
	Records
	puts int
}

func (c *contested) PutRecords(context.Context, ...Record) ([]int64, error) {
	c.puts++
	return nil, ErrStale
}

func TestUpdateRecordsGivesUp(t *testing.T) {
	c := &contested{Records: new(Memory).Shop("uk")}
	if _, err := UpdateRecords(t.Context(), c, func(*Record) {}, Record{OrderID: "1"}); !errors.Is(err, ErrStale) || c.puts != maxUpdates {
		t.Errorf("got %v after %d puts, want %v after %d", err, c.puts, ErrStale, maxUpdates)
	}
	if got, err := UpdateRecords(t.Context(), c.Records, func(*Record) {}); len(got) != 0 || err != nil {
		t.Errorf("no records: got %v, %v", got, err)
	}
}
