package channelapp_test

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
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
	"github.com/linnbridge/linnbridge/linnworks/internal/calledtest"
)

// endpointNames are all, in both spellings where documents differ.
var endpointNames = []string{
	"UserConfig", "SaveConfig", "SaveUserConfig", "ConfigTest", "ConfigDeleted", "ConfigDelete", "ShippingTags", "PaymentTags", "Orders",
	"Despatch", "Dispatch", "Products", "InventoryUpdate", "PriceUpdate", "PostSaleOptions", "Cancel", "Refund",
}

// TestOrders sends the request with every form of a date and compares the whole answer.
func TestOrders(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC)
	for _, date := range []string{"2026-03-01 10:30:00Z", "2026-03-01T10:30:00Z", "2026-03-01T10:30:00.000Z", "2026-03-01T10:30:00", "/Date(1772361000000)/", "/Date(1772361000000+0000)/"} {
		a := open(t, channelapp.Options{})
		a.channel.orders = func(_ context.Context, since time.Time, page int) ([]channelapp.Order, bool, error) {
			if !since.Equal(at) || page != 2 {
				t.Errorf("%s: asked for page %d of orders since %v, want page 2 since %v", date, page, since, at)
			}
			o := order("576461")
			o.PostalServiceTag, o.PaymentMethodTag, o.BuyerName, o.Site = "std", "card", "jane", "UK"
			o.DispatchBy, o.PaidOn = linnworks.Time{Time: at}, linnworks.Time{Time: at}
			o.PostalServiceCost, o.Discount, o.DiscountType = "3.50", "1.00", channelapp.ItemsThenPostage
			o.Properties = []channelapp.Property{{Name: "tiktok.market", Value: "GB"}}
			o.Notes = []channelapp.Note{{Text: "ring", At: linnworks.Time{Time: at}, By: "buyer", Internal: true}}
			o.Items[0].Options = []channelapp.ItemOption{{Name: "Colour", Value: "red"}}
			broken := order("broken")
			broken.Items = nil
			return []channelapp.Order{o, broken, {Reference: "9", PaymentStatus: channelapp.Cancelled}}, true, nil
		}
		got := a.Call(t, "Orders", fmt.Sprintf(`"UTCTimeFrom":%q,"PageNumber":"2"`, date))
		address := `{"FullName":"","Company":"","Address1":"","Address2":"","Address3":"","Town":"","Region":"","PostCode":"","Country":"","CountryCode":"","PhoneNumber":"","EmailAddress":""}`
		jane := strings.Replace(strings.Replace(address, `"FullName":""`, `"FullName":"Jane Doe"`, 1), `"CountryCode":""`, `"CountryCode":"GB"`, 1)
		none := "0001-01-01T00:00:00.000Z"
		calledtest.WantJSON(t, got, fmt.Sprintf(`{"Error":null,"HasMorePages":true,"Orders":[{"ReferenceNumber":"576461","SecondaryReferenceNumber":"","ExternalReference":"",
			"PaymentStatus":"PAID","Site":"UK","MatchPostalServiceTag":"std","MatchPaymentMethodTag":"card","ChannelBuyerName":"jane","Currency":"GBP",
			"ReceivedDate":"2026-03-01T12:00:00.000Z","DispatchBy":"2026-03-01T10:30:00.000Z","PaidOn":"2026-03-01T10:30:00.000Z","PostalServiceCost":3.50,
			"PostalServiceTaxRate":0,"Discount":1.00,"DiscountType":"ItemsThenPostage","MarketplaceTaxId":"","MarketplaceIoss":"","BillingAddress":%s,"DeliveryAddress":%s,
			"OrderItems":[{"OrderLineNumber":"1","SKU":"MUG","ItemTitle":"Mug","Qty":2,"PricePerUnit":5.25,"TaxCostInclusive":false,"UseChannelTax":false,"TaxRate":0,
				"LinePercentDiscount":0,"IsService":false,"Options":[{"Name":"Colour","Value":"red"}]}],
			"ExtendedProperties":[{"Name":"tiktok.market","Value":"GB","Type":""}],
			"Notes":[{"Note":"ring","NoteEntryDate":"2026-03-01T10:30:00.000Z","NoteUserName":"buyer","IsInternal":true}]},
			{"ReferenceNumber":"9","SecondaryReferenceNumber":"","ExternalReference":"","PaymentStatus":"CANCELLED","Site":"","MatchPostalServiceTag":"","MatchPaymentMethodTag":"",
			"ChannelBuyerName":"","Currency":"","ReceivedDate":%q,"DispatchBy":%q,"PaidOn":%q,"PostalServiceCost":0,"PostalServiceTaxRate":0,"Discount":0,"DiscountType":"AllEvenly",
			"MarketplaceTaxId":"","MarketplaceIoss":"","BillingAddress":%s,"DeliveryAddress":%s,"OrderItems":[],"ExtendedProperties":[],"Notes":[]}]}`,
			address, jane, none, none, none, address, address))
		if log := a.Log.String(); !strings.Contains(log, "row=broken") || !strings.Contains(log, "it has no lines") || strings.Contains(log, "Jane") {
			t.Errorf("the log has to name the order that was left out, and no buyer:\n%s", log)
		}
	}
	a := open(t, channelapp.Options{})
	a.channel.orders = func(_ context.Context, since time.Time, page int) ([]channelapp.Order, bool, error) {
		if !since.IsZero() || page != 1 {
			t.Errorf("without a date or page: asked for page %d since %v", page, since)
		}
		return nil, true, errors.New("the shop is down")
	}
	// A page that failed must neither pass for the last one nor for an empty one.
	if got := a.Call(t, "Orders", ""); !strings.Contains(calledtest.Message(got), "fault") || got["HasMorePages"] != false {
		t.Errorf("a failure was answered with %v, want a fault", got)
	}
	calledtest.WantRefused(t, a.Call(t, "Orders", `"UTCTimeFrom":"soon"`), "no date that can be read")
	calledtest.WantRefused(t, a.Call(t, "Orders", `"UTCTimeFrom":7`), "no date that can be read")
	calledtest.WantRefused(t, a.Call(t, "Orders", `"PageNumber":-1`), "no page of that number")
}

