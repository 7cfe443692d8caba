package tiktokshoptest

import (
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of splitting and combining.
const (
	codeSplitRefused   = 21011035
	codeWholeSKUs      = 21011036
	codeSplitGroups    = 21011046
	codeCombineRefused = 21011033
)

// searchPackages serves Fulfillment.SearchPackage.
//
// https://partner.tiktokshop.com/docv2/page/search-package-202309
func (f *Fake) searchPackages(in *request) (any, error) {
	req, err := decode[tiktokshop.SearchPackageRequest](in)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 0, 50)
	if err != nil {
		return nil, err
	}
	by, err := oneOf("sort_field", in.query.Get("sort_field"), "create_time", "update_time", "order_pay_time")
	if err != nil {
		return nil, err
	}
	direction, err := oneOf("sort_order", in.query.Get("sort_order"), "DESC", "ASC")
	if err != nil {
		return nil, err
	}
	at := func(p *parcel) position {
		switch by {
		case "update_time":
			return position{int64(p.updated), p.id}
		case "order_pay_time":
			return position{int64(p.lines[0].order.info.PaidTime), p.id}
		}
		return position{int64(p.created), p.id}
	}
	var found []*parcel
	for _, p := range f.parcels {
		if !p.retired && is(p.status, req.PackageStatus) && within(p.created, req.CreateTimeGe, req.CreateTimeLt) &&
			within(p.updated, req.UpdateTimeGe, req.UpdateTimeLt) {
			found = append(found, p)
		}
	}
	out := tiktokshop.SearchPackageResponse{TotalCount: len(found)}
	found, out.NextPageToken, err = page(found, at, direction == "DESC", size, in.query.Get("page_token"))
	for _, p := range found {
		item := tiktokshop.Package{
			ID: p.id, Status: p.status, CreateTime: p.created, UpdateTime: p.updated, OrderLineItemIDs: lineIDs(p.lines),
			ShippingProviderID: p.provider.ID, ShippingProviderName: p.provider.Name, TrackingNumber: p.tracking,
		}
		for _, o := range p.orders() {
			item.Orders = append(item.Orders, tiktokshop.PackageOrder{ID: o.info.ID, SKUs: contents(p, o)})
		}
		out.Packages = append(out.Packages, item)
	}
	return out, err
}

// splitAttributes serves Fulfillment.GetOrderSplitAttributes.
//
// https://partner.tiktokshop.com/docv2/page/get-order-split-attributes-202309
func (f *Fake) splitAttributes(in *request) (any, error) {
	ids, err := f.list(in, "order_ids")
	if err != nil {
		return nil, err
	}
	var out tiktokshop.GetOrderSplitAttributesResponse
	for _, id := range ids {
		o, err := f.orderOf(id)
		if err != nil {
			return nil, err
		}
		item := tiktokshop.GetOrderSplitAttributesResponseSplitAttribute{OrderID: id, CanSplit: true}
		if why := f.unsplittable(o); why != "" {
			item.CanSplit, item.Reason = false, why
		}
		out.SplitAttributes = append(out.SplitAttributes, item)
	}
	return out, nil
}

// unsplittable tells why an order cannot be split, empty if it can be.
func (f *Fake) unsplittable(o *order) string {
	open := o.open()
	one := !slices.ContainsFunc(open, func(l *line) bool { return l.sku != open[0].sku })
	switch {
	case o.info.Status != tiktokshop.OrderStatusAwaitingShipment && o.info.Status != tiktokshop.OrderStatusPartiallyShipping:
		return "The order is " + string(o.info.Status)
	case o.request != nil:
		return "A cancellation is pending"
	case len(open) < 2, one && f.wholeSKUs():
		return "The order has a single item"
	case slices.ContainsFunc(open, func(l *line) bool { return l.parcel != nil && l.parcel.combined() }):
		return "The order is combined with another"
	}
	return ""
}

// wholeSKUs tells that all units of a SKU have to stay in one package.
func (f *Fake) wholeSKUs() bool { return f.market.family == familyOther }

