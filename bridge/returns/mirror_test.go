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
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// What TikTok pays back is in Linnworks, with its amount, once, whatever it was for.
func TestRefundsAreMirrored(t *testing.T) {
	t.Parallel()
	units := func(o tiktokshop.Order, n int) (ids []string) {
		for _, l := range o.LineItems[:n] {
			ids = append(ids, l.ID)
		}
		return ids
	}
	for name, tt := range map[string]struct {
		sku  string
		sold int
		asks []int // how many units each return is about; 0: all that is left
		want string
	}{
		"the whole order, with its shipping":   {sku: mugSKU, sold: 2, asks: []int{0}, want: "refund 29.00 GBP"},
		"one unit of a line of three":          {sku: mugSKU, sold: 3, asks: []int{1}, want: "refund 12.50 GBP"},
		"several refunds of one order":         {sku: mugSKU, sold: 3, asks: []int{1, 0}, want: "refund 12.50 GBP; refund 25.00 GBP"},
		"a bundle that Linnworks has in parts": {sku: pairSKU, sold: 1, asks: []int{0}, want: "refund 23.99 GBP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, returns.Rules{})
				o := s.sold(t, tt.sku, tt.sold)
				for _, n := range tt.asks {
					must(t, s.tiktok.GrantReturn(s.asks(t, o.ID, tiktokshoptest.ReturnSpec{LineIDs: units(o, n)})))
				}
				s.run(t)
				if got := s.books(t, o.ID); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if list := open(t, s.queue); len(list) != 0 && !slices.Equal(list, []string{"missing composite: SKU PAIR"}) {
					t.Errorf("cases: %q", list)
				}
				time.Sleep(tiktokshoptest.RefundTime + time.Hour) // TikTok completes them
				s.restart(t, returns.Rules{})
				s.run(t)
				if got := s.books(t, o.ID); got != tt.want {
					t.Errorf("a week later %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// The lines of a refund are of the rows that they refund, and shipping is apart.
func TestRefundLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.sold(t, mugSKU, 2)
		id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{})
		must(t, s.tiktok.GrantReturn(id))
		s.run(t)
		in := s.linn.OrdersByReference("TIKTOKBRIDGE", "test", o.ID)[0]
		headers, err := s.api.ReturnsRefunds.GetRefundHeadersByOrderID(t.Context(), &linnworks.GetRefundHeadersByOrderIDRequest{OrderID: in.OrderID})
		must(t, err)
		if len(headers.RefundHeaders) != 1 {
			t.Fatalf("%d refunds", len(headers.RefundHeaders))
		}
		type line struct {
			Unit             string
			Amount           linnworks.Decimal
			Quantity         int
			Row              linnworks.GUID
			Reference        string
			ChannelInitiated bool
		}
		var got []line
		for _, l := range headers.RefundHeaders[0].RefundLines {
			got = append(got, line{string(l.RefundedUnit), l.Amount, l.Quantity, l.RefundedItem.OrderItemRowID, l.ExternalReference, l.ChannelInitiated})
		}
		want := []line{{"Item", "25.00", 2, in.Items[0].RowID, id, true}, {Unit: "Shipping", Amount: "4.00", Row: linnworks.ZeroGUID, Reference: id, ChannelInitiated: true}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Goods on their way back wait on the order in Linnworks. Once people have booked them in,
// TikTok is told, if the settings say so, and the refund follows.
func TestGoodsComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{AcceptReceived: true})
		o := s.sold(t, mugSKU, 2)
		left := s.mugs(t)
		id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund, LineIDs: []string{o.LineItems[0].ID}})
		must(t, s.tiktok.GrantReturn(id))
		s.run(t)
		if got := s.books(t, o.ID); got != "" {
			t.Errorf("before anything was sent: %q", got)
		}
		must(t, s.tiktok.SendReturn(id, "RM1"))
		s.run(t)
		if got, want := s.books(t, o.ID), "1 back, 0 scrap expected"; got != want {
			t.Errorf("on its way: %q, want %q", got, want)
		}
		s.bookIn(t, o.ID)
		s.run(t)
		if r, _ := s.tiktok.Return(id); r.ReturnStatus != tiktokshop.ReturnStatusReturnOrRefundRequestSuccess {
			t.Errorf("TikTok shows %s, want it told that the goods are back", r.ReturnStatus)
		}
		if got, want := s.books(t, o.ID), "1 back, 0 scrap; refund 12.50 GBP"; got != want {
			t.Errorf("at the end %q, want %q", got, want)
		}
		if got := s.mugs(t) - left; got != 1 {
			t.Errorf("%d mugs back in stock, want 1", got)
		}
	})
}

