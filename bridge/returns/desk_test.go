package returns_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// desk is a warehouse with one order. booked are the refunds that it was asked to book.
type desk struct {
	order  returns.Sent
	booked []returns.RefundBooking
}

func (d *desk) SentOrders(context.Context, string, []string) ([]returns.Sent, error) {
	return []returns.Sent{d.order}, nil
}

func (d *desk) BookRefund(_ context.Context, b returns.RefundBooking) error {
	d.booked = append(d.booked, b)
	sum := money.Amount{Currency: d.order.Currency}
	for _, l := range b.Lines {
		sum.Minor += l.Amount.Minor
	}
	d.order.Refunds = append(d.order.Refunds, returns.BookedRefund{ID: strconv.Itoa(len(d.booked)), Reference: b.Reference, Amount: sum})
	return nil
}

func (d *desk) FinishRefund(_ context.Context, _, id string) error {
	for i := range d.order.Refunds {
		d.order.Refunds[i].Done = d.order.Refunds[i].Done || d.order.Refunds[i].ID == id
	}
	return nil
}

func (d *desk) BookGoods(_ context.Context, b returns.GoodsBooking) error {
	d.order.Goods = append(d.order.Goods, returns.BookedGoods{ID: b.Reference, Reference: b.Reference, Rows: b.Rows})
	return nil
}

func (d *desk) FinishGoods(context.Context, string, string) error { return nil }

func (d *desk) DropGoods(_ context.Context, id string) error {
	d.order.Goods = slices.DeleteFunc(d.order.Goods, func(g returns.BookedGoods) bool { return g.ID == id })
	return nil
}

func (s *shop) ReturnsSince(ctx context.Context, _ time.Time) ([]returns.Return, error) {
	return s.WaitingReturns(ctx)
}

func pence(n int64) money.Amount { return money.Amount{Minor: n, Currency: "GBP"} }

