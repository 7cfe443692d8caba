package bridge_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// imports is an importer over both fakes that keeps its records.
type imports struct {
	*sides
	records store.Shop
	options bridge.ImportOptions
}

// run imports all orders of the shop, with a new importer: what has to last is in
// the records.
func (s *imports) run(t *testing.T) (map[string]bridge.OrderResult, error) {
	t.Helper()
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: s.book, Tracer: s.book, Addresses: s.book, Orders: s.shop, Catalogue: s.book, Ledger: s.memory, Records: s.records,
		Locks: s.memory, Exceptions: s.queue,
	}, s.options)
	must(t, err)
	results, err := im.Import(t.Context(), s.orders(t)...)
	byOrder := map[string]bridge.OrderResult{}
	for _, r := range results {
		byOrder[r.OrderID] = r
	}
	return byOrder, err
}

func (s *imports) outcome(t *testing.T, id string) bridge.Outcome {
	t.Helper()
	results, err := s.run(t)
	must(t, err)
	return results[id].Outcome
}

// calls counts the calls about orders at Linnworks since the last count.
func (s *imports) calls() map[string]int {
	n := map[string]int{}
	for _, c := range s.linn.CallsOf("Orders.*") {
		n[strings.TrimPrefix(c.Operation, "Orders.")]++
	}
	s.linn.ForgetCalls()
	return n
}

// newImports has records that are older than the orders to come.
func newImports(t *testing.T, options ...linnworkstest.Option) *imports {
	t.Helper()
	s := &imports{sides: newSides(t, "GB", options...), records: new(store.Memory).Shop("shop")}
	s.options.DefaultLocation = string(linnworks.ZeroGUID)
	_, _, err := s.records.RecordsOf(t.Context())
	must(t, err)
	time.Sleep(11 * time.Minute)
	s.linn.ForgetCalls()
	return s
}

func bubble(t *testing.T, f func(*testing.T)) {
	t.Parallel()
	synctest.Test(t, f)
}

// A batch costs one call for 20 orders and one to read all back; looking again
// costs one call.
func TestImportCallsOfABatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t)
		for range 7 {
			s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true})
		}
		time.Sleep(2 * time.Hour)
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{"CreateOrders": 1, "GetOrdersByID": 1}, s.calls()); diff != "" {
			t.Error(diff)
		}
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{"GetOrdersByID": 1}, s.calls()); diff != "" {
			t.Errorf("looking again: %s", diff)
		}
		// A program that has lost its records looks orders up that are older than
		// those, before it would create anything.
		s.records = new(store.Memory).Shop("shop")
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{"GetOrderDetailsByReferenceID": 7}, s.calls()); diff != "" {
			t.Errorf("without records: %s", diff)
		}
		if len(s.linn.Orders()) != 7 {
			t.Errorf("%d orders in Linnworks", len(s.linn.Orders()))
		}
	})
}

// The one order that Linnworks does not like is found by halving, and the others
// are created.
func TestCreateOrdersIsolatesABadOrder(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	orders := newOrders(45)
	for _, bad := range []int{3, 29} {
		orders[bad].Lines = append(orders[bad].Lines, orders[bad].Lines[0]) // the same line twice
	}
	orders[12].ReceivedAt = time.UnixMilli(1784030587000 * 1000) // a moment that has no text
	orders[44].LocationID = "nowhere"
	s.linn.ForgetCalls()
	for i, c := range s.book.CreateOrders(t.Context(), orders) {
		switch refused := i == 3 || i == 12 || i == 29 || i == 44; {
		case c.Reference != orders[i].Reference:
			t.Errorf("%d: %q, want %q", i, c.Reference, orders[i].Reference)
		case refused != (c.Err != nil) || refused != (len(c.Found) == 0):
			t.Errorf("%d: %d found, %v", i, len(c.Found), c.Err)
		case refused && !strings.Contains(fmt.Sprintf("%T", c.Err), "RefusedError"):
			t.Errorf("%d: %v is not a refusal", i, c.Err)
		}
	}
	// 20 with one bad are 9 or 11 calls, and 4 orders are one; what cannot be sent costs none.
	if n := len(s.linn.CallsOf("Orders.CreateOrders")); n > 26 {
		t.Errorf("%d calls", n)
	}
	if n := len(s.linn.Orders()); n != 41 {
		t.Errorf("%d orders in Linnworks, want 41", n)
	}
}

