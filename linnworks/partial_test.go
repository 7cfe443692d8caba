package linnworks

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
)

// callByName calls a generated method with a request, nil for an empty one, and
// returns its result and error.
func callByName(t *testing.T, c *Client, op string, req any, opts ...CallOption) (any, error) {
	t.Helper()
	service, method, _ := strings.Cut(op, ".")
	m := reflect.ValueOf(c).Elem().FieldByName(service).MethodByName(method)
	if !m.IsValid() {
		t.Fatalf("there is no operation %s", op)
	}
	in := []reflect.Value{reflect.ValueOf(t.Context())}
	last := m.Type().NumIn() - 2 // the options are behind it
	for i := 1; i < last; i++ {  // of the path
		arg := reflect.New(m.Type().In(i)).Elem()
		if arg.CanInt() {
			arg.SetInt(1)
		} else {
			arg.SetString("1")
		}
		in = append(in, arg)
	}
	if last > 0 {
		r := reflect.New(m.Type().In(last)).Elem()
		if r.Kind() == reflect.Pointer {
			r.Set(reflect.New(r.Type().Elem()))
			setRequired(r.Elem())
		}
		if req != nil {
			r = reflect.ValueOf(req)
		}
		in = append(in, r)
	}
	for _, opt := range opts {
		in = append(in, reflect.ValueOf(opt))
	}
	out := m.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	return out[0].Interface(), err
}

// setRequired gives the required lists and ids of a request a value.
func setRequired(req reflect.Value) {
	if req.Kind() != reflect.Struct {
		return
	}
	for i := range req.NumField() {
		switch f := req.Field(i); {
		case strings.Contains(string(req.Type().Field(i).Tag), ",omit"):
		case f.Kind() == reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 0, 0))
		case isGUID(f.Type()):
			f.SetString("a1")
		}
	}
}

