package linnworkstest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

func with(o linnworks.ChannelOrder, change func(*linnworks.ChannelOrder)) linnworks.ChannelOrder {
	change(&o)
	return o
}

func unpaid(reference, channelSKU string, qty int) linnworks.ChannelOrder {
	return with(paid(reference, channelSKU, qty), func(o *linnworks.ChannelOrder) { o.PaymentStatus = "" })
}

func TestAPaidOrderSentAgainIsMissingFromTheReply(t *testing.T) {
	a := open(t)
	first := a.order(t, paid("1", "c-mug", 1))
	if again := a.create(t, paid("1", "c-mug", 5)); len(again) != 0 {
		t.Errorf("reply %q, want []", again)
	}
	mixed := a.create(t, paid("1", "c-mug", 5), paid("2", "c-mug", 1))
	if len(mixed) != 1 || mixed[0] == first {
		t.Errorf("reply %q, want the new order's id alone", mixed)
	}
	if got := a.level(t, "MUG", home).InOrders; got != 2 {
		t.Errorf("%d in orders, want 2: the skipped copy changes nothing", got)
	}
}

func TestAnUnpaidOrderSentAgainIsUpdated(t *testing.T) {
	a := open(t)
	id := a.order(t, unpaid("1", "c-mug", 1))
	if o := a.details(t, id); o.GeneralInfo.Status != 0 || !o.GeneralInfo.IsParked || o.GeneralInfo.Marker != 7 || !o.PaidDateTime.IsZero() {
		t.Errorf("saved %+v, want unpaid and parked", o.GeneralInfo)
	}
	if got := a.level(t, "MUG", home).InOrders; got != 1 {
		t.Errorf("%d in orders, want 1: parked orders reserve", got)
	}
	if again := a.order(t, paid("1", "c-mug", 4)); again != id {
		t.Errorf("id %s, want %s again", again, id)
	}
	if o := a.details(t, id); o.GeneralInfo.Status != 1 || o.GeneralInfo.IsParked || o.Items[0].Quantity != 4 || o.PaidDateTime.IsZero() {
		t.Errorf("updated to %+v, want paid, unparked, 4 units", o)
	}
	if got := a.level(t, "MUG", home).InOrders; got != 4 {
		t.Errorf("%d in orders, want 4", got)
	}
}

func TestTheDedupeKeyIsSourceSubSourceAndReference(t *testing.T) {
	a := open(t)
	a.create(t, paid("1", "c-mug", 1),
		with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.SubSource = "DE" }),
		with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.Source = "OTHER" }),
		with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.Source = "shop" }))
	got := must(a.c.Orders.GetOrderDetailsByReferenceID(t.Context(), &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: "1"}))(t)
	if len(got) != 3 {
		t.Errorf("%d orders of all channels, want 3", len(got))
	}
	if n := len(a.OrdersByReference("SHOP", "UK", "1")); n != 1 {
		t.Errorf("%d orders of SHOP UK, want 1", n)
	}
}

func TestSimultaneousCreatesSaveOneOrder(t *testing.T) {
	a := open(t, linnworkstest.WithoutQuotas())
	var wg sync.WaitGroup
	saved := make([][]linnworks.GUID, 16)
	for i := range saved {
		wg.Go(func() { saved[i] = a.create(t, paid("1", "c-set", 1)) })
	}
	wg.Wait()
	if ids := slices.Concat(saved...); len(ids) != 1 || len(a.Orders()) != 1 {
		t.Errorf("%d ids and %d orders, want 1 of each", len(ids), len(a.Orders()))
	}
	if got := a.level(t, "TEA", home).InOrders; got != 3 {
		t.Errorf("%d in orders, want 3", got)
	}
}

func TestOneInvalidOrderFailsTheCall(t *testing.T) {
	a := open(t)
	for _, test := range []struct {
		want     string
		location string
		change   func(*linnworks.ChannelOrder)
	}{
		{"Location not found.", "Elsewhere", func(*linnworks.ChannelOrder) {}},
		{"Location not found.", string(home), func(*linnworks.ChannelOrder) {}}, // a name is wanted
		{"Orders have invalid values: Order: 9 has an empty DispatchBy", "Default", func(o *linnworks.ChannelOrder) { o.DispatchBy = linnworks.Time{} }},
		{"Orders have invalid values: Order: 9, LineId: 1 is duplicated", "Default", func(o *linnworks.ChannelOrder) { o.OrderItems = append(o.OrderItems, o.OrderItems[0]) }},
		{"reserved Source: AMAZON", "Default", func(o *linnworks.ChannelOrder) { o.Source = "AMAZON" }},
		{"has an empty SubSource", "Default", func(o *linnworks.ChannelOrder) { o.SubSource = "" }},
		{"has an empty OrderItems", "Default", func(o *linnworks.ChannelOrder) { o.OrderItems = nil }},
	} {
		orders := []linnworks.ChannelOrder{paid("8", "c-mug", 1), with(paid("9", "c-mug", 1), test.change)}
		_, err := a.c.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Orders: orders, Location: test.location})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
	if n := len(a.Orders()); n != 0 {
		t.Errorf("%d orders saved, want none", n)
	}
}

