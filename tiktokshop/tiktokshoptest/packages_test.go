package tiktokshoptest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// split splits lines off an order.
func (l *lab) split(id string, groups ...[]string) (*tiktokshop.SplitOrdersResponse, error) {
	req := new(tiktokshop.SplitOrdersRequest)
	for _, lines := range groups {
		req.SplittableGroups = append(req.SplittableGroups, tiktokshop.SplitOrdersRequestSplittableGroup{ID: new("1"), OrderLineItemIDs: lines})
	}
	return l.client.Fulfillment.SplitOrders(l.Context(), id, req)
}

func (l *lab) lines(id string) (ids []string) {
	o, _ := l.Order(id)
	for _, item := range o.LineItems {
		ids = append(ids, item.ID)
	}
	return ids
}

func TestAnOrderIsSplitByUnitOrBySKU(t *testing.T) {
	for market, whole := range map[string]bool{"GB": false, "TH": true} {
		t.Run(market, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLab(t, tiktokshoptest.WithMarket(market))
				spec := tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mug, Quantity: 2}, {SKUID: plate, Quantity: 1}}, ShippingType: "TIKTOK"}
				id := l.place(spec)
				lines := l.lines(id)
				old := l.detail(id).Packages[0].ID
				_, err := l.split(id, lines[:1])
				l.codeIf(whole, err, 21011036)
				if whole {
					_, err = l.split(id, lines[:2])
					l.ok(err)
				}
				_, err = l.client.Fulfillment.GetPackageDetail(t.Context(), old, nil)
				l.code(err, 21011028)
				o := l.detail(id)
				if o.SplitOrCombineTag != "SPLIT" || len(o.Packages) != 2 {
					t.Errorf("got %+v", o.Packages)
				}
				l.ok(l.ship(o.Packages[0].ID, nil))
				l.status(id, "PARTIALLY_SHIPPING")
				l.ok(l.ship(o.Packages[1].ID, nil))
				l.status(id, "AWAITING_COLLECTION")
				_, err = l.split(id, lines[:1])
				l.code(err, 21011035)
			})
		})
	}
}

func TestSplitsThatMakeNoSenseAreRefused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(byTikTok(2))
		lines := l.lines(id)
		for _, groups := range [][][]string{nil, {lines}, {lines[:1], lines[:1]}, {{}}} {
			_, err := l.split(id, groups...)
			l.code(err, 21011046)
		}
		_, err := l.split(l.place(byTikTok(1)), lines[:1])
		l.code(err, 21011035)
		out, err := l.client.Fulfillment.GetOrderSplitAttributes(t.Context(), &tiktokshop.GetOrderSplitAttributesRequest{OrderIDs: []string{id, l.place(byTikTok(1))}})
		l.ok(err)
		if a := out.SplitAttributes; !a[0].CanSplit || a[1].CanSplit || a[1].Reason == "" {
			t.Errorf("got %+v", a)
		}
	})
}

func TestOrdersOfOneBuyerAreCombinedAndParted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		spec := byTikTok(1)
		spec.BuyerID = "1"
		a, b, c := l.place(spec), l.place(spec), l.place(spec)
		stranger := l.place(byTikTok(1))
		found, err := l.client.Fulfillment.SearchCombinablePackages(t.Context(), &tiktokshop.SearchCombinablePackagesRequest{PageSize: 10})
		l.ok(err)
		if diff := cmp.Diff([]string{a, b, c}, found.CombinablePackages[0].OrderIDs); diff != "" || found.TotalCount != 1 {
			t.Errorf("combinable (-want +got):\n%s", diff)
		}
		combine := func(ids ...string) (string, error) {
			out, err := l.client.Fulfillment.CombinePackage(t.Context(), &tiktokshop.CombinePackageRequest{
				CombinablePackages: []tiktokshop.CombinePackageRequestCombinablePackage{{ID: new("1"), OrderIDs: ids}},
			})
			if err != nil {
				return "", err
			}
			return out.Packages[0].ID, nil
		}
		for _, ids := range [][]string{{a}, {a, a}, {a, stranger}, {a, "1"}} {
			if _, err := combine(ids...); err == nil {
				t.Errorf("%v were combined", ids)
			}
		}
		pack, err := combine(a, b, c)
		l.ok(err)
		if o := l.detail(a); o.SplitOrCombineTag != "COMBINED" || o.Packages[0].ID != pack {
			t.Errorf("got %+v", o.Packages)
		}
		parted, err := l.client.Fulfillment.UncombinePackages(t.Context(), pack, &tiktokshop.UncombinePackagesRequest{OrderIDs: []string{c}})
		l.ok(err)
		if len(parted.Packages) != 2 || len(parted.Packages[0].OrderIDs) != 2 {
			t.Errorf("got %+v", parted.Packages)
		}
		l.ok(l.ship(parted.Packages[0].ID, nil))
		l.status(a, "AWAITING_COLLECTION")
		l.status(b, "AWAITING_COLLECTION")
		l.status(c, "AWAITING_SHIPMENT")
		_, err = l.client.Fulfillment.UncombinePackages(t.Context(), parted.Packages[0].ID, nil)
		l.code(err, 21011006)
		_, err = l.client.Fulfillment.UncombinePackages(t.Context(), parted.Packages[1].ID, nil)
		l.code(err, 21011033)
	})
}

func TestPackagesAreFoundByStatusAndTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		_, err := l.mark(l.place(mugs(1)), "AB1")
		l.ok(err)
		time.Sleep(time.Minute)
		id := l.place(mugs(1))
		_, err = l.mark(id, "AB2")
		l.ok(err)
		l.ok(l.Collect(id))
		for _, field := range []string{"create_time", "update_time", "order_pay_time"} {
			out, err := l.client.Fulfillment.SearchPackage(t.Context(), &tiktokshop.SearchPackageRequest{PageSize: 1, SortField: &field})
			l.ok(err)
			if p := out.Packages[0]; out.TotalCount != 2 || p.TrackingNumber != "AB2" || p.Status != "FULFILLING" || out.NextPageToken == "" {
				t.Errorf("%s: got %+v", field, out)
			}
		}
		status := tiktokshop.PackageStatus("PROCESSING")
		out, err := l.client.Fulfillment.SearchPackage(t.Context(), &tiktokshop.SearchPackageRequest{PageSize: 50, PackageStatus: &status, CreateTimeLt: new(tiktokshop.At(time.Now()))})
		l.ok(err)
		if out.TotalCount != 1 || out.Packages[0].TrackingNumber != "AB1" {
			t.Errorf("got %+v", out)
		}
	})
}

func TestASplitOrderThatIsShippedWholeHasOnePackage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(3))
		_, err := l.split(id, l.lines(id)[:1])
		l.ok(err)
		pack, err := l.mark(id, "AB1")
		l.ok(err)
		out, err := l.client.Fulfillment.SearchPackage(t.Context(), &tiktokshop.SearchPackageRequest{PageSize: 50})
		l.ok(err)
		if out.TotalCount != 1 || out.Packages[0].ID != pack || len(l.detail(id).Packages) != 1 {
			t.Errorf("got %+v", out.Packages)
		}
	})
}

func TestAPickupSlotHasToBeFree(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(byTikTok(1))
		pack := l.detail(id).Packages[0].ID
		slots, err := l.client.Fulfillment.GetPackageHandoverTimeSlots(t.Context(), pack, nil)
		l.ok(err)
		for _, s := range slots.PickupSlots[:2] {
			err := l.ship(pack, &tiktokshop.ShipPackageRequest{PickupSlot: &tiktokshop.PickupSlot{StartTime: &s.StartTime, EndTime: &s.EndTime}})
			l.codeIf(!s.Avaliable, err, 21011054)
		}
		p, err := l.client.Fulfillment.GetPackageDetail(t.Context(), pack, nil)
		if err != nil || p.PickupSlot.StartTime != slots.PickupSlots[1].StartTime || p.HandoverMethod != "PICKUP" {
			t.Errorf("got %+v, %v", p, err)
		}
		_, err = l.client.Fulfillment.GetHandoverTimeslots(t.Context(), l.place(mugs(1)), nil)
		l.code(err, 21008017)
	})
}

func TestAPreOrderWaitsForItsRelease(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		spec := mugs(1)
		spec.ReleaseDate = time.Now().Add(10 * 24 * time.Hour)
		id := l.place(spec)
		time.Sleep(9 * 24 * time.Hour)
		l.status(id, "ON_HOLD")
		_, err := l.mark(id, "AB1")
		l.code(err, 21011044)
		time.Sleep(24 * time.Hour)
		l.status(id, "AWAITING_SHIPMENT")
		if o := l.detail(id); o.OrderType != "PRE_ORDER" || o.ReleaseDate.Time().Unix() != spec.ReleaseDate.Unix() {
			t.Errorf("got %+v", o)
		}
	})
}

