package release_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

const (
	shopWarehouse = "7068517275539719942"
	mugSKU        = "1729592969712207101"
	ready         = "READY"
	lifetime      = 2 * time.Minute // of a permit
)

type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }

type unlimited struct{}

func (unlimited) Wait(ctx context.Context, _ tiktokshop.LimitKey) error { return ctx.Err() }

// modes are the ways in which a printing view knows its orders.
var modes = map[string]linnworksadapter.PrintViewOptions{
	"identifier": {Identifier: ready}, "folder": {Folder: "Ready to print"}, "parked": {Parked: true},
}

// floor is a warehouse where people print, a shop, and the bridge between them.
type floor struct {
	must    func(error)
	tiktok  *tiktokshoptest.Fake
	linn    *linnworkstest.Fake
	shop    *tiktokadapter.Shop
	book    *linnworksadapter.Warehouse
	view    *linnworksadapter.PrintView
	memory  store.Shop
	queue   exceptions.Queue
	release *release.Release
	mode    linnworksadapter.PrintViewOptions
}

func open(t *testing.T, mode linnworksadapter.PrintViewOptions, o release.Options) *floor {
	t.Helper()
	return build(t.Context(), func(err error) {
		if t.Helper(); err != nil {
			t.Fatal(err)
		}
	}, mode, o)
}

func build(ctx context.Context, must func(error), mode linnworksadapter.PrintViewOptions, o release.Options) *floor {
	f := &floor{
		must: must, mode: mode, tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linn: linnworkstest.New(linnworkstest.WithoutQuotas()),
		memory: new(store.Memory).Shop("shop"), queue: new(exceptions.Memory).Shop("shop"),
	}
	f.linn.AddIdentifier(ready, "Ready to print")
	_, err := f.linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 5000}})
	must(err)
	must(f.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
	must(f.tiktok.AddProduct(tiktokshoptest.Product{ID: "1729592969712207001", Title: "Mug", SKUs: []tiktokshoptest.SKU{
		{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{shopWarehouse: 5000}},
	}}))
	tiktok, err := f.tiktok.Client(tiktokshop.WithLimiter(unlimited{}), tiktokshop.WithMaxAttempts(1))
	must(err)
	linn, err := f.linn.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithMaxAttempts(1))
	must(err)
	f.shop, err = tiktokadapter.New(tiktok, tiktokadapter.Options{})
	must(err)
	f.book, err = linnworksadapter.New(ctx, linn, linnworksadapter.Options{SubSource: "test"})
	must(err)
	f.view, err = f.book.PrintView(ctx, mode)
	must(err)
	f.release, err = release.New(f.ports(), o)
	must(err)
	return f
}

func (f *floor) ports() release.Ports {
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: f.shop, Cancellations: f.shop}, bridge.GateOptions{Lifetime: lifetime})
	f.must(err)
	return release.Ports{View: f.view, Gate: gate, Values: f.memory, Locks: f.memory, Exceptions: f.queue, Services: f.book}
}

// place places orders, has the bridge import them, and returns their ids.
func (f *floor) place(n int) (ids []string) {
	ctx := context.Background()
	for range n {
		id, err := f.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}})
		f.must(err)
		ids = append(ids, id)
	}
	table := bridge.DefaultStatusTable()
	if f.mode.Parked {
		var err error
		table, err = table.Override(strings.NewReader(strings.Join(release.ParkedRows(), "\n")))
		f.must(err)
	}
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: f.book, Tracer: f.book, Addresses: f.book, Orders: f.shop, Catalogue: f.book, Ledger: f.memory, Records: f.memory, Locks: f.memory, Exceptions: f.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID), Table: table})
	f.must(err)
	orders, err := f.shop.OrdersByID(ctx, ids)
	f.must(err)
	for range 2 { // and again, as the sweep does
		_, err = im.Import(ctx, orders...)
		f.must(err)
	}
	return ids
}

func (f *floor) order(id string) linnworks.OrderDetails {
	list := f.linn.OrdersByReference("TIKTOKBRIDGE", "test", id)
	if len(list) != 1 {
		f.must(fmt.Errorf("%d orders in Linnworks, want 1", len(list)))
	}
	return list[0]
}

func (f *floor) number(id string) string { return strconv.Itoa(f.order(id).NumOrderID) }

