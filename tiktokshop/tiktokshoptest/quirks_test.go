package tiktokshoptest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// quirk runs a test with the quirk switched on and switched off.
func quirk(t *testing.T, q tiktokshoptest.Quirk, run func(l *lab, on bool), opts ...tiktokshoptest.Option) {
	for _, on := range []bool{true, false} {
		t.Run(fmt.Sprintf("on=%t", on), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				turn := tiktokshoptest.Without(q)
				if on {
					turn = tiktokshoptest.With(q)
				}
				run(newLab(t, append(slices.Clone(opts), turn)...), on)
			})
		})
	}
}

func in(market string) tiktokshoptest.Option { return tiktokshoptest.WithMarket(market) }

// is fails the test unless got agrees with want.
func (l *lab) is(what string, got, want any) {
	l.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		l.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// codeIf asserts a refusal if refused is true, and success otherwise.
func (l *lab) codeIf(refused bool, err error, code int) {
	l.Helper()
	if refused {
		l.code(err, code)
	} else {
		l.ok(err)
	}
}

// get makes a signed call by hand, with more query parameters.
func (l *lab) get(path string, more url.Values) (status, code int, body string) {
	l.Helper()
	r := orderSearch(l.Fake)
	r.method, r.path, r.body = "GET", path, ""
	r.query.Del("page_size")
	for name, values := range more {
		if values == nil {
			r.query.Del(name)
		} else {
			r.query[name] = values
		}
	}
	return r.send(l.T, l.Fake)
}

func TestEveryQuirkHasALineAndATestNamedAfterIt(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	names := regexp.MustCompile(`(?m)^\t(Quirk\w+)\s+Quirk = "`).FindAllStringSubmatch(all, -1)
	listed := tiktokshoptest.Quirks()
	if len(names) != len(listed) {
		t.Errorf("%d quirks, %d listed", len(names), len(listed))
	}
	for _, m := range names {
		if !strings.Contains(all, "func Test"+m[1]+"(t *testing.T)") {
			t.Errorf("%s has no test", m[1])
		}
	}
	for _, q := range listed {
		if q.About == "" || strings.Contains(q.About, "\n") {
			t.Errorf("%s: got %q", q.Quirk, q.About)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown quirk was switched off")
		}
	}()
	tiktokshoptest.New(tiktokshoptest.Without("boredom"))
}

func TestQuirkExpireInIsAMoment(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkExpireInIsAMoment, func(l *lab, on bool) {
		token, err := l.client.ExchangeCode(l.Context(), l.Authorise())
		l.ok(err)
		l.is("read as a moment", token.AccessExpires.Equal(time.Now().Add(7*24*time.Hour)), on)
	})
}

func TestQuirkGrantType(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkGrantType, func(l *lab, on bool) {
		app := l.App()
		_, code, _ := l.get("/api/v2/token/get", url.Values{"app_secret": {app.Secret.Reveal()}, "auth_code": {l.Authorise()}, "grant_type": {"authorization_code"}})
		l.is("code", code, map[bool]int{true: 36009004}[on])
	})
}

func TestQuirkRefreshTokenRotates(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkRefreshTokenRotates, func(l *lab, on bool) {
		old := l.Token()
		_, err := l.client.RefreshToken(l.Context(), old)
		l.ok(err)
		_, err = l.client.RefreshToken(l.Context(), old)
		l.codeIf(on, err, 36004001)
	})
}

func TestQuirkOldGrantsKeepScopes(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkOldGrantsKeepScopes, func(l *lab, on bool) {
		l.SetScopes("seller.authorization.info", "seller.finance.info")
		_, err := l.client.ExchangeCode(l.Context(), l.Authorise())
		l.ok(err)
		_, err = l.client.Logistics.GetWarehouseList(l.Context(), nil)
		l.code(err, 105005)
		l.SetScopes("seller.logistics")
		_, err = l.client.RefreshToken(l.Context(), l.Token())
		l.ok(err)
		_, err = l.client.Logistics.GetWarehouseList(l.Context(), nil)
		l.codeIf(on, err, 105005)
	})
}

func TestQuirkTimestampWindow(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkTimestampWindow, func(l *lab, on bool) {
		stamp := func(d time.Duration) (code int) {
			_, code, _ = l.get("/logistics/202309/warehouses", url.Values{"timestamp": {strconv.FormatInt(time.Now().Add(d).Unix(), 10)}})
			return code
		}
		l.is("31 s ahead", stamp(31*time.Second), map[bool]int{true: 36009004}[on])
		l.is("5 min old", stamp(-5*time.Minute), 0)
	})
}

func TestQuirkUpperCaseSignature(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkUpperCaseSignature, func(l *lab, on bool) {
		r := orderSearch(l.Fake)
		r.sign = strings.ToUpper
		_, code, _ := r.send(l.T, l.Fake)
		l.is("code", code, map[bool]int{true: 106001}[on])
	})
}

func TestQuirkCipherRefused(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkCipherRefused, func(l *lab, on bool) {
		_, code, _ := l.get("/authorization/202309/shops", nil)
		l.is("code", code, map[bool]int{true: 36009004}[on])
	})
}

func TestQuirkOneCodeForManyFaults(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkOneCodeForManyFaults, func(l *lab, on bool) {
		_, code, _ := l.get("/logistics/202309/warehouses", url.Values{"timestamp": {"soon"}})
		l.is("timestamp", code, map[bool]int{true: 36009004, false: 11001002}[on])
		_, err := l.client.Finance.GetStatements(l.Context(), &tiktokshop.GetStatementsRequest{SortField: "x"})
		l.code(err, map[bool]int{true: 36009004, false: 11001002}[on])
	})
}

func TestQuirkGuessedVersion(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkGuessedVersion, func(l *lab, on bool) {
		status, code, _ := l.get("/logistics/202912/warehouses", nil)
		l.is("newer", []int{status, code}, map[bool][]int{true: {404, 36009009}, false: {400, 36009014}}[on])
		_, code, _ = l.get("/logistics/202212/warehouses", nil)
		l.is("older", code, 36009014)
	})
}