// TestBrokenOrders checks that what Linnworks could not take is not handed out.
func TestBrokenOrders(t *testing.T) {
	for name, change := range map[string]func(*channelapp.Order){
		"no reference":   func(o *channelapp.Order) { o.Reference = "" },
		"status":         func(o *channelapp.Order) { o.PaymentStatus = "paid" },
		"currency":       func(o *channelapp.Order) { o.Currency = "£" },
		"no date":        func(o *channelapp.Order) { o.ReceivedAt = linnworks.Time{} },
		"no address":     func(o *channelapp.Order) { o.DeliveryAddress = channelapp.Address{} },
		"line twice":     func(o *channelapp.Order) { o.Items = append(o.Items, o.Items[0]) },
		"no units":       func(o *channelapp.Order) { o.Items[0].Quantity = 0 },
		"price":          func(o *channelapp.Order) { o.Items[0].Price = "much" },
		"property twice": func(o *channelapp.Order) { o.Properties = make([]channelapp.Property, 2) },
	} {
		a := open(t, channelapp.Options{})
		a.channel.orders = func(context.Context, time.Time, int) ([]channelapp.Order, bool, error) {
			o := order("bad")
			change(&o)
			return []channelapp.Order{o, order("good")}, false, nil
		}
		if got := len(calledtest.WantOK(t, a.Call(t, "Orders", ""))["Orders"].([]any)); got != 1 {
			t.Errorf("%s: %d orders were handed out, want the good one", name, got)
		}
	}
}