// The parts of a refund always add up to what the shop has paid, whatever its lines say.
func TestRefundsAddUp(t *testing.T) {
	t.Parallel()
	line := func(id string, refund, shipping int64) returns.Line {
		return returns.Line{OrderLineID: id, SellerSKU: "MUG", Refund: pence(refund), Shipping: pence(shipping)}
	}
	mugs := returns.Row{ID: "mugs", Quantity: 2, Worth: 2500, LineIDs: []string{"1", "2"}}
	for name, tt := range map[string]struct {
		total, shipping int64
		lines           []returns.Line
		rows            []returns.Row
		want            string
	}{
		"lines and shipping":                       {2900, 400, []returns.Line{line("1", 1250, 0), line("2", 1250, 0)}, []returns.Row{mugs}, "item mugs x2 25.00; shipping x0 4.00"},
		"shipping in the lines":                    {2900, 0, []returns.Line{line("1", 1450, 200), line("2", 1450, 200)}, []returns.Row{mugs}, "item mugs x2 25.00; shipping x0 4.00"},
		"less than the lines, as an offer":         {500, 0, []returns.Line{line("1", 1250, 0)}, []returns.Row{mugs}, "item mugs x1 5.00"},
		"more than the lines, as tax on top":       {1350, 0, []returns.Line{line("1", 1250, 0)}, []returns.Row{mugs}, "item mugs x1 13.50"},
		"shipping alone":                           {400, 400, []returns.Line{line("1", 0, 0)}, []returns.Row{mugs}, "shipping x0 4.00"},
		"less than the shipping, as an offer":      {300, 400, []returns.Line{line("1", 1250, 0)}, []returns.Row{mugs}, "shipping x0 3.00"},
		"no lines":                                 {777, 0, nil, []returns.Row{mugs}, "other x0 7.77"},
		"no amounts in the lines":                  {101, 0, []returns.Line{line("1", 0, 0), line("2", 0, 0)}, []returns.Row{mugs}, "item mugs x2 1.01"},
		"a unit that the order does not have":      {1250, 0, []returns.Line{line("9", 1250, 0)}, []returns.Row{mugs}, "other x0 12.50"},
		"a bundle in two rows":                     {1999, 0, []returns.Line{line("1", 1999, 0)}, []returns.Row{{ID: "a", Quantity: 2, Worth: 1000, LineIDs: []string{"1"}}, {ID: "b", Quantity: 1, Worth: 999, LineIDs: []string{"1"}}}, "item a x2 10.00; item b x1 9.99"},
		"two of three bundles, of two units a row": {2000, 0, []returns.Line{line("1", 1000, 0), line("2", 1000, 0)}, []returns.Row{{ID: "a", Quantity: 6, LineIDs: []string{"1", "2", "3"}}}, "item a x4 20.00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := returns.Return{ID: "7", OrderID: "5764", Refunded: true, Refund: pence(tt.total), Shipping: pence(tt.shipping), Lines: tt.lines}
			d := &desk{order: returns.Sent{ID: "w1", Number: "1", Gone: true, Currency: "GBP", Rows: tt.rows}}
			mirrored(t, d, r)
			if len(d.booked) != 1 {
				t.Fatalf("booked %+v, want once", d.booked)
			}
			var words []string
			for _, l := range d.booked[0].Lines {
				words = append(words, strings.ReplaceAll(string(l.Unit)+" "+l.RowID+" x"+strconv.Itoa(l.Quantity), "  ", " ")+" "+l.Amount.Decimal())
			}
			if got := strings.Join(words, "; "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// mirrored runs a mirror until nothing more can come of it, and returns what is open.
func mirrored(t *testing.T, d *desk, steps ...returns.Return) []string {
	t.Helper()
	s := &shop{returns: map[string]returns.Return{}}
	memory, queue := new(store.Memory).Shop("uk"), new(exceptions.Memory).Shop("uk")
	m, err := returns.NewMirror(returns.MirrorPorts{Shop: s, Changes: s, Warehouse: d, Records: memory, Values: memory, Locks: memory, Exceptions: queue}, returns.MirrorOptions{})
	must(t, err)
	for _, r := range steps {
		s.returns[r.ID] = r
		for range 3 {
			_, err := m.Run(t.Context())
			must(t, err)
		}
	}
	return open(t, queue)
}

// A return that ends without a refund takes its goods back; one whose refund the shop
// takes back is told of.
func TestReturnsThatEnd(t *testing.T) {
	t.Parallel()
	row := returns.Row{ID: "mugs", Quantity: 2, LineIDs: []string{"1", "2"}}
	base := returns.Return{ID: "7", OrderID: "5764", Refund: pence(1250), Lines: []returns.Line{{OrderLineID: "1"}}}
	sent, paid, over, replaced, dear, unread := base, base, base, base, base, base
	sent.GoodsSent = true
	paid.Refunded = true
	over.Over, over.Status = true, "CANCEL"
	replaced.ReplacedBy = "8"
	dear.Refunded, dear.Refund = true, pence(1251)
	unread.Refunded, unread.RefundUnread = true, true
	for name, tt := range map[string]struct {
		steps   []returns.Return
		want    []string
		refunds int
	}{
		"withdrawn on its way":         {[]returns.Return{sent, over}, nil, 0},
		"replaced on its way":          {[]returns.Return{sent, replaced}, nil, 0},
		"paid, and for more later":     {[]returns.Return{paid, dear}, []string{"refund differs: return 7"}, 1},
		"of an amount that is none":    {[]returns.Return{unread}, []string{"refund not booked: return 7"}, 0},
		"of an amount that is read at": {[]returns.Return{unread, paid}, nil, 1},
		"that never began":             {[]returns.Return{over, replaced}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &desk{order: returns.Sent{ID: "w1", Number: "1", Gone: true, Currency: "GBP", Rows: []returns.Row{row}}}
			if diff := cmp.Diff(tt.want, mirrored(t, d, tt.steps...)); diff != "" {
				t.Errorf("open (-want +got):\n%s", diff)
			}
			if len(d.order.Goods) != 0 || len(d.booked) != tt.refunds {
				t.Errorf("goods %+v, refunds %+v, want %d", d.order.Goods, d.booked, tt.refunds)
			}
		})
	}
	d := &desk{order: returns.Sent{ID: "w1", Number: "1", Gone: true, Currency: "EUR", Rows: []returns.Row{row}}}
	if got := mirrored(t, d, paid); len(d.booked) != 0 || !slices.Equal(got, []string{"refund not booked: return 7"}) {
		t.Errorf("in another currency: booked %+v, open %q", d.booked, got)
	}
	d = &desk{order: returns.Sent{ID: "w1", Number: "1", Gone: true, Currency: "GBP", Rows: []returns.Row{row}, Refunds: []returns.BookedRefund{{ID: "9", Amount: pence(1250)}}}}
	if got := mirrored(t, d, paid, over); len(d.booked) != 0 || !slices.Equal(got, []string{"refund differs: return 7"}) {
		t.Errorf("booked by hand, and not paid after all: booked %+v, open %q", d.booked, got)
	}
}

// sold says what kind of order the returns are about.
type sold []returns.Sold

func (s sold) SoldOrders(context.Context, []string) ([]returns.Sold, error) { return s, nil }

// What may be refunded in which unit is said in the case, and refused before any call.
func TestUnits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kinds []policy.Kind
		units int
		ask   returns.Ask
		want  string
	}{
		"ordinary, in part":            {nil, 3, returns.AskReturn, ""},
		"with a gift, in part":         {[]policy.Kind{policy.GiftWithPurchase}, 3, returns.AskReturn, "refunded whole or not at all, and 2 of 3 units"},
		"with a gift, whole":           {[]policy.Kind{policy.GiftWithPurchase}, 2, returns.AskRefund, ""},
		"given away":                   {[]policy.Kind{policy.LotteryWin}, 2, returns.AskRefund, "lottery win, for which nothing is refunded"},
		"given away, and back already": {[]policy.Kind{policy.LotteryWin}, 2, returns.AskGoods, ""},
		"of an order not shown":        {nil, -1, returns.AskReturn, "the shop does not show order 5764"},
		"back, of an order not shown":  {nil, -1, returns.AskGoods, ""},
		"a bundle":                     {[]policy.Kind{policy.Bundle}, 4, returns.AskRefund, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shop{returns: map[string]returns.Return{"7": waiting("7", tt.ask, time.Hour)}}
			queue := new(exceptions.Memory).Shop("uk")
			orders := sold{{ID: "5764", Kinds: tt.kinds, Units: tt.units}}
			if tt.units < 0 {
				orders = nil
			}
			w, err := returns.NewWatch(returns.Ports{Shop: s, Exceptions: queue, Orders: orders},
				returns.Options{Now: func() time.Time { return noon }})
			must(t, err)
			check(t, w)
			cases, err := queue.Open(t.Context())
			if err != nil || len(cases) != 1 || strings.Contains(cases[0].String(), "the order is a") != (tt.want != "" && orders != nil) ||
				orders != nil && !strings.Contains(cases[0].String(), tt.want) {
				t.Errorf("cases %v, %v; want %q", cases, err, tt.want)
			}
			err = w.Decide(t.Context(), returns.Decision{ReturnID: "7", Ask: tt.ask, Accept: true})
			if (err == nil) != (tt.want == "") || len(s.answered) == 1 != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("accepting: %v, sent %q; want %q", err, s.answered, tt.want)
			}
		})
	}
}