func TestPartialErrors(t *testing.T) {
	one := []GUID{"a1"}
	for _, tt := range []struct {
		op   string
		req  any
		body string
		want []ItemError // nil for success
	}{
		{"Stock.UpdateStockLevelsBulk", nil, `{"Items":[{"SKU":"A","StockLevel":1},{"SKU":"B","RowIndex":1,"Errors":["is a composite","and batched"]},{"StockItemId":"c3","Errors":["unknown"]}]}`,
			[]ItemError{{Key: "B", Index: 1, Message: "is a composite"}, {Key: "B", Index: 1, Message: "and batched"}, {Key: "c3", Index: 2, Message: "unknown"}}},
		{"Stock.UpdateStockLevelsBulk", nil, ``, nil},
		{"Stock.UpdateStockLevelsBulk", nil, `{"Items":[{"SKU":"A","Errors":[]},{"SKU":"B","Errors":null}]}`, nil},
		{"Stock.BatchStockLevelDelta", nil, `{"ProcessedContainsErrors":true,"ProcessedDeltas":[{"SKU":"A"},{"SKU":"B","Errors":["no batch"]}]}`,
			[]ItemError{{Key: "B", Index: 1, Message: "no batch"}}},
		{"Stock.BatchStockLevelDelta", nil, `{"ProcessedContainsErrors":true,"ProcessedDeltas":[{"SKU":"A"}]}`, []ItemError{{Index: -1}}},
		{"Stock.BatchStockLevelDelta", nil, `{"ProcessedContainsErrors":false,"ProcessedDeltas":[{"SKU":"A"}]}`, nil},
		{"Stock.AddRollingStockTake", nil, `{"ErroredItems":[{"StockItemId":"a1","Errors":["in a wave"]}]}`, []ItemError{{Key: "a1", Message: "in a wave"}}},

		{"Orders.MoveToLocation", nil, `{"OrdersMoved":["a1"],"Errors":["general"],"KeyedErrors":{"c3":"parked","b2":"locked"}}`,
			[]ItemError{{Key: "b2", Index: -1, Message: "locked"}, {Key: "c3", Index: -1, Message: "parked"}, {Index: -1, Message: "general"}}},
		{"Orders.MoveToLocation", nil, `{"OrdersMoved":["a1"],"Errors":[],"KeyedErrors":{}}`, nil},
		{"OpenOrders.MarkReadyForCollection", nil, `{"KeyedErrors":{"a1":"no"}}`, []ItemError{{Key: "a1", Index: -1, Message: "no"}}},
		{"Orders.AddExtendedProperties", nil, `{"ExtendedPropertiesInserted":1,"Errors":["no name"]}`, []ItemError{{Index: -1, Message: "no name"}}},
		{"Orders.ProcessOrder", nil, `{"OrderId":"a1","Processed":false,"Error":"It is parked"}`, []ItemError{{Key: "a1", Index: -1, Message: "It is parked"}}},
		{"Orders.ProcessOrder", nil, `{"OrderId":"a1","Processed":false}`, []ItemError{{Key: "a1", Index: -1}}},
		{"Orders.ProcessOrder", nil, `{"OrderId":"a1","Processed":true,"Error":"a warning"}`, nil},
		{"Orders.ProcessFulfilmentCentreOrder", nil, `{"OrderId":"a1"}`, []ItemError{{Key: "a1", Index: -1}}},
		{"Orders.ProcessOrdersInBatch", nil, `[{"OrderId":"a1","Processed":true},{"OrderId":"b2","Error":"x"},{"OrderId":"c3"}]`,
			[]ItemError{{Key: "b2", Index: 1, Message: "x"}, {Key: "c3", Index: 2}}},
		{"Orders.ProcessOrderByOrderIDOrReference", nil, `{"OrderId":"a1","ProcessedState":"NOTE_ACKNOWLEDGEMENT_REQUIRED","Message":"read it"}`,
			[]ItemError{{Key: "a1", Index: -1, Code: "NOTE_ACKNOWLEDGEMENT_REQUIRED", Message: "read it"}}},
		{"Orders.ProcessOrderByOrderIDOrReference", nil, `{"OrderId":"a1","ProcessedState":"PROCESSED","Message":"fine"}`, nil},

		{"Orders.ChangeStatus", &ChangeStatusRequest{OrderIDs: []GUID{"A1000000-0000-4000-8000-000000000001", "b2"}}, `["a1000000-0000-4000-8000-000000000001"]`, []ItemError{{Key: "b2", Index: -1, Message: "not among the ids that the reply names as changed"}}},
		{"Orders.ChangeStatus", &ChangeStatusRequest{OrderIDs: []GUID{"a1000000-0000-4000-8000-000000000001"}}, `["A1000000-0000-4000-8000-000000000001"]`, nil},
		{"Orders.ChangeStatus", &ChangeStatusRequest{OrderIDs: one}, ``, nil}, // it says nothing
		{"Orders.ChangeStatus", &ChangeStatusRequest{OrderIDs: []GUID{}}, `[]`, nil},
		{"Orders.ChangeOrderTag", &ChangeOrderTagRequest{OrderIDs: one}, `[]`, []ItemError{{Key: "a1", Index: -1, Message: "not among the ids that the reply names as changed"}}},
		{"Orders.AssignToFolder", &AssignToFolderRequest{OrderIDs: one}, `[]`, []ItemError{{Key: "a1", Index: -1, Message: "not among the ids that the reply names as changed"}}},

		{"Inventory.CreateChannelMapping", nil, `{"ResultStatus":"PARTIALLY_SUCCESSFUL","Results":[{"ResultStatus":"SUCCESSFUL","Message":"created"},{"ResultStatus":3,"Message":"known","Result":{"ChannelSKU":"c-1"}}]}`,
			[]ItemError{{Key: "c-1", Index: 1, Code: "FAILED", Message: "known"}}},
		{"Inventory.UpdateChannelMapping", nil, `{"ResultStatus":"FAILED","Results":[]}`, []ItemError{{Index: -1, Code: "FAILED"}}},
		{"Inventory.UpdateChannelMapping", nil, `{"ResultStatus":"SUCCESSFUL","Results":[{"ResultStatus":"SUCCESSFUL"}]}`, nil},
		{"Inventory.AddInventoryItemBulk", nil, `{"Results":[{"ResultStatus":"FAILED","Message":"no SKU"}]}`, []ItemError{{Code: "FAILED", Message: "no SKU"}}},
		{"OrdersV2.UpdateFulfillmentStatuses", nil, `{"Results":[{"ResultStatus":"FAILED","Message":"unknown","Result":{"OrderId":"a1"}}]}`,
			[]ItemError{{Key: "a1", Code: "FAILED", Message: "unknown"}}},

		{"ReturnsRefunds.CreateRefund", nil, `{"CannotRefundReason":"OpenOrderInLinnworks","Errors":[]}`, []ItemError{{Index: -1, Code: "OpenOrderInLinnworks"}}},
		{"ReturnsRefunds.CreateRefund", nil, `{"CannotRefundReason":"None","Errors":["amount is zero"]}`, []ItemError{{Index: -1, Message: "amount is zero"}}},
		{"ReturnsRefunds.CreateRefund", nil, `{"RefundHeaderId":4,"CannotRefundReason":"None"}`, nil},
		{"ReturnsRefunds.ActionRefund", nil, `{"SuccessfullyActioned":true,"Errors":["but"]}`, []ItemError{{Index: -1, Message: "but"}}},
		{"ReturnsRefunds.ActionRMABooking", nil, `{"RMAHeaderId":7,"SuccessfullyActioned":false}`, []ItemError{{Index: -1}}},
		{"PostSale.CreateCancellation", nil, `{"Errors":["locked"]}`, []ItemError{{Index: -1, Message: "locked"}}},

		{"Print.CreatePDFFromJobForceTemplate", nil, `{"URL":"u","KeyedError":[{"Id":"a1","Error":"1 Hidden Row is no address"}],"PrintErrors":["x"]}`,
			[]ItemError{{Key: "a1", Message: "see Detail", Detail: "1 Hidden Row is no address"}, {Index: -1, Message: "see Detail", Detail: "x"}}},
		{"Print.PrintTemplatePreview", nil, `{"URL":"u","PrintErrors":["x"]}`, []ItemError{{Index: -1, Message: "see Detail", Detail: "x"}}},

		{"Email.GenerateAdhocEmail", nil, `{"FailedRecipients":["jane@example.com"],"isComplete":false}`, []ItemError{{Index: -1, Message: "see Detail", Detail: "jane@example.com"}}},
		{"Email.GenerateFreeTextEmail", nil, `{"FailedRecipients":[],"isComplete":false}`, []ItemError{{Index: -1}}},
		{"Email.GenerateFreeTextEmail", nil, `{"FailedRecipients":null,"isComplete":true}`, nil},
		{"GenericListings.SaveConfiguratorDescription", nil, `{"ErrorMessage":"no category","IsSaved":false}`, []ItemError{{Index: -1, Message: "no category"}}},
		{"GenericListings.SaveConfiguratorDescription", nil, `{"ErrorMessage":null,"IsSaved":true}`, nil},
		{"Inventory.UpdateBatchDates", nil, `{"Items":[{"SKU":"A"},{"SKU":"B","HasError":true,"Errors":["no batch"]}]}`, []ItemError{{Key: "B", Index: 1, Message: "no batch"}}},
		{"Inventory.UpdateBatchDates", nil, `{"Items":[{"SKU":"A","Errors":[]},{"BatchNumber":"7","HasError":true}]}`, []ItemError{{Key: "7", Index: 1}}},
		{"Inventory.UpdateBatchDates", nil, `{"Items":[{"SKU":"A","Errors":[]}]}`, nil},
		{"OpenOrders.AssignStockToOrders", nil, `{"BatchActionResult":{"ProcessedOrders":[],"UnprocessedOrders":{"locked":["b2","a1"]}}}`, []ItemError{{Key: "a1", Index: -1, Message: "locked"}, {Key: "b2", Index: -1, Message: "locked"}}},
		{"OpenOrders.DeleteAssignedStock", nil, `{"BatchActionResult":{"ProcessedOrders":[1],"UnprocessedOrders":{"parked":[7]}}}`, []ItemError{{Key: "7", Index: -1, Message: "parked"}}},
		{"OpenOrders.DeleteAssignedStock", nil, `{"BatchActionResult":{"ProcessedOrders":[1],"UnprocessedOrders":{}}}`, nil},
		{"Picking.DeleteOrdersFromPickingWaves", &DeleteOrdersFromPickingWavesRequest{OrderIDs: []int{1, 2, 3}}, `{"ProcessedOrderIds":[1],"NoPickwaves":[3]}`, []ItemError{{Key: "2", Index: -1, Message: "not among the ids that the reply names as changed"}}},
		{"Picking.DeleteOrdersFromPickingWaves", &DeleteOrdersFromPickingWavesRequest{OrderIDs: []int{1, 3}}, `{"ProcessedOrderIds":[1],"NoPickwaves":[3]}`, nil},
		{"Picking.GeneratePickingWave", nil, `{"PickingWaves":[],"ValidationResults":[{"OrderId":7,"HasErrors":true,"Errors":[{"Error":"no bin"}]},{"OrderId":8,"Errors":[]}]}`, []ItemError{{Key: "7", Message: "no bin"}}},
		{"Picking.GeneratePickingWave", nil, `{"PickingWaves":[],"ValidationResults":[{"OrderId":7,"HasErrors":true}]}`, []ItemError{{Key: "7"}}},
		{"PurchaseOrder.CreatePOsFromInventory", nil, `{"PurchaseOrders":{},"SkippedStockItems":["a1"]}`, []ItemError{{Key: "a1"}}},
		{"PurchaseOrder.CreatePOsFromInventory", nil, `{"PurchaseOrders":{},"SkippedStockItems":[]}`, nil},
		{"WMS.UpdateWarehouseBinrackBinrackToZone", nil, `{"BinrackToZones":[{"BinrackId":4},{"BinrackId":5,"Errors":["no zone"]}]}`, []ItemError{{Key: "5", Index: 1, Message: "no zone"}}},
		{"WarehouseTransferV2.ConfirmPackingOption", nil, `{"id":"a1","status":2,"problems":[{"code":"P1","message":"a warning","severity":0},{"code":"P2","message":"no box","severity":1}]}`, []ItemError{{Index: 1, Code: "P2", Message: "no box"}}},
		{"WarehouseTransferV2.SetPrepDetails", nil, `{"id":"a1","status":2}`, []ItemError{{Index: -1}}},
		{"WarehouseTransferV2.SetPrepDetails", nil, `{"id":"a1","status":0,"problems":[{"message":"a warning","severity":0}]}`, nil},
		{"WarehouseTransferV2.ImportItems", nil, `{"insertedIds":[1],"notImportedItems":[{"sku":"A","failMessage":"unknown"},{"stockItemId":7}]}`, []ItemError{{Key: "A", Message: "unknown"}, {Key: "7", Index: 1}}},
		{"WarehouseTransferV2.RefreshShipmentCards", nil, `{"amazonConfigErrors":[{"channelId":3,"errorMessage":"expired"}]}`, []ItemError{{Key: "3", Message: "expired"}}},
		{"WarehouseTransferV2.UpdateShippingPlanPrepInstructionsByShippingPlanID", nil, `{"shippingPlanId":1,"invalidSKUList":[{"sellerSKU":"A","errorReason":2}]}`, []ItemError{{Key: "A", Code: "2"}}},

		{"Shipping.CancelOrderShippingLabel", nil, `{"IsError":true,"ErrorMessage":"manifested"}`, []ItemError{{Index: -1, Message: "manifested"}}},
		{"Shipping.CancelOrderShippingLabel", nil, `{"IsError":false,"LabelCanceled":true}`, nil},
	} {
		c := newTestClient(t, &server{answer: status(200, tt.body)})
		out, err := callByName(t, c, tt.op, tt.req)
		if tt.want == nil {
			if err != nil {
				t.Errorf("%s %s: err = %v", tt.op, tt.body, err)
			}
			continue
		}
		e, ok := errors.AsType[*PartialError](err)
		if !ok || !IsPartial(err) || IsTemporary(err) || IsOutcomeUnknown(err) || e.Operation != tt.op {
			t.Errorf("%s %s: err = %v", tt.op, tt.body, err)
			continue
		}
		if diff := cmp.Diff(tt.want, e.Items); diff != "" {
			t.Errorf("%s %s: items (-want +got):\n%s", tt.op, tt.body, diff)
		}
		if v := reflect.ValueOf(out); v.Kind() == reflect.Pointer && v.Elem().IsZero() {
			t.Errorf("%s: the result beside the error is empty", tt.op)
		}
	}
}