func TestQuirkUnsignedEmptyObject(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkUnsignedEmptyObject, func(l *lab, on bool) {
		for _, test := range []struct {
			signed, sent string
			accepted     bool
		}{
			{"{}", "{}", true},
			{"", "{}", on},
			{"", " {} ", on},
			{"", `{"order_status":"UNPAID"}`, false},
			{"{}", "", false},
		} {
			r := orderSearch(l.Fake)
			r.body = test.signed
			r.sign = func(s string) string { r.body = test.sent; return s }
			_, code, _ := r.send(l.T, l.Fake)
			l.is(fmt.Sprintf("code of %q signed as %q", test.sent, test.signed), code, map[bool]int{true: 0, false: 106001}[test.accepted])
		}
	})
}

func TestQuirkItemErrors(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkItemErrors, func(l *lab, on bool) {
		_, err := l.client.Product.ActivateProduct(l.Context(), &tiktokshop.ActivateProductRequest{ProductIDs: []string{"1"}})
		c := l.Calls()[0]
		l.is("code and item errors", []any{err != nil, c.Code, c.ItemErrors}, map[bool][]any{true: {true, 0, 1}, false: {true, 12052048, 0}}[on])
	})
}

func TestQuirkItemCodesAsText(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkItemCodesAsText, func(l *lab, on bool) {
		r := orderSearch(l.Fake)
		r.path, r.body = "/order/202406/orders/external_orders", `{"orders":[{"id":"1","external_order":{"id":"2","platform":"ERP_SYSTEM","line_items":[{"id":"3","origin_id":"4"}]}}]}`
		r.query.Del("page_size")
		body := r.text(l.T, l.Fake)
		l.is("text", strings.Contains(body, `"code":"36020001"`), on)
		l.is("number", strings.Contains(body, `"code":36020001`), !on)
	})
}

func TestQuirkEmptyData(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkEmptyData, func(l *lab, on bool) {
		kinds := map[string]bool{}
		for range 20 {
			r := orderSearch(l.Fake)
			r.method, r.path, r.body = "DELETE", "/event/202309/webhooks", `{"event_type":"NEW_MESSAGE"}`
			r.query.Del("page_size")
			body := r.text(l.T, l.Fake)
			switch {
			case strings.Contains(body, `"data":{}`):
				kinds["{}"] = true
			case strings.Contains(body, `"data":null`):
				kinds["null"] = true
			case !strings.Contains(body, `"data"`):
				kinds["absent"] = true
			}
		}
		l.is("kinds", len(kinds), map[bool]int{true: 3, false: 1}[on])
	})
}

func TestQuirkLastPageToken(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkLastPageToken, func(l *lab, on bool) {
		kinds := map[bool]bool{}
		for range 20 {
			kinds[strings.Contains(orderSearch(l.Fake).text(l.T, l.Fake), `"next_page_token":""`)] = true
		}
		l.is("absent at times", kinds[false], on)
		l.is("empty at times", kinds[true], true)
	})
}

func TestQuirkCommaLists(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkCommaLists, func(l *lab, on bool) {
		a, b := l.place(mugs(1)), l.place(mugs(1))
		_, code, _ := l.get("/order/202507/orders", url.Values{"ids": {`["` + a + `","` + b + `"]`}})
		l.is("array", code, map[bool]int{true: 36009004}[on])
		_, code, _ = l.get("/order/202507/orders", url.Values{"ids": {a + "," + b}})
		l.is("commas", code, 0)
	})
}

func TestQuirkInclusiveProductTimes(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkInclusiveProductTimes, func(l *lab, on bool) {
		now := tiktokshop.At(time.Now())
		out, err := l.client.Product.SearchProducts(l.Context(), &tiktokshop.SearchProductsRequest{PageSize: 10, CreateTimeLe: &now})
		l.ok(err)
		l.is("products", out.TotalCount, map[bool]int{true: 3}[on])
		l.place(tiktokshoptest.OrderSpec{Lines: mugs(1).Lines, NoHold: true})
		orders, err := l.client.Order.GetOrderList(l.Context(), &tiktokshop.GetOrderListRequest{PageSize: 10, CreateTimeLt: &now})
		l.ok(err)
		l.is("orders", orders.TotalCount, 0)
	})
}

func TestQuirkReturnsAscend(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkReturnsAscend, func(l *lab, on bool) {
		first := l.place(mugs(1))
		l.ok(l.CancelBySeller(first, l.SellerCancelReasons()[1]))
		time.Sleep(time.Second)
		l.ok(l.CancelBySeller(l.place(mugs(1)), l.SellerCancelReasons()[1]))
		out, err := l.client.ReturnRefund.SearchCancellationsV202309(l.Context(), nil)
		l.ok(err)
		l.is("oldest first", out.Cancellations[0].OrderID == first, on)
	})
}

func TestQuirkCancelSpelling(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkCancelSpelling, func(l *lab, on bool) {
		id, err := l.RequestCancellation(l.place(mugs(1)), "why")
		l.ok(err)
		l.ok(l.WithdrawCancellation(id))
		out, err := l.client.ReturnRefund.SearchCancellationsV202309(l.Context(), &tiktokshop.SearchCancellationsV202309Request{CancelStatus: []tiktokshop.CancelStatus{"CANCELLATION_REQUEST_CANCEL"}})
		l.ok(err)
		l.is("status", out.Cancellations[0].CancelStatus, map[bool]string{true: "CANCELLATION_REQUEST_CANCELLED", false: "CANCELLATION_REQUEST_CANCEL"}[on])
	})
}

