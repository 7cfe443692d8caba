package tiktokshoptest_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func byTikTok(n int) tiktokshoptest.OrderSpec {
	spec := mugs(n)
	spec.ShippingType = tiktokshop.ShippingTypeTikTok
	return spec
}

func (l *lab) ship(packageID string, req *tiktokshop.ShipPackageRequest) error {
	return errOf(l.client.Fulfillment.ShipPackage(l.Context(), packageID, req))
}

// label buys a label for a whole order.
func (l *lab) label(id string) (string, error) {
	out, err := l.client.Fulfillment.CreatePackages(l.Context(), &tiktokshop.CreatePackagesRequest{
		ShipType: new("1"), OrderID: &id,
	})
	if err != nil {
		return "", err
	}
	return out.PackageID, nil
}

func TestPackageIDsExistFromPaymentOnlyInSomeMarkets(t *testing.T) {
	for _, test := range []struct {
		market       string
		shippingType tiktokshop.ShippingType
		want         int
	}{
		{"US", "SELLER", 0},
		{"US", "TIKTOK", 0},
		{"GB", "SELLER", 0},
		{"GB", "TIKTOK", 1},
		{"JP", "SELLER", 0},
		{"TH", "SELLER", 1},
		{"TH", "TIKTOK", 1},
		{"BR", "SELLER", 1},
	} {
		t.Run(test.market+" "+string(test.shippingType), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLab(t, tiktokshoptest.WithMarket(test.market))
				spec := mugs(2)
				spec.State, spec.ShippingType = tiktokshop.OrderStatusUnpaid, test.shippingType
				id := l.place(spec)
				if o := l.detail(id); len(o.Packages) != 0 || o.LineItems[0].PackageID != "" {
					t.Errorf("unpaid: got packages %v", o.Packages)
				}
				l.ok(l.Pay(id))
				o := l.detail(id)
				if len(o.Packages) != test.want || (o.LineItems[0].PackageID != "") != (test.want > 0) {
					t.Errorf("paid: got packages %v, want %d", o.Packages, test.want)
				}
			})
		})
	}
}

func TestEveryMarketHasItsOwnCallToShip(t *testing.T) {
	for _, test := range []struct {
		market             string
		spec               tiktokshoptest.OrderSpec
		mark, label, slips int // codes of Mark Package As Shipped, Create Packages and Ship Package
	}{
		{"US", mugs(1), 0, 21008017, 0},
		{"US", byTikTok(1), 21011004, 0, 0},
		{"GB", mugs(1), 0, 21011004, 0},
		{"GB", byTikTok(1), 21011004, 21011004, 0},
		{"TH", mugs(1), 21011004, 21011004, 36009004},
		{"TH", byTikTok(1), 21011004, 21011004, 0},
	} {
		t.Run(test.market+" "+string(test.spec.ShippingType), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLab(t, tiktokshoptest.WithMarket(test.market))
				check := func(name string, err error, want int) {
					t.Helper()
					if want == 0 {
						l.ok(err)
					} else if err := wantCode(err, want); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
				id := l.place(test.spec)
				_, err := l.mark(id, "AB1")
				check("Mark Package As Shipped", err, test.mark)
				id = l.place(test.spec)
				_, err = l.label(id)
				check("Create Packages", err, test.label)
				for _, p := range l.detail(id).Packages {
					if test.label == 0 { // a bought label is shipped already
						test.slips = 21011006
					}
					check("Ship Package", l.ship(p.ID, nil), test.slips)
				}
			})
		})
	}
}

func TestPartsOfAnOrderShipOneByOne(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(3))
		lines := l.detail(id).LineItems
		first, err := l.mark(id, "AB1", lines[0].ID)
		l.ok(err)
		l.status(id, "PARTIALLY_SHIPPING")
		l.stock(mug, north, 7, 2)
		_, err = l.mark(id, "AB2", lines[0].ID)
		l.code(err, 21011006)
		second, err := l.mark(id, "AB2")
		l.ok(err)
		l.status(id, "AWAITING_COLLECTION")
		_, err = l.mark(id, "AB3")
		l.code(err, 21011006)

		o := l.detail(id)
		if o.SplitOrCombineTag != "SPLIT" || len(o.Packages) != 2 {
			t.Errorf("got packages %v, tag %q", o.Packages, o.SplitOrCombineTag)
		}
		for _, item := range o.LineItems {
			want := []string{second, "AB2"}
			if item.ID == lines[0].ID {
				want = []string{first, "AB1"}
			}
			if diff := cmp.Diff(want, []string{item.PackageID, item.TrackingNumber}); diff != "" {
				t.Errorf("line %s (-want +got):\n%s", item.ID, diff)
			}
		}
		p, err := l.client.Fulfillment.GetPackageDetail(t.Context(), second, nil)
		l.ok(err)
		want := &tiktokshop.Package{
			PackageID: second, PackageStatus: "PROCESSING", TrackingNumber: "AB2", ShippingType: "SELLER", SplitAndCombineTag: "SPLIT", NoteTag: "BUYER_UNNOTED",
			Orders:           []tiktokshop.PackageOrder{{ID: id, SKUs: []tiktokshop.PackageOrderSKU{{ID: mug, Name: "Default", Quantity: 2}}}},
			DeliveryOptionID: tiktokshoptest.OptionStandard, DeliveryOptionName: "Standard shipping",
			ShippingProviderID: "7117858858072016686", ShippingProviderName: "Evri",
			CreateTime: tiktokshop.At(time.Now()), UpdateTime: tiktokshop.At(time.Now()),
		}
		ignore := cmpopts.IgnoreFields(tiktokshop.Package{}, "OrderLineItemIDs", "RecipientAddress")
		if diff := cmp.Diff(want, p, ignore); diff != "" {
			t.Errorf("package (-want +got):\n%s", diff)
		}
	})
}

