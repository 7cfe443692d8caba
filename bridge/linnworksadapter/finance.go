package linnworksadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/linnworks"
)

var _ interface {
	finance.SaleSource
	finance.RefundSource
	finance.RefundedSource
} = (*Warehouse)(nil)

// Refunds implements [finance.RefundSource], with three calls for each order. Orders that
// were merged into another, or are not in Linnworks, are left out.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-GetRefundHeadersByOrderId
func (l *Warehouse) Refunds(ctx context.Context, orderIDs []string) (map[string][]finance.Refund, error) {
	found := map[string][]finance.Refund{}
	var errs []error
	for _, id := range orderIDs {
		orders, err := l.SentOrders(ctx, id, nil)
		if err == nil && len(orders) > 0 {
			found[id], err = refundsOf(orders)
		}
		if err != nil {
			delete(found, id)
			errs = append(errs, fmt.Errorf("order %s: %w", id, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return found, part.Join(errs...)
}

// refundsRange is the longest time that Linnworks searches refunds in.
const refundsRange = 89 * 24 * time.Hour

// RefundedOrders implements [finance.RefundedSource], 200 rows of refunds a call. Orders that
// were merged are left out, as [Warehouse.Refunds] leaves them out.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-SearchReturnsRefundsPaged
func (l *Warehouse) RefundedOrders(ctx context.Context, from, to time.Time) ([]string, error) {
	ids := map[string]bool{}
	for from.Before(to) {
		until := from.Add(refundsRange)
		if until.After(to) {
			until = to
		}
		request := &linnworks.SearchReturnsRefundsPagedRequest{
			From: &linnworks.Time{Time: from.UTC()}, To: &linnworks.Time{Time: until.UTC()}, DateType: new(linnworks.ReturnsRefundsDateTypeBooked),
			HistoryType: new(linnworks.ReturnsRefundsHistoryTypeRefunds), NumEntriesPerPage: new(200),
		}
		for row, err := range l.client.ReturnsRefunds.SearchReturnsRefundsPagedAll(ctx, request) {
			if err != nil {
				return nil, err
			}
			reference := strings.TrimSpace(row.ReferenceNum)
			if reference != "" && !strings.EqualFold(reference, mergedReference) && l.ours(linnworks.OrderGeneralInfo{Source: row.Source, SubSource: row.SubSource}) {
				ids[reference] = true
			}
		}
		from = until
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

func refundsOf(orders []returns.Sent) ([]finance.Refund, error) {
	list := []finance.Refund{}
	for _, o := range orders {
		for _, b := range o.Refunds {
			if b.Unread || b.Amount.Currency != o.Currency {
				return nil, fmt.Errorf("the amount of refund %s in Linnworks cannot be read, or is in another currency", b.ID)
			}
			list = append(list, finance.Refund{ID: cmp.Or(b.Reference, b.ID), Minor: b.Amount.Minor, At: b.At})
		}
	}
	return list, nil
}

// Sales implements [finance.SaleSource] with the amounts that the import has left on the
// orders, and their totals now: 200 orders a call. An order that was split is one sale.
// Orders that were merged share their properties, so that nobody can tell their amounts
// apart: they are unread. One that people have made by hand counts with its total.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrdersById
func (l *Warehouse) Sales(ctx context.Context, from, to time.Time) (list []finance.Sale, unread []finance.Unread, err error) {
	missing, err := l.receivedIn(ctx, from, to)
	if err != nil {
		return nil, nil, err
	}
	parts := map[string][]soldPart{} // by the shop's order
	var merged []soldPart
	ids := slices.Sorted(maps.Keys(missing))
	for chunk, err := range l.client.Orders.GetOrdersByIDBatched(ctx, &linnworks.GetOrdersByIDRequest{OrderIDs: ids}) {
		if exceptRecords(err) != nil {
			return nil, nil, err
		}
		for _, o := range chunk {
			delete(missing, lower(o.OrderID))
			received := moment(o.GeneralInfo.ReceivedDate)
			if !l.ours(o.GeneralInfo) || o.GeneralInfo.Status == statusResend || received.Before(from) || !received.Before(to) {
				continue
			}
			reference := strings.TrimSpace(o.GeneralInfo.ReferenceNum)
			if strings.EqualFold(reference, mergedReference) || reference == "" {
				merged = append(merged, partOf(o))
				continue
			}
			parts[reference] = append(parts[reference], partOf(o))
		}
	}
	together, lost := l.mergedSales(ctx, merged, parts)
	list, unread = append(list, together...), append(unread, lost...)
	for reference, orders := range parts {
		delete(parts, reference)
		sale, err := saleOf(reference, orders)
		if err != nil {
			unread = append(unread, finance.Unread{Kind: "order", ID: reference, Why: err.Error()})
			continue
		}
		list = append(list, sale)
	}
	for id, reference := range missing {
		unread = append(unread, finance.Unread{Kind: "order", ID: reference, Why: "Linnworks lists the order " + string(id) + " and does not return it so that it can be read"})
	}
	return list, unread, nil
}

// receivedIn lists the orders that may have been received in [from, to), processed ones
// with their references: open ones of any time are among them.
func (l *Warehouse) receivedIn(ctx context.Context, from, to time.Time) (map[linnworks.GUID]string, error) {
	found := map[linnworks.GUID]string{}
	open, err := l.openOrderIDs(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range open {
		found[lower(id)] = ""
	}
	request := &linnworks.SearchProcessedOrdersRequest{
		DateField: new(linnworks.SearchProcessedOrdersRequestDateFieldReceived), ResultsPerPage: new(200),
		FromDate: &linnworks.Time{Time: from.UTC()}, ToDate: &linnworks.Time{Time: to.UTC()},
		SearchFilters: []linnworks.SearchFilters{{SearchField: "Source", SearchTerm: l.options.Source}, {SearchField: "SubSource", SearchTerm: l.options.SubSource}},
		SearchSorting: &linnworks.SearchSorting{SortField: "dProcessedOn", SortDirection: "ASC"},
	}
	for p, err := range l.client.ProcessedOrders.SearchProcessedOrdersAll(ctx, request) {
		if err != nil {
			return nil, err
		}
		if !p.IsResend && !p.IsExchange && l.ours(linnworks.OrderGeneralInfo{Source: p.Source, SubSource: p.SubSource}) {
			found[lower(p.OrderID)] = p.ReferenceNum
		}
	}
	return found, nil
}

// soldPart is what a sale needs of an order of the warehouse, which has far more: a month has
// a hundred thousand of them.
type soldPart struct {
	id                  linnworks.GUID
	number              int
	currency, total     string
	received, processed time.Time // processed is zero if it is not
	cancelled, merged   bool
	units               int
	goods               []ratedGoods
	references          []string // of merged orders, by their properties
	properties          []linnworks.ExtendedProperty
	ids                 int // how many orders of the shop the properties are of
}

// ratedGoods is what a line costs with tax, as Linnworks states both.
type ratedGoods struct{ item, rate, cost string }

// partOf keeps what a sale needs.
func partOf(o linnworks.OrderDetails) soldPart {
	// Texts that every order has are kept once, and none keeps the reply that it came in.
	kept := func(s string) string { return unique.Make(s).Value() }
	p := soldPart{
		id: linnworks.GUID(strings.Clone(string(o.OrderID))), number: o.NumOrderID, currency: kept(strings.ToUpper(o.TotalsInfo.Currency)), total: kept(string(o.TotalsInfo.TotalCharge)),
		received: moment(o.GeneralInfo.ReceivedDate), cancelled: o.Processed && o.GeneralInfo.HoldOrCancel, ids: orderIDs(o),
	}
	if o.Processed {
		p.processed = moment(o.ProcessedDateTime)
	}
	if w := warehouseOrder(o); w.Reference == "" {
		p.merged = w.Merged
		for _, id := range w.References {
			p.references = append(p.references, strings.Clone(id))
		}
	}
	for _, item := range o.Items {
		if !item.IsService {
			p.units += item.Quantity
			p.goods = append(p.goods, ratedGoods{strings.Clone(item.ItemNumber), kept(percent(string(item.TaxRate))), kept(string(item.CostIncTax))})
		}
	}
	fields := saleProperties(new(finance.Sale))
	for _, x := range o.ExtendedProperties {
		if fields[x.Name] != nil || strings.HasPrefix(x.Name, feeProperties) {
			p.properties = append(p.properties, linnworks.ExtendedProperty{Name: kept(x.Name), Value: kept(x.Value)})
		}
	}
	return p
}

// group are orders of the shop that share orders of the warehouse.
type group struct {
	references []string
	orders     []soldPart
}

// mergedSales are the sales of orders that people merged, and what cannot be told of them. It
// takes other parts of the same orders out of parts.
func (l *Warehouse) mergedSales(ctx context.Context, merged []soldPart, parts map[string][]soldPart) (list []finance.Sale, unread []finance.Unread) {
	orders := make([]bridge.WarehouseOrder, len(merged))
	for i, o := range merged {
		orders[i] = bridge.WarehouseOrder{ID: string(o.id), Number: strconv.Itoa(o.number), Merged: o.merged, References: o.references}
	}
	err := l.resolveMerged(ctx, orders)
	groups := map[string]*group{} // by reference
	for i, o := range orders {
		if err != nil || len(o.References) == 0 {
			why := fmt.Sprintf("Linnworks order %s has no reference of the shop", o.Number)
			if o.Merged {
				why = fmt.Sprintf("Linnworks order %s holds several orders, and it cannot be told which", o.Number)
			}
			unread = append(unread, unnamed(merged[i], why)...)
			continue
		}
		g := &group{orders: []soldPart{merged[i]}}
		for _, id := range o.References {
			if other := groups[id]; other != nil && other != g {
				g.references, g.orders = append(g.references, other.references...), append(g.orders, other.orders...)
				for _, id := range other.references {
					groups[id] = g
				}
			}
			if groups[id] != g {
				g.references, groups[id] = append(g.references, id), g
				g.orders = append(g.orders, parts[id]...)
				delete(parts, id)
			}
		}
	}
	for _, g := range groups {
		slices.Sort(g.references)
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		g := groups[id]
		if g.references[0] != id {
			continue // it is of the group's first
		}
		sale, err := saleOf(id, g.orders, g.references[1:]...)
		if err != nil {
			for _, id := range g.references {
				unread = append(unread, finance.Unread{Kind: "order", ID: id, Why: err.Error()})
			}
			continue
		}
		list = append(list, sale)
	}
	return list, unread
}

// unnamed are the orders of the shop in a merged one of which not all are known.
func unnamed(o soldPart, why string) (list []finance.Unread) {
	for _, id := range o.references {
		list = append(list, finance.Unread{Kind: "order", ID: id, Why: why})
	}
	if list == nil {
		list = []finance.Unread{{Kind: "order", Why: why}}
	}
	return list
}

// saleOf is one order of the shop, of the orders that it was split into, or several that
// were merged.
func saleOf(reference string, orders []soldPart, with ...string) (finance.Sale, error) {
	slices.SortFunc(orders, func(a, b soldPart) int { return a.number - b.number })
	sale := finance.Sale{OrderID: reference, With: with, Currency: orders[0].currency, Void: true, TotalKnown: true}
	var errs []error
	amount := func(what, text string) int64 {
		m, _, err := money.Round(text, sale.Currency)
		if err != nil || m.Minor > money.Max || m.Minor < -money.Max {
			errs = append(errs, fmt.Errorf("its %s is no amount", what))
			return 0
		}
		return m.Minor
	}
	rates := map[string]int64{}
	var stated []linnworks.ExtendedProperty
	most := -1
	for _, o := range orders {
		if o.currency != sale.Currency {
			errs = append(errs, errors.New("its parts are of several currencies"))
		}
		sale.Numbers = append(sale.Numbers, strconv.Itoa(o.number))
		if o.ids > most && slices.ContainsFunc(o.properties, func(p linnworks.ExtendedProperty) bool { return p.Name == paidProperty && p.Value != "" }) {
			stated, most = o.properties, o.ids // a merged order has those of all
		}
		if sale.OrderedAt.IsZero() || o.received.Before(sale.OrderedAt) {
			sale.OrderedAt = o.received
		}
		if o.cancelled {
			continue
		}
		sale.Void = false
		sale.Total += amount("total", o.total)
		if o.processed.After(sale.ShippedAt) {
			sale.ShippedAt = o.processed
		}
		sale.Units += o.units
		for _, line := range o.goods {
			rates[line.rate] += amount("line "+line.item, line.cost)
		}
	}
	for _, rate := range slices.Sorted(maps.Keys(rates)) {
		sale.Rates = append(sale.Rates, finance.Rate{Percent: rate, Gross: rates[rate]})
	}
	if stated == nil {
		sale.Paid = sale.Total
	}
	fields, paid := saleProperties(&sale), 0
	for _, p := range stated {
		if p.Name == paidProperty {
			paid++
		}
		switch to := fields[p.Name]; {
		case to != nil && len(with) == 0:
			*to = amount(p.Name, p.Value)
		case to != nil:
			*to += amount(p.Name, p.Value)
		case strings.HasPrefix(p.Name, feeProperties):
			sale.Fees += amount(p.Name, p.Value)
		}
	}
	// A merged order has the properties of all, or nobody knows of which.
	sale.AmountsUnknown = len(with) > 0 && (paid != 1+len(with) || most != paid)
	if sale.Void {
		sale.Cancelled, sale.TotalKnown = sale.Paid+sale.Funded, false
	}
	return sale, errors.Join(errs...)
}

// orderIDs counts the orders of the shop whose properties an order has.
func orderIDs(o linnworks.OrderDetails) (n int) {
	for _, p := range o.ExtendedProperties {
		if p.Name == orderIDProperty {
			n++
		}
	}
	return n
}

const (
	paidProperty  = "tiktok.paid"
	feeProperties = "tiktok.fee."
)

// saleProperties are the extended properties that the import leaves, and where they go.
func saleProperties(s *finance.Sale) map[string]*int64 {
	return map[string]*int64{
		paidProperty: &s.Paid, "tiktok.platform_funded": &s.Funded, "tiktok.cancelled": &s.Cancelled, "tiktok.tax": &s.Tax,
		"tiktok.included.tax": &s.TaxIncluded, "tiktok.shipping": &s.Shipping, "tiktok.shipping_funded": &s.ShippingFunded,
	}
}

// percent is a tax rate without zeros that say nothing.
func percent(rate string) string {
	if whole, fraction, found := strings.Cut(rate, "."); found {
		rate = strings.TrimRight(whole+"."+strings.TrimRight(fraction, "0"), ".")
	}
	return rate
}
