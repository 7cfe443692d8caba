package linnworkstest

import "github.com/linnbridge/linnbridge/linnworks"

// setOrderCustomerInfo replaces who an order goes to.
//
// https://apps.linnworks.net/Api/Method/Orders-SetOrderCustomerInfo
func (f *Fake) setOrderCustomerInfo(req *linnworks.SetOrderCustomerInfoRequest) (any, error) {
	o, err := f.find(*req.OrderID)
	if err != nil {
		return nil, err
	}
	if !o.open() || o.stopped() && f.quirks[StoppedOrdersRefuseEdits] {
		return nil, refuse("Order %d is %s and cannot be edited", o.NumOrderID, o.state())
	}
	o.CustomerInfo = *req.Info
	return o.TotalsInfo, nil
}