// A connection that is cut leaves it open whether the orders were created: they
// are looked up, and what is not there is created by the next run.
func TestImportResolvesALostReply(t *testing.T) {
	for name, fault := range map[string]linnworkstest.Fault{"after it took effect": linnworkstest.CutAfter(), "before": linnworkstest.CutBefore()} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newImports(t)
				for range 6 {
					s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
				}
				s.linn.Fail("Orders.CreateOrders", 1, fault)
				_, err := s.run(t)
				if n := len(s.linn.Orders()); (err == nil) != (n == 6) {
					t.Errorf("%d orders in Linnworks, error: %v", n, err)
				}
				if _, err := s.run(t); err != nil || len(s.linn.Orders()) != 6 {
					t.Errorf("the next run: %d orders in Linnworks, error: %v", len(s.linn.Orders()), err)
				}
			})
		})
	}
}

// foundMerged runs, and checks that orders are found in one that has no reference of theirs,
// and not created again.
func (s *imports) foundMerged(t *testing.T, ids ...string) {
	t.Helper()
	s.calls()
	results, err := s.run(t)
	must(t, err)
	for _, id := range ids {
		if r := results[id]; r.Outcome != bridge.OutcomeUnchanged || r.WarehouseOrder == "" || r.WarehouseOrder != results[ids[0]].WarehouseOrder {
			t.Errorf("%+v", r)
		}
		if len(s.inLinnworks(id)) != 0 {
			t.Error("it was not merged")
		}
	}
	if n := s.calls()["CreateOrders"]; n != 0 {
		t.Errorf("%d attempts to create them again", n)
	}
}

// Auto-merge takes the references away. The orders are found all the same, each
// with its own lines, and none is created again.
func TestImportFindsMergedOrders(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t, linnworkstest.WithAutoMerge())
		a := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2)})
		b := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		if got := s.outcome(t, a); got != bridge.OutcomeCreated {
			t.Fatal(got)
		}
		time.Sleep(16 * time.Minute)
		s.foundMerged(t, a, b)
		if got := s.open(t); len(got) != 0 {
			t.Errorf("in the queue: %v", got)
		}
		// The record has followed.
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{"GetOrdersByID": 1}, s.calls()); diff != "" {
			t.Error(diff)
		}
	})
}

// The same, where nobody heard of the orders before they were merged: there is no id to
// trace them by.
func TestImportFindsOrdersMergedUnheard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t, linnworkstest.WithAutoMerge())
		time.Sleep(time.Hour) // what is newer than the records is not looked for before it is sent
		a := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2)})
		b := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		s.linn.Fail("Orders.CreateOrders", 1, linnworkstest.CutAfter())
		s.linn.Fail("Orders.GetOrderDetailsByReferenceID", 2, linnworkstest.Reply(http.StatusBadRequest, "no"))
		if _, err := s.run(t); err == nil || len(s.linn.Orders()) != 2 {
			t.Fatalf("%d orders in Linnworks, error: %v; want 2 that nobody heard of", len(s.linn.Orders()), err)
		}
		time.Sleep(16 * time.Minute)
		s.foundMerged(t, a, b)
	})
}

// What a person has deleted stays deleted, and somebody is told, until the record
// is dropped.
func TestImportDoesNotRecreateWhatWasDeleted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t)
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		if got := s.outcome(t, id); got != bridge.OutcomeCreated {
			t.Fatal(got)
		}
		client, err := s.linn.Client(linnworks.WithLimiter(unpaced{}))
		must(t, err)
		must(t, errOf(client.Orders.DeleteOrder(t.Context(), &linnworks.DeleteOrderRequest{OrderID: s.inLinnworks(id)[0].OrderID})))
		for range 2 {
			if got := s.outcome(t, id); got != bridge.OutcomeRaised || len(s.linn.Orders()) != 0 {
				t.Errorf("%s, %d orders in Linnworks", got, len(s.linn.Orders()))
			}
		}
		if diff := cmp.Diff([]string{"shop and warehouse disagree: order " + id}, s.open(t)); diff != "" {
			t.Error(diff)
		}
		must(t, s.records.DropRecords(t.Context(), id))
		if got := s.outcome(t, id); got != bridge.OutcomeCreated || len(s.open(t)) != 0 {
			t.Errorf("%s, %v", got, s.open(t))
		}
	})
}

