package linnworkstest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// getOrdersByID returns open and processed orders and leaves out unknown ones.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrdersById
func (f *Fake) getOrdersByID(req *linnworks.GetOrdersByIDRequest) (any, error) {
	if len(req.OrderIDs) > maxOrdersRead {
		return nil, tooMany(maxOrdersRead)
	}
	out := []linnworks.OrderDetails{}
	for _, g := range req.OrderIDs {
		if o := f.byOrderID[g]; o != nil {
			out = append(out, f.view(o))
		}
	}
	return out, nil
}

// maxByReference is how many orders a read by reference returns.
const maxByReference = 50

// referenceQuery is the parameter of getOrderDetailsByReferenceID.
type referenceQuery struct {
	ReferenceID string `json:"ReferenceId"`
}

// getOrderDetailsByReferenceID returns the orders of every channel that have
// the reference.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrderDetailsByReferenceId
func (f *Fake) getOrderDetailsByReferenceID(req *referenceQuery) (any, error) {
	orders := slices.DeleteFunc(slices.Clone(f.byRef[folded(req.ReferenceID)]), func(o *order) bool { return o.gone })
	if len(orders) > 0 && !f.quirks[ReferencesCrossChannels] {
		g := orders[0].GeneralInfo
		orders = slices.DeleteFunc(orders, func(o *order) bool { return o.resend || !o.is(g.Source, g.SubSource) })
	}
	return f.views(orders[:min(len(orders), maxByReference)]), nil
}

func folded(reference string) string { return strings.ToLower(reference) }

// getAllOpenOrders returns the ids of the open orders of one location; without
// fulfilmentCenter, of Default.
//
// https://apps.linnworks.net/Api/Method/Orders-GetAllOpenOrders
func (f *Fake) getAllOpenOrders(req *linnworks.GetAllOpenOrdersRequest) (any, error) {
	found, err := f.openFiltered(req.FulfilmentCenter, req.Filters, req.Sorting, value(req.AdditionalFilter), value(req.ExactMatch))
	if err != nil {
		return nil, err
	}
	return idsOf(found), nil
}

// openFiltered returns the open orders of one location that pass the filters.
func (f *Fake) openFiltered(at *linnworks.GUID, filters *linnworks.FieldsFilter, sorting []linnworks.FieldSorting, text string, exact bool) ([]*order, error) {
	l, err := f.place(value(at))
	if err != nil {
		return nil, err
	}
	wanted, err := f.filter(value(filters))
	if err != nil {
		return nil, err
	}
	text = strings.ToLower(text)
	found := slices.DeleteFunc(f.openOrders(), func(o *order) bool {
		return o.GeneralInfo.Location != l.id || !wanted(o) || !o.mentions(text, exact)
	})
	return found, sortOrders(found, sorting)
}

// mentions reports whether a text occurs in the order's number, references, buyer,
// tracking number or lines.
func (o *order) mentions(text string, exact bool) bool {
	if text == "" {
		return true
	}
	words := []string{
		strconv.Itoa(o.NumOrderID), o.GeneralInfo.ReferenceNum, o.GeneralInfo.ExternalReferenceNum, o.GeneralInfo.SecondaryReference,
		o.CustomerInfo.ChannelBuyerName, o.CustomerInfo.Address.FullName, o.CustomerInfo.Address.PostCode, o.ShippingInfo.TrackingNumber,
	}
	for _, line := range o.Items {
		words = append(words, line.SKU, line.ChannelSKU, line.Title)
	}
	return slices.ContainsFunc(words, func(w string) bool {
		w = strings.ToLower(w)
		return w == text || !exact && strings.Contains(w, text)
	})
}

// Fields that filters and sorting may name. Linnworks has more.
var (
	textFields = map[string]func(*order) []string{
		"GENERAL_INFO_SOURCE":                    one(func(o *order) string { return o.GeneralInfo.Source }),
		"GENERAL_INFO_SUBSOURCE":                 one(func(o *order) string { return o.GeneralInfo.SubSource }),
		"GENERAL_INFO_REFERENCE_NUMBER":          one(func(o *order) string { return o.GeneralInfo.ReferenceNum }),
		"GENERAL_INFO_EXTERNAL_REFERENCE_NUMBER": one(func(o *order) string { return o.GeneralInfo.ExternalReferenceNum }),
		"GENERAL_INFO_ORDER_ID":                  one(func(o *order) string { return strconv.Itoa(o.NumOrderID) }),
		"GENERAL_INFO_STATUS":                    one(func(o *order) string { return strconv.Itoa(o.GeneralInfo.Status) }),
		"GENERAL_INFO_TAG":                       one(func(o *order) string { return strconv.Itoa(o.GeneralInfo.Marker) }),
		"GENERAL_INFO_SHIPPING_LABEL_ERROR":      one(func(o *order) string { return o.GeneralInfo.LabelError }),
		"SHIPPING_INFORMATION_TRACKING_NUMBER":   one(func(o *order) string { return o.ShippingInfo.TrackingNumber }),
		"SHIPPING_INFORMATION_SERVICE":           one(func(o *order) string { return o.ShippingInfo.PostalServiceName }),
		"SHIPPING_INFORMATION_VENDOR":            one(func(o *order) string { return o.ShippingInfo.Vendor }),
		"GENERAL_INFO_IDENTIFIER":                (*order).identifiers,
		"FOLDER":                                 func(o *order) []string { return o.FolderName },
		"ITEMS_SKU":                              (*order).skus,
	}
	booleanFields = map[string]func(*order) bool{
		"GENERAL_INFO_PARKED":                   (*order).parked,
		"GENERAL_INFO_LOCKED":                   (*order).locked,
		"GENERAL_INFO_LABEL_PRINTED":            func(o *order) bool { return o.GeneralInfo.LabelPrinted },
		"GENERAL_INFO_PICK_LIST_PRINTED":        func(o *order) bool { return o.GeneralInfo.PickListPrinted },
		"GENERAL_INFO_INVOICE_PRINTED":          func(o *order) bool { return o.GeneralInfo.InvoicePrinted },
		"GENERAL_INFO_IS_RULE_RUN":              func(o *order) bool { return o.GeneralInfo.IsRuleRun },
		"GENERAL_INFO_HAS_SHIPPING_LABEL_ERROR": func(o *order) bool { return o.GeneralInfo.LabelError != "" },
	}
	dateFields = map[string]func(*order) linnworks.Time{
		"GENERAL_INFO_DATE":           func(o *order) linnworks.Time { return o.GeneralInfo.ReceivedDate },
		"GENERAL_INFO_DESPATCHBYDATE": func(o *order) linnworks.Time { return o.GeneralInfo.DespatchByDate },
	}
)

