package sqlstore_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

const (
	leeds  = "7068517275539719942"
	mugSKU = "1729592969712207101"
	// correcting is the operation that corrects a tracking number.
	correcting = "Fulfillment.UpdateShippingInfo"
)

// trade is a shop and a warehouse with ten mugs, and the bridge between them in a process
// that can begin anew.
type trade struct {
	t        *testing.T
	tiktok   *tiktokshoptest.Fake
	linn     *linnworkstest.Fake
	client   *linnworks.Client
	config   sqlstore.Config
	settings bridge.Settings

	shop *tiktokadapter.Shop
	db   *sqlstore.DB
	*bridge.Sync
}

// unreadable is the answer of a shop that cannot be read.
var unreadable = tiktokshoptest.Fault{Status: http.StatusBadRequest, Code: 36009004}

type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }

func newTrade(t *testing.T, c sqlstore.Config) *trade {
	t.Helper()
	s := &trade{
		t: t, config: c, tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linn: linnworkstest.New(linnworkstest.WithoutQuotas()),
		settings: bridge.Settings{
			Shop: "uk", SubSource: "test", Locations: map[string][]string{leeds: {string(linnworks.ZeroGUID)}}, DefaultLocation: string(linnworks.ZeroGUID),
			Carriers: map[string]string{"Tracked 48": "Royal Mail"}, Buffer: []stock.BufferRule{{Do: stock.KeepUnits, Units: 1}},
		},
	}
	_, err := s.linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10}})
	s.must(err)
	s.linn.AddPostalService("Tracked 48", "Royal Mail")
	s.must(s.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: leeds, Name: "Leeds"}))
	s.must(s.tiktok.AddProduct(tiktokshoptest.Product{ID: "1729592969712207001", Title: "Mug",
		SKUs: []tiktokshoptest.SKU{{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{leeds: 10}}}}))
	s.client, err = s.linn.Client(linnworks.WithLimiter(unpaced{}))
	s.must(err)
	s.begin()
	return s
}

func (s *trade) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// begin begins a process.
func (s *trade) begin() {
	s.t.Helper()
	tiktok, err := s.tiktok.Client()
	s.must(err)
	s.shop, err = tiktokadapter.New(tiktok, tiktokadapter.Options{Documents: &http.Client{Transport: s.tiktok.RoundTripper()}})
	s.must(err)
	linn, err := s.linn.Client(linnworks.WithLimiter(unpaced{}))
	s.must(err)
	book, err := linnworksadapter.New(s.t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
	s.must(err)
	s.db, err = s.config.Open(s.t.Context())
	s.must(err)
	s.Sync, err = bridge.NewSync(s.shop, book, s.db.Shop(s.settings.Shop), s.settings)
	s.must(err)
}

func (s *trade) end() {
	s.t.Helper()
	s.must(s.db.Close())
}

func (s *trade) restart() {
	s.t.Helper()
	s.end()
	s.begin()
	s.linn.ForgetCalls()
	s.tiktok.ResetCalls()
}

// step does all work that there is, whatever fails.
func (s *trade) step() {
	for range 3 {
		_, _ = s.Step(s.t.Context())
		time.Sleep(time.Minute)
	}
}

func (s *trade) place(spec tiktokshoptest.OrderSpec) string {
	s.t.Helper()
	spec.Lines = []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 2}}
	id, err := s.tiktok.PlaceOrder(spec)
	s.must(err)
	return id
}

func (s *trade) inLinnworks(id string) []linnworks.OrderDetails {
	return s.linn.OrdersByReference("TIKTOKBRIDGE", "test", id)
}

// ship is what people do with an order in Linnworks.
func (s *trade) ship(id, service, tracking string) {
	s.t.Helper()
	o := s.inLinnworks(id)[0].OrderID
	s.must(errors.Join(s.linn.SetTracking(o, s.linn.AddPostalService(service, service), tracking), s.linn.PrintLabel(o), s.linn.Process(o)))
}

func (s *trade) shown() int {
	n, _ := s.tiktok.Stock(mugSKU, leeds)
	return n
}

