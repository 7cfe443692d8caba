package linnworkstest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// market is a sales channel.
type market struct {
	mu         sync.Mutex
	since      []time.Time
	orders     []channelapp.Order
	despatched []channelapp.Despatch
	levels     map[string]channelapp.Level
	prices     []channelapp.Price
	cancelled  []string
	refunded   []channelapp.Refund
	refuse     error
}

func (m *market) Orders(_ context.Context, _ channelapp.Installation, since time.Time, page int) ([]channelapp.Order, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since = append(m.since, since)
	if page > len(m.orders) {
		return nil, false, m.refuse
	}
	return m.orders[page-1 : page], page < len(m.orders), m.refuse // a page each
}

func (m *market) Despatch(_ context.Context, _ channelapp.Installation, orders []channelapp.Despatch) []error {
	m.despatched = append(m.despatched, orders...)
	return m.all(len(orders))
}

func (m *market) all(n int) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = m.refuse
	}
	return errs
}

func (m *market) Products(context.Context, channelapp.Installation, int) ([]channelapp.Product, bool, error) {
	return []channelapp.Product{{SKU: "MUG", Title: "Mug", Reference: "17", Quantity: 6}, {SKU: "SAUCER", Title: "Saucer"}}, false, nil
}

func (m *market) UpdateInventory(_ context.Context, _ channelapp.Installation, levels []channelapp.Level) []error {
	for _, l := range levels {
		m.levels[l.SKU] = l
	}
	return m.all(len(levels))
}

func (m *market) UpdatePrices(_ context.Context, _ channelapp.Installation, prices []channelapp.Price) []error {
	m.prices = append(m.prices, prices...)
	return m.all(len(prices))
}

func (m *market) CancelOptions(context.Context, channelapp.Installation) (channelapp.CancelOptions, error) {
	return channelapp.CancelOptions{}, nil
}

func (m *market) Cancel(_ context.Context, _ channelapp.Installation, c *channelapp.Cancellation) error {
	m.cancelled = append(m.cancelled, c.Reference)
	return m.refuse
}

func (m *market) RefundOptions(context.Context, channelapp.Installation) (channelapp.RefundOptions, error) {
	return channelapp.RefundOptions{Items: true}, nil
}

func (m *market) Refund(_ context.Context, _ channelapp.Installation, r *channelapp.Refund) (string, error) {
	m.refunded = append(m.refunded, *r)
	return "RF-1", m.refuse
}

// sale is an order of the market for two mugs.
func sale(reference string, status channelapp.PaymentStatus) channelapp.Order {
	return channelapp.Order{
		Reference: reference, PaymentStatus: status, Currency: "GBP", ReceivedAt: linnworks.Time{Time: opening}, DispatchBy: linnworks.Time{Time: opening.Add(48 * time.Hour)},
		DeliveryAddress: channelapp.Address{FullName: "Jane Doe", CountryCode: "GB"}, PostalServiceCost: "3.00",
		Items:      []channelapp.OrderItem{{Line: "L1", SKU: "MUG", Title: "Mug", Quantity: 2, Price: "5.00", TaxInclusive: true}},
		Properties: []channelapp.Property{{Name: "tiktok.market", Value: "GB"}},
	}
}

// marketIn installs a market in an account.
func marketIn(t *testing.T, a account, setup linnworkstest.ChannelAppSetup, options channelapp.Options) (*market, *linnworkstest.ChannelApp) {
	t.Helper()
	m := &market{levels: map[string]channelapp.Level{}}
	h := must(channelapp.New(channelapp.Ports{
		Admit: channelapp.OnlyAccounts("ac000000-0000-4000-8000-000000000001"), Orders: m, Despatch: m, Products: m, Inventory: m, Prices: m, Cancels: m, Refunds: m,
	}, options))(t)
	setup.Channel, setup.Handler = "MARKET", h
	return m, must(a.InstallChannelApp(t.Context(), setup))(t)
}

