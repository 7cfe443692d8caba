package bridge_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// edited lets edit change the replies of calls whose path holds part.
func edited(part string, edit func(string) string) func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	return func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		reply, err := next(r)
		if err != nil || !strings.Contains(r.URL.Path, part) {
			return reply, err
		}
		body, err := io.ReadAll(reply.Body)
		if err != nil {
			return nil, err
		}
		text := edit(string(body))
		reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader([]byte(text))), int64(len(text))
		return reply, nil
	}
}

// spoilt makes the adapter of a shop whose replies are edited.
func (s *sides) spoilt(t *testing.T, part string, edit func(string) string) {
	t.Helper()
	client, err := s.tiktok.Client(tiktokshop.WithMiddleware(edited(part, edit)))
	must(t, err)
	s.shop, err = tiktokadapter.New(client, tiktokadapter.Options{})
	must(t, err)
}

// One order of three cannot be read, in the list or in the details: the others are
// taken in, and it is on the list to look at again, by its id.
func TestUnreadableOrder(t *testing.T) {
	for name, part := range map[string]string{"in the list": "/orders/search", "in the details": "/orders"} {
		for field, odd := range map[string]struct {
			text string
			lost bool
		}{
			"a scalar of another kind": {`"seller_sku":1234,"is_cod":"false ","split_or_combine_tag":7,`, false},
			"an object for a text":     {`"buyer_message":{},`, true},
			"no bool":                  {`"is_cod":"perhaps",`, true},
		} {
			t.Run(name+", "+field, func(t *testing.T) {
				s := newSides(t, "GB")
				var ids []string
				for range 3 {
					ids = append(ids, s.place(t, tiktokshoptest.OrderOf(tiktokshoptest.Units(mugSKU, 1))))
				}
				edits := 0
				s.spoilt(t, part, func(body string) string {
					if name == "in the details" && strings.Contains(body, "next_page_token") {
						return body
					}
					edits++
					return strings.Replace(body, `"id":"`+ids[1]+`"`, odd.text+`"id":"`+ids[1]+`"`, 1)
				})
				result, err := s.intake(t, bridge.IntakeOptions{}).Run(t.Context())
				if edits == 0 {
					t.Fatal("nothing was edited")
				}
				lost := odd.lost && name == "in the details" // the list is needed for the ids alone
				if err != nil && !bridge.OnlyOrders(err) || (err != nil) != lost {
					t.Fatalf("got %v, want an error about the order that is lost: %t", err, lost)
				}
				for _, id := range ids {
					want := 1
					if id == ids[1] && lost {
						want = 0
					}
					if got := len(s.inLinnworks(id)); got != want {
						t.Errorf("order %s: %d in Linnworks, want %d", id, got, want)
					}
				}
				if want := map[bool]int{true: 1}[lost]; result.Failed != want {
					t.Errorf("%d failed, want %d: %s", result.Failed, want, result)
				}
				if lost && !strings.Contains(result.String(), ids[1]) {
					t.Errorf("the order is not named: %s", result)
				}
			})
		}
	}
}

// The shop lists an order and does not return it: it is not forgotten.
func TestListedOrderThatIsNotReturned(t *testing.T) {
	s := newSides(t, "GB")
	id := s.place(t, tiktokshoptest.OrderOf(tiktokshoptest.Units(mugSKU, 1)))
	s.spoilt(t, "/orders", func(body string) string {
		if strings.Contains(body, "next_page_token") {
			return body
		}
		return `{"code":0,"message":"Success","data":{"orders":[]}}`
	})
	result, err := s.intake(t, bridge.IntakeOptions{}).Run(t.Context())
	if !bridge.OnlyOrders(err) || !strings.Contains(err.Error(), id) {
		t.Errorf("got the error %v, want one about order %s", err, id)
	}
	if result.Failed != 1 || result.Waiting != 1 || !strings.Contains(result.String(), id) {
		t.Errorf("got %s", result)
	}
}

// One product of several cannot be read: the stock of the others is published, and
// it is raised, until it can be read.
func TestUnreadableProduct(t *testing.T) {
	s := newSides(t, "GB")
	odd := true
	s.spoilt(t, "/products/search", func(body string) string {
		if !odd {
			return body
		}
		return strings.Replace(body, `"id":"`+mugProduct+`"`, `"title":{},"id":"`+mugProduct+`"`, 1)
	})
	raised := func() bool {
		open, err := s.queue.Open(t.Context())
		must(t, err)
		return slices.ContainsFunc(open, func(e exceptions.Exception) bool {
			return e.Kind == exceptions.Unreadable && e.Object == "product "+mugProduct
		})
	}
	result, err := s.push(t).Push(t.Context())
	must(t, err)
	if result.Published == 0 || !raised() {
		t.Errorf("%d listings published, raised %t: %v", result.Published, raised(), result)
	}
	odd = false
	_, err = s.push(t).Push(t.Context())
	must(t, err)
	if raised() {
		t.Error("the exception stays open although the product can be read")
	}
}

