package rates_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/rates"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

var errAway = errors.New("away")

// shaky is a shop's memory that fails now and then: before it writes, or after it has.
type shaky struct {
	store.Shop
	fail func(call string) error
}

func (s *shaky) failing(call string) error {
	if s.fail == nil {
		return nil
	}
	return s.fail(call)
}

func (s *shaky) RecordsOf(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
	if err := s.failing("RecordsOf"); err != nil {
		return nil, time.Time{}, err
	}
	return s.Shop.RecordsOf(ctx, ids...)
}

func (s *shaky) PutRecords(ctx context.Context, records ...store.Record) ([]int64, error) {
	if err := s.failing("PutRecords"); err != nil {
		return nil, err
	}
	versions, err := s.Shop.PutRecords(ctx, records...)
	return versions, errors.Join(err, s.failing("PutRecords, after"))
}

func (s *shaky) PutValue(ctx context.Context, name string, value []byte) error {
	if err := s.failing("PutValue"); err != nil {
		return err
	}
	return errors.Join(s.Shop.PutValue(ctx, name, value), s.failing("PutValue, after"))
}

func (s *shaky) Value(ctx context.Context, name string) ([]byte, bool, error) {
	if err := s.failing("Value"); err != nil {
		return nil, false, err
	}
	return s.Shop.Value(ctx, name)
}

func (s *shaky) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	if err := s.failing("Lock"); err != nil {
		return ctx, nil, err
	}
	return s.Shop.Lock(ctx, key)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newShop is a memory with records of orders.
func newShop(t *testing.T, ids ...string) *shaky {
	t.Helper()
	s := &shaky{Shop: new(store.Memory).Shop("uk")}
	for _, id := range ids {
		_, err := s.PutRecords(t.Context(), store.Record{OrderID: id, Status: "DELIVERED", Notes: map[string]string{"sale": "of another part"}})
		must(t, err)
	}
	return s
}

func newTally(t *testing.T, s store.Shop, now time.Time) *rates.Tally {
	t.Helper()
	tally, err := rates.New(rates.Ports{Records: s, Values: s, Locks: s}, rates.Options{Now: func() time.Time { return now }})
	must(t, err)
	return tally
}

// order is an order of a day, n days before noon, good and bad in measures.
func order(id string, n int, good, bad []policy.Measure) rates.Order {
	return rates.Order{ID: id, Placed: noon.AddDate(0, 0, -n), Market: "GB", Model: "seller", Good: good, Bad: bad}
}

func list(m ...policy.Measure) []policy.Measure { return m }