func TestOrderStateFreezesPaidOrders(t *testing.T) {
	a := open(t, linnworkstest.WithRules(func(linnworks.OrderDetails) linnworkstest.Outcome {
		return linnworkstest.Outcome{PostalService: "Post 24", Folder: "Today"}
	}))
	for _, test := range []struct {
		name             string
		change           func(*linnworks.ChannelOrder)
		parked, locked   bool
		reserved, served int
	}{
		{"plain", func(*linnworks.ChannelOrder) {}, false, false, 1, 1},
		{"Park", func(o *linnworks.ChannelOrder) { o.OrderState = "Park" }, true, false, 1, 0},
		{"Hold", func(o *linnworks.ChannelOrder) { o.OrderState = "Hold" }, false, true, 0, 0},
		{"a postcode of 12", func(o *linnworks.ChannelOrder) { o.DeliveryAddress.PostCode = "SW1A 1AA 123" }, true, false, 1, 0},
		{"unpaid", func(o *linnworks.ChannelOrder) { o.PaymentStatus = "Unpaid" }, true, false, 1, 0},
	} {
		before := a.level(t, "MUG", home).InOrders
		o := a.details(t, a.order(t, with(paid(test.name, "c-mug", 1), test.change)))
		g := o.GeneralInfo
		reserved := a.level(t, "MUG", home).InOrders - before
		if g.IsParked != test.parked || g.HoldOrCancel != test.locked || reserved != test.reserved {
			t.Errorf("%s: parked %t, locked %t, %d reserved; want %t, %t, %d", test.name, g.IsParked, g.HoldOrCancel, reserved, test.parked, test.locked, test.reserved)
		}
		if ran := test.served > 0; g.IsRuleRun != ran || (o.ShippingInfo.PostalServiceName == "Post 24") != ran || (len(o.FolderName) == 1) != ran {
			t.Errorf("%s: rules ran %t, want %t", test.name, g.IsRuleRun, ran)
		}
	}
}

func TestUnparkingAloneDoesNotRunTheRules(t *testing.T) {
	a := open(t, linnworkstest.WithRules(func(linnworks.OrderDetails) linnworkstest.Outcome {
		return linnworkstest.Outcome{PostalService: "Post 24"}
	}))
	id := a.order(t, with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.OrderState = "Park" }))
	ids := []linnworks.GUID{id}
	if ran := must(a.c.Orders.RunRulesEngine(t.Context(), &linnworks.RunRulesEngineRequest{OrderIDs: ids}))(t); len(ran) != 0 {
		t.Errorf("the rules ran on a parked order: %q", ran)
	}
	must(a.c.Orders.ChangeOrderTag(t.Context(), &linnworks.ChangeOrderTagRequest{OrderIDs: ids}))(t)
	if o := a.details(t, id); o.GeneralInfo.IsParked || o.GeneralInfo.Marker != 0 || o.GeneralInfo.IsRuleRun {
		t.Errorf("unparked to %+v, want no rules run", o.GeneralInfo)
	}
	if ran := must(a.c.Orders.RunRulesEngine(t.Context(), &linnworks.RunRulesEngineRequest{OrderIDs: ids}))(t); !cmp.Equal(ran, ids) {
		t.Errorf("the rules ran on %q, want %q", ran, ids)
	}
	if o := a.details(t, id); o.ShippingInfo.PostalServiceName != "Post 24" {
		t.Errorf("service %q, want the rules'", o.ShippingInfo.PostalServiceName)
	}
}

func TestChangeStatusOnAParkedOrderIsASilentNoOp(t *testing.T) {
	a := open(t)
	id := a.order(t, unpaid("1", "c-mug", 1))
	ids := []linnworks.GUID{id}
	pay := &linnworks.ChangeStatusRequest{OrderIDs: ids, Status: 1}
	if changed := must(a.c.Orders.ChangeStatus(t.Context(), pay))(t); len(changed) != 0 || a.details(t, id).GeneralInfo.Status != 0 {
		t.Errorf("changed %q, want nothing and no error", changed)
	}
	must(a.c.Orders.ChangeOrderTag(t.Context(), &linnworks.ChangeOrderTagRequest{OrderIDs: ids}))(t)
	if changed := must(a.c.Orders.ChangeStatus(t.Context(), pay))(t); !cmp.Equal(changed, ids) {
		t.Errorf("changed %q, want %q", changed, ids)
	}
	if o := a.details(t, id); o.GeneralInfo.Status != 1 || o.PaidDateTime.IsZero() || !o.GeneralInfo.IsRuleRun {
		t.Errorf("order %+v, want paid and met by the rules", o)
	}
}

func TestTagsParkUnparkAndMark(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 1))
	tag := func(n *int) int {
		return len(must(a.c.Orders.ChangeOrderTag(t.Context(), &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{id}, Tag: n}))(t))
	}
	for i, step := range []struct {
		tag             *int
		changed, marker int
		parked          bool
	}{{new(3), 1, 3, false}, {new(7), 1, 7, true}, {new(2), 0, 7, true}, {nil, 1, 0, false}} {
		changed := tag(step.tag)
		if g := a.details(t, id).GeneralInfo; changed != step.changed || g.Marker != step.marker || g.IsParked != step.parked {
			t.Errorf("step %d: %d changed, marker %d, parked %t; want %d, %d, %t", i, changed, g.Marker, g.IsParked, step.changed, step.marker, step.parked)
		}
	}
	check(t, a.Lock(id, true))
	if tag(new(7)) != 0 {
		t.Error("a locked order was tagged")
	}
}

