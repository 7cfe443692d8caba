package opspage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/appeal"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/opspage"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var noon = time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC)

// bench is two shops and what is on record of them, at noon.
type bench struct {
	t      testing.TB
	desk   *exceptions.Memory
	memory *store.Memory
	shops  []opspage.Shop
	user   opspage.User
	page   *opspage.Handler
}

// hostile is a text of the shop's that would rather be markup.
const hostile = `SKU <script>alert(1)</script>"'><img src=x onerror=alert(1)>`

func newBench(t testing.TB) *bench {
	clock := func() time.Time { return noon }
	b := &bench{t: t, desk: &exceptions.Memory{Now: clock}, memory: &store.Memory{Now: clock}, user: opspage.User{Name: "Ann"}}
	for _, name := range []string{"DE", "UK"} {
		b.shops = append(b.shops, opspage.Shop{
			Name: name, Orders: b.memory.Shop(name), Stock: shelf{},
			Audit: func(context.Context) (audit.Report, bool, error) { return audited(), true, nil },
			Tracking: func(_ context.Context, number string) ([]string, error) {
				if name == "DE" {
					return nil, errors.New("Linnworks is away")
				}
				return map[string][]string{"RM000000042GB": {"576000000000000042"}}[number], nil
			},
			Number: func(_ context.Context, number string) ([]string, error) {
				return map[string][]string{"100001" + name: {"576000000000000041"}}[number+"UK"], nil
			},
			Payouts: func(context.Context) (finance.WatchReport, bool, error) {
				return finance.WatchReport{At: noon, From: noon.AddDate(0, 0, -45), To: noon, Statements: 45, Orders: 900, Wrong: 1, Look: []finance.Look{{Object: "line " + hostile, Seen: "-0.01 GBP", Do: "ask the shop"}}}, true, nil
			},
			Totals: func(context.Context) (stock.Totals, error) {
				return stock.Totals{Listings: 40, SoldOut: 3, Waiting: 2}, nil
			},
			Appeal: func(ctx context.Context, id string) (*appeal.Pack, error) {
				return appeal.Collect(ctx, appeal.Ports{Records: b.memory.Shop(name), Cases: b.desk}, appeal.Options{Shop: name, Now: clock}, id)
			},
			Manifest: func(_ context.Context, day time.Time) (appeal.Manifest, error) {
				m := appeal.ManifestOf(name, day)
				m.Rows = []appeal.Dispatched{{OrderID: "576000000000000001", Tracking: "RM000000043GB", Carrier: "Royal Mail", ShippedAt: day}}
				return m, nil
			},
			Health: func(context.Context) (map[string]health.Flow, error) {
				return map[string]health.Flow{"orders": {Runs: 3, LastSuccess: noon}, "stock": {Runs: 3, Failures: 1, LastFailure: noon, LastError: hostile}}, nil
			},
			Deadlines: func(context.Context) (bridge.DeadlineReport, error) {
				return bridge.DeadlineReport{At: noon, Open: 7, AtRisk: []bridge.Deadline{
					{OrderID: "576000000000000001", Clock: bridge.ClockShip, At: noon.Add(90 * time.Minute), Left: 90 * time.Minute, AtRisk: true, Severity: exceptions.Urgent},
				}, Later: []bridge.Deadline{
					{OrderID: "576000000000000007", Clock: bridge.ClockScan, At: noon.Add(30 * time.Hour), Left: 30 * time.Hour},
				}, Rates: []bridge.Rate{
					{Measure: policy.LateAtReady, Market: "GB", Orders: 200, Bad: 4, Coming: 8, Percent: 2, Forecast: 6, Limit: policy.Limit{Known: true, Percent: 4}},
					{Measure: policy.ValidTracking, Market: "GB", Orders: 100, Bad: 10, Percent: 90, Forecast: 90, Limit: policy.Limit{Known: true, Percent: 95, Least: true}},
					{Measure: policy.SellerCancellation, Market: "GB", Orders: 100, Bad: 1, Percent: 1, Forecast: 1},
				}}, nil
			},
		})
	}
	b.raise("UK", exceptions.NoTracking, "order 576000000000000001", 90*time.Minute)
	b.raise("UK", exceptions.UnmappedSKU, hostile, 0)
	b.raise("DE", exceptions.NoTracking, "order 576000000000000009", 5*time.Hour)
	if _, err := b.memory.Shop("UK").PutRecords(t.Context(), store.Record{
		OrderID: "576000000000000001", Status: "AWAITING_COLLECTION", UpdatedAt: noon.Add(-time.Hour), SentAt: noon.Add(-3 * time.Hour),
		WarehouseIDs: []string{"guid-1"}, ReleasedAt: noon.Add(-2 * time.Hour), LabelAt: noon.Add(-30 * time.Minute),
		Told: []store.Told{{Tracking: "JV1", At: noon.Add(-20 * time.Minute)}}, Granted: store.Permit{At: noon.Add(-35 * time.Minute), Status: "AWAITING_SHIPMENT"},
		Held: store.Permit{At: noon.Add(-150 * time.Minute), Reason: "the shop cannot be asked"},
	}); err != nil {
		t.Fatal(err)
	}
	b.open()
	return b
}

// audited is a report with a finding whose texts would rather be markup.
func audited() audit.Report {
	return audit.Report{
		At: noon.Add(-time.Hour), Listings: 12, ByHand: []string{"the tax form: look in Seller Center"}, Unread: []string{"shipping templates: no answer"},
		Findings: []audit.Finding{{Rule: audit.ShopStopped, Owner: exceptions.OwnerEcommerce, Severity: exceptions.Urgent, Object: hostile, Seen: "seen: " + hostile, Do: "have it mended", Enter: []string{"MUG-RED 2"}}},
	}
}