// TestChannelApp goes through an order's life: unpaid, paid, despatched, refunded; and
// another is cancelled by the channel, a third by people.
func TestChannelApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		m, app := marketIn(t, a, linnworkstest.ChannelAppSetup{Endpoints: map[string]string{"SaveConfig": "SaveUserConfig"}, Answers: map[string]string{"user": "jane"}}, channelapp.Options{
			Steps: []channelapp.Step{{Name: "AddCredentials", Title: "Sign in", Items: []channelapp.ConfigItem{{ID: "user", Name: "User", Required: true}}}},
		})
		installed := time.Now().UTC()
		check(t, app.Test(t.Context()))
		if diff := cmp.Diff([]string{"SAUCER"}, must(app.ReadProducts(t.Context()))(t)); diff != "" {
			t.Errorf("SKUs without an item (-want +got):\n%s", diff)
		}

		m.orders = []channelapp.Order{sale("A", channelapp.Unpaid), sale("B", channelapp.Paid), sale("C", channelapp.Paid), sale("X", channelapp.Cancelled)}
		pull := func() linnworkstest.PulledOrders { t.Helper(); return must(app.PullOrders(t.Context()))(t) }
		if got, want := pull(), (linnworkstest.PulledOrders{New: 3, Ignored: 1}); got != want {
			t.Errorf("pulled %+v, want %+v", got, want)
		}
		order := func(reference string) linnworks.OrderDetails {
			t.Helper()
			found := a.OrdersByReference("MARKET", "Main", reference)
			if len(found) != 1 {
				t.Fatalf("there are %d orders %s, want 1", len(found), reference)
			}
			return found[0]
		}
		first := order("A")
		if first.Items[0].SKU != "MUG" || first.Items[0].ItemNumber != "L1" || first.TotalsInfo.TotalCharge != "13" || !first.GeneralInfo.IsParked ||
			first.CustomerInfo.Address.FullName != "Jane Doe" || first.ExtendedProperties[0].Name != "tiktok.market" {
			t.Errorf("the unpaid order is saved as %d of %s, line %s, total %s, parked %t", first.Items[0].Quantity, first.Items[0].SKU, first.Items[0].ItemNumber, first.TotalsInfo.TotalCharge, first.GeneralInfo.IsParked)
		}
		time.Sleep(10 * time.Minute)
		m.orders = []channelapp.Order{sale("A", channelapp.Paid), sale("B", channelapp.Cancelled), sale("C", channelapp.Paid)}
		if got, want := pull(), (linnworkstest.PulledOrders{Updated: 1, Cancelled: 1, Ignored: 1}); got != want {
			t.Errorf("pulled %+v, want %+v", got, want)
		}
		if !m.since[0].Equal(installed) || !m.since[len(m.since)-1].Equal(installed) {
			t.Errorf("asked for orders since %v, want since the installation, which was when it last succeeded", m.since)
		}
		time.Sleep(10 * time.Minute)
		pull()
		if got := m.since[len(m.since)-1].Sub(installed); got != 10*time.Minute {
			t.Errorf("then asked for orders since %v after the installation, want 10m", got)
		}
		if b := order("B"); !b.Processed || !b.GeneralInfo.HoldOrCancel {
			t.Error("the order that the channel cancelled is still live")
		}

		if got := must(app.SendLevels(t.Context()))(t); len(got) > 0 || m.levels["MUG"].Quantity != 6 || len(m.levels) != 1 {
			t.Errorf("sent the levels %v, refused %v; want 6 mugs: 10 less 2 orders of 2", m.levels, got)
		}
		check(t, app.CancelOrder(t.Context(), order("C").OrderID, "damaged"))
		if c := order("C"); !c.GeneralInfo.HoldOrCancel || len(m.cancelled) != 1 {
			t.Errorf("the order that people cancelled is not; the channel was told of %v", m.cancelled)
		}
		m.levels = map[string]channelapp.Level{}
		must(app.SendLevels(t.Context()))(t)
		if m.levels["MUG"].Quantity != 8 {
			t.Errorf("after the cancellation the levels %v were sent, want 8 mugs", m.levels)
		}
		m.levels = map[string]channelapp.Level{}
		must(app.SendLevels(t.Context()))(t)
		if len(m.levels) > 0 {
			t.Errorf("levels that have not changed were sent: %v", m.levels)
		}
		must(app.ReadProducts(t.Context()))(t) // which shows 6
		must(app.SendLevels(t.Context()))(t)
		if m.levels["MUG"].Quantity != 8 {
			t.Errorf("a level that the channel shows otherwise was not sent again: %v", m.levels)
		}

		check(t, a.SetTracking(order("A").OrderID, "", "T1"))
		check(t, a.Process(order("A").OrderID))
		results := must(app.SendDespatches(t.Context()))(t)
		if diff := cmp.Diff([]linnworkstest.DespatchResult{{OrderID: order("A").OrderID, Reference: "A"}}, results); diff != "" {
			t.Errorf("despatches (-want +got):\n%s", diff)
		}
		item := []channelapp.DespatchItem{{SKU: "MUG", Line: "L1", Quantity: 2}}
		if diff := cmp.Diff([]channelapp.Despatch{{
			Reference: "A", Vendor: "NONE", Method: "Default", Tracking: "T1", ProcessedAt: time.Now().UTC(), Items: item,
			Packages: []channelapp.DespatchPackage{{Vendor: "NONE", Method: "Default", Tracking: "T1", Items: item}},
		}}, m.despatched); diff != "" {
			t.Errorf("the channel was told (-want +got):\n%s", diff)
		}
		if again := must(app.SendDespatches(t.Context()))(t); len(again) > 0 {
			t.Errorf("a despatch was sent again: %v", again)
		}
		if got := must(app.Refund(t.Context(), order("A").OrderID, "5.00", "damaged"))(t); got != "RF-1" || m.refunded[0].Items[0].Amount != "5.00" {
			t.Errorf("refunded as %q: %v", got, m.refunded)
		}
		refused := must(app.SendPrices(t.Context(), map[string]linnworks.Decimal{"MUG": "6.00"}))(t)
		if len(refused) > 0 || m.prices[0].Price != "6.00" {
			t.Errorf("prices %v were sent, refused %v", m.prices, refused)
		}
		if _, err := a.InstallChannelApp(t.Context(), linnworkstest.ChannelAppSetup{Channel: "MARKET", Handler: http.NotFoundHandler()}); err == nil {
			t.Error("the same integration was installed twice")
		}
		check(t, app.Uninstall(t.Context()))
		if err := app.Test(t.Context()); err == nil {
			t.Error("an application that was removed still knows its token")
		}
	})
}