func TestDespatch(t *testing.T) {
	a := open(t, channelapp.Options{})
	a.channel.answer = func(_ context.Context, key string) error {
		switch key {
		case "R-2":
			return channelapp.Refuse("TikTok does not know the carrier.")
		case "R-3":
			return errors.New("the depot is on fire")
		}
		return nil
	}
	got := a.Call(t, "Despatch", `"Orders":[
		{"ReferenceNumber":"R-1","ShippingVendor":"NONE","ShippingMethod":"Default","TrackingNumber":"T1","SecondaryTrackingNumbers":null,"ProcessedOn":"2026-03-01 10:30:00Z",
			"Items":[{"SKU":"MUG","OrderLineNumber":17,"DespatchedQuantity":"2"}],
			"Packages":[{"ShippingVendor":"V","ShippingMethod":"M","TrackingNumber":"T1","TrackingUrl":"u","Items":[{"SKU":"MUG","OrderLineNumber":"17","DespatchedQuantity":2}]}]},
		{"ReferenceNumber":"R-2","SecondaryTrackingNumbers":["T3","T4"],"ProcessedOn":"soon"},
		{"ReferenceNumber":"R-3"},
		{"ReferenceNumber":"R-4","Items":[{"DespatchedQuantity":"two"}]},
		{"ReferenceNumber":"R-5","Items":[{"DespatchedQuantity":-1}]},
		{"TrackingNumber":"T6"},null,7]`)
	var rows []string
	for _, o := range got["Orders"].([]any) {
		row := o.(map[string]any)
		text, _ := row["Error"].(string)
		if i := strings.Index(text, ", with this reference"); i > 0 {
			text = text[:i]
		}
		rows = append(rows, row["ReferenceNumber"].(string)+": "+text)
	}
	fault := "The integration has a fault. Please try again; if that does not help, tell whoever looks after it"
	if diff := cmp.Diff([]string{
		"R-1: ", "R-2: TikTok does not know the carrier.", "R-3: " + fault,
		"R-4: The integration cannot read the request of Linnworks. Please tell whoever looks after it.",
		"R-5: A line of the order has a quantity below zero.", ": The order has no reference number.", ": The order has no reference number.",
		": The integration cannot read the request of Linnworks. Please tell whoever looks after it.",
	}, rows); diff != "" {
		t.Errorf("the answers differ (-want +got):\n%s", diff)
	}
	if got["Error"] != nil {
		t.Errorf("rows that failed made the whole fail: %v", got["Error"])
	}
	item := channelapp.DespatchItem{SKU: "MUG", Line: "17", Quantity: 2}
	if diff := cmp.Diff([]channelapp.Despatch{
		{
			Reference: "R-1", Vendor: "NONE", Method: "Default", Tracking: "T1", ProcessedAt: time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC), Items: []channelapp.DespatchItem{item},
			Packages: []channelapp.DespatchPackage{{Vendor: "V", Method: "M", Tracking: "T1", TrackingURL: "u", Items: []channelapp.DespatchItem{item}}},
		},
		{Reference: "R-2", MoreTracking: []string{"T3", "T4"}},
		{Reference: "R-3"},
	}, a.channel.despatched); diff != "" {
		t.Errorf("the channel was told (-want +got):\n%s", diff)
	}
	calledtest.WantJSON(t, a.Call(t, "Dispatch", `"Orders":[]`), `{"Error":null,"Orders":[]}`)
}