// open makes the page anew, after a change.
func (b *bench) open() {
	b.t.Helper()
	page, err := opspage.New(opspage.Ports{Desk: b.desk, Shops: b.shops}, opspage.Options{
		User: func(*http.Request) opspage.User { return b.user }, Now: func() time.Time { return noon },
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.page = page
}

func (b *bench) raise(shop string, kind exceptions.Kind, object string, left time.Duration) {
	b.t.Helper()
	e := exceptions.New(kind, object, time.Time{}, "seen: "+object, "do "+object, exceptions.Evidence("number", "JD0001 "+object)...)
	if left != 0 {
		e.Deadline = noon.Add(left)
	}
	if err := b.desk.Shop(shop).Raise(b.t.Context(), e); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) get(path string) (int, string) {
	w := httptest.NewRecorder()
	b.page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func (b *bench) post(form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/decide", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.page.ServeHTTP(w, r)
	return w
}

// only returns the one case about an object.
func (b *bench) only(shop, object string) exceptions.Case {
	b.t.Helper()
	list, err := b.desk.Cases(b.t.Context(), exceptions.Filter{Shop: shop, Object: object, States: []exceptions.State{exceptions.CaseOpen, exceptions.CaseResolved, exceptions.CaseCleared}})
	if err != nil || len(list) != 1 {
		b.t.Fatalf("%d cases about %q, %v", len(list), object, err)
	}
	return list[0]
}

// shelf is a stock of two lines.
type shelf struct{}

func (shelf) StockOf(_ context.Context, text, after string, limit int) ([]opspage.StockLine, error) {
	all := []opspage.StockLine{
		{SKUID: "1", SKU: "MUG-RED", Title: hostile, WarehouseID: "w1", Warehouse: "Leeds", Shown: 5, Wanted: 3, Free: 4, Why: []string{"4 free", "keep 1"}},
		{SKUID: "2", SKU: "LAMP", WarehouseID: "w1", Unknown: "its item is not known"},
	}
	var list []opspage.StockLine
	for _, l := range all {
		if strings.Contains(strings.ToLower(l.SKU), strings.ToLower(text)) && l.SKUID > after && len(list) < limit {
			list = append(list, l)
		}
	}
	return list, nil
}

var links = regexp.MustCompile(`(?:href|action)="([^"]*)"`)

// Every page that a link leads to is there, and nothing on any is markup of the shop's.
func TestEveryLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.page.Sample(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.page.Sample(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"./": true}
	for todo := []string{"./"}; len(todo) > 0; todo = todo[1:] {
		path := todo[0]
		status, text := b.get("/" + strings.TrimPrefix(path, "./"))
		if status != http.StatusOK {
			t.Errorf("%s: status %d:\n%s", path, status, text)
			continue
		}
		if path == "style.css" {
			continue
		}
		if lower := strings.ToLower(text); strings.Contains(lower, "<script") || strings.Contains(lower, "<img") || strings.Contains(lower, `onerror="`) || strings.Contains(text, "http://") || strings.Contains(text, "https://") {
			t.Errorf("%s: there is markup of the shop's, or another host:\n%s", path, text)
		}
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			to := strings.ReplaceAll(m[1], "&amp;", "&")
			if to == "" || to == "data:," || strings.HasPrefix(to, "#") || to == "decide" || seen[to] {
				continue
			}
			seen[to] = true
			todo = append(todo, to)
		}
	}
	for _, want := range []string{"cases", "orders", "stock", "health", "style.css", "search", "order?shop=UK&id=576000000000000001", "cases?team=warehouse"} {
		if !seen[want] {
			t.Errorf("no link leads to %q; there are %v", want, seen)
		}
	}
}

// What a person needs is on the pages.
func TestPagesSay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for path, want := range map[string][]string{
		"/":                      {"First of all", "order 576000000000000001", "90 min left", "1 at risk", "a flow has failed"},
		"/cases":                 {"no tracking: 2", "unmapped SKU: 1", "do order 576000000000000009"},
		"/cases?team=e-commerce": {"unmapped SKU: 1"},
		"/cases?q=JD0001":        {"3 cases"},
		"/cases?q=0009":          {"1 case"},
		"/cases?state=cleared":   {"Nothing that this list asks for"},
		"/case?key=" + url.QueryEscape("UK|no tracking|order 576000000000000001"): {"do order 576000000000000001", "90 min left", "The life of order", "What it is", "JD0001"},
		"/orders":                              {"576000000000000001", "ship by", `data-is="Minutes left">90<`, "576000000000000007", "scanned by", "30 h left"},
		"/order?shop=UK&id=576000000000000001": {"sent to Linnworks", "released by the bridge", "label handed out", "told the tracking number JV1", "let it be shipped, on the status AWAITING_SHIPMENT", "held it, on an order that the shop did not show; the shop cannot be asked", "AWAITING_COLLECTION", "guid-1", "no tracking"},
		"/order?shop=UK&id=1":                  {"no record of it"},
		"/stock":                               {"MUG-RED", "keep 1", "its item is not known", `data-is="Warehouse">Leeds<`, `data-is="Warehouse">w1<`},
		"/stock?q=lamp":                        {"LAMP"},
		"/health":                              {"Last failure", "99 of 100"},
		"/audit":                               {"shop does not sell", "have it mended", "<code>MUG-RED 2</code>", "Not read, so nothing is known of it", "shipping templates: no answer", "look in Seller Center", "45 statements", "-0.01 GBP", "ask the shop"},
		"/search?q=RM000000042GB":              {`order?shop=UK&amp;id=576000000000000042`, "DE: the tracking number could not be looked for: Linnworks is away"},
		"/search?q=100001":                     {`order?shop=UK&amp;id=576000000000000041`},
		"/search?q=576000000000000001":         {`order?shop=UK&amp;id=576000000000000001`, "no tracking"},
	} {
		status, text := b.get(path)
		for _, w := range want {
			if status != http.StatusOK || !strings.Contains(text, w) {
				t.Errorf("%s: status %d, without %q:\n%s", path, status, w, text)
			}
		}
	}
	if _, text := b.get("/stock?q=lamp"); strings.Contains(text, "MUG-RED") {
		t.Errorf("the stock of lamp has the mug:\n%s", text)
	}
}

// Only a case about an order leads to the life of one.
func TestLinkToTheOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("UK", exceptions.StockRefused, "MUG-RED", 0)
	for key, want := range map[string]string{
		"UK|no tracking|order 576000000000000001": "576000000000000001", "UK|" + string(exceptions.StockRefused) + "|MUG-RED": "",
	} {
		_, text := b.get("/case.json?key=" + url.QueryEscape(key))
		var one struct{ Order string }
		if err := json.Unmarshal([]byte(text), &one); err != nil || one.Order != want {
			t.Errorf("%s: order %q, want %q; %v: %s", key, one.Order, want, err, text)
		}
		if _, text := b.get("/case?key=" + url.QueryEscape(key)); strings.Contains(text, "The life of order") != (want != "") {
			t.Errorf("%s: a link to an order is there or not, against what it is about:\n%s", key, text)
		}
	}
}

// Without an order at risk the page says which are next.
func TestNextOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	next := bridge.Deadline{OrderID: "576000000000000007", Clock: bridge.ClockShip, At: noon.Add(30 * time.Hour), Left: 30 * time.Hour}
	for name, report := range map[string]bridge.DeadlineReport{
		"with those that follow": {At: noon, Open: 1, Next: next, Later: []bridge.Deadline{next}},
		"of an older version":    {At: noon, Open: 1, Next: next},
	} {
		b.shops[0].Deadlines = func(context.Context) (bridge.DeadlineReport, error) { return report, nil }
		b.user.Shops = []string{b.shops[0].Name}
		b.open()
		if _, text := b.get("/orders"); !strings.Contains(text, "Nothing is near its deadline") || !strings.Contains(text, "id=576000000000000007") || !strings.Contains(text, "30 h left") {
			t.Errorf("%s: the next order is not there:\n%s", name, text)
		}
	}
}

// A list without entries is a list in JSON too.
func TestNoNulls(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{
		"/home.json", "/cases.json", "/cases.json?q=nothing", "/orders.json", "/order.json?shop=UK&id=1", "/stock.json", "/stock.json?q=nothing", "/health.json", "/audit.json",
		"/search.json", "/search.json?q=nothing", "/search.json?q=RM000000042GB", "/search.json?q=lamp", "/case.json?key=" + url.QueryEscape("UK|no tracking|order 576000000000000001"),
	} {
		if status, text := b.get(path); status != http.StatusOK || strings.Contains(text, ":null") {
			t.Errorf("%s: status %d, or null for a list:\n%s", path, status, text)
		}
	}
}