func TestJSONBodiesOfTagsCanBeIgnoredAsSomeTenantsSaw(t *testing.T) {
	a := open(t, linnworkstest.WithQuirk(linnworkstest.StatusIgnoresJSON, true))
	id := a.order(t, paid("1", "c-mug", 1))
	req := &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{id}, Tag: new(7)}
	if changed := must(a.c.Orders.ChangeOrderTag(t.Context(), req, linnworks.FormEncoded(false)))(t); len(changed) != 0 || a.details(t, id).GeneralInfo.IsParked {
		t.Errorf("changed %q by JSON, want nothing", changed)
	}
	if changed := must(a.c.Orders.ChangeOrderTag(t.Context(), req, linnworks.FormEncoded(true)))(t); len(changed) != 1 {
		t.Errorf("changed %q by form, want one", changed)
	}
}

func TestLinesAreLinkedByMappingThenBySKUElseUnlinked(t *testing.T) {
	a := open(t)
	in := paid("1", "c-mug", 1)
	for i, sku := range []string{"TEA", "nobody", "501"} {
		in.OrderItems = append(in.OrderItems, linnworks.ChannelOrderItem{ItemNumber: fmt.Sprint(i + 2), ChannelSKU: sku, Qty: 1, ItemTitle: "Title " + sku})
	}
	in.OrderItems = append(in.OrderItems, linnworks.ChannelOrderItem{ItemNumber: "5", ChannelSKU: "TEA", Qty: 1, IsService: true})
	type line struct {
		SKU, Title string
		Unlinked   bool
	}
	lines := func(change func(*linnworks.ChannelOrder)) []line {
		var out []line
		for _, i := range a.details(t, a.order(t, with(in, change))).Items {
			out = append(out, line{i.SKU, i.Title, i.IsUnlinked})
		}
		return out
	}
	unlinked := func(sku string) line { return line{"", "Title " + sku, true} }
	for _, test := range []struct {
		name   string
		change func(*linnworks.ChannelOrder)
		want   []line
	}{
		{"mapping", func(*linnworks.ChannelOrder) {},
			[]line{{"MUG", "Red mug", false}, unlinked("TEA"), unlinked("nobody"), unlinked("501"), {}}},
		{"by SKU", func(o *linnworks.ChannelOrder) { o.ReferenceNumber, o.AutomaticallyLinkBySKU = "2", true },
			[]line{{"MUG", "Red mug", false}, {"TEA", "TEA", false}, unlinked("nobody"), unlinked("501"), {}}},
		{"by barcode", func(o *linnworks.ChannelOrder) { o.ReferenceNumber, o.AutomaticallyLinkByBarcode = "3", true },
			[]line{{"MUG", "Red mug", false}, unlinked("TEA"), unlinked("nobody"), {"MUG", "Red mug", false}, {}}},
		{"another channel's mapping", func(o *linnworks.ChannelOrder) { o.ReferenceNumber, o.Source, o.MappingSource = "4", "NEW", "SHOP" },
			[]line{{"MUG", "Red mug", false}, unlinked("TEA"), unlinked("nobody"), unlinked("501"), {}}},
	} {
		if diff := cmp.Diff(test.want, lines(test.change)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if got := a.level(t, "TEA", home).InOrders; got != 1 {
		t.Errorf("%d teas in orders, want 1: unlinked lines and services reserve nothing", got)
	}
}

func TestKitLinesCarryTheTotalsOfTheirComponents(t *testing.T) {
	a := open(t)
	line := a.details(t, a.order(t, paid("1", "c-set", 2))).Items[0]
	type sub struct {
		SKU      string
		Quantity int
		Price    linnworks.Decimal
	}
	var got []sub
	for _, c := range line.CompositeSubItems {
		got = append(got, sub{c.SKU, c.Quantity, c.PricePerUnit})
	}
	if diff := cmp.Diff([]sub{{"MUG", 2, "0"}, {"TEA", 6, "0"}}, got); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
	if line.SKU != "SET" || line.ItemNumber != "1" || line.CompositeAvailablity != 8 {
		t.Errorf("line %+v, want the kit's with 8 still to be made", line)
	}
}

func TestTotalsAreComputedFromLinesTaxAndPostage(t *testing.T) {
	a := open(t)
	type totals struct{ Subtotal, PostageCost, PostageCostExTax, Tax, TotalCharge, TotalDiscount linnworks.Decimal }
	for name, test := range map[string]struct {
		change func(*linnworks.ChannelOrder)
		want   totals
	}{
		"tax included": {func(o *linnworks.ChannelOrder) {
			o.UseChannelTax, o.PostalServiceCost, o.PostalServiceTaxRate = true, "3.60", "20"
			o.OrderItems[0].TaxRate = "20"
		}, totals{"16.67", "3.6", "3", "3.93", "23.6", "0"}},
		"tax on top": {func(o *linnworks.ChannelOrder) {
			o.UseChannelTax = true
			o.OrderItems[0].TaxRate, o.OrderItems[0].TaxCostInclusive = "20", false
		}, totals{"20", "0", "0", "4", "24", "0"}},
		"discounts": {func(o *linnworks.ChannelOrder) {
			o.Discount, o.OrderItems[0].LineDiscount = "1.5", "10"
		}, totals{"18", "0", "0", "0", "16.5", "3.5"}},
		"the channel's tax is not used": {func(o *linnworks.ChannelOrder) {
			o.OrderItems[0].TaxRate = "20"
		}, totals{"20", "0", "0", "0", "20", "0"}},
	} {
		in := paid(name, "c-mug", 2)
		test.change(&in)
		o := a.details(t, a.order(t, in))
		i := o.TotalsInfo
		got := totals{i.Subtotal, i.PostageCost, i.PostageCostExTax, i.Tax, i.TotalCharge, i.TotalDiscount}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if i.Currency != "UNK" {
			t.Errorf("currency %q of an order without one, want UNK", i.Currency)
		}
	}
}

func TestOpenOrdersAreThoseOfOneLocation(t *testing.T) {
	a := open(t)
	there := must(a.c.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Orders: []linnworks.ChannelOrder{paid("1", "c-mug", 1)}, Location: "overflow"}))(t)
	here := a.create(t, with(paid("2", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.OrderIdentifierTags = []string{"LIVE"} }), unpaid("3", "c-set", 1), paid("4", "c-mug", 1))
	check(t, a.Process(here[2]))
	if got := a.level(t, "MUG", a.overflow).InOrders; got != 1 {
		t.Errorf("%d reserved at Overflow, want 1", got)
	}
	list := func(req linnworks.GetAllOpenOrdersRequest) []linnworks.GUID {
		return must(a.c.Orders.GetAllOpenOrders(t.Context(), &req))(t)
	}
	parked := func(on bool) *linnworks.FieldsFilter {
		return &linnworks.FieldsFilter{BooleanFields: []linnworks.BooleanFieldFilter{{FieldCode: "GENERAL_INFO_PARKED", Value: on}}}
	}
	for name, test := range map[string]struct {
		req  linnworks.GetAllOpenOrdersRequest
		want []linnworks.GUID
	}{
		"Default by its zero id":   {linnworks.GetAllOpenOrdersRequest{FulfilmentCenter: new(home)}, here[:2]},
		"Default unless told":      {linnworks.GetAllOpenOrdersRequest{}, here[:2]},
		"another":                  {linnworks.GetAllOpenOrdersRequest{FulfilmentCenter: &a.overflow}, there},
		"parked":                   {linnworks.GetAllOpenOrdersRequest{Filters: parked(true)}, here[1:2]},
		"not parked":               {linnworks.GetAllOpenOrdersRequest{Filters: parked(false)}, here[:1]},
		"of a text":                {linnworks.GetAllOpenOrdersRequest{AdditionalFilter: new("set")}, here[1:2]},
		"of an exact text":         {linnworks.GetAllOpenOrdersRequest{AdditionalFilter: new("se"), ExactMatch: new(true)}, []linnworks.GUID{}},
		"by reference, descending": {linnworks.GetAllOpenOrdersRequest{Sorting: []linnworks.FieldSorting{{FieldCode: "GENERAL_INFO_REFERENCE_NUMBER", Direction: "Descending"}}}, []linnworks.GUID{here[1], here[0]}},
		"of a reference": {linnworks.GetAllOpenOrdersRequest{Filters: &linnworks.FieldsFilter{TextFields: []linnworks.TextFieldFilter{
			{FieldCode: "GENERAL_INFO_REFERENCE_NUMBER", Type: "Equal", Text: "2"}}}}, here[:1]},
	} {
		if diff := cmp.Diff(test.want, list(test.req)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	date := func(kind string, days int, from, to time.Duration) *linnworks.FieldsFilter {
		return &linnworks.FieldsFilter{DateFields: []linnworks.DateFieldFilter{{
			FieldCode: "GENERAL_INFO_DESPATCHBYDATE", Type: linnworks.DateFieldFilterType(kind), Value: days,
			DateFrom: linnworks.Time{Time: opening.Add(from)}, DateTo: linnworks.Time{Time: opening.Add(to)},
		}}}
	}
	for name, test := range map[string]struct {
		filters *linnworks.FieldsFilter
		want    int
	}{
		"despatch within":  {date("Range", 0, 48*time.Hour, 48*time.Hour), 2},
		"despatch outside": {date("Range", 0, 0, 47*time.Hour), 0},
		"despatch overdue": {date("OlderThan", 1, 0, 0), 2},
		"despatch of late": {date("LastDays", 1, 0, 0), 0},
		"tagged":           {&linnworks.FieldsFilter{ListFields: []linnworks.ListFieldFilter{{FieldCode: "GENERAL_INFO_IDENTIFIER", Type: "Is", Value: "live"}}}, 1},
		"other status":     {&linnworks.FieldsFilter{ListFields: []linnworks.ListFieldFilter{{FieldCode: "GENERAL_INFO_STATUS", Type: "Not", Value: "1"}}}, 1},
		"SKU begins":       {&linnworks.FieldsFilter{TextFields: []linnworks.TextFieldFilter{{FieldCode: "ITEMS_SKU", Type: "StartWith", Text: "mu"}}}, 1},
	} {
		if got := list(linnworks.GetAllOpenOrdersRequest{Filters: test.filters}); len(got) != test.want {
			t.Errorf("%s: %d orders, want %d", name, len(got), test.want)
		}
	}
	unknown := &linnworks.FieldsFilter{BooleanFields: []linnworks.BooleanFieldFilter{{FieldCode: "CAN_FULFIL"}}}
	if _, err := a.c.Orders.GetAllOpenOrders(t.Context(), &linnworks.GetAllOpenOrdersRequest{Filters: unknown}); err == nil {
		t.Error("an unsupported field was ignored")
	}
}

func TestShippingInfoThatIsLeftOutIsCleared(t *testing.T) {
	a, keeper := open(t), open(t, linnworkstest.WithQuirk(linnworkstest.ShippingInfoOverwrites, false))
	for name, test := range map[string]struct {
		account
		service string
		total   linnworks.Decimal
	}{"by default": {a, "", "10"}, "if switched off": {keeper, "Post 24", "13"}} {
		service := test.AddPostalService("Post 24", "The Post")
		id := test.order(t, with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.PostalServiceName, o.PostalServiceCost = "post 24", "3" }))
		if got := test.details(t, id).ShippingInfo; got.PostalServiceID != service || got.Vendor != "The Post" {
			t.Errorf("%s: saved with %+v, want the service found by its name", name, got)
		}
		got := must(test.c.Orders.SetOrderShippingInfo(t.Context(), &linnworks.SetOrderShippingInfoRequest{
			OrderID: id, Info: linnworks.UpdateOrderShippingInfoRequest{TrackingNumber: "T1"},
		}))(t)
		if s := got.ShippingInfo; s.TrackingNumber != "T1" || s.PostalServiceName != test.service || got.TotalsInfo.TotalCharge != test.total {
			t.Errorf("%s: tracking %q, service %q, total %s; want T1, %q, %s", name, s.TrackingNumber, s.PostalServiceName, got.TotalsInfo.TotalCharge, test.service, test.total)
		}
	}
}

