package tiktokadapter_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// moneyShop is a fake shop in the bubble of the test, with one SKU.
func moneyShop(t *testing.T, transport func(http.RoundTripper) http.RoundTripper, opts ...tiktokshoptest.Option) (*tiktokshoptest.Fake, *tiktokadapter.Shop) {
	t.Helper()
	fake := tiktokshoptest.New(opts...)
	if err := fake.AddWarehouse(tiktokshop.Warehouse{ID: "7000000000000000001"}); err != nil {
		t.Fatal(err)
	}
	if err := fake.AddProduct(tiktokshoptest.Product{ID: "1729", SKUs: []tiktokshoptest.SKU{{ID: "2729", SellerSKU: "MUG", Price: "20.00", Stock: map[string]int{"7000000000000000001": 1000}}}}); err != nil {
		t.Fatal(err)
	}
	clientOptions := []tiktokshop.Option{tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})), tiktokshop.WithMaxAttempts(1)}
	if transport != nil {
		clientOptions = append(clientOptions, tiktokshop.WithHTTPClient(&http.Client{Transport: transport(fake.RoundTripper())}))
	}
	client, err := fake.Client(clientOptions...)
	if err != nil {
		t.Fatal(err)
	}
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return fake, shop
}

// sell places an order and has it delivered.
func sell(t *testing.T, fake *tiktokshoptest.Fake, spec tiktokshoptest.OrderSpec) string {
	t.Helper()
	if spec.Lines == nil {
		spec.Lines = []tiktokshoptest.Line{{SKUID: "2729", Quantity: 1}}
	}
	spec.ShippingType = tiktokshop.ShippingTypeTikTok
	id, err := fake.PlaceOrder(spec)
	if err != nil {
		t.Fatal(err)
	}
	client, err := fake.Client(tiktokshop.WithMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	o, _ := fake.Order(id)
	if len(o.Packages) == 0 {
		t.Fatal("no package")
	}
	if _, err := client.Fulfillment.ShipPackage(t.Context(), o.Packages[0].ID, &tiktokshop.ShipPackageRequest{}); err != nil {
		t.Fatal(err)
	}
	for _, do := range []func(string) error{fake.Collect, fake.Deliver} {
		if err := do(id); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

func books(t *testing.T, shop *tiktokadapter.Shop) (finance.Books, error) {
	t.Helper()
	reader, err := finance.NewReader(finance.Ports{Statements: shop, Payments: shop, Withdrawals: shop, Estimates: shop, Orders: shop})
	if err != nil {
		t.Fatal(err)
	}
	return reader.Read(t.Context(), time.Now().Add(-30*24*time.Hour), time.Now().Add(time.Hour))
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What was traded in the shop comes through to the penny, over several pages.
func TestBooksOfTheShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, shop := moneyShop(t, nil)
		fake.CarryNegative()
		must(t, fake.PayIn("EUR", "1.17"))
		_, err := fake.Adjust("PLATFORM_PENALTY", "", "-7.00")
		must(t, err)
		fake.Settle()
		var first string
		for i := range 230 {
			id := sell(t, fake, tiktokshoptest.OrderSpec{ShippingFee: "2.99", ShippingPlatformDiscount: "1.00"})
			must(t, fake.ChargeFee(id, "affiliate_commission_amount", "1.00"))
			if i == 0 {
				first = id
				must(t, fake.ChargeFee(id, "moon_fee_amount", "0.05"), fake.WithholdTax(id, "local_vat_amount", "3.33"))
				_, err := fake.ReserveUntil(id, "3.00", time.Now().Add(40*24*time.Hour))
				must(t, err)
			}
		}
		fake.Settle()
		time.Sleep(49 * time.Hour)
		last := sell(t, fake, tiktokshoptest.OrderSpec{})
		b, err := books(t, shop)
		must(t, err)
		if len(b.Unread) > 0 || len(b.Statements) != 2 || len(b.Statements[1].Lines) != 231 || len(b.Payments) != 1 || len(b.Withdrawals) != 1 {
			t.Fatalf("unread %v, %d statements, %d payments, %d withdrawals", b.Unread, len(b.Statements), len(b.Payments), len(b.Withdrawals))
		}
		reader, err := finance.NewReader(finance.Ports{Statements: shop, Orders: shop})
		must(t, err)
		must(t, reader.ReadOrders(t.Context(), &b, first))
		r, err := finance.Reconcile(b, finance.Options{Shop: "UK", AsOf: time.Now()})
		must(t, err)
		if !r.OK() {
			t.Errorf("wrong: %v", r.Wrong())
		}
		if diff := cmp.Diff([]string{"fee moon_fee_amount"}, r.UnknownNames); diff != "" {
			t.Errorf("unknown names (-want +got):\n%s", diff)
		}
		p := r.Payouts[0]
		if !p.Proven || p.Amount.Currency != "EUR" || p.Before.Currency != "GBP" || len(p.Carried) != 1 || p.Before != p.Payable {
			t.Errorf("payout %+v", p)
		}
		got := map[finance.Category]int64{}
		for _, c := range r.Categories {
			got[c.Category] = c.Minor
		}
		want := map[finance.Category]int64{
			finance.Sales: 230 * 2000, finance.ShippingIncome: 230 * 199, finance.ShippingFunded: 230 * 100, finance.ShippingCost: -230 * 520,
			finance.Commission: -230 * 198, finance.Affiliate: -230 * 100, finance.OtherFees: -5, finance.TaxWithheld: -333, finance.Reserves: -300, finance.Penalties: -700,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("categories (-want +got):\n%s", diff)
		}
		for _, o := range r.Orders {
			if o.ID == first && o.TaxBy != finance.TaxByMarketplace {
				t.Errorf("tax of %s owed by %s", first, o.TaxBy)
			}
			if o.ID == last && (o.Settled || !o.ExpectedKnown || o.Expected != 2000-520-180 || o.ExpectedAt.IsZero()) {
				t.Errorf("the last order is %+v", o)
			}
		}
		if r.Clearing[0].Balance != 0 || r.Reserves[0].Held != 300 || r.Reserves[0].ReleaseAt.IsZero() {
			t.Errorf("clearing %+v, reserves %+v", r.Clearing, r.Reserves)
		}
	})
}

// change changes replies of one path.
type change struct {
	next http.RoundTripper
	path string
	edit func(body string) string
}

func (c change) RoundTrip(r *http.Request) (*http.Response, error) {
	reply, err := c.next.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, c.path) {
		return reply, err
	}
	body, err := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	text := c.edit(string(body))
	reply.Body, reply.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	reply.Header.Del("Content-Length")
	return reply, err
}