// The plot of the stock is of all shops or of none: the sum of a part would pass for all.
func TestStockPlot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 2 {
		if err := b.page.Sample(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, text := b.get("/"); !strings.Contains(text, "now 6 SKUs sold out, 4 waiting for a number") {
		t.Errorf("the plot of two shops with 3 and 2 each is not there:\n%s", text)
	}
	b.shops[1].Totals = func(context.Context) (stock.Totals, error) {
		return stock.Totals{}, errors.New("another process has it")
	}
	b.open()
	for range 2 {
		if err := b.page.Sample(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, text := b.get("/"); strings.Contains(text, "SKUs sold out") {
		t.Errorf("the plot of one of two shops is there:\n%s", text)
	}
	b.user.Shops = []string{"DE"}
	if _, text := b.get("/"); !strings.Contains(text, "now 3 SKUs sold out, 2 waiting for a number") {
		t.Errorf("who may see only the shop that is known sees no plot:\n%s", text)
	}
}

// What proves what happened to an order is served to be kept, under a name that is one,
// and to nobody who may not see the shop.
func TestAppeal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, text := b.get("/order?shop=UK&id=576000000000000001"); !strings.Contains(text, `appeal.html?shop=UK&amp;id=576000000000000001`) {
		t.Errorf("the order's page has no link to it:\n%s", text)
	}
	for path, want := range map[string]string{"/appeal.html": "text/html; charset=utf-8", "/appeal.json": "application/json"} {
		w := httptest.NewRecorder()
		b.page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path+"?shop=UK&id=576000000000000001", nil))
		ending := strings.TrimPrefix(path, "/appeal")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != want || w.Header().Get("Content-Disposition") != `attachment; filename="order-576000000000000001`+ending+`"` {
			t.Errorf("%s: status %d, %v", path, w.Code, w.Header())
		}
		if text := w.Body.String(); !strings.Contains(text, "AWAITING_COLLECTION") || strings.Contains(text, "<script") {
			t.Errorf("%s: without the order's status, or with markup of the shop's:\n%s", path, text)
		}
	}
	for path, want := range map[string]int{
		"/appeal.html?shop=UK": http.StatusBadRequest, "/appeal.html?shop=UK&id=" + url.QueryEscape(`1"\r\nX: y`): http.StatusBadRequest,
		"/appeal.html?shop=US&id=1": http.StatusNotFound, "/appeal.json?id=1": http.StatusNotFound,
	} {
		if status, _ := b.get(path); status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
	b.user.Shops = []string{"DE"}
	if status, text := b.get("/appeal.html?shop=UK&id=576000000000000001"); status != http.StatusNotFound || strings.Contains(text, "AWAITING") {
		t.Errorf("who may see DE alone gets UK: status %d, %s", status, text)
	}
}

// knownToNobody is a shop that was asked for orders, and has none.
type knownToNobody struct{}

func (knownToNobody) OrdersByID(context.Context, []string) ([]bridge.Order, error) { return nil, nil }

// An appeal for an order that neither side knows is no page but a sentence; one that was not
// asked for at the shop is served, and says so.
func TestAppealForAnUnknownOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if status, text := b.get("/appeal.html?shop=UK&id=999"); status != http.StatusOK || !strings.Contains(text, "no record of this order") {
		t.Errorf("the shop was not asked: status %d:\n%s", status, text)
	}
	memory := b.memory.Shop("UK")
	page, err := opspage.New(opspage.Ports{Desk: b.desk, Shops: []opspage.Shop{{Name: "UK", Orders: memory, Appeal: func(ctx context.Context, id string) (*appeal.Pack, error) {
		return appeal.Collect(ctx, appeal.Ports{Records: memory, Cases: b.desk, Orders: knownToNobody{}}, appeal.Options{Shop: "UK"}, id)
	}}}}, opspage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int{"999": http.StatusNotFound, "576000000000000001": http.StatusOK} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/appeal.html?shop=UK&id="+id, nil))
		if w.Code != want || want == http.StatusNotFound && !strings.Contains(w.Body.String(), "neither the bridge nor the shop knows order 999") {
			t.Errorf("order %s: status %d, want %d:\n%s", id, w.Code, want, w.Body)
		}
	}
}

// shopHas is a shop that has an order.
type shopHas struct{ order bridge.Order }

func (s shopHas) OrdersByID(context.Context, []string) ([]bridge.Order, error) {
	return []bridge.Order{s.order}, nil
}

// The page of an order has what its appeal has of the shop's side, in words, and nothing
// that is kept for programs.
func TestAnOrdersLifeHasTheShopsSide(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	memory := b.memory.Shop("UK")
	records, _, err := memory.RecordsOf(t.Context(), "576000000000000001")
	if err == nil {
		_, err = store.UpdateRecords(t.Context(), memory, func(r *store.Record) {
			r.SetNote("sale", `{"paid":2500}`)
			r.SetNote("booking", "by hand")
			r.Reference = store.WrittenReference{WarehouseID: "guid-1", At: noon}
		}, records["576000000000000001"])
	}
	if err != nil {
		t.Fatal(err)
	}
	shop := shopHas{bridge.Order{ID: "576000000000000001", Status: bridge.InTransit, CreatedAt: noon.Add(-48 * time.Hour), PaidAt: noon.Add(-48 * time.Hour), ShipBy: noon, CollectedAt: noon.Add(-time.Hour), Lines: []bridge.OrderLine{
		{Tracking: "RM000000042GB", Carrier: "Royal Mail", Listing: catalogue.SKU{SellerSKU: "MUG"}},
	}}}
	var away error
	page, err := opspage.New(opspage.Ports{Desk: b.desk, Shops: []opspage.Shop{{Name: "UK", Orders: memory, Appeal: func(ctx context.Context, id string) (*appeal.Pack, error) {
		return appeal.Collect(ctx, appeal.Ports{Records: memory, Cases: b.desk, Orders: shop}, appeal.Options{Shop: "UK"}, id)
	}, Warehouse: func(_ context.Context, ids []string) (map[string][]bridge.WarehouseOrder, error) {
		if !slices.Equal(ids, []string{"guid-1"}) {
			t.Errorf("Linnworks is asked for %q, want the order's", ids)
		}
		if away != nil {
			return nil, away
		}
		return map[string][]bridge.WarehouseOrder{"guid-1": {
			{ID: "guid-1", Number: "100014", State: bridge.Processed, Tracking: "RM000000042GB", Service: "Tracked 48", ProcessedAt: noon.Add(-2 * time.Hour)},
			{ID: "guid-2", Number: "100015", State: bridge.Open},
		}}, nil
	}}}}, opspage.Options{Zone: time.FixedZone("BST", 3600)})
	if err != nil {
		t.Fatal(err)
	}
	get := func() string {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/order?shop=UK&id=576000000000000001", nil))
		return w.Body.String()
	}
	text := get()
	for _, want := range []string{"in the shop: paid", "in the shop: collected by the carrier", "RM000000042GB, Royal Mail, with MUG", "ship by 2026-12-02 13:00 BST", "by hand",
		"<th>Linnworks order 100014</th><td>processed, RM000000042GB, Tracked 48</td>", "<th>Linnworks order 100015</th><td>open</td>",
		`<td class="nowrap">Wed 2 Dec 11:00 BST</td><td>Linnworks order 100014 processed</td>`, "told the reference 100014 and 100015"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "2500") {
		t.Error("the page has a note that is for programs")
	}
	if strings.Index(text, "in the shop: placed") > strings.Index(text, "in the shop: paid") {
		t.Error("it was paid before it was placed")
	}
	away = errors.New("Linnworks is away")
	if text := get(); !strings.Contains(text, "not read: Linnworks is away") || !strings.Contains(text, "in the shop: paid") {
		t.Errorf("while Linnworks is away: %s", text)
	}
	if t.Failed() {
		t.Log(text)
	}
}

// What the shop's side lacks is said, another order's deeds are not this one's, and a
// reference that the shop has refused was not told to it.
func TestAnOrdersLifeSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shops[1].Appeal = func(context.Context, string) (*appeal.Pack, error) {
		return &appeal.Pack{Missing: []string{"the parcels"}, Orders: []appeal.Order{
			{ID: "576000000000000001", Events: []appeal.Event{{At: noon, What: "paid", Source: appeal.FromShop}}},
			{ID: "576000000000000002", Events: []appeal.Event{{At: noon, What: "delivered", Source: appeal.FromShop}}},
		}}, nil
	}
	memory := b.memory.Shop("UK")
	records, _, err := memory.RecordsOf(t.Context(), "576000000000000001")
	if err == nil {
		_, err = store.UpdateRecords(t.Context(), memory, func(r *store.Record) {
			r.Reference = store.WrittenReference{WarehouseID: "guid-1", At: noon, Refused: true}
		}, records["576000000000000001"])
	}
	if err != nil {
		t.Fatal(err)
	}
	b.open()
	_, text := b.get("/order?shop=UK&id=576000000000000001")
	for want, there := range map[string]bool{
		"<th>not read</th><td>the parcels</td>": true, "in the shop: paid": true, "delivered": false,
		"the shop refused the reference guid-1": true, "the shop was told the reference": false,
	} {
		if strings.Contains(text, want) != there {
			t.Errorf("%q is there: %t, want %t:\n%s", want, !there, there, text)
		}
	}
}

