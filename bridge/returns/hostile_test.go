package returns_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnbridge/linnbridge/bridge/claims"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// mirrorOf is a mirror of the same two sides, with some of its ports replaced.
func (s *sides) mirrorOf(t testing.TB, replace func(*returns.MirrorPorts)) *returns.Mirror {
	t.Helper()
	ports := returns.MirrorPorts{
		Shop: s.shop, Changes: s.shop, Cancellations: s.shop, Warehouse: s.book, Orders: s.shop, Decide: s.watch.Decide,
		Records: s.memory, Values: s.memory, Locks: s.memory, Exceptions: s.queue,
	}
	replace(&ports)
	m, err := returns.NewMirror(ports, returns.MirrorOptions{})
	must(t, err)
	return m
}

// mortal is a warehouse whose caller is stopped after it has booked a number of refunds.
type mortal struct {
	returns.Warehouse
	left int
	stop func()
}

func (m *mortal) BookRefund(ctx context.Context, b returns.RefundBooking) error {
	if m.left == 0 {
		m.stop()
		return context.Cause(ctx)
	}
	m.left--
	return m.Warehouse.BookRefund(ctx, b)
}

// forgetful has no records for a number of calls.
type forgetful struct {
	store.Records
	fails int
}

func (f *forgetful) RecordsOf(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
	if f.fails--; f.fails >= 0 {
		return nil, time.Time{}, errors.New("the database is away")
	}
	return f.Records.RecordsOf(ctx, ids...)
}

// ahead tells of changes with times of the far future.
type ahead struct {
	returns.Changes
	by time.Duration
}

func (a ahead) ReturnsSince(ctx context.Context, since time.Time) ([]returns.Return, error) {
	list, err := a.Changes.ReturnsSince(ctx, since)
	for i := range list {
		list[i].UpdatedAt = list[i].UpdatedAt.Add(a.by)
	}
	return list, err
}

// A run that is cut off in the middle, by a kill, a shutdown or a store that is away for a
// moment, forgets none of what had changed: it may be hours old, and never changes again.
func TestARunThatIsCutOffForgetsNothing(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(t *testing.T, s *sides){
		"stopped before the first booking": func(t *testing.T, s *sides) { s.stopped(t, 0) },
		"stopped after the first booking":  func(t *testing.T, s *sides) { s.stopped(t, 1) },
		"records away": func(t *testing.T, s *sides) {
			m := s.mirrorOf(t, func(p *returns.MirrorPorts) { p.Records = &forgetful{s.memory, 1} })
			if _, err := m.Run(t.Context()); err == nil {
				t.Error("no error of records that cannot be read")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, returns.Rules{})
				var orders []tiktokshop.Order
				for range 2 {
					orders = append(orders, s.sold(t, mugSKU, 1))
				}
				lost := []tiktokshop.Order{s.onTheWay(t, 1), s.onTheWay(t, 1)}
				for i := range orders { // the bridge is down for hours
					must(t, s.tiktok.GrantReturn(s.asks(t, orders[i].ID, tiktokshoptest.ReturnSpec{})))
					must(t, s.tiktok.Lose(lost[i].ID))
					time.Sleep(3 * time.Hour)
				}
				run(t, s)
				s.restart(t, returns.Rules{})
				for range 3 {
					s.later(t)
				}
				for _, o := range slices.Concat(orders, lost) {
					if got, want := s.books(t, o.ID), "refund 16.50 GBP"; got != want {
						t.Errorf("order %s: got %q, want %q", o.ID, got, want)
					}
				}
			})
		})
	}
}

// stopped runs until so many refunds are booked, and the program ends.
func (s *sides) stopped(t *testing.T, after int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	m := s.mirrorOf(t, func(p *returns.MirrorPorts) { p.Warehouse = &mortal{s.book, after, stop} })
	if _, err := m.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// A time of the future in one return, near or far, hides no later one.
func TestATimeOfTheFuture(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{59 * time.Minute, 50 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := newSides(t, returns.Rules{})
			odd, next := s.sold(t, mugSKU, 1), s.sold(t, mugSKU, 1)
			must(t, s.tiktok.GrantReturn(s.asks(t, odd.ID, tiktokshoptest.ReturnSpec{})))
			m := s.mirrorOf(t, func(p *returns.MirrorPorts) { p.Changes = ahead{s.shop, by} })
			for range 2 {
				_, err := m.Run(t.Context())
				must(t, err)
			}
			time.Sleep(30 * time.Minute)
			must(t, s.tiktok.GrantReturn(s.asks(t, next.ID, tiktokshoptest.ReturnSpec{})))
			s.run(t)
			for _, o := range []tiktokshop.Order{odd, next} {
				if got, want := s.books(t, o.ID), "refund 16.50 GBP"; got != want {
					t.Errorf("%s ahead: order %s: got %q, want %q", by, o.ID, got, want)
				}
			}
		})
	}
}

// What people have entered as expected has not come: TikTok is not told that it has, which
// would refund it, and somebody is told when it stays away.
func TestGoodsThatPeopleExpectAreNotThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{AcceptReceived: true})
		o := s.sold(t, mugSKU, 1)
		id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund})
		must(t, s.tiktok.GrantReturn(id))
		in := s.linn.OrdersByReference("TIKTOKBRIDGE", "test", o.ID)[0]
		_, err := s.api.ReturnsRefunds.CreateRMABooking(t.Context(), &linnworks.CreateRMABookingRequest{OrderID: in.OrderID, ReturnItems: []linnworks.ReturnItem{{
			OrderItemRowID: &in.Items[0].RowID, ReturnQuantity: new(1), ReturnLocation: new(linnworks.ZeroGUID),
		}}})
		must(t, err)
		must(t, s.tiktok.SendReturn(id, "RM1"))
		s.run(t)
		if r, _ := s.tiktok.Return(id); r.ReturnStatus != tiktokshop.ReturnStatusBuyerShippedItem {
			t.Errorf("TikTok shows %s before the goods have come, want it told nothing", r.ReturnStatus)
		}
		if got, want := s.books(t, o.ID), "1 back, 0 scrap expected"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		s.bookIn(t, o.ID)
		s.run(t)
		if r, _ := s.tiktok.Return(id); r.ReturnStatus != tiktokshop.ReturnStatusReturnOrRefundRequestSuccess {
			t.Errorf("TikTok shows %s once the goods are booked in, want it told", r.ReturnStatus)
		}
	})
}

