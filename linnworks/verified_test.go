package linnworks_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

type unlimited struct{}

func (unlimited) Wait(context.Context, linnworks.LimitKey) error { return nil }

// account is a fake Linnworks and a client of it.
type account struct {
	*linnworkstest.Fake
	c *linnworks.Client
	t testing.TB
}

func newAccount(t testing.TB, opts ...linnworkstest.Option) account {
	t.Helper()
	f := linnworkstest.New(append(opts, linnworkstest.WithoutQuotas())...)
	for _, sku := range []string{"MUG", "TEA"} {
		if _, err := f.AddItem(linnworkstest.Item{SKU: sku, Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.AddItem(linnworkstest.Item{SKU: "SET", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 1}, {SKU: "TEA", Quantity: 3}}}); err != nil {
		t.Fatal(err)
	}
	c, err := f.Client(linnworks.WithLimiter(unlimited{}))
	if err != nil {
		t.Fatal(err)
	}
	return account{f, c, t}
}

func channelOrder(reference string) linnworks.ChannelOrder {
	now := linnworks.Time{Time: time.Now()}
	return linnworks.ChannelOrder{
		Source: "SHOP", SubSource: "UK", ReferenceNumber: reference, PaymentStatus: linnworks.PaymentStatusPaid,
		ReceivedDate: now, DispatchBy: now, AutomaticallyLinkBySKU: true,
		OrderItems: []linnworks.ChannelOrderItem{{ItemNumber: "1", ChannelSKU: "MUG", Qty: 1, PricePerUnit: "10"}},
	}
}

// order saves an order and returns its id, with the calls so far forgotten.
func (a account) order(reference string) linnworks.GUID {
	a.t.Helper()
	ids, err := a.c.Orders.CreateOrders(a.t.Context(), &linnworks.CreateOrdersRequest{
		Location: "Default", Orders: []linnworks.ChannelOrder{channelOrder(reference)},
	})
	if err != nil || len(ids) != 1 {
		a.t.Fatal(ids, err)
	}
	a.ForgetCalls()
	return ids[0]
}

func (a account) state(id linnworks.GUID) linnworks.OrderDetails {
	a.t.Helper()
	o, ok := a.Order(id)
	if !ok {
		a.t.Fatalf("no order %s", id)
	}
	return o
}

// calls are the operations that were called, without their service.
func (a account) calls() string {
	var names []string
	for _, c := range a.Calls() {
		if _, name, _ := strings.Cut(c.Operation, "."); name != "AuthorizeByApplication" {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// bubble runs a test with a fresh account on a clock of its own.
func bubble(t *testing.T, test func(t *testing.T, a account), opts ...linnworkstest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newAccount(t, opts...)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func notApplied(t testing.TB, err error, want string) {
	t.Helper()
	if !linnworks.IsNotApplied(err) || linnworks.IsOutcomeUnknown(err) || !strings.Contains(err.Error(), want) {
		t.Errorf("err = %v, want a NotAppliedError with %q", err, want)
	}
}

func TestChangeStatusVerified(t *testing.T) {
	bubble(t, func(t *testing.T, a account) {
		id, parked := a.order("r-1"), a.order("r-2")
		must(t, a.Park(parked, true))
		req := &linnworks.ChangeStatusRequest{OrderIDs: []linnworks.GUID{id, parked}, Status: 3}
		err := a.c.Orders.ChangeStatusVerified(t.Context(), req)
		notApplied(t, err, string(parked)+": the order is paid, parked")
		if strings.Contains(err.Error(), string(id)+": the order") || a.state(id).GeneralInfo.Status != 3 || a.calls() != "ChangeStatus GetOrdersByID" {
			t.Errorf("err = %v after %s", err, a.calls())
		}
		must(t, a.Park(parked, false))
		must(t, a.c.Orders.ChangeStatusVerified(t.Context(), req))
		notApplied(t, a.c.Orders.ChangeStatusVerified(t.Context(), &linnworks.ChangeStatusRequest{OrderIDs: []linnworks.GUID{"deadbeef-0000-4000-8000-000000000000"}}), "no such order")
		if err := a.c.Orders.ChangeStatusVerified(t.Context(), nil); err == nil {
			t.Error("a request without orders passes")
		}
	})
}

func TestChangeOrderTagVerified(t *testing.T) {
	bubble(t, func(t *testing.T, a account) {
		id := a.order("r-1")
		tag := func(n *int) error {
			return a.c.Orders.ChangeOrderTagVerified(t.Context(), &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{id}, Tag: n})
		}
		must(t, tag(new(7)))
		if !a.state(id).GeneralInfo.IsParked {
			t.Error("not parked")
		}
		notApplied(t, tag(new(2)), "parked")
		must(t, tag(nil))
		must(t, tag(nil)) // once more changes nothing and is fine
		must(t, tag(new(2)))
		must(t, a.Lock(id, true))
		notApplied(t, tag(new(7)), "paid, locked, tagged 2")
		if err := tag(new(8)); err == nil || linnworks.IsNotApplied(err) {
			t.Errorf("tag 8: err = %v", err)
		}
	})
	// Some tenants' servers ignore bodies in JSON.
	bubble(t, func(t *testing.T, a account) {
		req := &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{a.order("r-1")}, Tag: new(7)}
		notApplied(t, a.c.Orders.ChangeOrderTagVerified(t.Context(), req, linnworks.FormEncoded(false)), "paid")
		must(t, a.c.Orders.ChangeOrderTagVerified(t.Context(), req))
	}, linnworkstest.WithQuirk(linnworkstest.StatusIgnoresJSON, true))
}

func TestLockOrderVerified(t *testing.T) {
	bubble(t, func(t *testing.T, a account) {
		id := a.order("r-1")
		lock := func(on bool) error {
			return a.c.Orders.LockOrderVerified(t.Context(), &linnworks.LockOrderRequest{OrderIDs: []linnworks.GUID{id}, LockOrder: on})
		}
		must(t, lock(true))
		must(t, lock(false))
		must(t, a.Process(id))
		notApplied(t, lock(true), "processed")
		notApplied(t, lock(false), "processed")
		notApplied(t, a.c.Orders.ChangeStatusVerified(t.Context(), &linnworks.ChangeStatusRequest{OrderIDs: []linnworks.GUID{id}, Status: 1}), "processed")
	})
}

func TestCancelOrderVerified(t *testing.T) {
	cancel := func(t *testing.T, a account, id linnworks.GUID) error {
		return a.c.Orders.CancelOrderVerified(t.Context(), &linnworks.CancelOrderRequest{OrderID: id, Note: new("buyer changed mind")})
	}
	for name, prepare := range map[string]func(a account, id linnworks.GUID) error{
		"open":   func(account, linnworks.GUID) error { return nil },
		"parked": func(a account, id linnworks.GUID) error { return a.Park(id, true) },
		"locked": func(a account, id linnworks.GUID) error { return a.Lock(id, true) },
		"cut off": func(a account, _ linnworks.GUID) error {
			a.Fail("Orders.CancelOrder", 1, linnworkstest.CutAfter())
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, a account) {
				id := a.order("r-1")
				must(t, prepare(a, id))
				must(t, cancel(t, a, id))
				if o := a.state(id); !o.Processed || !o.GeneralInfo.HoldOrCancel {
					t.Errorf("order = %v", o)
				}
				a.ForgetCalls()
				must(t, cancel(t, a, id))
				if a.calls() != "GetOrdersByID" {
					t.Errorf("the second time costs %s", a.calls())
				}
			})
		})
	}
	bubble(t, func(t *testing.T, a account) {
		a.AddLocation("Overflow")
		created, err := a.c.Orders.CreateOrdersVerified(t.Context(), &linnworks.CreateOrdersRequest{Location: "Overflow", Orders: []linnworks.ChannelOrder{channelOrder("r-1")}})
		must(t, err)
		must(t, cancel(t, a, created[0].OrderID)) // at its own location
	})
	bubble(t, func(t *testing.T, a account) {
		id := a.order("r-1")
		must(t, a.Process(id))
		notApplied(t, cancel(t, a, id), "the order is processed")
		notApplied(t, cancel(t, a, "deadbeef-0000-4000-8000-000000000000"), "no such order")
	})
	// What was stopped is stopped again when the cancellation fails.
	for name, fault := range map[string]linnworkstest.Fault{
		"refused": linnworkstest.Reply(400, "no"), "cut off": linnworkstest.CutBefore(), "down": linnworkstest.Reply(503, "down"),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, a account) {
				id := a.order("r-1")
				must(t, a.Park(id, true))
				a.Fail("Orders.CancelOrder", 1, fault)
				err := cancel(t, a, id)
				if o := a.state(id); err == nil || linnworks.IsOutcomeUnknown(err) || o.Processed || !o.GeneralInfo.IsParked {
					t.Errorf("err = %v, parked %t", err, o.GeneralInfo.IsParked)
				}
			})
		})
	}
	// Even when the caller has gone.
	bubble(t, func(t *testing.T, a account) {
		id := a.order("r-1")
		must(t, a.Park(id, true))
		a.Fail("Orders.CancelOrder", 1, linnworkstest.Slow(time.Minute))
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		err := a.c.Orders.CancelOrderVerified(ctx, &linnworks.CancelOrderRequest{OrderID: id})
		if !linnworks.IsOutcomeUnknown(err) || !errors.Is(err, context.DeadlineExceeded) || !a.state(id).GeneralInfo.IsParked {
			t.Errorf("err = %v, parked %t", err, a.state(id).GeneralInfo.IsParked)
		}
	})
}