// The manifest of a day is served in each form, to those who may see the shop.
func TestManifest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, text := b.get("/orders"); !strings.Contains(text, `manifest.html?shop=UK&amp;day=`+noon.Format(time.DateOnly)) {
		t.Errorf("the page of orders has no way to the manifest:\n%s", text)
	}
	day := noon.Format(time.DateOnly)
	for ending, want := range map[string]string{"html": "Dispatch manifest of UK", "json": `"order_id":"576000000000000001"`, "csv": "576000000000000001,"} {
		w := httptest.NewRecorder()
		b.page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/manifest."+ending+"?shop=UK&day="+day, nil))
		if w.Code != http.StatusOK || w.Header().Get("Content-Disposition") != `attachment; filename="dispatch-`+day+"."+ending+`"` || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: status %d, %v:\n%s", ending, w.Code, w.Header(), w.Body)
		}
	}
	for path, want := range map[string]int{
		"/manifest.html?shop=UK&day=yesterday": http.StatusBadRequest, "/manifest.html?shop=US": http.StatusNotFound,
		"/manifest.html?shop=UK&day=" + noon.AddDate(0, 0, 1).Format(time.DateOnly): http.StatusBadRequest, "/manifest.json?shop=UK": http.StatusOK,
	} {
		if status, _ := b.get(path); status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
	// One that lacks something says so, where it can.
	b.shops[1].Manifest = func(_ context.Context, day time.Time) (appeal.Manifest, error) {
		m := appeal.ManifestOf("UK", day)
		m.Missing = []string{"the second page of orders"}
		return m, errors.New("no answer")
	}
	b.open()
	for path, want := range map[string]int{"/manifest.html?shop=UK": http.StatusOK, "/manifest.json?shop=UK": http.StatusOK, "/manifest.csv?shop=UK": http.StatusServiceUnavailable} {
		if status, text := b.get(path); status != want || status == http.StatusOK && !strings.Contains(text, "the second page of orders") {
			t.Errorf("%s: status %d, want %d and what is missing:\n%s", path, status, want, text)
		}
	}
}

// Each rate with a known limit has its bars to scale, in the colour of how it stands.
func TestRatesAreDrawn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.user.Shops = []string{"UK"}
	_, text := b.get("/orders")
	for _, want := range []string{
		`<rect class="will" y="5" width="75.0" height="4"/><rect class="warning" y="2" width="25.0" height="10"/><path d="M50.0 0V14"/>`,
		`<rect class="will" y="5" width="100.0" height="4"/><rect class="urgent" y="2" width="100.0" height="10"/>`, // twice what may be missing
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(text, `class="bar"`); n != 2 {
		t.Errorf("%d bars, want 2: nobody knows the limit of the third", n)
	}
	if t.Failed() {
		t.Log(text)
	}
}

// A person takes a case on, puts it off, notes and resolves it, and reopens it, by the
// forms that the page has.
func TestDecide(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := "UK|no tracking|order 576000000000000001"
	for _, step := range []struct {
		form url.Values
		want func(exceptions.Case) bool
	}{
		{url.Values{"verb": {"claimed"}, "minutes": {"30"}}, func(c exceptions.Case) bool {
			return c.Holder(noon) == "Ann" && c.ClaimedUntil.Equal(noon.Add(30*time.Minute))
		}},
		{url.Values{"verb": {"snoozed"}, "minutes": {"30"}}, func(c exceptions.Case) bool { return c.Snoozed(noon) }},
		{url.Values{"verb": {"noted"}, "note": {"asked the courier"}}, func(c exceptions.Case) bool { return c.History[len(c.History)-1].Note == "asked the courier" }},
		{url.Values{"verb": {"resolved"}, "note": {"number entered"}}, func(c exceptions.Case) bool { return c.State == exceptions.CaseResolved }},
		{url.Values{"verb": {"reopened"}}, func(c exceptions.Case) bool { return c.State == exceptions.CaseOpen }},
	} {
		step.form.Set("key", key)
		step.form.Set("back", "case")
		w := b.post(step.form)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "case?key="+url.QueryEscape(key) {
			t.Errorf("%v: status %d to %q: %s", step.form, w.Code, w.Header().Get("Location"), w.Body)
		}
		if c := b.only("UK", "order 576000000000000001"); !step.want(c) {
			t.Errorf("%v: the case is %s, %v", step.form, c, c.History)
		}
	}
}

// What nobody holds cannot be given back, and is not said to be.
func TestGiveBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := "UK|no tracking|order 576000000000000001"
	path, form := "/case?key="+url.QueryEscape(key), url.Values{"verb": {"released"}, "key": {key}, "back": {"case"}}
	if _, text := b.get(path); strings.Contains(text, "Give back") {
		t.Errorf("a case that nobody is on can be given back:\n%s", text)
	}
	if w := b.post(form); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "nobody is on it") {
		t.Errorf("status %d, want %d and why: %s", w.Code, http.StatusConflict, w.Body)
	}
	if _, err := b.desk.Decide(t.Context(), key, exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Bob"}); err != nil {
		t.Fatal(err)
	}
	if _, text := b.get(path); !strings.Contains(text, "Give back") {
		t.Errorf("a case that Bob is on cannot be given back:\n%s", text)
	}
	if w := b.post(form); w.Code != http.StatusSeeOther || b.only("UK", "order 576000000000000001").Holder(noon) != "" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// A refusal says what, of which shop, and why, in words.
func TestRefusalsAreInWords(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := "UK|no tracking|order 576000000000000001"
	for want, form := range map[string]url.Values{
		"no tracking, order 576000000000000001 of UK: it has to be done by Wed 2 Dec 13:30 UTC, and cannot be put off until Wed 2 Dec 20:00 UTC": {"verb": {"snoozed"}, "minutes": {"480"}},
		"no tracking, order 576000000000000001 of UK: it is open":                                                                                {"verb": {"reopened"}},
	} {
		form.Set("key", key)
		if w := b.post(form); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "<p>"+want+"</p>") {
			t.Errorf("status %d, want %d and %q:\n%s", w.Code, http.StatusConflict, want, w.Body)
		}
	}
}