func TestServicesAreChosenByTheChannelsShippingMapping(t *testing.T) {
	a := open(t)
	fast := a.AddPostalService("Fast", "Carrier")
	check(t, a.MapPostalService("SHOP", "UK", "express", fast))
	for tag, want := range map[string]string{"EXPRESS": "Fast", "slow": "Cheap"} {
		id := a.order(t, with(paid(tag, "c-mug", 1), func(o *linnworks.ChannelOrder) {
			o.MatchPostalServiceTag, o.PostalServiceName, o.SavePostalServiceIfNotExist = tag, "Cheap", true
		}))
		if got := a.details(t, id).ShippingInfo.PostalServiceName; got != want {
			t.Errorf("tag %s: service %q, want %q", tag, got, want)
		}
	}
	got := must(a.c.PostalServices.GetPostalServices(t.Context(), nil))(t)
	if len(got) != 2 || got[0].PostalServiceID != fast || len(got[0].Channels) != 1 || got[1].PostalServiceName != "Cheap" {
		t.Errorf("services %+v", got)
	}
}

func TestPropertiesAndNotesAccumulate(t *testing.T) {
	a := open(t)
	id := a.order(t, with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) {
		o.ExtendedProperties = []linnworks.ChannelOrderExtendedProperty{{Name: "shop", Value: "7", Type: "Order"}}
		o.Notes = []linnworks.ChannelOrderNote{{Note: "gift"}}
	}))
	add := func() *linnworks.AddExtendedPropertiesResponse {
		return must(a.c.Orders.AddExtendedProperties(t.Context(), &linnworks.AddExtendedPropertiesRequest{OrderID: id, ExtendedProperties: []linnworks.BasicExtendedProperty{
			{Name: "total", Value: "10.00", Type: "Order"}, {Value: "nameless"},
		}}))(t)
	}
	if got := add(); got.ExtendedPropertiesInserted != 1 || len(got.Errors) != 1 {
		t.Errorf("inserted %+v, want one, and an error for the other", got)
	}
	if got := add(); got.ExtendedPropertiesInserted != 0 {
		t.Errorf("inserted %d again, want 0", got.ExtendedPropertiesInserted)
	}
	var names []string
	for _, p := range must(a.c.Orders.GetExtendedProperties(t.Context(), &linnworks.GetExtendedPropertiesRequest{OrderID: id}))(t) {
		names = append(names, p.Name+"="+p.Value)
	}
	if diff := cmp.Diff([]string{"shop=7", "total=10.00"}, names); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	notes := must(a.c.Orders.AddOrdersNote(t.Context(), &linnworks.AddOrdersNoteRequest{OrderIDs: []linnworks.GUID{id}, NoteText: new("fragile"), IsInternal: new(true)}))(t)
	o := a.details(t, id)
	if len(notes.OrderNotes) != 1 || o.GeneralInfo.Notes != 2 || o.Notes[1].Note != "fragile" || !o.Notes[1].Internal {
		t.Errorf("notes %+v, want gift and fragile", o.Notes)
	}
}