// A rule that names what is not there would find nothing for ever.
func TestPartialRulesFitTheirOperations(t *testing.T) {
	c := newTestClient(t, &server{})
	for op, rules := range partialRules {
		service, method, _ := strings.Cut(op, ".")
		m := reflect.ValueOf(c).Elem().FieldByName(service).MethodByName(method)
		if !m.IsValid() {
			t.Errorf("there is no operation %s", op)
			continue
		}
		has := func(in reflect.Type, path string) reflect.Type {
			for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
				in = in.Elem()
			}
			for name := range strings.SplitSeq(path, ".") {
				f, ok := in.FieldByName(name)
				if !ok {
					t.Errorf("%s: %s has no field %s", op, in, name)
					return in
				}
				in = f.Type
			}
			return in
		}
		for _, r := range rules {
			if r.asked != "" {
				named := []reflect.Type{m.Type().Out(0)}
				if len(r.named) > 0 {
					named = nil
				}
				for _, field := range r.named {
					named = append(named, has(m.Type().Out(0), field))
				}
				for _, list := range named {
					if has(m.Type().In(1), r.asked) != list || list.Kind() != reflect.Slice {
						t.Errorf("%s: request and reply are not lists of ids", op)
					}
				}
				continue
			}
			element := m.Type().Out(0)
			if r.list != "" {
				element = has(element, r.list).Elem()
			}
			for _, name := range append([]string{r.texts, r.state, r.code}, r.keys...) {
				if name != "" {
					has(element, name)
				}
			}
		}
	}
}