// Many are done at once; one that refuses does not keep the others from being done, and
// is named.
func TestDecideMany(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 300 {
		b.raise("UK", exceptions.UnmappedSKU, fmt.Sprintf("SKU %03d", i), 0)
	}
	if _, err := b.desk.Decide(t.Context(), "UK|unmapped SKU|SKU 007", exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Bob"}); err != nil {
		t.Fatal(err)
	}
	w := b.post(url.Values{"verb": {"claimed"}, "all": {"1"}, "kind": {"unmapped SKU"}, "shop": {"UK"}})
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "300 done, 1 not") || !strings.Contains(w.Body.String(), "claimed by Bob") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if got := b.only("UK", "SKU 299").Holder(noon); got != "Ann" {
		t.Errorf("SKU 299 is held by %q, want Ann: beyond the page too", got)
	}
	if got := b.only("DE", "order 576000000000000009").Holder(noon); got != "" {
		t.Errorf("another kind is held by %q", got)
	}
	w = b.post(url.Values{"verb": {"released"}, "key": {"UK|unmapped SKU|SKU 001", "UK|unmapped SKU|SKU 002"}, "team": {"e-commerce"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "cases?done=2&team=e-commerce" {
		t.Errorf("status %d to %q", w.Code, w.Header().Get("Location"))
	}
	if _, text := b.get("/cases?done=2&team=e-commerce"); !strings.Contains(text, "Done: 2.") {
		t.Error("the list does not say that it was done")
	}
}

// Who does something to all of a kind does it to those that were on the page: what has come
// up since nobody has seen.
func TestAllAreThoseThatWereShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	now := noon
	b.desk.Now = func() time.Time { return now }
	for _, sku := range []string{"SKU 1", "SKU 2", "SKU 3"} {
		b.raise("UK", exceptions.UnmappedSKU, sku, 0)
	}
	if _, err := b.desk.Decide(t.Context(), "UK|unmapped SKU|SKU 3", exceptions.Decision{Verb: exceptions.VerbResolved, By: "Bob", Note: "mapped"}); err != nil {
		t.Fatal(err)
	}
	_, text := b.get("/cases?kind=unmapped+SKU&shop=UK")
	shown := regexp.MustCompile(`name="shown" value="([^"]*)"`).FindStringSubmatch(text)
	if shown == nil {
		t.Fatalf("the form does not say when it was shown:\n%s", text)
	}
	now = noon.Add(time.Second)
	b.raise("UK", exceptions.UnmappedSKU, "SKU 2", 0) // seen again
	b.raise("UK", exceptions.UnmappedSKU, "SKU 3", 0) // came back
	b.raise("UK", exceptions.UnmappedSKU, "SKU 4", 0) // new
	w := b.post(url.Values{"verb": {"resolved"}, "note": {"mapped"}, "all": {"1"}, "kind": {"unmapped SKU"}, "shop": {"UK"}, "shown": {shown[1]}})
	if w.Code != http.StatusSeeOther {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	got := map[string]exceptions.State{}
	for _, sku := range []string{"SKU 1", "SKU 2", "SKU 3", "SKU 4"} {
		got[sku] = b.only("UK", sku).State
	}
	want := map[string]exceptions.State{"SKU 1": exceptions.CaseResolved, "SKU 2": exceptions.CaseResolved, "SKU 3": exceptions.CaseOpen, "SKU 4": exceptions.CaseOpen}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// The worst kind stands first, and in it what is most pressing; what is put off stands last,
// is not pressed for, and is nobody's to take on.
func TestWhatComesFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("UK", exceptions.SpellingDiffers, "SKU N", 30*time.Hour)
	b.raise("UK", exceptions.MassZero, "shop", 40*time.Hour)
	b.raise("UK", exceptions.NoTracking, "order 576000000000000002", 2*time.Hour)
	order := func(path string) (keys []string) {
		_, text := b.get(path)
		for _, m := range regexp.MustCompile(`href="case\?key=([^"]*)"`).FindAllStringSubmatch(text, -1) {
			key, err := url.QueryUnescape(strings.ReplaceAll(m[1], "&#43;", "+"))
			if err != nil {
				t.Fatal(err)
			}
			_, object, _ := strings.Cut(key, "|")
			if !strings.Contains(object, "<script>") {
				keys = append(keys, object)
			}
		}
		return keys
	}
	free := func() string {
		_, text := b.get("/")
		return regexp.MustCompile(`team=warehouse">Warehouse</a><b>\d+</b>.*?(\d+) that nobody is on`).FindStringSubmatch(text)[1]
	}
	one, two, nine, shop := "no tracking|order 576000000000000001", "no tracking|order 576000000000000002", "no tracking|order 576000000000000009", "much of the shop would go to zero|shop"
	notice := "SKU spelt differently|SKU N"
	if diff := cmp.Diff([]string{one, two, nine, shop, notice}, order("/cases")); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{one, two, nine, shop}, order("/")); diff != "" || free() != "3" {
		t.Errorf("%s that nobody is on, first of all (-want +got):\n%s", free(), diff)
	}
	if _, err := b.desk.Decide(t.Context(), "UK|"+one, exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann", Until: noon.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{two, nine, one, shop, notice}, order("/cases")); diff != "" {
		t.Errorf("cases with one put off (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{two, nine, shop}, order("/")); diff != "" || free() != "2" {
		t.Errorf("%s that nobody is on, first of all with one put off (-want +got):\n%s", free(), diff)
	}
}

// What every answer says to a browser: load nothing from elsewhere, run nothing, frame
// nothing, keep nothing.
func TestHeaders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/", "/cases.json", "/case?key=x", "/appeal.html?shop=UK&id=576000000000000001", "/nothing", "/search?q=%ff"} {
		w := httptest.NewRecorder()
		b.page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		policy := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) || strings.Contains(policy, "script") {
				t.Errorf("%s: the policy is %q, want %s and no scripts", path, policy, want)
			}
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
	}
}

// What must not be decided is refused, and changes nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key, foreign := "UK|no tracking|order 576000000000000001", "DE|no tracking|order 576000000000000009"
	good := url.Values{"verb": {"claimed"}, "key": {key}}
	before, beforeForeign := b.only("UK", "order 576000000000000001"), b.only("DE", "order 576000000000000009")
	for name, c := range map[string]struct {
		user   opspage.User
		form   url.Values
		header []string
		status int
	}{
		"from another site":  {opspage.User{Name: "Ann"}, good, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"an old browser":     {opspage.User{Name: "Ann"}, good, []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, http.StatusForbidden},
		"nobody signed in":   {opspage.User{}, good, nil, http.StatusForbidden},
		"a foreign shop's":   {opspage.User{Name: "Ann", Shops: []string{"UK"}}, url.Values{"verb": {"claimed"}, "key": {foreign}}, nil, http.StatusConflict},
		"no verb":            {opspage.User{Name: "Ann"}, url.Values{"key": {key}}, nil, http.StatusBadRequest},
		"the bridge's verb":  {opspage.User{Name: "Ann"}, url.Values{"verb": {"cleared"}, "key": {key}}, nil, http.StatusBadRequest},
		"no note":            {opspage.User{Name: "Ann"}, url.Values{"verb": {"resolved"}, "key": {key}}, nil, http.StatusBadRequest},
		"no case":            {opspage.User{Name: "Ann"}, url.Values{"verb": {"claimed"}}, nil, http.StatusBadRequest},
		"an unknown case":    {opspage.User{Name: "Ann"}, url.Values{"verb": {"claimed"}, "key": {"UK|no tracking|order 5"}}, nil, http.StatusConflict},
		"past the deadline":  {opspage.User{Name: "Ann"}, url.Values{"verb": {"snoozed"}, "minutes": {"480"}, "key": {key}}, nil, http.StatusConflict},
		"no number":          {opspage.User{Name: "Ann"}, url.Values{"verb": {"snoozed"}, "minutes": {"1e9"}, "key": {key}}, nil, http.StatusBadRequest},
		"all of another one": {opspage.User{Name: "Ann", Shops: []string{"UK"}}, url.Values{"verb": {"claimed"}, "all": {"1"}, "shop": {"DE"}}, nil, http.StatusBadRequest},
		"too large":          {opspage.User{Name: "Ann"}, url.Values{"verb": {"claimed"}, "of no use": {strings.Repeat("x", 2<<20)}, "key": {key}}, nil, http.StatusBadRequest},
	} {
		b.user = c.user
		if w := b.post(c.form, c.header...); w.Code != c.status {
			t.Errorf("%s: status %d, want %d: %.300s", name, w.Code, c.status, w.Body)
		}
	}
	if diff := cmp.Diff([]exceptions.Case{before, beforeForeign}, []exceptions.Case{b.only("UK", "order 576000000000000001"), b.only("DE", "order 576000000000000009")}); diff != "" {
		t.Errorf("a refused decision changed a case (-before +after):\n%s", diff)
	}
}

// Who may see one shop sees nothing of another, whatever the address.
func TestForeignShop(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shops[1].Audit = func(context.Context) (audit.Report, bool, error) {
		report := audited()
		report.Findings[0].Seen = "only UK has this"
		return report, true, nil
	}
	b.shops[1].Payouts = func(context.Context) (finance.WatchReport, bool, error) {
		return finance.WatchReport{At: noon, Wrong: 1, Look: []finance.Look{{Object: "only UK has this"}}}, true, nil
	}
	b.open()
	if _, text := b.get("/audit"); !strings.Contains(text, "only UK has this") {
		t.Fatalf("who may see both shops does not see the audit of UK:\n%s", text)
	}
	b.user.Shops = []string{"DE"}
	if err := b.page.Sample(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/": 200, "/cases": 200, "/cases?shop=UK": 200, "/orders": 200, "/health": 200, "/stock": 200, "/audit": 200, "/style.css": 200, "/search?q=576000000000000001": 200,
		"/case?key=" + url.QueryEscape("UK|no tracking|order 576000000000000001"): 404,
		"/order?shop=UK&id=576000000000000001":                                    404, "/order?id=576000000000000001": 200, "/stock?shop=UK": 404,
	} {
		for _, suffix := range []string{"", ".json"} {
			if path+suffix == "/style.css.json" {
				continue
			}
			at, query, _ := strings.Cut(path, "?")
			if suffix != "" && at == "/" {
				at = "/home"
			}
			status, text := b.get(at + suffix + "?" + query)
			if status != want {
				t.Errorf("%s%s: status %d, want %d", path, suffix, status, want)
			}
			if strings.Contains(text, "only UK has this") || strings.Contains(text, ">UK<") || strings.Contains(text, `"UK"`) || strings.Contains(text, "unmapped SKU:") {
				t.Errorf("%s%s shows the other shop:\n%s", path, suffix, text)
			}
		}
	}
}