func TestInventoryUpdate(t *testing.T) {
	a := open(t, channelapp.Options{MultiLocation: &channelapp.MultiLocation{}})
	a.channel.answer = func(_ context.Context, key string) error {
		if key == "LOST" {
			return channelapp.Refuse("There is no such product.")
		}
		return nil
	}
	calledtest.WantJSON(t, a.Call(t, "InventoryUpdate", `"Products":[{"SKU":"MUG","Reference":17,"Quantity":"4"},{"SKU":"LOST","Quantity":0},{"SKU":"CUP"},{"SKU":"LID","Quantity":-2},
		{"SKU":"PAN","Quantity":3,"MultiLocationLevels":[{"Tag":"A","Quantity":1},{"Tag":"B","Quantity":2}]},{"SKU":"POT","MultiLocationLevels":[{"Tag":"A","Quantity":1}]},
		{"SKU":"JUG","Quantity":1,"MultiLocationLevels":[{"Tag":"A"}]},{"SKU":"TIN","Quantity":"some"},{"SKU":"MUG","Quantity":5}]`), `{"Error":null,"Products":[
		{"SKU":"MUG","Error":null},{"SKU":"LOST","Error":"There is no such product."},{"SKU":"CUP","Error":"The product has no quantity that can be read."},
		{"SKU":"LID","Error":"The product has no quantity that can be read."},{"SKU":"PAN","Error":null},{"SKU":"POT","Error":null},
		{"SKU":"JUG","Error":"A location of this product has no tag, or no quantity that can be read."},
		{"SKU":"TIN","Error":"The integration cannot read the request of Linnworks. Please tell whoever looks after it."},{"SKU":"MUG","Error":null}]}`)
	if diff := cmp.Diff([]channelapp.Level{
		{SKU: "MUG", Reference: "17", Quantity: 4}, {SKU: "LOST"},
		{SKU: "PAN", Quantity: 3, Locations: []channelapp.LocationLevel{{Tag: "A", Quantity: 1}, {Tag: "B", Quantity: 2}}},
		{SKU: "POT", Quantity: 1, Locations: []channelapp.LocationLevel{{Tag: "A", Quantity: 1}}}, {SKU: "MUG", Quantity: 5},
	}, a.channel.levels); diff != "" {
		t.Errorf("the channel was told (-want +got):\n%s", diff)
	}
	without := open(t, channelapp.Options{}, func(p *channelapp.Ports) { p.Inventory, p.Prices = nil, nil })
	calledtest.WantJSON(t, without.Call(t, "InventoryUpdate", `"Products":[{"SKU":"MUG","Quantity":4}]`),
		`{"Error":null,"Products":[{"SKU":"MUG","Error":"This integration takes no stock levels from Linnworks."}]}`)
	calledtest.WantJSON(t, without.Call(t, "PriceUpdate", `"Products":[{"SKU":"MUG","Price":4}]`),
		`{"Error":null,"Products":[{"SKU":"MUG","Error":"This integration takes no prices from Linnworks. Change them in the channel."}]}`)
}

// TestPriceUpdate sends the list under both names.
func TestPriceUpdate(t *testing.T) {
	for _, list := range []string{"Products", "Inventory"} {
		a := open(t, channelapp.Options{})
		calledtest.WantJSON(t, a.Call(t, "PriceUpdate", `"`+list+`":[{"SKU":"MUG","Reference":"17","Price":"5.25","Tag":"std"},{"SKU":"CUP"},{"SKU":"LID","Price":"dear"},{"SKU":"PAN","Price":-1}]`),
			`{"Error":null,"Products":[{"SKU":"MUG","Error":null},{"SKU":"CUP","Error":"The product has no price that can be read."},
			{"SKU":"LID","Error":"The product has no price that can be read."},{"SKU":"PAN","Error":"The product has no price that can be read."}]}`)
		if diff := cmp.Diff([]channelapp.Price{{SKU: "MUG", Reference: "17", Price: "5.25", Tag: "std"}}, a.channel.prices); diff != "" {
			t.Errorf("%s: the channel was told (-want +got):\n%s", list, diff)
		}
	}
}

// TestEverySKUIsEchoed checks that a port that fails as a whole, says too little, or
// does not come back, loses no row of the answer.
func TestEverySKUIsEchoed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, port := range map[string]func(context.Context) []error{
			"says nothing":      func(context.Context) []error { return nil },
			"panics":            func(context.Context) []error { panic("a bug") },
			"does not come":     func(context.Context) []error { time.Sleep(time.Hour); return nil },
			"heeds its context": func(ctx context.Context) []error { <-ctx.Done(); return []error{nil, ctx.Err()} },
		} {
			a := open(t, channelapp.Options{}, func(p *channelapp.Ports) { p.Inventory = taker(port) })
			start := time.Now()
			got := a.Call(t, "InventoryUpdate", `"Products":[{"SKU":"MUG","Quantity":4},{"SKU":"CUP","Quantity":1}]`)
			if took := time.Since(start); took >= 10*time.Second {
				t.Errorf("%s: answered after %v, when Linnworks is gone", name, took)
			}
			rows := got["Products"].([]any)
			if len(rows) != 2 {
				t.Fatalf("%s: answered %v, want both SKUs", name, got)
			}
			for i, want := range []string{"MUG", "CUP"} {
				row := rows[i].(map[string]any)
				done := name == "heeds its context" && i == 0
				if row["SKU"] != want || (row["Error"] == nil) != done {
					t.Errorf("%s: row %d is %v, want %s, as done: %t", name, i, row, want, done)
				}
			}
		}
	})
}