// paper is a warehouse that takes everything, and its orders.
type paper struct{ orders []returns.Sent }

func (p *paper) order(id string) *returns.Sent {
	return &p.orders[slices.IndexFunc(p.orders, func(s returns.Sent) bool { return s.ID == id })]
}

func (p *paper) SentOrders(context.Context, string, []string) ([]returns.Sent, error) {
	list := slices.Clone(p.orders)
	for i := range list {
		list[i].Refunds, list[i].Goods = slices.Clone(list[i].Refunds), slices.Clone(list[i].Goods)
	}
	return list, nil
}

func (p *paper) BookRefund(_ context.Context, b returns.RefundBooking) error {
	s := p.order(b.WarehouseID)
	refund := returns.BookedRefund{ID: "refund of " + s.ID, Reference: b.Reference, Amount: money.Amount{Currency: s.Currency}}
	for _, l := range b.Lines {
		refund.Amount.Minor += l.Amount.Minor
	}
	s.Refunds = append(s.Refunds, refund)
	return nil
}

func (p *paper) FinishRefund(_ context.Context, warehouseID, _ string) error {
	for i := range p.order(warehouseID).Refunds {
		p.order(warehouseID).Refunds[i].Done = true
	}
	return nil
}

func (p *paper) BookGoods(_ context.Context, b returns.GoodsBooking) error {
	s := p.order(b.WarehouseID)
	s.Goods = append(s.Goods, returns.BookedGoods{ID: b.Reference + " of " + s.ID, Reference: b.Reference, Rows: b.Rows})
	return nil
}

func (p *paper) FinishGoods(_ context.Context, warehouseID, _ string) error {
	for i := range p.order(warehouseID).Goods {
		p.order(warehouseID).Goods[i].Done = true
	}
	return nil
}

func (p *paper) DropGoods(_ context.Context, id string) error {
	for i := range p.orders {
		p.orders[i].Goods = slices.DeleteFunc(p.orders[i].Goods, func(g returns.BookedGoods) bool { return g.ID == id })
	}
	return nil
}

// A parcel with units of an order that was split in Linnworks is booked in at once, and one
// that was cancelled and made again is no obstacle.
func TestReceiveOfASplitOrder(t *testing.T) {
	t.Parallel()
	row := func(id string) []returns.Row {
		return []returns.Row{{ID: "row " + id, SKU: "MUG", Quantity: 1, Worth: 1250, LineIDs: []string{id}}}
	}
	p := &paper{orders: []returns.Sent{
		{ID: "cancelled", Number: "1", Dropped: true, Currency: "GBP", Rows: slices.Concat(row("1"), row("2"))},
		{ID: "first", Number: "2", Gone: true, Currency: "GBP", Rows: row("1")},
		{ID: "second", Number: "3", Gone: true, Currency: "GBP", Rows: row("2")},
	}}
	memory, queue := new(store.Memory).Shop("uk"), new(exceptions.Memory).Shop("uk")
	desk := nothing{}
	m, err := returns.NewMirror(returns.MirrorPorts{
		Shop: desk, Changes: desk, Warehouse: p, Records: memory, Values: memory, Locks: memory, Exceptions: queue,
	}, returns.MirrorOptions{})
	must(t, err)
	must(t, m.Receive(t.Context(), returns.Parcel{ID: "RM1", OrderID: "576", Units: []returns.ReceivedUnit{{OrderLineID: "1"}, {OrderLineID: "2"}}}))
	var got []string
	for _, s := range p.orders {
		for _, g := range s.Goods {
			got = append(got, s.ID+" "+g.Reference+map[bool]string{true: ", in stock"}[g.Done])
		}
	}
	if diff := cmp.Diff([]string{"first parcel/RM1, in stock", "second parcel/RM1, in stock"}, got); diff != "" {
		t.Errorf("booked (-want +got):\n%s", diff)
	}
}

// nothing is a shop without returns.
type nothing struct{}

func (nothing) WaitingReturns(context.Context) ([]returns.Return, error)          { return nil, nil }
func (nothing) Returns(context.Context, []string) ([]returns.Return, error)       { return nil, nil }
func (nothing) RefusalReasons(context.Context, string) ([]string, error)          { return nil, nil }
func (nothing) AnswerReturn(context.Context, returns.Decision, string) error      { return nil }
func (nothing) ReturnsSince(context.Context, time.Time) ([]returns.Return, error) { return nil, nil }

// aRoad changes what TikTok says on its way.
type aRoad struct {
	http.RoundTripper
	change func(body []byte) []byte // nil for nothing
}

func (w *aRoad) RoundTrip(r *http.Request) (*http.Response, error) {
	reply, err := w.RoundTripper.RoundTrip(r)
	if err != nil || w.change == nil {
		return reply, err
	}
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return nil, err
	}
	body = w.change(body)
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	reply.Header.Del("Content-Length")
	return reply, nil
}