// shown reports whether people see an order where they print.
func (f *floor) shown(id string) bool {
	o := f.order(id)
	g := o.GeneralInfo
	switch {
	case o.Processed || g.HoldOrCancel || g.IsParked:
		return false
	case f.mode.Folder != "":
		return slices.Contains(o.FolderName, f.mode.Folder)
	case f.mode.Identifier != "":
		return slices.ContainsFunc(g.Identifiers, func(i linnworks.Identifier) bool { return i.Tag == f.mode.Identifier })
	}
	return true
}

func (f *floor) inView(ids ...string) (list []string) {
	for _, id := range ids {
		if f.shown(id) {
			list = append(list, id)
		}
	}
	return list
}

func (f *floor) cancel(id string) {
	f.must(f.tiktok.CancelBySeller(id, f.tiktok.SellerCancelReasons()[1]))
}

func (f *floor) cases() (list []string) {
	open, err := f.queue.Open(context.Background())
	f.must(err)
	for _, e := range open {
		list = append(list, fmt.Sprintf("%s: %s", e.Kind, e.Object))
	}
	return list
}

func (f *floor) down(calls int) {
	f.tiktok.Fail(tiktokshoptest.On("Order.GetOrderDetail"), calls, tiktokshoptest.Fault{Status: http.StatusServiceUnavailable})
}

// TestView lets orders into the view, in each of its forms, and pulls back the one that is
// cancelled, out of its pick wave too.
func TestView(t *testing.T) {
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := open(t, mode, release.Options{})
				ids := f.place(3)
				if got := f.inView(ids...); len(got) > 0 {
					t.Fatalf("orders stand in the view before anybody asked: %q", got)
				}
				result, err := f.release.Run(t.Context())
				if diff := cmp.Diff(ids, f.inView(ids...)); err != nil || diff != "" || result.New != 3 || result.Shown != 3 {
					t.Fatalf("%s, %v; in the view (-want +got):\n%s", result, err, diff)
				}
				for _, id := range ids {
					if o := f.order(id); o.CustomerInfo.Address.Address1 == "" {
						t.Errorf("order %s has no address", id)
					}
				}
				f.must(f.linn.StartPicking(f.order(ids[0]).OrderID, f.order(ids[1]).OrderID))
				time.Sleep(10 * time.Second)
				f.cancel(ids[1])
				cancelled := time.Now()
				for f.shown(ids[1]) && time.Since(cancelled) < time.Hour {
					time.Sleep(30 * time.Second)
					if _, err := f.release.Run(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if stood := time.Since(cancelled); stood > lifetime {
					t.Errorf("the cancelled order stood in the view for %v", stood)
				}
				if diff := cmp.Diff([]string{ids[0], ids[2]}, f.inView(ids...)); diff != "" {
					t.Errorf("in the view (-want +got):\n%s", diff)
				}
				if waves := f.order(ids[1]).GeneralInfo.PickwaveIDs; len(waves) > 0 {
					t.Errorf("the cancelled order is still in the waves %d", waves)
				}
				if waves := f.order(ids[0]).GeneralInfo.PickwaveIDs; len(waves) != 1 {
					t.Errorf("the other one is in the waves %d", waves)
				}
				// Hours later the others still stand there, on permits that were renewed.
				for range 120 {
					time.Sleep(30 * time.Second)
					if _, err := f.release.Run(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff([]string{ids[0], ids[2]}, f.inView(ids...)); diff != "" {
					t.Errorf("an hour later (-want +got):\n%s", diff)
				}
				if got := f.cases(); len(got) > 0 {
					t.Errorf("cases: %q", got)
				}
			})
		})
	}
}