// TestChannelAppRefuses checks that what the application refuses is seen.
func TestChannelAppRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		m, app := marketIn(t, a, linnworkstest.ChannelAppSetup{}, channelapp.Options{})
		m.orders = []channelapp.Order{sale("A", channelapp.Paid)}
		must(app.PullOrders(t.Context()))(t)
		must(app.ReadProducts(t.Context()))(t)
		id := a.OrdersByReference("MARKET", "Main", "A")[0].OrderID
		check(t, a.Process(id))
		m.refuse = channelapp.Refuse("Not today.")
		if _, err := app.PullOrders(t.Context()); err == nil || !strings.Contains(err.Error(), "Not today.") {
			t.Errorf("PullOrders returned %v, want what the application says", err)
		}
		if got := must(app.SendDespatches(t.Context()))(t); len(got) != 1 || got[0].Error != "Not today." {
			t.Errorf("despatches: %v, want what the application says", got)
		}
		trail := a.AuditTrail(id)
		if got := trail[len(trail)-1].Note; !strings.Contains(got, "Not today.") {
			t.Errorf("the audit trail ends with %s, want what the application says", got)
		}
		if got := must(app.SendLevels(t.Context()))(t); got["MUG"] != "Not today." {
			t.Errorf("levels: %v, want what the application says", got)
		}
		if _, err := app.Refund(t.Context(), id, "1.00", ""); err == nil || !strings.Contains(err.Error(), "Not today.") {
			t.Errorf("Refund returned %v, want what the application says", err)
		}
	})
}

