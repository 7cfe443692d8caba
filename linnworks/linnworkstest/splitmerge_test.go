package linnworkstest_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

func sorted(ids []linnworks.GUID) []linnworks.GUID { return slices.Sorted(slices.Values(ids)) }

func TestASplitOrderIsReplacedByPartsThatShareItsReference(t *testing.T) {
	a := open(t)
	post := a.AddPostalService("Post 24", "The Post")
	in := with(paid("1", "c-mug", 3), func(o *linnworks.ChannelOrder) { o.PostalServiceCost, o.Discount = "3", "1" })
	in.OrderItems = append(in.OrderItems, linnworks.ChannelOrderItem{ItemNumber: "2", ChannelSKU: "c-set", Qty: 2, PricePerUnit: "20", TaxCostInclusive: true})
	id := a.order(t, in)
	before := a.details(t, id)
	parts := must(a.c.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{OrderID: id, NewOrders: []linnworks.OrderSplit{{
		PostalServiceID: &post, ParkOrder: new(true),
		Items: []linnworks.OrderSplitOutItem{{RowID: &before.Items[0].RowID, Quantity: new(1)}, {RowID: &before.Items[1].RowID, Quantity: new(2)}},
	}}}))(t)
	type part struct {
		Reference, Service string
		Parked             bool
		Lines              map[string]int
		Total              linnworks.Decimal
	}
	var got []part
	for _, o := range a.OrdersByReference("SHOP", "UK", "1") {
		p := part{o.GeneralInfo.ReferenceNum, o.ShippingInfo.PostalServiceName, o.GeneralInfo.IsParked, map[string]int{}, o.TotalsInfo.TotalCharge}
		for _, line := range o.Items {
			p.Lines[line.ItemNumber] = line.Quantity
		}
		got = append(got, p)
	}
	want := []part{{"1", "", false, map[string]int{"1": 2}, "22"}, {"1", "Post 24", true, map[string]int{"1": 1, "2": 2}, "50"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if before.TotalsInfo.TotalCharge != "72" {
		t.Errorf("the whole cost %s, want the parts' 72", before.TotalsInfo.TotalCharge)
	}
	if n := len(a.Orders()); n != 2 {
		t.Errorf("%d orders, want the parts alone", n)
	}
	if l := a.level(t, "TEA", home); l.InOrders != 6 {
		t.Errorf("%d teas reserved, want the same 6", l.InOrders)
	}
	if gone := must(a.c.Orders.GetOrdersByID(t.Context(), &linnworks.GetOrdersByIDRequest{OrderIDs: []linnworks.GUID{id}}))(t); len(gone) != 0 {
		t.Error("the order that was split is still there")
	}
	relations := must(a.c.Orders.GetOrderRelations(t.Context(), &linnworks.GetOrderRelationsRequest{OrderID: parts[1].OrderID}))(t)
	if len(relations) != 1 || relations[0].ParentOrderID != id || relations[0].Child != parts[1].NumOrderID {
		t.Errorf("relations %+v, want the order that was split", relations)
	}
	if again := a.create(t, in); len(again) != 0 {
		t.Errorf("the channel's order was saved again as %q", again)
	}
}

func TestSplitsThatDoNotAddUpAreRefused(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 2))
	row := a.details(t, id).Items[0].RowID
	for name, parts := range map[string][]linnworks.OrderSplit{
		"too many":           {{Items: []linnworks.OrderSplitOutItem{{RowID: &row, Quantity: new(3)}}}},
		"of another order":   {{Items: []linnworks.OrderSplitOutItem{{RowID: &a.mug, Quantity: new(1)}}}},
		"one part":           {{Items: []linnworks.OrderSplitOutItem{{RowID: &row, Quantity: new(2)}}}},
		"an empty part":      {{}},
		"an unknown service": {{PostalServiceID: &a.mug, Items: []linnworks.OrderSplitOutItem{{RowID: &row, Quantity: new(1)}}}},
	} {
		if _, err := a.c.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{OrderID: id, NewOrders: parts}); err == nil {
			t.Errorf("%s: done", name)
		}
	}
	check(t, a.Park(id, true))
	if _, err := a.c.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{OrderID: id, NewOrders: []linnworks.OrderSplit{}}); err == nil || !strings.Contains(err.Error(), "parked") {
		t.Errorf("error %v, want no split of a parked order", err)
	}
}