// TestOutage checks that nothing stands in the view once its permit has run out: while
// TikTok cannot be asked, after a restart too, and that all comes back afterwards.
func TestOutage(t *testing.T) {
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := open(t, mode, release.Options{})
				ids := f.place(2)
				_, err := f.release.Run(t.Context())
				f.must(err)
				asked := time.Now()
				f.down(1000)
				for len(f.inView(ids...)) > 0 && time.Since(asked) < time.Hour {
					time.Sleep(30 * time.Second)
					again, err := release.New(f.ports(), release.Options{}) // a restart
					f.must(err)
					if _, err = again.Run(t.Context()); err == nil && time.Since(asked) > lifetime/2 {
						t.Error("a run that could not ask has no error")
					}
					if time.Since(asked) < 45*time.Second && len(f.inView(ids...)) != 2 {
						t.Error("orders were pulled back although their permits are good")
					}
				}
				if stood := time.Since(asked); stood > lifetime {
					t.Errorf("orders stood in the view for %v without anybody being asked", stood)
				}
				f.tiktok.Fail(tiktokshoptest.On("Order.GetOrderDetail"), 1, tiktokshoptest.Fault{})
				for range 1000 { // what is left of the faults
					if _, err = f.release.Run(t.Context()); err == nil {
						break
					}
				}
				if diff := cmp.Diff(ids, f.inView(ids...)); diff != "" {
					t.Errorf("after the outage (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// stuck is a view that takes nothing out.
type stuck struct {
	release.View
	on bool
}

func (s *stuck) Hide(ctx context.Context, orders []release.Order) []error {
	if !s.on {
		return s.View.Hide(ctx, orders)
	}
	errs := make([]error, len(orders))
	for i := range errs {
		errs[i] = errors.New("Linnworks refuses")
	}
	return errs
}

// TestStuck checks that somebody is told of an order that cannot be pulled back, until it
// is, and that the others go on.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, modes["identifier"], release.Options{})
		ports, view := f.ports(), &stuck{View: f.view}
		ports.View = view
		r, err := release.New(ports, release.Options{})
		f.must(err)
		ids := f.place(1)
		_, err = r.Run(t.Context())
		f.must(err)
		f.cancel(ids[0])
		ids, view.on = append(ids, f.place(1)...), true
		time.Sleep(lifetime)
		result, err := r.Run(t.Context())
		if err == nil || result.Failed != 1 || result.New != 1 || !f.shown(ids[1]) {
			t.Errorf("%s, %v; want one that failed and one that is new", result, err)
		}
		if diff := cmp.Diff([]string{"not pulled back: order " + ids[0]}, f.cases()); diff != "" {
			t.Errorf("cases (-want +got):\n%s", diff)
		}
		view.on = false
		result, err = r.Run(t.Context())
		if err != nil || result.PulledBack != 1 || len(f.cases()) > 0 {
			t.Errorf("%s, %v, cases %q", result, err, f.cases())
		}
	})
}

// TestRules gives orders the service that the rules say, and raises the one that none
// matches.
func TestRules(t *testing.T) {
	rules := policy.ShippingRules{{Model: "seller", Market: "IE", Service: "Nobody's"}}
	f := open(t, modes["identifier"], release.Options{Rules: rules})
	ids := f.place(2)
	result, err := f.release.Run(t.Context())
	if err != nil || len(f.inView(ids...)) > 0 || result.Waiting != 2 {
		t.Errorf("%s, %v, in the view: %q", result, err, f.inView(ids...))
	}
	open, err := f.queue.Open(t.Context(), exceptions.NoShippingRule)
	if err != nil || len(open) != 1 || !slices.Equal(open[0].Orders, ids) {
		t.Fatalf("cases: %v, %v; want one with both orders", open, err)
	}
	service := f.linn.AddPostalService("Tracked 48", "Royal Mail")
	rules = append(rules, policy.ShippingRule{Model: "seller", Market: "GB", Service: "tracked 48", Template: "Small"})
	r, err := release.New(f.ports(), release.Options{Rules: rules})
	f.must(err)
	result, err = r.Run(t.Context())
	if err != nil || len(f.inView(ids...)) != 2 || len(f.cases()) > 0 {
		t.Errorf("%s, %v, in the view: %q, cases %q", result, err, f.inView(ids...), f.cases())
	}
	for _, id := range ids {
		if got := f.order(id).ShippingInfo.PostalServiceID; got != service {
			t.Errorf("order %s has the service %s, want %s", id, got, service)
		}
	}
	for _, d := range result.Decisions {
		if d.Service != "tracked 48" || d.Template != "Small" {
			t.Errorf("the decision %+v", d)
		}
	}
	err = release.CheckRules(t.Context(), f.book, append(rules, policy.ShippingRule{Service: "Tracked 84", Template: "Default label"}))
	want := []string{
		`shipping_rules: no postal service of the warehouse is called "Nobody's", "Tracked 84" (did you mean Tracked 48?); there are`,
		`shipping_rules: no label template of the warehouse is called "Small"; there are Default label`,
	}
	for i, line := range strings.Split(fmt.Sprint(err), "\n") {
		if i >= len(want) || !strings.HasPrefix(line, want[i]) {
			t.Errorf("CheckRules: %q", line)
		}
	}
}