// TestChannelAppLocations pushes a level for each location.
func TestChannelAppLocations(t *testing.T) {
	a := open(t)
	m, app := marketIn(t, a, linnworkstest.ChannelAppSetup{Locations: map[string]linnworks.GUID{"W1": home, "W2": a.overflow}}, channelapp.Options{
		MultiLocation: &channelapp.MultiLocation{Locations: []channelapp.Location{{Tag: "W1", Name: "Leeds"}, {Tag: "W2", Name: "York"}}},
	})
	must(app.ReadProducts(t.Context()))(t)
	must(app.SendLevels(t.Context()))(t)
	want := channelapp.Level{SKU: "MUG", Reference: "17", Quantity: 14, Locations: []channelapp.LocationLevel{{Tag: "W1", Quantity: 10}, {Tag: "W2", Quantity: 4}}}
	if diff := cmp.Diff(want, m.levels["MUG"]); diff != "" {
		t.Errorf("the level (-want +got):\n%s", diff)
	}
}

// TestChannelAppRun pulls every ten minutes, and goes on after an error.
func TestChannelAppRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		m, app := marketIn(t, a, linnworkstest.ChannelAppSetup{}, channelapp.Options{})
		m.refuse = channelapp.Refuse("Not today.")
		ctx, cancel := context.WithTimeout(t.Context(), 35*time.Minute)
		defer cancel()
		var told []error
		app.Run(ctx, func(err error) { told = append(told, err) })
		if len(m.since) != 4 || len(told) != 4 {
			t.Errorf("in 35 minutes orders were pulled %d times, with %d errors; want 4 and 4", len(m.since), len(told))
		}
	})
}

// channelScript answers calls with texts that a test gives, and keeps what was asked.
type channelScript struct {
	answers map[string]string
	asked   map[string]map[string]any
}

func (s *channelScript) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	name := path.Base(r.URL.Path)
	var asked map[string]any
	_ = json.Unmarshal(body, &asked)
	s.asked[name] = asked
	text, ok := s.answers[name]
	if !ok {
		text = map[string]string{
			"AddNewUser":      `{"Error":"","AuthorizationToken":"t"}`,
			"UserConfig":      `{"Error":null,"StepName":"UserConfig","AccountName":"Main","ConfigItems":[]}`,
			"Orders":          `{"HasMorePages":false,"Orders":[{"ReferenceNumber":"A","PaymentStatus":"PAID","Currency":"GBP","ReceivedDate":"2026-03-01 10:00:00Z","DispatchBy":"2026-03-02T10:00:00Z","OrderItems":[{"OrderLineNumber":"1","SKU":"MUG","Qty":1,"PricePerUnit":1}]}]}`,
			"Despatch":        `{"Orders":[{"ReferenceNumber":"A","Error":"no"}]}`,
			"Products":        `{"HasMorePages":false,"Products":[{"SKU":"MUG","Title":"Mug","Reference":"1","Quantity":0}]}`,
			"PostSaleOptions": `{"CanCancel":true}`,
			"Cancel":          `{"Error":"no"}`,
		}[name]
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = io.WriteString(w, text)
}

// installScript installs one, and pulls and processes its order.
func installScript(t *testing.T, a account, answers map[string]string) (*channelScript, *linnworkstest.ChannelApp, linnworks.GUID) {
	t.Helper()
	s := &channelScript{answers: answers, asked: map[string]map[string]any{}}
	app := must(a.InstallChannelApp(t.Context(), linnworkstest.ChannelAppSetup{Channel: "MARKET", Handler: s}))(t)
	must(app.PullOrders(t.Context()))(t)
	return s, app, a.OrdersByReference("MARKET", "Main", "A")[0].OrderID
}

