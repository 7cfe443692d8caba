package printing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

const (
	shopWarehouse = "7068517275539719942"
	mugSKU        = "1729592969712207101"
)

type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }

type unlimited struct{}

func (unlimited) Wait(ctx context.Context, _ tiktokshop.LimitKey) error { return ctx.Err() }

// floor is a warehouse where people print, a shop, and the bridge between them.
type floor struct {
	must   func(error) // gives up
	name   string      // of the shop in Linnworks
	tiktok *tiktokshoptest.Fake
	linn   *linnworkstest.Fake
	shop   *tiktokadapter.Shop
	book   *linnworksadapter.Warehouse
	memory store.Shop
	queue  exceptions.Queue
	button *printing.Button
	// packages is in how many packages an order is packed, one if zero.
	packages int
	bench    *linnworkstest.ShippingApp
	// delay is how long the shop takes for a call, answers how long Linnworks waited for
	// each of its labels.
	delay   time.Duration
	mu      sync.Mutex
	answers []time.Duration
}

// slow is the connection to the shop.
type slow struct{ *floor }

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.delay)
	return s.tiktok.RoundTripper().RoundTrip(r)
}

// timed notes how long labels take.
func (f *floor) timed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		next.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "GenerateLabel") {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.answers = append(f.answers, time.Since(start))
		}
	})
}

// page is a label of 4 by 6 inches at 203 dpi.
var page = sync.OnceValues(func() ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4*203, 6*203)))
	return b.Bytes(), err
})

// draw draws a label of two pages.
func draw(_ context.Context, pdf []byte, dpi int) ([][]byte, error) {
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || dpi != 203 {
		return nil, fmt.Errorf("asked to draw %.5q at %d dpi", pdf, dpi)
	}
	picture, err := page()
	return [][]byte{picture, picture}, err
}

func open(t *testing.T, o printing.Options) *floor {
	t.Helper()
	f, finish := build(t.Context(), func(err error) {
		if t.Helper(); err != nil {
			t.Fatal(err)
		}
	}, o)
	t.Cleanup(finish)
	return f
}

// build makes a floor in Britain.
func build(ctx context.Context, must func(error), o printing.Options) (f *floor, finish func()) {
	linn := linnworkstest.New(linnworkstest.WithoutQuotas())
	_, err := linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 500}})
	must(err)
	return buildOn(ctx, linn, "test", "GB", must, o)
}

// buildOn makes a shop that sells from a warehouse.
func buildOn(ctx context.Context, account *linnworkstest.Fake, name, market string, must func(error), o printing.Options) (f *floor, finish func()) {
	f = &floor{
		must: must, tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket(market)), linn: account, name: name,
		memory: new(store.Memory).Shop(name), queue: new(exceptions.Memory).Shop(name),
	}
	f.must(f.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
	f.must(f.tiktok.AddProduct(tiktokshoptest.Product{ID: "1729592969712207001", Title: "Mug", SKUs: []tiktokshoptest.SKU{
		{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{shopWarehouse: 500}},
	}}))
	tiktok, err := f.tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: slow{f}}), tiktokshop.WithLimiter(unlimited{}))
	f.must(err)
	linn, err := f.linn.Client(linnworks.WithLimiter(unpaced{}))
	f.must(err)
	f.shop, err = tiktokadapter.New(tiktok, tiktokadapter.Options{Documents: &http.Client{Transport: slow{f}}, AskEarly: !o.HandOnPDF, ZPL: o.ZPL})
	f.must(err)
	f.book, err = linnworksadapter.New(ctx, linn, linnworksadapter.Options{SubSource: name, Service: map[string]string{"tiktok": "TikTok Shipping"}})
	f.must(err)
	f.button, err = printing.NewButton(f.ports(), o)
	f.must(err)
	ports := linnworksadapter.PrintButton(f.button)
	ports.Admit = func(context.Context, shippingapp.Account) error { return nil }
	app, err := shippingapp.New(ports, shippingapp.Options{})
	f.must(err)
	f.bench, err = f.linn.InstallShippingApp(ctx, linnworkstest.ShippingAppSetup{Vendor: "TIKTOK", Handler: f.timed(app), Packages: func(linnworks.OrderDetails) int { return max(f.packages, 1) }})
	f.must(err)
	services, err := f.bench.Services(ctx)
	f.must(err)
	f.must(f.linn.MapPostalService("TIKTOKBRIDGE", name, "TikTok Shipping", services[0].PostalServiceID))
	return f, func() { f.must(app.Close(context.WithoutCancel(ctx))) }
}

