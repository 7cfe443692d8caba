package linnworkstest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// AddPostalService adds a postal service and returns its id. The name of an
// existing one returns that one's.
func (f *Fake) AddPostalService(name, vendor string) linnworks.GUID {
	defer f.begin()()
	return f.service(name, vendor).PostalServiceID
}

// MapPostalService adds a line to a channel's shipping mapping: its orders whose
// MatchPostalServiceTag is tag get the service.
func (f *Fake) MapPostalService(source, subSource, tag string, service linnworks.GUID) error {
	defer f.begin()()
	s := f.serviceByID(service)
	if s == nil {
		return fmt.Errorf("linnworkstest: MapPostalService: there is no postal service %s", service)
	}
	s.Channels = append(s.Channels, linnworks.Channel{
		PostalServiceID: s.PostalServiceID, PostalServiceName: tag, Source: source, SubSource: subSource,
	})
	return nil
}

// service finds a service by name, or adds it.
func (f *Fake) service(name, vendor string) *linnworks.PostalService {
	if s := f.serviceByName(name); s != nil {
		return s
	}
	s := &linnworks.PostalService{PostalServiceName: name, Vendor: vendor, PostalServiceID: f.newID("postal service")}
	s.ID = s.PostalServiceID
	f.services = append(f.services, s)
	return s
}

func (f *Fake) serviceByName(name string) *linnworks.PostalService {
	for _, s := range f.services {
		if strings.EqualFold(s.PostalServiceName, name) {
			return s
		}
	}
	return nil
}

func (f *Fake) serviceByID(g linnworks.GUID) *linnworks.PostalService {
	for _, s := range f.services {
		if s.PostalServiceID.Equal(g) {
			return s
		}
	}
	return nil
}

// chooseService picks the postal service of a new order: by the channel's
// mapping, else by name.
func (f *Fake) chooseService(o *order, in *linnworks.ChannelOrder) {
	source := cmp.Or(in.MappingSource, in.Source)
	for _, s := range f.services {
		for _, c := range s.Channels {
			if in.MatchPostalServiceTag != "" && strings.EqualFold(c.PostalServiceName, in.MatchPostalServiceTag) &&
				strings.EqualFold(c.Source, source) && strings.EqualFold(c.SubSource, in.SubSource) {
				o.useService(s)
				return
			}
		}
	}
	if in.PostalServiceName == "" {
		return
	}
	s := f.serviceByName(in.PostalServiceName)
	if s == nil && in.SavePostalServiceIfNotExist {
		s = f.service(in.PostalServiceName, "")
	}
	if s != nil {
		o.useService(s)
	}
}

func (o *order) useService(s *linnworks.PostalService) {
	o.ShippingInfo.PostalServiceID, o.ShippingInfo.PostalServiceName, o.ShippingInfo.Vendor = s.PostalServiceID, s.PostalServiceName, s.Vendor
}

// getPostalServices: https://apps.linnworks.net/Api/Method/PostalServices-GetPostalServices
func (f *Fake) getPostalServices(*struct{}) (any, error) {
	out := []linnworks.PostalService{}
	for _, s := range f.services {
		cp := *s
		cp.Channels = slices.Clone(s.Channels)
		out = append(out, cp)
	}
	return out, nil
}

// setOrderShippingInfo: https://apps.linnworks.net/Api/Method/Orders-SetOrderShippingInfo
func (f *Fake) setOrderShippingInfo(req *linnworks.SetOrderShippingInfoRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	if err := f.editable(o); err != nil {
		return nil, err
	}
	in, keep := req.Info, !f.quirks[ShippingInfoOverwrites]
	s := f.serviceByID(in.PostalServiceID)
	none := in.PostalServiceID == "" || in.PostalServiceID == linnworks.ZeroGUID
	switch {
	case s != nil:
		o.useService(s)
	case !none:
		return nil, refuse("Postal service %s not found", in.PostalServiceID)
	case !keep:
		o.useService(&linnworks.PostalService{})
	}
	overwrite := func(to *linnworks.Decimal, from linnworks.Decimal) {
		if from != "" || !keep {
			*to = decimal(amount(from))
		}
	}
	info := &o.ShippingInfo
	overwrite(&info.TotalWeight, in.TotalWeight)
	overwrite(&info.ItemWeight, in.ItemWeight)
	if before := info.PostageCost; before != in.PostageCost && (in.PostageCost != "" || !keep) {
		o.changePostage(in.PostageCost)
	}
	if in.TrackingNumber != "" || !keep {
		info.TrackingNumber = in.TrackingNumber
	}
	info.ManualAdjust = in.ManualAdjust
	f.note(o, "SHIPPING", "Shipping changed: %s %s", info.PostalServiceName, info.TrackingNumber)
	return linnworks.UpdateTotalsResult{TotalsInfo: o.TotalsInfo, ShippingInfo: o.ShippingInfo}, nil
}

// changePostage sets the postage, tax included, and the totals with it. The
// share of tax stays.
func (o *order) changePostage(to linnworks.Decimal) {
	t := &o.TotalsInfo
	before, after := amount(t.PostageCost), amount(to)
	net := after
	if before.Sign() != 0 {
		net = cents(times(after, quotient(amount(t.PostageCostExTax), before)))
	}
	t.PostageCost, t.PostageCostExTax = decimal(after), decimal(net)
	o.sum()
}

// setLabelsPrinted sets the flag only: no label is bought.
//
// https://apps.linnworks.net/Api/Method/Orders-SetLabelsPrinted
func (f *Fake) setLabelsPrinted(req *linnworks.SetLabelsPrintedRequest) (any, error) {
	return f.eachOpen(req.OrderIDs, func(o *order) bool {
		if o.stopped() && f.quirks[StoppedOrdersRefuseEdits] {
			return false
		}
		o.GeneralInfo.LabelPrinted, o.GeneralInfo.LabelError = true, ""
		f.note(o, "LABEL", "Label marked as printed")
		return true
	}), nil
}