// Levels that nobody stated are not zero.
func TestLevelsLeftOut(t *testing.T) {
	for name, rows := range map[string]string{"no rows": `"StockItemLevels":[]`, "null rows": `"StockItemLevels":null`, "odd row": `"StockItemLevels":[{"Available":"many"}]`} {
		s := newSides(t, "GB")
		refs, err := s.book.ItemsBySKU(t.Context(), []string{"MUG"})
		must(t, err)
		linn, err := s.linn.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithMiddleware(edited("GetStockLevel_Batch", func(body string) string {
			at := strings.Index(body, `"StockItemLevels":[`)
			end := at + strings.Index(body[at:], `]`) + 1
			return body[:at] + rows + body[end:]
		})))
		must(t, err)
		book, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
		must(t, err)
		reading, err := book.StockLevels(t.Context(), []string{refs[0].ID})
		if _, read := reading.Available[refs[0].ID]; err != nil || read {
			t.Errorf("%s: %v, %v", name, reading.Available, err)
		}
	}
}

// One value in a row of Linnworks, which the bridge does not read, is odd.
func TestOddRowAtLinnworks(t *testing.T) {
	s := newSides(t, "GB")
	var ids []string
	for range 3 {
		ids = append(ids, s.place(t, tiktokshoptest.OrderOf(tiktokshoptest.Units(mugSKU, 1))))
	}
	_, err := s.intake(t, bridge.IntakeOptions{}).Run(t.Context())
	must(t, err)
	refs, err := s.book.ItemsBySKU(t.Context(), []string{"MUG"})
	must(t, err)
	for name, odd := range map[string][2]string{
		"level, date that cannot be": {`"Available":`, `"LastUpdateDate":"20246542-03-15T14:31:09.1039999Z","Available":`},
		"level, empty number":        {`"Available":`, `"JIT":"","Available":`},
		"order, British date":        {`"NumOrderId":`, `"LastUpdated":"30/08/2026 10:00:00","NumOrderId":`},
		"order, empty number":        {`"Marker":0`, `"Marker":""`},
	} {
		linn, err := s.linn.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithMiddleware(edited("", func(body string) string {
			return strings.Replace(body, odd[0], odd[1], 1)
		})))
		must(t, err)
		book, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
		must(t, err)
		reading, err := book.StockLevels(t.Context(), []string{refs[0].ID})
		if err != nil || len(reading.Available) != 1 {
			t.Errorf("%s: %v, %v", name, reading.Available, err)
		}
		changed := 0
		for _, err := range book.OrdersChanged(t.Context(), time.Now().Add(-time.Hour)) {
			must(t, err)
			changed++
		}
		found, err := book.FindOrders(t.Context(), ids)
		if err != nil || changed != len(ids) || len(found) != len(ids) {
			t.Errorf("%s: %d orders changed, %d found, %v, want %d", name, changed, len(found), err, len(ids))
		}
	}
}

// An order that cannot be read at all does not hide the merged one beside it.
func TestMergedOrderBesideAnOddRow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t, linnworkstest.WithAutoMerge())
		a := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2)})
		s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		must(t, errOf(s.run(t)))
		time.Sleep(16 * time.Minute)
		s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		must(t, errOf(s.run(t)))
		odd := s.linn.Orders()[len(s.linn.Orders())-1].OrderID
		linn, err := s.linn.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithMiddleware(edited("/v2/orders", func(body string) string {
			return strings.Replace(body, fmt.Sprintf(`"OrderId":%q`, odd), `"OrderId":["?"]`, 1)
		})))
		must(t, err)
		book, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
		must(t, err)
		merged, err := book.FindMerged(t.Context(), time.Now().Add(-time.Hour), []string{a, "another"})
		if len(merged) != 1 || len(merged[a]) != 1 || !merged[a][0].Merged {
			t.Errorf("found %v, want the merged order", merged)
		}
		if _, ok := errors.AsType[*linnworks.UnreadableError](err); !ok {
			t.Errorf("got %v, want that one cannot be read", err)
		}
	})
}

// A weight that is no number is not known, and leaves that of others as it is.
func TestOddWeightAtLinnworks(t *testing.T) {
	t.Parallel()
	s := newSides(t, "US")
	heavy, err := s.linn.AddItem(linnworkstest.Item{SKU: "ANVIL", Size: linnworkstest.Size{Weight: "9999"}})
	must(t, err)
	light, err := s.linn.AddItem(linnworkstest.Item{SKU: "FEATHER", Size: linnworkstest.Size{Weight: "3"}})
	must(t, err)
	for name, odd := range map[string]string{"text": `"heavy"`, "a list": `[1]`, "nothing": `null`} {
		linn, err := s.linn.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithMiddleware(edited("GetStockItemsFullByIds", func(body string) string {
			return strings.Replace(body, `"Weight":9999`, `"Weight":`+odd, 1)
		})))
		must(t, err)
		book, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
		must(t, err)
		got, err := book.ItemMeasures(t.Context(), []string{string(heavy), string(light)})
		want := map[string]catalogue.Measures{string(heavy): {}, string(light): {Grams: 3}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, (-want +got):\n%s", name, err, diff)
		}
	}
}