// The rules engine decides the postal service; a release whose last call was lost
// has to run it again.
func TestImportRunsTheRulesAfterAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t, linnworkstest.WithRules(func(linnworks.OrderDetails) linnworkstest.Outcome {
			return linnworkstest.Outcome{PostalService: "Express"}
		}))
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
		if got := s.outcome(t, id); got != bridge.OutcomeParked {
			t.Fatal(got)
		}
		time.Sleep(time.Hour + time.Minute)
		s.linn.Fail("Orders.RunRulesEngine", 5, linnworkstest.Reply(500, "down"))
		if _, err := s.run(t); err == nil {
			t.Error("nobody was told")
		}
		if o := s.inLinnworks(id)[0]; o.GeneralInfo.IsParked || o.ShippingInfo.PostalServiceName == "Express" {
			t.Fatalf("parked %t, service %q", o.GeneralInfo.IsParked, o.ShippingInfo.PostalServiceName)
		}
		for range 5 {
			if _, err := s.run(t); err == nil {
				break
			}
		}
		if o := s.inLinnworks(id)[0]; o.ShippingInfo.PostalServiceName != "Express" {
			t.Errorf("the rules did not run: service %q", o.ShippingInfo.PostalServiceName)
		}
		s.calls()
		if got := s.outcome(t, id); got != bridge.OutcomeUnchanged || s.calls()["RunRulesEngine"] != 0 {
			t.Errorf("afterwards: %s", got)
		}
	})
}

// An order that waits for payment reserves its stock in Linnworks, and nobody can
// ship it until TikTok has released it.
func TestImportParksUnpaidOrders(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t)
		s.options.ParkUnpaid = true
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2), State: tiktokshop.OrderStatusUnpaid})
		state := func() string {
			t.Helper()
			found := s.inLinnworks(id)
			if len(found) != 1 {
				t.Fatalf("%d orders in Linnworks", len(found))
			}
			level, err := s.linn.Level("MUG", linnworks.ZeroGUID)
			must(t, err)
			o := found[0]
			return fmt.Sprintf("status %d parked %t address %t reserved %d", o.GeneralInfo.Status, o.GeneralInfo.IsParked,
				o.CustomerInfo.Address.Address1 != "", level.InOrders)
		}
		for _, step := range []struct {
			then    func() error
			outcome bridge.Outcome
			state   string
		}{
			{func() error { return nil }, bridge.OutcomeParked, "status 0 parked true address false reserved 2"},
			{func() error { return s.tiktok.Pay(id) }, bridge.OutcomeUnchanged, "status 0 parked true address false reserved 2"},
			{func() error { return s.tiktok.ReleaseHold(id) }, bridge.OutcomeReleased, "status 1 parked false address true reserved 2"},
			{func() error { return nil }, bridge.OutcomeUnchanged, "status 1 parked false address true reserved 2"},
		} {
			must(t, step.then())
			if got := s.outcome(t, id); got != step.outcome || state() != step.state {
				t.Errorf("%s, %s; want %s, %s", got, state(), step.outcome, step.state)
			}
		}
	})
}

