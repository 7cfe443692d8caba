package appeal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"iter"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/appeal"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// shown is a shop that shows some orders.
type shown []bridge.Order

func (s shown) OrdersByID(_ context.Context, ids []string) (list []bridge.Order, err error) {
	for _, o := range s {
		for _, id := range ids {
			if o.ID == id {
				list = append(list, o)
			}
		}
	}
	return list, nil
}

// sent is an order that was sent in one parcel.
func sent(id, tracking string, at time.Time) bridge.Order {
	line := bridge.OrderLine{ID: id + "1", Listing: catalogue.SKU{SellerSKU: "MUG"}, Tracking: tracking, Carrier: "Royal Mail"}
	return bridge.Order{
		ID: id, Status: bridge.AwaitingCollection, CreatedAt: at.Add(-3 * time.Hour), PaidAt: at.Add(-3 * time.Hour), ShippedAt: at, CollectedAt: at.Add(2 * time.Hour),
		ShipBy: at.Add(20 * time.Hour), Lines: []bridge.OrderLine{line, line}, BuyerName: "Ada Buyer",
		Recipient: bridge.Address{Name: "Ada Buyer", Line1: "1 Long Lane", Town: "Leeds", Postcode: "LS1 4DY", Country: "GB", Phone: "0113"},
	}
}

