package linnworkstest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// quirkTest shows what a quirk changes: what a client sees with it and without.
type quirkTest struct {
	quirk   linnworkstest.Quirk
	see     func(t *testing.T, a account) any
	on, off any
}

// refused is what a client sees of a refusal: its status, or done.
func refused(_ any, err error) any {
	if e, ok := errors.AsType[*linnworks.Error](err); ok {
		return e.HTTPStatus
	}
	if err != nil {
		return err.Error()
	}
	return "done"
}

// saved is what became of a changed paid order for one mug.
func (a account) saved(t *testing.T, change func(*linnworks.ChannelOrder)) linnworks.OrderDetails {
	t.Helper()
	return a.details(t, a.order(t, with(paid("1", "c-mug", 1), change)))
}

func parked(o *linnworks.ChannelOrder) { o.OrderState = "Park" }
func plain(*linnworks.ChannelOrder)    {}

// createOne creates one changed order and returns what a client sees.
func createOne(change func(*linnworks.ChannelOrder)) func(*testing.T, account) any {
	return func(t *testing.T, a account) any {
		return refused(a.c.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{
			Orders: []linnworks.ChannelOrder{with(paid("1", "c-mug", 1), change)}, Location: "Default",
		}))
	}
}

var quirkTests = []quirkTest{
	{linnworkstest.AmazonReserved, createOne(func(o *linnworks.ChannelOrder) { o.Source = "AMAZON" }), 400, "done"},
	{linnworkstest.ArchivedVanish, func(t *testing.T, a account) any {
		check(t, a.Archive("MUG", true))
		return a.listed(t, true)
	}, 2, 3},
	{linnworkstest.BearerRefused, func(t *testing.T, a account) any {
		status, _, _ := a.send(t, http.MethodGet, "https://eu-ext.linnworkstest.example/api/Inventory/GetStockLocations", "Bearer "+a.token(t), "", "")
		return status
	}, 401, 200},
	{linnworkstest.BlankSearchRefused, func(t *testing.T, a account) any {
		return refused(a.c.OpenOrders.SearchOrders(t.Context(), &linnworks.SearchOrdersRequest{LocationID: new(home), SearchTerm: new("")}))
	}, 400, "done"},
	{linnworkstest.BulkLevelsReplyEmpty, func(t *testing.T, a account) any {
		return len(must(a.c.Stock.UpdateStockLevelsBulk(t.Context(), bulk("NONE", 1), linnworks.FormEncoded(false)))(t).Items)
	}, 0, 1},
	{linnworkstest.BulkRefusesComposites, func(t *testing.T, a account) any {
		_, err := a.c.Stock.UpdateStockLevelsBulk(t.Context(), bulk("SET", 1))
		return err != nil
	}, true, false},
	{linnworkstest.CancelledAmongProcessed, func(t *testing.T, a account) any {
		check(t, a.Cancel(a.saved(t, plain).OrderID))
		return len(a.processed(t))
	}, 1, 0},
	{linnworkstest.CancelRefusesStopped, func(t *testing.T, a account) any {
		return refused(a.c.Orders.CancelOrder(t.Context(), &linnworks.CancelOrderRequest{OrderID: a.saved(t, parked).OrderID, FulfilmentCenter: home, Refund: "0"}))
	}, 400, "done"},
	{linnworkstest.DispatchByMandatory, createOne(func(o *linnworks.ChannelOrder) { o.DispatchBy = linnworks.Time{} }), 400, "done"},
	{linnworkstest.DraftsListed, func(t *testing.T, a account) any {
		a.AddDraft()
		return len(a.open(t))
	}, 1, 0},
	{linnworkstest.EndOfPagesRefused, func(t *testing.T, a account) any {
		return refused(a.c.Stock.GetStockItemsFull(t.Context(), sweep(9, true)))
	}, 400, "done"},
	{linnworkstest.EveryPrintBuysALabel, func(t *testing.T, a account) any {
		id := a.saved(t, plain).OrderID
		a.print(t, id)
		a.print(t, id)
		return len(a.Labels(id))
	}, 2, 1},
	{linnworkstest.FoldersRefuseStopped, func(t *testing.T, a account) any {
		return len(must(a.c.Orders.AssignToFolder(t.Context(), &linnworks.AssignToFolderRequest{
			OrderIDs: []linnworks.GUID{a.saved(t, parked).OrderID}, Folder: new("Today"),
		}))(t))
	}, 0, 1},
	{linnworkstest.FulfilmentCentresStop, func(t *testing.T, a account) any {
		at := a.AddLocationOf(linnworkstest.Location{Name: "3PL", FulfilmentCentre: true})
		id := a.saved(t, plain).OrderID
		a.moveTo(t, id, at)
		g := a.details(t, id).GeneralInfo
		return g.IsParked && g.HoldOrCancel
	}, true, false},
	{linnworkstest.HistoryWantsLocation, func(t *testing.T, a account) any {
		return refused(a.c.Stock.GetItemChangesHistory(t.Context(), &linnworks.GetItemChangesHistoryRequest{StockItemID: a.mug, EntriesPerPage: new(10), PageNumber: new(1)}))
	}, 400, "done"},
	{linnworkstest.IDSelectorWins, func(t *testing.T, a account) any {
		id := a.saved(t, plain).OrderID
		check(t, a.Process(id))
		return len(must(a.c.OrdersV2.GetOrders(t.Context(), &linnworks.OrdersV2GetOrdersRequest{ID: []linnworks.GUID{id}}))(t).ProcessedOrders)
	}, 1, 0},
	{linnworkstest.IdleSessionsDie, func(t *testing.T, a account) any {
		token := a.token(t)
		time.Sleep(20 * time.Minute)
		status, _, _ := a.send(t, http.MethodGet, "https://eu-ext.linnworkstest.example/api/Inventory/GetStockLocations", token, "", "")
		return status
	}, 401, 200},
	{linnworkstest.ItemNumbersUnique, createOne(func(o *linnworks.ChannelOrder) { o.OrderItems = append(o.OrderItems, o.OrderItems[0]) }), 400, "done"},
	{linnworkstest.KitParentsUntracked, func(t *testing.T, a account) any {
		must(a.AddItem(linnworkstest.Item{SKU: "PAIR", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 2}}}))(t)
		check(t, a.MapChannelSKU("SHOP", "UK", "c-pair", "PAIR"))
		a.order(t, paid("1", "c-pair", 1))
		return a.level(t, "MUG", home).InOrders
	}, 2, 0},
	{linnworkstest.KitsHiddenUnlessAsked, func(t *testing.T, a account) any {
		return a.listed(t, false)
	}, 2, 3},
	{linnworkstest.LevelsBySKUAreDeltas, func(t *testing.T, a account) any {
		must(a.c.Stock.UpdateStockLevelsBySKU(t.Context(), &linnworks.UpdateStockLevelsBySKURequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG", LocationID: home, Level: 3}}}))(t)
		return a.level(t, "MUG", home).OnHand
	}, 13, 3},
	{linnworkstest.LocationByName, func(t *testing.T, a account) any {
		return refused(a.c.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Orders: []linnworks.ChannelOrder{paid("1", "c-mug", 1)}, Location: string(home)}))
	}, 400, "done"},
	{linnworkstest.LocksFreeStock, func(t *testing.T, a account) any {
		check(t, errOf(a.c.Orders.LockOrder(t.Context(), &linnworks.LockOrderRequest{OrderIDs: []linnworks.GUID{a.saved(t, plain).OrderID}, LockOrder: true})))
		return a.level(t, "MUG", home).Available
	}, 10, 9},
	{linnworkstest.LongPostcodesPark, func(t *testing.T, a account) any {
		return a.saved(t, func(o *linnworks.ChannelOrder) { o.DeliveryAddress.PostCode = "SW1A 1AA 123" }).GeneralInfo.IsParked
	}, true, false},
	{linnworkstest.LowFidelityWantsRequest, func(t *testing.T, a account) any {
		status, body := a.raw(t, "OpenOrders/GetOrdersLowFidelity", asJSON, `{"LocationId":"`+string(home)+`"}`)
		if status != http.StatusOK {
			return message(t, body)
		}
		return status
	}, "'request' parameter is missing. ", 200},
	{linnworkstest.ManagedLocationsRefuse, func(t *testing.T, a account) any {
		at := a.AddLocationOf(linnworkstest.Location{Name: "WMS", Managed: true})
		return refused(a.c.Stock.SetStockLevel(t.Context(), &linnworks.SetStockLevelRequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG", LocationID: at, Level: 1}}}))
	}, 400, "done"},
	{linnworkstest.MappingLimitsOverwritten, func(t *testing.T, a account) any {
		created := must(a.c.Inventory.CreateChannelMapping(t.Context(), &linnworks.CreateChannelMappingRequest{Mappings: []linnworks.ChannelMappingCreateInfo{
			{StockItemID: a.mug, ChannelSKU: "x", Source: "SHOP", SubSource: "UK", ChannelReferenceID: "r", MaxListedQuantity: 9},
		}}))(t)
		status, _ := a.raw(t, "Inventory/UpdateChannelMapping", asJSON, fmt.Sprintf(`{"Mappings":[{"Id":%q}]}`, created.Results[0].Result.ID))
		rows := must(a.c.Inventory.GetInventoryItemChannelSKUs(t.Context(), &linnworks.GetInventoryItemChannelSKUsRequest{InventoryItemID: a.mug}))(t)
		last := rows[len(rows)-1]
		return fmt.Sprint(status, last.ChannelReferenceID, last.MaxListedQuantity)
	}, "200r0", "200r9"},
	{linnworkstest.MergedReference, func(t *testing.T, a account) any {
		ids := a.create(t, paid("1", "c-mug", 1), paid("2", "c-mug", 1))
		return must(a.c.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{OrdersToMerge: ids}))(t).GeneralInfo.ReferenceNum
	}, "MERGED", "1"},
	{linnworkstest.MovesTakeReservation, func(t *testing.T, a account) any {
		a.moveTo(t, a.saved(t, plain).OrderID, a.overflow)
		return []int{a.level(t, "MUG", home).InOrders, a.level(t, "MUG", a.overflow).InOrders}
	}, []int{0, 1}, []int{1, 0}},
	{linnworkstest.NegativeAvailable, func(t *testing.T, a account) any {
		a.order(t, paid("1", "c-mug", 12))
		return a.level(t, "MUG", home).Available
	}, -2, 0},
	{linnworkstest.PIIRedacted, func(t *testing.T, a account) any {
		id := a.saved(t, func(o *linnworks.ChannelOrder) { o.PIIRedactionDays, o.DeliveryAddress.FullName = 2, "A. Buyer" }).OrderID
		check(t, a.Process(id))
		time.Sleep(48 * time.Hour)
		return a.details(t, id).CustomerInfo.Address.FullName
	}, "", "A. Buyer"},
	{linnworkstest.PaidOrdersMissing, func(t *testing.T, a account) any {
		a.create(t, paid("1", "c-mug", 1))
		return len(a.create(t, paid("1", "c-mug", 1)))
	}, 0, 1},
	{linnworkstest.PickingGetsWantQuery, func(t *testing.T, a account) any {
		return refused(a.c.Picking.GetAllPickingWaveHeaders(t.Context(), nil))
	}, 400, "done"},
	{linnworkstest.PostsRefuseGET, func(t *testing.T, a account) any {
		status, _, _ := a.send(t, http.MethodGet, "https://eu-ext.linnworkstest.example/api/Orders/RunRulesEngine?orderIds=[]", a.token(t), "", "")
		return status == http.StatusMethodNotAllowed
	}, true, false},
	{linnworkstest.ProcessRefusalIs200, func(t *testing.T, a account) any {
		status, _ := a.raw(t, "Orders/ProcessOrder", asJSON, fmt.Sprintf(`{"orderId":%q}`, a.saved(t, parked).OrderID))
		return status
	}, 200, 400},
	{linnworkstest.ReferencesCrossChannels, func(t *testing.T, a account) any {
		a.create(t, paid("1", "c-mug", 1), with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) { o.Source = "OTHER" }))
		return len(must(a.c.Orders.GetOrderDetailsByReferenceID(t.Context(), &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: "1"}))(t))
	}, 2, 1},
	{linnworkstest.RefundMandatory, func(t *testing.T, a account) any {
		status, _ := a.raw(t, "Orders/CancelOrder", asJSON, fmt.Sprintf(`{"orderId":%q}`, a.saved(t, plain).OrderID))
		return status
	}, 400, 200},
	{linnworkstest.RefundsWantProcessed, func(t *testing.T, a account) any {
		o := a.saved(t, plain)
		status, body := a.raw(t, "ReturnsRefunds/CreateRefund", asJSON, refundBody(o, "1"))
		return fmt.Sprint(status, strings.Contains(body, `"OpenOrderInLinnworks"`))
	}, "200 true", "200 false"},
	{linnworkstest.ReplacedLinesLoseID, func(t *testing.T, a account) any {
		o := a.saved(t, plain)
		tea := must(a.c.Inventory.GetStockItemIDsBySKU(t.Context(), &linnworks.GetStockItemIDsBySKURequest{SKUs: []string{"TEA"}}))(t).Items[0].StockItemID
		must(a.c.Orders.UpdateOrderItem(t.Context(), &linnworks.UpdateOrderItemRequest{OrderID: o.OrderID, OrderItem: &linnworks.OrderItem{
			RowID: o.Items[0].RowID, StockItemID: tea, Quantity: 1, PricePerUnit: "10",
		}}))(t)
		return a.details(t, o.OrderID).Items[0].ItemNumber
	}, "", "1"},
	{linnworkstest.RulesSkipStopped, func(t *testing.T, a account) any { return a.saved(t, parked).GeneralInfo.IsRuleRun }, false, true},
	{linnworkstest.SKUsIgnoreCase, func(t *testing.T, a account) any {
		return len(must(a.c.Inventory.GetStockItemIDsBySKU(t.Context(), &linnworks.GetStockItemIDsBySKURequest{SKUs: []string{"mug", "MUG"}}))(t).Items)
	}, 2, 1},
	{linnworkstest.SearchWantsDates, func(t *testing.T, a account) any {
		check(t, a.Process(a.saved(t, plain).OrderID))
		return len(must(a.c.ProcessedOrders.SearchProcessedOrders(t.Context(), &linnworks.SearchProcessedOrdersRequest{}))(t).ProcessedOrders.Data)
	}, 0, 1},
	{linnworkstest.ServerWithoutScheme, func(t *testing.T, a account) any {
		c := a.Credentials()
		_, body, _ := a.send(t, http.MethodPost, "https://api.linnworks.net/api/Auth/AuthorizeByApplication", "", asForm, url.Values{
			"ApplicationId": {c.ApplicationID}, "ApplicationSecret": {c.ApplicationSecret.Reveal()}, "Token": {c.Token.Reveal()},
		}.Encode())
		must(a.c.Inventory.GetStockLocations(t.Context(), nil))(t)
		return strings.Contains(body, `"Server":"eu-ext.`)
	}, true, false},
	{linnworkstest.ShippingInfoOverwrites, func(t *testing.T, a account) any {
		o := a.saved(t, func(o *linnworks.ChannelOrder) { o.PostalServiceName, o.SavePostalServiceIfNotExist = "Post", true })
		return must(a.c.Orders.SetOrderShippingInfo(t.Context(), &linnworks.SetOrderShippingInfoRequest{
			OrderID: o.OrderID, Info: linnworks.UpdateOrderShippingInfoRequest{TrackingNumber: "T"},
		}))(t).ShippingInfo.PostalServiceName
	}, "", "Post"},
	{linnworkstest.SplitsShareReference, func(t *testing.T, a account) any {
		return len(slices.DeleteFunc(a.split(t, a.order(t, paid("1", "c-mug", 2)), 1), func(o linnworks.OpenOrder) bool { return o.GeneralInfo.ReferenceNum != "1" }))
	}, 2, 1},
	{linnworkstest.StaleKitLevels, func(t *testing.T, a account) any {
		check(t, errOf(a.c.Inventory.UpdateInventoryItemCompositions(t.Context(), &linnworks.UpdateInventoryItemCompositionsRequest{
			InventoryItemCompositions: []linnworks.ItemComposition{{StockItemID: a.set, LinkedStockItemID: a.mug, Quantity: 2}},
		})))
		before := a.level(t, "SET", home).Available
		check(t, a.SetOnHand("MUG", home, 8))
		return []int{before, a.level(t, "SET", home).Available}
	}, []int{0, 4}, []int{5, 4}},
	{linnworkstest.StatusIgnoresJSON, func(t *testing.T, a account) any {
		return len(must(a.c.Orders.ChangeOrderTag(t.Context(), &linnworks.ChangeOrderTagRequest{
			OrderIDs: []linnworks.GUID{a.saved(t, plain).OrderID}, Tag: new(1),
		}, linnworks.FormEncoded(false)))(t))
	}, 0, 1},
	{linnworkstest.StatusIgnoresStopped, func(t *testing.T, a account) any {
		return len(must(a.c.Orders.ChangeStatus(t.Context(), &linnworks.ChangeStatusRequest{OrderIDs: []linnworks.GUID{a.saved(t, parked).OrderID}, Status: 1}))(t))
	}, 0, 1},
	{linnworkstest.StoppedOrdersRefuseEdits, func(t *testing.T, a account) any {
		return len(must(a.c.Orders.SetLabelsPrinted(t.Context(), &linnworks.SetLabelsPrintedRequest{OrderIDs: []linnworks.GUID{a.saved(t, parked).OrderID}}))(t))
	}, 0, 1},
	{linnworkstest.UnknownSKUFailsBatch, func(t *testing.T, a account) any {
		return refused(a.c.Stock.SetStockLevel(t.Context(), &linnworks.SetStockLevelRequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG", LocationID: home}, {SKU: "X", LocationID: home}}}))
	}, 400, "done"},
	{linnworkstest.UnknownSKUIs400, func(t *testing.T, a account) any {
		return refused(a.c.Inventory.GetInventoryItem(t.Context(), &linnworks.GetInventoryItemRequest{SKU: new("X")}))
	}, 400, 404},
	{linnworkstest.UnpaidOrdersPark, func(t *testing.T, a account) any {
		return a.saved(t, func(o *linnworks.ChannelOrder) { o.PaymentStatus = "" }).GeneralInfo.IsParked
	}, true, false},
	{linnworkstest.UnparkingSkipsRules, func(t *testing.T, a account) any {
		id := a.saved(t, parked).OrderID
		must(a.c.Orders.ChangeOrderTag(t.Context(), &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{id}}))(t)
		return a.details(t, id).GeneralInfo.IsRuleRun
	}, false, true},
	{linnworkstest.ViewRowsLackTotals, func(t *testing.T, a account) any {
		a.saved(t, plain)
		rows := must(a.c.OpenOrders.GetOpenOrders(t.Context(), &linnworks.OpenOrdersGetOpenOrdersRequest{ViewID: 1, LocationID: home, EntriesPerPage: 10}))(t)
		return rows.Data[0].TotalsInfo.TotalCharge
	}, linnworks.Decimal("0"), linnworks.Decimal("10")},
	{linnworkstest.WrapperMatters, func(t *testing.T, a account) any {
		status, _ := a.raw(t, "Stock/GetStockLevel_Batch", asJSON, fmt.Sprintf(`{"StockItemIds":[%q]}`, a.mug))
		return status
	}, 400, 200},
	{linnworkstest.WrappedListsAreEmpty, func(t *testing.T, a account) any {
		a.saved(t, plain)
		status, body := a.raw(t, "OpenOrders/GetOpenOrders", asJSON, fmt.Sprintf(`{"request":{"ViewId":1,"LocationId":%q,"EntriesPerPage":10}}`, home))
		return fmt.Sprint(status, strings.Contains(body, `"TotalEntries":0`))
	}, "200 true", "400 false"},
	{linnworkstest.ZeroRefundsRefused, func(t *testing.T, a account) any {
		o := a.saved(t, plain)
		check(t, a.Process(o.OrderID))
		_, body := a.raw(t, "ReturnsRefunds/CreateRefund", asJSON, refundBody(o, "0"))
		return strings.Contains(body, "must be greater than zero")
	}, true, false},
}

