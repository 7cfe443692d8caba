package linnworkstest

import (
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// changeStatus does nothing to parked and locked orders, and says so only by
// leaving them out of the reply.
//
// https://apps.linnworks.net/Api/Method/Orders-ChangeStatus
func (f *Fake) changeStatus(req *linnworks.ChangeStatusRequest) (any, error) {
	if req.Status < statusUnpaid || req.Status > lastStatus {
		return nil, errInvalid
	}
	return f.eachOpen(req.OrderIDs, func(o *order) bool {
		if o.stopped() {
			return false
		}
		f.setStatus(o, req.Status)
		return true
	}), nil
}

// setStatus changes the payment status. An order that becomes paid meets the
// rules; one that becomes unpaid is parked, as unpaid orders are.
func (f *Fake) setStatus(o *order, status int) {
	wasPaid := o.paid()
	o.GeneralInfo.Status = status
	switch {
	case o.paid() && !wasPaid:
		o.PaidDateTime = f.timestamp()
		f.runRules(o)
	case !o.paid() && wasPaid:
		o.PaidDateTime = linnworks.Time{}
		o.park(true)
	}
}

// changeOrderTag tags orders with 1 to 6, parks them with 7, and clears tag and
// parking with null. Parked orders take no other tag, locked ones none.
//
// https://apps.linnworks.net/Api/Method/Orders-ChangeOrderTag
func (f *Fake) changeOrderTag(req *linnworks.ChangeOrderTagRequest) (any, error) {
	tag := value(req.Tag)
	if tag < 0 || tag > markerParked {
		return nil, errInvalid
	}
	return f.eachOpen(req.OrderIDs, func(o *order) bool {
		if o.locked() || o.parked() && tag != 0 && tag != markerParked {
			return false
		}
		o.park(tag == markerParked)
		o.GeneralInfo.Marker = tag
		return true
	}), nil
}

// lockOrders frees the stock of the orders, or reserves it again. It returns
// nothing.
//
// https://apps.linnworks.net/Api/Method/Orders-LockOrder
func (f *Fake) lockOrders(req *linnworks.LockOrderRequest) (any, error) {
	f.eachOpen(req.OrderIDs, func(o *order) bool {
		f.lock(o, req.LockOrder)
		return true
	})
	return nil, nil
}

func (f *Fake) lock(o *order, on bool) {
	f.change(o, func() { o.GeneralInfo.HoldOrCancel = on })
}

// runRulesEngine returns the orders that met the rules.
//
// https://apps.linnworks.net/Api/Method/Orders-RunRulesEngine
func (f *Fake) runRulesEngine(req *linnworks.RunRulesEngineRequest) (any, error) {
	return f.eachOpen(req.OrderIDs, f.runRules), nil
}

// runRules runs the rules on an order that is open, paid, and neither parked
// nor locked, and tells whether it did.
func (f *Fake) runRules(o *order) bool {
	if !o.open() || o.stopped() || !o.paid() {
		return false
	}
	o.GeneralInfo.IsRuleRun = true
	if f.rules == nil {
		return true
	}
	out := f.rules(f.view(o))
	if out.PostalService != "" {
		o.useService(f.service(out.PostalService, ""))
	}
	if out.Folder != "" && !slices.Contains(o.FolderName, out.Folder) {
		o.FolderName = append(o.FolderName, out.Folder)
	}
	if out.Park {
		o.park(true)
	}
	if out.Lock {
		f.lock(o, true)
	}
	return true
}

// orderQuery is the parameter of reads of one order.
type orderQuery struct {
	OrderID linnworks.GUID `json:"orderId"`
}

// getExtendedProperties: https://apps.linnworks.net/Api/Method/Orders-GetExtendedProperties
func (f *Fake) getExtendedProperties(req *orderQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	return o.ExtendedProperties, nil
}

// addExtendedProperties appends. A property with the same name and value is
// left alone.
//
// https://apps.linnworks.net/Api/Method/Orders-AddExtendedProperties
func (f *Fake) addExtendedProperties(req *linnworks.AddExtendedPropertiesRequest) (any, error) {
	o, err := f.find(value(req.OrderID))
	if err != nil {
		return nil, err
	}
	var out linnworks.AddExtendedPropertiesResponse
	for _, p := range req.ExtendedProperties {
		known := slices.ContainsFunc(o.ExtendedProperties, func(e linnworks.ExtendedProperty) bool {
			return e.Name == p.Name && e.Value == p.Value
		})
		switch {
		case p.Name == "":
			out.Errors = append(out.Errors, "An extended property has no name")
		case !o.open():
			out.Errors = append(out.Errors, "A processed order cannot be edited")
		case !known:
			f.addProperty(o, p.Name, p.Value, p.Type)
			out.ExtendedPropertiesInserted++
		}
	}
	return out, nil
}

// addOrdersNote appends a note to each order, processed ones too.
//
// https://apps.linnworks.net/Api/Method/Orders-AddOrdersNote
func (f *Fake) addOrdersNote(req *linnworks.AddOrdersNoteRequest) (any, error) {
	var out linnworks.AddOrdersNoteResponse
	for _, g := range req.OrderIDs {
		o := f.byOrderID[g]
		if o == nil {
			continue
		}
		note := f.addNote(o, value(req.NoteText), "application@linnworkstest.example", value(req.IsInternal), linnworks.Time{})
		out.OrderNotes = append(out.OrderNotes, linnworks.OrderNoteDto(note))
	}
	return out, nil
}