// A line that cannot be read costs that line, and a list that does not end, or ends too
// early, is not taken for whole.
func TestUnreadableMoney(t *testing.T) {
	for _, tc := range []struct {
		name, path string
		edit       func(string) string
		unread     string
		err        string
		proven     bool
	}{
		{"as it is", "nothing", nil, "", "", true},
		{"an amount that is none", "statement_transactions", func(s string) string {
			return strings.Replace(s, `"settlement_amount":"`, `"settlement_amount":"about `, 1)
		}, "line", "", false},
		{"a part of a penny", "statement_transactions", func(s string) string {
			return strings.Replace(s, `"fee_tax_amount":"-1.80"`, `"fee_tax_amount":"-1.805"`, 1)
		}, "line", "", false},
		{"fewer than TikTok counts", "statement_transactions", func(s string) string { return strings.Replace(s, `"total_count":3`, `"total_count":4`, 1) }, "", "counts 4 lines", false},
		{"a line that comes twice", "statement_transactions", func(s string) string { return overlapping(s, 3) }, "", "", true},
		{"a line that comes twice, and another not", "statement_transactions", func(s string) string { return overlapping(s, 4) }, "", "has handed out 3, besides 1 once more", false},
		{"a line that cannot be read comes twice, and another not", "statement_transactions", func(s string) string { return overlapping(odd(s), 4) }, "line", "has handed out 3, besides 0 once more", false},
		{"a line that cannot be read on one of two pages", "statement_transactions", func(s string) string {
			again := overlapping(s, 3)
			return odd(again)
		}, "", "", true},
		{"a statement without its day", "/statements", func(s string) string { return strings.Replace(s, `"statement_time"`, `"time"`, 1) }, "statement", "", false},
		{"the same page for ever", "statement_transactions", func(s string) string {
			return strings.Replace(s, `"next_page_token":""`, `"next_page_token":"again"`, 1)
		}, "", "", false},
		{"a statement without settlement", "/statements", func(s string) string {
			if strings.Contains(s, "transactions") {
				return s
			}
			return strings.Replace(s, `"settlement_amount"`, `"settlement"`, 1)
		}, "statement", "", false},
		{"a payment without currency", "payments", func(s string) string { return strings.ReplaceAll(s, `"currency":"GBP"`, `"currency":""`) }, "payment", "", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			fake, shop := moneyShop(t, func(next http.RoundTripper) http.RoundTripper { return change{next, tc.path, tc.edit} })
			for range 3 {
				sell(t, fake, tiktokshoptest.OrderSpec{})
			}
			fake.Settle()
			time.Sleep(25 * time.Hour)
			b, err := books(t, shop)
			if (err != nil) != (tc.err != "" || tc.name == "the same page for ever") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: error %v, want %q", tc.name, err, tc.err)
			}
			kinds := ""
			for _, u := range b.Unread {
				kinds += u.Kind
			}
			if kinds != tc.unread {
				t.Errorf("%s: unread %v, want a %s", tc.name, b.Unread, tc.unread)
			}
			r, err := finance.Reconcile(b, finance.Options{Shop: "UK", AsOf: time.Now()})
			must(t, err)
			if got := r.OK() && len(r.Statements) == 1 && r.Statements[0].Proven; got != tc.proven {
				t.Errorf("%s: proven %t, want %t: %v", tc.name, got, tc.proven, r.Wrong())
			}
		})
	}
}

