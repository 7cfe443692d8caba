package linnworks

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// carrier is a Linnworks that prints labels. printed are the orders that have
// one, print is what printing does to an order, and lost whether its reply is.
type carrier struct {
	printed map[string]bool
	fails   string
	lost    bool
	bought  int
	claims  bool // the reply names the orders as processed
}

func (c *carrier) answer(r request) (*http.Response, error) {
	ids := func() (list []string) {
		for _, id := range []string{"a1", "b2", "c3"} {
			if strings.Contains(r.body, `"`+id+`"`) {
				list = append(list, id)
			}
		}
		return list
	}()
	if strings.HasSuffix(r.url, "/GetOrdersById") {
		var orders []string
		for _, id := range ids {
			label := ""
			if id == c.fails {
				label = buyer
			}
			orders = append(orders, fmt.Sprintf(`{"OrderId":%q,"GeneralInfo":{"LabelPrinted":%t,"LabelError":%q}}`, strings.ToUpper(id), c.printed[id], label))
		}
		return respond(200, "["+strings.Join(orders, ",")+"]"), nil
	}
	var done, failed []string
	for _, id := range ids {
		if id == c.fails {
			failed = append(failed, fmt.Sprintf(`{"Id":%q,"Error":%q}`, id, buyer))
			continue
		}
		c.printed[id] = true
		c.bought++
		if c.claims {
			done = append(done, `"`+id+`"`)
		}
	}
	if c.lost {
		return nil, errors.New("connection reset")
	}
	return respond(200, fmt.Sprintf(`{"URL":"https://x.test/1.pdf","IdsProcessed":[%s],"KeyedError":[%s]}`, strings.Join(done, ","), strings.Join(failed, ","))), nil
}

func TestCreatePDFFromJobForceTemplateVerified(t *testing.T) {
	all := []GUID{"a1", "b2", "c3"}
	for name, tt := range map[string]struct {
		carrier
		ids            []GUID
		wantPrinted    []GUID
		wantSkipped    []GUID
		wantPDF        bool
		wantErr        func(error) bool // nil for none
		bought, nCalls int
	}{
		"all":             {carrier{claims: true}, all, all, nil, true, nil, 3, 2},
		"all, unclaimed":  {carrier{}, all, all, nil, true, nil, 3, 3},
		"twice in one":    {carrier{claims: true}, []GUID{"a1", "A1"}, []GUID{"a1"}, nil, true, nil, 1, 2},
		"one printed":     {carrier{claims: true, printed: map[string]bool{"b2": true}}, all, []GUID{"a1", "c3"}, []GUID{"b2"}, true, nil, 2, 2},
		"nothing to do":   {carrier{printed: map[string]bool{"b2": true}}, []GUID{"b2"}, nil, []GUID{"b2"}, false, nil, 0, 1},
		"one fails":       {carrier{claims: true, fails: "b2"}, all, []GUID{"a1", "c3"}, nil, true, IsNotApplied, 2, 3},
		"lost":            {carrier{lost: true}, all, all, nil, false, IsOutcomeUnknown, 3, 3},
		"lost and failed": {carrier{lost: true, fails: "a1"}, all, []GUID{"b2", "c3"}, nil, false, IsNotApplied, 2, 3},
		"no ids":          {carrier{}, nil, nil, nil, false, func(err error) bool { return err != nil }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := &tt.carrier
			if c.printed == nil {
				c.printed = map[string]bool{}
			}
			s := &server{answer: c.answer}
			labels, err := newTestClient(t, s).Print.CreatePDFFromJobForceTemplateVerified(t.Context(), &CreatePDFFromJobForceTemplateRequest{IDs: tt.ids})
			if tt.wantErr == nil && err != nil || tt.wantErr != nil && !tt.wantErr(err) {
				t.Fatalf("err = %v", err)
			}
			if _, calls := s.count(); calls != tt.nCalls || c.bought != tt.bought {
				t.Errorf("%d calls, %d labels bought", calls, c.bought)
			}
			if labels == nil {
				return
			}
			if !cmp.Equal(labels.Printed, tt.wantPrinted) || !cmp.Equal(labels.Skipped, tt.wantSkipped) || (labels.PDF != nil) != tt.wantPDF {
				t.Errorf("labels = %+v", labels)
			}
			// What the carrier said may name the buyer.
			if found := leaks(fmt.Sprintf("%v %+v %#v", err, err, err)); len(found) > 0 {
				t.Errorf("err = %v", err)
			}
			if e, ok := errors.AsType[*NotAppliedError](err); ok && e.Items[0].Detail != buyer {
				t.Errorf("items = %#v", e.Items)
			}
		})
	}
}