func TestProcessOrderSaysInASuccessThatItDidNot(t *testing.T) {
	a := open(t)
	process := func(id linnworks.GUID) *linnworks.ProcessOrderResult {
		return must(a.c.Orders.ProcessOrder(t.Context(), &linnworks.ProcessOrderRequest{OrderID: id}))(t)
	}
	ids := a.create(t, paid("1", "c-mug", 1), unpaid("2", "c-mug", 1),
		with(paid("3", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.OrderState = "Hold" }))
	for i, reason := range []string{1: "parked", 2: "locked"} {
		if i == 0 {
			continue
		}
		if got := process(ids[i]); got.Processed || !strings.Contains(got.Error, reason) {
			t.Errorf("result %+v, want it refused as %s", got, reason)
		}
	}
	if got := process(ids[0]); !got.Processed || got.Error != "" || got.OrderID != ids[0] {
		t.Errorf("result %+v, want processed", got)
	}
	if got := process(ids[0]); got.Processed || !strings.Contains(got.Error, "processed") {
		t.Errorf("second result %+v, want it refused", got)
	}
	if o := a.details(t, ids[0]); !o.Processed || o.ProcessedDateTime.IsZero() || o.GeneralInfo.HoldOrCancel {
		t.Errorf("order %+v, want processed and not cancelled", o)
	}
	_, err := a.c.Orders.SetOrderShippingInfo(t.Context(), &linnworks.SetOrderShippingInfoRequest{OrderID: ids[0]})
	if err == nil || !strings.Contains(err.Error(), "cannot be edited") {
		t.Errorf("error %v, want no edit of a processed order", err)
	}
}