// Paths that are none of the page's are not found.
func TestPathTricks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/page/layout.html", "/layout.html", "/%2e%2e/opspage.go", "/style.css/..", "/decide", "/cases/", "/case", "/case?key=x", "/order", "/cases?state=burnt", "/cases?team=cooks"} {
		if status, text := b.get(path); status < 300 || status >= 500 {
			t.Errorf("%s: status %d:\n%s", path, status, text)
		}
	}
}

// Bytes that are no text are nobody's question, and reach no database: PostgreSQL refuses
// them, which would pass for one that is away.
func TestNoText(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asked := 0
	for i := range b.shops {
		b.shops[i].Orders = asking{b.shops[i].Orders, &asked}
	}
	b.open()
	for _, sent := range []string{"%ff", "%00", "a%00b", "%ed%a0%80"} {
		for _, path := range []string{"/search?q=", "/search.json?q=", "/order?shop=UK&id=", "/case?key=UK%7Cno+tracking%7C", "/cases?q=", "/stock?q=", "/appeal.json?shop=UK&id=", "/manifest.csv?shop=UK&day=", "/cases?"} {
			if status, text := b.get(path + sent); status != http.StatusBadRequest {
				t.Errorf("%s%s: status %d, want %d:\n%s", path, sent, status, http.StatusBadRequest, text)
			}
		}
	}
	if asked > 0 {
		t.Errorf("the memory was asked %d times", asked)
	}
	key := "UK|no tracking|order 576000000000000001"
	for _, form := range []url.Values{{"key": {key + "\x00"}, "verb": {"claimed"}}, {"key": {key}, "verb": {"noted"}, "note": {"\x00"}}, {"key": {key}, "verb": {"claimed"}, "q": {"\xff"}}} {
		if w := b.post(form); w.Code != http.StatusBadRequest {
			t.Errorf("%q: status %d, want %d", form, w.Code, http.StatusBadRequest)
		}
	}
	for _, odd := range []string{strings.Repeat("%25", 5000), "'%22%3E%3C/script%3E", "%E2%80%AE", "%0d%0aSet-Cookie:+a=b", strings.Repeat("(", 99), "%7C%7C"} {
		for _, path := range []string{"/search?q=", "/cases?q=", "/cases?shop=", "/cases?kind=", "/stock?shop=UK&after=", "/order?shop=UK&id=", "/case?key=", "/cases?done="} {
			if status, text := b.get(path + odd); status >= 500 || strings.Contains(text, "</script>") {
				t.Errorf("%s%.40s: status %d:\n%.2000s", path, odd, status, text)
			}
		}
	}
}

// asking counts who asks for records.
type asking struct {
	opspage.Orders
	times *int
}

func (a asking) RecordsOf(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
	*a.times++
	return a.Orders.RecordsOf(ctx, ids...)
}

// What cannot be read is said, and is not taken for nothing; the rest is shown.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shops[1].Deadlines = func(context.Context) (bridge.DeadlineReport, error) {
		return bridge.DeadlineReport{}, errors.New("the disk is full")
	}
	b.shops[1].Health = func(context.Context) (map[string]health.Flow, error) { return nil, errors.New("the disk is full") }
	b.shops[1].Stock, b.shops[1].Orders = nil, nil
	b.shops[0].Payouts = func(context.Context) (finance.WatchReport, bool, error) { return finance.WatchReport{}, false, nil }
	b.shops[1].Payouts = nil
	b.shops[0].Audit = func(context.Context) (audit.Report, bool, error) { return audit.Report{}, false, nil }
	b.shops[1].Audit = func(context.Context) (audit.Report, bool, error) {
		return audit.Report{}, false, errors.New("the disk is full")
	}
	b.open()
	if _, text := b.get("/audit"); !strings.Contains(text, "no audit has run yet") || strings.Contains(text, "Nothing is to be mended") ||
		!strings.Contains(text, "have not been compared with orders yet") || !strings.Contains(text, "payouts of this shop are not shown here") || strings.Contains(text, "Every penny") {
		t.Errorf("without an audit the page says:\n%s", text)
	}
	for _, path := range []string{"/", "/orders", "/health", "/audit"} {
		if _, text := b.get(path); !strings.Contains(text, "cannot be read: the disk is full") {
			t.Errorf("%s does not say what it does not know:\n%s", path, text)
		}
	}
	if _, text := b.get("/stock"); !strings.Contains(text, "not shown here") || !strings.Contains(text, "MUG-RED") {
		t.Errorf("the stock of one shop:\n%s", text)
	}
	if err := b.page.Sample(t.Context()); err == nil {
		t.Error("no error of a sample that lacks a shop")
	}
	b.shops = b.shops[:1]
	page, err := opspage.New(opspage.Ports{Desk: broken{}, Shops: b.shops}, opspage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.page = page
	for _, path := range []string{"/", "/cases", "/order?id=1", "/search?q=1", "/case?key=a%7Cb%7Cc"} {
		if status, text := b.get(path); status != http.StatusServiceUnavailable || !strings.Contains(text, "the disk is full") {
			t.Errorf("%s: status %d, want 503 and why:\n%s", path, status, text)
		}
	}
}

type broken struct{ exceptions.Desk }

func (broken) Cases(context.Context, exceptions.Filter) ([]exceptions.Case, error) {
	return nil, errors.New("the disk is full")
}

// Programs get what people see.
func TestJSON(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var cases struct {
		Count  int `json:"count"`
		Groups []struct {
			Kind  string `json:"kind"`
			Cases []struct {
				Case     exceptions.Case `json:"case"`
				Severity string          `json:"severity"`
			} `json:"cases"`
		} `json:"groups"`
	}
	_, text := b.get("/cases.json?shop=UK")
	if err := json.Unmarshal([]byte(text), &cases); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if cases.Count != 2 || len(cases.Groups) != 2 || cases.Groups[0].Kind != "no tracking" || cases.Groups[0].Cases[0].Severity != "urgent" || cases.Groups[0].Cases[0].Case.Shop != "UK" {
		t.Errorf("got %+v of %s", cases, text)
	}
	var flows []struct {
		Shop  string
		Flows []struct {
			Name    string
			Healthy bool
			Flow    health.Flow
		}
	}
	_, text = b.get("/health.json")
	if err := json.Unmarshal([]byte(text), &flows); err != nil || len(flows) != 2 || len(flows[0].Flows) != 2 || flows[0].Flows[0].Flow.Runs != 3 {
		t.Errorf("%v: %s", err, text)
	}
	var one struct {
		Case  exceptions.Case
		Steps []string
		Order string
	}
	_, text = b.get("/case.json?key=" + url.QueryEscape("UK|no tracking|order 576000000000000001"))
	if err := json.Unmarshal([]byte(text), &one); err != nil || one.Order != "576000000000000001" || len(one.Steps) == 0 || one.Case.Kind != exceptions.NoTracking {
		t.Errorf("%v: %s", err, text)
	}
	var order struct {
		Events []struct{ What string }
	}
	_, text = b.get("/order.json?shop=UK&id=576000000000000001")
	if err := json.Unmarshal([]byte(text), &order); err != nil || !slices.ContainsFunc(order.Events, func(e struct{ What string }) bool { return e.What == "sent to Linnworks" }) {
		t.Errorf("%v: %s", err, text)
	}
}