// TestChannelAppChecks checks what Linnworks could not take of an application.
func TestChannelAppChecks(t *testing.T) {
	for name, test := range map[string]struct{ endpoint, answer, want string }{
		"no token":      {"AddNewUser", `{}`, "no AuthorizationToken"},
		"no step":       {"UserConfig", `{"AccountName":"Main","ConfigItems":[]}`, "StepName"},
		"item":          {"UserConfig", `{"StepName":"S","AccountName":"Main","ConfigItems":[{}]}`, "no ConfigItemId"},
		"not filled in": {"UserConfig", `{"StepName":"S","AccountName":"Main","ConfigItems":[{"ConfigItemId":"x","Name":"X","MustBeSpecified":true}]}`, "must be filled in"},
		"null":          {"UserConfig", `{"StepName":"UserConfig","AccountName":"Main","ConfigItems":null}`, "ConfigItems is null"},
		"no end":        {"SaveConfig", `{"StepName":"S","AccountName":"Main","ConfigItems":[]}`, "no end"},
		"error":         {"UserConfig", `{"Error":"Not today."}`, "Not today."},
		"no JSON":       {"UserConfig", `<html>`, "cannot be read"},
	} {
		answers := map[string]string{test.endpoint: test.answer}
		if test.endpoint == "SaveConfig" {
			answers["UserConfig"] = test.answer
		}
		s := &channelScript{answers: answers, asked: map[string]map[string]any{}}
		_, err := open(t).InstallChannelApp(t.Context(), linnworkstest.ChannelAppSetup{Channel: "MARKET", Handler: s})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: InstallChannelApp returned %v, want an error with %q", name, err, test.want)
		}
	}
}

// row is a row of what was asked.
func (s *channelScript) row(endpoint, list string) map[string]any {
	rows, _ := s.asked[endpoint][list].([]any)
	if len(rows) == 0 {
		return nil
	}
	return rows[0].(map[string]any)
}

var channelQuirks = []quirkTest{
	{linnworkstest.ChannelsForgetUnechoed, func(t *testing.T, a account) any {
		s, app, _ := installScript(t, a, map[string]string{"InventoryUpdate": `{"Products":[]}`})
		must(app.ReadProducts(t.Context()))(t)
		must(app.SendLevels(t.Context()))(t)
		check(t, a.SetOnHand("MUG", home, 3))
		delete(s.asked, "InventoryUpdate")
		must(app.SendLevels(t.Context()))(t)
		return s.row("InventoryUpdate", "Products") == nil
	}, true, false},
	{linnworkstest.ChannelsGetPackages, func(t *testing.T, a account) any {
		s, app, id := installScript(t, a, nil)
		check(t, a.Process(id))
		must(app.SendDespatches(t.Context()))(t)
		return s.row("Despatch", "Orders")["Packages"] != nil
	}, true, false},
	{linnworkstest.ChannelsGetText, func(t *testing.T, a account) any {
		s, app, id := installScript(t, a, nil)
		check(t, a.Process(id))
		must(app.SendDespatches(t.Context()))(t)
		return s.row("Despatch", "Orders")["Items"].([]any)[0].(map[string]any)["DespatchedQuantity"]
	}, "1", 1.0},
	{linnworkstest.ChannelsGetTicks, func(t *testing.T, a account) any {
		s, _, _ := installScript(t, a, nil)
		return strings.HasPrefix(s.asked["Orders"]["UTCTimeFrom"].(string), "/Date(")
	}, true, false},
	{linnworkstest.ChannelsMisspellToken, func(t *testing.T, a account) any {
		s, _, _ := installScript(t, a, nil)
		return s.asked["Orders"]["AuthorisationToken"] == "t"
	}, true, false},
	{linnworkstest.ChannelsPriceInventory, func(t *testing.T, a account) any {
		s, app, _ := installScript(t, a, map[string]string{"PriceUpdate": `{"Products":[]}`})
		must(app.SendPrices(t.Context(), map[string]linnworks.Decimal{"MUG": "1"}))(t)
		return s.row("PriceUpdate", "Inventory") != nil
	}, true, false},
	{linnworkstest.ChannelsRetryDespatch, func(t *testing.T, a account) any {
		_, app, id := installScript(t, a, nil)
		check(t, a.Process(id))
		must(app.SendDespatches(t.Context()))(t)
		return len(must(app.SendDespatches(t.Context()))(t))
	}, 1, 0},
	{linnworkstest.ChannelsWaitToCancel, func(t *testing.T, a account) any {
		_, app, id := installScript(t, a, nil)
		if err := app.CancelOrder(t.Context(), id, ""); err == nil {
			t.Error("what the application refuses is not an error")
		}
		return a.details(t, id).Processed
	}, false, true},
}
