package linnworks

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
)

// ItemError is what Linnworks said of one thing that a call asked for.
type ItemError struct {
	// Key names the thing as the reply does: an order's id, a SKU, a reference.
	// Empty where the reply does not tell.
	Key string
	// Index is the place of the thing in the list of the reply that it was found
	// in, -1 if there is none.
	Index int
	// Code is the status or reason that the reply has for the thing, mostly
	// empty.
	Code string
	// Message is Linnworks' text, on one line and bounded, sometimes empty.
	Message string
	// Detail is what a carrier said. It is part of no text, log line or encoding:
	// it may repeat a buyer's address.
	Detail string `json:"-"`
}

// String is the error of one thing, without Detail.
func (e ItemError) String() string {
	parts := slices.DeleteFunc([]string{e.Key, e.Code, e.Message}, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return "no reason given"
	}
	return strings.Join(parts, ": ")
}

// Format prints [ItemError.String] for every verb.
func (e ItemError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue is [ItemError.String] for slog.
func (e ItemError) LogValue() slog.Value { return slog.StringValue(e.String()) }

// PartialError is a call that Linnworks answered with success although it did
// not do all, or any, of what it was asked. The result of the call is returned
// beside it and holds what was done. The call is not to be repeated as it was.
type PartialError struct {
	// Operation is the service and method, such as Orders.ProcessOrder.
	Operation string
	// Items are the things that were not done, in the order of the reply.
	Items []ItemError
}

// Error names the operation and the first few things.
func (e *PartialError) Error() string {
	return "linnworks: " + e.Operation + ": answered with success, but not done: " + listItems(e.Items)
}

// IsPartial reports whether a call succeeded only in part, or in nothing but name.
// The error is or wraps a [*PartialError], a [*NotAppliedError] not.
func IsPartial(err error) bool {
	_, ok := errors.AsType[*PartialError](err)
	return ok
}

// listItems prints the first few of a list.
func listItems(items []ItemError) string {
	const most = 5
	var texts []string
	for _, item := range items[:min(len(items), most)] {
		texts = append(texts, item.String())
	}
	if more := len(items) - most; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, "; ")
}

// partialRule says where the reply of an operation tells what was not done. All
// names are of Go fields.
type partialRule struct {
	// list is the field with the elements to look at. Empty, they are the reply
	// itself, or its elements if it is a list.
	list string
	// keys are the fields that may name an element, "" for the element itself; the first
	// that is filled does. code is the field with its code.
	keys []string
	code string
	// texts is the field with the complaints: a text, a list of texts or of structs
	// with the field text, a map of texts by key, or one of lists of ids by text.
	// Without a state, an element without texts was done.
	texts, text string
	// all marks a list of what was not done.
	all bool
	// detail marks texts that do not come from Linnworks.
	detail bool
	// state is the field that tells whether an element was done, which is if it
	// holds one of done.
	state string
	done  []string
	// summary marks a state of the whole reply that says nothing new where
	// another rule has found something.
	summary bool
	// asked is a field of the request, with ids. Those missing from the reply, which is
	// a list of ids, or from all of its fields named, were not done.
	asked string
	named []string
}

