package linnworkstest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Types of relations. Linnworks does not document them.
const (
	relationSplit = "SPLIT"
	relationMerge = "MERGE"
)

// mergedReference is what the references of merged orders read.
const mergedReference = "MERGED"

// replaced has the children take the place of the parent.
func (f *Fake) replaced(parent, child *order, kind string) {
	r := linnworks.OrderRelation{
		ParentOrderID: parent.OrderID, Parent: parent.NumOrderID, ChildOrderID: child.OrderID, Child: child.NumOrderID, Type: kind,
	}
	f.relations[parent.OrderID] = append(f.relations[parent.OrderID], r)
	f.relations[child.OrderID] = append(f.relations[child.OrderID], r)
}

// clone copies an order without its lines, state of printing and identity.
func (f *Fake) clone(o *order) *order {
	child := f.newOrder(o.GeneralInfo.ReferenceNum)
	g, number := child.OrderID, child.NumOrderID
	child.OrderDetails = f.view(o)
	child.OrderID, child.NumOrderID, child.Items = g, number, nil
	child.fulfilment, child.unmergeable = o.fulfilment, o.unmergeable
	info := &child.GeneralInfo
	info.LabelPrinted, info.LabelError, info.InvoicePrinted, info.PickListPrinted, info.PickwaveIDs = false, "", false, false, nil
	child.ShippingInfo.TrackingNumber = ""
	return child
}

// splitOrder divides an order up. Every part is a new order with a number of
// its own; what newOrders do not take is the first part, and has the postage and
// the order's discount. The parts share the references.
//
// https://apps.linnworks.net/Api/Method/Orders-SplitOrder
func (f *Fake) splitOrder(req *linnworks.SplitOrderRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	if err := f.editable(o); err != nil {
		return nil, err
	}
	left := map[linnworks.GUID]int{}
	for _, line := range o.Items {
		left[line.RowID] = line.Quantity
	}
	for _, part := range req.NewOrders {
		if len(part.Items) == 0 {
			return nil, refuse("A part of the split has no items")
		}
		if s := value(part.PostalServiceID); s != "" && s != linnworks.ZeroGUID && f.serviceByID(s) == nil {
			return nil, refuse("Postal service %s not found", s)
		}
		for _, taken := range part.Items {
			row, n := value(taken.RowID), value(taken.Quantity)
			if n < 1 || left[row] < n {
				return nil, refuse("Order item %s has no %d units left to split", row, n)
			}
			left[row] -= n
		}
	}
	var out []linnworks.OpenOrder
	add := func(quantities map[linnworks.GUID]int, service linnworks.GUID, park bool) {
		out = append(out, f.openRow(f.splitOff(o, quantities, service, park, len(out) == 0)))
	}
	if slices.ContainsFunc(o.Items, func(line linnworks.OrderItem) bool { return left[line.RowID] > 0 }) {
		add(left, "", o.parked())
	}
	if len(out)+len(req.NewOrders) < 2 {
		return nil, refuse("A split needs two parts")
	}
	for _, part := range req.NewOrders {
		quantities := map[linnworks.GUID]int{}
		for _, taken := range part.Items {
			quantities[value(taken.RowID)] += value(taken.Quantity)
		}
		add(quantities, value(part.PostalServiceID), value(part.ParkOrder))
	}
	f.vanish(o)
	return out, nil
}

// splitOff makes a part of an order.
func (f *Fake) splitOff(o *order, quantities map[linnworks.GUID]int, service linnworks.GUID, park, first bool) *order {
	child := f.clone(o)
	if !first {
		child.TotalsInfo.PostageCost, child.TotalsInfo.PostageCostExTax = "0", "0"
		if !f.quirks[SplitsShareReference] {
			f.unrefer(child, child.GeneralInfo.ReferenceNum)
			child.GeneralInfo.ReferenceNum += "/" + string(child.OrderID[len(child.OrderID)-4:])
			f.refer(child, child.GeneralInfo.ReferenceNum)
		}
	} else {
		child.discount = o.discount
	}
	f.move(child, func() {
		for _, line := range o.Items {
			if quantities[line.RowID] == 0 {
				continue
			}
			line.Quantity, line.RowID, line.OrderID = quantities[line.RowID], f.newID("row"), child.OrderID
			if it := f.byItemID[line.StockItemID]; it != nil {
				line.CompositeSubItems = f.subItems(child, it, line.Quantity)
			}
			price(&line)
			child.Items = append(child.Items, line)
		}
		child.GeneralInfo.NumItems = len(child.Items)
		child.park(park)
		if s := f.serviceByID(service); s != nil {
			child.useService(s)
		}
		child.sum()
	})
	f.replaced(o, child, relationSplit)
	f.note(child, "SPLIT", "Split from order %d", o.NumOrderID)
	return child
}

// mergeOrders makes one order of several.
//
// https://apps.linnworks.net/Api/Method/Orders-MergeOrders
func (f *Fake) mergeOrders(req *linnworks.MergeOrdersRequest) (any, error) {
	var parents []*order
	for _, g := range req.OrdersToMerge {
		o, err := f.find(g)
		if err != nil {
			return nil, err
		}
		if err := f.editable(o); err != nil {
			return nil, err
		}
		if slices.Contains(parents, o) {
			return nil, errInvalid
		}
		parents = append(parents, o)
	}
	if len(parents) < 2 {
		return nil, refuse("A merge needs two orders")
	}
	child := f.merge(parents)
	if s := f.serviceByID(value(req.PostalServiceID)); s != nil {
		child.useService(s)
	}
	return f.openRow(child), nil
}