func TestCancelOrderWantsRefundStateAndLocation(t *testing.T) {
	a := open(t)
	free := a.order(t, paid("1", "c-mug", 2))
	parked := a.order(t, unpaid("2", "c-mug", 1))
	cancel := func(id, at linnworks.GUID) error {
		_, err := a.c.Orders.CancelOrder(t.Context(), &linnworks.CancelOrderRequest{OrderID: id, FulfilmentCenter: at, Refund: "0"})
		return err
	}
	status, body := a.raw(t, "Orders/CancelOrder", asJSON, fmt.Sprintf(`{"orderId":%q,"fulfilmentCenter":%q}`, free, home))
	if status != 400 || message(t, body) != "The request is invalid." {
		t.Errorf("without refund: %d %s", status, body)
	}
	if err := cancel(parked, home); err == nil || !strings.Contains(err.Error(), "parked") {
		t.Errorf("error %v, want parked", err)
	}
	if err := cancel(free, a.overflow); err == nil || !strings.Contains(err.Error(), "location") {
		t.Errorf("error %v, want the wrong location", err)
	}
	if o, ok := a.Order(free); !ok || o.Processed {
		t.Error("a refused cancellation took effect")
	}
	check(t, cancel(free, home))
	if o := a.details(t, free); !o.Processed || !o.GeneralInfo.HoldOrCancel {
		t.Errorf("order %+v, want processed and cancelled", o.GeneralInfo)
	}
	if err := cancel(free, home); err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("error %v, want already cancelled", err)
	}
	if got := a.level(t, "MUG", home); got != (linnworkstest.Level{OnHand: 10, InOrders: 1, Available: 9}) {
		t.Errorf("level %+v, want the two units free", got)
	}
	if again := a.create(t, paid("1", "c-mug", 2)); len(again) != 0 {
		t.Errorf("a cancelled order was created again: %q", again)
	}

	lenient := open(t, linnworkstest.WithQuirk(linnworkstest.CancelRefusesStopped, false))
	id := lenient.order(t, unpaid("2", "c-mug", 1))
	_, err := lenient.c.Orders.CancelOrder(t.Context(), &linnworks.CancelOrderRequest{OrderID: id, FulfilmentCenter: home, Refund: "0"})
	check(t, err)
}