func TestQuirkBurstsInsideTheSecond(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkBurstsInsideTheSecond, func(l *lab, on bool) {
		call := func() error { _, err := l.client.Logistics.GetWarehouseList(l.Context(), nil); return err }
		l.ok(call())
		l.codeIf(on, call(), 36009002)
		time.Sleep(500 * time.Millisecond)
		l.codeIf(!on, call(), map[bool]int{true: 0, false: 36009002}[on])
		time.Sleep(500 * time.Millisecond)
		l.ok(call())
		_, err := l.client.Product.DeactivateProducts(l.Context(), &tiktokshop.DeactivateProductsRequest{ProductIDs: []string{mugProduct}})
		l.ok(err) // writes have a quota of their own
	}, tiktokshoptest.WithQuotas(tiktokshoptest.Quota{Calls: 2}, tiktokshoptest.Quota{Calls: 1}))
}

func TestQuirkThrottledWithStatus200(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkThrottledWithStatus200, func(l *lab, on bool) {
		for range 2 {
			_, _ = l.client.Logistics.GetWarehouseList(l.Context(), nil)
		}
		c := l.Calls()[1]
		l.is("status and code", []int{c.Status, c.Code}, []int{map[bool]int{true: 200, false: 429}[on], 36009002})
	}, tiktokshoptest.WithQuotas(tiktokshoptest.Quota{Calls: 1, Per: time.Minute}, tiktokshoptest.Quota{}))
}

func TestQuirkSandboxHour(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkSandboxHour, func(l *lab, on bool) {
		time.Sleep(50 * time.Minute)
		call := func() []int { // by hand: the client waits as it is told
			status, code, _ := l.get("/logistics/202309/warehouses", nil)
			return []int{status, code}
		}
		for range 1000 {
			l.is("within", call(), []int{200, 0})
		}
		l.is("beyond", call(), []int{429, 36009037})
		time.Sleep(10 * time.Minute)
		l.is("in the next hour", call(), map[bool][]int{true: {200, 0}, false: {429, 36009037}}[on])
	}, tiktokshoptest.WithSandbox())
}

func TestQuirkSandboxHasNoFinance(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkSandboxHasNoFinance, func(l *lab, on bool) {
		_, err := l.client.Finance.GetStatements(l.Context(), &tiktokshop.GetStatementsRequest{SortField: "statement_time"})
		l.codeIf(on, err, 105005)
		l.status(l.place(mugs(1)), "ON_HOLD")
	}, tiktokshoptest.WithSandbox())
}

func TestQuirkLineOrder(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkLineOrder, func(l *lab, on bool) {
		id := l.place(mugs(5))
		orders := map[string]bool{}
		for range 10 {
			var ids []string
			for _, item := range l.detail(id).LineItems {
				ids = append(ids, item.ID)
			}
			orders[strings.Join(ids, " ")] = true
		}
		l.is("unstable", len(orders) > 1, on)
	})
}

func TestQuirkRotatingURLs(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkRotatingURLs, func(l *lab, on bool) {
		id := l.place(mugs(1))
		a, b := l.detail(id), l.detail(id)
		l.is("differ", []bool{a.BuyerAvatar != b.BuyerAvatar, a.LineItems[0].SKUImage != b.LineItems[0].SKUImage}, []bool{on, on})
	})
}

func TestQuirkComponentsOnlyInDetail(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkComponentsOnlyInDetail, func(l *lab, on bool) {
		id := l.place(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: set, Quantity: 1}}})
		out, err := l.client.Order.GetOrderList(l.Context(), &tiktokshop.GetOrderListRequest{PageSize: 1})
		l.ok(err)
		l.is("list", len(out.Orders[0].LineItems[0].CombinedListingSKUs), map[bool]int{false: 2}[on])
		l.is("detail", len(l.detail(id).LineItems[0].CombinedListingSKUs), 2)
	})
}

func TestQuirkNoAddressOnHold(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkNoAddressOnHold, func(l *lab, on bool) {
		spec := mugs(1)
		spec.State = tiktokshop.OrderStatusOnHold
		l.is("city", l.detail(l.place(spec)).RecipientAddress.PostTown, map[bool]string{false: "Leeds"}[on])
	})
}

func TestQuirkMaskedAddress(t *testing.T) {
	for _, test := range []struct {
		market string
		change func(*tiktokshoptest.OrderSpec)
		then   func(*lab, string)
		want   string // which of name, phone, street and city are clear
	}{
		{"US", nil, nil, "name phone street city"},
		{"US", func(s *tiktokshoptest.OrderSpec) { s.ShippingType = "TIKTOK" }, nil, "name"},
		{"US", nil, func(l *lab, id string) { l.ok(l.CancelBySeller(id, l.SellerCancelReasons()[1])) }, ""},
		{"US", nil, func(l *lab, id string) { l.complete(id); time.Sleep(29 * 24 * time.Hour) }, "name phone street city"},
		{"US", nil, func(l *lab, id string) { l.complete(id); time.Sleep(30 * 24 * time.Hour) }, ""},
		{"GB", nil, func(l *lab, id string) { l.complete(id); time.Sleep(30 * 24 * time.Hour) }, "name phone street city"},
		{"GB", func(s *tiktokshoptest.OrderSpec) { s.ShippingType = "TIKTOK" }, nil, "street city"},
		{"TH", func(s *tiktokshoptest.OrderSpec) { s.FulfillmentType = "FULFILLMENT_BY_TIKTOK" }, nil, ""},
	} {
		t.Run(test.market+" "+test.want, func(t *testing.T) {
			quirk(t, tiktokshoptest.QuirkMaskedAddress, func(l *lab, on bool) {
				spec := mugs(1)
				if test.change != nil {
					test.change(&spec)
				}
				id := l.place(spec)
				if test.then != nil {
					test.then(l, id)
				}
				a := l.detail(id).RecipientAddress
				var plain []string
				for _, x := range []struct{ name, value string }{{"name", a.Name}, {"phone", a.PhoneNumber}, {"street", a.AddressLine1}, {"city", a.DistrictInfo[3].AddressName}} {
					if !strings.Contains(x.value, "*") {
						plain = append(plain, x.name)
					}
				}
				want := test.want
				if !on {
					want = "name phone street city"
				}
				l.is("clear", strings.Join(plain, " "), want)
			}, in(test.market))
		})
	}
}