// What Linnworks has of a refund is compared to the penny, and what nobody can read is neither
// taken for right nor booked again.
func TestWhatLinnworksHasOfARefund(t *testing.T) {
	t.Parallel()
	refund := func(reference string, amount money.Amount, unread bool) returns.BookedRefund {
		return returns.BookedRefund{ID: "b" + reference, Reference: reference, Amount: amount, Unread: unread, Done: true}
	}
	differs := []string{"refund differs: return 7"}
	for name, tt := range map[string]struct {
		has    []returns.BookedRefund
		booked int
		cases  []string
		seen   string // in the case
	}{
		"nothing":                                {nil, 1, nil, ""},
		"the same":                               {[]returns.BookedRefund{refund("7", pence(1250), false)}, 0, nil, ""},
		"in two parts":                           {[]returns.BookedRefund{refund("7", pence(1000), false), refund("TikTok 7", pence(250), false)}, 0, nil, ""},
		"a penny less":                           {[]returns.BookedRefund{refund("7", pence(1249), false)}, 0, differs, "12.49 GBP"},
		"an amount that is none":                 {[]returns.BookedRefund{refund("7", pence(1250), true)}, 0, differs, "none that can be read"},
		"two, and one amount is none":            {[]returns.BookedRefund{refund("7", money.Amount{Currency: "GBP"}, true), refund("nr 7", pence(1250), false)}, 0, differs, "none that can be read"},
		"another currency":                       {[]returns.BookedRefund{refund("7", money.Amount{Minor: 1250, Currency: "EUR"}, false)}, 0, differs, "another currency"},
		"by hand, without a reference":           {[]returns.BookedRefund{refund("", pence(1250), false)}, 0, nil, ""},
		"by hand, and the amount is none":        {[]returns.BookedRefund{refund("", pence(1250), true)}, 1, nil, ""},
		"of another return, of the same amount":  {[]returns.BookedRefund{refund("8", pence(1250), false)}, 1, nil, ""},
		"of another return, with the id in it":   {[]returns.BookedRefund{refund("17", pence(1250), false)}, 1, nil, ""},
		"by hand, for the order, another amount": {[]returns.BookedRefund{refund("5764", pence(1), false)}, 1, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &desk{order: returns.Sent{ID: "w1", Number: "1", Gone: true, Currency: "GBP", Rows: []returns.Row{{ID: "mugs", Quantity: 1, Worth: 1250, LineIDs: []string{"1"}}}, Refunds: tt.has}}
			s := &shop{returns: map[string]returns.Return{"7": {ID: "7", OrderID: "5764", Refunded: true, Refund: pence(1250), Lines: []returns.Line{{OrderLineID: "1"}}}}}
			memory, queue := new(store.Memory).Shop("uk"), new(exceptions.Memory).Shop("uk")
			m, err := returns.NewMirror(returns.MirrorPorts{Shop: s, Changes: s, Warehouse: d, Records: memory, Values: memory, Locks: memory, Exceptions: queue}, returns.MirrorOptions{})
			must(t, err)
			for range 3 {
				_, err := m.Run(t.Context())
				must(t, err)
			}
			list, err := queue.Open(t.Context())
			must(t, err)
			if diff := cmp.Diff(tt.cases, open(t, queue)); diff != "" || len(d.booked) != tt.booked || len(list) > 0 && !strings.Contains(list[0].Seen, tt.seen) {
				t.Errorf("%d booked, want %d; cases %+v, want one that says %q (-want +got):\n%s", len(d.booked), tt.booked, list, tt.seen, diff)
			}
		})
	}
}

