package linnworkstest_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
)

func TestFormAndJSONOfOneCallDoTheSame(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 1))
	for _, test := range []struct {
		path, json string
		form       url.Values
	}{
		{"Orders/GetOrdersById", fmt.Sprintf(`{"pkOrderIds":[%q]}`, id), url.Values{"pkOrderIds": {fmt.Sprintf(`[%q]`, id)}}},
		{"Orders/ChangeOrderTag", fmt.Sprintf(`{"orderIds":[%q],"tag":3}`, id), url.Values{"orderIds": {fmt.Sprintf(`[%q]`, id)}, "tag": {"3"}}},
		{"Orders/ChangeOrderTag", fmt.Sprintf(`{"orderIds":[%q],"tag":null}`, id), url.Values{"orderIds": {fmt.Sprintf(`[%q]`, id)}, "tag": {"null"}}},
		{"Stock/GetStockLevel_Batch", fmt.Sprintf(`{"request":{"StockItemIds":[%q]}}`, a.mug), url.Values{"request": {fmt.Sprintf(`{"StockItemIds":[%q]}`, a.mug)}}},
		{"Stock/GetStockItemTypeInfo", `{"SKUS":["MUG"]}`, url.Values{"request": {`{"SKUS":["MUG"]}`}}},
		{"Stock/GetStockItemTypeInfo", `{"SKUS":["MUG"]}`, url.Values{"parameters": {`{"SKUS":["MUG"]}`}}},
		{"Stock/GetStockItemsFull", `{"keyword":"mug","entriesPerPage":5,"pageNumber":1,"dataRequirements":[0]}`,
			url.Values{"keyword": {"mug"}, "entriesPerPage": {"5"}, "pageNumber": {"1"}, "dataRequirements": {`["StockLevels"]`}}},
	} {
		jsonStatus, fromJSON := a.raw(t, test.path, asJSON, test.json)
		formStatus, fromForm := a.raw(t, test.path, asForm, test.form.Encode())
		if jsonStatus != 200 || formStatus != 200 || len(fromJSON) < 5 {
			t.Errorf("%s: status %d as JSON and %d as form: %s", test.path, jsonStatus, formStatus, fromJSON)
		}
		if diff := cmp.Diff(fromJSON, fromForm); diff != "" {
			t.Errorf("%s: replies differ (-json +form):\n%s", test.path, diff)
		}
	}
}

func TestOperationsOfGETAlsoAnswerAPostedForm(t *testing.T) {
	a := open(t)
	a.order(t, paid("1", "c-mug", 1))
	status, body := a.raw(t, "Orders/GetOrderDetailsByReferenceId", asForm, "ReferenceId=1")
	if status != 200 || !strings.Contains(body, `"ReferenceNum":"1"`) {
		t.Errorf("status %d, body %s", status, body)
	}
}

// TestOperationsThatTheFakeLacks checks that the fake says what it lacks, and
// that paths which Linnworks does not have are answered as Linnworks does.
func TestOperationsThatTheFakeLacks(t *testing.T) {
	a := open(t)
	for _, test := range []struct{ path, lacks string }{
		{"Listings/GetEbayListingOperations", "Listings.GetEbayListingOperations"},
		{"listings/getebaylistingoperations", "Listings.GetEbayListingOperations"},
		{"Listings/GetEbayListingOperation", ""},
		{"Nothing", ""},
	} {
		status, body := a.raw(t, test.path, asJSON, `{}`)
		want := "linnworkstest does not support " + test.lacks
		if test.lacks == "" {
			want = "No HTTP resource was found"
		}
		if status != 404 || !strings.Contains(body, want) || test.lacks == "" && strings.Contains(body, "linnworkstest does") {
			t.Errorf("%s: status %d, %s; want 404 and %q", test.path, status, body, want)
		}
	}
	_, err := a.c.Listings.GetEbayListingOperations(t.Context(), &linnworks.GetEbayListingOperationsRequest{})
	if e, ok := errors.AsType[*linnworks.Error](err); !ok || e.Class != linnworks.ClassRoute || !strings.Contains(e.Message, "linnworkstest does not support") {
		t.Errorf("got %v", err)
	}
}

// TestListsInTheQuery checks that a list is read from repeated keys, of which
// there may be one, and from JSON text.
func TestListsInTheQuery(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 1))
	order := must(a.c.Orders.GetOrderByID(t.Context(), &linnworks.GetOrderByIDRequest{OrderID: id}))(t)
	for _, ids := range [][]int{{order.NumOrderID}, {order.NumOrderID, 7}} {
		left := must(a.c.OpenOrders.FilterNotProcessedOpenOrders(t.Context(), &linnworks.FilterNotProcessedOpenOrdersRequest{OrderIDs: ids}))(t)
		if diff := cmp.Diff([]int{order.NumOrderID}, left.OrderIDs); diff != "" {
			t.Errorf("of %v (-want +got):\n%s", ids, diff)
		}
	}
}