// ports have one order on record, with a case that is closed by now.
func ports(t *testing.T) appeal.Ports {
	t.Helper()
	memory, cases := new(store.Memory).Shop("UK"), &exceptions.Memory{Now: func() time.Time { return noon }}
	must(t, second(memory.PutRecords(t.Context(), store.Record{
		OrderID: "5761", Status: "AWAITING_COLLECTION", WarehouseIDs: []string{"w1"}, SentAt: noon.Add(-2 * time.Hour), LabelAt: noon.Add(-time.Hour),
		Reference: store.WrittenReference{WarehouseID: "w1", At: noon.Add(-90 * time.Minute)}, Told: []store.Told{{Tracking: "RM123456789GB", At: noon.Add(-50 * time.Minute)}},
		Granted: store.Permit{At: noon.Add(-61 * time.Minute), Status: "AWAITING_SHIPMENT", UpdatedAt: noon.Add(-3 * time.Hour)}, Held: store.Permit{At: noon.Add(-100 * time.Minute), Status: "ON_HOLD", Reason: "the order is on hold"},
	})))
	queue := cases.Shop("UK")
	must(t, queue.Raise(t.Context(), exceptions.New(exceptions.DeadlineNear, exceptions.ForOrder("5761"), noon, "ship by 12:00", "send it")))
	must(t, queue.Clear(t.Context(), exceptions.ForOrder("5761"), exceptions.DeadlineNear))
	for id, order := range map[string]string{"4035": "5761", "4036": "9999"} {
		must(t, queue.Raise(t.Context(), exceptions.New(exceptions.GoodsToCheck, "return "+id, time.Time{}, "on its way back", "look for it", exceptions.Evidence("order", order)...)))
		must(t, queue.Clear(t.Context(), "return "+id, exceptions.GoodsToCheck))
	}
	must(t, queue.Raise(t.Context(), exceptions.New(exceptions.DeadlineNear, exceptions.ForOrder("9999"), noon, "another order", "send it")))
	return appeal.Ports{Records: memory, Orders: shown{sent("5761", "RM123456789GB", noon)}, Cases: cases}
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func options() appeal.Options {
	return appeal.Options{Shop: "UK", Now: func() time.Time { return noon.Add(24 * time.Hour) }}
}

// Everything on record is in the pack, by time, with who says so.
func TestCollect(t *testing.T) {
	t.Parallel()
	pack, err := appeal.Collect(t.Context(), ports(t), options(), "5761")
	must(t, err)
	var got []string
	for _, o := range pack.Orders {
		for _, e := range append(o.Deadlines, o.Events...) {
			got = append(got, fmt.Sprintf("%s %s: %s", e.At.Format("15:04"), e.Source, e.What))
		}
	}
	want := []string{
		"08:00 shop: ship by",
		"09:00 shop: paid", "09:00 shop: placed", "10:00 bridge: sent to the warehouse", "10:20 bridge: not allowed to be shipped, on the status ON_HOLD; the order is on hold",
		"10:30 bridge: the shop took the warehouse's number of the order", "10:59 bridge: allowed to be shipped, on the status AWAITING_SHIPMENT, last changed 2026-06-01 09:00:00 UTC", "11:00 bridge: label handed out to the warehouse",
		"11:10 bridge: the shop was told the number of the parcel, RM123456789GB",
		"12:00 case: deadline near: cleared", "12:00 case: deadline near: ship by 12:00", "12:00 case: returned goods to check: cleared", "12:00 case: returned goods to check: on its way back", "12:00 shop: shipped, as the shop counts", "14:00 shop: collected by the carrier",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	both, err := appeal.Collect(t.Context(), ports(t), options(), "5761", "404")
	must(t, err)
	if diff := cmp.Diff(pack.Orders[0], both.Orders[0]); diff != "" {
		t.Errorf("alone and beside another order (-alone +beside):\n%s", diff)
	}
	if diff := cmp.Diff([]appeal.Parcel{{Tracking: "RM123456789GB", Carrier: "Royal Mail", SKUs: []string{"MUG", "MUG"}}}, pack.Orders[0].Parcels); diff != "" {
		t.Errorf("parcels (-want +got):\n%s", diff)
	}
	if len(pack.Missing) > 0 {
		t.Errorf("missing %q", pack.Missing)
	}
}

// The buyer is in neither form of the pack unless that is asked for, and the page needs
// nothing from outside.
func TestTheBuyerStaysOut(t *testing.T) {
	t.Parallel()
	for _, buyer := range []bool{false, true} {
		o := options()
		o.Buyer = buyer
		pack, err := appeal.Collect(t.Context(), ports(t), o, "5761")
		must(t, err)
		var page bytes.Buffer
		must(t, pack.WritePage(&page))
		text, err := json.Marshal(pack)
		must(t, err)
		for form, text := range map[string]string{"page": page.String(), "JSON": string(text)} {
			if !strings.Contains(text, "RM123456789GB") || !strings.Contains(text, "label handed out") {
				t.Errorf("the %s lacks the parcel or the label:\n%s", form, text)
			}
			for _, secret := range []string{"Ada Buyer", "Long Lane", "LS1 4DY"} {
				if strings.Contains(text, secret) != buyer {
					t.Errorf("asked for the buyer: %t, %q in the %s: %t", buyer, secret, form, !buyer)
				}
			}
			if strings.Contains(text, "0113") {
				t.Errorf("the buyer's phone number is in the %s", form)
			}
			for _, outside := range []string{"href=", "src=", "url(", "<link", "@import", "<script"} {
				if strings.Contains(text, outside) {
					t.Errorf("the %s is not self-contained: it has %s", form, outside)
				}
			}
		}
	}
}

// broken is a port that fails.
type broken struct{}

func (broken) OrdersByID(context.Context, []string) ([]bridge.Order, error) {
	return nil, errors.New("the shop is down")
}

// What was not read never passes for nothing: the pack and its page say so.
func TestMissing(t *testing.T) {
	t.Parallel()
	p := ports(t)
	p.Orders, p.Cases = broken{}, nil
	pack, err := appeal.Collect(t.Context(), p, options(), "5761", "404")
	if err == nil || !strings.Contains(err.Error(), "the shop is down") {
		t.Errorf("error %v, want that the shop is down", err)
	}
	want := []string{"orders as the shop has them", "cases", "order 5761 as the shop has it", "order 404 as the shop has it"}
	if diff := cmp.Diff(want, pack.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if len(pack.Orders) != 2 || !pack.Orders[0].Known || pack.Orders[1].Known || len(pack.Orders[0].Events) != 6 {
		t.Errorf("orders %+v", pack.Orders)
	}
	var page bytes.Buffer
	must(t, pack.WritePage(&page))
	for _, w := range []string{"Not read, and so not here", "The bridge has no record of this order", "Nothing is on record"} {
		if !strings.Contains(page.String(), w) {
			t.Errorf("the page does not say %q", w)
		}
	}
	for name, call := range map[string]func() error{
		"no records": func() error { return second(appeal.Collect(t.Context(), appeal.Ports{}, options(), "1")) },
		"no shop":    func() error { return second(appeal.Collect(t.Context(), p, appeal.Options{}, "1")) },
		"no orders":  func() error { return second(appeal.Collect(t.Context(), p, options())) },
	} {
		if call() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The day is that of the zone, and what left outside of it is on another manifest.
func TestManifest(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	must(t, err)
	bare := sent("4", "", noon)
	bare.CollectedAt = time.Time{}
	m := appeal.ManifestOf("UK", noon.In(london),
		sent("2", "RM2", noon), sent("1", "=RM1", noon.Add(-12*time.Hour)), // 00:00 and 01:00 in London
		sent("3", "RM3", noon.Add(11*time.Hour)), bare, bridge.Order{ID: "5", Status: bridge.AwaitingShipment})
	var got bytes.Buffer
	must(t, m.WriteCSV(&got))
	want := "order,tracking,carrier,shipped,handed_over\n" +
		"1,'=RM1,Royal Mail,2026-06-01T00:00:00Z,2026-06-01T02:00:00Z\n" +
		"2,RM2,Royal Mail,2026-06-01T12:00:00Z,2026-06-01T14:00:00Z\n" +
		"4,,,2026-06-01T12:00:00Z,\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
}

// updated are the orders that have changed, with what cannot be read among them.
type updated struct {
	orders []bridge.Order
	err    error
	from   time.Time
}

func (u *updated) OrdersUpdated(_ context.Context, from, _ time.Time) iter.Seq2[bridge.Order, error] {
	u.from = from
	return func(yield func(bridge.Order, error) bool) {
		for _, o := range u.orders {
			if !yield(o, nil) {
				return
			}
		}
		if u.err != nil {
			yield(bridge.Order{}, u.err)
		}
	}
}

// The page of a day has each parcel once, with times of the day's zone; one that was lost and
// cancelled afterwards is on it; and what was not read is said, never taken for nothing.
func TestShipped(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	must(t, err)
	lost := sent("5762", "RM2", noon)
	lost.Status = bridge.Cancelled
	for i := range lost.Lines {
		lost.Lines[i].Cancelled = true
	}
	shop := &updated{orders: []bridge.Order{sent("5761", "<RM1>", noon), lost, {ID: "5763", Status: bridge.Cancelled}}}
	day := noon.In(london)
	m, err := appeal.Shipped(t.Context(), shop, "UK & IE", day, noon.Add(time.Hour))
	must(t, err)
	if want := time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC); !shop.from.Equal(want) {
		t.Errorf("read from %s, want the beginning of the day in London, %s", shop.from, want)
	}
	var page bytes.Buffer
	must(t, m.WritePage(&page))
	for _, want := range []string{"UK &amp; IE", "Monday 1 June 2026, Europe/London: 2 orders in 2 parcels", "&lt;RM1&gt;", "RM2", "13:00:00"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, page.String())
		}
	}
	if strings.Contains(page.String(), "5763") || strings.Contains(page.String(), "Not read") {
		t.Errorf("the page has an order that never left, or lacks something:\n%s", page.String())
	}
	shop.err = errors.New("order 5764 cannot be read")
	if m, err = appeal.Shipped(t.Context(), shop, "UK", day, noon); err == nil || len(m.Rows) != 2 || len(m.Missing) != 1 {
		t.Errorf("with one that cannot be read: %d rows, missing %q, %v; want the others, and that one is missing", len(m.Rows), m.Missing, err)
	}
	page.Reset()
	must(t, m.WritePage(&page))
	if !strings.Contains(page.String(), "may lack parcels") || !strings.Contains(page.String(), "5764") {
		t.Errorf("the page does not say what it lacks:\n%s", page.String())
	}
	if _, err := appeal.Shipped(t.Context(), shop, "UK", day.AddDate(0, 0, 1), noon); err == nil {
		t.Error("the manifest of tomorrow has no error")
	}
	page.Reset()
	must(t, appeal.ManifestOf("UK", day).WritePage(&page))
	if !strings.Contains(page.String(), "Nothing was shipped") || !strings.Contains(page.String(), "0 orders in 0 parcels") {
		t.Errorf("an empty day:\n%s", page.String())
	}
}

func ExampleManifestOf() {
	m := appeal.ManifestOf("UK", noon, sent("5761", "RM123456789GB", noon))
	if err := m.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order,tracking,carrier,shipped,handed_over
	// 5761,RM123456789GB,Royal Mail,2026-06-01T12:00:00Z,2026-06-01T14:00:00Z
}

// Of an order whose record could not be read nobody says that there is none.
func TestRecordNotRead(t *testing.T) {
	p := ports(t)
	p.Records = noRecords{p.Records}
	pack, err := appeal.Collect(t.Context(), p, options(), "5761")
	if err == nil || pack == nil {
		t.Fatalf("pack %v, error %v; want both", pack, err)
	}
	var page bytes.Buffer
	if err := pack.WritePage(&page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "has no record of this order") || pack.Orders[0].RecordRead || !strings.Contains(page.String(), "What happened to order 5761") {
		t.Errorf("the page says:\n%s", page.String())
	}
}

type noRecords struct{ store.Records }

func (noRecords) RecordsOf(context.Context, ...string) (map[string]store.Record, time.Time, error) {
	return nil, time.Time{}, errors.New("the disk is full")
}

// An order that the shop could not be asked for is not one that it does not know.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		shop error
		want bool
	}{
		"the shop does not have it":  {nil, true},
		"the shop could not be read": {errors.New("the shop is away"), false},
	} {
		p := ports(t)
		p.Orders = away{tt.shop}
		pack, err := appeal.Collect(t.Context(), p, options(), "404")
		if pack == nil || (err != nil) != (tt.shop != nil) {
			t.Fatalf("%s: %v, %v", name, pack, err)
		}
		if got := pack.Unknown(); got != tt.want {
			t.Errorf("%s: unknown %t, want %t; missing %q", name, got, tt.want, pack.Missing)
		}
	}
}