func TestProcessedOrdersAreFoundByTheirDates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		var ids []linnworks.GUID
		for i := range 5 {
			in := paid(fmt.Sprint("R", i), []string{"c-mug", "c-set"}[i%2], 1)
			in.SubSource = []string{"UK", "DE"}[i/4]
			ids = append(ids, a.order(t, in))
		}
		post := a.AddPostalService("Post 24", "The Post")
		for i, id := range ids {
			time.Sleep(time.Hour)
			if i == 2 {
				check(t, a.Cancel(id))
				continue
			}
			check(t, a.SetTracking(id, post, fmt.Sprint("T", i)))
			check(t, a.Process(id))
		}
		find := func(field string, from, to time.Duration, change func(*linnworks.SearchProcessedOrdersRequest)) []string {
			req := &linnworks.SearchProcessedOrdersRequest{
				FromDate: &linnworks.Time{Time: opening.Add(from)}, ToDate: &linnworks.Time{Time: opening.Add(to)},
				SearchSorting: &linnworks.SearchSorting{SortField: "dProcessedOn", SortDirection: "ASC"},
			}
			if field != "" {
				req.DateField = new(linnworks.SearchProcessedOrdersRequestDateField(field))
			}
			if change != nil {
				change(req)
			}
			var out []string
			for _, row := range must(a.c.ProcessedOrders.SearchProcessedOrders(t.Context(), req))(t).ProcessedOrders.Data {
				out = append(out, strings.TrimSpace(row.ReferenceNum+" "+row.PostalTrackingNumber))
			}
			return out
		}
		filter := func(field, term string) func(*linnworks.SearchProcessedOrdersRequest) {
			return func(r *linnworks.SearchProcessedOrdersRequest) {
				r.SearchFilters = []linnworks.SearchFilters{{SearchField: linnworks.SearchFiltersSearchField(field), SearchTerm: term}}
			}
		}
		all, day := []string{"R0 T0", "R1 T1", "R2", "R3 T3", "R4 T4"}, 24*time.Hour
		for _, test := range []struct {
			name      string
			got, want []string
		}{
			{"cancelled ones are among the processed", find("processed", 0, day, nil), all},
			{"processed is the default", find("", 0, day, nil), all},
			{"both ends belong to the range", find("processed", 2*time.Hour, 4*time.Hour, nil), all[1:4]},
			{"cancelled", find("cancelled", 0, day, nil), all[2:3]},
			{"received", find("received", 0, 0, nil), all},
			{"paid", find("payment", time.Second, day, nil), nil},
			{"by account", find("processed", 0, day, filter("SubSource", "de")), all[4:]},
			{"by item", find("processed", 0, day, filter("ItemIdentifier", "SET")), []string{all[1], all[3]}},
			{"by text", find("processed", 0, day, func(r *linnworks.SearchProcessedOrdersRequest) { r.SearchTerm = new("t3") }), all[3:4]},
			{"a page", find("processed", 0, day, func(r *linnworks.SearchProcessedOrdersRequest) { r.ResultsPerPage, r.PageNumber = new(2), new(3) }), all[4:]},
			{"past the last page", find("processed", 0, day, func(r *linnworks.SearchProcessedOrdersRequest) { r.ResultsPerPage, r.PageNumber = new(2), new(4) }), nil},
			{"newest first", find("processed", 0, day, func(r *linnworks.SearchProcessedOrdersRequest) { r.SearchSorting = nil; r.ResultsPerPage = new(1) }), all[4:]},
			{"without dates nothing", find("processed", 0, day, func(r *linnworks.SearchProcessedOrdersRequest) { r.FromDate = nil }), nil},
		} {
			if diff := cmp.Diff(test.want, test.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	})
}

func TestPickWaveCheckNamesEveryObstacle(t *testing.T) {
	a := open(t)
	hold := func(state linnworks.OrderState) func(*linnworks.ChannelOrder) {
		return func(o *linnworks.ChannelOrder) { o.OrderState = state }
	}
	ids := a.create(t, paid("free", "c-set", 2), paid("picking", "c-mug", 1), with(paid("parked", "c-mug", 1), hold("Park")),
		with(paid("locked", "c-mug", 1), hold("Hold")), paid("unlinked", "nobody", 1), paid("gone", "c-mug", 1), paid("cancelled", "c-mug", 1),
		with(paid("service", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.OrderItems[0].IsService = true }))
	check(t, a.StartPicking(ids[1]))
	if err := a.StartPicking(ids[1]); err == nil {
		t.Error("an order joined two pick waves")
	}
	check(t, a.PrintLabel(ids[5]))
	check(t, a.Process(ids[5]))
	check(t, a.Cancel(ids[6]))
	numbers := []int{999}
	for _, id := range ids {
		numbers = append(numbers, a.details(t, id).NumOrderID)
	}
	reply := must(a.c.Picking.CheckAllocatableToPickwave(t.Context(), &linnworks.CheckAllocatableToPickwaveRequest{OrderIDs: numbers}))(t)
	var got []string
	for i, r := range reply.Results {
		var types []string
		for _, e := range r.Errors {
			types = append(types, string(e.ErrorType))
		}
		got = append(got, strings.Join(types, ","))
		if r.OrderID != numbers[i] || r.HasErrors != (len(types) > 0) {
			t.Errorf("result %+v of order %d", r, numbers[i])
		}
	}
	want := []string{"OrderDoesntExist", "", "AlreadyExistsInWave", "IsParked", "IsLocked", "UnlinkedItem", "IsProcessed", "IsCancelled", "NoVaidItems"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("obstacles (-want +got):\n%s", diff)
	}
	if rows := reply.Results[1].OrderDetails; len(rows) != 2 || rows[1].SKU != "TEA" || rows[1].Quantity != 6 {
		t.Errorf("to pick %+v, want the kit's components", rows)
	}
	if o := a.details(t, ids[1]); !cmp.Equal(o.GeneralInfo.PickwaveIDs, []int{1}) {
		t.Errorf("pick waves %v, want 1", o.GeneralInfo.PickwaveIDs)
	}
	if o := a.details(t, ids[5]); !o.GeneralInfo.LabelPrinted || o.ShippingInfo.TrackingNumber == "" {
		t.Errorf("order %+v, want a label with a tracking number", o.ShippingInfo)
	}
}