// Lost calls to print are not sent again by the client.
func TestPrintingIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &carrier{printed: map[string]bool{}, lost: true}
		_, err := newTestClient(t, &server{answer: c.answer}).Print.CreatePDFFromJobForceTemplate(t.Context(), &CreatePDFFromJobForceTemplateRequest{IDs: []GUID{"a1"}})
		if !IsOutcomeUnknown(err) || c.bought != 1 {
			t.Errorf("%d bought, err = %v", c.bought, err)
		}
	})
}

func TestShippingDiffers(t *testing.T) {
	before := UpdateOrderShippingInfoRequest{PostalServiceID: "S1", TotalWeight: "1", PostageCost: "2"}
	want := before
	want.TrackingNumber, want.ItemWeight = "T", "0.50"
	got := want
	got.ItemWeight, got.PostalServiceID, got.TotalWeight = "0.5", "s1", "9" // computed anew
	if items := shippingDiffers("a1", before, want, got); items != nil {
		t.Errorf("items = %v", items)
	}
	got.ItemWeight, got.PostalServiceID, got.TrackingNumber, got.ManualAdjust = "3", "", "", true
	var fields []string
	for _, item := range shippingDiffers("a1", before, want, got) {
		fields = append(fields, item.Code)
	}
	if !slices.Equal(fields, []string{"PostalServiceID", "TrackingNumber", "ItemWeight"}) {
		t.Errorf("fields = %v", fields)
	}
}

func TestLevelsDiffer(t *testing.T) {
	at := func(sku string, level int) StockItemLevel {
		return StockItemLevel{SKU: sku, StockLevel: level, Location: InventoryStockLocation{StockLocationID: "L"}}
	}
	set := []StockLevelUpdate{{SKU: "A", LocationID: "l", Level: 1}, {SKU: "a", LocationID: "L", Level: 2}, {SKU: "B", LocationID: "L", Level: 3}, {SKU: "C", LocationID: "L", Level: 4}}
	if err := levelsDiffer("op", set, []StockItemLevel{at("A", 2), at("B", 3), at("c", 4)}); err != nil {
		t.Errorf("all as set: %v", err)
	}
	err := levelsDiffer("op", set, []StockItemLevel{at("A", 1), at("B", 3), at("C", 9)})
	e, ok := errors.AsType[*NotAppliedError](err)
	if !ok || len(e.Items) != 2 || e.Items[0].Key != "a" || e.Items[0].Index != 1 || e.Items[1].Key != "C" || IsOutcomeUnknown(err) {
		t.Errorf("err = %v", err)
	}
	// A level that is not shown is not known.
	for _, shown := range [][]StockItemLevel{nil, {}, {at("X", 2)}, {at("A", 2), at("B", 3)}} {
		if err := levelsDiffer("op", set, shown); !IsOutcomeUnknown(err) || IsNotApplied(err) || !strings.Contains(err.Error(), "C: at location L") {
			t.Errorf("%d levels: err = %v", len(shown), err)
		}
	}
	if err := levelsDiffer("op", set, []StockItemLevel{at("A", 1)}); !IsOutcomeUnknown(err) || !IsNotApplied(err) {
		t.Errorf("one differs, others are not shown: err = %v", err)
	}
}