func (l *lab) complete(id string) {
	_, err := l.mark(id, "C"+id)
	l.ok(err)
	l.ok(l.Collect(id))
	l.ok(l.Deliver(id))
	l.ok(l.Complete(id))
}

func TestQuirkUpdateTimeOfStatusOnly(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkUpdateTimeOfStatusOnly, func(l *lab, on bool) {
		id := l.place(mugs(1))
		before := l.detail(id).UpdateTime
		time.Sleep(time.Minute)
		_, err := l.RequestCancellation(id, "why")
		l.ok(err)
		l.is("moved", l.detail(id).UpdateTime != before, !on)
		found, err := l.client.Order.GetOrderList(l.Context(), &tiktokshop.GetOrderListRequest{PageSize: 1, SortField: new("update_time"), UpdateTimeGe: new(before + 1)})
		l.ok(err)
		l.is("found", found.TotalCount, map[bool]int{false: 1}[on])
	})
}

func TestQuirkPlatformOrdersInList(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkPlatformOrdersInList, func(l *lab, on bool) {
		spec := mugs(1)
		spec.FulfillmentType = "FULFILLMENT_BY_TIKTOK"
		id := l.place(spec)
		out, err := l.client.Order.GetOrderList(l.Context(), &tiktokshop.GetOrderListRequest{PageSize: 1})
		l.ok(err)
		l.is("listed", len(out.Orders), map[bool]int{true: 1}[on])
		_, err = l.mark(id, "AB1")
		l.code(err, 21008043)
		l.ok(l.ShipByPlatform(id))
		l.ok(l.Collect(id))
	})
}

func TestQuirkCancelRequestBlocks(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkCancelRequestBlocks, func(l *lab, on bool) {
		id := l.place(mugs(1))
		_, err := l.RequestCancellation(id, "why")
		l.ok(err)
		_, err = l.mark(id, "AB1")
		l.codeIf(on, err, 21011007)
	})
}

func TestQuirkProviderOfDeliveryOption(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkProviderOfDeliveryOption, func(l *lab, on bool) {
		spec := mugs(1)
		spec.DeliveryOptionID = tiktokshoptest.OptionExpress
		_, err := l.client.Fulfillment.MarkPackageAsShipped(l.Context(), l.place(spec), &tiktokshop.MarkPackageAsShippedRequest{
			TrackingNumber: "AB1", ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[2].ID,
		})
		l.codeIf(on, err, 21011022)
	})
}

func TestQuirkProviderRegions(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkProviderRegions, func(l *lab, on bool) {
		for _, test := range []struct {
			route   *tiktokshop.GetShippingProvidersRequest
			refused bool
		}{
			{nil, true},
			{&tiktokshop.GetShippingProvidersRequest{WarehouseRegion: new("DE")}, true},
			{&tiktokshop.GetShippingProvidersRequest{WarehouseRegion: new("DE"), BuyerRegion: new("France")}, true},
			{&tiktokshop.GetShippingProvidersRequest{WarehouseRegion: new("DE"), BuyerRegion: new("FR")}, false},
		} {
			_, err := l.client.Logistics.GetShippingProviders(l.Context(), tiktokshoptest.OptionStandard, test.route)
			l.codeIf(on && test.refused, err, 36009004)
		}
	}, in("DE"))
}

func TestQuirkTrackingNumberOnce(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkTrackingNumberOnce, func(l *lab, on bool) {
		_, err := l.mark(l.place(mugs(1)), "AB1")
		l.ok(err)
		_, err = l.mark(l.place(mugs(1)), "AB1")
		l.codeIf(on, err, 21011025)
	})
}

func TestQuirkOneCorrection(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkOneCorrection, func(l *lab, on bool) {
		id := l.place(mugs(1))
		_, err := l.mark(id, "AB1")
		l.ok(err)
		correct := func(number string) error {
			return errOf(l.client.Fulfillment.UpdateShippingInfo(l.Context(), id, &tiktokshop.UpdateShippingInfoRequest{
				TrackingNumber: number, ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
			}))
		}
		l.ok(correct("AB2"))
		l.codeIf(on, correct("AB3"), 21011051)
		id = l.place(mugs(1))
		_, err = l.mark(id, "AB4")
		l.ok(err)
		time.Sleep(tiktokshoptest.CorrectionTime + time.Second)
		l.codeIf(on, correct("AB5"), 21011050)
	})
}

// labelled ships an order with TikTok Shipping.
func (l *lab) labelled() string {
	id := l.detail(l.place(byTikTok(1))).Packages[0].ID
	l.ok(l.ship(id, nil))
	return id
}

func (l *lab) document(id string) (string, error) {
	out, err := l.client.Fulfillment.GetPackageShippingDocument(l.Context(), id, &tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"})
	if err != nil {
		return "", err
	}
	return out.DocURL, nil
}

func TestQuirkDocumentNotReady(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkDocumentNotReady, func(l *lab, on bool) {
		id := l.labelled()
		_, err := l.document(id)
		l.codeIf(on, err, 11034037)
		_, err = l.document(id)
		l.ok(err)
	})
}

func TestQuirkDocumentExpires(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkDocumentExpires, func(l *lab, on bool) {
		address, err := l.document(l.labelled())
		l.ok(err)
		time.Sleep(24 * time.Hour)
		resp, err := (&http.Client{Transport: l.RoundTripper()}).Get(address)
		l.ok(err)
		l.ok(resp.Body.Close())
		l.is("status", resp.StatusCode, map[bool]int{true: 403, false: 200}[on])
	}, tiktokshoptest.Without(tiktokshoptest.QuirkDocumentNotReady))
}