func TestSetLabelsPrintedSetsTheFlagAlone(t *testing.T) {
	a := open(t)
	ids := a.create(t, paid("1", "c-mug", 1), unpaid("2", "c-mug", 1))
	check(t, a.FailLabel(ids[0], "no such postcode"))
	if o := a.details(t, ids[0]).GeneralInfo; o.LabelPrinted || o.LabelError != "no such postcode" {
		t.Errorf("label %t %q, want a failed one", o.LabelPrinted, o.LabelError)
	}
	changed := must(a.c.Orders.SetLabelsPrinted(t.Context(), &linnworks.SetLabelsPrintedRequest{OrderIDs: ids}))(t)
	if !cmp.Equal(changed, ids[:1]) {
		t.Errorf("changed %q, want the order that is not parked", changed)
	}
	if o := a.details(t, ids[0]); !o.GeneralInfo.LabelPrinted || o.ShippingInfo.TrackingNumber != "" {
		t.Errorf("label %t, tracking %q; want the flag alone", o.GeneralInfo.LabelPrinted, o.ShippingInfo.TrackingNumber)
	}
}

func TestRulesMayStopAnOrder(t *testing.T) {
	a := open(t, linnworkstest.WithRules(func(o linnworks.OrderDetails) linnworkstest.Outcome {
		return linnworkstest.Outcome{Lock: o.GeneralInfo.ReferenceNum == "lock", Park: o.GeneralInfo.ReferenceNum == "park"}
	}))
	ids := a.create(t, paid("lock", "c-mug", 1), paid("park", "c-mug", 1))
	if lock, park := a.details(t, ids[0]).GeneralInfo, a.details(t, ids[1]).GeneralInfo; !lock.HoldOrCancel || !park.IsParked {
		t.Errorf("locked %t, parked %t; want both", lock.HoldOrCancel, park.IsParked)
	}
	if got := a.level(t, "MUG", home).InOrders; got != 1 {
		t.Errorf("%d in orders, want 1", got)
	}
}

func TestWhatAReadReturnsIsACopy(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-set", 1))
	o, _ := a.Order(id)
	o.Items[0].CompositeSubItems[0].Quantity = 99
	o.GeneralInfo.IsParked = true
	if again, _ := a.Order(id); again.Items[0].CompositeSubItems[0].Quantity != 1 || again.GeneralInfo.IsParked {
		t.Error("changing a copy changed the order")
	}
	if _, ok := a.Order(a.mug); ok {
		t.Error("an item's id found an order")
	}
}

func TestCustomerInfoIsReplacedAsAWhole(t *testing.T) {
	a := open(t)
	id := a.order(t, with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) {
		o.ChannelBuyerName, o.DeliveryAddress = "old", linnworks.ChannelAddress{FullName: "Old", Town: "Leeds"}
	}))
	set := func() error {
		_, err := a.c.Orders.SetOrderCustomerInfo(t.Context(), &linnworks.SetOrderCustomerInfoRequest{
			OrderID: id, Info: &linnworks.OrderCustomerInfo{Address: linnworks.CustomerAddress{FullName: "New"}},
		})
		return err
	}
	check(t, set())
	if got := a.details(t, id).CustomerInfo; got.Address.FullName != "New" || got.Address.Town != "" || got.ChannelBuyerName != "" {
		t.Errorf("customer %+v, want the new one alone", got)
	}
	check(t, a.Park(id, true))
	if err := set(); err == nil || !strings.Contains(err.Error(), "parked") {
		t.Errorf("error %v, want no edit of a parked order", err)
	}
}

func TestAnUpdateKeepsWhatOthersAdded(t *testing.T) {
	a := open(t)
	property := func(value string) func(*linnworks.ChannelOrder) {
		return func(o *linnworks.ChannelOrder) {
			o.ExtendedProperties = []linnworks.ChannelOrderExtendedProperty{{Name: "state", Value: value}}
			o.Notes = []linnworks.ChannelOrderNote{{Note: "gift"}}
		}
	}
	id := a.order(t, with(unpaid("1", "c-mug", 1), property("UNPAID")))
	must(a.c.Orders.AddExtendedProperties(t.Context(), &linnworks.AddExtendedPropertiesRequest{
		OrderID: id, ExtendedProperties: []linnworks.BasicExtendedProperty{{Name: "mine", Value: "1"}},
	}))(t)
	a.order(t, with(paid("1", "c-mug", 1), property("PAID")))
	var got []string
	o := a.details(t, id)
	for _, p := range o.ExtendedProperties {
		got = append(got, p.Name+"="+p.Value)
	}
	if diff := cmp.Diff([]string{"state=PAID", "mine=1"}, got); diff != "" || o.GeneralInfo.Notes != 1 {
		t.Errorf("%d notes; properties (-want +got):\n%s", o.GeneralInfo.Notes, diff)
	}
}

func TestAnOrderThatBecomesUnpaidIsParked(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 1))
	must(a.c.Orders.ChangeStatus(t.Context(), &linnworks.ChangeStatusRequest{OrderIDs: []linnworks.GUID{id}}))(t)
	if o := a.details(t, id); !o.GeneralInfo.IsParked || !o.PaidDateTime.IsZero() {
		t.Errorf("order %+v, want it parked and without a payment", o.GeneralInfo)
	}
}

func TestPayUnparksAndRunsTheRules(t *testing.T) {
	a := open(t)
	id := a.order(t, unpaid("1", "c-mug", 1))
	check(t, a.Pay(id))
	if o := a.details(t, id).GeneralInfo; o.Status != 1 || o.IsParked || !o.IsRuleRun {
		t.Errorf("order %+v, want paid, unparked and met by the rules", o)
	}
}
