package linnworkstest

import (
	"fmt"

	"github.com/linnbridge/linnbridge/linnworks"
)

// processOrder answers 200 whether or not it processed the order. It cannot be
// undone.
//
// https://apps.linnworks.net/Api/Method/Orders-ProcessOrder
func (f *Fake) processOrder(req *linnworks.ProcessOrderRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := linnworks.ProcessOrderResult{OrderID: o.OrderID}
	if !o.processable() {
		out.Error = fmt.Sprintf("Order %d cannot be processed: it is %s", o.NumOrderID, o.state())
		return out, nil
	}
	f.process(o)
	out.Processed = true
	return out, nil
}

func (o *order) processable() bool { return o.open() && !o.stopped() && o.paid() }

// process takes the units of the order from its location.
func (f *Fake) process(o *order) {
	now := f.timestamp()
	for _, h := range f.needed(o) {
		s := h.item.stock(h.at)
		s.set(s.onHand-h.units, now, fmt.Sprintf("ORDER %d", o.NumOrderID))
	}
	f.change(o, func() { o.Processed, o.ProcessedDateTime = true, now })
}

// cancelOrder makes an open order a processed one that is cancelled, and frees
// its stock. refund must be given, and fulfilmentCenter must be the order's
// location.
//
// https://apps.linnworks.net/Api/Method/Orders-CancelOrder
func (f *Fake) cancelOrder(req *linnworks.CancelOrderRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	switch {
	case !o.open(), o.stopped() && f.quirks[CancelRefusesStopped]:
		return nil, refuse("Order %d cannot be cancelled: it is %s", o.NumOrderID, o.state())
	case req.FulfilmentCenter != "" && !req.FulfilmentCenter.Equal(o.GeneralInfo.Location):
		return nil, refuse("Order %d cannot be cancelled: it is at another location", o.NumOrderID)
	}
	if note := value(req.Note); note != "" {
		f.addNote(o, note, "application@linnworkstest.example", true, linnworks.Time{})
	}
	f.cancel(o)
	return "Order cancelled", nil
}

func (f *Fake) cancel(o *order) {
	now := f.timestamp()
	f.change(o, func() {
		o.park(false)
		o.Processed, o.ProcessedDateTime, o.cancelledOn = true, now, now
		o.GeneralInfo.HoldOrCancel = true
	})
}