// hides is a desk without the order.
type hides struct{ *desk }

func (hides) SentOrders(context.Context, string, []string) ([]returns.Sent, error) { return nil, nil }

// kinds are the orders of a shop, by their kind.
type kinds []returns.Sold

func (k kinds) SoldOrders(context.Context, []string) ([]returns.Sold, error) { return k, nil }

// Of an order that Linnworks does not have somebody is told if its buyer has the money, unless
// the platform sent it, or it has ended for nothing.
func TestAReturnWithoutAnOrder(t *testing.T) {
	t.Parallel()
	paid, waits, over := returns.Return{ID: "7", OrderID: "5764", Refunded: true, Refund: pence(1250)}, returns.Return{ID: "7", OrderID: "5764", GoodsSent: true}, returns.Return{ID: "7", OrderID: "5764", Over: true}
	told := []string{"refund not booked: return 7"}
	for name, tt := range map[string]struct {
		orders returns.OrderSource
		steps  []returns.Return
		cases  []string
		open   int
	}{
		"paid":                         {nil, []returns.Return{paid}, told, 1},
		"paid, and of our own":         {kinds{{ID: "5764", Kinds: []policy.Kind{policy.Replacement}}}, []returns.Return{paid}, told, 1},
		"paid, and sent by TikTok":     {kinds{{ID: "5764", Kinds: []policy.Kind{policy.ByTikTok}}}, []returns.Return{paid}, nil, 0},
		"paid, and the shop hides it":  {kinds{}, []returns.Return{paid}, told, 1},
		"on its way":                   {nil, []returns.Return{waits}, nil, 1},
		"on its way, and then refused": {nil, []returns.Return{waits, over}, nil, 0},
		"paid, and then taken back":    {nil, []returns.Return{paid, over}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shop{returns: map[string]returns.Return{}}
			memory, queue := new(store.Memory).Shop("uk"), new(exceptions.Memory).Shop("uk")
			m, err := returns.NewMirror(returns.MirrorPorts{Shop: s, Changes: s, Warehouse: hides{new(desk)}, Orders: tt.orders, Records: memory, Values: memory, Locks: memory, Exceptions: queue}, returns.MirrorOptions{})
			must(t, err)
			var report returns.MirrorReport
			for i, r := range tt.steps {
				r.UpdatedAt = time.Date(2026, 6, 1+i, 0, 0, 0, 0, time.UTC)
				s.returns[r.ID] = r
				for range 2 {
					report, err = m.Run(t.Context())
					must(t, err)
				}
			}
			if diff := cmp.Diff(tt.cases, open(t, queue)); diff != "" || report.Open != tt.open {
				t.Errorf("%s, want %d open; cases (-want +got):\n%s", report, tt.open, diff)
			}
		})
	}
}