func TestProcessOrderVerified(t *testing.T) {
	bubble(t, func(t *testing.T, a account) {
		process := func(id linnworks.GUID) error {
			return a.c.Orders.ProcessOrderVerified(t.Context(), &linnworks.ProcessOrderRequest{OrderID: id})
		}
		id := a.order("r-1")
		must(t, a.Park(id, true))
		err := process(id)
		notApplied(t, err, "the order is paid, parked")
		if !linnworks.IsPartial(err) { // Linnworks' own words are there too
			t.Errorf("err = %v", err)
		}
		must(t, a.Park(id, false))
		a.ForgetCalls()
		must(t, process(id))
		if a.calls() != "ProcessOrder" {
			t.Errorf("calls = %s", a.calls())
		}
		must(t, process(id)) // already done

		cut := a.order("r-2")
		a.Fail("Orders.ProcessOrder", 1, linnworkstest.CutAfter())
		must(t, process(cut))
		lost := a.order("r-3")
		a.Fail("Orders.ProcessOrder", 1, linnworkstest.CutBefore())
		notApplied(t, process(lost), "the order is paid")

		cancelled := a.order("r-4")
		must(t, a.Cancel(cancelled))
		notApplied(t, process(cancelled), "the order is cancelled")

		// Neither written for sure nor read back.
		blind := a.order("r-5")
		a.Fail("Orders.ProcessOrder", 1, linnworkstest.CutAfter())
		a.Fail("Orders.GetOrdersByID", 9, linnworkstest.Throttle(0))
		err = process(blind)
		if !linnworks.IsOutcomeUnknown(err) || linnworks.IsNotApplied(err) || !linnworks.IsThrottle(err) || linnworks.IsNotFound(err) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestSetOrderShippingInfoVerified(t *testing.T) {
	bubble(t, func(t *testing.T, a account) {
		service := a.AddPostalService("Next day", "Carrier")
		id := a.order("r-1")
		set := func(change func(*linnworks.UpdateOrderShippingInfoRequest)) (*linnworks.OrderShippingInfo, error) {
			return a.c.Orders.SetOrderShippingInfoVerified(t.Context(), id, change)
		}
		_, err := set(func(i *linnworks.UpdateOrderShippingInfoRequest) {
			i.PostalServiceID, i.TotalWeight = service, "1.50"
		})
		must(t, err)
		a.ForgetCalls()
		info, err := set(func(i *linnworks.UpdateOrderShippingInfoRequest) { i.TrackingNumber = "TRACK-1" })
		must(t, err)
		// The fake clears what is left out, so service and weight were sent back.
		if info.TrackingNumber != "TRACK-1" || info.PostalServiceID != service || info.TotalWeight != "1.5" || a.calls() != "GetOrdersByID SetOrderShippingInfo GetOrdersByID" {
			t.Errorf("info = %+v after %s", info, a.calls())
		}
		a.ForgetCalls()
		_, err = set(func(i *linnworks.UpdateOrderShippingInfoRequest) { i.TrackingNumber = "TRACK-1" })
		if err != nil || a.calls() != "GetOrdersByID" {
			t.Errorf("nothing to write: %v after %s", err, a.calls())
		}
		must(t, a.Park(id, true))
		if _, err = set(func(i *linnworks.UpdateOrderShippingInfoRequest) { i.TrackingNumber = "TRACK-2" }); !linnworks.IsRequest(err) {
			t.Errorf("parked: err = %v", err)
		}
		if _, err = set(nil); err == nil {
			t.Error("a nil function passes")
		}
		if _, err = a.c.Orders.SetOrderShippingInfoVerified(t.Context(), "deadbeef-0000-4000-8000-000000000000", func(*linnworks.UpdateOrderShippingInfoRequest) {}); !linnworks.IsNotApplied(err) {
			t.Errorf("unknown order: err = %v", err)
		}
	})
}

func TestCreateOrdersVerified(t *testing.T) {
	create := func(t *testing.T, a account, orders ...linnworks.ChannelOrder) ([]linnworks.CreatedOrder, error) {
		return a.c.Orders.CreateOrdersVerified(t.Context(), &linnworks.CreateOrdersRequest{Location: "Default", Orders: orders})
	}
	many := func(n int) (orders []linnworks.ChannelOrder) {
		for i := range n {
			orders = append(orders, channelOrder(fmt.Sprintf("r-%d", i)))
		}
		return orders
	}
	outcomes := func(created []linnworks.CreatedOrder) string {
		var b strings.Builder
		for _, c := range created {
			fmt.Fprintf(&b, "%s %s; ", c.Reference, c.Outcome)
		}
		return b.String()
	}
	bubble(t, func(t *testing.T, a account) {
		known := a.order("r-1")
		unpaid := channelOrder("r-2")
		unpaid.PaymentStatus = linnworks.PaymentStatusUnpaid
		_, err := create(t, a, unpaid)
		must(t, err)
		foreign := channelOrder("r-3")
		foreign.SubSource = "DE"
		_, err = create(t, a, foreign)
		must(t, err)

		created, err := create(t, a, many(45)...)
		must(t, err)
		if len(created) != 45 || created[1].Outcome != linnworks.CreateExisted || created[1].OrderID != known || len(a.Orders()) != 46 {
			t.Errorf("created %v, %d orders", created, len(a.Orders()))
		}
		for i, c := range created {
			o, ok := a.Order(c.OrderID)
			if i != 1 && c.Outcome != linnworks.CreateSaved || !ok || o.GeneralInfo.ReferenceNum != c.Reference || o.GeneralInfo.SubSource != "UK" {
				t.Errorf("%d: %+v", i, c)
			}
		}
		if n := len(a.CallsOf("Orders.CreateOrders")); n != 2+3 {
			t.Errorf("%d calls", n)
		}
		again, err := create(t, a, many(2)...)
		must(t, err)
		if outcomes(again) != "r-0 existed; r-1 existed; " {
			t.Errorf("again: %s", outcomes(again))
		}
	})
	t.Run("the reply is lost", func(t *testing.T) {
		bubble(t, func(t *testing.T, a account) {
			a.Fail("Orders.CreateOrders", 5, linnworkstest.CutAfter())
			created, err := create(t, a, many(2)...)
			must(t, err)
			if outcomes(created) != "r-0 present; r-1 present; " || len(a.Orders()) != 2 {
				t.Errorf("%s, %d orders", outcomes(created), len(a.Orders()))
			}
		})
	})
	t.Run("nothing arrives", func(t *testing.T) {
		bubble(t, func(t *testing.T, a account) {
			a.Fail("Orders.CreateOrders", 5, linnworkstest.Reply(500, "down"))
			created, err := create(t, a, many(2)...)
			notApplied(t, err, "no such order")
			if outcomes(created) != "r-0 failed; r-1 failed; " || created[0].OrderID != "" {
				t.Errorf("%v", created)
			}
		})
	})
	t.Run("one is refused", func(t *testing.T) {
		bubble(t, func(t *testing.T, a account) {
			orders := many(3)
			orders[1].DispatchBy = linnworks.Time{}
			created, err := create(t, a, orders...)
			if outcomes(created) != "r-0 saved; r-1 failed; r-2 saved; " || !linnworks.IsRequest(err) || !linnworks.IsRequest(created[1].Err) {
				t.Errorf("%s: err = %v", outcomes(created), err)
			}
		})
	})
	t.Run("no such location", func(t *testing.T) {
		bubble(t, func(t *testing.T, a account) {
			created, err := a.c.Orders.CreateOrdersVerified(t.Context(), &linnworks.CreateOrdersRequest{Location: "Mars", Orders: many(30)})
			if !linnworks.IsRequest(err) || len(created) != 30 || len(a.CallsOf("Orders.*")) != 2 {
				t.Errorf("err = %v after %d calls", err, len(a.CallsOf("Orders.*")))
			}
		})
	})
	t.Run("throttled lookup", func(t *testing.T) {
		bubble(t, func(t *testing.T, a account) {
			a.Fail("Orders.GetOrderDetailsByReferenceID", 9, linnworkstest.Throttle(0))
			created, err := create(t, a, many(1)...)
			if !linnworks.IsOutcomeUnknown(err) || linnworks.IsNotApplied(err) || created[0].Outcome != linnworks.CreateFailed {
				t.Errorf("%v: err = %v", created, err)
			}
		})
	})
	bubble(t, func(t *testing.T, a account) {
		for _, orders := range [][]linnworks.ChannelOrder{{channelOrder("")}, {channelOrder("r"), channelOrder("R")}} {
			if _, err := create(t, a, orders...); err == nil || a.calls() != "" {
				t.Errorf("err = %v after %s", err, a.calls())
			}
		}
		if created, err := create(t, a); err != nil || len(created) != 0 || a.calls() != "" {
			t.Errorf("no orders: %v, %v", created, err)
		}
	})
}

func TestSetStockLevelVerified(t *testing.T) {
	bubble(t, func(t *testing.T, a account) {
		set := func(skus ...string) ([]linnworks.StockItemLevel, error) {
			req := &linnworks.SetStockLevelRequest{ChangeSource: new("count")}
			for i, sku := range skus {
				req.StockLevels = append(req.StockLevels, linnworks.StockLevelUpdate{SKU: sku, LocationID: linnworks.ZeroGUID, Level: 20 + i})
			}
			return a.c.Stock.SetStockLevelVerified(t.Context(), req)
		}
		levels, err := set("MUG", "CUP, BLUE", "TEA", "CUP")
		e, ok := errors.AsType[*linnworks.PartialError](err)
		if !ok || len(levels) != 2 || linnworks.IsNotFound(err) {
			t.Fatalf("%d levels, err = %v", len(levels), err)
		}
		if diff := cmp.Diff([]linnworks.ItemError{{Key: "CUP, BLUE", Index: -1, Code: "unknown SKU"}, {Key: "CUP", Index: -1, Code: "unknown SKU"}}, e.Items); diff != "" {
			t.Error(diff)
		}
		if tea, _ := a.Level("TEA", linnworks.ZeroGUID); tea.OnHand != 22 || a.calls() != "SetStockLevel SetStockLevel" {
			t.Errorf("TEA %+v after %s", tea, a.calls())
		}
		if levels, err = set("CUP"); !linnworks.IsPartial(err) || len(levels) != 0 {
			t.Errorf("only unknown ones: %v, %v", levels, err)
		}
		a.Fail("Stock.SetStockLevel", 1, linnworkstest.Reply(400, "No item found for the following SKUs: OTHER"))
		if _, err = set("MUG"); !linnworks.IsNotFound(err) {
			t.Errorf("a list that was not sent: err = %v", err)
		}
		a.Fail("Stock.SetStockLevel", 9, linnworkstest.Throttle(0))
		if _, err = set("MUG"); !linnworks.IsThrottle(err) || linnworks.IsPartial(err) {
			t.Errorf("throttled: err = %v", err)
		}
		if _, err = set(" "); err == nil {
			t.Error("an empty SKU passes")
		}
	})
}

func TestFind(t *testing.T) {
	bubble(t, func(t *testing.T, a account) {
		id := a.order("r-1")
		upper := linnworks.GUID(strings.ToUpper(string(id)))
		orders, err := a.c.Orders.FindOrders(t.Context(), []linnworks.GUID{upper, "deadbeef-0000-4000-8000-000000000000"})
		if err != nil || len(orders) != 1 || orders[id].OrderID != id {
			t.Errorf("FindOrders = %v, %v", orders, err)
		}
		found, err := a.c.Orders.FindOrdersByReference(t.Context(), "shop", "uk", "r-1")
		if err != nil || len(found) != 1 {
			t.Errorf("FindOrdersByReference = %v, %v", found, err)
		}
		if found, err = a.c.Orders.FindOrdersByReference(t.Context(), "SHOP", "DE", "r-1"); err != nil || len(found) != 0 {
			t.Errorf("of another shop = %v, %v", found, err)
		}
		must(t, a.c.Orders.ChangeStatusVerified(t.Context(), &linnworks.ChangeStatusRequest{OrderIDs: []linnworks.GUID{id}, Status: 4}))
		if found, err = a.c.Orders.FindOrdersByReference(t.Context(), "SHOP", "UK", "r-1"); err != nil || len(found) != 0 {
			t.Errorf("a resend is found as %v, %v", found, err)
		}
		if _, err = a.c.Orders.FindOrdersByReference(t.Context(), "SHOP", "UK", ""); err == nil {
			t.Error("an empty reference passes")
		}

		skus := []string{"mug", "SET", "SET", "", "none"}
		for i := range 500 {
			skus = append(skus, fmt.Sprintf("none-%d", i))
		}
		a.ForgetCalls()
		items, err := a.c.Inventory.FindStockItems(t.Context(), skus)
		if err != nil || a.calls() != strings.TrimSpace(strings.Repeat("GetStockItemIDsBySKU ", 3)) {
			t.Errorf("FindStockItems = %v, %v after %s", items, err, a.calls())
		}
		if items["SET"] == "" || items["none"] != "" {
			t.Errorf("items = %v", items)
		}
		parts, err := a.c.Inventory.FindCompositions(t.Context(), []linnworks.GUID{items["SET"], items["SET"], ""})
		if err != nil || len(parts) != 1 || len(parts[items["SET"]]) != 2 {
			t.Errorf("FindCompositions = %v, %v", parts, err)
		}
		a.Fail("Inventory.*", 99, linnworkstest.Throttle(0))
		if _, err := a.c.Inventory.FindStockItems(t.Context(), []string{"MUG"}); !linnworks.IsThrottle(err) {
			t.Errorf("a throttle is no absence: %v", err)
		}
		if _, err := a.c.Inventory.FindCompositions(t.Context(), []linnworks.GUID{items["SET"]}); !linnworks.IsThrottle(err) {
			t.Errorf("a throttle is no absence: %v", err)
		}
	})
}
