package channelapp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
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
		got := a.call(t, "Orders", fmt.Sprintf(`"UTCTimeFrom":%q,"PageNumber":"2"`, date))
		address := `{"FullName":"","Company":"","Address1":"","Address2":"","Address3":"","Town":"","Region":"","PostCode":"","Country":"","CountryCode":"","PhoneNumber":"","EmailAddress":""}`
		jane := strings.Replace(strings.Replace(address, `"FullName":""`, `"FullName":"Jane Doe"`, 1), `"CountryCode":""`, `"CountryCode":"GB"`, 1)
		none := "0001-01-01T00:00:00.000Z"
		wantJSON(t, got, fmt.Sprintf(`{"Error":null,"HasMorePages":true,"Orders":[{"ReferenceNumber":"576461","SecondaryReferenceNumber":"","ExternalReference":"",
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
		if log := a.log.String(); !strings.Contains(log, "row=broken") || !strings.Contains(log, "it has no lines") || strings.Contains(log, "Jane") {
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
	if got := a.call(t, "Orders", ""); !strings.Contains(message(got), "fault") || got["HasMorePages"] != false {
		t.Errorf("a failure was answered with %v, want a fault", got)
	}
	wantRefused(t, a.call(t, "Orders", `"UTCTimeFrom":"soon"`), "no date that can be read")
	wantRefused(t, a.call(t, "Orders", `"UTCTimeFrom":7`), "no date that can be read")
	wantRefused(t, a.call(t, "Orders", `"PageNumber":-1`), "no page of that number")
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
		if got := len(wantOK(t, a.call(t, "Orders", ""))["Orders"].([]any)); got != 1 {
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
	got := a.call(t, "Despatch", `"Orders":[
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
	wantJSON(t, a.call(t, "Dispatch", `"Orders":[]`), `{"Error":null,"Orders":[]}`)
}

func TestInventoryUpdate(t *testing.T) {
	a := open(t, channelapp.Options{MultiLocation: &channelapp.MultiLocation{}})
	a.channel.answer = func(_ context.Context, key string) error {
		if key == "LOST" {
			return channelapp.Refuse("There is no such product.")
		}
		return nil
	}
	wantJSON(t, a.call(t, "InventoryUpdate", `"Products":[{"SKU":"MUG","Reference":17,"Quantity":"4"},{"SKU":"LOST","Quantity":0},{"SKU":"CUP"},{"SKU":"LID","Quantity":-2},
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
	wantJSON(t, without.call(t, "InventoryUpdate", `"Products":[{"SKU":"MUG","Quantity":4}]`),
		`{"Error":null,"Products":[{"SKU":"MUG","Error":"This integration takes no stock levels from Linnworks."}]}`)
	wantJSON(t, without.call(t, "PriceUpdate", `"Products":[{"SKU":"MUG","Price":4}]`),
		`{"Error":null,"Products":[{"SKU":"MUG","Error":"This integration takes no prices from Linnworks. Change them in the channel."}]}`)
}

// TestPriceUpdate sends the list under both names.
func TestPriceUpdate(t *testing.T) {
	for _, list := range []string{"Products", "Inventory"} {
		a := open(t, channelapp.Options{})
		wantJSON(t, a.call(t, "PriceUpdate", `"`+list+`":[{"SKU":"MUG","Reference":"17","Price":"5.25","Tag":"std"},{"SKU":"CUP"},{"SKU":"LID","Price":"dear"},{"SKU":"PAN","Price":-1}]`),
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
			got := a.call(t, "InventoryUpdate", `"Products":[{"SKU":"MUG","Quantity":4},{"SKU":"CUP","Quantity":1}]`)
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
	wantJSON(t, a.call(t, "Products", `"PageNumber":1`), `{"Error":null,"HasMorePages":true,"Products":[
		{"SKU":"MUG","Title":"Mug","Quantity":4,"Price":5.25,"Reference":"17"},{"SKU":"CUP","Title":"Cup","Quantity":0,"Price":0,"Reference":"CUP"}]}`)
	if !strings.Contains(a.log.String(), "row=BAD") {
		t.Errorf("the log does not name the product that was left out:\n%s", a.log)
	}
	without := open(t, channelapp.Options{}, func(p *channelapp.Ports) { p.Products, p.Tags = nil, nil })
	wantJSON(t, without.call(t, "Products", `"PageNumber":1`), `{"Error":null,"HasMorePages":false,"Products":[]}`)
	wantJSON(t, without.call(t, "ShippingTags", ""), `{"Error":null,"ShippingTags":[]}`)
	wantJSON(t, without.call(t, "PaymentTags", ""), `{"Error":null,"PaymentTags":[]}`)
}

func TestTags(t *testing.T) {
	a := open(t, channelapp.Options{})
	wantJSON(t, a.call(t, "ShippingTags", ""), `{"Error":null,"ShippingTags":[{"Tag":"std","FriendlyName":"Standard","Site":"UK"}]}`)
	if got := a.call(t, "PaymentTags", ""); !strings.Contains(message(got), "fault") || len(got["PaymentTags"].([]any)) > 0 {
		t.Errorf("a tag of 65 characters was answered with %v, want a fault and no tags", got)
	}
}

func TestPostSale(t *testing.T) {
	a := open(t, channelapp.Options{})
	wantJSON(t, a.call(t, "PostSaleOptions", ""), `{"Error":null,"CanCancel":true,"CanCancelOrderLines":true,"CanCancelOrderLinesPartially":true,"AutomaticRefundOnCancel":true,
		"CanRefund":true,"CanAttachRefundToItem":true,"CanAttachRefundToService":false,"RefundShippingTypes":3,"CanRefundAdditionally":false,"CanReturn":false,
		"PostSaleReasons":[{"Tag":"damaged","DisplayName":"Damaged","Types":["Cancellation","ItemRefund"],"SubReasons":[{"Tag":"water","DisplayName":"By water"}]},
		{"Tag":"late","DisplayName":"Late","Types":["ShippingRefund"],"SubReasons":[]}]}`)
	wantJSON(t, a.call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-1","ExternalReference":"X","Items":[
		{"SKU":"MUG","OrderLineNumber":"17","CancellationQuantity":"1","Reason":"damaged","SecondaryReason":"water"}]}`), `{"Error":null}`)
	if diff := cmp.Diff([]channelapp.Cancellation{{Reference: "R-1", ExternalReference: "X", Items: []channelapp.CancelledItem{
		{SKU: "MUG", Line: "17", Quantity: 1, Reason: "damaged", MoreReason: "water"},
	}}}, a.channel.cancelled); diff != "" {
		t.Errorf("cancelled (-want +got):\n%s", diff)
	}
	wantJSON(t, a.call(t, "Refund", `"Refund":{"ReferenceNumber":"R-1","RefundShippingAmount":"3.50","Items":[{"SKU":"MUG","OrderLineNumber":"17","RefundAmount":5.25,"Reason":"damaged"}]}`),
		`{"Error":null,"RefundReference":"RF-1"}`)
	if diff := cmp.Diff([]channelapp.Refund{{Reference: "R-1", Shipping: "3.50", Items: []channelapp.RefundItem{
		{SKU: "MUG", Line: "17", Amount: "5.25", Reason: "damaged"},
	}}}, a.channel.refunded); diff != "" {
		t.Errorf("refunded (-want +got):\n%s", diff)
	}
	a.channel.answer = func(context.Context, string) error { return channelapp.Refuse("It has left.") }
	wantRefused(t, a.call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-2"}`), "It has left.")
	wantJSON(t, a.call(t, "Refund", `"Refund":{"ReferenceNumber":"R-2"}`), `{"Error":"It has left.","RefundReference":""}`)
	asked := a.channel.asked
	wantRefused(t, a.call(t, "Cancel", `"Cancellation":{}`), "names no order")
	wantRefused(t, a.call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-1","Items":[{"CancellationQuantity":-1}]}`), "below zero")
	wantRefused(t, a.call(t, "Refund", `"Refund":{"RefundShippingAmount":1}`), "names no order")
	for _, amounts := range []string{`"RefundShippingAmount":"much"`, `"Items":[{"RefundAmount":"much"}]`, `"Items":[{"SKU":"MUG"}]`} {
		wantRefused(t, a.call(t, "Refund", `"Refund":{"ReferenceNumber":"R-1",`+amounts+`}`), "Nothing was refunded")
	}
	if a.channel.asked != asked {
		t.Error("the channel was asked to cancel or refund what cannot be read")
	}
	without := open(t, channelapp.Options{}, func(p *channelapp.Ports) { p.Cancels, p.Refunds = nil, nil })
	got := without.call(t, "PostSaleOptions", "")
	if got["CanCancel"] != false || got["CanRefund"] != false {
		t.Errorf("without ports: %v, want neither to be offered", got)
	}
	wantRefused(t, without.call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-1"}`), "cancels nothing")
	wantRefused(t, without.call(t, "Refund", `"Refund":{"ReferenceNumber":"R-1"}`), "refunds nothing")
}

// TestTokens uses a token in all its forms, under both names.
func TestTokens(t *testing.T) {
	a := open(t, channelapp.Options{})
	dashed := a.token[:8] + "-" + a.token[8:12] + "-" + a.token[12:16] + "-" + a.token[16:20] + "-" + a.token[20:]
	for _, token := range []string{a.token, dashed, strings.ToUpper(dashed), "{" + dashed + "}"} {
		wantOK(t, a.post(t, "UserConfig", withToken(token, "")))
		wantOK(t, a.post(t, "UserConfig", fmt.Sprintf(`{"AuthorisationToken":%q}`, token)))
		wantOK(t, a.post(t, "UserConfig", fmt.Sprintf(`{"authorizationtoken":%q}`, token)))
	}
}

// TestWrongToken checks that a wrong token learns nothing: every endpoint answers the
// same whatever else the request says, and the channel is not asked.
func TestWrongToken(t *testing.T) {
	a := open(t, channelapp.Options{})
	seen := map[string]bool{}
	for _, endpoint := range endpointNames {
		for _, token := range []string{"", "x", "00000000000000000000000000000000", a.token + "0", a.token[1:]} {
			for _, fields := range []string{"", `"Orders":[{"ReferenceNumber":"R-1"}]`, `"Orders":1`, `"Products":[{"SKU":"MUG","Quantity":1}]`, `"Refund":{"ReferenceNumber":"R-1"}`, `"StepName":"x"`} {
				got := a.post(t, endpoint, withToken(token, fields))
				seen[message(got)] = true
				for _, list := range []string{"Orders", "Products", "ConfigItems", "PostSaleReasons", "ShippingTags"} {
					if rows, _ := got[list].([]any); len(rows) > 0 {
						t.Errorf("%s answered a wrong token with %v", endpoint, got)
					}
				}
			}
		}
	}
	if len(seen) != 1 {
		t.Errorf("a wrong token got the messages %v, want one and the same", seen)
	}
	if a.channel.asked > 0 {
		t.Errorf("a wrong token reached the channel %d times", a.channel.asked)
	}
	wantOK(t, a.call(t, "UserConfig", "")) // and the installation is still there
}

func TestAddNewUser(t *testing.T) {
	a := open(t, channelapp.Options{})
	install := func(id, name string) map[string]any {
		t.Helper()
		return a.post(t, "AddNewUser", fmt.Sprintf(`{"Email":"a@example.com","LinnworksUniqueIdentifier":%q,"AccountName":%q}`, id, name))
	}
	stranger := install("11111111-6c1f-4b57-9d6f-0123456789ab", "Main")
	wantJSON(t, stranger, `{"Error":"This integration is not meant for your Linnworks account. Ask its provider.","AuthorizationToken":""}`)
	wantRefused(t, install("me", "Main"), "names no Linnworks account")
	wantRefused(t, install(account, " "), "give the integration a name")
	wantRefused(t, install(strings.ToUpper(account), "MAIN"), "of this name already")
	second := wantOK(t, install(strings.ReplaceAll(account, "-", ""), "Second"))
	if second["AuthorizationToken"] == a.token {
		t.Error("two installations have one token")
	}
	wantOK(t, a.call(t, "ConfigDelete", ""))
	wantRefused(t, a.call(t, "UserConfig", ""), "token is not valid")
	wantOK(t, install(account, "Main")) // the name is free again
}

func TestNames(t *testing.T) {
	a := open(t, channelapp.Options{})
	for _, name := range []string{"api/Config/UserConfig", "userconfig", "USERCONFIG"} {
		wantOK(t, a.call(t, name, ""))
	}
	for path, want := range map[string]int{"/channel/Nothing": http.StatusNotFound, "/": http.StatusNotFound} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}")))
		if w.Code != want {
			t.Errorf("POST %s answered %d, want %d", path, w.Code, want)
		}
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/Orders", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET answered %d, Allow %q; want 405, POST", w.Code, w.Header().Get("Allow"))
	}
}

// wizard has two pages.
func wizard(check func(context.Context, channelapp.Installation) error) []channelapp.Step {
	return []channelapp.Step{
		{Name: "AddCredentials", Title: "Sign in", Description: "Your shop", Check: check, Items: []channelapp.ConfigItem{
			{ID: "user", Name: "User", Description: "Your user name", Required: true, Pattern: `^[a-z]+$`, PatternError: "lower-case letters only"},
			{ID: "password", Name: "Password", Type: channelapp.ValuePassword, Required: true},
		}},
		{Name: "OrderSetup", Title: "Orders", Items: []channelapp.ConfigItem{
			{ID: "unpaid", Name: "Unpaid orders", Group: "Orders", Sort: 1, Type: channelapp.ValueBoolean, Value: "false"},
			{ID: "site", Name: "Site", Type: channelapp.ValueList, Value: "UK", Values: []channelapp.ListValue{{Display: "Britain", Value: "UK"}, {Display: "Ireland", Value: "IE"}}},
			{ID: "days", Name: "Days", Type: channelapp.ValueInt, Value: "3"},
			{ID: "account", Name: "Account", ReadOnly: true, Value: "7", HidesHeader: true},
		}},
	}
}

func TestWizard(t *testing.T) {
	var checked []string
	a := open(t, channelapp.Options{Steps: wizard(func(_ context.Context, in channelapp.Installation) error {
		checked = append(checked, in.Settings["user"]+" "+in.Passwords["password"].Reveal())
		if in.Passwords["password"].Reveal() == "wrong" {
			return channelapp.Refuse("The shop does not know this password.")
		}
		return nil
	})})
	wantJSON(t, a.call(t, "UserConfig", ""), `{"Error":null,"StepName":"AddCredentials","AccountName":"Main","WizardStepTitle":"Sign in","WizardStepDescription":"Your shop","ConfigItems":[
		{"ConfigItemId":"user","Name":"User","Description":"Your user name","GroupName":"","SortOrder":0,"SelectedValue":"","RegExValidation":"^[a-z]+$",
			"RegExError":"lower-case letters only","MustBeSpecified":true,"ReadOnly":false,"ListValues":[],"ValueType":"STRING","HidesHeaderAttribute":false},
		{"ConfigItemId":"password","Name":"Password","Description":"","GroupName":"","SortOrder":0,"SelectedValue":"","RegExValidation":null,
			"RegExError":null,"MustBeSpecified":true,"ReadOnly":false,"ListValues":[],"ValueType":"PASSWORD","HidesHeaderAttribute":false}]}`)
	for _, endpoint := range []string{"Orders", "Despatch", "Products", "InventoryUpdate", "PriceUpdate", "PostSaleOptions", "ConfigTest"} {
		wantRefused(t, a.call(t, endpoint, ""), "not set up yet")
	}
	wantRefused(t, a.call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R"}`), "not set up yet")
	wantRefused(t, a.call(t, "Refund", `"Refund":{"ReferenceNumber":"R"}`), "not set up yet")

	// Linnworks sends the whole items back.
	save := func(endpoint, step string, values ...string) map[string]any {
		t.Helper()
		var items []string
		for i := 0; i < len(values); i += 2 {
			items = append(items, fmt.Sprintf(`{"ConfigItemId":%q,"Name":"N","SortOrder":0,"SelectedValue":%q,"RegExValidation":null,"ListValues":[],"ValueType":"STRING"}`, values[i], values[i+1]))
		}
		return a.call(t, endpoint, fmt.Sprintf(`"StepName":%q,"ConfigItems":[%s]`, step, strings.Join(items, ",")))
	}
	for _, wrong := range []struct {
		want, step string
		values     []string
	}{
		{"no longer the current", "OrderSetup", []string{"days", "3"}},
		{"no longer the current", "UserConfig", nil},
		{"User: please fill this in", "AddCredentials", []string{"password", "p"}},
		{"User: lower-case letters only", "AddCredentials", []string{"user", "Jane"}},
		{"longer than", "AddCredentials", []string{"user", strings.Repeat("a", 4001)}},
		{"Password: please fill this in", "AddCredentials", []string{"user", "jane"}},
		{"does not know this password", "AddCredentials", []string{"user", "jane", "password", "wrong"}},
	} {
		wantRefused(t, save("SaveConfig", wrong.step, wrong.values...), wrong.want)
	}
	next := wantOK(t, save("SaveUserConfig", "addcredentials", "USER", "jane", "password", "secret"))
	if next["StepName"] != "OrderSetup" || len(next["ConfigItems"].([]any)) != 4 {
		t.Fatalf("after the first page came %v, want OrderSetup with 4 items", next)
	}
	for _, wrong := range []struct{ want, item, value string }{
		{"choose one of the values", "site", "FR"}, {"whole number", "days", "1.5"}, {"yes or no", "unpaid", "maybe"},
	} {
		wantRefused(t, save("SaveConfig", "OrderSetup", wrong.item, wrong.value), wrong.want)
	}
	done := wantOK(t, save("SaveConfig", "OrderSetup", "site", "IE", "account", "8", "unknown", "x"))
	if done["StepName"] != "UserConfig" {
		t.Fatalf("the wizard ends with %v, want UserConfig", done["StepName"])
	}
	shown := map[string]any{}
	for _, item := range a.call(t, "UserConfig", "")["ConfigItems"].([]any) {
		i := item.(map[string]any)
		shown[i["ConfigItemId"].(string)] = i["SelectedValue"]
	}
	if diff := cmp.Diff(map[string]any{"user": "jane", "password": "", "unpaid": "false", "site": "IE", "days": "3", "account": "7"}, shown); diff != "" {
		t.Errorf("the settings show (-want +got):\n%s", diff)
	}
	wantOK(t, a.call(t, "Orders", ""))
	wantOK(t, a.call(t, "ConfigTest", ""))
	wantOK(t, save("SaveConfig", "UserConfig", "user", "john", "password", ""))
	if got := checked[len(checked)-1]; got != "john secret" {
		t.Errorf("an empty password was saved as %q, want the old one kept", got)
	}
	if strings.Contains(a.log.String(), "secret") {
		t.Error("the password is in the log")
	}
}

// TestMultiLocation checks that locations are offered under both names, and only to
// installations that have it.
func TestMultiLocation(t *testing.T) {
	on := false
	a := open(t, channelapp.Options{MultiLocation: &channelapp.MultiLocation{
		Enabled: func(channelapp.Installation) bool { return on }, Locations: []channelapp.Location{{Tag: "W1", Name: "Leeds"}},
	}})
	if got := a.call(t, "UserConfig", ""); got["GlobalConfigSettings"] != nil || got["GlobalSetting"] != nil {
		t.Errorf("an installation that does not have it was answered %v", got)
	}
	on = true
	settings := `{"IsMultiLocationEnabled":true,"MultiLocationInventory":{"AutoPopulateLocations":true,"Locations":[{"Tag":"W1","Name":"Leeds"}]}}`
	wantJSON(t, a.call(t, "UserConfig", ""), `{"Error":null,"StepName":"UserConfig","AccountName":"Main","WizardStepTitle":"Settings","WizardStepDescription":"",
		"ConfigItems":[],"GlobalConfigSettings":`+settings+`,"GlobalSetting":`+settings+`}`)
}

// TestBadRequests checks what is answered to what is no request.
func TestBadRequests(t *testing.T) {
	a := open(t, channelapp.Options{MaxBody: 2000})
	for body, want := range map[string]string{
		"":     "not a JSON object",
		"null": "token is not valid",
		"[]":   "token is not valid",
		"{":    "not a JSON object",
		withToken(a.token, `"x":"`+strings.Repeat("x", 2000)+`"`): "too large",
		withToken(a.token, `"Orders":7`):                          "cannot read the request",
	} {
		wantRefused(t, a.post(t, "Despatch", body), want)
	}
	if a.channel.asked > 0 {
		t.Errorf("the channel was asked %d times", a.channel.asked)
	}
}

// TestSlow checks that Linnworks is answered in time whatever a port does, and that a
// closed handler says so.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, channelapp.Options{AnswerWithin: 4 * time.Second})
		a.channel.orders = func(context.Context, time.Time, int) ([]channelapp.Order, bool, error) {
			time.Sleep(time.Minute)
			return nil, false, nil
		}
		start := time.Now()
		wantRefused(t, a.call(t, "Orders", ""), "did not answer in time")
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("answered after %v, want 4s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close returned %v while a port was at work, want the end of its context", err)
		}
		wantRefused(t, a.call(t, "Orders", ""), "being restarted")
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
	item := func(i channelapp.ConfigItem) channelapp.Options {
		return channelapp.Options{Steps: []channelapp.Step{{Name: "S", Items: []channelapp.ConfigItem{i}}}}
	}
	for _, test := range []struct {
		want    string
		ports   channelapp.Ports
		options channelapp.Options
	}{
		{"Orders is missing", without(func(p *channelapp.Ports) { p.Orders = nil }), channelapp.Options{}},
		{"Despatch is missing", without(func(p *channelapp.Ports) { p.Despatch = nil }), channelapp.Options{}},
		{"Admit is missing", without(func(p *channelapp.Ports) { p.Admit = nil }), channelapp.Options{}},
		{"Linnworks waits", ports, channelapp.Options{AnswerWithin: 11 * time.Second}},
		{"must not be negative", ports, channelapp.Options{MaxBody: -1}},
		{"step 1", ports, channelapp.Options{Steps: []channelapp.Step{{Name: "userconfig"}}}},
		{"step 2", ports, channelapp.Options{Steps: []channelapp.Step{{Name: "S"}, {Name: "s"}}}},
		{"no ID", ports, item(channelapp.ConfigItem{Name: "X"})},
		{"no name", ports, item(channelapp.ConfigItem{ID: "x"})},
		{"go together", ports, item(channelapp.ConfigItem{ID: "x", Name: "X", Type: channelapp.ValueList})},
		{"no type", ports, item(channelapp.ConfigItem{ID: "x", Name: "X", Type: "TEXT"})},
		{"the pattern", ports, item(channelapp.ConfigItem{ID: "x", Name: "X", Pattern: "("})},
		{"first value", ports, item(channelapp.ConfigItem{ID: "x", Name: "X", Type: channelapp.ValueDouble, Value: "y"})},
		{"given away", ports, item(channelapp.ConfigItem{ID: "x", Name: "X", Type: channelapp.ValuePassword, Value: "y"})},
		{"there twice", ports, channelapp.Options{Steps: []channelapp.Step{{Name: "S", Items: []channelapp.ConfigItem{{ID: "x", Name: "X"}, {ID: "X", Name: "X"}}}}}},
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

// TestPrivacy checks that neither logs nor printed values show the buyer, and that
// faults are told with a reference that the log has.
func TestPrivacy(t *testing.T) {
	a := open(t, channelapp.Options{})
	a.channel.orders = func(context.Context, time.Time, int) ([]channelapp.Order, bool, error) {
		return []channelapp.Order{order("R-1")}, false, nil
	}
	wantOK(t, a.call(t, "Orders", ""))
	a.channel.answer = func(context.Context, string) error { return errors.New("the depot is on fire") }
	fault := message(a.call(t, "Cancel", `"Cancellation":{"ReferenceNumber":"R-1","Items":[{"Reason":"Jane Doe moved"}]}`))
	log := a.log.String()
	for _, want := range []string{"endpoint=Orders", "rows=1", "endpoint=Cancel", "outcome=ok", "outcome=fault", "the depot is on fire", fault[strings.LastIndex(fault, " ")+1:]} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %q:\n%s", want, log)
		}
	}
	if strings.Contains(fault, "fire") {
		t.Errorf("people read the error of the program: %q", fault)
	}
	for _, hidden := range []string{"Jane", a.token, "a@example.com"} {
		if strings.Contains(log, hidden) {
			t.Errorf("the log has %q:\n%s", hidden, log)
		}
	}
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

// FuzzRequests sends anything to every endpoint: nothing panics, the answer is what
// Linnworks demands, and rows are neither lost nor made up.
func FuzzRequests(f *testing.F) {
	for i := range endpointNames {
		f.Add(i, `"UTCTimeFrom":"/Date(1772361000000)/","PageNumber":1`)
		f.Add(i, `"Orders":[{"ReferenceNumber":"R-1","ProcessedOn":"2026-03-01 10:30:00Z","Items":[{"SKU":"MUG","OrderLineNumber":1,"DespatchedQuantity":"2"}]}]`)
		f.Add(i, `"Products":[{"SKU":"MUG","Quantity":1,"Price":"2.50","MultiLocationLevels":[{"Tag":"A","Quantity":1}]}]`)
		f.Add(i, `"Cancellation":{"ReferenceNumber":"R-1","Items":[{"CancellationQuantity":1}]},"Refund":{"ReferenceNumber":"R-1","Items":[{"RefundAmount":1}]}`)
		f.Add(i, `"StepName":"AddCredentials","ConfigItems":[{"ConfigItemId":"user","SelectedValue":"jane"},{"ConfigItemId":"password","SelectedValue":"x"}]`)
	}
	a := open(f, channelapp.Options{Steps: wizard(nil)[1:]})
	save := a.call(f, "SaveConfig", `"StepName":"OrderSetup","ConfigItems":[]`)
	if save["StepName"] != "UserConfig" {
		f.Fatalf("the wizard is at %v", save)
	}
	f.Fuzz(func(t *testing.T, endpoint int, fields string) {
		name := endpointNames[max(endpoint, 0)%len(endpointNames)]
		if strings.HasPrefix(name, "ConfigDelete") {
			name = "Orders"
		}
		got := a.post(t, name, withToken(a.token, fields))
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
