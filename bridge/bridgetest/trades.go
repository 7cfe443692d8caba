package bridgetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// trade is a way in which an order leaves the straight road. It changes what is
// ordered, and returns what happens to the order once it is placed.
type trade func(*shop, *tiktokshoptest.OrderSpec) func(id string)

// trades are drawn in a proportion that differs from day to day.
var trades = []trade{
	(*shop).lineCancelled, (*shop).droppedInLinnworks, (*shop).mergedByPeople, (*shop).splitByPeople,
	(*shop).madeByHand, (*shop).madeByHandLater, (*shop).foreignReference,
	(*shop).unreadableOrder, (*shop).refusedOrder, (*shop).unknownSKU, (*shop).badAddress,
}

// drawTrade returns nil for the straight road, which is the most common.
func (s *shop) drawTrade() trade {
	at := 3 * s.rand.Float64()
	for i, weight := range s.mix {
		if at -= weight / 2; at < 0 {
			return trades[i]
		}
	}
	return nil
}

// toSend makes an order one that the seller may send at once.
func toSend(spec *tiktokshoptest.OrderSpec) {
	spec.State, spec.ShippingType, spec.NoHold = tiktokshop.OrderStatusAwaitingShipment, tiktokshop.ShippingTypeSeller, false
}

// lineCancelled: somebody in the shop cancels one unit.
func (s *shop) lineCancelled(spec *tiktokshoptest.OrderSpec) func(string) {
	spec.Lines = append(spec.Lines[:1:1], tiktokshoptest.Line{SKUID: s.items[s.rand.IntN(5)].skuID, Quantity: 1})
	return func(id string) {
		s.attempt(s.within(1, 80), 3, func() bool {
			o, _ := s.tiktok.Order(id)
			var live []tiktokshop.OrderLineItem
			for _, l := range o.LineItems {
				if l.CancelUser == "" {
					live = append(live, l)
				}
			}
			if len(live) < 2 {
				return true
			}
			_, err := s.office.ReturnRefund.CancelOrderV202309(noFaults(), &tiktokshop.CancelOrderV202309Request{
				OrderID: id, CancelReason: s.tiktok.SellerCancelReasons()[0], OrderLineItemIDs: []string{live[s.rand.IntN(len(live))].ID},
			})
			if err == nil {
				s.report.LinesCancelled++
			}
			return err == nil || !sold[o.Status]
		})
	}
}

// own is the one order that the bridge has made, if it may be edited.
func (s *shop) own(id string) (o linnworks.OrderDetails, ok bool) {
	own := slices.DeleteFunc(s.copies()[ref{s.name, id}], func(o linnworks.OrderDetails) bool { return s.byHand[o.OrderID] != "" })
	if len(own) != 1 || own[0].Processed || own[0].GeneralInfo.IsParked || own[0].GeneralInfo.HoldOrCancel || len(s.refsOf(own[0])) > 1 {
		return linnworks.OrderDetails{}, false
	}
	return own[0], true
}

// droppedInLinnworks: somebody in the warehouse cancels it.
func (s *shop) droppedInLinnworks(*tiktokshoptest.OrderSpec) func(string) {
	return func(id string) {
		s.attempt(s.within(10, 80), 4, func() bool {
			o, ok := s.own(id)
			if !ok || s.linn.Cancel(o.OrderID) != nil {
				return false
			}
			s.truth.dropped[id] = true
			s.report.Dropped++
			return true
		})
	}
}

// mergedByPeople: its buyer orders once more, and somebody packs both together. Now
// and then the buyer does not want one of them after all.
func (s *shop) mergedByPeople(spec *tiktokshoptest.OrderSpec) func(string) {
	toSend(spec)
	spec.BuyerID = fmt.Sprintf("74940000000000%05d", s.report.Orders)
	second := *spec
	second.Lines = []tiktokshoptest.Line{{SKUID: s.items[s.rand.IntN(5)].skuID, Quantity: 1}}
	return func(id string) {
		other := s.place(second)
		if other == "" {
			return
		}
		s.attempt(s.within(5, 30), 5, func() bool {
			a, okA := s.own(id)
			b, okB := s.own(other)
			if !okA || !okB || a.GeneralInfo.LabelPrinted || b.GeneralInfo.LabelPrinted {
				return false
			}
			merged, err := s.elsewhere.Orders.MergeOrders(noFaults(), &linnworks.MergeOrdersRequest{
				OrdersToMerge: []linnworks.GUID{a.OrderID, b.OrderID}, FulfilmentCenter: new(linnworks.ZeroGUID),
			})
			if err != nil {
				s.violate("the lab could not merge orders: %v", err)
				return true
			}
			s.made[merged.OrderID] = []ref{{s.name, id}, {s.name, other}}
			s.report.Merged++
			if s.rand.IntN(3) == 0 {
				s.schedule(s.within(1, 30), func() {
					s.changeMind(other)
					if s.truth.cancelledAt[other] > 0 {
						s.report.MergedCancelled++
					}
				})
			}
			return true
		})
	}
}