// over has the bridge talk with TikTok over a road.
func (s *sides) over(t testing.TB, change func(body []byte) []byte) *aRoad {
	t.Helper()
	road := &aRoad{s.tiktok.RoundTripper(), change}
	client, err := s.tiktok.Client(tiktokshop.WithMaxAttempts(1), tiktokshop.WithHTTPClient(&http.Client{Transport: road}))
	must(t, err)
	s.shop, err = tiktokadapter.New(client, tiktokadapter.Options{})
	must(t, err)
	s.restart(t, returns.Rules{})
	return road
}

// A cancelled unit without its id is paid back all the same, and one that is listed twice
// once: version 202602 states no sum.
func TestACancelledUnitWithoutItsID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.onTheWay(t, 2)
		must(t, s.tiktok.Lose(o.ID))
		s.over(t, func(body []byte) []byte {
			var reply map[string]any
			if json.Unmarshal(body, &reply) != nil {
				return body
			}
			data, _ := reply["data"].(map[string]any)
			list, _ := data["cancellations"].([]any)
			for _, c := range list {
				delete(c.(map[string]any), "refund_amount")
				lines := c.(map[string]any)["cancel_line_items"].([]any)
				delete(lines[0].(map[string]any), "order_line_item_id")
				c.(map[string]any)["cancel_line_items"] = slices.Concat(lines, lines)
			}
			body, err := json.Marshal(reply)
			must(t, err)
			return body
		})
		s.later(t)
		// The lines of the fake do not have the postage.
		if got, want := s.books(t, o.ID), "refund 25.00 GBP"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A status that nobody knew may mean that the buyer has the money: a person is told until
// they have booked it, or the shop says what is known.
func TestAStatusThatIsNotKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		road := s.over(t, func(body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(tiktokshop.ReturnStatusReturnOrRefundRequestSuccess), []byte("MONEY_UNDER_WAY"))
		})
		first, second := s.sold(t, mugSKU, 1), s.sold(t, mugSKU, 1)
		var ids []string
		for _, o := range []tiktokshop.Order{first, second} {
			ids = append(ids, s.asks(t, o.ID, tiktokshoptest.ReturnSpec{}))
			must(t, s.tiktok.GrantReturn(ids[len(ids)-1]))
		}
		s.run(t)
		if diff := cmp.Diff([]string{"refund not booked: return " + ids[0], "refund not booked: return " + ids[1]}, open(t, s.queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		s.reference = ids[0]
		s.refundByHand(t, first, "16.50", "return")
		s.run(t)
		if diff := cmp.Diff([]string{"refund not booked: return " + ids[1]}, open(t, s.queue)); diff != "" {
			t.Errorf("once one is booked by hand (-want +got):\n%s", diff)
		}
		road.change = nil
		s.run(t)
		if list := open(t, s.queue); len(list) != 0 || s.books(t, first.ID) != "refund 16.50 GBP" || s.books(t, second.ID) != "refund 16.50 GBP" {
			t.Errorf("once the word is known: cases %q, Linnworks %q and %q", list, s.books(t, first.ID), s.books(t, second.ID))
		}
	})
}

// asked notes from when on changes are asked for.
type asked struct {
	returns.Changes
	since []time.Time
}

func (a *asked) ReturnsSince(ctx context.Context, since time.Time) ([]returns.Return, error) {
	a.since = append(a.since, since)
	return a.Changes.ReturnsSince(ctx, since)
}

// A return that cannot be read is a case until it can. It holds up no other, and what has
// changed since is not read again and again.
func TestAReturnThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		odd, other := s.sold(t, mugSKU, 1), s.sold(t, mugSKU, 1)
		id := s.asks(t, odd.ID, tiktokshoptest.ReturnSpec{})
		road := s.over(t, func(body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"order_id":"`+odd.ID+`"`), []byte(`"order_id":["`+odd.ID+`"]`))
		})
		must(t, s.tiktok.GrantReturn(id))
		time.Sleep(3 * time.Hour)
		must(t, s.tiktok.GrantReturn(s.asks(t, other.ID, tiktokshoptest.ReturnSpec{})))
		changes := &asked{Changes: s.shop}
		m := s.mirrorOf(t, func(p *returns.MirrorPorts) { p.Changes = changes })
		for range 3 {
			report, err := m.Run(t.Context())
			if err != nil || report.Raised != 1 {
				t.Errorf("%s, %v: want one that needs a person", report, err)
			}
			time.Sleep(time.Minute)
		}
		if got := s.books(t, other.ID); got != "refund 16.50 GBP" {
			t.Errorf("the other one: %q", got)
		}
		if diff := cmp.Diff([]string{"refund not booked: return " + id}, open(t, s.queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		if last := changes.since[len(changes.since)-1]; last.Before(time.Now().Add(-time.Hour)) {
			t.Errorf("changes are read from %s on once more", last)
		}
		road.change = nil
		s.run(t)
		if got := s.books(t, odd.ID); got != "refund 16.50 GBP" || len(open(t, s.queue)) != 0 {
			t.Errorf("once it can be read: %q, cases %q", got, open(t, s.queue))
		}
	})
}

// The case of a cancellation that could not be read ends when it turns out to be of an order
// that never left.
func TestACancellationThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		id, err := s.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}})
		must(t, err)
		s.imported(t, id)
		must(t, s.tiktok.CancelBySeller(id, s.tiktok.SellerCancelReasons()[1]))
		road := s.over(t, func(body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"order_id":"`+id+`"`), []byte(`"order_id":["`+id+`"]`))
		})
		s.run(t)
		if diff := cmp.Diff([]string{"refund not booked: cancellation " + s.tiktok.Cancellations()[0].CancelID}, open(t, s.queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		records, _, err := s.memory.RecordsOf(t.Context(), id)
		must(t, err)
		_, err = store.UpdateRecords(t.Context(), s.memory, func(r *store.Record) { r.Status, r.EndedAt = "CANCELLED", time.Now().UTC() }, records[id])
		must(t, err)
		road.change = nil
		s.run(t)
		if list := open(t, s.queue); len(list) != 0 {
			t.Errorf("once it can be read: %q", list)
		}
	})
}