var (
	textErrors   = partialRule{texts: "Errors"}
	keyedErrors  = partialRule{texts: "KeyedErrors"}
	refundReason = partialRule{state: "CannotRefundReason", done: []string{"", "None"}, summary: true}
	actioned     = partialRule{state: "SuccessfullyActioned", done: []string{"true"}, summary: true}
	processed    = partialRule{keys: []string{"OrderID"}, texts: "Error", state: "Processed", done: []string{"true"}}
	changed      = partialRule{asked: "OrderIDs"}

	pdf = []partialRule{
		{list: "KeyedError", keys: []string{"ID"}, texts: "Error", detail: true},
		{texts: "PrintErrors", detail: true},
	}

	recipients  = partialRule{texts: "FailedRecipients", detail: true}
	sent        = partialRule{state: "IsComplete", done: []string{"true"}, summary: true}
	unprocessed = partialRule{texts: "BatchActionResult.UnprocessedOrders"}

	// An operation at Amazon that goes on, or is done; its warnings are data.
	started = []partialRule{
		{list: "Problems", code: "Code", texts: "Message", state: "Severity", done: []string{fmt.Sprint(int(SeverityProblemWarning))}},
		{state: "Status", done: []string{fmt.Sprint(int(OperationStatusInProgress)), fmt.Sprint(int(OperationStatusSuccess))}, summary: true},
	}

	// A result that says neither is one of a reply that is short on details.
	succeeded = []string{"", "NOTSET", "SUCCESSFUL"}
	overall   = partialRule{state: "ResultStatus", done: succeeded, summary: true}
)

// results are the rules for the replies that hold a status for each thing.
func results(keys ...string) []partialRule {
	return []partialRule{{list: "Results", keys: keys, texts: "Message", state: "ResultStatus", done: succeeded}, overall}
}