func (f *floor) ports() printing.Ports {
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: f.shop, Cancellations: f.shop}, bridge.GateOptions{})
	f.must(err)
	return printing.Ports{Finder: f.book, Dispatch: bridge.DispatchPorts{
		Gate: gate, Orders: f.shop, Shipper: f.shop, OrderBook: f.book, Reader: f.book, Tracking: f.book, Catalogue: f.book, Measures: f.book,
		Documents: f.shop, Labels: f.memory, Records: f.memory, Locks: f.memory, Exceptions: f.queue,
	}}
}

// place places an order of TikTok Shipping, has the bridge import it, and returns its id in both.
func (f *floor) place(change func(*tiktokshoptest.OrderSpec)) (string, linnworks.GUID) {
	spec := tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}, ShippingType: tiktokshop.ShippingTypeTikTok}
	if change != nil {
		change(&spec)
	}
	id, err := f.tiktok.PlaceOrder(spec)
	f.must(err)
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: f.book, Tracer: f.book, Addresses: f.book, Orders: f.shop, Catalogue: f.book, Ledger: f.memory, Records: f.memory, Locks: f.memory, Exceptions: f.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
	f.must(err)
	orders, err := f.shop.OrdersByID(context.Background(), []string{id})
	f.must(err)
	_, err = im.Import(context.Background(), orders...)
	f.must(err)
	list := f.linn.OrdersByReference("TIKTOKBRIDGE", f.name, id)
	if len(list) != 1 {
		f.must(fmt.Errorf("%d orders in Linnworks, want 1", len(list)))
	}
	return id, list[0].OrderID
}

// cancel cancels an order in the shop: as the seller, or, once its label is made, by
// having the carrier not come.
func (f *floor) cancel(id string) {
	if o, _ := f.tiktok.Order(id); o.Status != tiktokshop.OrderStatusAwaitingCollection {
		f.must(f.tiktok.CancelBySeller(id, f.tiktok.SellerCancelReasons()[1]))
		return
	}
	time.Sleep(30 * 24 * time.Hour)
	if o, _ := f.tiktok.Order(id); o.Status != tiktokshop.OrderStatusCancelled {
		f.must(fmt.Errorf("the order is %s, want cancelled", o.Status))
	}
}

// print presses the button in Linnworks, and again while labels are in the works.
func (f *floor) print(ids ...linnworks.GUID) []linnworkstest.PrintedLabel {
	for {
		printed, err := f.bench.Print(context.Background(), ids...)
		f.must(err)
		if !slices.ContainsFunc(printed, func(p linnworkstest.PrintedLabel) bool { return strings.Contains(p.Error, "still being made") }) {
			return printed
		}
		time.Sleep(5 * time.Second)
	}
}

func (f *floor) cases() (list []string) {
	open, err := f.queue.Open(context.Background())
	f.must(err)
	for _, e := range open {
		list = append(list, string(e.Kind)+": "+e.Object)
	}
	return list
}

func (f *floor) count(operation string) int {
	return len(f.tiktok.CallsOf(tiktokshoptest.On(operation)))
}