// taker takes levels.
type taker func(context.Context) []error

func (f taker) UpdateInventory(ctx context.Context, _ channelapp.Installation, _ []channelapp.Level) []error {
	return f(ctx)
}

func TestProducts(t *testing.T) {
	a := open(t, channelapp.Options{})
	calledtest.WantJSON(t, a.Call(t, "Products", `"PageNumber":1`), `{"Error":null,"HasMorePages":true,"Products":[
		{"SKU":"MUG","Title":"Mug","Quantity":4,"Price":5.25,"Reference":"17"},{"SKU":"CUP","Title":"Cup","Quantity":0,"Price":0,"Reference":"CUP"}]}`)
	if !strings.Contains(a.Log.String(), "row=BAD") {
		t.Errorf("the log does not name the product that was left out:\n%s", a.Log)
	}
	without := open(t, channelapp.Options{}, func(p *channelapp.Ports) { p.Products, p.Tags = nil, nil })
	calledtest.WantJSON(t, without.Call(t, "Products", `"PageNumber":1`), `{"Error":null,"HasMorePages":false,"Products":[]}`)
	calledtest.WantJSON(t, without.Call(t, "ShippingTags", ""), `{"Error":null,"ShippingTags":[]}`)
	calledtest.WantJSON(t, without.Call(t, "PaymentTags", ""), `{"Error":null,"PaymentTags":[]}`)
}

func TestTags(t *testing.T) {
	a := open(t, channelapp.Options{})
	calledtest.WantJSON(t, a.Call(t, "ShippingTags", ""), `{"Error":null,"ShippingTags":[{"Tag":"std","FriendlyName":"Standard","Site":"UK"}]}`)
	if got := a.Call(t, "PaymentTags", ""); !strings.Contains(calledtest.Message(got), "fault") || len(got["PaymentTags"].([]any)) > 0 {
		t.Errorf("a tag of 65 characters was answered with %v, want a fault and no tags", got)
	}
}