// partialRules are the operations known to answer with success and to tell
// failures inside the reply. Reads are not among them: their errors are data.
var partialRules = map[string][]partialRule{
	"Email.GenerateAdhocEmail":    {recipients, sent},
	"Email.GenerateFreeTextEmail": {recipients, sent},

	"GenericListings.SaveConfiguratorDescription": {{texts: "ErrorMessage", state: "IsSaved", done: []string{"true"}}},

	"Inventory.AddInventoryItemBulk":         results(),
	"Inventory.AddProductIdentifiers":        results(),
	"Inventory.CreateChannelMapping":         results("Result.ChannelSKU"),
	"Inventory.UpdateChannelMapping":         results("Result.ID"),
	"Inventory.DeleteInventoryItemBulk":      results(),
	"Inventory.DeleteInventoryItemImageBulk": results(),
	"Inventory.UpdateBatchDates": {
		{list: "Items", keys: []string{"SKU", "BatchNumber"}, texts: "Errors"},
		{list: "Items", keys: []string{"SKU", "BatchNumber"}, state: "HasError", done: []string{"false"}, summary: true},
	},

	"OpenOrders.AssignStockToOrders":    {unprocessed},
	"OpenOrders.DeleteAssignedStock":    {unprocessed},
	"OpenOrders.MarkReadyForCollection": {keyedErrors},

	"Orders.AddExtendedProperties":        {textErrors},
	"Orders.AssignToFolder":               {changed},
	"Orders.ChangeOrderTag":               {changed},
	"Orders.ChangeStatus":                 {changed},
	"Orders.MoveToLocation":               {keyedErrors, textErrors},
	"Orders.ProcessFulfilmentCentreOrder": {processed},
	"Orders.ProcessOrder":                 {processed},
	"Orders.ProcessOrdersInBatch":         {processed},
	"Orders.ProcessOrderByOrderIDOrReference": {{
		keys: []string{"OrderID"}, texts: "Message", state: "ProcessedState", done: []string{"", "PROCESSED"},
	}},
	"OrdersV2.UpdateFulfillmentStatuses": results("Result.OrderID"),

	"Picking.DeleteOrdersFromPickingWaves": {{asked: "OrderIDs", named: []string{"ProcessedOrderIDs", "NoPickwaves"}}},
	"Picking.GeneratePickingWave": {
		{list: "ValidationResults", keys: []string{"OrderIDGUID", "OrderID"}, texts: "Errors", text: "Error"},
		{list: "ValidationResults", keys: []string{"OrderIDGUID", "OrderID"}, state: "HasErrors", done: []string{"false"}, summary: true},
	},

	"PostSale.CreateCancellation": {textErrors},

	"Print.CreatePDFFromJobForceTemplate":               pdf,
	"Print.CreatePDFFromJobForceTemplateStockIn":        pdf,
	"Print.CreatePDFFromJobForceTemplateWithQuantities": pdf,
	"Print.CreateReturnShippingLabelsPDF":               pdf,
	"Print.CreateReturnShippingLabelsPDFWithSKUs":       pdf,
	"Print.PrintTemplatePreview":                        pdf,

	"PurchaseOrder.CreatePOsFromInventory": {{list: "SkippedStockItems", keys: []string{""}, all: true}},

	"ReturnsRefunds.AcknowledgeRMAErrors":    {textErrors},
	"ReturnsRefunds.AcknowledgeRefundErrors": {textErrors, refundReason},
	"ReturnsRefunds.ActionRMABooking":        {textErrors, actioned},
	"ReturnsRefunds.ActionRefund":            {textErrors, refundReason, actioned},
	"ReturnsRefunds.CreateRMABooking":        {textErrors},
	"ReturnsRefunds.CreateRefund":            {textErrors, refundReason},
	"ReturnsRefunds.UpdateRMABooking":        {textErrors},
	"ReturnsRefunds.UpdateRefund":            {textErrors, refundReason},

	"Shipping.CancelOrderShippingLabel": {{texts: "ErrorMessage", state: "IsError", done: []string{"false"}}},

	"Stock.AddRollingStockTake":   {{list: "ErroredItems", keys: []string{"StockItemID"}, texts: "Errors"}},
	"Stock.BatchStockLevelDelta":  {{list: "ProcessedDeltas", keys: []string{"SKU"}, texts: "Errors"}, {state: "ProcessedContainsErrors", done: []string{"false"}, summary: true}},
	"Stock.UpdateStockLevelsBulk": {{list: "Items", keys: []string{"SKU", "StockItemID"}, texts: "Errors"}},

	"WMS.UpdateWarehouseBinrackBinrackToZone": {{list: "BinrackToZones", keys: []string{"BinrackID"}, texts: "Errors"}},

	"WarehouseTransferV2.ConfirmContentUpdatePreview":   started,
	"WarehouseTransferV2.ConfirmDeliveryWindowOptions":  started,
	"WarehouseTransferV2.ConfirmPackingOption":          started,
	"WarehouseTransferV2.ConfirmPlacementOption":        started,
	"WarehouseTransferV2.ConfirmTransportationOption":   started,
	"WarehouseTransferV2.GenerateContentUpdatePreview":  started,
	"WarehouseTransferV2.GenerateDeliveryWindowOptions": started,
	"WarehouseTransferV2.GeneratePackingOption":         started,
	"WarehouseTransferV2.GeneratePlacementOption":       started,
	"WarehouseTransferV2.GenerateTransportationOption":  started,
	"WarehouseTransferV2.ImportItems":                   {{list: "NotImportedItems", keys: []string{"SKU", "StockItemID"}, texts: "FailMessage", all: true}},
	"WarehouseTransferV2.RefreshShipmentCards":          {{list: "AmazonConfigErrors", keys: []string{"ChannelID"}, texts: "ErrorMessage", all: true}},
	"WarehouseTransferV2.SavePlacementOption":           started,
	"WarehouseTransferV2.SaveShippingPlan":              started,
	"WarehouseTransferV2.SendShipmentTrackingDetails":   started,
	"WarehouseTransferV2.SetPackingInformation":         started,
	"WarehouseTransferV2.SetPrepDetails":                started,

	"WarehouseTransferV2.UpdateShippingPlanPrepInstructionsByShippingPlanID": {{list: "InvalidSKUList", keys: []string{"SellerSKU"}, code: "ErrorReason", all: true}},
}

