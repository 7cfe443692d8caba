package tiktokshoptest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func TestHandoversAreScheduledForLabelsThatWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, in("US"))
		id := l.place(byTikTok(2))
		schedule := func(id string, lines ...string) error {
			_, err := l.client.Fulfillment.SchedulePackageHandover(t.Context(), &tiktokshop.SchedulePackageHandoverRequest{OrderID: &id, OrderLineItemIDs: lines})
			return err
		}
		l.code(schedule(id), 21011043)
		lines := l.lines(id)
		for _, line := range lines {
			_, err := l.client.Fulfillment.CreatePackagesV202309(t.Context(), &tiktokshop.CreatePackagesV202309Request{OrderID: &id, OrderLineItemIDs: []string{line}})
			l.ok(err)
		}
		l.code(schedule(id), 21011048)
		l.ok(schedule(id, lines[0]))
		l.ok(l.Collect(id))
		l.code(schedule(id, lines[0]), 21011003)
		l.code(schedule(l.place(mugs(1))), 21008017)
		held := byTikTok(1)
		held.State = tiktokshop.OrderStatusOnHold
		id = l.place(held)
		l.code(schedule(id), 21011044)
		l.ok(l.CancelByBuyer(id, "why"))
		l.code(schedule(id), 21011041)
		_, err := l.client.Fulfillment.GetEligibleShippingService(t.Context(), l.place(mugs(1)), nil)
		l.code(err, 21008017)
	})
}

func TestInvoicesAreCheckedInBrazilAlone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		upload := func(l *lab, pack, kind, file string) error {
			_, err := l.client.Fulfillment.UploadInvoice(t.Context(), &tiktokshop.UploadInvoiceRequest{Invoices: []tiktokshop.UploadInvoiceRequestInvoice{
				{PackageID: &pack, FileType: &kind, File: &file},
			}})
			return err
		}
		l := newLab(t, in("BR"))
		pack := l.detail(l.place(byTikTok(1))).Packages[0].ID
		for _, x := range [][3]string{{pack, "PDF", "PGEvPg=="}, {pack, "XML", "<a/>"}, {"1", "XML", "PGEvPg=="}} {
			if err := upload(l, x[0], x[1], x[2]); err == nil {
				t.Errorf("%v was taken", x)
			}
		}
		if l.AcceptInvoice(pack, "") == nil {
			t.Error("an invoice that is not there was accepted")
		}
		l.ok(upload(l, pack, "XML", "PGEvPg=="))
		l.ok(l.AcceptInvoice(pack, "the tax number is wrong"))
		l.code(l.ship(pack, nil), 21004006)
		l.ok(upload(l, pack, "XML", "PGEvPg=="))
		l.ok(l.AcceptInvoice(pack, ""))
		l.ok(l.ship(pack, nil))
		_, _ = l.document(pack) // is being made
		format := tiktokshop.FulfillmentDocumentFormat("ZPL")
		doc, err := l.client.Fulfillment.GetPackageShippingDocument(t.Context(), pack, &tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL", DocumentFormat: &format})
		l.ok(err)
		resp, err := (&http.Client{Transport: l.RoundTripper()}).Get(doc.DocURL)
		l.ok(err)
		text, err := io.ReadAll(resp.Body)
		l.ok(err)
		if !strings.HasPrefix(string(text), "^XA") || !strings.Contains(string(text), doc.TrackingNumber) {
			t.Errorf("got %s", text)
		}
		gb := newLab(t)
		if upload(gb, "1", "XML", "PGEvPg==") == nil {
			t.Error("an invoice was taken in the UK")
		}
	})
}