// split serves Fulfillment.SplitOrders: every group becomes a package, and what
// is in no group stays in one of its own.
//
// https://partner.tiktokshop.com/docv2/page/split-orders-202309
func (f *Fake) split(in *request) (any, error) {
	req, err := decode[struct {
		Groups []struct {
			ID      string   `json:"id"`
			LineIDs []string `json:"order_line_item_ids"`
		} `json:"splittable_groups"`
	}](in)
	if err != nil {
		return nil, err
	}
	o, err := f.orderOf(in.params[0])
	if err != nil {
		return nil, err
	}
	if why := f.unsplittable(o); why != "" {
		return nil, fail(codeSplitRefused, "%s", why)
	}
	group := map[*line]int{}
	for i, g := range req.Groups {
		lines, err := f.pick(o, g.LineIDs)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			if _, twice := group[l]; twice || len(g.LineIDs) == 0 {
				return nil, fail(codeSplitGroups, "Every group needs line items of its own")
			}
			group[l] = i + 1
		}
	}
	parts := make([][]*line, len(req.Groups)+1)
	where := map[*sku]int{}
	for _, l := range o.open() {
		i := group[l]
		parts[i] = append(parts[i], l)
		if was, seen := where[l.sku]; seen && was != i && f.wholeSKUs() {
			return nil, fail(codeWholeSKUs, "All units of SKU %s have to stay together", l.sku.id)
		}
		where[l.sku] = i
	}
	if len(req.Groups) == 0 || len(req.Groups) == 1 && len(parts[0]) == 0 {
		return nil, fail(codeSplitGroups, "At least two packages are needed")
	}
	f.retire(o.open()...)
	var out tiktokshop.SplitOrdersResponse
	var made []*parcel
	for i, lines := range parts {
		if len(lines) == 0 {
			continue
		}
		p := f.newParcel(lines)
		made = append(made, p)
		if i > 0 {
			out.Packages = append(out.Packages, tiktokshop.SplitOrdersResponsePackage{ID: p.id, SplittableGroupID: req.Groups[i-1].ID})
		}
	}
	f.notifyPackages("SPLIT", "ROLE_SELLER", made...)
	return out, nil
}

// retire takes lines out of their packages, which end with it.
func (f *Fake) retire(lines ...*line) {
	for _, l := range lines {
		if p := l.parcel; p != nil {
			p.retired, p.status, p.updated = true, tiktokshop.PackageStatusCancelled, f.unix()
			l.parcel = nil
		}
	}
}

// joinable reports whether a package can be combined with another.
func joinable(p *parcel) bool {
	o := p.lines[0].order
	return !p.retired && !p.arranged && p.status == tiktokshop.PackageStatusToFulfill && o.request == nil &&
		o.info.Status == tiktokshop.OrderStatusAwaitingShipment && o.info.FulfillmentType == tiktokshop.FulfillmentTypeBySeller
}

// sameTrip names what packages need in common to be combined.
func sameTrip(p *parcel) string {
	o := p.lines[0].order
	return strings.Join([]string{
		o.info.UserID, o.address.FullAddress, o.info.WarehouseID, o.info.DeliveryOptionID, string(o.info.ShippingType),
	}, "\n")
}

// combinable serves Fulfillment.SearchCombinablePackages: groups of packages to
// one buyer and address that have not been shipped.
//
// https://partner.tiktokshop.com/docv2/page/search-combinable-packages-202309
func (f *Fake) combinable(in *request) (any, error) {
	size, err := pageSize(in.query, 0, 50)
	if err != nil {
		return nil, err
	}
	groups := map[string][]*parcel{}
	var firsts []*parcel
	for _, p := range f.parcels {
		if joinable(p) {
			trip := sameTrip(p)
			groups[trip] = append(groups[trip], p)
			if len(groups[trip]) == 2 {
				firsts = append(firsts, groups[trip][0])
			}
		}
	}
	out := tiktokshop.SearchCombinablePackagesResponse{TotalCount: int64(len(firsts))}
	at := func(p *parcel) position { return position{int64(p.created), p.id} }
	firsts, out.NextPageToken, err = page(firsts, at, false, size, in.query.Get("page_token"))
	for _, p := range firsts {
		item := tiktokshop.SearchCombinablePackagesResponseCombinablePackage{ID: p.id}
		for _, member := range groups[sameTrip(p)] {
			item.OrderIDs = append(item.OrderIDs, member.orderIDs()...)
		}
		out.CombinablePackages = append(out.CombinablePackages, item)
	}
	return out, err
}