// TestPrint presses print in Linnworks: TikTok's label comes out of the printer with
// TikTok's number, and comes again, whatever was lost in between, without another
// parcel being arranged.
func TestPrint(t *testing.T) {
	f := open(t, printing.Options{Rasterise: draw})
	id, order := f.place(nil)
	var first linnworkstest.PrintedLabel
	for press := 1; press <= 3; press++ {
		got := f.print(order)[0]
		o, _ := f.tiktok.Order(id)
		shown, _ := f.linn.Order(order)
		if got.Error != "" || got.Tracking == "" || got.Tracking != o.LineItems[0].TrackingNumber || shown.ShippingInfo.TrackingNumber != got.Tracking {
			t.Fatalf("press %d: printed %q with the error %q; TikTok shows %q, Linnworks %q", press, got.Tracking, got.Error, o.LineItems[0].TrackingNumber, shown.ShippingInfo.TrackingNumber)
		}
		if p := got.Packages; len(p) != 1 || p[0].Width != "4.00" || p[0].Height != "6.00" || len(p[0].MorePNGs) != 1 || len(p[0].PDFs) != 0 {
			t.Errorf("press %d: %d packages, %v by %v inches, %d more pictures; want one of 4 by 6 with one more", press, len(p), p[0].Width, p[0].Height, len(p[0].MorePNGs))
		}
		if press == 1 {
			first = got
		} else if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("press %d differs (-first +this):\n%s", press, diff)
		}
	}
	if got := f.count("Fulfillment.ShipPackage"); got != 1 {
		t.Errorf("the parcel was arranged %d times, want once", got)
	}
	if got := f.cases(); len(got) > 0 {
		t.Errorf("cases: %q", got)
	}
}

// TestZPL checks that a label in ZPL reaches who asked for it as TikTok gives it, and that
// at Linnworks' own button it is refused in words, because Linnworks prints no ZPL. In
// markets without ZPL labels stay what they are.
func TestZPL(t *testing.T) {
	for market, zpl := range map[string]bool{"MX": true, "GB": false} {
		linn := linnworkstest.New(linnworkstest.WithoutQuotas())
		_, err := linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 500}})
		f, finish := buildOn(t.Context(), linn, "test", market, func(err error) {
			if t.Helper(); err != nil {
				t.Fatal(err)
			}
		}, printing.Options{ZPL: true, Rasterise: draw})
		f.must(err)
		_, order := f.place(nil)
		o, _ := f.linn.Order(order)
		parcels, err := f.button.Press(t.Context(), strconv.Itoa(o.NumOrderID))
		if err != nil || len(parcels) != 1 {
			t.Fatalf("%s: %d parcels, %v", market, len(parcels), err)
		}
		p := parcels[0]
		if got := bytes.HasPrefix(p.ZPL, []byte("^XA")) && p.PNGs == nil && p.PDF == nil; got != zpl || !zpl && (p.ZPL != nil || len(p.PNGs) != 2) {
			t.Errorf("%s: %d bytes of ZPL, %d pictures, want ZPL: %t", market, len(p.ZPL), len(p.PNGs), zpl)
		}
		if printed := f.print(order)[0]; strings.Contains(printed.Error, "ZPL, which Linnworks cannot print") != zpl || (printed.Error == "") == zpl {
			t.Errorf("%s: Linnworks' button: %q", market, printed.Error)
		}
		finish()
	}
}