// What nobody counts is not shown as zero, and a flow that has failed is not well.
func TestWhatNobodyCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	counts := func(context.Context) (map[string]health.Flow, error) {
		return map[string]health.Flow{
			"orders": {Runs: 7, Failures: 2, LastSuccess: noon, LastFailure: noon.Add(-time.Hour), P50: 3*time.Second + 1234567, P99: 71*time.Second + 987654321},
			"stock":  {LastSuccess: noon.Add(-time.Hour), LastFailure: noon, LastError: "no answer"},
		}, nil
	}
	b.shops[0].Health, b.shops[1].Health = counts, counts
	for _, c := range []struct {
		path       string
		have, lack []string
	}{
		{"/health", []string{`"Runs">7<`, `"Failed">2<`, `"Half of the runs">3s<`, `"Runs">–<`, `"Failed">–<`, `"99 of 100">1m12s<`, `"99 of 100">–<`, `"Waiting">–<`, `class="urgent">no<`}, []string{`>0<`, `>0s<`}},
		{"/health.json", []string{`"runs":7`, `"failures":2`, `"name":"stock","healthy":false`, "no answer"}, []string{`"runs":0`, `"failures":0`, `"backlog"`, `"0s","max`}},
	} {
		_, text := b.get(c.path)
		text = strings.NewReplacer(" ", "", "\n", "").Replace(text)
		for _, want := range c.have {
			if !strings.Contains(text, strings.ReplaceAll(want, " ", "")) {
				t.Errorf("%s lacks %s:\n%s", c.path, want, text)
			}
		}
		for _, zero := range c.lack {
			if strings.Contains(text, zero) {
				t.Errorf("%s has %s:\n%s", c.path, zero, text)
			}
		}
	}
}

// busy are two shops with a thousand cases, of many kinds and about as many orders, 900
// findings and 500 lines of stock.
func busy(t testing.TB) *bench {
	t.Helper()
	b := newBench(t)
	large(b, 500)
	kinds := exceptions.AllKinds()
	for i := range 500 {
		b.raise("UK", kinds[i%len(kinds)], fmt.Sprintf("order 5760000000000%05d", i), time.Hour)
	}
	long := strings.Repeat("a text as long as they get, ", 16)
	for i := range b.shops {
		b.shops[i].Audit = func(context.Context) (audit.Report, bool, error) {
			report := audited()
			for n := range 900 {
				report.Findings = append(report.Findings, audit.Finding{Rule: audit.ShopStopped, Object: fmt.Sprint("SKU ", n), Seen: long, Do: long})
			}
			return report, true, nil
		}
		b.shops[i].Payouts = func(context.Context) (finance.WatchReport, bool, error) {
			report := finance.WatchReport{At: noon, Wrong: 500}
			for n := range 500 {
				report.Look = append(report.Look, finance.Look{Object: fmt.Sprint("line ", n), Seen: long, Do: long})
			}
			return report, true, nil
		}
		b.shops[i].Deadlines = func(context.Context) (bridge.DeadlineReport, error) {
			report := bridge.DeadlineReport{At: noon, Open: 100_000}
			for n := range 1000 {
				report.AtRisk = append(report.AtRisk, bridge.Deadline{OrderID: fmt.Sprintf("5760000000000%05d", n), Clock: bridge.ClockShip, At: noon, AtRisk: true})
			}
			return report, nil
		}
		b.shops[i].Stock = crowded{}
	}
	b.open()
	return b
}

// All pages of busy shops are such that a telephone can load them.
func TestPagesStaySmall(t *testing.T) {
	t.Parallel()
	b := busy(t)
	for _, path := range []string{
		"/", "/cases", "/cases?kind=unmapped+SKU", "/case?key=" + url.QueryEscape("UK|no tracking|order 576000000000000001"), "/orders", "/order?shop=UK&id=576000000000000001",
		"/search?q=SKU", "/search?q=576000000000000001", "/stock", "/stock?shop=UK", "/audit", "/health",
	} {
		if status, text := b.get(path); status != http.StatusOK || len(text) > 500_000 {
			t.Errorf("%s: status %d, %d bytes; want at most 500,000", path, status, len(text))
		}
	}
	if _, text := b.get("/cases"); !strings.Contains(text, "not on this page") {
		t.Error("the list does not say that it is cut")
	}
	for path, want := range map[string]string{"/": ">1000 at risk<", "/orders": "1000 near or past, 800 of them not on this page"} {
		if _, text := b.get(path); strings.Count(text, want) != 2 {
			t.Errorf("%s does not say %q of both shops", path, want)
		}
	}
	if _, text := b.get("/audit"); strings.Count(text, "more are not on this page") != 4 || !strings.Contains(text, ">826 more are") || !strings.Contains(text, ">475 more are") {
		t.Error("the audit does not say how much it leaves out")
	}
}

// crowded is a stock of as many lines as are asked for.
type crowded struct{}

func (crowded) StockOf(_ context.Context, _, _ string, limit int) (list []opspage.StockLine, err error) {
	for n := range limit {
		list = append(list, opspage.StockLine{
			SKUID: fmt.Sprint(n), SKU: fmt.Sprint("SKU ", n), Title: strings.Repeat("a long title ", 20), WarehouseID: "7068517275539719942",
			Why: []string{"14 free, what is sold taken off", "keep 2: 14 become 12", "it is not raised before every order of the shop has been seen"},
		})
	}
	return list, nil
}

func large(b *bench, n int) {
	for i := range n {
		b.raise("UK", exceptions.UnmappedSKU, fmt.Sprintf("SKU %04d with a name of some length", i), 0)
	}
}

// New says what is missing.
func TestBadPorts(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]opspage.Ports{
		"missing ports: Desk": {Shops: []opspage.Shop{{Name: "UK"}}},
		"Shops: none":         {Desk: &exceptions.Memory{}},
		"given twice":         {Desk: &exceptions.Memory{}, Shops: []opspage.Shop{{Name: "UK"}, {Name: "UK"}}},
		"Shops[0]":            {Desk: &exceptions.Memory{}, Shops: []opspage.Shop{{Name: "U|K"}}},
	} {
		if _, err := opspage.New(p, opspage.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// BenchmarkPages of bridge/sqlstore has those that read a database.
func BenchmarkPages(b *testing.B) {
	bench := busy(b)
	for _, path := range []string{"/", "/cases", "/search?q=SKU", "/orders", "/stock", "/audit", "/health"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if status, _ := bench.get(path); status != http.StatusOK {
					b.Fatal(status)
				}
			}
		})
	}
}

// The plot of the orders is of all shops or of none, too: a shop whose clocks cannot be
// read, or were never checked, is not one without orders.
func TestOrdersPlot(t *testing.T) {
	t.Parallel()
	for name, deadlines := range map[string]func(context.Context) (bridge.DeadlineReport, error){
		"not read": func(context.Context) (bridge.DeadlineReport, error) {
			return bridge.DeadlineReport{}, errors.New("disk")
		},
		"never checked": func(context.Context) (bridge.DeadlineReport, error) { return bridge.DeadlineReport{}, nil },
		"not shown":     nil,
	} {
		b := newBench(t)
		b.shops[0].Deadlines = deadlines
		b.open()
		for range 2 {
			_ = b.page.Sample(t.Context()) // it says what it lacks
		}
		_, text := b.get("/")
		if strings.Contains(text, "with a clock, 1 at risk&#34;") || strings.Contains(text, "orders in the last") || !strings.Contains(text, "now 3 open, ") || !strings.Contains(text, "now 6 SKUs sold out") {
			t.Errorf("%s: the plots are not those of cases and stock alone:\n%s", name, text)
		}
	}
}