func TestDecisionsAreOfferedByState(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		ask := func(id string, wanted ...tiktokshop.ReturnDecision) (eligible []string) {
			out, err := l.client.ReturnRefund.GetDecisionEligibility(t.Context(), &tiktokshop.GetDecisionEligibilityRequest{ReturnOrCancelID: id, CheckDecisions: wanted})
			l.ok(err)
			for _, d := range out.Decisions {
				if d.Eligible {
					eligible = append(eligible, string(d.Decision))
				}
			}
			return eligible
		}
		request, err := l.RequestCancellation(l.place(mugs(1)), "why")
		l.ok(err)
		l.is("cancellation", ask(request), []string{"APPROVE_REQUEST_CANCEL", "REJECT_REQUEST_CANCEL"})
		l.ok(errOf(l.client.ReturnRefund.ApproveCancellation(t.Context(), request, nil)))
		l.is("decided", ask(request), []string(nil))
		back := l.complain(l.delivered(1), "REPLACEMENT")
		l.is("replacement", ask(back), []string{"APPROVE_REPLACEMENT", "REJECT_REPLACEMENT", "ISSUE_REPLACEMENT_REFUND"})
		l.is("checked", ask(back, "APPROVE_REFUND", "APPROVE_REPLACEMENT"), []string{"APPROVE_REPLACEMENT"})
		_, err = l.client.ReturnRefund.GetDecisionEligibility(t.Context(), &tiktokshop.GetDecisionEligibilityRequest{ReturnOrCancelID: "1"})
		l.code(err, 25007006)
		key := "k1"
		for range 2 { // the second has no effect, and succeeds
			l.ok(errOf(l.client.ReturnRefund.ApproveReturn(t.Context(), back, &tiktokshop.ApproveReturnRequest{Decision: "APPROVE_REPLACEMENT", IdempotencyKey: &key})))
		}
		l.is("orders", len(l.Orders()), 3)
		l.code(l.accept("1", "APPROVE_REFUND"), 25007006)
		l.code(l.accept(back, ""), 36009004)
	})
}

func TestBatchesShipWhatTheyCan(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, in("TH"))
		good := l.place(mugs(1))
		req := &tiktokshop.BatchShipPackagesRequest{Packages: []tiktokshop.BatchShipPackagesRequestPackage{
			{ID: l.detail(good).Packages[0].ID, SelfShipment: &tiktokshop.BatchShipPackagesRequestPackageSelfShipment{
				TrackingNumber: new("AB1"), ShippingProviderID: &l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
			}},
			{ID: "1"},
			{ID: l.detail(l.place(mugs(1))).Packages[0].ID},
		}}
		_, err := l.client.Fulfillment.BatchShipPackages(t.Context(), req)
		if err == nil || l.Calls()[len(l.Calls())-1].ItemErrors != 2 {
			t.Errorf("got %v", err)
		}
		l.status(good, "AWAITING_COLLECTION")
		_, err = l.client.Fulfillment.BatchShipPackages(t.Context(), &tiktokshop.BatchShipPackagesRequest{Packages: []tiktokshop.BatchShipPackagesRequestPackage{}})
		l.code(err, 36009004)
	})
}

func TestWhatWasNotPostedIsPostedLater(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := newLab(t, tiktokshoptest.WithWebhooks(tiktokshoptest.HandlerTransport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() }))))
		l.SetWebhooks(hooks)
		for range 3 {
			l.place(mugs(1))
		}
		before := l.PendingWebhooks()
		l.is("attempts", l.SendWebhooks(ctx), 1)
		l.is("pending", l.PendingWebhooks(), before) // the first was cut off, and waits
		time.Sleep(2 * time.Minute)
		l.is("attempts", l.SendWebhooks(t.Context()), before)
	})
}

func TestQuotasCanBeChanged(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.SetQuotas(tiktokshoptest.Quota{}, tiktokshoptest.Quota{Calls: 1, Per: time.Hour})
		req := &tiktokshop.DeactivateProductsRequest{ProductIDs: []string{mugProduct}}
		_, err := l.client.Product.DeactivateProducts(t.Context(), req)
		l.ok(err)
		_, err = l.client.Product.DeactivateProducts(t.Context(), req)
		l.code(err, 36009002)
		l.is("time of statements", tiktokshoptest.New().FaultLog().Seed, 0)
		_, err = l.client.Finance.GetStatements(t.Context(), &tiktokshop.GetStatementsRequest{SortField: "statement_time", StatementTimeGe: new(tiktokshop.UnixSeconds(1)), StatementTimeLt: new(tiktokshop.UnixSeconds(2))})
		l.ok(err)
	})
}