func TestWrongWrapperIsRefusedWithLinnworksText(t *testing.T) {
	const nullReference, missing = "Object reference not set to an instance of an object.", "'request' parameter is missing. "
	a := open(t)
	for _, test := range []struct{ name, path, contentType, body, want string }{
		{"wrapped sent flat", "Stock/GetStockLevel_Batch", asJSON, `{"StockItemIds":[]}`, nullReference},
		{"wrapped sent empty", "Stock/GetStockLevel_Batch", asJSON, ``, missing},
		{"wrapped sent as form fields", "Stock/GetStockLevel_Batch", asForm, `StockItemIds=[]`, missing},
		{"parameters sent wrapped", "Orders/GetOrdersById", asJSON, `{"request":{"pkOrderIds":[]}}`, nullReference},
		{"parameters sent empty", "Orders/GetOrdersById", asJSON, ``, nullReference},
		{"flat sent wrapped", "Orders/AddOrdersNote", asJSON, `{"request":{"OrderIds":[],"NoteText":"x"}}`, nullReference},
		{"flat sent as form fields", "Orders/AddOrdersNote", asForm, `OrderIds=[]&NoteText=x`, missing},
		{"no JSON", "Orders/GetOrdersById", asJSON, `{"pkOrderIds":`, "The request is invalid."},
		{"a list too many", "Orders/GetOrdersById", asJSON, `[{"pkOrderIds":[]}]`, "The request is invalid."},
		{"no GUID", "Orders/GetOrdersById", asJSON, `{"pkOrderIds":["1"]}`, "The request is invalid."},
		{"an empty GUID", "Orders/ProcessOrder", asJSON, `{"orderId":""}`, "The request is invalid."},
		{"a text for a list", "Orders/GetOrdersById", asJSON, `{"pkOrderIds":"1"}`, "The request is invalid."},
		{"an unknown enum", "Orders/CreateOrders", asJSON, `{"location":"Default","orders":[{"PaymentStatus":"Due"}]}`, "The request is invalid."},
		{"an enum out of range", "Orders/CreateOrders", asJSON, `{"location":"Default","orders":[{"PaymentStatus":3}]}`, "The request is invalid."},
	} {
		status, body := a.raw(t, test.path, test.contentType, test.body)
		if got := message(t, body); status != 400 || got != test.want {
			t.Errorf("%s: status %d %q, want 400 %q", test.name, status, got, test.want)
		}
	}
}

func TestAWrappedFlatRequestMaySucceedAndFindNothing(t *testing.T) {
	a := open(t)
	status, body := a.raw(t, "Stock/GetStockItemTypeInfo", asJSON, `{"request":{"SKUS":["MUG"]}}`)
	if status != 200 || body != `{"StockItemInfo":[]}` {
		t.Errorf("status %d, body %s; want an empty success", status, body)
	}
}

func TestNamesMatchInAnyCaseAndEnumsByNumber(t *testing.T) {
	a := open(t)
	status, body := a.raw(t, "orders/createorders", asJSON, `{"ORDERS":[{"source":"SHOP","subsource":"UK","REFERENCENUMBER":900,
		"paymentStatus":1,"orderState":"park","receivedDate":"2000-01-01T00:00:00","DispatchBy":"2000-01-02 10:00:00",
		"orderItems":[{"itemNumber":"1","channelSKU":"c-mug","qty":"2","pricePerUnit":"1.5"}]}],"Location":"default"}`)
	if status != 200 {
		t.Fatalf("status %d: %s", status, body)
	}
	o := a.OrdersByReference("shop", "uk", "900")[0]
	if o.GeneralInfo.Status != 1 || !o.GeneralInfo.IsParked || o.Items[0].Quantity != 2 || o.TotalsInfo.TotalCharge != "3" {
		t.Errorf("order %+v, want paid, parked, 2 units for 3", o)
	}
}

func TestRepliesHaveEveryFieldAndDatesWithoutZone(t *testing.T) {
	a := open(t)
	in := paid("1", "c-mug", 1)
	in.DispatchBy = linnworks.Time{Time: opening.AddDate(0, 0, 1).Add(1500e6)}
	id := a.order(t, in)
	_, body := a.raw(t, "Orders/GetOrdersById", asJSON, fmt.Sprintf(`{"pkOrderIds":[%q]}`, id))
	for _, want := range []string{
		`"ReceivedDate":"2000-01-01T00:00:00"`, `"DespatchByDate":"2000-01-02T00:00:01.5"`,
		`"ProcessedDateTime":"0001-01-01T00:00:00"`, `"Location":"00000000-0000-0000-0000-000000000000"`,
		`"HoldOrCancel":false`, `"TrackingNumber":""`, `"FolderName":[]`, `"PricePerUnit":10,`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the reply lacks %s", want)
		}
	}
}

func TestErrorBodyHasCodeAndMessage(t *testing.T) {
	a := open(t)
	_, body := a.raw(t, "Orders/CreateOrders", asJSON, `{"location":"Nowhere","orders":[]}`)
	if want := `{"Code":null,"Message":"Location not found."}`; body != want {
		t.Errorf("body %s, want %s", body, want)
	}
}

func TestLockOrderAnswersWithoutABody(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 1))
	status, body := a.raw(t, "Orders/LockOrder", asForm, fmt.Sprintf(`orderIds=[%q]&lockOrder=true`, id))
	if status != 204 || body != "" {
		t.Errorf("status %d, body %q; want 204 and none", status, body)
	}
}