// TestRefusals checks what people read about orders that get no label, and that there
// is a case of each. Not one of them is arranged.
func TestRefusals(t *testing.T) {
	const refused = "label refused: order "
	for _, test := range []struct {
		name   string
		spec   func(*tiktokshoptest.OrderSpec)
		before func(*floor, string, linnworks.GUID)
		want   string
		cased  bool
	}{
		{"cancelled", nil, func(f *floor, id string, _ linnworks.GUID) { f.cancel(id) }, "was cancelled on TikTok Shop. Do not send it", true},
		{"cancelled after the first print", nil, func(f *floor, id string, order linnworks.GUID) {
			if got := f.print(order)[0]; got.Error != "" {
				f.must(errors.New(got.Error))
			}
			f.cancel(id)
		}, "was cancelled on TikTok Shop. Do not send it", true},
		{"wants to cancel", nil, func(f *floor, id string, _ linnworks.GUID) {
			_, err := f.tiktok.RequestCancellation(id, "")
			f.must(err)
		}, "asked to cancel this order", true},
		{"of another model", func(s *tiktokshoptest.OrderSpec) { s.ShippingType = tiktokshop.ShippingTypeSeller }, nil, "not sent with TikTok Shipping", true},
		{"TikTok is down", nil, func(f *floor, _ string, _ linnworks.GUID) {
			f.tiktok.Fail(tiktokshoptest.On("Order.GetOrderDetail"), 100, tiktokshoptest.Fault{Status: http.StatusServiceUnavailable})
		}, "cannot be asked about this order", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := open(t, printing.Options{Rasterise: draw})
				id, order := f.place(test.spec)
				if test.spec != nil { // somebody gives it our postal service
					services, err := f.bench.Services(t.Context())
					f.must(err)
					f.must(f.linn.SetTracking(order, services[0].PostalServiceID, ""))
				}
				if test.before != nil {
					test.before(f, id, order)
				}
				arranged := f.count("Fulfillment.ShipPackage")
				got := f.print(order)[0]
				shown, _ := f.linn.Order(order)
				if !strings.Contains(got.Error, test.want) || shown.GeneralInfo.LabelError != got.Error || shown.GeneralInfo.LabelPrinted {
					t.Errorf("people read %q (the order shows %q, label printed %t), want %q", got.Error, shown.GeneralInfo.LabelError, shown.GeneralInfo.LabelPrinted, test.want)
				}
				var want []string
				if test.cased {
					want = []string{refused + id}
				}
				if diff := cmp.Diff(want, f.cases()); diff != "" {
					t.Errorf("cases (-want +got):\n%s", diff)
				}
				if n := f.count("Fulfillment.ShipPackage"); n != arranged {
					t.Errorf("a parcel was arranged for an order that must not go: %d calls", n-arranged)
				}
			})
		})
	}
}

// TestUnknown presses print for orders that are none of the shop's.
func TestUnknown(t *testing.T) {
	f := open(t, printing.Options{Rasterise: draw})
	services, err := f.bench.Services(t.Context())
	f.must(err)
	order, err := f.linn.AddOrder(linnworkstest.Order{Reference: "1", Lines: []linnworkstest.Line{{SKU: "MUG"}}})
	f.must(err)
	f.must(f.linn.SetTracking(order, services[0].PostalServiceID, ""))
	if got := f.print(order)[0]; !strings.Contains(got.Error, "does not belong to an order of this TikTok shop") {
		t.Errorf("people read %q", got.Error)
	}
	number, _ := f.linn.Order(order)
	if diff := cmp.Diff([]string{"label refused: warehouse order " + strconv.Itoa(number.NumOrderID)}, f.cases()); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	for _, number := range []string{"", "x"} {
		if _, err := f.button.Press(t.Context(), number); !isNotPrinted(err) {
			t.Errorf("the number %q: %v", number, err)
		}
	}
	// Linnworks answers 400, as to a bad call: that is not taken for "unknown".
	if _, err := f.button.Press(t.Context(), "999999"); err == nil || isNotPrinted(err) {
		t.Errorf("a number that Linnworks does not know: %v", err)
	}
}

func isNotPrinted(err error) bool {
	_, ok := errors.AsType[*printing.NotPrintedError](err)
	return ok
}

// TestFifty prints fifty orders at once, whose labels nobody has fetched, and then again:
// the gate costs one call each time.
func TestFifty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, printing.Options{Rasterise: draw})
		var orders []linnworks.GUID
		for range 50 {
			_, order := f.place(nil)
			orders = append(orders, order)
		}
		for _, what := range []string{"not fetched", "fetched"} {
			before := f.count("Order.GetOrderDetail")
			for i, p := range f.print(orders...) {
				if p.Error != "" || p.Tracking == "" {
					t.Errorf("%s, order %d: tracking %q, error %q", what, i, p.Tracking, p.Error)
				}
			}
			if got := f.count("Order.GetOrderDetail") - before; got != 1 {
				t.Errorf("%s: 50 prints cost %d calls to the gate, want 1", what, got)
			}
		}
		if got := f.count("Fulfillment.ShipPackage"); got != 50 {
			t.Errorf("%d parcels were arranged, want 50", got)
		}
	})
}