// push sets the stock of a SKU in the northern warehouse.
func (l *lab) push(product, sku string, quantity int, backorder *int) error {
	_, err := l.client.Product.UpdateInventory(l.Context(), product, &tiktokshop.UpdateInventoryRequest{SKUs: []tiktokshop.UpdateInventoryRequestSKU{{
		ID: sku, Inventory: []tiktokshop.UpdateInventoryRequestSKUInventory{{WarehouseID: new(north), Quantity: quantity, BackorderQuantity: backorder}},
	}}})
	return err
}

func TestQuirkAllWarehouses(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkAllWarehouses, func(l *lab, on bool) {
		err := l.push(mugProduct, mug, 7, nil)
		l.is("refused", err != nil, on)
		l.stock(mug, north, map[bool]int{true: 10, false: 7}[on], 0)
		l.stock(mug, south, 3, 0)
	})
}

func TestQuirkBackorderStays(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkBackorderStays, func(l *lab, on bool) {
		l.ok(l.push(plateProduct, plate, 4, new(9)))
		l.ok(l.push(plateProduct, plate, 3, nil))
		p, err := l.client.Product.GetProduct(l.Context(), plateProduct, nil)
		l.ok(err)
		l.is("backorder", p.SKUs[0].Inventory[0].BackorderQuantity, map[bool]int{true: 9}[on])
	})
}

func TestQuirkBundleStockDerived(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkBundleStockDerived, func(l *lab, on bool) {
		l.is("refused", l.push(setProduct, set, 9, nil) != nil, on)
		l.stock(set, north, 2, 0)
	})
}

func TestQuirkCampaignLock(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkCampaignLock, func(l *lab, on bool) {
		l.ok(l.LockStock(plate, "Black Friday", false, 2))
		err := l.push(plateProduct, plate, 1, nil)
		l.is("refused", err != nil && strings.Contains(err.Error(), "12052393"), on)
		l.ok(l.push(plateProduct, plate, 2, nil))
	})
}

func TestQuirkOutOfStockZeroes(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkOutOfStockZeroes, func(l *lab, on bool) {
		l.ok(l.CancelBySeller(l.place(mugs(1)), l.SellerCancelReasons()[0]))
		l.stock(mug, north, map[bool]int{false: 10}[on], 0)
	})
}

func TestQuirkActivationIsAudited(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkActivationIsAudited, func(l *lab, on bool) {
		ids := []string{mugProduct}
		_, err := l.client.Product.DeactivateProducts(l.Context(), &tiktokshop.DeactivateProductsRequest{ProductIDs: ids})
		l.ok(err)
		_, err = l.client.Product.ActivateProduct(l.Context(), &tiktokshop.ActivateProductRequest{ProductIDs: ids})
		l.ok(err)
		status := func() tiktokshop.ProductStatus {
			p, err := l.client.Product.GetProduct(l.Context(), mugProduct, nil)
			l.ok(err)
			return p.Status
		}
		l.is("at once", status(), map[bool]string{true: "PENDING", false: "ACTIVATE"}[on])
		time.Sleep(tiktokshoptest.AuditTime)
		l.is("later", status(), "ACTIVATE")
	})
}

func TestQuirkTenSKUsASearch(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkTenSKUsASearch, func(l *lab, on bool) {
		_, err := l.client.Product.SearchProducts(l.Context(), &tiktokshop.SearchProductsRequest{PageSize: 1, SellerSKUs: make([]string, 11)})
		l.codeIf(on, err, 12019027)
		_, err = l.client.Product.SearchProducts(l.Context(), &tiktokshop.SearchProductsRequest{PageSize: 1, SKUIDs: make([]string, 11)})
		l.codeIf(on, err, 12019087)
	})
}

func TestQuirkStatementNextDay(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkStatementNextDay, func(l *lab, on bool) {
		day := time.Now().UTC().Truncate(24 * time.Hour)
		l.complete(l.place(mugs(1)))
		l.is("statements", len(l.statements()), 0)
		time.Sleep(24 * time.Hour)
		if on {
			day = day.Add(24 * time.Hour)
		}
		l.is("time", l.statements()[0].StatementTime, day.Unix())
	})
}

func TestQuirkStatementFieldsByMarket(t *testing.T) {
	for market, want := range map[string][2]tiktokshop.Decimal{"GB": {"", "8.00"}, "DE": {"8.00", ""}} {
		t.Run(market, func(t *testing.T) {
			quirk(t, tiktokshoptest.QuirkStatementFieldsByMarket, func(l *lab, on bool) {
				l.complete(l.place(mugs(1)))
				time.Sleep(24 * time.Hour)
				s := l.statements()[0]
				want := want // the two subtests run at once
				if !on {
					want = [2]tiktokshop.Decimal{"8.00", "8.00"}
				}
				l.is("revenue and net sales", [2]tiktokshop.Decimal{s.RevenueAmount, s.NetSalesAmount}, want)
			}, in(market))
		})
	}
}

// told runs a change and returns the bodies of the webhooks about it.
func told(l *lab, change func()) (bodies []string) {
	l.SetWebhooks(hooks)
	change()
	l.SendWebhooks(l.Context())
	for _, d := range l.Deliveries() {
		bodies = append(bodies, d.Body)
	}
	return bodies
}

var nowhere = tiktokshoptest.WithWebhooks(tiktokshoptest.HandlerTransport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))

func TestQuirkWebhookNumbersAsIDs(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkWebhookNumbersAsIDs, func(l *lab, on bool) {
		body := told(l, func() { l.ok(l.SetProductStatus(mugProduct, "FREEZE")) })[0]
		l.is("number", strings.Contains(body, `"product_id":`+mugProduct), on)
		l.is("text", strings.Contains(body, `"product_id":"`+mugProduct), !on)
	}, nowhere)
}