func TestUnknownSKUs(t *testing.T) {
	for _, tt := range []struct {
		message string
		sent    string // by bars
		want    []string
	}{
		{"No item found for the following SKUs: A, B", "A|B|C", []string{"A", "B"}},
		{"No item found for the following SKUs: A,B.", "a|b", []string{"a", "b"}},
		{"-: no item found for the following skus: A, B, A", "A|A, B", []string{"A, B", "A"}},
		{"No item found for the following SKUs: AB", "A|B", nil},
		{"No item found for the following SKUs: A, X", "A|B", nil},
		{"No item found for the following SKUs: ", "A", nil},
		{"Location not found.", "A", nil},
		{"\u0130\u0130 No item found for the following SKUs: A", "A", nil}, // lower case is longer: not understood
	} {
		var sent []StockLevelUpdate
		for sku := range strings.SplitSeq(tt.sent, "|") {
			sent = append(sent, StockLevelUpdate{SKU: sku})
		}
		body, _ := marshal(map[string]string{"Code": "-", "Message": tt.message})
		if got := unknownSKUs(body, sent); !slices.Equal(got, tt.want) {
			t.Errorf("%q of %s: %q", tt.message, tt.sent, got)
		}
	}
	if got := unknownSKUs([]byte("<html>"), nil); got != nil {
		t.Errorf("of a page: %q", got)
	}
}

func FuzzUnknownSKUs(f *testing.F) {
	for _, seed := range []string{"A, B", "A", "", ",", "A;B", "\u0130"} {
		f.Add(seed, "A", "B")
	}
	f.Fuzz(func(t *testing.T, list, a, b string) {
		sent := []StockLevelUpdate{{SKU: a}, {SKU: b}}
		body, _ := marshal(map[string]string{"Message": "No item found for the following SKUs: " + list})
		for _, sku := range unknownSKUs(body, sent) {
			if sku == "" || sku != strings.TrimSpace(a) && sku != strings.TrimSpace(b) {
				t.Errorf("%q was not sent", sku)
			}
		}
	})
}

// Items that stand for one SKU are not guessed among.
func TestFindStockItemsAmbiguous(t *testing.T) {
	s := &server{answer: status(200, `{"Items":[{"SKU":"mug","StockItemId":"a1"},{"SKU":"MUG","StockItemId":"b2"},{"SKU":"Tea","StockItemId":"c3"},{"SKU":"TEA","StockItemId":"C3"}]}`)}
	found, err := newTestClient(t, s).Inventory.FindStockItems(t.Context(), []string{"MUG", "tea"})
	e, ok := errors.AsType[*PartialError](err)
	if !ok || len(e.Items) != 1 || e.Items[0].Key != "MUG" || !cmp.Equal(found, map[string]GUID{"tea": "c3"}) {
		t.Errorf("found %v, err = %v", found, err)
	}
}

// Kits that hold each other end the reading.
func TestFindCompositionsOfACycle(t *testing.T) {
	s := &server{answer: func(r request) (*http.Response, error) {
		if strings.Contains(r.body, "a1") {
			return respond(200, `{"InventoryItemsCompositionByIds":{"A1":[{"LinkedStockItemId":"B2","Quantity":1}]}}`), nil
		}
		return respond(200, `{"InventoryItemsCompositionByIds":{"B2":[{"LinkedStockItemId":"A1","Quantity":1},{"LinkedStockItemId":"00000000-0000-0000-0000-000000000000","Quantity":1}]}}`), nil
	}}
	found, err := newTestClient(t, s).Inventory.FindCompositions(t.Context(), []GUID{"A1"})
	if _, calls := s.count(); err != nil || len(found) != 2 || calls != 2 {
		t.Errorf("%d calls, found %v, err = %v", calls, found, err)
	}
}