func TestAutoMergeReplacesOrdersThatLookAlikeEveryQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, linnworkstest.WithAutoMerge(), linnworkstest.WithRules(func(o linnworks.OrderDetails) linnworkstest.Outcome {
			return linnworkstest.Outcome{NoMerge: o.GeneralInfo.ReferenceNum == "blocked"}
		}))
		masked := func(reference string, by time.Duration) linnworks.ChannelOrder {
			return with(paid(reference, "c-mug", 1), func(o *linnworks.ChannelOrder) {
				o.DeliveryAddress = linnworks.ChannelAddress{FullName: "J***", Address1: "***", PostCode: "L***"}
				o.DispatchBy.Time = o.DispatchBy.Add(by)
			})
		}
		ids := a.create(t, masked("1", time.Hour), with(masked("2", 0), func(o *linnworks.ChannelOrder) { o.DeliveryAddress.FullName = "j***" }),
			masked("blocked", 0), with(masked("parked", 0), parked), with(masked("other", 0), func(o *linnworks.ChannelOrder) { o.SubSource = "DE" }),
			masked("labelled", 0), masked("picking", 0))
		check(t, a.PrintLabel(ids[5]))
		check(t, a.StartPicking(ids[6]))
		time.Sleep(15*time.Minute - time.Second)
		if n := len(a.open(t)); n != 7 {
			t.Errorf("%d open orders before the quarter, want 7", n)
		}
		time.Sleep(time.Second)
		left := a.open(t)
		if len(left) != 6 || slices.Contains(left, ids[0]) || slices.Contains(left, ids[1]) {
			t.Fatalf("%d open orders after the quarter, want the two replaced by one", len(left))
		}
		merged := a.details(t, left[5])
		g := merged.GeneralInfo
		if g.ReferenceNum != "MERGED" || g.ExternalReferenceNum != "MERGED" || len(merged.Items) != 2 || merged.TotalsInfo.TotalCharge != "20" ||
			!g.DespatchByDate.Equal(opening.AddDate(0, 0, 2)) {
			t.Errorf("merged order %+v with %d lines", g, len(merged.Items))
		}
		if len(a.OrdersByReference("SHOP", "UK", "1")) != 0 {
			t.Error("the merged order is found by the old reference")
		}
		relations := must(a.c.Orders.GetOrdersRelations(t.Context(), &linnworks.GetOrdersRelationsRequest{OrderIDs: []linnworks.GUID{ids[0], left[5]}}))(t)
		if len(relations[string(left[5])]) != 2 || relations[string(ids[0])][0].ChildOrderID != left[5] {
			t.Errorf("relations %+v", relations)
		}
		if !must(a.c.OrdersV2.GetOrders(t.Context(), &linnworks.OrdersV2GetOrdersRequest{ID: left[5:]}))(t).OpenOrders[0].GeneralInfo.IsMerged {
			t.Error("IsMerged is not set")
		}
		if l := a.level(t, "MUG", home); l.InOrders != 6 { // the other account has no mapping
			t.Errorf("%d mugs reserved, want 6", l.InOrders)
		}
		if again := a.create(t, masked("1", 0)); len(again) != 0 {
			t.Errorf("the channel's order was saved again as %q", again)
		}
		if trail := a.AuditTrail(left[5]); len(trail) < 2 || !strings.Contains(trail[len(trail)-1].Note, "Merged") {
			t.Errorf("audit trail %+v", trail)
		}
	})
}