// A buyer's new address is taken over until a label bears the old one.
func TestImportTakesANewAddressOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t)
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
		if got := s.outcome(t, id); got != bridge.OutcomeParked {
			t.Fatal(got)
		}
		must(t, s.tiktok.ReleaseHold(id))
		if got := s.outcome(t, id); got != bridge.OutcomeReleased {
			t.Fatal(got)
		}
		move := func(street string) {
			t.Helper()
			o, _ := s.tiktok.Order(id)
			a := o.RecipientAddress
			a.AddressLine1 = street
			must(t, s.tiktok.ChangeAddress(id, a))
		}
		street := func() string { return s.inLinnworks(id)[0].CustomerInfo.Address.Address1 }
		move("2 New Street")
		if got := s.outcome(t, id); got != bridge.OutcomeAddressed || street() != "2 New Street" {
			t.Errorf("%s, %q", got, street())
		}
		s.calls()
		if got := s.outcome(t, id); got != bridge.OutcomeUnchanged || s.calls()["SetOrderCustomerInfo"] != 0 {
			t.Errorf("again: %s", got)
		}
		must(t, s.linn.PrintLabel(s.inLinnworks(id)[0].OrderID))
		move("3 Late Lane")
		if got := s.outcome(t, id); got != bridge.OutcomeRaised || street() != "2 New Street" {
			t.Errorf("%s, %q: the label bears the old address", got, street())
		}
		if got := s.outcome(t, id); got != bridge.OutcomeUnchanged {
			t.Errorf("raised again: %s", got)
		}
		if diff := cmp.Diff([]string{"address changed: order " + id}, s.open(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// An order without lines is refused before the call: it has no line to be found
// by if the reply is lost.
func TestCreateOrdersWithoutLines(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	order := bridge.NewOrder{Reference: "1", LocationID: string(linnworks.ZeroGUID), ReceivedAt: time.Now(), DispatchBy: time.Now().Add(time.Hour), Currency: "GBP"}
	got := s.book.CreateOrders(t.Context(), []bridge.NewOrder{order})
	if len(got) != 1 || got[0].Err == nil || !strings.Contains(got[0].Err.Error(), "no lines") {
		t.Errorf("CreateOrders of an order without lines: %+v, want an error of that order", got)
	}
	if calls := s.linn.CallsOf("Orders.*"); len(calls) != 0 {
		t.Errorf("calls: %v, want none", calls)
	}
}

// newOrders are orders to create.
func newOrders(n int) (orders []bridge.NewOrder) {
	for i := range n {
		orders = append(orders, bridge.NewOrder{
			Reference: fmt.Sprint("R", i), LocationID: string(linnworks.ZeroGUID), Currency: "GBP", Recipient: bridge.Address{Line1: "1 Road"},
			ReceivedAt: time.Now(), PaidAt: time.Now(), DispatchBy: time.Now(),
			Lines: []bridge.NewOrderLine{{LineID: "1", LineIDs: []string{"1"}, SKU: "MUG", Quantity: 1, Price: money.Amount{Minor: 100, Currency: "GBP"}}},
		})
	}
	return orders
}

// What is no order's fault is not looked for among them, and not for long when nothing
// works.
func TestCreateOrdersWhenNothingWorks(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   linnworkstest.Fault
		calls   int // most for 60 orders
		refused int // most
		unknown bool
		text    string
	}{
		"the location was renamed":  {linnworkstest.Reply(400, "Location not found."), 3, 60, false, "restart the bridge"},
		"a gateway gets no answer":  {linnworkstest.Reply(502, "bad gateway"), 3, 0, true, ""},
		"the connection is lost":    {linnworkstest.CutBefore(), 3, 0, true, ""},
		"Linnworks breaks down":     {linnworkstest.Reply(500, "Timeout expired."), 18, 0, true, "Timeout expired"},
		"it does so after a while":  {linnworkstest.Reply(500, "Timeout expired.").After(1), 18, 0, true, "Timeout expired"},
		"Linnworks accepts nothing": {linnworkstest.Reply(400, "The request is invalid."), 18, 12, false, "The request is invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newSides(t, "GB")
				s.linn.Fail("Orders.CreateOrders", 99, tc.fault)
				s.linn.ForgetCalls()
				refused, failed := 0, 0
				for i, c := range s.book.CreateOrders(t.Context(), newOrders(60)) {
					if _, ok := exceptions.AsRefused(c.Err); ok {
						refused++
					}
					if c.Err == nil {
						continue
					}
					if failed++; linnworks.IsOutcomeUnknown(c.Err) != tc.unknown || !strings.Contains(c.Err.Error(), tc.text) {
						t.Errorf("%d: %v, want outcome unknown %t, and %q", i, c.Err, tc.unknown, tc.text)
					}
				}
				calls, have := len(s.linn.CallsOf("Orders.CreateOrders")), len(s.linn.Orders())
				if calls > tc.calls || refused > tc.refused || failed+have != 60 {
					t.Errorf("%d calls, %d orders refused, %d failed and %d in Linnworks, want at most %d and %d, and 60 in all", calls, refused, failed, have, tc.calls, tc.refused)
				}
			})
		})
	}
}