// A buyer who takes a return back leaves nothing in Linnworks that waits.
func TestAReturnThatIsWithdrawn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.sold(t, mugSKU, 1)
		id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund})
		must(t, s.tiktok.GrantReturn(id))
		must(t, s.tiktok.SendReturn(id, "RM1"))
		s.run(t)
		reasons, err := s.shop.RefusalReasons(t.Context(), id)
		must(t, err)
		must(t, s.watch.Decide(t.Context(), returns.Decision{ReturnID: id, Ask: returns.AskGoods, Reason: reasons[0]}))
		s.run(t)
		if got, want := s.books(t, o.ID), "1 back, 0 scrap expected"; got != want {
			t.Errorf("refused, which TikTok may yet decide otherwise: %q, want %q", got, want)
		}
		other := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund})
		must(t, s.tiktok.GrantReturn(other))
		must(t, s.tiktok.WithdrawReturn(other))
		s.run(t)
		if list := open(t, s.queue); len(list) != 0 {
			t.Errorf("cases: %q", list)
		}
	})
}

// Money before the goods: somebody is told when they do not come.
func TestAQuickRefundWhoseGoodsStayAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.sold(t, mugSKU, 1)
		id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund, Quick: true})
		must(t, s.tiktok.GrantReturn(id))
		must(t, s.tiktok.SendReturn(id, "RM1"))
		s.run(t)
		refunded := time.Now()
		if got, want := s.books(t, o.ID), "1 back, 0 scrap expected; refund 16.50 GBP"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		time.Sleep(73 * time.Hour)
		s.run(t)
		if diff := cmp.Diff([]string{"returned goods missing: return " + id}, open(t, s.queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		cases, err := s.queue.Open(t.Context(), exceptions.GoodsMissing)
		must(t, err)
		if want := refunded.Add(7 * 24 * time.Hour); len(cases) != 1 || !cases[0].Deadline.Equal(want) {
			t.Errorf("%d cases of missing goods, the deadline of the appeal has to be %s: %+v", len(cases), want, cases)
		}
		must(t, s.mirror.Receive(t.Context(), returns.Parcel{ID: "RM1", ReturnID: id, Units: []returns.ReceivedUnit{{OrderLineID: o.LineItems[0].ID, Scrap: true}}}))
		s.run(t)
		if got, want := s.books(t, o.ID), "1 back, 1 scrap; refund 16.50 GBP"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if list := open(t, s.queue); len(list) != 0 {
			t.Errorf("cases: %q", list)
		}
	})
}