func (s *trade) status(id string) tiktokshop.OrderStatus {
	o, _ := s.tiktok.Order(id)
	return o.Status
}

func (s *trade) cases() []exceptions.Case {
	s.t.Helper()
	list, err := s.db.Cases(s.t.Context(), exceptions.Filter{})
	s.must(err)
	return list
}

// restarts are the lines of the table in bridge/README.md that says what a restart costs
// without a store: each is done again with one, to see that it costs nothing.
var restarts = map[string]func(*testing.T, *trade){
	"ledger (units sold that Linnworks does not count)": func(t *testing.T, s *trade) {
		s.linn.Fail("Orders.CreateOrders", 1000, linnworkstest.Reply(http.StatusInternalServerError, "busy"))
		s.place(tiktokshoptest.OrderSpec{})
		s.step()
		before := s.shown()
		s.restart()
		s.tiktok.Fail(tiktokshoptest.On("Order.GetOrderList"), 1000, unreadable)
		s.must(s.linn.SetOnHand("MUG", linnworks.ZeroGUID, 6))
		_, _ = s.RunFlow(t.Context(), bridge.FlowStock) // which says that it only lowers
		if after := s.shown(); before != 7 || after != 3 {
			t.Errorf("the shop shows %d and after the restart %d of 6, want 7 and 3: two are sold and one is kept back", before, after)
		}
	},
	"records of orders": func(t *testing.T, s *trade) {
		a, b := s.place(tiktokshoptest.OrderSpec{BuyerID: "b"}), s.place(tiktokshoptest.OrderSpec{BuyerID: "b"})
		s.step()
		_, err := s.client.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{
			OrdersToMerge: []linnworks.GUID{s.inLinnworks(a)[0].OrderID, s.inLinnworks(b)[0].OrderID}, FulfilmentCenter: new(linnworks.ZeroGUID),
		})
		s.must(err)
		s.step()
		want := len(s.linn.Orders())
		s.restart()
		s.must(s.Hint(t.Context(), a))
		s.must(s.Hint(t.Context(), b))
		s.step()
		if n := len(s.linn.Orders()); n != want {
			t.Errorf("%d orders in Linnworks, want the %d from before", n, want)
		}
		if n := len(s.linn.CallsOf("Orders.CreateOrders")); n != 0 {
			t.Errorf("orders were created %d times, want never", n)
		}
		if open := s.cases(); len(open) > 0 {
			t.Errorf("raised: %v, want nothing", open)
		}
	},
	"cursors": func(t *testing.T, s *trade) {
		id := s.place(tiktokshoptest.OrderSpec{})
		s.step()
		s.ship(id, "Owl", "OWL1234567")
		s.step()
		if got := s.status(id); got != tiktokshop.OrderStatusAwaitingShipment || len(s.cases()) == 0 {
			t.Fatalf("on Friday the order is %s with the cases %v, want one about the carrier", got, s.cases())
		}
		time.Sleep(72 * time.Hour)
		s.settings.Carriers["Owl"] = "Royal Mail"
		s.restart()
		s.step()
		if got := s.status(id); got != tiktokshop.OrderStatusAwaitingCollection {
			t.Errorf("on Monday, with the carrier, the parcel of Friday is %s, want it sent", got)
		}
	},
	"hints and orders that wait": func(t *testing.T, s *trade) {
		s.step()
		id := s.place(tiktokshoptest.OrderSpec{})
		s.must(s.Hint(t.Context(), id))
		s.restart()
		s.tiktok.Fail(tiktokshoptest.On("Order.GetOrderList"), 1000, unreadable)
		_, _ = s.RunFlow(t.Context(), bridge.FlowOrders)
		if n := len(s.inLinnworks(id)); n != 1 {
			t.Errorf("the hinted order, which no list shows, is in Linnworks %d times, want once", n)
		}
	},
	"exceptions": func(t *testing.T, s *trade) {
		id := s.place(tiktokshoptest.OrderSpec{})
		s.step()
		s.ship(id, "Owl", "OWL1234567")
		s.step()
		open := s.cases()
		if len(open) != 1 {
			t.Fatalf("open: %v, want one case about the carrier", open)
		}
		_, err := s.db.Decide(t.Context(), open[0].Key(), exceptions.Decision{Verb: exceptions.VerbClaimed, By: "warehouse", Note: "asked the carrier"})
		s.must(err)
		s.restart()
		s.step()
		got := s.cases()
		if len(got) != 1 || got[0].ClaimedBy != "warehouse" || !slices.ContainsFunc(got[0].History, func(e exceptions.Event) bool { return e.Note == "asked the carrier" }) {
			t.Errorf("after the restart: %+v, want the case with its claim and note", got)
		}
	},
	"labels": func(t *testing.T, s *trade) {
		id := s.place(tiktokshoptest.OrderSpec{ShippingType: tiktokshop.ShippingTypeTikTok})
		s.step()
		label := func() string {
			o, _ := s.tiktok.Order(id)
			d, _, err := s.db.Shop("uk").Label(t.Context(), id, o.LineItems[0].PackageID)
			s.must(err)
			return string(d.Content)
		}
		before := label()
		s.restart()
		s.step()
		if n := len(s.tiktok.CallsOf(tiktokshoptest.On("Fulfillment.GetPackageShippingDocument"))); n != 0 {
			t.Errorf("the label was fetched again, %d times", n)
		}
		if after := label(); before == "" || after != before {
			t.Errorf("the label has %d bytes, and after the restart %d, want the same", len(before), len(after))
		}
	},
	"corrections of tracking numbers": func(t *testing.T, s *trade) {
		id := s.place(tiktokshoptest.OrderSpec{})
		s.step()
		// Somebody has told the shop another number. It takes one correction.
		orders, err := s.shop.OrdersByID(t.Context(), []string{id})
		s.must(err)
		carriers, err := s.shop.Carriers(t.Context(), orders[0])
		s.must(err)
		carrier := carriers[slices.IndexFunc(carriers, func(c bridge.Carrier) bool { return c.Name == "Royal Mail" })]
		_, err = s.shop.Ship(t.Context(), bridge.Shipment{Order: orders[0], Tracking: "BBBB1234567", CarrierID: carrier.ID})
		s.must(err)
		s.ship(id, "Tracked 48", "AAAA1234567")
		s.step()
		correction := func() store.Correction {
			records, _, err := s.db.Shop("uk").RecordsOf(t.Context(), id)
			s.must(err)
			return records[id].Correction
		}
		before := correction()
		n := len(s.tiktok.CallsOf(tiktokshoptest.On(correcting)))
		s.restart()
		s.step()
		if again := len(s.tiktok.CallsOf(tiktokshoptest.On(correcting))); n != 1 || again != 0 {
			t.Errorf("the number was corrected %d times, and %d times after the restart, want once and never", n, again)
		}
		if d := cmp.Diff(before, correction()); d != "" || before == (store.Correction{}) {
			t.Errorf("what is remembered of it (-before +after):\n%s", d)
		}
	},
}

// A restart costs nothing of what the table says.
func TestRestartCostsNothing(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "What `Memory` costs:")
	table, _, _ = strings.Cut(table, "\n\nWith")
	var lines, tested []string
	for _, line := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(table, -1) {
		lines = append(lines, line[1])
	}
	for line := range restarts {
		tested = append(tested, line)
	}
	slices.Sort(tested)
	slices.Sort(lines)
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "What is lost" || line == "---" })
	if d := cmp.Diff(lines, tested); d != "" {
		t.Errorf("the lines of the table and those that are tested (-table +tested):\n%s", d)
	}
	for name, place := range places {
		for line, test := range restarts {
			t.Run(name+"/"+line, func(t *testing.T) {
				t.Parallel()
				c := sqlstore.Config{URL: place(t), Connections: 4}
				synctest.Test(t, func(t *testing.T) {
					s := newTrade(t, c)
					defer func() { s.end() }()
					test(t, s)
				})
			})
		}
	}
}

// open are the orders in Linnworks that are not cancelled.
func (s *trade) open(id string) (list []linnworks.OrderDetails) {
	for _, o := range s.inLinnworks(id) {
		if !o.GeneralInfo.HoldOrCancel {
			list = append(list, o)
		}
	}
	return list
}