func TestPartialErrorText(t *testing.T) {
	e := &PartialError{Operation: "Stock.UpdateStockLevelsBulk"}
	for i := range 7 {
		e.Items = append(e.Items, ItemError{Key: fmt.Sprintf("SKU-%d", i), Code: "C", Message: "no", Detail: buyer})
	}
	const want = "linnworks: Stock.UpdateStockLevelsBulk: answered with success, but not done: SKU-0: C: no; SKU-1: C: no; SKU-2: C: no; SKU-3: C: no; SKU-4: C: no; and 2 more"
	if e.Error() != want {
		t.Errorf("text = %q", e)
	}
	if got := (ItemError{}).String(); got != "no reason given" {
		t.Errorf("an empty item prints as %q", got)
	}
}

// A partial error keeps Linnworks' text short and free of the session's token.
func TestPartialErrorIsClean(t *testing.T) {
	body := fmt.Sprintf(`{"Processed":false,"Error":"token %s said\n%s"}`, testToken(1), strings.Repeat("x", 5000))
	c := newTestClient(t, &server{answer: status(200, body)})
	_, err := c.Orders.ProcessOrder(t.Context(), &ProcessOrderRequest{OrderID: "a1"})
	if !IsPartial(err) || len(err.Error()) > 1200 || strings.Contains(err.Error(), "\n") || len(leaks(err.Error())) > 0 {
		t.Errorf("err = %v", err)
	}
}

