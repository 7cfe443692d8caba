package returns_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// onTheWay is an order of n mugs that has left, in both places.
func (s *sides) onTheWay(t testing.TB, n int) tiktokshop.Order {
	t.Helper()
	return s.way(t, tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: n}}, ShippingFee: "4.00"})
}

func (s *sides) way(t testing.TB, spec tiktokshoptest.OrderSpec) tiktokshop.Order {
	t.Helper()
	id, err := s.tiktok.PlaceOrder(spec)
	must(t, err)
	s.imported(t, id)
	for _, in := range s.linn.OrdersByReference("TIKTOKBRIDGE", "test", id) {
		must(t, s.linn.Process(in.OrderID))
	}
	_, err = s.client.Fulfillment.MarkPackageAsShipped(t.Context(), id, &tiktokshop.MarkPackageAsShippedRequest{
		TrackingNumber: "T" + id, ShippingProviderID: s.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
	})
	must(t, err)
	must(t, s.tiktok.Collect(id))
	o, _ := s.tiktok.Order(id)
	return o
}

// later mirrors after the canceller has had its time.
func (s *sides) later(t testing.TB) {
	t.Helper()
	s.run(t)
	time.Sleep(20 * time.Minute)
	s.run(t)
}

// What TikTok cancels after the parcel has left is paid back in Linnworks under the id of
// the cancellation, once, whatever is lost or started anew on the way.
func TestCancelledAfterItHadLeft(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		happens func(*sides, string) error
		want    string
		cases   []string // with * for the id of the order
	}{
		"lost":    {func(s *sides, id string) error { return s.tiktok.Lose(id) }, "refund 29.00 GBP", []string{"claim to make: claim for parcel T* of order *"}},
		"refused": {func(s *sides, id string) error { return s.tiktok.Refuse(id) }, "2 back, 0 scrap expected; refund 29.00 GBP", nil},
	} {
		for _, fault := range []struct {
			name string
			f    []linnworkstest.Fault
		}{{"nothing lost", nil}, {"reply lost", []linnworkstest.Fault{linnworkstest.CutAfter()}}, {"request lost", []linnworkstest.Fault{linnworkstest.CutBefore()}}} {
			t.Run(name+", "+fault.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newSides(t, returns.Rules{})
					o := s.onTheWay(t, 2)
					must(t, tt.happens(s, o.ID))
					for _, f := range fault.f {
						s.linn.Fail("ReturnsRefunds.CreateRefund", 1, f)
					}
					_, err := s.mirror.Run(t.Context())
					must(t, err)
					time.Sleep(20 * time.Minute)
					_, err = s.mirror.Run(t.Context())
					if len(fault.f) == 0 {
						must(t, err)
					}
					s.restart(t, returns.Rules{})
					for range 3 {
						s.later(t)
					}
					if got := s.books(t, o.ID); got != tt.want {
						t.Errorf("got %q, want %q", got, tt.want)
					}
					references := s.references(t, o.ID)
					if want := s.tiktok.Cancellations()[0].CancelID; len(references) != 1 || references[0] != want {
						t.Errorf("the refund is booked under %q, want %q", references, want)
					}
					var cases []string
					for _, c := range tt.cases {
						cases = append(cases, strings.ReplaceAll(c, "*", o.ID))
					}
					if diff := cmp.Diff(cases, open(t, s.queue)); diff != "" {
						t.Errorf("open (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

// references are the references of the refunds of an order in Linnworks.
func (s *sides) references(t testing.TB, orderID string) (list []string) {
	t.Helper()
	for _, in := range s.linn.OrdersByReference("TIKTOKBRIDGE", "test", orderID) {
		sent, err := s.book.SentOrders(t.Context(), orderID, []string{string(in.OrderID)})
		must(t, err)
		for _, b := range sent[0].Refunds {
			list = append(list, b.Reference)
		}
	}
	return list
}

// A parcel that comes back undelivered is booked in once, under the cancellation; one that
// does not come is told of; and a lost one that turns up ends the claim for it.
func TestUndeliveredParcels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		refused, lost := s.onTheWay(t, 2), s.onTheWay(t, 1)
		left := s.mugs(t)
		must(t, s.tiktok.Refuse(refused.ID))
		must(t, s.tiktok.Lose(lost.ID))
		s.later(t)
		time.Sleep(14 * 24 * time.Hour)
		s.run(t)
		cancelID := s.tiktok.Cancellations()[0].CancelID
		want := []string{"claim to make: claim for parcel T" + lost.ID + " of order " + lost.ID, "returned goods missing: cancellation " + cancelID}
		if diff := cmp.Diff(want, open(t, s.queue)); diff != "" {
			t.Errorf("two weeks later (-want +got):\n%s", diff)
		}
		units := func(o tiktokshop.Order) (list []returns.ReceivedUnit) {
			for _, l := range o.LineItems {
				list = append(list, returns.ReceivedUnit{OrderLineID: l.ID})
			}
			return list
		}
		for range 2 {
			must(t, s.mirror.Receive(t.Context(), returns.Parcel{ID: "B1", ReturnID: cancelID, Units: units(refused)}))
			must(t, s.mirror.Receive(t.Context(), returns.Parcel{ID: "B2", OrderID: lost.ID, Units: units(lost)}))
		}
		s.run(t)
		if diff := cmp.Diff([]string{"goods back unannounced: order " + lost.ID}, open(t, s.queue)); diff != "" {
			t.Errorf("once both are back (-want +got):\n%s", diff)
		}
		if got := s.mugs(t) - left; got != 3 {
			t.Errorf("%d mugs are back in stock, want 3", got)
		}
	})
}

// Where a person has to act about an order that was cancelled after it had left, a case
// says so until they have.
func TestCancellationsForAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		part := s.onTheWay(t, 3)
		unpaid := s.way(t, tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}, COD: true})
		sample := s.way(t, tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}, Sample: true})
		// Of part one unit was taken off before it left.
		records, _, err := s.memory.RecordsOf(t.Context(), part.ID)
		must(t, err)
		_, err = store.UpdateRecords(t.Context(), s.memory, func(r *store.Record) { r.SetNote("cancelled lines", part.LineItems[0].ID) }, records[part.ID])
		must(t, err)
		must(t, s.tiktok.Lose(part.ID))
		must(t, s.tiktok.Lose(unpaid.ID))
		must(t, s.tiktok.Lose(sample.ID))
		s.later(t)
		cancelled := map[string]string{}
		for _, c := range s.tiktok.Cancellations() {
			cancelled[c.OrderID] = c.CancelID
		}
		want := []string{
			"claim to make: claim for parcel T" + part.ID + " of order " + part.ID,
			"refund not booked: cancellation " + cancelled[part.ID],
			"refund not booked: cancellation " + cancelled[unpaid.ID],
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, open(t, s.queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		cases, err := s.queue.Open(t.Context(), exceptions.RefundNotBooked)
		must(t, err)
		for _, c := range cases {
			if !strings.Contains(c.Seen, "2 of 3 units") && !strings.Contains(c.Seen, "refunded nothing") {
				t.Errorf("the case says %q", c.Seen)
			}
		}
		for _, id := range []string{part.ID, unpaid.ID} {
			if got := s.books(t, id); got != "" {
				t.Errorf("Linnworks has %q, and nothing could be booked", got)
			}
			s.reference = cancelled[id]
			o, _ := s.tiktok.Order(id)
			s.refundByHand(t, o, "12.50", "return")
		}
		s.run(t)
		if list, err := s.queue.Open(t.Context(), exceptions.RefundNotBooked); err != nil || len(list) != 0 {
			t.Errorf("once people have booked them: %+v, %v", list, err)
		}
	})
}