// odd is a reply of lines of which the first cannot be read.
func odd(reply string) string {
	return strings.Replace(reply, `"settlement_amount":"`, `"settlement_amount":"x`, 1)
}

// overlapping is a reply of lines with the first of them once more, and another count.
func overlapping(reply string, count int) string {
	head, rest, _ := strings.Cut(reply, `"transactions":[`)
	line, _, _ := strings.Cut(rest, `},{"`)
	return regexp.MustCompile(`"total_count":\d+`).ReplaceAllString(head+`"transactions":[`+line+"},"+rest, fmt.Sprintf(`"total_count":%d`, count))
}

// Each port answers an ended context with an error, and not with an empty list.
func TestMoneyOfAnEndedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, shop := moneyShop(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		now := time.Now()
		for name, read := range map[string]func() error{
			"statements":  func() error { _, _, err := shop.Statements(ctx, now, now); return err },
			"lines":       func() error { _, _, err := shop.StatementLines(ctx, finance.Statement{ID: "1"}); return err },
			"payments":    func() error { _, _, err := shop.Payments(ctx, now, now); return err },
			"withdrawals": func() error { _, _, err := shop.Withdrawals(ctx, now, now); return err },
			"estimates":   func() error { _, _, err := shop.Estimates(ctx, now, now); return err },
			"order":       func() error { _, err := shop.OrderRows(ctx, "1"); return err },
		} {
			if read() == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if _, err := finance.NewReader(finance.Ports{}); err == nil || !strings.Contains(err.Error(), "Statements") {
			t.Errorf("no port: %v", err)
		}
		reader, err := finance.NewReader(finance.Ports{Statements: shop})
		must(t, err)
		if _, err := reader.Read(t.Context(), now, now); err == nil {
			t.Error("an empty period: no error")
		}
		if _, err := reader.Read(ctx, now.Add(-time.Hour), now); err == nil {
			t.Error("an ended context: no error")
		}
		if err := reader.ReadOrders(t.Context(), &finance.Books{}, "1"); err == nil {
			t.Error("no port for orders: no error")
		}
	})
}

// TikTok says when it will settle in one of several forms, or not at all.
func TestWhenTikTokSettles(t *testing.T) {
	delivered := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		text      string
		delivered time.Time
		want      time.Time
	}{
		{"1780920000", delivered, time.Unix(1780920000, 0).UTC()},
		{"Delivered + 7 days", delivered, delivered.AddDate(0, 0, 7)},
		{"Delivered + 1 day", delivered, delivered.AddDate(0, 0, 1)},
		{"Delivered + 7 days", time.Time{}, time.Time{}},
		{"", delivered, time.Time{}}, {"soon", delivered, time.Time{}}, {"-5", delivered, time.Time{}}, {"Delivered + -7 days", delivered, time.Time{}},
	} {
		synctest.Test(t, func(t *testing.T) {
			fake, shop := moneyShop(t, func(next http.RoundTripper) http.RoundTripper {
				return change{next, "unsettled", func(s string) string {
					reply := regexp.MustCompile(`"estimated_settlement":"\d+"`).ReplaceAllString(s, `"estimated_settlement":"`+tc.text+`"`)
					at := "0"
					if !tc.delivered.IsZero() {
						at = fmt.Sprint(tc.delivered.Unix())
					}
					return regexp.MustCompile(`"order_delivery_time":\d+`).ReplaceAllString(reply, `"order_delivery_time":`+at)
				}}
			})
			sell(t, fake, tiktokshoptest.OrderSpec{})
			list, unread, err := shop.Estimates(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
			if err != nil || len(unread) > 0 || len(list) != 1 || !list[0].ExpectedAt.Equal(tc.want) || !list[0].Known {
				t.Errorf("%q: %+v, %v, %v; want %v", tc.text, list, unread, err, tc.want)
			}
		})
	}
}