// Every write whose result has a field that sounds of failure, at its top or in its
// elements, has a rule or a reason why not.
func TestPartialRulesAreKnown(t *testing.T) {
	t.Parallel()
	exempt := map[string]string{
		"ImportExport.EnableExport":                            "tells of the last run",
		"ImportExport.EnableImport":                            "tells of the last run",
		"Listings.CreateBigCommerceTemplates":                  "the template was made, and is as it is",
		"Listings.CreateEbayTemplates":                         "the template was made, and is as it is",
		"ProcessedOrders.ValidateCompleteOrderRefund":          "asks for it",
		"PurchaseOrder.DeliverPurchaseItemAllExceptBatchItems": "leaves out what it says",
	}
	l, err := ledger.Load("../internal/spec/linnworks/ledger.txt")
	if err != nil {
		t.Fatal(err)
	}
	replay := map[string]string{}
	for _, op := range l.Ops {
		replay[op.Name()] = op.Replay
	}
	sounds := regexp.MustCompile(`(?i)error|fail|reject|invalid|unprocessed|skipped|missing|warning|unable|problem|not(found|imported)|resultstatus|successful|^message$`)
	found := 0
	methods(t, func(op string, _, out reflect.Type, _ bool) {
		if replay[op] == "" || replay[op] == "read" {
			return
		}
		var look func(in reflect.Type, path string, deep int)
		look = func(in reflect.Type, path string, deep int) {
			for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
				in = in.Elem()
			}
			if in.Kind() != reflect.Struct || deep == 0 {
				return
			}
			for f := range in.Fields() {
				switch {
				case !f.IsExported():
				case sounds.MatchString(f.Name):
					found++
					if partialRules[op] == nil && exempt[op] == "" && !strings.HasSuffix(f.Name, "PrintError") && f.Name != "LabelError" { // of an order, long ago
						t.Errorf("%s: does %s tell what was not done?", op, path+f.Name)
					}
				default:
					look(f.Type, path+f.Name+".", deep-1)
				}
			}
		}
		look(out, "", 2)
	})
	if found < len(partialRules)/2 {
		t.Errorf("%d fields found", found)
	}
}