func TestCounts(t *testing.T) {
	ready, scan := policy.LateAtReady, policy.LateAtScan
	abroad := order("2", 1, list(ready), nil)
	abroad.Market, abroad.Model = "DE", "tiktok"
	nowhere := order("3", 1, list(ready), nil)
	nowhere.Market, nowhere.Model = "", ""
	undated := order("1", 0, list(ready), nil)
	undated.Placed = time.Time{}
	for _, tc := range []struct {
		name    string
		calls   [][]rates.Order
		market  string
		model   string
		measure policy.Measure
		days    int
		want    rates.Count
	}{
		{"none", nil, "GB", "", ready, 7, rates.Count{}},
		{"one", [][]rates.Order{{order("1", 1, list(ready), nil)}}, "GB", "", ready, 7, rates.Count{Orders: 1}},
		{"a bad one", [][]rates.Order{{order("1", 1, nil, list(ready))}}, "GB", "", ready, 7, rates.Count{Orders: 1, Bad: 1}},
		{"another measure", [][]rates.Order{{order("1", 1, list(scan), list(ready))}}, "GB", "", scan, 7, rates.Count{Orders: 1}},
		{"several", [][]rates.Order{{order("1", 1, list(ready), nil), order("2", 3, nil, list(ready)), order("3", 3, list(ready), nil)}}, "GB", "", ready, 7, rates.Count{Orders: 3, Bad: 1}},
		{"read twice", [][]rates.Order{{order("1", 1, list(ready), nil)}, {order("1", 1, list(ready), nil)}}, "GB", "", ready, 7, rates.Count{Orders: 1}},
		{"twice in one list", [][]rates.Order{{order("1", 1, list(ready), nil), order("1", 1, nil, list(ready))}}, "GB", "", ready, 7, rates.Count{Orders: 1, Bad: 1}},
		{"it became bad", [][]rates.Order{{order("1", 1, list(ready), nil)}, {order("1", 1, nil, list(ready))}}, "GB", "", ready, 7, rates.Count{Orders: 1, Bad: 1}},
		{"it no longer counts", [][]rates.Order{{order("1", 1, nil, list(ready))}, {order("1", 1, nil, nil)}}, "GB", "", ready, 7, rates.Count{}},
		{"of another day by now", [][]rates.Order{{order("1", 9, list(ready), nil)}, {order("1", 1, list(ready), nil)}}, "GB", "", ready, 40, rates.Count{Orders: 1}},
		{"the first day of the window", [][]rates.Order{{order("1", 7, list(ready), nil)}}, "GB", "", ready, 7, rates.Count{Orders: 1}},
		{"before the window", [][]rates.Order{{order("1", 8, list(ready), nil)}}, "GB", "", ready, 7, rates.Count{}},
		{"older than what is kept", [][]rates.Order{{order("1", 41, list(ready), nil)}}, "GB", "", ready, 90, rates.Count{}},
		{"another market", [][]rates.Order{{order("1", 1, list(ready), nil), abroad}}, "DE", "", ready, 7, rates.Count{Orders: 1}},
		{"the other shipping model", [][]rates.Order{{order("1", 1, list(ready), nil)}}, "GB", "tiktok", ready, 7, rates.Count{}},
		{"the shipping model", [][]rates.Order{{order("1", 1, list(ready), nil)}}, "GB", "seller", ready, 7, rates.Count{Orders: 1}},
		{"no market and model", [][]rates.Order{{nowhere}}, "", "", ready, 7, rates.Count{Orders: 1}},
		{"nobody knows when it was placed", [][]rates.Order{{undated}}, "GB", "", ready, 90, rates.Count{}},
		{"without a record", [][]rates.Order{{order("foreign", 1, list(ready), nil)}}, "GB", "", ready, 7, rates.Count{}},
		{"without an id", [][]rates.Order{{order("", 1, list(ready), nil)}}, "GB", "", ready, 7, rates.Count{}},
	} {
		shop := newShop(t, "1", "2", "3")
		for _, orders := range tc.calls {
			must(t, newTally(t, shop, noon).Count(t.Context(), orders...)) // as after a restart
		}
		counts, err := newTally(t, shop, noon).Counts(t.Context())
		must(t, err)
		if got := counts.Of(tc.measure, tc.market, tc.model, noon.AddDate(0, 0, -tc.days)); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
		}
		records, _, err := shop.RecordsOf(t.Context(), "1")
		must(t, err)
		if got := records["1"].Notes["sale"]; got != "of another part" {
			t.Errorf("%s: the note of another part is %q", tc.name, got)
		}
	}
}