// A mirror says what it lacks, and a report of it what it did.
func TestNewMirror(t *testing.T) {
	t.Parallel()
	s, memory := &shop{}, new(store.Memory).Shop("uk")
	queue := new(exceptions.Memory).Shop("uk")
	whole := returns.MirrorPorts{Shop: s, Changes: s, Warehouse: new(desk), Records: memory, Values: memory, Locks: memory, Exceptions: queue}
	for want, change := range map[string]func(*returns.MirrorPorts, *returns.MirrorOptions){
		"Warehouse":     func(p *returns.MirrorPorts, _ *returns.MirrorOptions) { p.Warehouse = nil },
		"Cancellations": func(p *returns.MirrorPorts, _ *returns.MirrorOptions) { p.Claims = new(cutLine) },
		"Decide":        func(_ *returns.MirrorPorts, o *returns.MirrorOptions) { o.AcceptReceived = true },
		"FirstLook":     func(_ *returns.MirrorPorts, o *returns.MirrorOptions) { o.FirstLook = -1 }, "Settle": func(_ *returns.MirrorPorts, o *returns.MirrorOptions) { o.Settle = -1 },
		"MissingAfter": func(_ *returns.MirrorPorts, o *returns.MirrorOptions) { o.MissingAfter = -1 }, "UndeliveredAfter": func(_ *returns.MirrorPorts, o *returns.MirrorOptions) { o.UndeliveredAfter = -1 },
	} {
		p, o := whole, returns.MirrorOptions{}
		change(&p, &o)
		if _, err := returns.NewMirror(p, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that names it", want, err)
		}
	}
	report := returns.MirrorReport{Refunds: 1, Goods: 2, Accepted: 3, Open: 4, Raised: 1}
	if got, want := report.String(), "1 refund and 2 parcels booked, 4 returns open, 3 accepted, 1 needs a person"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (returns.MirrorReport{}).String(), "0 refunds and 0 parcels booked, 0 returns open"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