func TestPostSale(t *testing.T) {
	a := open(t, channelapp.Options{})
	calledtest.WantJSON(t, a.Call(t, "PostSaleOptions", ""), `{"Error":null,"CanCancel":true,"CanCancelOrderLines":true,"CanCancelOrderLinesPartially":true,"AutomaticRefundOnCancel":true,
		"CanRefund":true,"CanAttachRefundToItem":true,"CanAttachRefundToService":false,"RefundShippingTypes":3,"CanRefundAdditionally":false,"CanReturn":false,
		"PostSaleReasons":[{"Tag":"damaged","DisplayName":"Damaged","Types":["Cancellation","ItemRefund"],"SubReasons":[{"Tag":"water","DisplayName":"By water"}]},
		{"Tag":"late","DisplayName":"Late","Types":["ShippingRefund"],"SubReasons":[]}]}`)
	calledtest.WantJSON(t, a.Call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-1","ExternalReference":"X","Items":[
		{"SKU":"MUG","OrderLineNumber":"17","CancellationQuantity":"1","Reason":"damaged","SecondaryReason":"water"}]}`), `{"Error":null}`)
	if diff := cmp.Diff([]channelapp.Cancellation{{Reference: "R-1", ExternalReference: "X", Items: []channelapp.CancelledItem{
		{SKU: "MUG", Line: "17", Quantity: 1, Reason: "damaged", MoreReason: "water"},
	}}}, a.channel.cancelled); diff != "" {
		t.Errorf("cancelled (-want +got):\n%s", diff)
	}
	calledtest.WantJSON(t, a.Call(t, "Refund", `"Refund":{"ReferenceNumber":"R-1","RefundShippingAmount":"3.50","Items":[{"SKU":"MUG","OrderLineNumber":"17","RefundAmount":5.25,"Reason":"damaged"}]}`),
		`{"Error":null,"RefundReference":"RF-1"}`)
	if diff := cmp.Diff([]channelapp.Refund{{Reference: "R-1", Shipping: "3.50", Items: []channelapp.RefundItem{
		{SKU: "MUG", Line: "17", Amount: "5.25", Reason: "damaged"},
	}}}, a.channel.refunded); diff != "" {
		t.Errorf("refunded (-want +got):\n%s", diff)
	}
	a.channel.answer = func(context.Context, string) error { return channelapp.Refuse("It has left.") }
	calledtest.WantRefused(t, a.Call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-2"}`), "It has left.")
	calledtest.WantJSON(t, a.Call(t, "Refund", `"Refund":{"ReferenceNumber":"R-2"}`), `{"Error":"It has left.","RefundReference":""}`)
	asked := a.channel.asked
	calledtest.WantRefused(t, a.Call(t, "Cancel", `"Cancellation":{}`), "names no order")
	calledtest.WantRefused(t, a.Call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-1","Items":[{"CancellationQuantity":-1}]}`), "below zero")
	calledtest.WantRefused(t, a.Call(t, "Refund", `"Refund":{"RefundShippingAmount":1}`), "names no order")
	for _, amounts := range []string{`"RefundShippingAmount":"much"`, `"Items":[{"RefundAmount":"much"}]`, `"Items":[{"SKU":"MUG"}]`} {
		calledtest.WantRefused(t, a.Call(t, "Refund", `"Refund":{"ReferenceNumber":"R-1",`+amounts+`}`), "Nothing was refunded")
	}
	if a.channel.asked != asked {
		t.Error("the channel was asked to cancel or refund what cannot be read")
	}
	without := open(t, channelapp.Options{}, func(p *channelapp.Ports) { p.Cancels, p.Refunds = nil, nil })
	got := without.Call(t, "PostSaleOptions", "")
	if got["CanCancel"] != false || got["CanRefund"] != false {
		t.Errorf("without ports: %v, want neither to be offered", got)
	}
	calledtest.WantRefused(t, without.Call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-1"}`), "cancels nothing")
	calledtest.WantRefused(t, without.Call(t, "Refund", `"Refund":{"ReferenceNumber":"R-1"}`), "refunds nothing")
}

// TestAccountNames checks that a name of an account is given once, and is free again when
// the integration is removed: it is the source of orders.
func TestAccountNames(t *testing.T) {
	a := open(t, channelapp.Options{})
	install := func(id, name string) map[string]any {
		t.Helper()
		return a.Post(t, "AddNewUser", fmt.Sprintf(`{"Email":"a@example.com","LinnworksUniqueIdentifier":%q,"AccountName":%q}`, id, name))
	}
	calledtest.WantRefused(t, install(account, " "), "give the integration a name")
	calledtest.WantRefused(t, install(strings.ToUpper(account), "MAIN"), "of this name already")
	calledtest.WantOK(t, install(strings.ReplaceAll(account, "-", ""), "Second"))
	calledtest.WantOK(t, a.Call(t, "ConfigDelete", ""))
	calledtest.WantOK(t, install(account, "Main")) // the name is free again
}

// TestSetUp checks the fields that only channels have, and that nothing works before the
// wizard is done.
func TestSetUp(t *testing.T) {
	a := open(t, channelapp.Options{Steps: []channelapp.Step{{Name: "One", Title: "Orders", Description: "Which", Items: []channelapp.ConfigItem{
		{ID: "sync", Name: "InventorySync", Type: channelapp.ValueButton, Value: "x", HidesHeader: true},
	}}}})
	for _, endpoint := range []string{"Orders", "Despatch", "Products", "InventoryUpdate", "PriceUpdate", "PostSaleOptions", "ConfigTest"} {
		calledtest.WantRefused(t, a.Call(t, endpoint, ""), "not set up yet")
	}
	calledtest.WantRefused(t, a.Call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R"}`), "not set up yet")
	calledtest.WantRefused(t, a.Call(t, "Refund", `"Refund":{"ReferenceNumber":"R"}`), "not set up yet")
	page := `{"Error":null,"StepName":%q,"AccountName":"Main","WizardStepTitle":"Orders","WizardStepDescription":"Which","ConfigItems":[
		{"ConfigItemId":"sync","Name":"InventorySync","Description":"","GroupName":"","SortOrder":0,"SelectedValue":"x","RegExValidation":null,
			"RegExError":null,"MustBeSpecified":false,"ReadOnly":false,"ListValues":[],"ValueType":"BUTTON","HidesHeaderAttribute":true}]}`
	calledtest.WantJSON(t, a.Call(t, "UserConfig", ""), fmt.Sprintf(page, "One"))
	calledtest.WantJSON(t, a.Call(t, "SaveUserConfig", `"StepName":"One","ConfigItems":[]`), fmt.Sprintf(page, "UserConfig")) // the next page
	calledtest.WantOK(t, a.Call(t, "Orders", ""))
	calledtest.WantOK(t, a.Call(t, "ConfigTest", ""))
}

// TestMultiLocation checks that locations are offered under both names, and only to
// installations that have it.
func TestMultiLocation(t *testing.T) {
	on := false
	a := open(t, channelapp.Options{MultiLocation: &channelapp.MultiLocation{
		Enabled: func(channelapp.Installation) bool { return on }, Locations: []channelapp.Location{{Tag: "W1", Name: "Leeds"}},
	}})
	if got := a.Call(t, "UserConfig", ""); got["GlobalConfigSettings"] != nil || got["GlobalSetting"] != nil {
		t.Errorf("an installation that does not have it was answered %v", got)
	}
	on = true
	settings := `{"IsMultiLocationEnabled":true,"MultiLocationInventory":{"AutoPopulateLocations":true,"Locations":[{"Tag":"W1","Name":"Leeds"}]}}`
	calledtest.WantJSON(t, a.Call(t, "UserConfig", ""), `{"Error":null,"StepName":"UserConfig","AccountName":"Main","WizardStepTitle":"Settings","WizardStepDescription":"",
		"ConfigItems":[],"GlobalConfigSettings":`+settings+`,"GlobalSetting":`+settings+`}`)
}

// TestSlowRows checks that a port hears of the end early enough to have its say.
func TestSlowRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, channelapp.Options{AnswerWithin: 4 * time.Second})
		a.channel.answer = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return channelapp.Refuse("There was no time.")
		}
		start := time.Now()
		got := calledtest.WantOK(t, a.Call(t, "Despatch", `"Orders":[{"ReferenceNumber":"R-1"}]`))
		if row := got["Orders"].([]any)[0].(map[string]any); row["Error"] != "There was no time." || time.Since(start) != 3500*time.Millisecond {
			t.Errorf("after %v the row says %v, want what the port says at seven eighths of 4s", time.Since(start), row["Error"])
		}
	})
}