// Each quirk has a subtest of its name, which shows what it changes.
func TestQuirk(t *testing.T) {
	tested := map[linnworkstest.Quirk]bool{}
	for _, test := range slices.Concat(quirkTests, appQuirks, channelQuirks) {
		tested[test.quirk] = true
		t.Run(string(test.quirk), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for on, want := range map[bool]any{true: test.on, false: test.off} {
					a := open(t, linnworkstest.WithQuirk(test.quirk, on))
					if diff := cmp.Diff(want, test.see(t, a)); diff != "" {
						t.Errorf("switched on %t (-want +got):\n%s", on, diff)
					}
				}
			})
		})
	}
	for _, q := range linnworkstest.Quirks() {
		if !tested[q.Quirk] || q.Description == "" {
			t.Errorf("%s: tested %t, description %q", q.Quirk, tested[q.Quirk], q.Description)
		}
	}
}

func refundBody(o linnworks.OrderDetails, amount string) string {
	return fmt.Sprintf(`{"request":{"OrderId":%q,"RefundLines":[{"OrderItemRowId":%q,"RefundedUnit":"Item","Amount":%s}]}}`, o.OrderID, o.Items[0].RowID, amount)
}

func bulk(sku string, level int) *linnworks.UpdateStockLevelsBulkRequest {
	return &linnworks.UpdateStockLevelsBulkRequest{Items: []linnworks.UpdateStockLevelsBulkRequestItem{
		{SKU: &sku, StockLocationName: new("Default"), StockLevel: &level, RowIndex: new(1)},
	}}
}