// merge makes one order of several, which vanish.
func (f *Fake) merge(parents []*order) *order {
	child := f.clone(parents[0])
	child.merged = true
	g := &child.GeneralInfo
	if f.quirks[MergedReference] {
		f.unrefer(child, g.ReferenceNum)
		g.ReferenceNum, g.ExternalReferenceNum = mergedReference, mergedReference
		f.refer(child, g.ReferenceNum)
	}
	var lines []linnworks.OrderItem
	for i, o := range parents {
		lines = append(lines, o.Items...)
		if o.GeneralInfo.DespatchByDate.Before(g.DespatchByDate.Time) {
			g.DespatchByDate = o.GeneralInfo.DespatchByDate
		}
		if o.GeneralInfo.ReceivedDate.Before(g.ReceivedDate.Time) {
			g.ReceivedDate = o.GeneralInfo.ReceivedDate
		}
		child.discount = decimal(plus(amount(child.discount), amount(o.discount)))
		if i > 0 {
			t := &child.TotalsInfo
			t.PostageCost = decimal(plus(amount(t.PostageCost), amount(o.TotalsInfo.PostageCost)))
			t.PostageCostExTax = decimal(plus(amount(t.PostageCostExTax), amount(o.TotalsInfo.PostageCostExTax)))
			child.ExtendedProperties = append(child.ExtendedProperties, o.ExtendedProperties...)
			child.Notes = append(child.Notes, o.Notes...)
			g.Identifiers = append(g.Identifiers, identifiersOf(child, o.identifiers())...)
		}
		f.replaced(o, child, relationMerge)
		f.vanish(o)
	}
	g.Notes, g.NumItems = len(child.Notes), len(lines)
	f.move(child, func() {
		child.Items = slices.Clone(lines)
		for i := range child.Items {
			child.Items[i].OrderID = child.OrderID
		}
		child.sum()
	})
	for _, o := range parents {
		f.note(child, "MERGE", "Merged from order %d (%s)", o.NumOrderID, o.GeneralInfo.ReferenceNum)
	}
	return child
}

// mergePeriod is how often auto-merge runs.
const mergePeriod = 15 * time.Minute

// WithAutoMerge switches auto-merge on: at every quarter of an hour, open orders
// of one channel account for the same name and address are merged if they are
// paid, of the same currency, postal service and location, have no label or
// invoice printed, are in no pick wave, and are neither parked nor locked. Their
// references then read MERGED. Masked addresses look identical.
//
// https://help.linnworks.com/support/solutions/articles/7000007976
func WithAutoMerge() Option {
	return func(f *Fake) { f.merging = true }
}

// autoMerge merges what should have been merged since the account was last
// looked at.
func (f *Fake) autoMerge() {
	if !f.merging {
		return
	}
	due := f.now().Truncate(mergePeriod)
	if !due.After(f.mergedAt) {
		return
	}
	f.mergedAt = f.now()
	var keys []string
	alike := map[string][]*order{}
	for _, o := range f.openOrders() {
		if !o.mergeable() {
			continue
		}
		key := o.mergeKey()
		if alike[key] == nil {
			keys = append(keys, key)
		}
		alike[key] = append(alike[key], o)
	}
	for _, key := range keys {
		if orders := alike[key]; len(orders) > 1 {
			f.merge(orders)
		}
	}
}

func (o *order) mergeable() bool {
	g := o.GeneralInfo
	return o.processable() && !o.unmergeable && !g.LabelPrinted && !g.InvoicePrinted && len(g.PickwaveIDs) == 0
}

// mergeKey is the same for orders that may be merged.
func (o *order) mergeKey() string {
	a := o.CustomerInfo.Address
	return strings.ToLower(strings.Join([]string{
		o.GeneralInfo.Source, o.GeneralInfo.SubSource, o.TotalsInfo.Currency, string(o.ShippingInfo.PostalServiceID), string(o.GeneralInfo.Location),
		a.FullName, a.Company, a.Address1, a.Address2, a.Address3, a.Town, a.Region, a.PostCode, a.Country,
	}, "\x00"))
}

// getOrderPackagingSplit tells in which parcels an order was packed: nobody here
// packs an order in several.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrderPackagingSplit
func (f *Fake) getOrderPackagingSplit(*orderQuery) (any, error) {
	return []linnworks.OrderPackagingSplit{}, nil
}

// getOrderRelations tells what an order was split into or merged from; of
// orders that are no more, too.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrderRelations
func (f *Fake) getOrderRelations(req *orderQuery) (any, error) {
	return f.relationsOf(req.OrderID), nil
}

// getOrdersRelations: https://apps.linnworks.net/Api/Method/Orders-GetOrdersRelations
func (f *Fake) getOrdersRelations(req *linnworks.GetOrdersRelationsRequest) (any, error) {
	out := map[string][]linnworks.OrderRelation{}
	for _, g := range req.OrderIDs {
		out[string(g)] = f.relationsOf(g)
	}
	return out, nil
}

func (f *Fake) relationsOf(g linnworks.GUID) []linnworks.OrderRelation {
	out := slices.Clone(f.relations[g])
	slices.SortStableFunc(out, func(a, b linnworks.OrderRelation) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child))
	})
	return out
}