// TestWave makes a pick wave of what may go, by what is asked a moment before, and of what
// the view shows: an order that was cancelled before is in neither, and one that is cancelled
// afterwards is taken out of its wave when the next one is made.
func TestWave(t *testing.T) {
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := open(t, mode, release.Options{})
				ids := f.place(5)
				_, err := f.release.Run(t.Context())
				f.must(err)
				f.cancel(ids[1])
				// wave asks about orders, and makes a wave of those that may go.
				wave := func(ids ...string) (picked []string) {
					t.Helper()
					numbers := make([]string, len(ids))
					for i, id := range ids {
						numbers[i] = f.number(id)
					}
					decisions, err := f.release.Check(t.Context(), numbers...)
					f.must(err)
					var orders []linnworks.GUID
					for i, d := range decisions {
						if d.Go {
							picked, orders = append(picked, ids[i]), append(orders, f.order(ids[i]).OrderID)
						}
					}
					f.must(f.linn.StartPicking(orders...))
					return picked
				}
				if diff := cmp.Diff([]string{ids[0], ids[2]}, wave(ids[:3]...)); diff != "" {
					t.Errorf("the first wave (-want +got):\n%s", diff)
				}
				f.cancel(ids[2])
				if diff := cmp.Diff(ids[3:], wave(ids[2:]...)); diff != "" {
					t.Errorf("the second wave (-want +got):\n%s", diff)
				}
				for i, want := range []int{1, 0, 0, 1, 1} {
					if got := f.order(ids[i]).GeneralInfo.PickwaveIDs; len(got) != want {
						t.Errorf("order %d is in the waves %d, want %d of them", i, got, want)
					}
				}
				if diff := cmp.Diff([]string{ids[0], ids[3], ids[4]}, f.inView(ids...)); diff != "" {
					t.Errorf("in the view (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestCheck asks before a wave is made, over HTTP as a warehouse's own software does.
func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, modes["folder"], release.Options{})
		ids := f.place(3)
		_, err := f.release.Run(t.Context())
		f.must(err)
		f.cancel(ids[1])
		ask := func(body string) (int, []release.Decision) {
			w := httptest.NewRecorder()
			f.release.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/release", strings.NewReader(body)))
			var answer struct{ Orders []release.Decision }
			f.must(json.Unmarshal(w.Body.Bytes(), &answer))
			return w.Code, answer.Orders
		}
		body := fmt.Sprintf(`{"orders": [%q, %q, "1"]}`, f.number(ids[0]), f.number(ids[1]))
		status, got := ask(body)
		want := []release.Decision{
			{Number: f.number(ids[0]), OrderIDs: []string{ids[0]}, Outcome: release.Shown, Go: true, Until: time.Now().Add(lifetime).UTC()},
			{Number: f.number(ids[1]), OrderIDs: []string{ids[1]}, Outcome: release.PulledBack, Why: "It was cancelled on TikTok Shop. Do not send it."},
			{Number: "1", OrderIDs: []string{}, Outcome: release.Waiting, Why: "It is no open order of the shop. Do not send it."},
		}
		if diff := cmp.Diff(want, got); status != http.StatusOK || diff != "" {
			t.Errorf("status %d (-want +got):\n%s", status, diff)
		}
		if f.shown(ids[1]) {
			t.Error("the cancelled order still stands in the view")
		}
		f.down(1000)
		status, got = ask(body)
		if status != http.StatusBadGateway || slices.ContainsFunc(got, func(d release.Decision) bool { return d.Go }) {
			t.Errorf("while TikTok is down: status %d, %v", status, got)
		}
		for _, bad := range []string{"", "{}", `{"orders": []}`, `{"order": ["1"]}`, `{"orders": [` + strings.Repeat(`"1",`, 200) + `"1"]}`} {
			if status, _ := ask(bad); status != http.StatusBadRequest {
				t.Errorf("%.20q: status %d", bad, status)
			}
		}
	})
}