// late shows refunds only some time after they were booked, and loses the reply that said so.
type late struct {
	*paper
	bookedAt time.Time
}

func (l *late) SentOrders(ctx context.Context, id string, ids []string) ([]returns.Sent, error) {
	list, err := l.paper.SentOrders(ctx, id, ids)
	if time.Since(l.bookedAt) < 10*time.Minute {
		for i := range list {
			list[i].Refunds = nil
		}
	}
	return list, err
}

func (l *late) BookRefund(ctx context.Context, b returns.RefundBooking) error {
	l.bookedAt = time.Now()
	return errors.Join(l.paper.BookRefund(ctx, b), errors.New("the reply is lost"))
}

// paidBack is a shop with one return that it has paid back.
type paidBack struct{ nothing }

func (paidBack) Returns(context.Context, []string) ([]returns.Return, error) {
	return []returns.Return{{
		ID: "403", OrderID: "576", Status: "COMPLETE", Refunded: true, Refund: money.Amount{Minor: 1250, Currency: "GBP"}, Lines: []returns.Line{{OrderLineID: "1"}},
		UpdatedAt: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
	}}, nil
}

func (p paidBack) ReturnsSince(ctx context.Context, _ time.Time) ([]returns.Return, error) {
	return p.Returns(ctx, nil)
}

// A refund that Linnworks does not show yet, and of which the reply was lost, is not booked
// again while it may still show up.
func TestABookingThatShowsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &late{paper: &paper{orders: []returns.Sent{{ID: "sent", Number: "1", Gone: true, Currency: "GBP", Rows: []returns.Row{{ID: "row", SKU: "MUG", Quantity: 1, Worth: 1250, LineIDs: []string{"1"}}}}}}}
		memory, queue := new(store.Memory).Shop("uk"), new(exceptions.Memory).Shop("uk")
		m, err := returns.NewMirror(returns.MirrorPorts{
			Shop: paidBack{}, Changes: paidBack{}, Warehouse: w, Records: memory, Values: memory, Locks: memory, Exceptions: queue,
		}, returns.MirrorOptions{})
		must(t, err)
		for range 20 {
			_, _ = m.Run(t.Context()) // the first says that the reply is lost
			time.Sleep(2 * time.Minute)
		}
		if got := w.orders[0].Refunds; len(got) != 1 || !got[0].Done {
			t.Errorf("Linnworks has %+v, want one refund that is final", got)
		}
	})
}

// hiding is a shop that shows some returns no longer.
type hiding struct {
	*tiktokadapter.Shop
	hidden func(id string) bool
}

func (h hiding) Returns(ctx context.Context, ids []string) ([]returns.Return, error) {
	list, err := h.Shop.Returns(ctx, ids)
	return slices.DeleteFunc(list, func(r returns.Return) bool { return h.hidden(r.ID) }), err
}

func (h hiding) ReturnsSince(context.Context, time.Time) ([]returns.Return, error) {
	return nil, nil // they changed long ago
}

// A return that is open is not forgotten before somebody is told: the shop shows it no longer,
// or nothing has come of it for months.
func TestNoOpenReturnIsForgottenSilently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		var ids []string
		for range 2 {
			id := s.asks(t, s.sold(t, mugSKU, 1).ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund})
			must(t, s.tiktok.GrantReturn(id))
			must(t, s.tiktok.SendReturn(id, "RM"+id))
			reasons, err := s.shop.RefusalReasons(t.Context(), id)
			must(t, err)
			must(t, s.watch.Decide(t.Context(), returns.Decision{ReturnID: id, Ask: returns.AskGoods, Reason: reasons[0]}))
			ids = append(ids, id)
		}
		hidden := map[string]bool{}
		s.run(t)
		m := s.mirrorOf(t, func(p *returns.MirrorPorts) {
			shop := hiding{s.shop, func(id string) bool { return hidden[id] }}
			p.Shop, p.Changes = shop, shop
		})
		run := func(days int, wantOpen int, want ...string) {
			t.Helper()
			time.Sleep(time.Duration(days) * 24 * time.Hour)
			report, err := m.Run(t.Context())
			must(t, err)
			if diff := cmp.Diff(want, open(t, s.queue), cmpopts.EquateEmpty()); diff != "" || report.Open != wantOpen {
				t.Errorf("after %d days: %d open, want %d; cases (-want +got):\n%s", days, report.Open, wantOpen, diff)
			}
		}
		first, second := "refund not booked: return "+ids[0], "refund not booked: return "+ids[1]
		run(0, 2)
		hidden[ids[0]] = true
		run(1, 2)
		run(1, 2, first)
		hidden[ids[0]] = false
		run(0, 2)
		hidden[ids[0]] = true
		run(1, 2)
		run(110, 2, first)
		run(10, 0, first, second)
		run(1, 0, first, second)
	})
}

// A person who knows that nothing comes deletes the booking, as the case asks them to: it
// stays deleted, and the case is closed.
func TestABookingOfGoodsThatAPersonDeletes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.sold(t, mugSKU, 1)
		id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund, Quick: true})
		must(t, s.tiktok.GrantReturn(id))
		must(t, s.tiktok.SendReturn(id, "RM1"))
		s.run(t)
		time.Sleep(73 * time.Hour)
		s.run(t)
		if diff := cmp.Diff([]string{"returned goods missing: return " + id}, open(t, s.queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		in := s.linn.OrdersByReference("TIKTOKBRIDGE", "test", o.ID)[0]
		headers, err := s.api.ReturnsRefunds.GetRMAHeadersByOrderID(t.Context(), &linnworks.GetRMAHeadersByOrderIDRequest{OrderID: in.OrderID})
		must(t, err)
		for _, h := range headers.RMAHeaders {
			must(t, errOf(s.api.ReturnsRefunds.DeleteRMA(t.Context(), &linnworks.DeleteRMARequest{RMAHeaderID: &h.RMAHeaderID})))
		}
		for range 3 {
			s.restart(t, returns.Rules{})
			s.run(t)
			time.Sleep(24 * time.Hour)
		}
		if got, want := s.books(t, o.ID), "refund 16.50 GBP"; got != want || len(open(t, s.queue)) != 0 {
			t.Errorf("once it is deleted: %q, cases %q; want %q and none", got, open(t, s.queue), want)
		}
	})
}