// Parcels: two of one return, one that comes twice, one that nobody announced.
func TestReceive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.sold(t, mugSKU, 4)
		left := s.mugs(t)
		unit := func(i int) returns.ReceivedUnit { return returns.ReceivedUnit{OrderLineID: o.LineItems[i].ID} }
		id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund, LineIDs: []string{o.LineItems[0].ID, o.LineItems[1].ID, o.LineItems[2].ID}})
		must(t, s.tiktok.GrantReturn(id))
		must(t, s.tiktok.SendReturn(id, "RM1"))
		s.run(t)
		first := returns.Parcel{ID: "RM1", ReturnID: id, Units: []returns.ReceivedUnit{unit(0), unit(1)}}
		for range 2 {
			must(t, s.mirror.Receive(t.Context(), first))
		}
		s.run(t)
		if got, want := s.books(t, o.ID), "1 back, 0 scrap expected; 2 back, 0 scrap"; got != want {
			t.Errorf("after the first parcel: %q, want %q", got, want)
		}
		second := returns.Parcel{ID: "RM2", ReturnID: id, Units: []returns.ReceivedUnit{unit(2)}}
		for range 2 {
			must(t, s.mirror.Receive(t.Context(), second))
		}
		s.run(t)
		if got := s.mugs(t) - left; got != 3 {
			t.Errorf("after the second parcel %d mugs are back, want 3: %s", got, s.books(t, o.ID))
		}
		stray := returns.Parcel{ID: "RM3", OrderID: o.ID, Units: []returns.ReceivedUnit{unit(3)}}
		for range 2 {
			must(t, s.mirror.Receive(t.Context(), stray))
		}
		if diff := cmp.Diff([]string{"goods back unannounced: order " + o.ID}, open(t, s.queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		// The buyer asks for it afterwards: it does not come a second time.
		late := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund, LineIDs: []string{o.LineItems[3].ID}})
		must(t, s.tiktok.GrantReturn(late))
		must(t, s.tiktok.SendReturn(late, "RM3"))
		must(t, s.tiktok.GrantReturn(late))
		s.run(t)
		if got, want := s.books(t, o.ID), "1 back, 0 scrap; 1 back, 0 scrap; 2 back, 0 scrap; refund 12.50 GBP"; got != want {
			t.Errorf("at the end %q, want %q", got, want)
		}
		for name, p := range map[string]returns.Parcel{
			"no id":                  {ReturnID: id, Units: []returns.ReceivedUnit{unit(0)}},
			"exactly one":            {ID: "X", ReturnID: id, OrderID: o.ID, Units: []returns.ReceivedUnit{unit(0)}},
			"Units is empty":         {ID: "X", ReturnID: id},
			"is there twice":         {ID: "X", ReturnID: id, Units: []returns.ReceivedUnit{unit(0), unit(0)}},
			"is not of return":       {ID: "X", ReturnID: id, Units: []returns.ReceivedUnit{unit(3)}},
			"has no return":          {ID: "X", ReturnID: "404", Units: []returns.ReceivedUnit{unit(3)}},
			"is on no order":         {ID: "X", OrderID: o.ID, Units: []returns.ReceivedUnit{{OrderLineID: "404"}}},
			"more has come back":     {ID: "X", OrderID: o.ID, Units: []returns.ReceivedUnit{unit(0)}},
			"ID is missing, or has ": {ID: "a/b", OrderID: o.ID, Units: []returns.ReceivedUnit{unit(0)}},
		} {
			if err := s.mirror.Receive(t.Context(), p); err == nil || name != "no id" && !strings.Contains(err.Error(), name) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if got := s.mugs(t) - left; got != 4 {
			t.Errorf("%d mugs are back, want 4", got)
		}
	})
}

// A refund that a person has booked by hand is taken for the one that it is.
func TestARefundThatWasBookedByHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.sold(t, mugSKU, 2)
		in := s.linn.OrdersByReference("TIKTOKBRIDGE", "test", o.ID)[0]
		_, err := s.api.ReturnsRefunds.CreateRefund(t.Context(), &linnworks.CreateRefundRequest{OrderID: in.OrderID, RefundLines: []linnworks.NewRefundLine{{
			OrderItemRowID: &in.Items[0].RowID, RefundedUnit: new(linnworks.NewRefundLineRefundedUnit("Item")), Amount: new(linnworks.Decimal("12.50")),
		}}})
		must(t, err)
		for i := range 2 { // only one of the two returns is meant
			must(t, s.tiktok.GrantReturn(s.asks(t, o.ID, tiktokshoptest.ReturnSpec{LineIDs: []string{o.LineItems[i].ID}})))
		}
		s.run(t)
		s.run(t)
		if got, want := s.books(t, o.ID), "refund 12.50 GBP; refund 12.50 GBP open"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// What cannot be booked is a case until it can.