func TestNotAppliedError(t *testing.T) {
	throttle := &Error{Operation: "Orders.X", Class: ClassThrottle}
	lost := &Error{Operation: "Orders.X", Class: ClassNetwork, OutcomeUnknown: true}
	items := []ItemError{{Key: "a1", Message: "the order is parked"}}
	err := error(&NotAppliedError{Operation: "Orders.X", Items: items, Err: throttle})
	if !IsThrottle(err) || !IsNotApplied(err) || !strings.HasPrefix(err.Error(), "linnworks: Orders.X: not applied: a1: the order is parked; the call met: ") {
		t.Errorf("err = %v", err)
	}
	if err = (&NotAppliedError{Operation: "Orders.X", Items: items, Err: lost}); IsOutcomeUnknown(err) {
		t.Error("what was read back is still unknown")
	}
}

// A write that was lost, and whose repeat was refused for its session: the login
// that fails then is not the end, the orders are read back.
func TestVerifiedBehindAFailedLogin(t *testing.T) {
	const id = "a0000000-0000-4000-8000-00000000000f"
	for acted, want := range map[bool]func(error) bool{
		true:  func(err error) bool { return err == nil },
		false: func(err error) bool { return IsNotApplied(err) && !IsOutcomeUnknown(err) },
	} {
		for refused, want := range map[int]func(error) bool{500: want, 401: IsOutcomeUnknown} { // one refused is not asked again soon
			synctest.Test(t, func(t *testing.T) {
				s, writes, down := &server{}, 0, false
				s.answer = func(r request) (*http.Response, error) {
					if strings.HasSuffix(r.url, "/GetOrdersById") {
						return respond(200, fmt.Sprintf(`[{"OrderId":%q,"Processed":false,"GeneralInfo":{"HoldOrCancel":%t}}]`, id, acted)), nil
					}
					if writes++; writes == 1 {
						return nil, errors.New("connection reset")
					}
					down = true
					return respond(401, ""), nil
				}
				s.login = func(n int, _ request) (*http.Response, error) {
					if down && n < 7 { // the five attempts of one login
						return respond(refused, ""), nil
					}
					return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
				}
				err := newTestClient(t, s).Orders.LockOrderVerified(t.Context(), &LockOrderRequest{OrderIDs: []GUID{id}, LockOrder: true})
				if !want(err) || writes != 2 {
					t.Errorf("acted %t, login %d: %d writes, %v", acted, refused, writes, err)
				}
			})
		}
	}
}

