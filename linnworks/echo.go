package linnworks

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

// echo says where the reply of an operation names what the call asked for: the
// names of the fields, both ids.
type echo struct{ asked, named string }

func same(field string) echo { return echo{field, field} }

// echoes are the operations whose reply, or each record of it, is about the thing
// that the request names. What names another is no answer.
var echoes = map[string]echo{
	"Email.GetEmailTemplate": same("EmailTemplateRowID"),

	"ImportExport.GetFullfilmentCenterSettings": same("StockLocationID"),

	"Inventory.AddImageToInventoryItem":  same("StockItemID"),
	"Inventory.GetBatchesByStockItemID":  same("StockItemID"),
	"Inventory.GetEbayCompatibilityList": same("StockItemID"),
	"Inventory.GetInventoryItem":         same("StockItemID"),
	"Inventory.GetSupplierDetails":       same("SupplierID"),

	"Locations.GetLocation": same("StockLocationID"),

	"OpenOrders.FilterNotProcessedOpenOrders": same("OrderIDs"),
	"OpenOrders.GetIdentifiersByOrderIDs":     {"OrderIDs", "OrderID"},

	"Orders.GetOrder":                              same("OrderID"),
	"Orders.GetOrderByID":                          same("OrderID"),
	"Orders.GetOrderDetailsByNumOrderID":           {"OrderID", "NumOrderID"},
	"Orders.GetOrderItems":                         same("OrderID"),
	"Orders.GetOrderNotes":                         same("OrderID"),
	"Orders.GetOrderPackagingCalculation":          {"OrderIDs", "OrderID"},
	"Orders.GetOrderView":                          same("ViewID"),
	"Orders.GetOrdersByID":                         {"OrderIDs", "OrderID"},
	"Orders.ProcessFulfilmentCentreOrder":          same("OrderID"),
	"Orders.ProcessOrder":                          same("OrderID"),
	"Orders.ProcessOrdersInBatch":                  {"OrdersIDs", "OrderID"},
	"Orders.RecalculateSingleOrderPackaging":       same("OrderID"),
	"Orders.SetOrderPackaging":                     same("OrderID"),
	"Orders.SetOrderSplitPackagingManualOverwrite": same("OrderID"),

	"ProcessedOrders.GetOrderInfo":           same("OrderID"),
	"ProcessedOrders.GetProcessedAuditTrail": same("OrderID"),
	"ProcessedOrders.GetProcessedOrderNotes": same("OrderID"),
	"ProcessedOrders.GetReturnItemsInfo":     same("OrderID"),
	"ProcessedOrders.GetReturnOrderInfo":     same("OrderID"),

	"ReturnsRefunds.AcknowledgeRMAErrors":     same("RMAHeaderID"),
	"ReturnsRefunds.AcknowledgeRefundErrors":  same("RefundHeaderID"),
	"ReturnsRefunds.ActionRMABooking":         same("RMAHeaderID"),
	"ReturnsRefunds.ActionRefund":             same("RefundHeaderID"),
	"ReturnsRefunds.GetRefundLinesByHeaderID": same("RefundHeaderID"),
	"ReturnsRefunds.UpdateRMABooking":         same("RMAHeaderID"),
	"ReturnsRefunds.UpdateRefund":             same("RefundHeaderID"),

	"RulesEngine.AddAction":             same("ConditionID"),
	"RulesEngine.GetAction":             same("ActionID"),
	"RulesEngine.GetConditionWeb":       same("ConditionID"),
	"RulesEngine.GetRuleConditionNodes": same("RuleID"),

	"Shipping.GetShippingQuote": same("OrderID"),

	"Stock.GetStockLevel":      same("StockItemID"),
	"Stock.GetStockLevelBatch": {"StockItemIDs", "StockItemID"},

	"WarehouseTransfer.AddItemToTransfer":              same("StockItemID"),
	"WarehouseTransfer.ChangeTransferItemSentQuantity": same("TransferItemID"),
	"WarehouseTransfer.GetTransferBinNotes":            same("BinID"),
	"WarehouseTransfer.GetTransferItemNotes":           same("TransferItemID"),
	"WarehouseTransfer.GetTransferWithItems":           same("TransferID"),
	"WarehouseTransfer.GetTransferWithNotes":           same("TransferID"),

	"WarehouseTransferNew.AddItem":                       same("TransferID"),
	"WarehouseTransferNew.GetTransferItems":              same("TransferID"),
	"WarehouseTransferNew.UpdateItemsReceivedQuantities": same("TransferID"),

	"WarehouseTransferV2.GetOperationByEntityIDType":        same("EntityID"),
	"WarehouseTransferV2.GetOperationLatestByEntityIDTypes": same("EntityID"),
}

// errOther is a reply about something else than was asked for.
var errOther = errors.New("the reply is about another thing than was asked for")

// aboutOthers holds what the reply of a successful call names against what req asked
// for. A reply about another thing is an error; records about others are left out of
// out and returned. unread is what was left out before. One that names nothing is
// taken: other checks see to that.
func aboutOthers(op string, req, out any, unread []lenient.Unread) ([]lenient.Unread, error) {
	rule, ok := echoes[op]
	if !ok || out == nil {
		return nil, nil
	}
	asked := map[string]bool{}
	for _, id := range idsIn(fieldOf(reflect.ValueOf(req), rule.asked)) {
		asked[id] = true
	}
	if len(asked) == 0 {
		return nil, nil
	}
	other := func(v reflect.Value) (id string, is bool) {
		for _, id := range idsIn(fieldOf(v, rule.named)) {
			if !asked[id] {
				return id, true
			}
		}
		return "", false
	}
	list := fieldOf(reflect.ValueOf(out), "")
	if list.Kind() != reflect.Slice {
		if _, is := other(list); is {
			return nil, errOther
		}
		return nil, nil
	}
	var left []lenient.Unread
	kept := 0
	for i := range list.Len() {
		id, is := other(list.Index(i))
		if !is {
			list.Index(kept).Set(list.Index(i))
			kept++
			continue
		}
		at := i
		if len(unread) > 0 { // the places are not those of the reply
			at = -1
		}
		if !guidForm(id) && strings.Trim(id, "0123456789") != "" {
			id = "" // not for an error's text
		}
		left = append(left, lenient.Unread{Record: true, Index: at, ID: id, Field: rule.named, Why: "is another than was asked for"})
	}
	list.Slice(kept, list.Len()).Clear()
	list.SetLen(kept)
	return left, nil
}

// idsIn returns the ids that a field holds, in small letters. The id of nothing is
// none.
func idsIn(v reflect.Value) (ids []string) {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			ids = append(ids, idsIn(v.Index(i))...)
		}
		return ids
	}
	if !v.IsValid() || v.IsZero() {
		return nil
	}
	if id := strings.ToLower(fmt.Sprint(v.Interface())); id != string(ZeroGUID) {
		ids = append(ids, id)
	}
	return ids
}
