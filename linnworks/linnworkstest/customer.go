package linnworkstest

import "github.com/linnbridge/linnbridge/linnworks"

// setOrderCustomerInfo replaces who an order goes to.
//
// https://apps.linnworks.net/Api/Method/Orders-SetOrderCustomerInfo
func (f *Fake) setOrderCustomerInfo(req *linnworks.SetOrderCustomerInfoRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	if err := f.editable(o); err != nil {
		return nil, err
	}
	o.CustomerInfo = *req.Info
	f.note(o, "CUSTOMER", "Customer changed")
	return o.TotalsInfo, nil
}