// splitByPeople: somebody makes two parcels of it.
func (s *shop) splitByPeople(spec *tiktokshoptest.OrderSpec) func(string) {
	toSend(spec)
	spec.Lines[0].Quantity = 2 + s.rand.IntN(2)
	return func(id string) {
		s.attempt(s.within(5, 30), 5, func() bool {
			o, ok := s.own(id)
			if !ok || o.GeneralInfo.LabelPrinted || len(o.Items) == 0 || o.Items[0].Quantity < 2 {
				return false
			}
			parts, err := s.elsewhere.Orders.SplitOrder(noFaults(), &linnworks.SplitOrderRequest{OrderID: o.OrderID, NewOrders: []linnworks.OrderSplit{{
				Items: []linnworks.OrderSplitOutItem{{RowID: &o.Items[0].RowID, Quantity: new(1)}},
			}}})
			if err != nil {
				s.violate("the lab could not split an order: %v", err)
				return true
			}
			for _, p := range parts {
				s.made[p.OrderID] = []ref{{s.name, id}}
			}
			s.truth.parcels[id] = len(parts)
			s.report.Split++
			return true
		})
	}
}

// enter has somebody make an order in Linnworks by hand.
func (s *shop) enter(id, from string) linnworks.GUID {
	o, _ := s.tiktok.Order(id)
	var lines []linnworkstest.Line
	for _, l := range o.LineItems {
		lines = append(lines, linnworkstest.Line{SKU: l.SellerSKU})
	}
	made, err := s.linn.AddOrder(linnworkstest.Order{Source: from, SubSource: "office", Reference: id, Lines: lines})
	if err != nil {
		s.violate("the lab could not make an order by hand: %v", err)
		return ""
	}
	s.made[made] = []ref{{s.name, id}}
	s.leave(made)
	return made
}

// leave notes how people have left an order that they made.
func (l *lab) leave(id linnworks.GUID) { l.byHand[id] = l.look(id) }

func (l *lab) look(id linnworks.GUID) string {
	o, ok := l.linn.Order(id)
	if !ok {
		return "gone"
	}
	g := o.GeneralInfo
	return fmt.Sprintf("processed %t, stopped %t, parked %t, label %t, marker %d, status %d, tracking %q, %d items, %d notes, %d properties, at %s",
		o.Processed, g.HoldOrCancel, g.IsParked, g.LabelPrinted, g.Marker, g.Status, o.ShippingInfo.TrackingNumber,
		len(o.Items), len(o.Notes), len(o.ExtendedProperties), o.FulfilmentLocationID)
}

// madeByHand: somebody was quicker than the bridge.
func (s *shop) madeByHand(spec *tiktokshoptest.OrderSpec) func(string) {
	toSend(spec)
	return func(id string) {
		s.report.ByHand++
		s.doubled(id, "DIRECT")
	}
}

// foreignReference: another channel of the account uses the same reference.
func (s *shop) foreignReference(spec *tiktokshoptest.OrderSpec) func(string) {
	toSend(spec)
	return func(id string) {
		s.report.Foreign++
		s.doubled(id, "TIKTOK")
	}
}

// doubled makes an order before the bridge sees the sale. Later somebody reads the
// case, and does one of the two things that it says.
func (s *shop) doubled(id, from string) {
	made := s.enter(id, from)
	send := s.rand.IntN(3) == 0
	s.schedule(s.within(40, 100), func() {
		o, _ := s.tiktok.Order(id)
		if !sold[o.Status] || s.pending(id) {
			return
		}
		if !s.told(id) {
			s.violate("order %s was made by hand as well, and nobody is told", id)
		}
		if !send {
			if err := s.linn.Cancel(made); err != nil {
				s.violate("the lab could not cancel an order made by hand: %v", err)
			}
			s.leave(made)
			s.truth.mended[id] = time.Now()
			return
		}
		tracking := "HAND" + id[len(id)-6:]
		err := errors.Join(s.linn.SetTracking(made, s.carrier, tracking), s.linn.Process(made))
		s.leave(made)
		orders, readErr := s.desk.OrdersByID(noFaults(), []string{id})
		if err = errors.Join(err, readErr); err == nil {
			var carriers []bridge.Carrier
			if carriers, err = s.desk.Carriers(noFaults(), orders[0]); err == nil {
				_, err = s.desk.Ship(noFaults(), bridge.Shipment{Order: orders[0], Tracking: tracking, CarrierID: carriers[0].ID})
			}
		}
		if err != nil {
			s.violate("the lab could not send an order by hand: %v", err)
		}
		s.report.SentByHand++
	})
}