// partial returns the error that the reply of a successful call tells, or nil.
// req and out are what the call was given, and what its reply was decoded into.
func partial(op string, req, out any, mask mask) error {
	rules := partialRules[op]
	if len(rules) == 0 || out == nil {
		return nil
	}
	var items []ItemError
	for _, r := range rules {
		if r.summary && len(items) > 0 {
			continue
		}
		items = append(items, r.find(fieldOf(reflect.ValueOf(req), r.asked), reflect.ValueOf(out))...)
	}
	if len(items) == 0 {
		return nil
	}
	for i := range items {
		for _, text := range []*string{&items[i].Key, &items[i].Code, &items[i].Message, &items[i].Detail} {
			*text = clean(*text, mask)
		}
	}
	return &PartialError{Operation: op, Items: items}
}

// find applies the rule to a reply. asked are the ids of the request.
func (r partialRule) find(asked, reply reflect.Value) (items []ItemError) {
	if r.asked != "" {
		return r.missing(asked, reply)
	}
	list := fieldOf(reply, r.list)
	if list.Kind() != reflect.Slice {
		return r.look(list, -1)
	}
	for i := range list.Len() {
		items = append(items, r.look(list.Index(i), i)...)
	}
	return items
}

// look returns what was not done of one element.
func (r partialRule) look(element reflect.Value, index int) (items []ItemError) {
	found := ItemError{Index: index}
	for _, key := range r.keys {
		if v := fieldOf(element, key); found.Key == "" && v.IsValid() && !v.IsZero() {
			found.Key = fmt.Sprint(v.Interface())
		}
	}
	if v := fieldOf(element, r.code); r.code != "" && v.IsValid() && !v.IsZero() {
		found.Code = fmt.Sprint(v.Interface())
	}
	if r.state != "" {
		v := fieldOf(element, r.state)
		if !v.IsValid() || slices.Contains(r.done, fmt.Sprint(v.Interface())) {
			return nil
		}
		if v.Kind() == reflect.String {
			found.Code = v.String()
		}
	}
	add := func(key, text string) {
		item := found
		if item.Key, item.Message = key, text; r.detail {
			item.Message, item.Detail = "see Detail", text
		}
		if text != "" {
			items = append(items, item)
		}
	}
	var texts reflect.Value
	if r.texts != "" {
		texts = fieldOf(element, r.texts)
	}
	switch texts.Kind() {
	case reflect.String:
		add(found.Key, texts.String())
	case reflect.Slice:
		for i := range texts.Len() {
			add(found.Key, fieldOf(texts.Index(i), r.text).String())
		}
	case reflect.Map:
		for _, key := range texts.MapKeys() {
			value := texts.MapIndex(key)
			if value.Kind() != reflect.Slice {
				add(key.String(), value.String())
				continue
			}
			for i := range value.Len() {
				add(fmt.Sprint(value.Index(i).Interface()), key.String())
			}
		}
		slices.SortFunc(items, func(a, b ItemError) int { return strings.Compare(a.Key, b.Key) })
	default: // a rule without texts
	}
	if (r.state != "" || r.all) && len(items) == 0 {
		items = append(items, found)
	}
	return items
}

// missing returns the ids that were asked for and are not in the reply.
func (r partialRule) missing(asked, reply reflect.Value) (items []ItemError) {
	var done []string
	if len(r.named) == 0 {
		done = idsIn(fieldOf(reply, ""))
	}
	for _, field := range r.named {
		done = append(done, idsIn(fieldOf(reply, field))...)
	}
	if asked.Kind() != reflect.Slice {
		return nil
	}
	for i := range asked.Len() {
		id := fmt.Sprint(asked.Index(i).Interface())
		if !slices.Contains(done, strings.ToLower(id)) {
			items = append(items, ItemError{Key: id, Index: -1, Message: "not among the ids that the reply names as changed"})
		}
	}
	return items
}

// fieldOf follows a path of field names with dots; the empty path is v itself. It
// goes through pointers, and ends at the zero Value where there is no such field.
func fieldOf(v reflect.Value, path string) reflect.Value {
	for {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		if path == "" {
			return v
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		var name string
		name, path, _ = strings.Cut(path, ".")
		v = v.FieldByName(name)
	}
}
