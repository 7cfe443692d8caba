package linnworksadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/linnworks"
)

// PrintViewOptions say by what Linnworks' printing view knows the orders that may be
// printed. One of them is required.
type PrintViewOptions struct {
	// Identifier is the tag of an identifier: the view shows orders that have it. The
	// identifier has to exist (Orders > Identifiers).
	Identifier string
	// Folder is the name of a folder: the view shows orders that are in it.
	Folder string
	// Parked has orders come in parked, which no view for printing shows, and go parked
	// when they are pulled back. Settings.StatusTable needs [release.ParkedRows]. Parking is
	// the bridge's then: people who want to stop an order lock it.
	Parked bool
}

// PrintView is a [release.View] of the orders of one shop. Make it with
// [Warehouse.PrintView].
//
// An order that is parked or locked is not to be printed in Linnworks, wherever it stands:
// it counts as not shown.
type PrintView struct {
	warehouse *Warehouse
	options   PrintViewOptions
}

var (
	_ release.View          = (*PrintView)(nil)
	_ release.ServiceWriter = (*Warehouse)(nil)
	_ release.Account       = (*Warehouse)(nil)
)

// PrintView returns the printing view. It makes one call, to see that an identifier
// exists.
func (l *Warehouse) PrintView(ctx context.Context, o PrintViewOptions) (*PrintView, error) {
	chosen := 0
	for _, is := range []bool{o.Identifier != "", o.Folder != "", o.Parked} {
		if is {
			chosen++
		}
	}
	if chosen != 1 {
		return nil, errors.New("linnworksadapter: PrintView: choose one of Identifier, Folder and Parked")
	}
	if o.Identifier != "" {
		list, err := l.client.OpenOrders.GetIdentifiers(ctx, nil)
		if err != nil {
			return nil, fmt.Errorf("linnworksadapter: PrintView: %w", err)
		}
		var known []part.Named
		for _, i := range list {
			known = append(known, part.Named{Name: i.Tag})
		}
		if !slices.ContainsFunc(list, func(i linnworks.Identifier) bool { return strings.EqualFold(i.Tag, o.Identifier) }) {
			return nil, fmt.Errorf("linnworksadapter: PrintView: %s", part.NoSuch("identifier of Linnworks", []string{o.Identifier}, known))
		}
	}
	return &PrintView{l, o}, nil
}

// OpenOrders implements [release.View]: one call for each stock location, and one for 200
// orders.
func (v *PrintView) OpenOrders(ctx context.Context) ([]release.Order, error) {
	ids, err := v.warehouse.openOrderIDs(ctx)
	if err != nil {
		return nil, err
	}
	return v.read(ctx, ids)
}

func (v *PrintView) read(ctx context.Context, ids []linnworks.GUID) ([]release.Order, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := v.warehouse.client.Orders.FindOrders(ctx, ids)
	if err != nil {
		return nil, err
	}
	var list []release.Order
	for _, id := range ids {
		o, ok := found[lower(id)]
		if ok && !o.Processed && v.warehouse.ours(o.GeneralInfo) && o.GeneralInfo.Status != statusResend {
			list = append(list, v.order(o))
		}
	}
	merged := make([]bridge.WarehouseOrder, len(list))
	for i, o := range list {
		merged[i] = o.WarehouseOrder
	}
	if err := v.warehouse.resolveMerged(ctx, merged); err != nil {
		return nil, err
	}
	for i, w := range merged {
		list[i].WarehouseOrder = w
	}
	return list, nil
}

func (v *PrintView) order(o linnworks.OrderDetails) release.Order {
	w := warehouseOrder(o)
	grams := v.warehouse.options.Units.Measures(number(o.ShippingInfo.TotalWeight), 0, 0, 0).Grams
	out := release.Order{WarehouseOrder: w, InWave: len(o.GeneralInfo.PickwaveIDs) > 0, Grams: int(math.Ceil(min(grams, math.MaxInt32)))}
	if v.options.Parked {
		out.Shown, out.Stopped = w.State == bridge.Open, w.State == bridge.Locked || w.Unpaid
		return out
	}
	out.Stopped = w.State != bridge.Open
	out.Shown = !out.Stopped && v.marked(o)
	return out
}

// marked reports whether an order has what the view goes by.
func (v *PrintView) marked(o linnworks.OrderDetails) bool {
	if v.options.Folder != "" {
		return slices.Contains(o.FolderName, v.options.Folder)
	}
	return slices.ContainsFunc(o.GeneralInfo.Identifiers, func(i linnworks.Identifier) bool { return strings.EqualFold(i.Tag, v.options.Identifier) })
}

// Show implements [release.View], with one call for 200 orders and one that reads back.
//
// https://apps.linnworks.net/Api/Method/OpenOrders-AssignOrderIdentifier
// https://apps.linnworks.net/Api/Method/Orders-AssignToFolder
func (v *PrintView) Show(ctx context.Context, orders []release.Order) []error {
	return v.change(ctx, orders, true)
}

