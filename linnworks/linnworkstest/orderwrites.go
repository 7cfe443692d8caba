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
		if o.stopped() && f.quirks[StatusIgnoresStopped] {
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
	o.draft = false
	f.note(o, "STATUS", "Status changed to %d", status)
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
		unparked := o.parked() && tag != markerParked
		o.park(tag == markerParked)
		o.GeneralInfo.Marker = tag
		f.note(o, "TAG", "Tag changed to %d", tag)
		if unparked && !f.quirks[UnparkingSkipsRules] {
			f.runRules(o)
		}
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
	f.move(o, func() { o.GeneralInfo.HoldOrCancel = on })
	f.note(o, "LOCK", "Locked: %t", on)
}

// runRulesEngine returns the orders that met the rules.
//
// https://apps.linnworks.net/Api/Method/Orders-RunRulesEngine
func (f *Fake) runRulesEngine(req *linnworks.RunRulesEngineRequest) (any, error) {
	return f.eachOpen(req.OrderIDs, f.runRules), nil
}

// Outcome is what the rules engine decides for an order. The zero value changes
// nothing.
type Outcome struct {
	// PostalService is the name of a postal service, added if there is none of
	// that name.
	PostalService string
	// Location is the name of a location to move the order to.
	Location string
	// Park and Lock stop the order.
	Park, Lock bool
	// Folder is added to the order's folders, Tags to its identifiers.
	Folder string
	Tags   []string
	// NoMerge keeps the order out of auto-merge.
	NoMerge bool
}

// WithRules sets the account's rules engine. It runs when a paid order that is
// neither parked nor locked is saved, when an unpaid order becomes paid, and on
// RunRulesEngine; not by unparking alone. rules must not call the fake.
//
// https://www.linnworks.com/support/order-book/rules-engine
func WithRules(rules func(linnworks.OrderDetails) Outcome) Option {
	return func(f *Fake) { f.rules = rules }
}

// runRules runs the rules on an order that is open, paid, and neither parked
// nor locked, and reports whether it did.
func (f *Fake) runRules(o *order) bool {
	if !o.open() || (o.stopped() || !o.paid()) && f.quirks[RulesSkipStopped] {
		return false
	}
	o.GeneralInfo.IsRuleRun = true
	f.note(o, "RULES", "The rules ran")
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
	o.GeneralInfo.Identifiers = append(o.GeneralInfo.Identifiers, identifiersOf(o, out.Tags)...)
	o.unmergeable = o.unmergeable || out.NoMerge
	if l := f.locationByName(out.Location); l != nil && l.id != o.GeneralInfo.Location {
		f.relocate(o, l)
	}
	if out.Park {
		o.park(true)
	}
	if out.Lock {
		f.lock(o, true)
	}
	return true
}

// identifiersOf makes identifiers of the tags that an order does not have.
func identifiersOf(o *order, tags []string) []linnworks.Identifier {
	var out []linnworks.Identifier
	for _, tag := range tags {
		if !slices.Contains(o.identifiers(), tag) {
			out = append(out, linnworks.Identifier{Tag: tag, Name: tag, IsCustom: true})
		}
	}
	return out
}

// orderQuery is the parameter of reads of one order.
type orderQuery struct {
	OrderID linnworks.GUID `json:"orderId"`
}

// editable refuses an order whose data cannot be changed.
func (f *Fake) editable(o *order) error {
	if !o.open() || o.stopped() && f.quirks[StoppedOrdersRefuseEdits] {
		return refuse("Order %d is %s and cannot be edited", o.NumOrderID, o.state())
	}
	return nil
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
	o, err := f.find(req.OrderID)
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
		o.processingNote = o.processingNote || value(req.IsProcessingNote)
		note := f.addNote(o, value(req.NoteText), user, value(req.IsInternal), linnworks.Time{})
		out.OrderNotes = append(out.OrderNotes, linnworks.OrderNoteDto(note))
	}
	return out, nil
}

// setExtendedProperties replaces the properties of an order.
//
// https://apps.linnworks.net/Api/Method/Orders-SetExtendedProperties
func (f *Fake) setExtendedProperties(req *linnworks.SetExtendedPropertiesRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	if err := f.editable(o); err != nil {
		return nil, err
	}
	o.ExtendedProperties = nil
	for _, p := range req.ExtendedProperties {
		f.addProperty(o, p.Name, p.Value, p.Type)
	}
	return slices.Clone(o.ExtendedProperties), nil
}

// getOrderNotes: https://apps.linnworks.net/Api/Method/Orders-GetOrderNotes
func (f *Fake) getOrderNotes(req *orderQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	return slices.Clone(o.Notes), nil
}

// setOrderNotes replaces the notes of an order.
//
// https://apps.linnworks.net/Api/Method/Orders-SetOrderNotes
func (f *Fake) setOrderNotes(req *linnworks.SetOrderNotesRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	o.Notes = nil
	o.GeneralInfo.Notes = 0
	for _, n := range req.OrderNotes {
		f.addNote(o, n.Note, n.CreatedBy, n.Internal, n.NoteDate)
	}
	f.touch(o)
	return nil, nil
}