// When Linnworks breaks down over everything, to let orders go takes as long as one call
// that is repeated, and few that are not.
func TestReleaseOrdersWhenNothingWorks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSides(t, "GB")
		orders := newOrders(60)
		for i := range orders {
			orders[i].Parked = true
		}
		var releases []bridge.OrderRelease
		for _, c := range s.book.CreateOrders(t.Context(), orders) {
			must(t, c.Err)
			releases = append(releases, bridge.OrderRelease{Order: c.Found[0]})
		}
		s.linn.Fail("Orders.ChangeOrderTag", 999, linnworkstest.Reply(500, "Timeout expired."))
		s.linn.ForgetCalls()
		for i, err := range s.book.ReleaseOrders(t.Context(), releases) {
			if err == nil || !strings.Contains(err.Error(), "unparking it: ") {
				t.Errorf("%d: %v, want that it could not be unparked", i, err)
			}
		}
		if n := len(s.linn.CallsOf("Orders.*")); n > 5+15 {
			t.Errorf("%d calls, want 5 for all and at most 15 for parts", n)
		}
	})
}

// refusing makes a client of Linnworks that answers so to every write whose path has
// this end and whose text names id.
func (s *sides) refusing(t *testing.T, status int, message string, id func() string, end string) {
	t.Helper()
	client, err := s.linn.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithMiddleware(func(r *http.Request, next linnworks.Next) (*http.Response, error) {
		if bad := id(); bad != "" && strings.HasSuffix(r.URL.Path, end) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			if strings.Contains(strings.ToLower(string(body)), strings.ToLower(bad)) {
				return &http.Response{StatusCode: status, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(
					fmt.Sprintf(`{"Code":"-","Message":%q}`, message)))}, nil
			}
		}
		return next(r)
	}))
	must(t, err)
	s.book, err = linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "test"})
	must(t, err)
}

// One order of five that Linnworks does not store, or not let go, whatever it
// answers, keeps no other one waiting, and is named.
func TestOneOrderThatLinnworksRefuses(t *testing.T) {
	for _, answer := range []struct {
		status  int
		message string
	}{{400, "String or binary data would be truncated."}, {400, "Unable to find order."}, {500, "String or binary data would be truncated."}} {
		for name, tc := range map[string]struct {
			held bool
			end  string
		}{
			"to create":            {false, "/CreateOrders"},
			"to unpark":            {true, "/ChangeOrderTag"},
			"to run the rules for": {true, "/RunRulesEngine"},
		} {
			t.Run(fmt.Sprint(name, " ", answer), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					s := newSides(t, "GB")
					var ids []string
					for range 5 {
						spec := tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true}
						if tc.held {
							spec.NoHold, spec.State = false, tiktokshop.OrderStatusOnHold
						}
						ids = append(ids, s.place(t, spec))
					}
					bad := ids[2]
					if tc.held {
						bad = ""
					}
					s.refusing(t, answer.status, answer.message, func() string { return bad }, tc.end)
					in := s.intake(t, bridge.IntakeOptions{})
					for begun := time.Now(); time.Since(begun) < 3*time.Hour; time.Sleep(10 * time.Minute) {
						_, _ = in.Run(t.Context())
						if tc.held && bad == "" {
							bad = string(s.inLinnworks(ids[2])[0].OrderID)
						}
					}
					for i, id := range ids {
						found := s.inLinnworks(id)
						if ready := len(found) == 1 && !found[0].GeneralInfo.IsParked; i != 2 && !ready {
							t.Errorf("order %s is not ready in Linnworks: %d orders", id, len(found))
						}
					}
					if open := s.open(t); len(open) != 1 || !strings.Contains(open[0], ids[2]) {
						t.Errorf("open are %q, want one about order %s", open, ids[2])
					}
				})
			})
		}
	}
}