// Hide implements [release.View], like Show. Orders in pick waves are taken out of them
// first.
//
// https://apps.linnworks.net/Api/Method/Picking-DeleteOrdersFromPickingWaves
func (v *PrintView) Hide(ctx context.Context, orders []release.Order) []error {
	return v.change(ctx, orders, false)
}

func (v *PrintView) change(ctx context.Context, orders []release.Order, show bool) []error {
	errs := make([]error, len(orders))
	at := make([]int, len(orders))
	for i := range at {
		at[i] = i
	}
	for some := range slices.Chunk(at, maxOrderDetails) {
		perOrder(ctx, some, new(part.Tally), func(some []int) error {
			list := make([]release.Order, len(some))
			for k, i := range some {
				list[k] = orders[i]
			}
			return v.set(ctx, list, show)
		}, func(i int, err error, _ bool) { errs[i] = err })
		// What Linnworks has really done is in no reply.
		ids := make([]linnworks.GUID, len(some))
		for k, i := range some {
			ids[k] = linnworks.GUID(orders[i].ID)
		}
		now, err := v.read(ctx, ids)
		for _, i := range some {
			n := slices.IndexFunc(now, func(o release.Order) bool { return strings.EqualFold(o.ID, orders[i].ID) })
			switch {
			case err != nil:
				errs[i] = cmp.Or(errs[i], fmt.Errorf("reading it back: %w", err))
			case n < 0 && show:
				errs[i] = cmp.Or(errs[i], errors.New("it is no longer open"))
			case n >= 0 && now[n].Shown != show:
				errs[i] = cmp.Or(errs[i], fmt.Errorf("Linnworks has not changed it: it is %s", now[n].State))
			case n >= 0 && !show && now[n].InWave:
				errs[i] = cmp.Or(errs[i], errors.New("it is still in a pick wave"))
			default:
				errs[i] = nil // whatever the reply was
			}
		}
	}
	return errs
}

// set makes the call for orders.
func (v *PrintView) set(ctx context.Context, orders []release.Order, show bool) error {
	ids := make([]linnworks.GUID, len(orders))
	var inWaves []int
	for i, o := range orders {
		ids[i] = linnworks.GUID(o.ID)
		if n, err := strconv.Atoi(o.Number); err == nil && o.InWave && !show {
			inWaves = append(inWaves, n)
		}
	}
	c := v.warehouse.client
	if len(inWaves) > 0 {
		if _, err := c.Picking.DeleteOrdersFromPickingWaves(ctx, &linnworks.DeleteOrdersFromPickingWavesRequest{OrderIDs: inWaves}); err != nil {
			return fmt.Errorf("taking it out of its pick wave: %w", err)
		}
	}
	var err error
	switch {
	case v.options.Parked && show:
		list := make([]bridge.OrderRelease, len(orders))
		for i, o := range orders {
			if list[i].Order = o.WarehouseOrder; !o.HasAddress {
				list[i].Address = o.Address
			}
		}
		return errors.Join(v.warehouse.ReleaseOrders(ctx, list)...)
	case v.options.Parked:
		return v.warehouse.tag(ctx, new(markerParked), ids)
	case v.options.Folder != "" && show:
		_, err = c.Orders.AssignToFolder(ctx, &linnworks.AssignToFolderRequest{OrderIDs: ids, Folder: new(v.options.Folder)})
	case v.options.Folder != "":
		_, err = c.Orders.UnassignToFolder(ctx, &linnworks.UnassignToFolderRequest{OrderIDs: ids, Folder: new(v.options.Folder)})
	case show:
		_, err = c.OpenOrders.AssignOrderIdentifier(ctx, &linnworks.AssignOrderIdentifierRequest{OrderIDs: ids, Tag: new(v.options.Identifier)})
	default:
		_, err = c.OpenOrders.UnassignOrderIdentifier(ctx, &linnworks.UnassignOrderIdentifierRequest{OrderIDs: ids, Tag: new(v.options.Identifier)})
	}
	return unlessPartial(err)
}

// SetService implements [release.ServiceWriter]. It returns nil only for what was seen to
// be so.
func (l *Warehouse) SetService(ctx context.Context, w bridge.WarehouseOrder, service string) error {
	services, err := l.client.PostalServices.GetPostalServices(ctx, nil)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(services, func(s linnworks.PostalService) bool { return strings.EqualFold(s.PostalServiceName, service) })
	if i < 0 {
		return fmt.Errorf("there is no postal service %q in Linnworks", service)
	}
	_, err = l.client.Orders.SetOrderShippingInfoVerified(ctx, linnworks.GUID(w.ID), func(info *linnworks.UpdateOrderShippingInfoRequest) {
		info.PostalServiceID = cmp.Or(services[i].PostalServiceID, services[i].ID)
	})
	return err
}

// LabelTemplates implements [release.Account].
//
// https://apps.linnworks.net/Api/Method/PrintService-GetTemplateList
func (l *Warehouse) LabelTemplates(ctx context.Context) ([]string, error) {
	list, err := l.client.Print.GetTemplateList(ctx, &linnworks.GetTemplateListRequest{TemplateType: new("Shipping Labels")})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range list {
		if t.Enabled && !t.LogicalDelete {
			names = append(names, t.TemplateName)
		}
	}
	return names, nil
}