func TestQuirkWebhookCancelSpelling(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkWebhookCancelSpelling, func(l *lab, on bool) {
		id := l.place(mugs(1))
		bodies := strings.Join(told(l, func() { l.ok(l.CancelBySeller(id, l.SellerCancelReasons()[1])) }), "")
		l.is("CANCEL", strings.Contains(bodies, `"order_status":"CANCEL"`), on)
		l.is("CANCELLED", strings.Contains(bodies, `"order_status":"CANCELLED"`), !on)
	}, nowhere)
}

func TestQuirkWebhookNotPartial(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkWebhookNotPartial, func(l *lab, on bool) {
		id := l.place(mugs(2))
		bodies := strings.Join(told(l, func() {
			_, err := l.mark(id, "AB1", l.detail(id).LineItems[0].ID)
			l.ok(err)
		}), "")
		l.is("told", strings.Contains(bodies, "PARTIALLY_SHIPPING"), !on)
	}, nowhere)
}

func TestQuirkWebhookWithoutID(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkWebhookWithoutID, func(l *lab, on bool) {
		id := l.place(mugs(1))
		o, _ := l.Order(id)
		body := told(l, func() { l.ok(l.ChangeAddress(id, o.RecipientAddress)) })[0]
		l.is("id", strings.Contains(body, "tts_notification_id"), !on)
	}, nowhere)
}

func TestQuirkWebhookWithoutEnvelope(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkWebhookWithoutEnvelope, func(l *lab, on bool) {
		body := told(l, func() { l.ok(l.SetStock(mug, north, 9)) })[0]
		l.is("envelope", strings.Contains(body, `"type":68`), !on)
		e, err := tiktokshop.ParseWebhook([]byte(body))
		l.ok(err)
		update := e.Data.(*tiktokshop.InventoryUpdate)
		l.is("available", []any{update.After.Available, update.Changes[0].Available, update.Changes[0].TriggerSource}, []any{12, -1, "manual_adjustment"})
	}, nowhere)
}

func TestQuirkWebhookOrder(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkWebhookOrder, func(l *lab, on bool) {
		told(l, func() {
			for range 5 {
				l.place(mugs(1))
			}
		})
		sorted := slices.IsSortedFunc(l.Deliveries(), func(a, b tiktokshoptest.Delivery) int { return strings.Compare(a.ID, b.ID) })
		l.is("sorted", sorted, !on)
	}, nowhere)
}

func TestQuirkWebhookEcho(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkWebhookEcho, func(l *lab, on bool) {
		bodies := strings.Join(told(l, func() { l.ok(l.push(plateProduct, plate, 9, nil)) }), "")
		l.is("echo", strings.Contains(bodies, "api_sync"), on)
	}, nowhere)
}

func TestQuirkMisspeltFields(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkMisspeltFields, func(l *lab, on bool) {
		l.ok(l.AddWarehouse(tiktokshop.Warehouse{ID: "7100000000000000003", Address: tiktokshop.WarehouseAddress{Distict: "Soho"}}))
		read := func(path string) string {
			r := orderSearch(l.Fake)
			r.method, r.path, r.body = "GET", path, ""
			r.query.Del("page_size")
			return r.text(l.T, l.Fake)
		}
		warehouses := read("/logistics/202309/warehouses")
		l.is("district", []bool{strings.Contains(warehouses, `"distict":"Soho"`), strings.Contains(warehouses, `"district":"Soho"`)}, []bool{on, !on})
		slots := read("/fulfillment/202309/orders/" + l.place(byTikTok(1)) + "/handover_time_slots")
		l.is("available", []bool{strings.Contains(slots, `"avaliable":true`), strings.Contains(slots, `"available":true`)}, []bool{on, !on})
	})
}

func TestQuirkEmptyArrayRefused(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkEmptyArrayRefused, func(l *lab, on bool) {
		pack := l.detail(l.place(byTikTok(2))).Packages[0].ID
		send := func(path, body string) (code int) {
			r := orderSearch(l.Fake)
			r.path, r.body = path, body
			r.query.Del("page_size")
			_, code, _ = r.send(l.T, l.Fake)
			return code
		}
		ship := "/fulfillment/202309/packages/" + pack + "/ship"
		l.is("not empty", send(ship, `{"pickup_slot":[1]}`), 36009004)
		l.is("nested", send("/fulfillment/202309/packages/ship", `{"packages":[{"id":"1","pickup_slot":[],"self_shipment":[]}]}`), map[bool]int{true: 36009004}[on])
		l.is("field", send(ship, `{"handover_method":"DROP_OFF","pickup_slot":[],"self_shipment":[]}`), map[bool]int{true: 36009004}[on])
		p, err := l.client.Fulfillment.GetPackageDetail(l.Context(), pack, nil)
		l.ok(err)
		l.is("handover", p.HandoverMethod, map[bool]string{false: "DROP_OFF"}[on])
	})
}

func TestQuirkHoldHour(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkHoldHour, func(l *lab, on bool) {
		spec := mugs(1)
		spec.State = tiktokshop.OrderStatusUnpaid
		id := l.place(spec)
		l.ok(l.Pay(id))
		l.status(id, map[bool]tiktokshop.OrderStatus{true: "ON_HOLD", false: "AWAITING_SHIPMENT"}[on])
		l.is("is_on_hold_order", l.detail(id).IsOnHoldOrder, on)
		time.Sleep(tiktokshoptest.HoldTime)
		l.status(id, "AWAITING_SHIPMENT")
		spec.State = tiktokshop.OrderStatusOnHold
		l.status(l.place(spec), "ON_HOLD")
	})
}

func TestQuirkHoldBlocksShipping(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkHoldBlocksShipping, func(l *lab, on bool) {
		spec := mugs(1)
		spec.State = tiktokshop.OrderStatusOnHold
		id := l.place(spec)
		_, err := l.mark(id, "AB1")
		l.codeIf(on, err, 21011044)
		time.Sleep(tiktokshoptest.HoldTime)
		l.status(id, map[bool]tiktokshop.OrderStatus{true: "AWAITING_SHIPMENT", false: "AWAITING_COLLECTION"}[on])
		spec.ShippingType = tiktokshop.ShippingTypeTikTok
		id = l.place(spec)
		_, err = l.client.Fulfillment.GetHandoverTimeslots(l.Context(), id, nil)
		l.codeIf(on, err, 21011044)
		l.codeIf(on, l.ship(l.detail(id).Packages[0].ID, nil), 21011044)
	})
}