func TestNew(t *testing.T) {
	ports := new(channel).all()
	ports.Admit = channelapp.OnlyAccounts(account)
	without := func(change func(*channelapp.Ports)) channelapp.Ports {
		p := ports
		change(&p)
		return p
	}
	for _, test := range []struct {
		want    string
		ports   channelapp.Ports
		options channelapp.Options
	}{
		{"Orders is missing", without(func(p *channelapp.Ports) { p.Orders = nil }), channelapp.Options{}},
		{"Despatch is missing", without(func(p *channelapp.Ports) { p.Despatch = nil }), channelapp.Options{}},
		{"location", ports, channelapp.Options{MultiLocation: &channelapp.MultiLocation{Locations: []channelapp.Location{{Tag: "a"}}}}},
		{"in upper case", ports, channelapp.Options{Channel: channelapp.Channel{Name: "TikTok", FriendlyName: "X"}}},
	} {
		if _, err := channelapp.New(test.ports, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("New returned %v, want an error with %q", err, test.want)
		}
	}
}

func TestManifest(t *testing.T) {
	a := open(t, channelapp.Options{Channel: channelapp.Channel{Name: "TIKTOKSHOP", FriendlyName: "TikTok Shop"}})
	m, err := a.Manifest("https://channel.example.com/linn/")
	if err != nil {
		t.Fatal(err)
	}
	if m.SaveConfigEndpoint != "https://channel.example.com/linn/SaveConfig" || m.ChannelName != "TIKTOKSHOP" || m.IsListingSupported != "False" {
		t.Errorf("the manifest is %+v", m)
	}
	for _, base := range []string{"http://channel.example.com", "channel.example.com", "https://channel.example.com?x=1"} {
		if _, err := a.Manifest(base); err == nil {
			t.Errorf("Manifest of %s is not refused", base)
		}
	}
}

