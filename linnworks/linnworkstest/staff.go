package linnworkstest

import (
	"fmt"

	"github.com/linnbridge/linnbridge/linnworks"
)

// The methods in this file are what people in the warehouse and the office do.
// They fail, naming the order, where the product would not let them.

// Pay marks an unpaid order as paid and unparks it, as happens when the payment
// arrives. The rules run.
func (f *Fake) Pay(orderID linnworks.GUID) error {
	defer f.begin()()
	o, err := f.openOrder("Pay", orderID)
	if err != nil {
		return err
	}
	o.park(false)
	f.setStatus(o, statusPaid)
	return nil
}

// Park parks an order or unparks it. A parked order keeps its stock.
func (f *Fake) Park(orderID linnworks.GUID, parked bool) error {
	defer f.begin()()
	o, err := f.openOrder("Park", orderID)
	if err != nil {
		return err
	}
	o.park(parked)
	f.note(o, "TAG", "Parked: %t", parked)
	return nil
}

// Lock locks an order or unlocks it. A locked order frees its stock.
func (f *Fake) Lock(orderID linnworks.GUID, locked bool) error {
	defer f.begin()()
	o, err := f.openOrder("Lock", orderID)
	if err != nil {
		return err
	}
	f.lock(o, locked)
	return nil
}

// SetTracking gives an order a tracking number, and a postal service unless
// postalService is empty.
func (f *Fake) SetTracking(orderID, postalService linnworks.GUID, tracking string) error {
	defer f.begin()()
	o, err := f.workable("SetTracking", orderID)
	if err != nil {
		return err
	}
	if postalService != "" {
		s := f.serviceByID(postalService)
		if s == nil {
			return fmt.Errorf("linnworkstest: SetTracking: there is no postal service %s", postalService)
		}
		o.useService(s)
	}
	o.ShippingInfo.TrackingNumber = tracking
	f.note(o, "SHIPPING", "Tracking number %s", tracking)
	return nil
}

// PrintLabel prints the shipping label of an order. An order without a tracking
// number gets one.
func (f *Fake) PrintLabel(orderID linnworks.GUID) error {
	defer f.begin()()
	o, err := f.workable("PrintLabel", orderID)
	if err != nil {
		return err
	}
	if err := f.ofShippingApp(o); err != nil {
		return err
	}
	f.buyLabel(o)
	return nil
}

// FailLabel makes an attempt to print the label end in an error text on the
// order.
func (f *Fake) FailLabel(orderID linnworks.GUID, text string) error {
	defer f.begin()()
	o, err := f.workable("FailLabel", orderID)
	if err != nil {
		return err
	}
	f.failLabel(o, text)
	return nil
}

// Process despatches an order: its units leave the stock of its location.
func (f *Fake) Process(orderID linnworks.GUID) error {
	defer f.begin()()
	o, err := f.workable("Process", orderID)
	if err != nil {
		return err
	}
	f.process(o)
	return nil
}

// Cancel cancels an order by hand: it becomes a processed one that is
// cancelled, and its stock is free.
func (f *Fake) Cancel(orderID linnworks.GUID) error {
	defer f.begin()()
	o, err := f.openOrder("Cancel", orderID)
	if err != nil {
		return err
	}
	if o.stopped() {
		return wrongState("Cancel", o)
	}
	f.cancel(o)
	return nil
}

// workable finds an order that the warehouse may work on: open, paid, neither
// parked nor locked.
func (f *Fake) workable(method string, orderID linnworks.GUID) (*order, error) {
	o, err := f.openOrder(method, orderID)
	if err != nil {
		return nil, err
	}
	if !o.processable() {
		return nil, wrongState(method, o)
	}
	return o, nil
}
