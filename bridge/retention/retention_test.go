package retention_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/retention"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// memory is a shop's.
type memory interface {
	store.Shop
	exceptions.Queue
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// finished is a shop's memory with orders that ended long ago.
type finished struct {
	t       *testing.T
	now     time.Time
	memory  memory
	pending []string // requests
	calls   []string
	fail    string // the call that fails
}

var errAway = errors.New("away")

func newFinished(t *testing.T) *finished {
	return &finished{t: t, now: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), memory: struct {
		store.Shop
		exceptions.Queue
	}{new(store.Memory).Shop("uk"), new(exceptions.Memory).Shop("uk")}}
}

func (f *finished) call(name string) error {
	if f.calls = append(f.calls, name); f.fail == name {
		return errAway
	}
	return nil
}

func (f *finished) requested(context.Context) ([]string, error) {
	return f.pending, f.call("Requested")
}

// watched is the memory, with calls that can fail.
type watched struct {
	memory
	f *finished
}

func (w watched) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	list, err := w.memory.Open(ctx, kinds...)
	return list, errors.Join(err, w.f.call("Open"))
}

func (w watched) Revisits(ctx context.Context, list string) ([]store.Revisit, error) {
	found, err := w.memory.Revisits(ctx, list)
	return found, errors.Join(err, w.f.call("Revisits"))
}

func (w watched) ReservationsOf(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
	found, err := w.memory.ReservationsOf(ctx, ids...)
	return found, errors.Join(err, w.f.call("ReservationsOf"))
}

func (w watched) EndedRecords(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
	found, err := w.memory.EndedRecords(ctx, before, after, limit)
	return found, errors.Join(err, w.f.call("EndedRecords"))
}

func (w watched) Forget(ctx context.Context, records ...store.Record) (int, error) {
	if err := w.f.call("Forget"); err != nil {
		return 0, err
	}
	return w.memory.Forget(ctx, records...)
}

func (f *finished) retention(o retention.Options) *retention.Orders {
	f.t.Helper()
	o.Now = func() time.Time { return f.now }
	m := watched{f.memory, f}
	r, err := retention.New(retention.Ports{Records: m, Ledger: m, Revisits: m, Requested: f.requested, Exceptions: m}, o)
	must(f.t, err)
	return r
}

func (f *finished) put(records ...store.Record) {
	f.t.Helper()
	_, err := f.memory.PutRecords(f.t.Context(), records...)
	must(f.t, err)
}

func (f *finished) left(ids ...string) []string {
	f.t.Helper()
	found, _, err := f.memory.RecordsOf(f.t.Context(), ids...)
	must(f.t, err)
	return slices.Sorted(maps.Keys(found))
}