// TestSpeed prints with a shop that takes 400 ms for a call: singly, fifty at once, and
// with one that hangs.
func TestSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, printing.Options{Rasterise: draw})
		var orders []linnworks.GUID
		for range 151 {
			_, order := f.place(nil)
			orders = append(orders, order)
		}
		f.delay = 400 * time.Millisecond
		for _, order := range orders[:50] {
			f.printed(t, f.print(order)...)
		}
		f.printed(t, f.print(orders[50:100]...)...)
		f.printed(t, f.print(orders[100:150]...)...)
		slices.Sort(f.answers)
		p50, p99, last := f.answers[len(f.answers)/2], f.answers[len(f.answers)*99/100], f.answers[len(f.answers)-1]
		t.Logf("%d presses: half within %v, 99 %% within %v, the last within %v", len(f.answers), p50, p99, last)
		if len(f.answers) != 150 || p99 > 3*time.Second || last > 10*time.Second {
			t.Errorf("%d presses, want 150, 99 %% of them within 3 s and all within 10 s: %v and %v", len(f.answers), p99, last)
		}

		// The shop takes five seconds for a call: the presses are answered in time, and one
		// of them finds the label that was in the works.
		f.delay, f.answers = 5*time.Second, nil
		f.printed(t, f.print(orders[150])...)
		if longest := slices.Max(f.answers); len(f.answers) < 2 || longest > 10*time.Second {
			t.Errorf("%d presses, the longest answer took %v; want several, each within 10 s", len(f.answers), longest)
		}
		if got := f.count("Fulfillment.ShipPackage"); got != 151 {
			t.Errorf("%d parcels were arranged for 151 orders", got)
		}
	})
}

// printed checks that labels came out.
func (f *floor) printed(t *testing.T, list ...linnworkstest.PrintedLabel) {
	t.Helper()
	for _, p := range list {
		if p.Error != "" || p.Tracking == "" {
			t.Errorf("order %s: tracking %q, error %q", p.OrderID, p.Tracking, p.Error)
		}
	}
}

// TestRefusedThenPrinted checks that the case of a refusal ends with the label.
func TestRefusedThenPrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, printing.Options{Rasterise: draw})
		id, order := f.place(nil)
		cancellation, err := f.tiktok.RequestCancellation(id, "")
		f.must(err)
		if got := f.print(order)[0]; !strings.Contains(got.Error, "asked to cancel") {
			t.Errorf("people read %q", got.Error)
		}
		if diff := cmp.Diff([]string{"label refused: order " + id}, f.cases()); diff != "" {
			t.Errorf("cases (-want +got):\n%s", diff)
		}
		reasons, err := f.shop.RejectReasons(t.Context(), cancellation)
		f.must(err)
		f.must(f.shop.RejectCancellation(t.Context(), cancellation, reasons[0], "key"))
		f.printed(t, f.print(order)...)
		if got := f.cases(); len(got) > 0 {
			t.Errorf("cases: %q", got)
		}
	})
}

// TestTogether checks that one order whose permit cannot be read costs none of those that
// are printed with it theirs.
func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, printing.Options{Rasterise: draw})
		ports, bad := f.ports(), ""
		ports.Dispatch.Gate = without{ports.Dispatch.Gate, &bad}
		button, err := printing.NewButton(ports, printing.Options{Rasterise: draw})
		f.must(err)
		var presses sync.WaitGroup
		for i := range 12 {
			id, order := f.place(nil)
			switch i {
			case 5:
				bad = id
			case 8:
				f.cancel(id)
			}
			o, _ := f.linn.Order(order)
			presses.Go(func() {
				if _, err := button.Press(t.Context(), strconv.Itoa(o.NumOrderID)); (err != nil) != (i == 5 || i == 8) {
					t.Errorf("press %d: %v", i, err)
				}
			})
		}
		presses.Wait()
	})
}