func TestQuirkNoPackageBeforeShipping(t *testing.T) {
	for _, market := range []string{"US", "GB"} {
		t.Run(market, func(t *testing.T) {
			quirk(t, tiktokshoptest.QuirkNoPackageBeforeShipping, func(l *lab, on bool) {
				id := l.place(mugs(3))
				before := l.detail(id).Packages
				l.is("packages", len(before), map[bool]int{false: 1}[on])
				part, err := l.mark(id, "AB1", l.lines(id)[0])
				l.ok(err)
				rest, err := l.mark(id, "AB2")
				l.ok(err)
				if !on { // what is left stays in the package
					l.is("rest", rest, before[0].ID)
				}
				l.is("different", part != rest, true)
				l.is("packages", len(l.detail(id).Packages), 2)
				l.status(id, "AWAITING_COLLECTION")
				l.stock(mug, north, 7, 0)
				out, err := l.client.Fulfillment.SearchPackage(l.Context(), &tiktokshop.SearchPackageRequest{PageSize: 50})
				l.ok(err)
				l.is("found", out.TotalCount, 2)
			}, in(market))
		})
	}
	quirk(t, tiktokshoptest.QuirkNoPackageBeforeShipping, func(l *lab, on bool) {
		id := l.place(byTikTok(2))
		before := l.detail(id).Packages
		l.is("packages", len(before), map[bool]int{false: 1}[on])
		pack, err := l.label(id)
		l.ok(err)
		l.is("kept", len(before) > 0 && pack == before[0].ID, !on)
	}, in("US"))
}

func TestQuirkShipCallByMarket(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkShipCallByMarket, func(l *lab, on bool) {
		id := l.place(byTikTok(1))
		_, err := l.mark(id, "AB1")
		l.codeIf(on, err, 21011004)
		_, err = l.label(l.place(byTikTok(1)))
		l.codeIf(on, err, 21011004)
		id = l.place(mugs(2))
		_, err = l.split(id, l.lines(id)[:1])
		l.ok(err)
		for i, p := range l.detail(id).Packages {
			provider := l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID
			l.codeIf(on, l.ship(p.ID, &tiktokshop.ShipPackageRequest{SelfShipment: &tiktokshop.ShipPackageRequestSelfShipment{
				ShippingProviderID: provider, TrackingNumber: "CD" + strconv.Itoa(i),
			}}), 21011004)
		}
		l.status(id, map[bool]tiktokshop.OrderStatus{true: "AWAITING_SHIPMENT", false: "AWAITING_COLLECTION"}[on])
	})
	quirk(t, tiktokshoptest.QuirkShipCallByMarket, func(l *lab, on bool) {
		id := l.place(mugs(1))
		before := l.detail(id).Packages[0].ID
		pack, err := l.mark(id, "AB1")
		l.codeIf(on, err, 21011004)
		l.is("kept", pack == before, !on)
	}, in("TH"))
	quirk(t, tiktokshoptest.QuirkShipCallByMarket, func(l *lab, on bool) {
		_, err := l.label(l.place(mugs(1)))
		l.codeIf(on, err, 21008017)
	}, in("US"))
	quirk(t, tiktokshoptest.QuirkShipCallByMarket, func(l *lab, on bool) {
		_, err := l.mark(l.place(mugs(1)), "AB1")
		l.code(err, map[bool]int{true: 21011004, false: 21004006}[on]) // an invoice is needed for either call
	}, in("BR"))
}

func TestQuirkRepeatedShipRefused(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkRepeatedShipRefused, func(l *lab, on bool) {
		id := l.place(mugs(3))
		line := l.lines(id)[0]
		for _, lines := range [][]string{{line}, nil} {
			number := "AB" + strconv.Itoa(len(lines))
			first, err := l.mark(id, number, lines...)
			l.ok(err)
			again, err := l.mark(id, number, lines...)
			l.codeIf(on, err, 21011006)
			l.is("same package", again == first, !on)
		}
		l.is("packages", len(l.detail(id).Packages), 2)
		l.stock(mug, north, 7, 0)
		_, err := l.mark(id, "AB9")
		l.code(err, 21011006) // no repeat
		pack := l.detail(l.place(byTikTok(1))).Packages[0].ID
		l.ok(l.ship(pack, nil))
		l.codeIf(on, l.ship(pack, nil), 21011006)
	})
	quirk(t, tiktokshoptest.QuirkRepeatedShipRefused, func(l *lab, on bool) {
		id := l.place(byTikTok(2))
		first, err := l.label(id)
		l.ok(err)
		again, err := l.label(id)
		l.codeIf(on, err, 21011006)
		l.is("same label", again == first, !on)
		l.is("packages", len(l.detail(id).Packages), 1)
	}, in("US"))
	quirk(t, tiktokshoptest.QuirkRepeatedShipRefused, func(l *lab, on bool) {
		pack := l.detail(l.place(mugs(1))).Packages[0].ID
		ship := func(number string) error {
			return l.ship(pack, &tiktokshop.ShipPackageRequest{SelfShipment: &tiktokshop.ShipPackageRequestSelfShipment{
				ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID, TrackingNumber: number,
			}})
		}
		l.ok(ship("AB1"))
		l.codeIf(on, ship("AB1"), 21011006)
		l.code(ship("AB2"), 21011006)
		l.code(l.ship(pack, nil), 21011006)
	}, in("TH"))
}