// Orders that ended long ago are forgotten, unless something still names them.
func TestRetention(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	ended := func(ago time.Duration) store.Record {
		return store.Record{WarehouseIDs: []string{"w1"}, EndedAt: newFinished(t).now.Add(-ago)}
	}
	long := 91 * day
	for name, tc := range map[string]struct {
		options retention.Options
		record  func(r *store.Record)
		given   func(f *finished) error
		ago     time.Duration // default long
		kept    bool
	}{
		"ended long ago":                          {},
		"ended 90 days ago":                       {ago: 90 * day, kept: true},
		"ended 90 days and a bit":                 {ago: 90*day + time.Millisecond},
		"ended two days ago, and a day is enough": {options: retention.Options{After: day}, ago: 2 * day},
		"not ended":                               {record: func(r *store.Record) { r.EndedAt = time.Time{} }, kept: true},
		"due again":                               {record: func(r *store.Record) { r.Due = r.EndedAt }, kept: true},
		"unknown outcome":                         {record: func(r *store.Record) { r.OutcomeUnknown = true }, kept: true},
		"a release half done":                     {record: func(r *store.Record) { r.Releasing = true }, kept: true},
		"parked":                                  {record: func(r *store.Record) { r.ParkedAt = r.EndedAt }, kept: true},
		"parked and released":                     {record: func(r *store.Record) { r.ParkedAt, r.ReleasedAt = r.EndedAt.Add(-1), r.EndedAt }},
		"parked once more":                        {record: func(r *store.Record) { r.ParkedAt, r.ReleasedAt = r.EndedAt, r.EndedAt.Add(-time.Hour) }, kept: true},
		"a correction begun":                      {record: func(r *store.Record) { r.Correction.At = r.EndedAt }, kept: true},
		"a correction seen":                       {record: func(r *store.Record) { r.Correction.At, r.Correction.Done = r.EndedAt, true }},
		"a request waits":                         {given: func(f *finished) error { f.pending = []string{"2", "1"}; return nil }, kept: true},
		"another's request":                       {given: func(f *finished) error { f.pending = []string{"2"}; return nil }},
		"stock is reserved": {given: func(f *finished) error {
			return f.memory.PutReservations(t.Context(), store.Reservation{OrderID: "1"})
		}, kept: true},
		"the intake looks again": {given: func(f *finished) error {
			return f.memory.PutRevisits(t.Context(), "orders", store.Revisit{OrderID: "1"})
		}, kept: true},
		"the dispatch looks again": {given: func(f *finished) error {
			return f.memory.PutRevisits(t.Context(), "dispatch", store.Revisit{OrderID: "w1"})
		}, kept: true},
		"the revoker looks again": {given: func(f *finished) error {
			return f.memory.PutRevisits(t.Context(), "revocations", store.Revisit{OrderID: "1"})
		}, kept: true},
		"a list of one's own": {options: retention.Options{Lists: []string{"mine"}}, given: func(f *finished) error {
			return f.memory.PutRevisits(t.Context(), "mine", store.Revisit{OrderID: "1"})
		}, kept: true},
		"a case is open": {given: func(f *finished) error {
			return f.memory.Raise(t.Context(), exceptions.New(exceptions.OrderStuck, exceptions.ForOrder("1"), time.Time{}, "x", "y"))
		}, kept: true},
		"a case of many names it": {given: func(f *finished) error {
			e := exceptions.New(exceptions.UnmappedCarrier, "carrier x", time.Time{}, "x", "y")
			e.Orders = []string{"1", "2"}
			return f.memory.Raise(t.Context(), e)
		}, kept: true},
		"a case has it as evidence": {given: func(f *finished) error {
			return f.memory.Raise(t.Context(), exceptions.New(exceptions.StockRefused, "SKU x", time.Time{}, "x", "y", exceptions.Evidence("order", "1")...))
		}, kept: true},
		"a case of another": {given: func(f *finished) error {
			return f.memory.Raise(t.Context(), exceptions.New(exceptions.OrderStuck, exceptions.ForOrder("2"), time.Time{}, "x", "y"))
		}},
		"a case that is closed": {given: func(f *finished) error {
			return errors.Join(f.memory.Raise(t.Context(), exceptions.New(exceptions.OrderStuck, exceptions.ForOrder("1"), time.Time{}, "x", "y")),
				f.memory.Clear(t.Context(), exceptions.ForOrder("1"), exceptions.OrderStuck))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFinished(t)
			r := ended(long)
			if tc.ago != 0 {
				r = ended(tc.ago)
			}
			r.OrderID = "1"
			if tc.record != nil {
				tc.record(&r)
			}
			f.put(r)
			if tc.given != nil {
				must(t, tc.given(f))
			}
			part := f.retention(tc.options)
			report, err := part.Forget(t.Context())
			if left := len(f.left("1")) == 1; err != nil || left != tc.kept || report.Forgotten == 1 == tc.kept || report.More || report.Waits != "" {
				t.Errorf("%s%v; kept %t, want %t", report, err, left, tc.kept)
			}
			if h := part.Health(); h.Runs != 1 || h.Failures != 0 {
				t.Errorf("health: %s", h)
			}
		})
	}
}

// Many are forgotten in batches, those between them that are kept hold up none, and
// what was read once is not read for each batch.
func TestRetentionInBatches(t *testing.T) {
	t.Parallel()
	f := newFinished(t)
	var records []store.Record
	for i := range 950 {
		r := store.Record{OrderID: fmt.Sprintf("%04d", i), EndedAt: f.now.Add(-200 * 24 * time.Hour).Add(time.Duration(i/7) * time.Second), OutcomeUnknown: i%3 == 0}
		records = append(records, r)
	}
	f.put(records...)
	report, err := f.retention(retention.Options{}).Forget(t.Context())
	if err != nil || report.Forgotten != 633 || report.Kept != 317 || report.More {
		t.Errorf("%s%v; want 633 forgotten and 317 kept", report, err)
	}
	counts := map[string]int{}
	for _, c := range f.calls {
		counts[c]++
	}
	if diff := cmp.Diff(map[string]int{"EndedRecords": 6, "Open": 1, "Revisits": 3, "Requested": 1, "ReservationsOf": 5, "Forget": 5}, counts); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	// Where nothing has ended nobody is asked.
	f = newFinished(t)
	report, err = f.retention(retention.Options{}).Forget(t.Context())
	if err != nil || !slices.Equal(f.calls, []string{"EndedRecords"}) || !strings.HasPrefix(report.String(), "0 orders that ended before 2026-08-29 12:00:00 forgotten") {
		t.Errorf("%s%v, calls %q", report, err, f.calls)
	}
}