func TestWhatLinnworksDoesNotTake(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prepare, mend func(t *testing.T, s *sides, o tiktokshop.Order)
		kind          string
	}{
		"more than is left of the order": {
			func(t *testing.T, s *sides, o tiktokshop.Order) { s.refundByHand(t, o, "15.00", "goodwill") },
			func(t *testing.T, s *sides, o tiktokshop.Order) { s.dropRefunds(t, o) }, "refund not booked",
		},
		"another amount under the same reference": {
			func(t *testing.T, s *sides, o tiktokshop.Order) { s.refundByHand(t, o, "15.00", "return") },
			func(t *testing.T, s *sides, o tiktokshop.Order) { s.refundByHand(t, o, "1.50", "return") }, "refund differs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, returns.Rules{KeepOpen: true})
				o := s.sold(t, mugSKU, 1)
				id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{})
				s.reference = id
				tt.prepare(t, s, o)
				must(t, s.tiktok.GrantReturn(id))
				s.run(t)
				if diff := cmp.Diff([]string{tt.kind + ": return " + id}, open(t, s.queue)); diff != "" {
					t.Errorf("open (-want +got):\n%s", diff)
				}
				tt.mend(t, s, o)
				time.Sleep(time.Minute)
				s.run(t)
				if list := open(t, s.queue); len(list) != 0 {
					t.Errorf("once it is mended: %q, %s", list, s.books(t, o.ID))
				}
			})
		})
	}
}

// A refund of an order that is still open in Linnworks waits for people; one that the
// bridge remembers nothing of is found; one that TikTok's warehouse has sent is nobody's.
func TestRefundsOfOddOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		fbt, err := s.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}, FulfillmentType: tiktokshop.FulfillmentTypeByTikTok})
		must(t, err)
		must(t, s.tiktok.Fulfil(fbt, "TT1"))
		must(t, s.tiktok.Deliver(fbt))
		stillOpen, forgotten := s.sent(t, mugSKU, 1), s.sold(t, mugSKU, 1)
		must(t, s.memory.DropRecords(t.Context(), forgotten.ID))
		var ids []string
		for _, order := range []string{fbt, stillOpen.ID, forgotten.ID} {
			ids = append(ids, s.asks(t, order, tiktokshoptest.ReturnSpec{}))
			must(t, s.tiktok.GrantReturn(ids[len(ids)-1]))
		}
		s.run(t)
		if got, want := s.books(t, forgotten.ID), "refund 16.50 GBP"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if diff := cmp.Diff([]string{"refund not booked: return " + ids[1]}, open(t, s.queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		must(t, s.linn.Process(s.linn.OrdersByReference("TIKTOKBRIDGE", "test", stillOpen.ID)[0].OrderID))
		s.run(t)
		if got, want := s.books(t, stillOpen.ID), "refund 16.50 GBP"; got != want || len(open(t, s.queue)) != 0 {
			t.Errorf("once it is processed: %q, open %q; want %q", got, open(t, s.queue), want)
		}
	})
}

// Whatever reply is lost, everything is booked once.
func TestLostRepliesBookNothingTwice(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"ReturnsRefunds.CreateRefund", "ReturnsRefunds.ActionRefund", "ReturnsRefunds.CreateRMABooking", "ReturnsRefunds.ActionRMABooking", "ReturnsRefunds.DeleteRMA"} {
		for name, fault := range map[string]linnworkstest.Fault{"after": linnworkstest.CutAfter(), "before": linnworkstest.CutBefore()} {
			t.Run(operation+" cut "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newSides(t, returns.Rules{})
					o := s.sold(t, mugSKU, 3)
					left := s.mugs(t)
					id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund, Quick: true})
					must(t, s.tiktok.GrantReturn(id))
					must(t, s.tiktok.SendReturn(id, "RM1"))
					s.linn.Fail(operation, 1, fault)
					parcel := returns.Parcel{ID: "RM1", ReturnID: id, Units: []returns.ReceivedUnit{{OrderLineID: o.LineItems[0].ID}}}
					failed := 0
					for range 6 {
						if _, err := s.mirror.Run(t.Context()); err != nil {
							failed++
						}
						if err := s.mirror.Receive(t.Context(), parcel); err != nil {
							failed++
						}
						soon()
						s.restart(t, returns.Rules{})
					}
					if got, want := s.books(t, o.ID), "1 back, 0 scrap; 2 back, 0 scrap expected; refund 41.50 GBP"; got != want || failed == 0 {
						t.Errorf("got %q after %d failures, want %q", got, failed, want)
					}
					if got := s.mugs(t) - left; got != 1 {
						t.Errorf("%d mugs are back, want 1", got)
					}
				})
			})
		}
	}
}