// Days that are over are dropped, and what was counted then is not taken back from others.
func TestOldDays(t *testing.T) {
	shop := newShop(t, "1", "2", "3")
	must(t, newTally(t, shop, noon).Count(t.Context(),
		order("1", 39, list(policy.LateAtReady), nil), order("2", 0, list(policy.LateAtReady), nil), order("3", 39, list(policy.LateAtReady), nil)))
	later := newTally(t, shop, noon.AddDate(0, 0, 10))
	must(t, later.Count(t.Context(), order("1", 39, nil, list(policy.LateAtReady)), order("2", 0, nil, list(policy.LateAtReady))))
	counts, err := later.Counts(t.Context())
	must(t, err)
	if got, want := counts.Of(policy.LateAtReady, "GB", "", noon.AddDate(-1, 0, 0)), (rates.Count{Orders: 1, Bad: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if diff := cmp.Diff([]string{"GB"}, counts.Markets()); diff != "" {
		t.Error(diff)
	}
}

// Whatever fails at whatever moment, and whichever process dies or works beside, every
// order counts once and as it was counted last.
func TestCountsOnce(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		ids := make([]string, 12)
		for i := range ids {
			ids[i] = fmt.Sprint(i)
		}
		shop := newShop(t, ids...)
		shop.fail = func(string) error {
			if r.IntN(6) == 0 {
				return errAway
			}
			return nil
		}
		processes := []*rates.Tally{newTally(t, shop, noon), newTally(t, shop, noon)}
		want, again := map[string]rates.Order{}, map[string]rates.Order{}
		for range 40 {
			i := r.IntN(2)
			o := order(ids[r.IntN(len(ids))], r.IntN(3), nil, nil)
			if m := list(policy.ValidTracking); r.IntN(2) == 0 {
				o.Good = m
			} else {
				o.Bad = m
			}
			err := processes[i].Count(t.Context(), o)
			for err != nil && r.IntN(4) > 0 {
				err = processes[i].Count(t.Context())
			}
			delete(again, o.ID)
			if err != nil { // the process dies, and the order is read again some time
				processes[i], again[o.ID] = newTally(t, shop, noon), o
			}
			want[o.ID] = o
		}
		shop.fail = nil
		for _, o := range again {
			must(t, processes[0].Count(t.Context(), o))
		}
		counts, err := processes[0].Counts(t.Context())
		must(t, err)
		for days := range 3 {
			var sum rates.Count
			for _, o := range want {
				if o.Placed.Before(noon.AddDate(0, 0, -days)) {
					continue
				}
				sum.Orders, sum.Bad = sum.Orders+1, sum.Bad+len(o.Bad)
			}
			if got := counts.Of(policy.ValidTracking, "GB", "", noon.AddDate(0, 0, -days)); got != sum {
				t.Errorf("seed %d: since %d days: got %+v, want %+v", seed, days, got, sum)
			}
		}
		but := ids[:r.IntN(len(ids))]
		counts, err = processes[1].Counts(t.Context(), append(slices.Clone(but), "never heard of")...)
		must(t, err)
		var sum rates.Count
		for id, o := range want {
			if !slices.Contains(but, id) {
				sum.Orders, sum.Bad = sum.Orders+1, sum.Bad+len(o.Bad)
			}
		}
		if got := counts.Of(policy.ValidTracking, "GB", "", noon.AddDate(0, 0, -2)); got != sum {
			t.Errorf("seed %d: but %q: got %+v, want %+v", seed, but, got, sum)
		}
	}
}

// An order that is forgotten before its day is over, and heard of again, stays as it was
// counted; one that is new counts, however late it ends.
func TestForgottenOrdersCountOnce(t *testing.T) {
	for _, tc := range []struct {
		name    string
		forgets time.Duration
		placed  int // days ago
		sent    bool
		counted bool // before it was forgotten
		want    int
	}{
		{"counted and forgotten", 3 * day, 4, false, true, 1},
		{"ended late, and was never forgotten", 3 * day, 4, true, false, 1},
		{"not older than what is forgotten", 3 * day, 2, false, false, 1},
		{"may have been forgotten", 3 * day, 4, false, false, 0},
		{"nothing is forgotten", 0, 4, false, false, 1},
	} {
		shop := newShop(t, "1")
		tally, err := rates.New(rates.Ports{Records: shop, Values: shop, Locks: shop}, rates.Options{Forgets: tc.forgets, Now: func() time.Time { return noon }})
		must(t, err)
		o := order("1", tc.placed, list(policy.LateAtReady), nil)
		if tc.counted {
			before, err := rates.New(rates.Ports{Records: shop, Values: shop, Locks: shop}, rates.Options{Forgets: tc.forgets, Now: func() time.Time { return noon.AddDate(0, 0, -tc.placed) }})
			must(t, err)
			must(t, before.Count(t.Context(), o))
		}
		gone := store.Record{OrderID: "1", EndedAt: noon}
		_, err = store.UpdateRecords(t.Context(), shop.Shop, func(r *store.Record) { r.EndedAt = gone.EndedAt }, gone)
		must(t, err)
		records, _, err := shop.Shop.RecordsOf(t.Context(), "1")
		must(t, err)
		_, err = shop.Forget(t.Context(), records["1"])
		must(t, err)
		heard := store.Record{OrderID: "1"}
		if tc.sent {
			heard.SentAt = noon.AddDate(0, 0, -tc.placed)
		}
		_, err = shop.PutRecords(t.Context(), heard)
		must(t, err)
		for range 2 {
			must(t, tally.Count(t.Context(), o))
		}
		counts, err := tally.Counts(t.Context())
		must(t, err)
		if got := counts.Of(policy.LateAtReady, "GB", "", noon.AddDate(0, 0, -30)).Orders; got != tc.want {
			t.Errorf("%s: counts %d times, want %d", tc.name, got, tc.want)
		}
	}
	if _, err := rates.New(rates.Ports{Records: newShop(t), Values: newShop(t), Locks: newShop(t)}, rates.Options{Forgets: -1}); err == nil || !strings.Contains(err.Error(), "Forgets") {
		t.Errorf("Forgets below zero: got %v, want an error that names it", err)
	}
}

const day = 24 * time.Hour

// Two processes that count at the same time lose nothing.
func TestCountsBesideOthers(t *testing.T) {
	var ids []string
	for i := range 200 {
		ids = append(ids, fmt.Sprint(i))
	}
	shop := newShop(t, ids...)
	var done sync.WaitGroup
	for half := range 2 {
		tally := newTally(t, shop, noon)
		done.Go(func() {
			for i := half; i < len(ids); i += 2 {
				if err := tally.Count(t.Context(), order(ids[i], 0, list(policy.LateAtReady), nil)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done.Wait()
	counts, err := newTally(t, shop, noon).Counts(t.Context())
	must(t, err)
	if got := counts.Of(policy.LateAtReady, "GB", "", noon); got.Orders != len(ids) {
		t.Errorf("got %d orders, want %d", got.Orders, len(ids))
	}
}

// What fails is told, with what it was about, and is counted when it works again.
func TestCountFails(t *testing.T) {
	for _, call := range []string{"Lock", "Value", "RecordsOf", "PutValue", "PutRecords"} {
		shop := newShop(t, "1")
		tally := newTally(t, shop, noon)
		shop.fail = func(c string) error {
			if c == call {
				return errAway
			}
			return nil
		}
		if err := tally.Count(t.Context(), order("1", 0, list(policy.LateAtReady), nil)); !errors.Is(err, errAway) || !strings.Contains(err.Error(), "1 order") {
			t.Errorf("%s: got %v, want an error of the store that says for how many orders", call, err)
		}
		if _, err := tally.Counts(t.Context()); !errors.Is(err, errAway) {
			t.Errorf("%s: the counts without an order that waits: got %v, want an error of the store", call, err)
		}
		shop.fail = nil
		counts, err := tally.Counts(t.Context())
		must(t, err)
		if got := counts.Of(policy.LateAtReady, "GB", "", noon); got.Orders != 1 {
			t.Errorf("%s: got %d orders when it works again, want 1", call, got.Orders)
		}
	}
	shop := newShop(t)
	must(t, shop.PutValue(t.Context(), "rates", []byte("[]")))
	if _, err := newTally(t, shop, noon).Counts(t.Context()); err == nil || !strings.Contains(err.Error(), `"rates"`) {
		t.Errorf("a value of somebody else: got %v, want an error that names it", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newTally(t, shop, noon).Counts(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: got %v", err)
	}
}

func TestNew(t *testing.T) {
	shop := newShop(t)
	if _, err := rates.New(rates.Ports{Values: shop}, rates.Options{}); err == nil || !strings.Contains(err.Error(), "Records") || !strings.Contains(err.Error(), "Locks") {
		t.Errorf("ports are missing: got %v, want an error that names them", err)
	}
	if _, err := rates.New(rates.Ports{Records: shop, Values: shop, Locks: shop}, rates.Options{Keep: time.Hour}); err == nil || !strings.Contains(err.Error(), "Keep") {
		t.Errorf("Keep of an hour: got %v, want an error that names it", err)
	}
}

// forgetful forgets the orders before the first put.
type forgetful struct {
	store.Shop
	done bool
}

func (s *forgetful) PutRecords(ctx context.Context, records ...store.Record) ([]int64, error) {
	if !s.done {
		s.done = true
		if _, err := s.Forget(ctx, records[0]); err != nil {
			return nil, err
		}
	}
	return s.Shop.PutRecords(ctx, records...)
}

// A record that is forgotten while its order is counted does not come back, and the
// order beside it is noted.
func TestCountBringsNoRecordBack(t *testing.T) {
	memory := new(store.Memory).Shop("uk")
	_, err := memory.PutRecords(t.Context(), store.Record{OrderID: "1", EndedAt: noon}, store.Record{OrderID: "2"})
	must(t, err)
	tally := newTally(t, &forgetful{Shop: memory}, noon)
	must(t, tally.Count(t.Context(), order("1", 0, list(policy.LateAtReady), nil), order("2", 0, list(policy.LateAtReady), nil)))
	records, _, err := memory.RecordsOf(t.Context(), "1", "2")
	must(t, err)
	if _, back := records["1"]; back || records["2"].Notes["rates"] == "" {
		t.Errorf("got %+v, want the second alone, with a note", records)
	}
}