// without is a gate that breaks down over one order.
type without struct {
	bridge.PermitSource
	bad *string
}

func (w without) Check(ctx context.Context, ids ...string) ([]bridge.Permit, error) {
	if slices.Contains(ids, *w.bad) {
		return nil, errors.New("broken down")
	}
	return w.PermitSource.Check(ctx, ids...)
}

// another is a second shop that sells from the same warehouse.
func (f *floor) another(t *testing.T, name string) (other *floor, finish func()) {
	t.Helper()
	return buildOn(t.Context(), f.linn, name, "GB", f.must, printing.Options{Rasterise: draw})
}

// TestShops presses one button for two shops, one of which is not there yet at first.
func TestShops(t *testing.T) {
	f := open(t, printing.Options{Rasterise: draw})
	other, finish := f.another(t, "other")
	defer finish()
	all := false
	shops := printing.Shops{Buttons: func() ([]*printing.Button, bool) {
		if !all {
			return []*printing.Button{other.button}, false
		}
		return []*printing.Button{other.button, f.button}, true
	}}
	_, order := f.place(nil)
	o, _ := f.linn.Order(order)
	number := strconv.Itoa(o.NumOrderID)
	press := func() error {
		_, err := shops.Press(t.Context(), number)
		return err
	}
	if err := press(); !isNotPrinted(err) || !strings.Contains(err.Error(), "has just started") || len(other.cases()) > 0 {
		t.Errorf("before the shop was there: %v, cases %q", err, other.cases())
	}
	all = true
	if err := press(); err != nil {
		t.Errorf("the order of the second shop: %v", err)
	}
	if err := shops.MayCancel(t.Context(), number); !isNotPrinted(err) {
		t.Errorf("cancelling the label of an order that is to be sent: %v", err)
	}
	if err := shops.MayCancel(t.Context(), "0"); !isNotPrinted(err) {
		t.Errorf("cancelling a label of nobody's: %v", err)
	}
	if _, err := shops.Press(t.Context(), "0"); !isNotPrinted(err) || !strings.Contains(err.Error(), "does not belong") {
		t.Errorf("an order of nobody's: %v", err)
	}
	if diff := cmp.Diff([]string{"label refused: warehouse order 0"}, other.cases()); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

// TestCancelLabel checks that Linnworks may forget a label once TikTok has cancelled
// the order, and not before.
func TestCancelLabel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, printing.Options{Rasterise: draw})
		id, order := f.place(nil)
		if got := f.print(order)[0]; got.Error != "" {
			t.Fatal(got.Error)
		}
		if err := f.bench.CancelLabel(t.Context(), order); err == nil || !strings.Contains(err.Error(), "just press print") {
			t.Errorf("the label of an order that is to be sent was cancelled: %v", err)
		}
		f.cancel(id)
		f.must(f.bench.CancelLabel(t.Context(), order))
	})
}

// TestPackages checks an order that is packed otherwise than TikTok knows.
func TestPackages(t *testing.T) {
	f := open(t, printing.Options{Rasterise: draw})
	_, order := f.place(nil)
	f.packages = 2
	if got := f.print(order)[0]; !strings.Contains(got.Error, "2 packages here and 1 on TikTok Shop") {
		t.Errorf("people read %q", got.Error)
	}
	f.packages = 1
	if got := f.print(order)[0]; got.Error != "" {
		t.Errorf("packed in one: %s", got.Error)
	}
}