// In its first minutes the axis of a plot says seconds.
func TestPlotOfTheFirstMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	now := noon
	page, err := opspage.New(opspage.Ports{Desk: b.desk, Shops: b.shops}, opspage.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	b.page = page
	for range 2 {
		now = now.Add(40 * time.Second)
		if err := page.Sample(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, text := b.get("/"); !strings.Contains(text, ">40 s ago<") || !strings.Contains(text, ">now<") {
		t.Errorf("the axis is not from 40 s ago to now:\n%s", text)
	}
}

// counted is a desk that notes what is asked for.
type counted struct {
	exceptions.Desk
	asked []exceptions.Filter
}

func (c *counted) Cases(ctx context.Context, f exceptions.Filter) ([]exceptions.Case, error) {
	c.asked = append(c.asked, f)
	return c.Desk.Cases(ctx, f)
}

// A search reads the cases once and asks the shop for nothing; the page of an order reads
// every state of its own cases alone, and has the open ones that hold it up too.
func TestPagesReadLittle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cause := exceptions.New(exceptions.UnmappedSKU, "LAMP", time.Time{}, "seen", "do")
	cause.Orders = []string{"576000000000000001"}
	if err := b.desk.Shop("UK").Raise(t.Context(), cause); err != nil {
		t.Fatal(err)
	}
	if err := b.desk.Shop("UK").Clear(t.Context(), "order 576000000000000001", exceptions.NoTracking); err != nil {
		t.Fatal(err)
	}
	for i := range b.shops {
		b.shops[i].Appeal = func(context.Context, string) (*appeal.Pack, error) {
			t.Error("a search asks the shop")
			return nil, errors.New("not to be asked")
		}
	}
	desk := &counted{Desk: b.desk}
	open := func() {
		page, err := opspage.New(opspage.Ports{Desk: desk, Shops: b.shops}, opspage.Options{Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		b.page = page
	}
	open()
	if status, _ := b.get("/search?q=576000000000000001"); status != http.StatusOK || len(desk.asked) != 1 {
		t.Errorf("status %d; a search asks for %+v, want one list", status, desk.asked)
	}
	desk.asked = nil
	for i := range b.shops {
		b.shops[i].Appeal = nil
	}
	open()
	status, text := b.get("/order?shop=UK&id=576000000000000001")
	for _, f := range desk.asked {
		if len(f.States) > 1 && f.Object == "" {
			t.Errorf("the page of an order reads every closed case: %+v", f)
		}
	}
	if status != http.StatusOK || !strings.Contains(text, "LAMP") || !strings.Contains(text, `class="id" href="case?key=UK%7cno%20tracking%7corder%20576000000000000001"`) {
		t.Errorf("status %d, or without the open case that holds the order up, or its own closed one:\n%s", status, text)
	}
}

// moving is a shelf whose only SKU has as many units as it says.
type moving struct{ shown *int }

func (m moving) StockOf(_ context.Context, text, after string, _ int) ([]opspage.StockLine, error) {
	if *m.shown < 0 {
		return nil, errors.New("another process has it")
	}
	if after != "" || !strings.Contains("MUG-RED", text) {
		return nil, nil
	}
	return []opspage.StockLine{{SKUID: "1", SKU: "MUG-RED", WarehouseID: "W1", Warehouse: "Leeds", Shown: *m.shown, Wanted: *m.shown, Free: *m.shown + 2}}, nil
}

// What one SKU had is drawn where it is looked up, and outlasts the process where the shop's
// memory does. Nobody joins what was before with what came after.
func TestPlotOfOneSKU(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	now, shown := noon, 9
	begin := func(values store.Values) {
		t.Helper()
		page, err := opspage.New(opspage.Ports{Desk: b.desk, Shops: []opspage.Shop{{Name: "UK", Stock: moving{&shown}, Values: values}}}, opspage.Options{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		b.page = page
	}
	sample := func(after time.Duration, units int) {
		t.Helper()
		now, shown = now.Add(after), units
		if err := b.page.Sample(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	looks := func() string {
		t.Helper()
		_, text := b.get("/stock.json?q=MUG")
		var v struct {
			Shops []struct {
				Hours []struct {
					Points []struct {
						At          time.Time
						Shown, Free int
					}
				} `json:"last_hours"`
			}
		}
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		var out string
		for _, s := range v.Shops {
			for _, h := range s.Hours {
				for _, p := range h.Points {
					out += fmt.Sprintf("%s %d %d;", p.At.Sub(noon).Round(time.Minute), p.Shown, p.Free)
				}
			}
		}
		return out
	}
	memory := b.memory.Shop("UK")
	begin(memory)
	if got := looks(); got != "" {
		t.Errorf("before the first sample: %s", got)
	}
	sample(0, 9)
	sample(5*time.Minute, 9)
	sample(5*time.Minute, 9)
	sample(5*time.Minute, 4)
	sample(5*time.Minute, 4)
	want := "0s 9 11;10m0s 9 11;15m0s 4 6;20m0s 4 6;"
	if got := looks(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, text := b.get("/stock?q=MUG"); !strings.Contains(text, "MUG-RED, Leeds, in the last hours") || !strings.Contains(text, "now 4 shown in the shop, 6 free in the warehouse") {
		t.Errorf("the page has no plot of the SKU:\n%s", text)
	}

	begin(memory) // a day goes on in another process
	sample(2*time.Hour, 7)
	want = "0s 9 11;10m0s 9 11;15m0s 4 6;20m0s 4 6;20m0s -1 -1;2h20m0s 7 9;"
	if got := looks(); got != want {
		t.Errorf("after a restart:\ngot  %s\nwant %s", got, want)
	}
	_, text := b.get("/")
	if curve := regexp.MustCompile(`class="curve curve0" d="([^"]*)"`).FindStringSubmatch(text); curve == nil || strings.Count(curve[1], "M") != 2 {
		t.Errorf("the plot of cases is not there, or nothing was noted for two hours and it does not show: %q", curve)
	}
	shown = -1
	if _, text := b.get("/stock?q=MUG"); !strings.Contains(text, "another process has it") {
		t.Errorf("the stock of another process:\n%s", text)
	}
	now = now.Add(24 * time.Hour)
	sample(5*time.Minute, 7)
	sample(5*time.Minute, 7)
	if got := looks(); strings.Contains(got, " 4 6;") {
		t.Errorf("a day later the plot still has %s", got)
	}

	begin(nil) // a memory that is not given
	sample(0, 7)
	if got := looks(); strings.Contains(got, "0s 9 11") {
		t.Errorf("without a store: %s", got)
	}
	if err := memory.PutValue(t.Context(), "opspage samples", []byte("{")); err != nil {
		t.Fatal(err)
	}
	begin(memory)
	if err := b.page.Sample(t.Context()); err == nil || !strings.Contains(err.Error(), "unreadable") {
		t.Errorf("samples that are unreadable: %v", err)
	}
	sample(5*time.Minute, 7) // the next one has none of it
}

// Closed cases grow by the day: only a search that is told to reads them, and the first page
// has its count of the week from the last sample.
func TestClosedCasesAreReadWhenAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.desk.Shop("UK").Clear(t.Context(), "order 576000000000000001", exceptions.NoTracking); err != nil {
		t.Fatal(err)
	}
	desk := &counted{Desk: b.desk}
	page, err := opspage.New(opspage.Ports{Desk: desk, Shops: b.shops}, opspage.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	b.page = page
	cameUp := regexp.MustCompile(`no tracking</td><td class="n">(\d+)<`)
	for _, sampled := range []bool{false, true} {
		_, text := b.get("/")
		if m := cameUp.FindStringSubmatch(text); m == nil || m[1] != "2" {
			t.Errorf("sampled %t: %q came up in seven days, want 2 with the closed one", sampled, m)
		}
		if err := b.page.Sample(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const object = "order 576000000000000001"
	for path, closed := range map[string]bool{"/": false, "/search?q=576000000000000001": false, "/search?q=576000000000000001&closed=1": true} {
		desk.asked = nil
		status, text := b.get(path)
		asked := slices.ContainsFunc(desk.asked, func(f exceptions.Filter) bool { return len(f.States) > 0 })
		if status != http.StatusOK || asked != closed {
			t.Errorf("%s: status %d, closed cases read: %t, want %t", path, status, asked, closed)
		}
		if strings.HasPrefix(path, "/search") && strings.Contains(text, "key=UK%7cno%20tracking%7c"+strings.ReplaceAll(object, " ", "%20")) != closed {
			t.Errorf("%s: the closed case is there, or not, want %t:\n%s", path, closed, text)
		}
	}
}