func errOf[T any](_ T, err error) error { return err }

// A refund whose amount or currency a person has to look up is theirs, and the case ends once
// it is booked under the id of the return.
func TestARefundThatAPersonHasToBook(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"no amount":        {`"refund_total":"16.50"`, `"refund_total":"?"`},
		"another currency": {`"currency":"GBP","refund_shipping`, `"currency":"EUR","refund_shipping`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, returns.Rules{})
				s.over(t, func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(change[0]), []byte(change[1])) })
				o := s.sold(t, mugSKU, 1)
				s.reference = s.asks(t, o.ID, tiktokshoptest.ReturnSpec{})
				must(t, s.tiktok.GrantReturn(s.reference))
				s.run(t)
				if diff := cmp.Diff([]string{"refund not booked: return " + s.reference}, open(t, s.queue)); diff != "" {
					t.Errorf("open (-want +got):\n%s", diff)
				}
				s.refundByHand(t, o, "16.50", "return")
				s.run(t)
				if list := open(t, s.queue); len(list) != 0 {
					t.Errorf("once it is booked by hand: %q", list)
				}
			})
		})
	}
}

// A shop that had no returns when the bridge began, and has them while it is down for days,
// loses none.
func TestTheFirstReturnsOfAShop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.sold(t, mugSKU, 1)
		s.run(t)
		must(t, s.tiktok.GrantReturn(s.asks(t, o.ID, tiktokshoptest.ReturnSpec{})))
		time.Sleep(5 * 24 * time.Hour)
		s.restart(t, returns.Rules{})
		s.run(t)
		if got, want := s.books(t, o.ID), "refund 16.50 GBP"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A page that comes twice, and a unit that is listed twice, are one return of one unit.
func TestWhatIsListedTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.sold(t, mugSKU, 3)
		id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund, LineIDs: []string{o.LineItems[0].ID}})
		s.over(t, func(body []byte) []byte {
			var reply map[string]any
			if json.Unmarshal(body, &reply) != nil {
				return body
			}
			data, _ := reply["data"].(map[string]any)
			list, ok := data["return_orders"].([]any)
			if !ok {
				return body
			}
			for _, r := range list {
				lines := r.(map[string]any)["return_line_items"].([]any)
				part := maps.Clone(lines[0].(map[string]any))
				part["return_line_item_id"] = "another"
				r.(map[string]any)["return_line_items"] = append(slices.Concat(lines, lines), part)
			}
			data["return_orders"] = slices.Concat(list, list)
			body, err := json.Marshal(reply)
			must(t, err)
			return body
		})
		report, err := s.watch.Check(t.Context())
		must(t, err)
		if len(report.Waiting) != 1 || len(report.Waiting[0].Lines) != 1 {
			t.Errorf("waiting are %+v, want one return of one unit", report.Waiting)
		}
		must(t, s.tiktok.GrantReturn(id))
		must(t, s.tiktok.SendReturn(id, "RM1"))
		s.run(t)
		if got, want := s.books(t, o.ID), "1 back, 0 scrap expected"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// People write the id of a return with something before it, or the order's id: it is the
// refund that they mean, and none is booked beside it.
func TestReferencesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for name, reference := range map[string]func(order, id string) string{
		"with spaces":           func(_, id string) string { return " " + id + " " },
		"with a word before it": func(_, id string) string { return "TikTok return #" + id },
		"the order's id":        func(order, _ string) string { return "TikTok " + order },
		"of another return":     func(_, id string) string { return id + "0" },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSides(t, returns.Rules{})
			o := s.sold(t, mugSKU, 2)
			id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{LineIDs: []string{o.LineItems[0].ID}})
			s.reference = reference(o.ID, id)
			s.refundByHand(t, o, "12.50", "return")
			must(t, s.tiktok.GrantReturn(id))
			s.run(t)
			want := 1
			if name == "of another return" {
				want = 2
			}
			if got := strings.Count(s.books(t, o.ID), "refund 12.50 GBP"); got != want || len(open(t, s.queue)) != 0 {
				t.Errorf("%s: %d refunds, want %d; cases %q", name, got, want, open(t, s.queue))
			}
		})
	}
}

// twoLost is a shop that has cancelled an order whose two parcels are lost.
type twoLost struct{ nothing }

func (twoLost) Cancellations(context.Context, []string) ([]returns.Return, error) {
	return []returns.Return{{
		ID: "405", OrderID: "576", Status: "COMPLETE", Cancellation: true, Refunded: true, Lost: true, Refund: money.Amount{Minor: 2500, Currency: "GBP"},
		Lines: []returns.Line{{OrderLineID: "1"}, {OrderLineID: "2"}},
	}}, nil
}

func (l twoLost) CancellationsSince(ctx context.Context, _ time.Time) ([]returns.Return, error) {
	return l.Cancellations(ctx, nil)
}

func (twoLost) LostParcels(_ context.Context, r returns.Return) (list []claims.Loss, err error) {
	for _, l := range r.Lines {
		list = append(list, claims.Loss{Tracking: "RM" + l.OrderLineID})
	}
	return list, nil
}