func TestSamplesCostNothingAndShipLikeOthers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		spec := mugs(1)
		spec.Sample, spec.COD, spec.CombineGroup = true, true, "77"
		id := l.place(spec)
		if o := l.detail(id); !o.IsSampleOrder || o.Payment.TotalAmount != "0.00" || !o.IsCOD || o.AutoCombineGroupID != "77" {
			t.Errorf("got %+v", o)
		}
		_, err := l.mark(id, "AB1")
		l.ok(err)
	})
}

func TestUntraceableAndLostParcelsAreCancelledByTikTok(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(1))
		_, err := l.mark(id, "AB1")
		l.ok(err)
		o, _ := l.Order(id)
		time.Sleep(time.Until(o.CollectionDueTime.Time()))
		o, _ = l.Order(id)
		if o.Status != "CANCELLED" || o.CancelReason != "system_cancel_order_untracked" || o.CancellationInitiator != "SYSTEM" {
			t.Errorf("got %s, %s", o.Status, o.CancelReason)
		}
		l.stock(mug, north, 9, 0) // what has left does not come back
		id = l.place(mugs(1))
		_, err = l.mark(id, "AB2")
		l.ok(err)
		l.ok(l.Collect(id))
		l.ok(l.ReportTracking(id, "Out for delivery"))
		tracking, err := l.client.Fulfillment.GetTracking(t.Context(), id, nil)
		if err != nil || len(tracking.Tracking) != 3 || tracking.Tracking[0].Description != "Out for delivery" {
			t.Errorf("got %+v, %v", tracking, err)
		}
		l.ok(l.Lose(id))
		l.status(id, "CANCELLED")
	})
}

func TestPricesAreSetOfLiveProductsAlone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		set := func(sku string, amount tiktokshop.Decimal, currency string) error {
			return errOf(l.client.Product.UpdatePrice(t.Context(), mugProduct, &tiktokshop.UpdatePriceRequest{SKUs: []tiktokshop.UpdatePriceRequestSKU{{
				ID: sku, Price: &tiktokshop.Price{Amount: &amount, Currency: &currency},
			}}}))
		}
		l.ok(set(mug, "9.50", "GBP"))
		if o, _ := l.Order(l.place(mugs(1))); o.Payment.TotalAmount != "9.50" {
			t.Errorf("got %s", o.Payment.TotalAmount)
		}
		l.code(set(plate, "1.00", "GBP"), 12052036)
		l.code(set(mug, "0.00", "GBP"), 36009004)
		l.code(set(mug, "1.00", "USD"), 36009004)
		l.ok(l.LockStock(mug, "Black Friday", false, 1))
		l.code(set(mug, "1.00", "GBP"), 12019045)
		l.ok(l.SetProductStatus(mugProduct, "SELLER_DEACTIVATED"))
		l.code(set(mug, "1.00", "GBP"), 12052034)
		_, err := l.client.Product.ActivateProduct(t.Context(), &tiktokshop.ActivateProductRequest{ProductIDs: []string{mugProduct}})
		l.ok(err)
		l.ok(l.FinishAudit(mugProduct, false))
		p, err := l.client.Product.GetProduct(t.Context(), mugProduct, nil)
		if err != nil || p.Status != "FAILED" || p.Audit.Status != "FAILED" || l.FinishAudit(mugProduct, true) == nil {
			t.Errorf("got %s, %v", p.Status, err)
		}
	})
}

func TestRecordedCallsAreSelected(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(1))
		_, err := l.mark(id, "AB1")
		l.ok(err)
		_, err = l.mark(id, "AB2")
		l.code(err, 21011006)
		l.detail(id)
		_, err = l.client.Logistics.GetWarehouseList(t.Context(), nil)
		l.ok(err)
		for _, test := range []struct {
			match tiktokshoptest.Match
			want  int
		}{
			{tiktokshoptest.On(), 4},
			{tiktokshoptest.Writes(), 2},
			{tiktokshoptest.Reads(), 2},
			{tiktokshoptest.Mentions(id), 3},
			{tiktokshoptest.Mentions("AB2"), 1},
			{tiktokshoptest.All(tiktokshoptest.Writes(), tiktokshoptest.Not(tiktokshoptest.Failed())), 1},
		} {
			if got := len(l.CallsOf(test.match)); got != test.want {
				t.Errorf("got %d calls, want %d", got, test.want)
			}
		}
		l.ResetCalls()
		l.is("calls", len(l.Calls()), 0)
	})
}