// away is a shop that returns no orders.
type away struct{ err error }

func (a away) OrdersByID(context.Context, []string) ([]bridge.Order, error) { return nil, a.err }

// An order that changed while the day was read has each parcel once, as it was read last; and
// a day of a zone without a name is that day.
func TestManifestOfOddDays(t *testing.T) {
	t.Parallel()
	m := appeal.ManifestOf("UK", noon, sent("5761", "RM1", noon), sent("5762", "RM3", noon), sent("5761", "RM2", noon))
	var got []string
	for _, r := range m.Rows {
		got = append(got, r.OrderID+" "+r.Tracking)
	}
	if diff := cmp.Diff([]string{"5761 RM2", "5762 RM3"}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for _, name := range []string{"", "BST"} {
		day := time.Date(2026, 6, 1, 0, 30, 0, 0, time.FixedZone(name, 3600))
		var page bytes.Buffer
		must(t, appeal.ManifestOf("UK", day, sent("5761", "RM1", day)).WritePage(&page))
		for _, want := range []string{"Monday 1 June 2026, +01:00", "00:30:00"} {
			if text := html.UnescapeString(page.String()); !strings.Contains(text, want) {
				t.Errorf("zone %q: the page lacks %q:\n%s", name, want, text)
			}
		}
	}
}