// listed is the number of items in a sweep.
func (a account) listed(t *testing.T, kits bool) int {
	t.Helper()
	return len(must(a.c.Stock.GetStockItemsFull(t.Context(), &linnworks.GetStockItemsFullRequest{
		LoadCompositeParents: &kits, EntriesPerPage: new(200), PageNumber: new(1),
	}))(t))
}

// open returns the ids of the open orders at Default.
func (a account) open(t *testing.T) []linnworks.GUID {
	t.Helper()
	return must(a.c.Orders.GetAllOpenOrders(t.Context(), &linnworks.GetAllOpenOrdersRequest{FulfilmentCenter: new(home)}))(t)
}

// processed returns the ids of the processed orders.
func (a account) processed(t *testing.T) []linnworks.GUID {
	t.Helper()
	out := []linnworks.GUID{}
	for _, row := range must(a.c.ProcessedOrders.SearchProcessedOrders(t.Context(), &linnworks.SearchProcessedOrdersRequest{
		FromDate: &linnworks.Time{Time: opening.AddDate(-1, 0, 0)}, ToDate: &linnworks.Time{Time: opening.AddDate(90, 0, 0)},
	}))(t).ProcessedOrders.Data {
		out = append(out, row.OrderID)
	}
	return out
}

func (a account) print(t *testing.T, ids ...linnworks.GUID) *linnworks.CreatePDFResult {
	t.Helper()
	out, err := a.c.Print.CreatePDFFromJobForceTemplate(t.Context(), &linnworks.CreatePDFFromJobForceTemplateRequest{TemplateType: new("Shipping Labels"), IDs: ids})
	if out == nil {
		t.Fatal(err)
	}
	return out
}

func (a account) moveTo(t *testing.T, id, at linnworks.GUID) {
	t.Helper()
	must(a.c.Orders.MoveToLocation(t.Context(), &linnworks.MoveToLocationRequest{OrderIDs: []linnworks.GUID{id}, StockLocationID: at}))(t)
}

// split takes n units of the first line into a part.
func (a account) split(t *testing.T, id linnworks.GUID, n int) []linnworks.OpenOrder {
	t.Helper()
	row := a.details(t, id).Items[0].RowID
	return must(a.c.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{OrderID: id, NewOrders: []linnworks.OrderSplit{{
		Items: []linnworks.OrderSplitOutItem{{RowID: &row, Quantity: &n}},
	}}}))(t)
}