// endless is a memory in which ever more orders have ended.
type endless struct{ watched }

func (e endless) EndedRecords(_ context.Context, _ time.Time, after store.Record, limit int) (page []store.Record, _ error) {
	for i := range limit {
		page = append(page, store.Record{OrderID: fmt.Sprintf("%s%d", after.OrderID[:min(len(after.OrderID), 4)], i), EndedAt: e.f.now})
	}
	return page, nil
}

func (e endless) Forget(_ context.Context, records ...store.Record) (int, error) {
	return len(records), nil
}

// A run that would take for ever leaves the rest to the next one, and says so.
func TestRetentionLeavesTheRest(t *testing.T) {
	t.Parallel()
	f := newFinished(t)
	m := endless{watched{f.memory, f}}
	r, err := retention.New(retention.Ports{Records: m, Ledger: m, Revisits: m, Requested: f.requested, Exceptions: m}, retention.Options{})
	must(t, err)
	report, err := r.Forget(t.Context())
	if err != nil || !report.More || report.Forgotten != 20_000 || !strings.Contains(report.String(), "more with the next run") {
		t.Errorf("%s%v; want 20,000 forgotten and more", report, err)
	}
}

// While anything that could name an order cannot be read, nothing is forgotten.
func TestRetentionForgetsNothingWhileBlind(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"EndedRecords", "Open", "Revisits", "Requested", "ReservationsOf", "Forget"} {
		f := newFinished(t)
		f.put(store.Record{OrderID: "1", EndedAt: f.now.Add(-100 * 24 * time.Hour)})
		f.fail = call
		r := f.retention(retention.Options{})
		report, err := r.Forget(t.Context())
		if !errors.Is(err, errAway) || report.Forgotten != 0 || len(f.left("1")) != 1 || r.Health().Failures != 1 {
			t.Errorf("%s fails: %s%v; want an error, and the order", call, report, err)
		}
	}
	// A case that names more orders than it can list may name any.
	f := newFinished(t)
	f.put(store.Record{OrderID: "1", EndedAt: f.now.Add(-100 * 24 * time.Hour)})
	e := exceptions.New(exceptions.UnmappedCarrier, "carrier x", time.Time{}, "x", "y")
	for i := range exceptions.MaxOrders + 1 {
		e.Orders = append(e.Orders, fmt.Sprint("other ", i))
	}
	must(t, f.memory.Raise(t.Context(), e))
	report, err := f.retention(retention.Options{}).Forget(t.Context())
	if err != nil || len(f.left("1")) != 1 || !strings.Contains(report.String(), "waits: an open case names more orders than it lists") {
		t.Errorf("%s%v; want that it waits", report, err)
	}
	text, err := json.Marshal(report)
	if err != nil || !strings.Contains(string(text), `"forgotten":0`) {
		t.Errorf("as JSON: %s, %v", text, err)
	}
}

func TestNewRetentionRefuses(t *testing.T) {
	t.Parallel()
	if _, err := retention.New(retention.Ports{}, retention.Options{}); err == nil || !strings.Contains(err.Error(), "Exceptions, Ledger, Records, Requested, Revisits") {
		t.Errorf("got %v, want the ports that are missing", err)
	}
	f := newFinished(t)
	m := watched{f.memory, f}
	for _, after := range []time.Duration{-1, time.Hour, 24*time.Hour - 1} {
		_, err := retention.New(retention.Ports{Records: m, Ledger: m, Revisits: m, Requested: f.requested, Exceptions: m}, retention.Options{After: after})
		if err == nil || !strings.Contains(err.Error(), "the least is 24h") {
			t.Errorf("After %v: got %v", after, err)
		}
	}
}