// TestNoDocument checks a label whose document TikTok refuses: the case is that of the
// dispatcher, and the label is printed once there is one.
func TestNoDocument(t *testing.T) {
	f := open(t, printing.Options{HandOnPDF: true})
	id, order := f.place(nil)
	f.tiktok.Fail(tiktokshoptest.On("Fulfillment.GetPackageShippingDocument"), 1, tiktokshoptest.Fault{Code: 21042102, Message: "no document"})
	if got := f.print(order)[0]; !strings.Contains(got.Error, "somebody has to look at it") {
		t.Errorf("people read %q", got.Error)
	}
	if diff := cmp.Diff([]string{"label failed: order " + id}, f.cases()); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	if got := f.print(order)[0]; got.Error != "" {
		t.Errorf("the second press: %s", got.Error)
	}
}

// Printed before and after its buyer has thought better of it.
func Example() {
	f, finish := build(context.Background(), func(err error) {
		if err != nil {
			panic(err)
		}
	}, printing.Options{Rasterise: draw})
	defer finish()
	_, first := f.place(nil)
	second, other := f.place(nil)
	f.cancel(second)
	for _, p := range f.print(first, other) {
		fmt.Printf("%d labels, error %q\n", len(p.Packages), p.Error)
	}
	// Output:
	// 1 labels, error ""
	// 0 labels, error "This order was cancelled on TikTok Shop. Do not send it; put the goods back on the shelf."
}

// TestPDF hands the document on as it is.
func TestPDF(t *testing.T) {
	f := open(t, printing.Options{HandOnPDF: true})
	_, order := f.place(nil)
	got := f.print(order)[0]
	if got.Error != "" || len(got.Packages) != 1 || len(got.Packages[0].PNG) != 0 || len(got.Packages[0].PDFs) != 1 {
		t.Errorf("printed %q, %d packages; want the PDF alone", got.Error, len(got.Packages))
	}
}

// TestHangUp checks that one who hangs up holds up nobody else.
func TestHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t, printing.Options{Rasterise: draw, Together: time.Second})
		_, one := f.place(nil)
		_, two := f.place(nil)
		ctx, hangUp := context.WithCancel(t.Context())
		var presses sync.WaitGroup
		press := func(ctx context.Context, order linnworks.GUID) (err error) {
			o, _ := f.linn.Order(order)
			_, err = f.button.Press(ctx, strconv.Itoa(o.NumOrderID))
			return err
		}
		presses.Go(func() {
			if err := press(ctx, one); !errors.Is(err, context.Canceled) {
				t.Errorf("who hung up got %v", err)
			}
		})
		time.Sleep(100 * time.Millisecond)
		presses.Go(func() {
			if err := press(t.Context(), two); err != nil {
				t.Errorf("the other got %v", err)
			}
		})
		time.Sleep(100 * time.Millisecond)
		hangUp()
		presses.Wait()
	})
}

func TestNewButton(t *testing.T) {
	f := open(t, printing.Options{Rasterise: draw})
	for _, test := range []struct {
		want    string
		change  func(*printing.Ports)
		options printing.Options
	}{
		{"Rasterise is missing", func(*printing.Ports) {}, printing.Options{}},
		{"Finder", func(p *printing.Ports) { p.Finder = nil }, printing.Options{Rasterise: draw}},
		{"Dispatch.Labels", func(p *printing.Ports) { p.Dispatch.Labels = nil }, printing.Options{Rasterise: draw}},
		{"Dispatch.Gate", func(p *printing.Ports) { p.Dispatch.Gate = nil }, printing.Options{Rasterise: draw}},
		{"must not be negative", func(*printing.Ports) {}, printing.Options{Rasterise: draw, DPI: -1}},
		{"Records", func(p *printing.Ports) { p.Dispatch.Records = nil }, printing.Options{Rasterise: draw}},
	} {
		p := f.ports()
		test.change(&p)
		if _, err := printing.NewButton(p, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("NewButton returned %v, want an error with %q", err, test.want)
		}
	}
	if got := fmt.Sprintf("%+v", printing.Parcel{PackageID: "1", Tracking: "T", PNGs: [][]byte{[]byte("Jane")}, PDF: []byte("Jane")}); strings.Contains(got, "Jane") || strings.Contains(got, "74") {
		t.Errorf("a label prints as %q", got)
	}
}