// setOrderGeneralInfo overwrites references, dates and origin. The state of the
// order, which has calls of its own, stays.
//
// https://apps.linnworks.net/Api/Method/Orders-SetOrderGeneralInfo
func (f *Fake) setOrderGeneralInfo(req *linnworks.SetOrderGeneralInfoRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	if err := f.editable(o); err != nil {
		return nil, err
	}
	in, g := value(req.Info), &o.GeneralInfo
	f.unrefer(o, g.ReferenceNum)
	g.ReferenceNum, g.SecondaryReference, g.ExternalReferenceNum = in.ReferenceNum, in.SecondaryReference, in.ExternalReferenceNum
	g.ReceivedDate, g.DespatchByDate, g.ScheduledDelivery = in.ReceivedDate, in.DespatchByDate, in.ScheduledDelivery
	g.Source, g.SubSource, g.SiteCode = in.Source, in.SubSource, in.SiteCode
	f.refer(o, g.ReferenceNum)
	o.draft = o.draft && !value(req.WasDraft)
	f.note(o, "GENERAL", "General information changed")
	return nil, nil
}

// assignToFolder: https://apps.linnworks.net/Api/Method/Orders-AssignToFolder
func (f *Fake) assignToFolder(req *linnworks.AssignToFolderRequest) (any, error) {
	return f.changeFolders(req.OrderIDs, func(o *order) {
		if folder := value(req.Folder); !slices.Contains(o.FolderName, folder) {
			o.FolderName = append(slices.Clone(o.FolderName), folder)
		}
	}), nil
}

// unassignToFolder: https://apps.linnworks.net/Api/Method/Orders-UnassignToFolder
func (f *Fake) unassignToFolder(req *linnworks.UnassignToFolderRequest) (any, error) {
	return f.changeFolders(req.OrderIDs, func(o *order) {
		o.FolderName = slices.DeleteFunc(slices.Clone(o.FolderName), func(s string) bool { return s == value(req.Folder) })
	}), nil
}

func (f *Fake) changeFolders(ids []linnworks.GUID, change func(*order)) []linnworks.GUID {
	return f.eachOpen(ids, func(o *order) bool {
		if o.stopped() && f.quirks[FoldersRefuseStopped] {
			return false
		}
		change(o)
		f.note(o, "FOLDER", "Folders changed to %q", o.FolderName)
		return true
	})
}

// changeShippingMethod gives orders the service of a name.
//
// https://apps.linnworks.net/Api/Method/Orders-ChangeShippingMethod
func (f *Fake) changeShippingMethod(req *linnworks.ChangeShippingMethodRequest) (any, error) {
	s := f.serviceByName(value(req.ShippingMethod))
	if s == nil {
		return nil, refuse("Postal service %s not found", value(req.ShippingMethod))
	}
	return f.eachOpen(req.OrderIDs, func(o *order) bool {
		if f.editable(o) != nil {
			return false
		}
		o.useService(s)
		f.note(o, "SHIPPING", "Postal service changed to %s", s.PostalServiceName)
		return true
	}), nil
}

// moveToLocation moves orders with their reservations.
//
// https://apps.linnworks.net/Api/Method/Orders-MoveToLocation
func (f *Fake) moveToLocation(req *linnworks.MoveToLocationRequest) (any, error) {
	l, err := f.place(req.StockLocationID)
	if err != nil {
		return nil, err
	}
	out := linnworks.MoveToLocationResult{KeyedErrors: map[string]string{}}
	for _, g := range req.OrderIDs {
		o, err := f.find(g)
		if err == nil {
			err = f.editable(o)
		}
		if err != nil {
			out.KeyedErrors[string(g)] = err.Error()
			out.Errors = append(out.Errors, err.Error())
			continue
		}
		f.relocate(o, l)
		if status := value(req.FulfillmentStatusToApply); status != "" {
			o.fulfilment = string(status)
		}
		out.OrdersMoved = append(out.OrdersMoved, g)
	}
	return out, nil
}

// relocate moves an order to a location. The reservation goes with it.
func (f *Fake) relocate(o *order, l *location) {
	held := slices.Clone(o.held)
	f.move(o, func() {
		o.GeneralInfo.Location, o.FulfilmentLocationID = l.id, l.id
		f.arrive(o, l)
	})
	if !f.quirks[MovesTakeReservation] {
		for i := range o.held {
			o.held[i].item.stock(o.held[i].at).inOrders -= o.held[i].units
		}
		for _, h := range held {
			h.item.stock(h.at).inOrders += h.units
		}
		o.held = held
	}
	f.note(o, "LOCATION", "Moved to %s", l.Name)
}

// arrive stops an order that comes to a fulfilment centre. That its orders
// affect the stock level is a setting that is off.
func (f *Fake) arrive(o *order, at *location) {
	if at.FulfilmentCentre && f.quirks[FulfilmentCentresStop] {
		o.park(true)
		o.GeneralInfo.HoldOrCancel = true
		o.fulfilment = "Assigned"
	}
}

// deleteOrder erases an open order without a trace: its reference can be
// created again.
//
// https://apps.linnworks.net/Api/Method/Orders-DeleteOrder
func (f *Fake) deleteOrder(req *linnworks.DeleteOrderRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	if !o.open() {
		return nil, refuse("Order %d is %s and cannot be deleted", o.NumOrderID, o.state())
	}
	f.vanish(o)
	f.unrefer(o, o.GeneralInfo.ReferenceNum)
	f.orders = slices.DeleteFunc(f.orders, func(other *order) bool { return other == o })
	return nil, nil
}

// vanish takes an order out of every read. Its reference stays known to
// CreateOrders.
func (f *Fake) vanish(o *order) {
	f.move(o, func() { o.gone = true })
	o.change = 0
	delete(f.byOrderID, o.OrderID)
	delete(f.byNumber, o.NumOrderID)
}