// Of two lost parcels one turns up: the other may still be claimed.
func TestOneOfTwoLostParcelsTurnsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		row := func(id string) returns.Row {
			return returns.Row{ID: "row " + id, SKU: "MUG", Quantity: 1, Worth: 1250, LineIDs: []string{id}}
		}
		w := &paper{orders: []returns.Sent{{ID: "sent", Number: "1", Gone: true, Currency: "GBP", Rows: []returns.Row{row("1"), row("2")}}}}
		memory, queue := new(store.Memory).Shop("uk"), new(exceptions.Memory).Shop("uk")
		_, err := memory.PutRecords(t.Context(), store.Record{OrderID: "576", WarehouseIDs: []string{"sent"}})
		must(t, err)
		lost, err := claims.NewWatch(queue, claims.Options{Market: "GB"})
		must(t, err)
		m, err := returns.NewMirror(returns.MirrorPorts{
			Shop: twoLost{}, Changes: twoLost{}, Cancellations: twoLost{}, Claims: lost, Warehouse: w, Records: memory, Values: memory, Locks: memory, Exceptions: queue,
		}, returns.MirrorOptions{})
		must(t, err)
		for range 3 {
			_, err := m.Run(t.Context())
			must(t, err)
			soon()
		}
		first, second := "claim to make: claim for parcel RM1 of order 576", "claim to make: claim for parcel RM2 of order 576"
		if diff := cmp.Diff([]string{first, second}, open(t, queue)); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		must(t, m.Receive(t.Context(), returns.Parcel{ID: "RM1", ReturnID: "405", Units: []returns.ReceivedUnit{{OrderLineID: "1"}}}))
		if diff := cmp.Diff([]string{second}, open(t, queue)); diff != "" {
			t.Errorf("open once one has turned up (-want +got):\n%s", diff)
		}
	})
}

