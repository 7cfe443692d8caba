package linnworkstest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Page sizes of searchProcessedOrders. Linnworks publishes neither.
const (
	defaultResults = 200
	maxResults     = 500
)

// searchProcessedOrders finds processed orders, cancelled ones among them, by a
// date. Without both ends of a range it finds nothing.
//
// https://apps.linnworks.net/Api/Method/ProcessedOrders-SearchProcessedOrders
func (f *Fake) searchProcessedOrders(req *linnworks.SearchProcessedOrdersRequest) (any, error) {
	field := "processed"
	if req.DateField != nil {
		field = string(*req.DateField)
	}
	date := searchDates[field]
	size, number := value(req.ResultsPerPage), max(value(req.PageNumber), 1)
	if size == 0 {
		size = defaultResults
	}
	if size < 1 || size > maxResults {
		return nil, refuse("Number must be between 1 and %d", maxResults)
	}
	from, to := value(req.FromDate), value(req.ToDate)
	if f.quirks[SearchWantsDates] && (from.IsZero() || to.IsZero()) {
		from, to = linnworks.Time{Time: time.Unix(1, 0)}, linnworks.Time{Time: time.Unix(0, 0)}
	} else if to.IsZero() {
		to = f.timestamp()
	}
	candidates := f.processed
	if field == "processed" || field == "cancelled" {
		candidates = f.since(from)
	}
	term := strings.ToLower(value(req.SearchTerm))
	var found []*order
	for _, o := range candidates {
		if field == "processed" && o.ProcessedDateTime.After(to.Time) {
			break
		}
		at := date(o)
		if at.IsZero() || at.Before(from.Time) || at.After(to.Time) || !f.inProcessed(o) || !o.mentions(term, false) || !passes(o, req.SearchFilters) ||
			field == "processed" && o.cancelled() && !f.quirks[CancelledAmongProcessed] {
			continue
		}
		found = append(found, o)
	}
	if err := sortProcessed(found, value(req.SearchSorting)); err != nil {
		return nil, err
	}
	out := linnworks.ProcessedOrderPage{
		PageNumber: number, EntriesPerPage: size, TotalEntries: int64(len(found)), TotalPages: pages(len(found), size),
	}
	for _, o := range page(found, number, size) {
		out.Data = append(out.Data, f.processedRow(o))
	}
	return linnworks.SearchProcessedOrdersResponse{ProcessedOrders: out}, nil
}

var searchDates = map[string]func(*order) linnworks.Time{
	"processed": func(o *order) linnworks.Time { return o.ProcessedDateTime },
	"payment":   func(o *order) linnworks.Time { return o.PaidDateTime },
	"cancelled": func(o *order) linnworks.Time { return o.cancelledOn },
	"received":  func(o *order) linnworks.Time { return o.GeneralInfo.ReceivedDate },
}

// passes reports whether an order passes every filter.
func passes(o *order, filters []linnworks.SearchFilters) bool {
	for _, c := range filters {
		values := []string{o.GeneralInfo.Source}
		switch c.SearchField {
		case "SubSource":
			values = []string{o.GeneralInfo.SubSource}
		case "ItemIdentifier":
			values = o.skus()
			for _, line := range o.Items {
				values = append(values, line.ChannelSKU, line.ItemNumber)
			}
		}
		if !slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, c.SearchTerm) }) {
			return false
		}
	}
	return true
}

// sortProcessed sorts by a column, by default the newest processed first.
func sortProcessed(orders []*order, by linnworks.SearchSorting) error {
	column, sign := strings.ToLower(by.SortField), 1
	if by.SortDirection == "DESC" || column == "" && by.SortDirection == "" {
		sign = -1
	}
	dates := map[string]func(*order) linnworks.Time{
		"": searchDates["processed"], "dprocessedon": searchDates["processed"], "dpaidon": searchDates["payment"],
		"dcancelledon": searchDates["cancelled"], "dreceiveddate": searchDates["received"],
	}
	compare := func(a, b *order) int { return cmp.Compare(a.GeneralInfo.ReferenceNum, b.GeneralInfo.ReferenceNum) }
	switch date := dates[column]; {
	case date != nil:
		compare = func(a, b *order) int { return date(a).Compare(date(b).Time) }
	case column == "norderid":
		compare = func(a, b *order) int { return cmp.Compare(a.NumOrderID, b.NumOrderID) }
	case column != "referencenum":
		return unknownField(by.SortField)
	}
	slices.SortStableFunc(orders, func(a, b *order) int { return sign * compare(a, b) })
	return nil
}

func (f *Fake) processedRow(o *order) linnworks.ProcessedOrder {
	g, s, t, c := o.GeneralInfo, o.ShippingInfo, o.TotalsInfo, o.CustomerInfo
	if f.redacted(o) {
		c = linnworks.OrderCustomerInfo{}
	}
	return linnworks.ProcessedOrder{
		OrderID: o.OrderID, NumOrderID: o.NumOrderID, Status: g.Status, HoldOrCancel: g.HoldOrCancel,
		ReceivedDate: g.ReceivedDate, ProcessedOn: o.ProcessedDateTime, PaidOn: o.PaidDateTime, CancelledOn: o.cancelledOn,
		Source: g.Source, SubSource: g.SubSource, ReferenceNum: g.ReferenceNum,
		SecondaryReference: g.SecondaryReference, ExternalReference: g.ExternalReferenceNum,
		PostalServiceName: s.PostalServiceName, Vendor: s.Vendor, PostalTrackingNumber: s.TrackingNumber,
		ItemWeight: s.ItemWeight, TotalWeight: s.TotalWeight,
		TotalCharge: t.TotalCharge, PostageCost: t.PostageCost, PostageCostExTax: t.PostageCostExTax, Subtotal: t.Subtotal,
		Tax: t.Tax, TotalDiscount: t.TotalDiscount, Currency: t.Currency,
		ChannelBuyerName: c.ChannelBuyerName, FullName: c.Address.FullName, Company: c.Address.Company,
		Address1: c.Address.Address1, Address2: c.Address.Address2, Address3: c.Address.Address3, Town: c.Address.Town,
		Region: c.Address.Region, PostCode: c.Address.PostCode, Country: c.Address.Country,
		EmailAddress: c.Address.EmailAddress, BuyerPhoneNumber: c.Address.PhoneNumber,
		BillingName: c.BillingAddress.FullName, BillingCompany: c.BillingAddress.Company, BillingAddress1: c.BillingAddress.Address1,
		BillingAddress2: c.BillingAddress.Address2, BillingAddress3: c.BillingAddress.Address3, BillingTown: c.BillingAddress.Town,
		BillingRegion: c.BillingAddress.Region, BillingPostCode: c.BillingAddress.PostCode, BillingCountryName: c.BillingAddress.Country,
		BillingEmailAddress: c.BillingAddress.EmailAddress, BillingPhoneNumber: c.BillingAddress.PhoneNumber,
		TaxID: o.TaxID, FolderCollection: strings.Join(o.FolderName, ","), FulfilmentLocationName: f.location(g.Location).Name,
		IsResend: o.resend, IsExchange: o.exchange,
	}
}