func TestQuirkUSShippingBeatsRequest(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkUSShippingBeatsRequest, func(l *lab, on bool) {
		id := l.place(mugs(1))
		request, err := l.RequestCancellation(id, "why")
		l.ok(err)
		_, err = l.mark(id, "AB1")
		l.codeIf(!on, err, 21011007)
		c, _ := l.Cancellation(request)
		l.is("pending", c.CancelStatus == "CANCELLATION_REQUEST_PENDING", !on)
	}, in("US"))
}

func TestQuirkOrderLimitEmptiesInventory(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkOrderLimitEmptiesInventory, func(l *lab, on bool) {
		shown := func() (units int) {
			reply, err := l.client.Product.InventorySearch(l.Context(), &tiktokshop.InventorySearchRequest{SKUIDs: []string{mug}})
			l.ok(err)
			return reply.Inventory[0].SKUs[0].TotalAvailableQuantity
		}
		before := shown()
		l.ReachOrderLimit(time.Now().Add(time.Hour))
		l.is("empty at the limit", shown() == 0, on)
		if _, err := l.PlaceOrder(mugs(1)); !errors.Is(err, tiktokshoptest.ErrOrderLimit) || !errors.Is(err, tiktokshoptest.ErrOutOfStock) {
			l.Errorf("an order at the limit: %v, want %v", err, tiktokshoptest.ErrOrderLimit)
		}
		time.Sleep(time.Hour)
		l.is("shown the next day", shown(), before)
		l.place(mugs(1))
	})
}

// onAir begins a LIVE in which two mugs are sold in one order.
func (l *lab) onAir() (id string) {
	l.Helper()
	id = got(l.StartLive("Mugs", mugProduct))(l)
	l.place(mugs(2))
	l.place(tiktokshoptest.OrderOf(tiktokshoptest.Units(plate, 1))) // is not shown in it
	time.Sleep(90 * time.Second)
	return id
}

func TestQuirkRunningLiveListed(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkRunningLiveListed, func(l *lab, on bool) {
		listed := func() string {
			reply := got(l.client.Analytics.GetShopLIVEPerformanceList(l.Context(), &tiktokshop.GetShopLIVEPerformanceListRequest{
				StartDateGe: time.Now().Format(time.DateOnly), EndDateLt: time.Now().AddDate(0, 0, 1).Format(time.DateOnly),
			}))(l)
			var text string
			for _, s := range reply.LiveStreamSessions {
				text += fmt.Sprintf("%s %t %d;", s.ID, s.EndTime != "", s.SalesPerformance.ItemsSold)
			}
			return text
		}
		id := l.onAir()
		l.is("while it goes on", listed(), map[bool]string{true: id + " false 2;"}[on])
		l.ok(l.EndLive(id))
		l.is("afterwards", listed(), id+" true 2;")
		l.place(mugs(1))
		l.is("what is ordered later", listed(), id+" true 2;")
		if l.EndLive(id) == nil {
			l.Error("a LIVE ended twice")
		}
	})
}

func TestQuirkLiveMinutesAtOnce(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkLiveMinutesAtOnce, func(l *lab, on bool) {
		minutes := func(id string) (sold []int64) {
			reply := got(l.client.Analytics.GetShopLIVEPerformancePerMinutes(l.Context(), id, nil))(l)
			for _, i := range reply.Performance.Intervals {
				sold = append(sold, i.Sales.ItemsSold)
			}
			return sold
		}
		id := l.onAir()
		l.is("while it goes on", minutes(id), map[bool][]int64{true: {2, 0}}[on])
		l.ok(l.EndLive(id))
		l.is("afterwards", minutes(id), []int64{2, 0})
		l.code(errOf(l.client.Analytics.GetShopLIVEPerformancePerMinutes(l.Context(), "1", nil)), 98001004)
	})
}

func TestQuirkLiveProductsAtOnce(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkLiveProductsAtOnce, func(l *lab, on bool) {
		products := func(id string) (text string) {
			reply := got(l.client.Analytics.GetShopLIVEProductsPerformanceList(l.Context(), id, nil))(l)
			for _, p := range reply.Products {
				text += fmt.Sprintf("%s %d;", p.ID, p.Sales.ItemsSold)
			}
			return text
		}
		id := l.onAir()
		l.is("while it goes on", products(id), map[bool]string{true: mugProduct + " 2;"}[on])
		l.ok(l.EndLive(id))
		l.is("afterwards", products(id), mugProduct+" 2;")
		if _, err := l.StartLive("Nothing", "1"); err == nil {
			l.Error("a LIVE shows a product that the shop does not have")
		}
	})
}

// tell tells data reconciliation of an order, as an order of a channel.
func (l *lab) tell(id, channel string) error {
	return errOf(l.client.DataReconciliation.OrderStatusDataExchange(l.Context(), &tiktokshop.OrderStatusDataExchangeRequest{
		Orders: []tiktokshop.OrderStatusDataExchangeRequestOrder{{
			ChannelType: &channel, ChannelOrderStatus: new("OPEN"), ChannelOrderID: new("L1"), OrderID: &id,
			ChannelOrderUpdateTime: new(strconv.FormatInt(time.Now().Unix()-1, 10)),
		}},
	}))
}

func TestQuirkExchangeAnyChannel(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkExchangeAnyChannel, func(l *lab, on bool) {
		id := l.place(mugs(1))
		l.is("told of another channel", l.tell(id, "ERP_SYSTEM") == nil, on)
		l.is("a state that the channel does not have", l.tell(id, "MAGENTO") == nil, false)
		l.ok(l.tell(id, "SHOPIFY"))
	})
}

func TestQuirkExchangeTouchesOrders(t *testing.T) {
	quirk(t, tiktokshoptest.QuirkExchangeTouchesOrders, func(l *lab, on bool) {
		id := l.place(mugs(1))
		time.Sleep(2 * time.Hour)
		before := l.detail(id)
		time.Sleep(time.Minute)
		l.ok(l.tell(id, "SHOPIFY"))
		after := l.detail(id)
		l.is("update time moves", after.UpdateTime != before.UpdateTime, on)
		l.is("status", after.Status, before.Status)
	})
}