// One return that cannot be read holds up none of those that are asked for with it, however
// many calls that takes.
func TestManyReturnsAndOneThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		var ids []string
		var odd string
		for range 60 { // TikTok takes 50 ids at a time
			order, err := s.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}, FulfillmentType: tiktokshop.FulfillmentTypeByTikTok})
			must(t, err)
			must(t, s.tiktok.Fulfil(order, "TT"+order))
			must(t, s.tiktok.Deliver(order))
			ids = append(ids, s.asks(t, order, tiktokshoptest.ReturnSpec{}))
			if odd == "" {
				odd = order
			}
		}
		s.over(t, func(body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"order_id":"`+odd+`"`), []byte(`"order_id":["`+odd+`"]`))
		})
		list, err := s.shop.Returns(t.Context(), ids)
		unreadable, ok := errors.AsType[*exceptions.UnreadableError](err)
		if len(list) != 59 || !ok || len(unreadable.Reasons) != 1 || unreadable.Reasons[ids[0]] == "" {
			t.Errorf("%d returns, %v; want 59, and that return %s alone cannot be read", len(list), err, ids[0])
		}
	})
}

// errCut is that of a call whose line is cut.
var errCut = errors.New("the line is cut")

// cutLine is all ports of a mirror, one call of which is cut: before it is carried out, or
// after.
type cutLine struct {
	returns.Shop
	store.Records
	ports returns.MirrorPorts

	at, calls int
	after     bool
}

// over carries a call out, and cuts it if it is the one.
func over[T any](c *cutLine, do func() (T, error)) (v T, err error) {
	if c.calls++; c.calls != c.at {
		return do()
	}
	if c.after {
		_, _ = do() // nobody learns what became of it
	}
	return v, errCut
}

func (c *cutLine) do(call func() error) error {
	_, err := over(c, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

func (c *cutLine) Returns(ctx context.Context, ids []string) ([]returns.Return, error) {
	return over(c, func() ([]returns.Return, error) { return c.ports.Shop.Returns(ctx, ids) })
}

func (c *cutLine) ReturnsSince(ctx context.Context, since time.Time) ([]returns.Return, error) {
	return over(c, func() ([]returns.Return, error) { return c.ports.Changes.ReturnsSince(ctx, since) })
}

func (c *cutLine) CancellationsSince(ctx context.Context, since time.Time) ([]returns.Return, error) {
	return over(c, func() ([]returns.Return, error) { return c.ports.Cancellations.CancellationsSince(ctx, since) })
}

func (c *cutLine) Cancellations(ctx context.Context, ids []string) ([]returns.Return, error) {
	return over(c, func() ([]returns.Return, error) { return c.ports.Cancellations.Cancellations(ctx, ids) })
}

func (c *cutLine) LostParcels(ctx context.Context, r returns.Return) ([]claims.Loss, error) {
	return over(c, func() ([]claims.Loss, error) { return c.ports.Cancellations.LostParcels(ctx, r) })
}

func (c *cutLine) Check(ctx context.Context, losses ...claims.Loss) error {
	return c.do(func() error { return c.ports.Claims.Check(ctx, losses...) })
}

func (c *cutLine) SoldOrders(ctx context.Context, ids []string) ([]returns.Sold, error) {
	return over(c, func() ([]returns.Sold, error) { return c.ports.Orders.SoldOrders(ctx, ids) })
}

func (c *cutLine) decide(ctx context.Context, d returns.Decision) error {
	return c.do(func() error { return c.ports.Decide(ctx, d) })
}

func (c *cutLine) SentOrders(ctx context.Context, orderID string, ids []string) ([]returns.Sent, error) {
	return over(c, func() ([]returns.Sent, error) { return c.ports.Warehouse.SentOrders(ctx, orderID, ids) })
}

func (c *cutLine) BookRefund(ctx context.Context, b returns.RefundBooking) error {
	return c.do(func() error { return c.ports.Warehouse.BookRefund(ctx, b) })
}

func (c *cutLine) FinishRefund(ctx context.Context, warehouseID, refundID string) error {
	return c.do(func() error { return c.ports.Warehouse.FinishRefund(ctx, warehouseID, refundID) })
}

func (c *cutLine) BookGoods(ctx context.Context, b returns.GoodsBooking) error {
	return c.do(func() error { return c.ports.Warehouse.BookGoods(ctx, b) })
}

func (c *cutLine) FinishGoods(ctx context.Context, warehouseID, bookingID string) error {
	return c.do(func() error { return c.ports.Warehouse.FinishGoods(ctx, warehouseID, bookingID) })
}

func (c *cutLine) DropGoods(ctx context.Context, bookingID string) error {
	return c.do(func() error { return c.ports.Warehouse.DropGoods(ctx, bookingID) })
}

func (c *cutLine) RecordsOf(ctx context.Context, ids ...string) (records map[string]store.Record, since time.Time, err error) {
	err = c.do(func() (err error) {
		records, since, err = c.ports.Records.RecordsOf(ctx, ids...)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return records, since, nil
}

func (c *cutLine) Value(ctx context.Context, name string) (value []byte, found bool, err error) {
	err = c.do(func() (err error) { value, found, err = c.ports.Values.Value(ctx, name); return err })
	if err != nil {
		return nil, false, err
	}
	return value, found, nil
}

func (c *cutLine) PutValue(ctx context.Context, name string, value []byte) error {
	return c.do(func() error { return c.ports.Values.PutValue(ctx, name, value) })
}

func (c *cutLine) Raise(ctx context.Context, e exceptions.Exception) error {
	return c.do(func() error { return c.ports.Exceptions.Raise(ctx, e) })
}

func (c *cutLine) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	return c.do(func() error { return c.ports.Exceptions.Clear(ctx, object, kinds...) })
}

func (c *cutLine) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	return over(c, func() ([]exceptions.Exception, error) { return c.ports.Exceptions.Open(ctx, kinds...) })
}

// Whichever call fails, before it is carried out or after, somebody is told of the error, and
// all is as it would have been without it once the calls succeed again.
func TestWhicheverCallFails(t *testing.T) {
	t.Parallel()
	life := func(t *testing.T, c *cutLine) (outcome []string, told bool) {
		s := newSides(t, returns.Rules{})
		lost, err := claims.NewWatch(s.queue, claims.Options{Market: "GB"})
		must(t, err)
		c.ports = returns.MirrorPorts{
			Shop: s.shop, Changes: s.shop, Cancellations: s.shop, Claims: lost, Warehouse: s.book, Orders: s.shop, Decide: s.watch.Decide,
			Records: s.memory, Values: s.memory, Exceptions: s.queue,
		}
		c.Shop, c.Records = s.shop, s.memory
		m, err := returns.NewMirror(returns.MirrorPorts{
			Shop: c, Changes: c, Cancellations: c, Claims: c, Warehouse: c, Orders: c, Decide: c.decide, Records: c, Values: c, Locks: s.memory, Exceptions: c,
		}, returns.MirrorOptions{Rules: returns.Rules{AcceptReceived: true}})
		must(t, err)
		try := func(do func() error) {
			t.Helper()
			for range 5 {
				err := do()
				if told = told || errors.Is(err, errCut); err == nil {
					return
				}
				soon()
			}
			t.Errorf("call %d is cut (after: %t): it never succeeds: %v", c.at, c.after, do())
		}
		mirror := func() {
			t.Helper()
			for range 3 {
				try(func() error { _, err := m.Run(t.Context()); return err })
				soon()
			}
		}
		back, gone, refused, withstood := s.sold(t, mugSKU, 2), s.onTheWay(t, 1), s.onTheWay(t, 2), s.sold(t, mugSKU, 1)
		ask := func(o tiktokshop.Order, number string) string {
			id := s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund, LineIDs: []string{o.LineItems[0].ID}})
			must(t, s.tiktok.GrantReturn(id))
			must(t, s.tiktok.SendReturn(id, number))
			return id
		}
		of, never := ask(back, "RM1"), ask(withstood, "RM2")
		must(t, s.tiktok.Lose(gone.ID))
		must(t, s.tiktok.Refuse(refused.ID))
		mirror()
		reasons, err := s.shop.RefusalReasons(t.Context(), never)
		must(t, err)
		must(t, s.watch.Decide(t.Context(), returns.Decision{ReturnID: never, Ask: returns.AskGoods, Reason: reasons[0]}))
		try(func() error {
			return m.Receive(t.Context(), returns.Parcel{ID: "RM1", ReturnID: of, Units: []returns.ReceivedUnit{{OrderLineID: back.LineItems[0].ID}}})
		})
		try(func() error {
			return m.Receive(t.Context(), returns.Parcel{ID: "T", OrderID: gone.ID, Units: []returns.ReceivedUnit{{OrderLineID: gone.LineItems[0].ID}}})
		})
		mirror()
		for name, o := range map[string]tiktokshop.Order{"back": back, "gone": gone, "refused": refused, "withstood": withstood} {
			outcome = append(outcome, name+": "+s.books(t, o.ID))
		}
		for _, e := range open(t, s.queue) {
			outcome = append(outcome, strings.ReplaceAll(e, gone.ID, "gone"))
		}
		slices.Sort(outcome)
		return outcome, told
	}
	var want []string
	calls := 0
	synctest.Test(t, func(t *testing.T) {
		c := &cutLine{}
		want, _ = life(t, c)
		calls = c.calls
	})
	if diff := cmp.Diff([]string{
		"back: 1 back, 0 scrap; refund 12.50 GBP", "gone: 1 back, 0 scrap; refund 16.50 GBP", "goods back unannounced: order gone", "refused: 2 back, 0 scrap expected; refund 29.00 GBP", "withstood: 1 back, 0 scrap expected",
	}, want); diff != "" {
		t.Fatalf("nothing is cut (-want +got):\n%s", diff)
	}
	every := 5
	switch {
	case *all:
		every = 1
	case testing.Short():
		every = 17
	}
	for at := 1; at <= calls; at += every {
		for _, after := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				got, told := life(t, &cutLine{at: at, after: after})
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("call %d of %d is cut (after: %t; -want +got):\n%s", at, calls, after, diff)
				}
				if !told {
					t.Errorf("call %d of %d is cut (after: %t), and nobody is told", at, calls, after)
				}
			})
		}
	}
}

// diary is a shop that writes down what it is asked for.
type diary struct {
	nothing
	fails                 string // the list that fails the first time
	returns, cancelled    []time.Time
	ids                   []string
	changed, list, others []returns.Return
}

func (a *diary) ReturnsSince(_ context.Context, since time.Time) ([]returns.Return, error) {
	if a.returns = append(a.returns, since); a.fails == "returns" && len(a.returns) == 1 {
		return nil, errCut
	}
	return a.changed, nil
}

func (a *diary) CancellationsSince(_ context.Context, since time.Time) ([]returns.Return, error) {
	if a.cancelled = append(a.cancelled, since); a.fails == "cancellations" && len(a.cancelled) == 1 {
		return nil, errCut
	}
	return a.others, nil
}

func (a *diary) Returns(_ context.Context, ids []string) ([]returns.Return, error) {
	a.ids = append(a.ids, ids...)
	return a.list, nil
}

func (a *diary) Cancellations(context.Context, []string) ([]returns.Return, error) { return nil, nil }
func (a *diary) LostParcels(context.Context, returns.Return) ([]claims.Loss, error) {
	return nil, nil
}

// A list that fails is read again from where it was, whatever the other one has brought since.
func TestAListThatFailsForgetsNothing(t *testing.T) {
	t.Parallel()
	for _, fails := range []string{"", "returns", "cancellations"} {
		synctest.Test(t, func(t *testing.T) {
			first := time.Now()
			updated := first.Add(-time.Minute)
			a := &diary{fails: fails, changed: []returns.Return{{ID: "7", OrderID: "576", Over: true, UpdatedAt: updated}}, others: []returns.Return{{ID: "8", OrderID: "577", Over: true, Cancellation: true, UpdatedAt: updated}}}
			memory := new(store.Memory).Shop("uk")
			m, err := returns.NewMirror(returns.MirrorPorts{
				Shop: a, Changes: a, Cancellations: a, Warehouse: new(desk), Records: memory, Values: memory, Locks: memory, Exceptions: new(exceptions.Memory).Shop("uk"),
			}, returns.MirrorOptions{})
			must(t, err)
			for run := range 3 {
				if _, err := m.Run(t.Context()); (err != nil) != (run == 0 && fails != "") {
					t.Errorf("%q fails: run %d: error %v", fails, run, err)
				}
				time.Sleep(time.Hour)
			}
			seen := updated.Add(-10 * time.Minute)
			want := []time.Time{first.Add(-48 * time.Hour), seen, seen}
			if fails != "" {
				want[1] = first.Add(-47 * time.Hour) // nothing was read to the end yet
			}
			for name, got := range map[string][]time.Time{"returns": a.returns, "cancellations": a.cancelled} {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%q fails: %s are read since (-want +got):\n%s", fails, name, diff)
				}
			}
		})
	}
}

// A return is asked for by its id if something is left to do about it and it has not changed.
func TestWhichReturnsAreAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		row := returns.Row{ID: "mugs", Quantity: 1, Worth: 1250, LineIDs: []string{"1"}}
		d := &desk{order: returns.Sent{ID: "w1", Number: "1", Gone: true, Currency: "GBP", Rows: []returns.Row{row}}}
		r := returns.Return{ID: "7", OrderID: "576", GoodsSent: true, Refund: pence(1250), Lines: []returns.Line{{OrderLineID: "1"}}, UpdatedAt: time.Now()}
		a := &diary{changed: []returns.Return{r}, list: []returns.Return{r}}
		memory := new(store.Memory).Shop("uk")
		m, err := returns.NewMirror(returns.MirrorPorts{Shop: a, Changes: a, Warehouse: d, Records: memory, Values: memory, Locks: memory, Exceptions: new(exceptions.Memory).Shop("uk")}, returns.MirrorOptions{})
		must(t, err)
		run := func(step string, open int, want ...string) {
			t.Helper()
			a.ids = nil
			report, err := m.Run(t.Context())
			must(t, err)
			if !slices.Equal(a.ids, want) || report.Open != open {
				t.Errorf("%s: asked for %q, want %q; %d open, want %d", step, a.ids, want, report.Open, open)
			}
			time.Sleep(time.Hour)
		}
		waits := r
		waits.GoodsSent, waits.UpdatedAt = false, r.UpdatedAt.Add(-time.Minute)
		a.changed = []returns.Return{waits}
		run("it is asked for, and nothing is sent or paid", 0)
		a.changed = nil
		run("it has not changed since", 0)
		a.changed = []returns.Return{r}
		run("its goods are sent", 1)
		a.changed = nil
		run("it waits for its goods", 1, "7")
		// The goods are in, and a person has booked the refund.
		d.order.Goods[0].Done = true
		d.order.Refunds = []returns.BookedRefund{{ID: "b", Amount: pence(1250), Done: true}}
		r.Refunded, r.UpdatedAt = true, time.Now()
		a.changed = []returns.Return{r}
		run("it is paid back", 0)
		a.changed = nil
		run("nothing is left to do", 0)
	})
}