// Reading back confirms nothing where it has another order, or the order without what
// the write changes. Nor does it refute anything.
func TestReadingBackOtherThings(t *testing.T) {
	t.Parallel()
	const id, other = GUID("a0000000-0000-4000-8000-00000000000f"), GUID("b0000000-0000-4000-8000-00000000000f")
	ids := []GUID{id}
	// Each asks for what a reply that lacks it would be zero for. want is a reading that
	// confirms it, and before what is read before the write, empty for none.
	calls := map[string]struct {
		call         func(*Client) error
		before, want string // of an order, without its id
		lacking      []string
	}{
		"ChangeStatus": {
			func(c *Client) error {
				return c.Orders.ChangeStatusVerified(t.Context(), &ChangeStatusRequest{OrderIDs: ids, Status: 0})
			},
			"", `"Processed":false,"GeneralInfo":{"Status":0,"X":1}`,
			[]string{`"Processed":false,"GeneralInfo":{"X":1}`, `"GeneralInfo":{"Status":0,"X":1}`, `"Processed":false,"GeneralInfo":{"Status":null,"X":1}`},
		},
		"ChangeOrderTag": {
			func(c *Client) error {
				return c.Orders.ChangeOrderTagVerified(t.Context(), &ChangeOrderTagRequest{OrderIDs: ids})
			},
			"", `"Processed":false,"GeneralInfo":{"Marker":0,"IsParked":false}`,
			[]string{`"Processed":false,"GeneralInfo":{"Marker":0}`, `"Processed":false,"GeneralInfo":{"IsParked":false}`},
		},
		"LockOrder": {
			func(c *Client) error {
				return c.Orders.LockOrderVerified(t.Context(), &LockOrderRequest{OrderIDs: ids})
			},
			"", `"Processed":false,"GeneralInfo":{"HoldOrCancel":false}`,
			[]string{`"Processed":false,"GeneralInfo":{"Status":1}`, `"Processed":null,"GeneralInfo":{"HoldOrCancel":false}`},
		},
		"CancelOrder": {
			func(c *Client) error {
				return c.Orders.CancelOrderVerified(t.Context(), &CancelOrderRequest{OrderID: id})
			},
			`"Processed":false,"GeneralInfo":{"HoldOrCancel":false,"IsParked":false,"Marker":0}`, `"Processed":true,"GeneralInfo":{"HoldOrCancel":true}`,
			[]string{`"Processed":true,"GeneralInfo":{"Status":1}`, `"GeneralInfo":{"HoldOrCancel":true}`},
		},
		"ProcessOrder": {
			func(c *Client) error {
				return c.Orders.ProcessOrderVerified(t.Context(), &ProcessOrderRequest{OrderID: id})
			},
			"", `"Processed":true,"GeneralInfo":{"HoldOrCancel":false}`,
			[]string{`"Processed":true,"GeneralInfo":{"Status":1}`, `"GeneralInfo":{"HoldOrCancel":false}`},
		},
		"SetOrderShippingInfo": {
			func(c *Client) error {
				_, err := c.Orders.SetOrderShippingInfoVerified(t.Context(), id, func(i *UpdateOrderShippingInfoRequest) { i.TrackingNumber = "" })
				return err
			},
			`"GeneralInfo":{"Status":1},"ShippingInfo":{"PostalServiceId":"","TrackingNumber":"T","TotalWeight":0,"ItemWeight":0,"PostageCost":0,"ManualAdjust":false}`,
			`"GeneralInfo":{"Status":1},"ShippingInfo":{"PostalServiceId":"","TrackingNumber":null,"TotalWeight":0,"ItemWeight":0,"PostageCost":0,"ManualAdjust":false}`,
			[]string{`"GeneralInfo":{"Status":1}`, `"GeneralInfo":{"Status":1},"ShippingInfo":{}`, `"GeneralInfo":{"Status":1},"ShippingInfo":{"PostalServiceId":"","TotalWeight":0,"ItemWeight":0,"PostageCost":0,"ManualAdjust":false}`},
		},
		"CreatePDFFromJobForceTemplate": {
			func(c *Client) error {
				_, err := c.Print.CreatePDFFromJobForceTemplateVerified(t.Context(), &CreatePDFFromJobForceTemplateRequest{IDs: ids})
				return err
			},
			`"GeneralInfo":{"LabelPrinted":false,"Status":1}`, `"GeneralInfo":{"LabelPrinted":true}`,
			[]string{`"GeneralInfo":{"Status":1}`, `"GeneralInfo":{"LabelPrinted":null,"Status":1}`},
		},
	}
	order := func(id GUID, members string) string { return fmt.Sprintf(`[{"OrderId":%q,%s}]`, id, members) }
	for name, tt := range calls {
		run := func(before, after string) (wrote bool, err error) {
			written := map[string]string{"ChangeStatus": `["` + string(id) + `"]`, "ChangeOrderTag": `["` + string(id) + `"]`, "LockOrder": "", "CancelOrder": `""`,
				"ProcessOrder": fmt.Sprintf(`{"OrderId":%q,"Processed":true}`, other), "SetOrderShippingInfo": "{\"TrackingNumber\":\"\"}", "CreatePDFFromJobForceTemplate": `{"IdsProcessed":[]}`}[name]
			s := &server{answer: func(r request) (*http.Response, error) {
				switch {
				case !strings.HasSuffix(r.url, "/GetOrdersById"):
					wrote = true
					return respond(200, written), nil
				case !wrote && tt.before != "":
					return respond(200, before), nil
				}
				return respond(200, after), nil
			}}
			err = tt.call(newTestClient(t, s))
			return wrote, err
		}
		before := order(id, tt.before)
		if _, err := run(before, order(id, tt.want)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		readings := []string{order(other, tt.want), "", "null", "[{" + tt.want + "}]"}
		for _, members := range tt.lacking {
			readings = append(readings, order(id, members))
		}
		if tt.before != "" {
			readings = append(readings, "[]")
		}
		for _, reading := range readings {
			if wrote, err := run(before, reading); !wrote || !IsOutcomeUnknown(err) || IsNotApplied(err) {
				t.Errorf("%s reads back %s: written %t, %v; want an unknown outcome", name, reading, wrote, err)
			}
		}
		if tt.before == "" {
			continue
		}
		// Nor is anything written on the strength of such a reading.
		for _, reading := range []string{order(other, tt.before), "", "[{" + tt.before + "}]", order(id, `"GeneralInfo":{"X":1}`), "[]"} {
			if wrote, err := run(reading, order(id, tt.want)); wrote || err == nil || IsOutcomeUnknown(err) {
				t.Errorf("%s reads %s before: written %t, %v; want an error and no write", name, reading, wrote, err)
			}
		}
	}
	// A lost write to an order that is not read is not known to have failed.
	s := &server{answer: func(r request) (*http.Response, error) {
		if strings.HasSuffix(r.url, "/GetOrdersById") {
			return respond(200, "[]"), nil
		}
		return nil, errors.New("connection reset")
	}}
	err := newTestClient(t, s, WithMaxAttempts(1)).Orders.LockOrderVerified(t.Context(), &LockOrderRequest{OrderIDs: ids})
	if !IsOutcomeUnknown(err) || IsNotApplied(err) {
		t.Errorf("lost, and not read: %v", err)
	}
}

// An order is not taken for missing, and made again, because of a reading that tells
// nothing.
func TestFindingOtherThings(t *testing.T) {
	t.Parallel()
	const good = `{"OrderId":"a0000000-0000-4000-8000-00000000000f","NumOrderId":%d,"GeneralInfo":{"Source":"SHOP","SubSource":"UK","ReferenceNum":"r-1","Status":%d}}`
	foreign := fmt.Sprintf(strings.Replace(good, "UK", "DE", 1), 1, 1)
	for reply, want := range map[string]int{ // -1 for an error
		"[]": 0, "[" + foreign + "]": 0, "[" + fmt.Sprintf(good, 1, 4) + "]": 0, "[" + fmt.Sprintf(good, 1, 1) + "]": 1,
		"": -1, "null": -1, `[{"OrderId":"a0000000-0000-4000-8000-00000000000f"}]`: -1, "{}": -1,
		"[" + strings.Replace(foreign, `"SubSource":"DE",`, "", 1) + "]":      -1,
		"[" + strings.Replace(foreign, `"ReferenceNum":"r-1",`, "", 1) + "]":  -1,
		"[" + strings.Replace(foreign, `"Source":"SHOP",`, "", 1) + "]":       -1,
		"[" + strings.Replace(foreign, `,"Status":1`, "", 1) + "]":            -1,
		"[" + strings.Replace(foreign, `"SHOP"`, "null", 1) + "]":             0,
		"[" + strings.Repeat(foreign+",", 49) + foreign + "]":                 -1,
		"[" + strings.Repeat(foreign+",", 49) + fmt.Sprintf(good, 2, 1) + "]": 1,
		"[" + strings.Repeat(foreign+",", 48) + foreign + "]":                 0,
	} {
		found, err := newTestClient(t, &server{answer: status(200, reply)}).Orders.FindOrdersByReference(t.Context(), "SHOP", "UK", "r-1")
		if (err != nil) != (want < 0) || err == nil && len(found) != want || err != nil && IsNotFound(err) {
			t.Errorf("%.200s: %d orders, %v; want %d", reply, len(found), err, want)
		}
	}
	// The oldest comes first, which a split order goes by.
	reply := "[" + fmt.Sprintf(good, 9, 1) + "," + fmt.Sprintf(good, 3, 1) + "," + fmt.Sprintf(good, 5, 1) + "]"
	found, err := newTestClient(t, &server{answer: status(200, reply)}).Orders.FindOrdersByReference(t.Context(), "shop", "uk", "R-1")
	if err != nil || len(found) != 3 || found[0].NumOrderID != 3 || found[1].NumOrderID != 5 || found[2].NumOrderID != 9 {
		t.Errorf("orders %v, %v", found, err)
	}

	// Linnworks names an order as saved that is not found: nobody knows.
	s := &server{answer: func(r request) (*http.Response, error) {
		if strings.Contains(r.url, "/CreateOrders") {
			return respond(200, `["a0000000-0000-4000-8000-00000000000f"]`), nil
		}
		return respond(200, "[]"), nil
	}}
	order := ChannelOrder{Source: "SHOP", SubSource: "UK", ReferenceNumber: "r-1", OrderItems: []ChannelOrderItem{}}
	created, err := newTestClient(t, s).Orders.CreateOrdersVerified(t.Context(), &CreateOrdersRequest{Location: "Default", Orders: []ChannelOrder{order}})
	if !IsOutcomeUnknown(err) || IsNotApplied(err) || len(created) != 1 || created[0].Outcome != CreateFailed {
		t.Errorf("created %v, %v", created, err)
	}
}

// What was asked for is not taken for missing because the reply does not hold the list,
// or is of other things.
func TestLookupsOfNothing(t *testing.T) {
	t.Parallel()
	const id, other = "a0000000-0000-4000-8000-00000000000f", "b0000000-0000-4000-8000-00000000000f"
	calls := map[string]func(*Client) (int, error){
		"items": func(c *Client) (int, error) {
			found, err := c.Inventory.FindStockItems(t.Context(), []string{"MUG"})
			return len(found), err
		},
		"kits": func(c *Client) (int, error) {
			found, err := c.Inventory.FindCompositions(t.Context(), []GUID{id})
			return len(found), err
		},
	}
	part := `[{"LinkedStockItemId":"00000000-0000-0000-0000-000000000000","Quantity":1}]`
	for _, tt := range []struct {
		call, reply string
		want        int // -1 for an error
	}{
		{"items", `{"Items":[{"SKU":"mug","StockItemId":"` + id + `"}]}`, 1},
		{"items", `{"items": []}`, 0},
		{"items", `{"Items":null}`, -1},
		{"items", `{"Items":{}}`, -1},
		{"items", `{"Items":""}`, -1},
		{"items", `{"Items":[{"SKU":"mug"}]}`, -1},
		{"items", `{"Items":[{"SKU":"mug","StockItemId":""}]}`, -1},
		{"items", `{"Items":[{"StockItemId":"` + id + `"}]}`, -1},
		{"kits", `{"InventoryItemsCompositionByIds":{"` + id + `":` + part + `}}`, 1},
		{"kits", `{"InventoryItemsCompositionByIds":{}}`, 0},
		{"kits", `{"InventoryItemsCompositionByIds":null}`, -1},
		{"kits", `{"InventoryItemsCompositionByIds":[]}`, -1},
		{"kits", `{"InventoryItemsCompositionByIds":{"` + other + `":` + part + `}}`, -1},
		{"kits", `{"InventoryItemsCompositionByIds":{"` + id + `":[{"Quantity":1}]}}`, -1},
	} {
		n, err := calls[tt.call](newTestClient(t, &server{answer: status(200, tt.reply)}))
		if (err != nil) != (tt.want < 0) || err == nil && n != tt.want || IsNotFound(err) {
			t.Errorf("%s, %s: %d found, %v; want %d", tt.call, tt.reply, n, err, tt.want)
		}
	}
}