// combine serves Fulfillment.CombinePackage: every group is combined or refused
// alone.
//
// https://partner.tiktokshop.com/docv2/page/combine-package-202309
func (f *Fake) combine(in *request) (any, error) {
	req, err := decode[struct {
		Groups []struct {
			ID       string   `json:"id"`
			OrderIDs []string `json:"order_ids"`
		} `json:"combinable_packages"`
	}](in)
	switch {
	case err != nil:
		return nil, err
	case len(req.Groups) == 0:
		return nil, invalid("combinable_packages", "it is required")
	}
	var out tiktokshop.CombinePackageResponse
	for _, g := range req.Groups {
		lines, ok := f.linesToCombine(g.OrderIDs)
		if !ok {
			out.Errors = append(out.Errors, tiktokshop.FulfillmentError{
				Code: codeCombineRefused, Message: "The orders cannot be combined",
				Detail: tiktokshop.CombinePackageResponseErrorDetail{PackageID: g.ID},
			})
			continue
		}
		f.retire(lines...)
		p := f.newParcel(lines)
		f.notifyPackages("COMBINE", "ROLE_SELLER", p)
		out.Packages = append(out.Packages, tiktokshop.FulfillmentPackage{ID: p.id, OrderIDs: p.orderIDs()})
	}
	return out, nil
}

// linesToCombine returns the open lines of at least two orders that can travel
// together.
func (f *Fake) linesToCombine(orderIDs []string) (lines []*line, ok bool) {
	trip := ""
	seen := map[string]bool{}
	for _, id := range orderIDs {
		o := f.orderByID[id]
		if o == nil || seen[id] || len(o.open()) == 0 || o.open()[0].parcel == nil || !joinable(o.open()[0].parcel) {
			return nil, false
		}
		seen[id] = true
		p := o.open()[0].parcel
		if trip != "" && trip != sameTrip(p) {
			return nil, false
		}
		trip = sameTrip(p)
		lines = append(lines, o.open()...)
	}
	return lines, len(seen) > 1
}

// uncombine serves Fulfillment.UncombinePackages: the named orders, all if none,
// get packages of their own again.
//
// https://partner.tiktokshop.com/docv2/page/uncombine-packages-202309
func (f *Fake) uncombine(in *request) (any, error) {
	req, err := decode[tiktokshop.UncombinePackagesRequest](in)
	if err != nil {
		return nil, err
	}
	p, err := f.packageOf(in.params[0])
	switch {
	case err != nil:
		return nil, err
	case !p.combined():
		return nil, fail(codeCombineRefused, "The package is not combined")
	case p.arranged:
		return nil, fail(codeAlreadyShipped, "The package is shipped already")
	}
	leaving := req.OrderIDs
	if len(leaving) == 0 || len(leaving) >= len(p.orders())-1 {
		leaving = p.orderIDs() // nothing combined would remain
	}
	parts := map[string][]*line{}
	var stay []*line
	for _, l := range p.lines {
		if slices.Contains(leaving, l.order.info.ID) {
			parts[l.order.info.ID] = append(parts[l.order.info.ID], l)
		} else {
			stay = append(stay, l)
		}
	}
	for _, id := range leaving {
		if parts[id] == nil {
			return nil, fail(codeCombineRefused, "Order %s is not in the package", id)
		}
	}
	f.retire(p.lines...)
	var out tiktokshop.UncombinePackagesResponse
	var made []*parcel
	if len(stay) > 0 {
		made = append(made, f.newParcel(stay))
	}
	for _, id := range leaving {
		made = append(made, f.newParcel(parts[id]))
	}
	for _, p := range made {
		out.Packages = append(out.Packages, tiktokshop.FulfillmentPackage{ID: p.id, OrderIDs: p.orderIDs()})
	}
	f.notifyPackages("CANCEL_COMBINE", "ROLE_SELLER", made...)
	return out, nil
}