// madeByHandLater: somebody has not seen that the bridge has the order, and notices.
func (s *shop) madeByHandLater(spec *tiktokshoptest.OrderSpec) func(string) {
	toSend(spec)
	return func(id string) {
		s.schedule(s.within(5, 60), func() {
			if o, _ := s.tiktok.Order(id); !sold[o.Status] {
				return
			}
			s.report.ByHand++
			made := s.enter(id, "DIRECT")
			s.schedule(s.within(2, 20), func() {
				if err := s.linn.Cancel(made); err != nil {
					s.violate("the lab could not cancel an order made by hand: %v", err)
				}
				s.leave(made)
			})
		})
	}
}

// toldWithin is how long after it was placed, or after the intake is alive again, somebody
// is told of an order that cannot go on.
const toldWithin = 40 * time.Minute

// mendable gives people some time to mend an order, and the order a deadline after
// that.
func (s *shop) mendable(spec *tiktokshoptest.OrderSpec) (minutes int) {
	toSend(spec)
	minutes = int(toldWithin/time.Minute) + s.rand.IntN(50)
	spec.Deadlines.RTSSLA = time.Hour + time.Duration(minutes+80+s.rand.IntN(60))*time.Minute
	return minutes
}

// mend has somebody do what a case says.
func (s *shop) mend(id string, minutes int, how func()) {
	s.schedule(s.within(minutes, minutes+1), func() {
		o, _ := s.tiktok.Order(id)
		unseen := time.Since(s.deadUntil) < toldWithin
		if sold[o.Status] && !s.pending(id) && !unseen && !s.told(id) {
			s.violate("order %s cannot go on, and nobody is told", id)
		}
		how()
		s.truth.mended[id] = time.Now()
	})
}

// unreadableOrder: the shop sends nonsense, for ever or until it is corrected.
func (s *shop) unreadableOrder(spec *tiktokshoptest.OrderSpec) func(string) {
	minutes := s.mendable(spec)
	return func(id string) {
		s.report.Unreadable++
		s.truth.unreadable[id] = true
		if s.rand.IntN(2) == 0 {
			s.mend(id, minutes, func() {
				delete(s.truth.unreadable, id)
				s.truth.readable[id] = time.Now()
			})
		}
	}
}

// refusedOrder: Linnworks does not take it, ever.
func (s *shop) refusedOrder(spec *tiktokshoptest.OrderSpec) func(string) {
	toSend(spec)
	return func(id string) {
		s.report.Refused++
		s.truth.refused[id] = true
	}
}

// badAddress: Linnworks does not take it until somebody has the address corrected.
func (s *shop) badAddress(spec *tiktokshoptest.OrderSpec) func(string) {
	minutes := s.mendable(spec)
	return func(id string) {
		s.truth.refused[id] = true
		s.mend(id, minutes, func() {
			o, _ := s.tiktok.Order(id)
			address := o.RecipientAddress
			address.AddressLine1 = "1 Mended Street"
			_ = s.tiktok.ChangeAddress(id, address) // it may be cancelled by then
			delete(s.truth.refused, id)
		})
	}
}

// unknownSKU: Linnworks has no such item until somebody creates it.
func (s *shop) unknownSKU(spec *tiktokshoptest.OrderSpec) func(string) {
	minutes := s.mendable(spec)
	ghost := s.later()
	spec.Lines[0] = tiktokshoptest.Line{SKUID: ghost.skuID, Quantity: 1}
	return func(id string) {
		if s.absent == "" {
			return // it is known by now
		}
		s.mend(id, minutes, func() {
			if s.absent == "" {
				return
			}
			levels := map[linnworks.GUID]int{}
			for _, location := range s.locations {
				levels[location] = 30
			}
			if _, err := s.linn.AddItem(linnworkstest.Item{SKU: ghost.sku, Levels: levels}); err != nil {
				s.violate("the lab could not create an item: %v", err)
			}
			s.absent = ""
		})
	}
}

// mentions are the moments at which the open cases about an order were raised.
func (s *shop) mentions(id string) (list []time.Time) {
	open, err := s.queue.Open(noFaults())
	if err != nil {
		s.violate("the queue cannot be read: %v", err)
	}
	for _, e := range open {
		if isAbout(e, id) {
			list = append(list, e.First)
		}
	}
	return list
}

func (s *shop) told(id string) bool { return len(s.mentions(id)) > 0 }

func isAbout(e exceptions.Exception, id string) bool {
	return strings.Contains(e.Object, id) || strings.Contains(e.Seen, id) || slices.Contains(e.Orders, id)
}