func TestOrdersThatMustNotBeShippedAreRefused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		at := func(s tiktokshop.OrderStatus) string {
			spec := mugs(1)
			spec.State = s
			return l.place(spec)
		}
		unpaid, held, cancelled, pending := at("UNPAID"), at("ON_HOLD"), at("ON_HOLD"), at("AWAITING_SHIPMENT")
		l.ok(l.CancelByBuyer(cancelled, "changed my mind"))
		_, err := l.RequestCancellation(pending, "changed my mind")
		l.ok(err)
		fbt := mugs(1)
		fbt.FulfillmentType = tiktokshop.FulfillmentTypeByTikTok
		for _, x := range []struct {
			id   string
			code int
		}{{unpaid, 21011003}, {held, 21011044}, {cancelled, 21011041}, {pending, 21011007}, {l.place(fbt), 21008043}, {"1", 21008111}} {
			_, err := l.mark(x.id, "AB1")
			l.code(err, x.code)
		}
	})
}

func TestInTheUSShippingRejectsThePendingRequest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, tiktokshoptest.WithMarket("US"))
		id := l.place(byTikTok(1))
		cancelID, err := l.RequestCancellation(id, "changed my mind")
		l.ok(err)
		_, err = l.label(id)
		l.ok(err)
		l.status(id, "AWAITING_COLLECTION")
		c, _ := l.Cancellation(cancelID)
		if c.CancelStatus != "CANCELLATION_REQUEST_CANCELLED" || l.detail(id).IsBuyerRequestCancel {
			t.Errorf("the request is %s", c.CancelStatus)
		}
	})
}

func TestProviderAndTrackingNumberAreChecked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		spec := mugs(1)
		spec.DeliveryOptionID, spec.BuyerID = tiktokshoptest.OptionExpress, "77"
		id := l.place(spec)
		mark := func(id, provider, number string) error {
			_, err := l.client.Fulfillment.MarkPackageAsShipped(t.Context(), id, &tiktokshop.MarkPackageAsShippedRequest{
				ShippingProviderID: provider, TrackingNumber: number,
			})
			return err
		}
		offered, err := l.client.Logistics.GetShippingProviders(t.Context(), tiktokshoptest.OptionExpress, nil)
		l.ok(err)
		good := offered.ShippingProviders[0].ID
		notOffered := l.ShippingProviders(tiktokshoptest.OptionStandard)[2].ID
		l.code(mark(id, notOffered, "AB1"), 21011022)
		l.code(mark(id, "1", "AB1"), 21004016)
		l.code(mark(id, good, ""), 36009004)
		l.code(mark(id, good, "AB 1!"), 21004012)
		l.ok(mark(id, good, "AB1"))
		l.code(mark(l.place(mugs(1)), good, "AB1"), 21011025)
		l.ok(mark(l.place(spec), good, "AB1")) // same buyer, same address: one parcel
		_, err = l.client.Logistics.GetShippingProviders(t.Context(), tiktokshoptest.OptionTikTok, nil)
		l.code(err, 21008117)
	})
}

func TestOneTrackingNumberServesTwentyOrders(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.ok(l.SetStock(mug, north, 100))
		spec := mugs(1)
		spec.BuyerID = "77"
		for range 20 {
			_, err := l.mark(l.place(spec), "AB1")
			l.ok(err)
		}
		_, err := l.mark(l.place(spec), "AB1")
		l.code(err, 21011026)
	})
}

func TestSellerShipsThePackageInOtherMarkets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, tiktokshoptest.WithMarket("VN"))
		id := l.place(mugs(2))
		p := l.detail(id).Packages[0].ID
		req := &tiktokshop.ShipPackageRequest{SelfShipment: &tiktokshop.ShipPackageRequestSelfShipment{
			ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[1].ID, TrackingNumber: "VN1",
		}}
		l.ok(l.ship(p, req))
		l.code(l.ship(p, req), 21011006)
		l.code(l.ship("1", req), 21011028)
		if o := l.detail(id); o.Status != "AWAITING_COLLECTION" || o.TrackingNumber != "VN1" || o.ShippingProvider != "GHN" {
			t.Errorf("got %s, %s %s", o.Status, o.ShippingProvider, o.TrackingNumber)
		}
	})
}