// TestPrivacy checks that printed values do not show the buyer.
func TestPrivacy(t *testing.T) {
	a := open(t, channelapp.Options{})
	in := channelapp.Installation{ID: "id", Account: channelapp.Account{Email: "jane@example.com"}, Settings: map[string]string{"user": "Jane"}}
	for _, v := range []any{
		order("R-1"), order("R-1").DeliveryAddress, in, a.Handler, channelapp.Note{Text: "Jane"}, channelapp.Property{Value: "Jane"},
		channelapp.ItemOption{Value: "Jane"}, channelapp.Cancellation{Items: []channelapp.CancelledItem{{Reason: "Jane"}}}, channelapp.RefundItem{Reason: "Jane"},
	} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, "Jane") || strings.Contains(text, "jane") {
				t.Errorf("%s of %T shows %q", format, v, text)
			}
		}
	}
}

// FuzzRequests sends anything to every endpoint: nothing panics or takes ten seconds, the
// answer is what Linnworks demands, rows are neither lost nor made up, and what comes
// without the token is refused before the channel is asked.
func FuzzRequests(f *testing.F) {
	for i := range endpointNames {
		f.Add(i, `"UTCTimeFrom":"/Date(1772361000000)/","PageNumber":1`)
		f.Add(i, `"Orders":[{"ReferenceNumber":"R-1","ProcessedOn":"2026-03-01 10:30:00Z","Items":[{"SKU":"MUG","OrderLineNumber":1,"DespatchedQuantity":"2"}]}]`)
		f.Add(i, `"Products":[{"SKU":"MUG","Quantity":1,"Price":"2.50","MultiLocationLevels":[{"Tag":"A","Quantity":1}]}]`)
		f.Add(i, `"Cancellation":{"ReferenceNumber":"R-1","Items":[{"CancellationQuantity":1}]},"Refund":{"ReferenceNumber":"R-1","Items":[{"RefundAmount":1}]}`)
		f.Add(i, `"StepName":"UserConfig","ConfigItems":[{"ConfigItemId":"user","SelectedValue":"jane"}]`)
	}
	a := open(f, channelapp.Options{})
	f.Fuzz(func(t *testing.T, endpoint int, fields string) {
		name := endpointNames[max(endpoint, 0)%len(endpointNames)]
		if strings.HasPrefix(name, "ConfigDelete") {
			name = "Orders"
		}
		begun, asked := time.Now(), a.channel.asked
		for _, body := range []string{fields, calledtest.WithToken(strings.Repeat("0", 32), fields)} {
			if got := a.Post(t, name, body); calledtest.Message(got) == "" {
				t.Errorf("%s answered without the token: %v", name, got)
			}
		}
		if a.channel.asked != asked {
			t.Errorf("%s asked the channel without the token", name)
		}
		got := a.Post(t, name, calledtest.WithToken(a.Token, fields))
		if took := time.Since(begun); took >= 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		for _, list := range []string{"Orders", "Products"} {
			rows, _ := got[list].([]any)
			for _, row := range rows {
				if row == nil {
					t.Errorf("%s answered a row that is null: %v", name, got)
				}
			}
		}
	})
}