// What ends before anything is sent is the canceller's: nothing is booked, and Linnworks is
// not asked.
func TestCancelledBeforeItLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		spec := tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}}
		var ids []string
		for range 3 {
			id, err := s.tiktok.PlaceOrder(spec)
			must(t, err)
			ids = append(ids, id)
		}
		s.imported(t, ids...)
		for _, id := range ids {
			must(t, s.tiktok.CancelBySeller(id, s.tiktok.SellerCancelReasons()[1]))
		}
		// The canceller has carried out the first, is about to carry out the second, and has
		// cancelled the third without writing that down.
		records, _, err := s.memory.RecordsOf(t.Context(), ids[0])
		must(t, err)
		_, err = store.UpdateRecords(t.Context(), s.memory, func(r *store.Record) { r.Status, r.EndedAt = "CANCELLED", time.Now().UTC() }, records[ids[0]])
		must(t, err)
		must(t, s.cancelInLinnworks(t, ids[0]))
		must(t, s.cancelInLinnworks(t, ids[2]))
		before := len(s.linn.Calls())
		s.run(t)
		if got := len(s.linn.Calls()) - before; got != 0 {
			t.Errorf("%d calls of Linnworks while the canceller has the word, want none", got)
		}
		s.later(t)
		must(t, s.cancelInLinnworks(t, ids[1]))
		s.later(t)
		report, err := s.mirror.Run(t.Context())
		must(t, err)
		if report.Open != 0 || len(open(t, s.queue)) != 0 {
			t.Errorf("%s, cases %q, want nothing open", report, open(t, s.queue))
		}
		for _, id := range ids {
			if got := s.books(t, id); got != "" {
				t.Errorf("order %s has %q in Linnworks", id, got)
			}
		}
	})
}

func (s *sides) cancelInLinnworks(t testing.TB, id string) error {
	t.Helper()
	in := s.linn.OrdersByReference("TIKTOKBRIDGE", "test", id)[0]
	_, err := s.api.Orders.CancelOrder(t.Context(), &linnworks.CancelOrderRequest{OrderID: in.OrderID, FulfilmentCenter: in.FulfilmentLocationID, Refund: "0"})
	return err
}