func TestOneLabelForTwoOrders(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, tiktokshoptest.WithMarket("US"))
		spec := byTikTok(1)
		spec.BuyerID = "77"
		a, b, stranger := l.place(spec), l.place(spec), l.place(byTikTok(1))
		label := func(ids ...string) error {
			_, err := l.client.Fulfillment.CreatePackages(t.Context(), &tiktokshop.CreatePackagesRequest{ShipType: new("3"), OrderListIDs: ids})
			return err
		}
		l.code(label(a, stranger), 21011031)
		l.ok(label(a, b))
		if o := l.detail(b); o.SplitOrCombineTag != "COMBINED" || o.Packages[0] != l.detail(a).Packages[0] {
			t.Errorf("got packages %v, tag %q", o.Packages, o.SplitOrCombineTag)
		}
		l.ok(l.Collect(a))
		l.status(b, "IN_TRANSIT")
	})
}

func TestLabelsAreReadyOnlyAfterShippingAndTheSecondAsking(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(byTikTok(1))
		p := l.detail(id).Packages[0].ID
		ask := func() (*tiktokshop.GetPackageShippingDocumentResponse, error) {
			return l.client.Fulfillment.GetPackageShippingDocument(t.Context(), p, &tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"})
		}
		_, err := ask()
		l.code(err, 21023035)
		l.ok(l.ship(p, nil))
		_, err = ask()
		l.code(err, 11034037)
		doc, err := ask()
		l.ok(err)
		if doc.TrackingNumber == "" || doc.TrackingNumber != l.detail(id).TrackingNumber {
			t.Errorf("got tracking number %q", doc.TrackingNumber)
		}
		status, file := l.download(doc.DocURL)
		if status != http.StatusOK || !bytes.HasPrefix(file, []byte("%PDF-")) || !bytes.Contains(file, []byte("Order "+id)) {
			t.Errorf("got status %d, %d bytes", status, len(file))
		}
		if status, _ := l.download(doc.DocURL + "0"); status != http.StatusForbidden {
			t.Errorf("a made-up URL: got status %d", status)
		}
		time.Sleep(24 * time.Hour)
		if status, _ := l.download(doc.DocURL); status != http.StatusForbidden {
			t.Errorf("after a day: got status %d", status)
		}
		l.ok(l.Collect(id))
		_, err = ask()
		l.code(err, 21042102)
	})
}

func TestSellerShippingHasNoLabels(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		p, err := l.mark(l.place(mugs(1)), "AB1")
		l.ok(err)
		_, err = l.client.Fulfillment.GetPackageShippingDocument(t.Context(), p, &tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"})
		l.code(err, 21008017)
	})
}

// download fetches a document like any HTTP client, without signing.
func (l *lab) download(url string) (int, []byte) {
	l.Helper()
	req, err := http.NewRequestWithContext(l.Context(), http.MethodGet, url, http.NoBody)
	l.ok(err)
	resp, err := (&http.Client{Transport: l.RoundTripper()}).Do(req)
	l.ok(err)
	defer func() { l.ok(resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	l.ok(err)
	return resp.StatusCode, body
}

func TestATrackingNumberIsCorrectedOnceWithinThreeDays(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		correct := func(id, number string) error {
			return errOf(l.client.Fulfillment.UpdateShippingInfo(t.Context(), id, &tiktokshop.UpdateShippingInfoRequest{
				ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[1].ID, TrackingNumber: number,
			}))
		}
		id, late := l.place(mugs(1)), l.place(mugs(1))
		l.code(correct(id, "AB9"), 21011043)
		for i, id := range []string{id, late} {
			_, err := l.mark(id, []string{"AB1", "AB2"}[i])
			l.ok(err)
		}
		l.code(correct(id, "AB2"), 21011025)
		l.ok(correct(id, "AB3"))
		if o := l.detail(id); o.TrackingNumber != "AB3" || o.ShippingProvider != "Royal Mail" {
			t.Errorf("got %s %s", o.ShippingProvider, o.TrackingNumber)
		}
		l.code(correct(id, "AB4"), 21011051)
		time.Sleep(72*time.Hour + time.Second)
		l.code(correct(late, "AB5"), 21011050)
	})
}

func TestASplitOrderIsCorrectedByPackage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(2))
		p, err := l.mark(id, "AB1", l.detail(id).LineItems[0].ID)
		l.ok(err)
		_, err = l.mark(id, "AB2")
		l.ok(err)
		provider := l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID
		l.code(errOf(l.client.Fulfillment.UpdateShippingInfo(t.Context(), id, &tiktokshop.UpdateShippingInfoRequest{ShippingProviderID: provider, TrackingNumber: "AB3"})), 21011048)
		l.ok(errOf(l.client.Fulfillment.UpdatePackageShippingInfo(t.Context(), p, &tiktokshop.UpdatePackageShippingInfoRequest{ShippingProviderID: provider, TrackingNumber: "AB3"})))
		detail, err := l.client.Fulfillment.GetPackageDetail(t.Context(), p, nil)
		l.ok(err)
		if detail.TrackingNumber != "AB3" {
			t.Errorf("got %s", detail.TrackingNumber)
		}
	})
}