func one(field func(*order) string) func(*order) []string {
	return func(o *order) []string { return []string{field(o)} }
}

func (o *order) identifiers() []string {
	var out []string
	for _, i := range o.GeneralInfo.Identifiers {
		out = append(out, i.Tag)
	}
	return out
}

func (o *order) skus() []string {
	var out []string
	for _, line := range o.Items {
		out = append(out, line.SKU)
	}
	return out
}

// filter makes one condition of a filter. Conditions add up.
func (f *Fake) filter(in linnworks.FieldsFilter) (func(*order) bool, error) {
	var all []func(*order) bool
	for _, c := range in.TextFields {
		field := textFields[string(c.FieldCode)]
		if field == nil {
			return nil, unknownField(string(c.FieldCode))
		}
		all = append(all, func(o *order) bool {
			return slices.ContainsFunc(field(o), func(s string) bool {
				s, text := strings.ToLower(s), strings.ToLower(c.Text)
				switch c.Type {
				case "Contains":
					return strings.Contains(s, text)
				case "StartWith":
					return strings.HasPrefix(s, text)
				case "EndsWith":
					return strings.HasSuffix(s, text)
				}
				return s == text
			})
		})
	}
	for _, c := range in.ListFields {
		field := textFields[string(c.FieldCode)]
		if field == nil {
			return nil, unknownField(string(c.FieldCode))
		}
		all = append(all, func(o *order) bool {
			in := slices.ContainsFunc(field(o), func(s string) bool { return strings.EqualFold(s, c.Value) })
			return in != (c.Type == "Not")
		})
	}
	for _, c := range in.BooleanFields {
		field := booleanFields[string(c.FieldCode)]
		if field == nil {
			return nil, unknownField(string(c.FieldCode))
		}
		all = append(all, func(o *order) bool { return field(o) == c.Value })
	}
	for _, c := range in.DateFields {
		field := dateFields[string(c.FieldCode)]
		if field == nil {
			return nil, unknownField(string(c.FieldCode))
		}
		now := f.now()
		all = append(all, func(o *order) bool {
			at, days := field(o).Time, time.Duration(c.Value)*24*time.Hour
			switch c.Type {
			case "OlderThan":
				return at.Before(now.Add(-days))
			case "LastDays":
				return !at.Before(now.Add(-days))
			}
			return !at.Before(c.DateFrom.Time) && !at.After(c.DateTo.Time)
		})
	}
	if len(in.NumericFields) > 0 {
		return nil, unknownField(string(in.NumericFields[0].FieldCode))
	}
	return func(o *order) bool {
		for _, condition := range all {
			if !condition(o) {
				return false
			}
		}
		return true
	}, nil
}

func unknownField(code string) error {
	return refuse("linnworkstest does not support the field %q here", code)
}

// sortOrders sorts by the given fields; without any the order is that of the
// order numbers.
func sortOrders(orders []*order, by []linnworks.FieldSorting) error {
	by = slices.Clone(by)
	slices.SortStableFunc(by, func(a, b linnworks.FieldSorting) int { return cmp.Compare(a.Order, b.Order) })
	for _, s := range slices.Backward(by) { // least significant first
		code, sign := string(s.FieldCode), 1
		if s.Direction == "Descending" {
			sign = -1
		}
		var compare func(a, b *order) int
		switch {
		case code == "GENERAL_INFO_ORDER_ID":
			compare = func(a, b *order) int { return cmp.Compare(a.NumOrderID, b.NumOrderID) }
		case dateFields[code] != nil:
			compare = func(a, b *order) int { return dateFields[code](a).Compare(dateFields[code](b).Time) }
		case textFields[code] != nil:
			compare = func(a, b *order) int { return slices.Compare(textFields[code](a), textFields[code](b)) }
		default:
			return unknownField(code)
		}
		slices.SortStableFunc(orders, func(a, b *order) int { return sign * compare(a, b) })
	}
	return nil
}
