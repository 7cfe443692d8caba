package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// hands are a control and how to use it.
type hands struct {
	*control
	t *testing.T
}

func newHands(t *testing.T) hands {
	t.Helper()
	w, err := madeup.New(tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linnworkstest.New())
	if err != nil {
		t.Fatal(err)
	}
	return hands{&control{World: w, ctx: t.Context()}, t}
}

// do posts a command with its fields, and returns what came back.
func (h hands) do(command string, fields ...string) (int, map[string]any) {
	h.t.Helper()
	v := url.Values{}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		v.Set(name, value)
	}
	r := httptest.NewRequest(http.MethodPost, "/"+command, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var reply map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
		h.t.Fatalf("%s: %v: %s", command, err, w.Body)
	}
	return w.Code, reply
}

// must does what has to work.
func (h hands) must(command string, fields ...string) map[string]any {
	h.t.Helper()
	status, reply := h.do(command, fields...)
	if status != http.StatusOK {
		h.t.Fatalf("%s %q: status %d: %v", command, fields, status, reply)
	}
	return reply
}

// An order goes its whole way by the hands of others, and comes back.
func TestControlAnOrdersLife(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	id, _ := h.must("place", "sku=MUG-RED", "quantity=2", "state=UNPAID")["order"].(string)
	status := func(want tiktokshop.OrderStatus) {
		t.Helper()
		if o, ok := h.Shop.Order(id); !ok || o.Status != want {
			t.Fatalf("the order is %q, want %q", o.Status, want)
		}
	}
	status(tiktokshop.OrderStatusUnpaid)
	h.must("pay", "order="+id)
	status(tiktokshop.OrderStatusOnHold)
	h.must("release", "order="+id)
	status(tiktokshop.OrderStatusAwaitingShipment)
	if code, reply := h.do("process", "order="+id); code != http.StatusConflict || !strings.Contains(reply["error"].(string), "has a bridge imported it?") {
		t.Errorf("before it was imported: %d, %v", code, reply)
	}
	guid, err := h.Warehouse.AddOrder(linnworkstest.Order{
		Source: madeup.Source, SubSource: madeup.SubSource, Reference: id, Lines: []linnworkstest.Line{{SKU: "MUG-RED", Quantity: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range [][]string{{"pick"}, {"track", "tracking=RM123456789GB"}, {"print"}, {"process"}} {
		h.must(step[0], append(step[1:], "order="+id)...)
	}
	if o, ok := h.Warehouse.Order(guid); !ok || !o.Processed || o.ShippingInfo.TrackingNumber != "RM123456789GB" {
		t.Errorf("the warehouse has %+v", o)
	}
	shop, err := h.Shop.Client()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shop.Fulfillment.MarkPackageAsShipped(t.Context(), id, &tiktokshop.MarkPackageAsShippedRequest{
		TrackingNumber: "RM123456789GB", ShippingProviderID: h.Shop.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
	}); err != nil { // as a bridge does
		t.Fatal(err)
	}
	h.must("collect", "order="+id)
	h.must("deliver", "order="+id)
	if reply := h.must("return", "order="+id, "type=REFUND"); reply["return"] == "" {
		t.Errorf("no return: %v", reply)
	}
	h.must("stock", "sku=TEA-EARL", "units=3")
	if l, err := h.Warehouse.Level("TEA-EARL", linnworks.ZeroGUID); err != nil || l.OnHand != 3 {
		t.Errorf("%d on the shelf, %v; want 3", l.OnHand, err)
	}
}

// A LIVE places as many orders as it says, and ends with the program.
func TestControlLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHands(t)
		ctx, stop := context.WithCancel(t.Context())
		h.ctx = ctx
		if err := h.Shop.SetStock(skuIDs["TEA-EARL"], madeup.Leeds, 100); err != nil {
			t.Fatal(err)
		}
		before := len(h.Shop.Orders())
		live, _ := h.must("live", "sku=TEA-EARL", "per_second=2", "seconds=4")["live"].(string)
		time.Sleep(5 * time.Second)
		if err := h.Shop.EndLive(live); live == "" || err == nil {
			t.Errorf("LIVE %v still goes on", live)
		}
		if got := len(h.Shop.Orders()) - before; got != 8 {
			t.Errorf("%d orders, want 8", got)
		}
		h.must("live", "sku=TEA-EARL", "per_second=1", "seconds=3600")
		stop()
		h.work.Wait()
	})
}

// A shop that has reached its order limit sells nothing until midnight, or until that is
// lifted.
func TestControlLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHands(t)
		sells := func(want bool) {
			t.Helper()
			status, reply := h.do("place", "sku=MUG-RED")
			if text, _ := reply["error"].(string); (status == http.StatusOK) != want || !want && !strings.Contains(text, "order limit") {
				t.Errorf("an order: status %d, %v; want sold: %t", status, reply, want)
			}
		}
		h.must("limit", "reached=true")
		sells(false)
		h.must("limit", "reached=false")
		sells(true)
		h.must("limit", "reached=true")
		time.Sleep(24*time.Hour - time.Second) // the test begins at midnight
		sells(false)
		time.Sleep(time.Second)
		sells(true)
	})
}

// What breaks breaks as often as asked, and then no longer.
func TestControlBreak(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	client, err := h.Warehouse.Client()
	if err != nil {
		t.Fatal(err)
	}
	h.must("break", "side=linnworks", "calls=500")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := client.Inventory.GetStockLocations(ctx, nil); err == nil {
		t.Error("a broken side answers")
	}
}

// A command that is mistyped is refused, with what is wrong.
func TestControlRefuses(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	for _, c := range []struct {
		command, fields string
		status          int
		want            string
	}{
		{"plaice", "", http.StatusNotFound, "no command"},
		{"place", "", http.StatusBadRequest, "needs the field sku"},
		{"place", "sku=MUG-RED colour=blue", http.StatusBadRequest, `no field "colour"`},
		{"place", "sku=HAT", http.StatusConflict, `no SKU "HAT"`},
		{"place", "sku=MUG-RED quantity=0", http.StatusConflict, "a number from 1"},
		{"pay", "order=1", http.StatusConflict, "1"},
		{"live", "sku=HAT per_second=1 seconds=1", http.StatusConflict, "HAT"},
		{"live", "sku=MUG-RED per_second=1000 seconds=1", http.StatusConflict, "per_second is a number"},
		{"break", "side=amazon calls=1", http.StatusConflict, "tiktokshop or linnworks"},
		{"seller", "active=perhaps", http.StatusConflict, "perhaps"},
		{"settle", "", http.StatusConflict, "nothing is due"},
	} {
		status, reply := h.do(c.command, strings.Fields(c.fields)...)
		if text, _ := reply["error"].(string); status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: status %d, %q; want %d and %q", c.command, c.fields, status, text, c.status, c.want)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/pay", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: status %d", w.Code)
	}
}

// The list names every command with fields that it takes.
func TestControlManual(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	if len(lines) != 2*len(commands) {
		t.Fatalf("%d lines for %d commands:\n%s", len(lines), len(commands), w.Body)
	}
	for i, cmd := range commands {
		v := url.Values{}
		words := strings.Fields(lines[2*i])
		for _, word := range words[1 : len(words)-1] {
			if name, value, ok := strings.Cut(word, "="); ok {
				v.Set(name, value)
			}
		}
		if err := cmd.check(v); err != nil || !strings.HasSuffix(lines[2*i], "/"+cmd.name) {
			t.Errorf("%s: %v", lines[2*i], err)
		}
	}
}