// breaks is a gate that breaks down over one order.
type breaks struct {
	bridge.PermitSource
	over string
}

func (b breaks) Check(ctx context.Context, ids ...string) ([]bridge.Permit, error) {
	if slices.Contains(ids, b.over) {
		return nil, errors.New("broken down")
	}
	return b.PermitSource.Check(ctx, ids...)
}

// TestMany works on 450 orders: one that the gate breaks down over, one that somebody works
// on and one that people have stopped cost the others nothing, and the calls are few.
func TestMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, modes["identifier"], release.Options{})
		ids := f.place(450)
		_, unlock, err := f.memory.Lock(t.Context(), "order/"+ids[3])
		f.must(err)
		f.must(f.linn.Park(f.order(ids[4]).OrderID, true))
		ports := f.ports()
		ports.Gate = breaks{ports.Gate, ids[5]}
		r, err := release.New(ports, release.Options{})
		f.must(err)
		result, err := r.Run(t.Context())
		if err == nil || result.New != 447 || f.shown(ids[3]) || f.shown(ids[4]) || f.shown(ids[5]) || !f.shown(ids[6]) {
			t.Errorf("%s, %v; want 447 new ones", result, err)
		}
		if got := len(f.linn.CallsOf("OpenOrders.AssignOrderIdentifier")); got != 3 {
			t.Errorf("they cost %d calls, want 3", got)
		}
		unlock()
		f.must(f.linn.Park(f.order(ids[4]).OrderID, false))
		if result, err := f.release.Run(t.Context()); err != nil || result.New != 3 || result.Shown != 450 {
			t.Errorf("%s, %v; want 450, 3 of them new", result, err)
		}
	})
}

// TestAhead shows what is due, and the rest later.
func TestAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, modes["identifier"], release.Options{Ahead: time.Hour})
		ids := f.place(1)
		if _, err := f.release.Run(t.Context()); err != nil || f.shown(ids[0]) {
			t.Errorf("the order is shown: %t, %v", f.shown(ids[0]), err)
		}
		time.Sleep(time.Until(f.order(ids[0]).GeneralInfo.DespatchByDate.Time) - 50*time.Minute)
		if _, err := f.release.Run(t.Context()); err != nil || !f.shown(ids[0]) {
			t.Errorf("fifty minutes before it has to go it is shown: %t, %v", f.shown(ids[0]), err)
		}
	})
}

func TestNew(t *testing.T) {
	f := open(t, modes["identifier"], release.Options{})
	for want, change := range map[string]func(*release.Ports, *release.Options){
		"View": func(p *release.Ports, _ *release.Options) { p.View = nil },
		"Gate": func(p *release.Ports, _ *release.Options) { p.Gate = nil },
		"Rules need Service": func(p *release.Ports, o *release.Options) {
			p.Services, o.Rules = nil, policy.ShippingRules{{Service: "x"}}
		},
		"Rules[0].service":  func(_ *release.Ports, o *release.Options) { o.Rules = policy.ShippingRules{{}} },
		"must not be negat": func(_ *release.Ports, o *release.Options) { o.Ahead = -1 },
	} {
		p, o := f.ports(), release.Options{}
		change(&p, &o)
		if _, err := release.New(p, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New returned %v, want an error with %q", err, want)
		}
	}
	for _, o := range []linnworksadapter.PrintViewOptions{{}, {Folder: "a", Parked: true}, {Identifier: "REDY"}} {
		if _, err := f.book.PrintView(t.Context(), o); err == nil {
			t.Errorf("PrintView takes %+v", o)
		}
	}
}

// Three orders come in; one is cancelled before anybody prints.
func Example() {
	f := build(context.Background(), func(err error) {
		if err != nil {
			panic(err)
		}
	}, linnworksadapter.PrintViewOptions{Identifier: ready}, release.Options{})
	ids := f.place(3)
	f.cancel(ids[1])
	result, err := f.release.Run(context.Background())
	fmt.Println(result, err)
	// Output:
	// 2 orders in the printing view, 2 of them new; 0 pulled back, 1 wait, 0 could not be pulled back <nil>
}
