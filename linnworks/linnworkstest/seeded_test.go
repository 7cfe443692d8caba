package linnworkstest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// faulty makes n calls of two operations and returns what became of them.
func faulty(t *testing.T, seed uint64, n int) []string {
	var out []string
	synctest.Test(t, func(t *testing.T) {
		a := open(t, linnworkstest.WithFaults(seed, linnworkstest.Rough(0.5)), linnworkstest.WithoutQuotas())
		a.c = must(a.Client(linnworks.WithLimiter(unlimited{}), linnworks.WithMaxAttempts(1)))(t) // whose pauses are random
		for range n {
			_, _ = a.c.Inventory.GetStockLocations(t.Context(), nil)
			_, _ = a.c.PostalServices.GetPostalServices(t.Context(), nil)
		}
		for _, c := range a.Calls() {
			out = append(out, fmt.Sprintln(c.Operation, c.Status, c.Fault))
		}
		if a.Seed() != seed {
			t.Errorf("seed %d, want %d", a.Seed(), seed)
		}
	})
	return out
}

func TestASeedReplaysItsFaults(t *testing.T) {
	first, again, other := faulty(t, 7, 150), faulty(t, 7, 150), faulty(t, 8, 150)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same seed (-first +again):\n%s", diff)
	}
	if cmp.Equal(first, other) {
		t.Error("another seed has the same faults")
	}
	all := strings.Join(first, "") + strings.Join(other, "")
	for _, kind := range []string{"slow", "clock off", "throttled", "500", "503", "cut before", "cut after", "truncated", "mislabelled", "not JSON", "session expired", "maintenance"} {
		if !strings.Contains(all, kind) {
			t.Errorf("no call met %q", kind)
		}
	}
}

func TestFaultsCanBePaused(t *testing.T) {
	a := open(t, linnworkstest.WithFaults(1, linnworkstest.Rates{CutBefore: 1}))
	a.c = must(a.Client(linnworks.WithMaxAttempts(1)))(t)
	a.PauseFaults(true)
	must(a.c.Inventory.GetStockLocations(t.Context(), nil))(t)
	a.PauseFaults(false)
	if _, err := a.c.Inventory.GetStockLocations(t.Context(), nil); err == nil {
		t.Error("the call met no fault")
	}
	if got := a.Calls(linnworkstest.Faulty(), linnworkstest.Answered(0)); len(got) == 0 || len(a.Calls(linnworkstest.Not(linnworkstest.Faulty()))) != 2 {
		t.Errorf("faulty calls %+v", got)
	}
}

func TestRatesAddUpToOneAtMost(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("rates of 1.1 were accepted")
		}
	}()
	linnworkstest.WithFaults(1, linnworkstest.Rates{CutAfter: 0.6, Session: 0.5})
}

func TestTruncatedAndMislabelledAnswersTookEffect(t *testing.T) {
	a := open(t)
	f := func(fault linnworkstest.Fault, reference string) {
		a.Fail("Orders.CreateOrders", 9, fault)
		c := must(a.Client(linnworks.WithLimiter(unlimited{}), linnworks.WithMaxAttempts(1)))(t)
		_, _ = c.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Orders: []linnworks.ChannelOrder{paid(reference, "c-mug", 1)}, Location: "Default"})
	}
	f(linnworkstest.Truncated().After(0), "1")
	if len(a.OrdersByReference("SHOP", "UK", "1")) != 1 {
		t.Error("no order after a truncated answer")
	}
	b := open(t)
	b.Fail("*.GetStockLocations", 1, linnworkstest.Truncated())
	b.Fail("*.GetPostalServices", 1, linnworkstest.Mislabelled())
	server := httptest.NewServer(b)
	defer server.Close()
	get := func(path string) (*http.Response, error) {
		req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/"+path, nil))(t)
		req.Header.Set("Authorization", b.token(t))
		return http.DefaultClient.Do(req)
	}
	resp := must(get("Inventory/GetStockLocations"))(t)
	defer func() { _ = resp.Body.Close() }()
	if text, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(text) == 0 {
		t.Errorf("read %d bytes and %v, want half an answer", len(text), err)
	}
	resp = must(get("PostalServices/GetPostalServices"))(t)
	defer func() { _ = resp.Body.Close() }()
	if text := must(io.ReadAll(resp.Body))(t); string(text) != "[]" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%s %q", resp.Header.Get("Content-Type"), text)
	}
}

func TestAClockThatIsOffShowsInDateAndRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		token := a.token(t)
		a.Fail("*", 1, linnworkstest.Throttle(time.Minute).Skewed(time.Hour))
		status, _, header := a.send(t, http.MethodGet, "https://eu-ext.linnworkstest.example/api/Inventory/GetStockLocations", token, "", "")
		date, after := must(http.ParseTime(header.Get("Date")))(t), must(http.ParseTime(header.Get("Retry-After")))(t)
		if status != 429 || !date.Equal(opening.Add(time.Hour)) || !after.Equal(date.Add(time.Minute)) {
			t.Errorf("status %d, Date %s, Retry-After %s", status, date, after)
		}
		a.Fail("*", 1, linnworkstest.ClockOff(-time.Hour))
		if _, _, header := a.send(t, http.MethodGet, "https://eu-ext.linnworkstest.example/api/Inventory/GetStockLocations", token, "", ""); header.Get("Date") != opening.Add(-time.Hour).Format(http.TimeFormat) {
			t.Errorf("Date %s", header.Get("Date"))
		}
	})
}

func TestTheStateOfTheAccountStopsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		token := a.token(t)
		get := func() int {
			status, _, _ := a.send(t, http.MethodGet, "https://eu-ext.linnworkstest.example/api/Inventory/GetStockLocations", token, "", "")
			return status
		}
		a.SetAccountState("LOCKED_FULL", "an unpaid bill")
		if got := get(); got != 403 {
			t.Errorf("locked: status %d, want 403", got)
		}
		fresh := must(a.Client(linnworks.WithMaxAttempts(1)))(t)
		if _, err := fresh.Inventory.GetStockLocations(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "LOCKED_FULL an unpaid bill") {
			t.Errorf("error %v, want the state and its reason", err)
		}
		a.SetAccountState("AVAILABLE", "")
		a.Maintain(10 * time.Minute)
		if got := get(); got != 503 {
			t.Errorf("maintenance: status %d, want 503", got)
		}
		time.Sleep(10 * time.Minute)
		if got := get(); got != 200 {
			t.Errorf("afterwards: status %d, want 200", got)
		}
		a.Fail("*", 1, linnworkstest.Maintenance(time.Minute))
		if first, second := get(), get(); first != http.StatusServiceUnavailable || second != http.StatusServiceUnavailable {
			t.Error("no maintenance by a fault")
		}
		time.Sleep(time.Minute)
		a.Fail("*", 1, linnworkstest.ExpiredSession())
		if first, second := get(), get(); first != http.StatusUnauthorized || second != http.StatusUnauthorized {
			t.Error("the session is alive")
		}
	})
}

func TestAMissingPermissionIs403(t *testing.T) {
	a := open(t, linnworkstest.WithoutPermission("orders.delete*"))
	id := a.order(t, paid("1", "c-mug", 1))
	if _, err := a.c.Orders.DeleteOrder(t.Context(), &linnworks.DeleteOrderRequest{OrderID: id}); refused(nil, err) != 403 {
		t.Errorf("error %v, want 403", err)
	}
}

func TestStartServesOnASocketUntilTheTestEnds(t *testing.T) {
	tb := &recorder{T: t}
	s := linnworkstest.Start(tb, linnworkstest.WithFaults(42, linnworkstest.Rates{}))
	must(s.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{home: 3}}))(t)
	id := must(s.AddOrder(linnworkstest.Order{Reference: "7", Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 2}}}))(t)
	if _, err := s.AddOrder(linnworkstest.Order{Reference: "7", Lines: []linnworkstest.Line{{SKU: "MUG"}}}); err == nil {
		t.Error("a known order was added again")
	}
	if _, err := s.AddOrder(linnworkstest.Order{Reference: "8"}); err == nil {
		t.Error("an order without lines was added")
	}
	c := must(s.Client())(t)
	got := must(c.OrdersV2.GetOrders(t.Context(), &linnworks.OrdersV2GetOrdersRequest{ID: []linnworks.GUID{id}}))(t)
	if len(got.OpenOrders) != 1 || got.OpenOrders[0].TotalsInfo.TotalCharge != "20" || got.OpenOrders[0].CustomerInfo.Address.FullName != "A. Buyer" {
		t.Errorf("orders %+v", got.OpenOrders)
	}
	pdf := must(c.Print.CreatePDFFromJobForceTemplate(t.Context(), &linnworks.CreatePDFFromJobForceTemplateRequest{TemplateType: new("Shipping Labels"), IDs: []linnworks.GUID{id}}))(t)
	resp := must(http.Get(pdf.URL))(t)
	text := must(io.ReadAll(resp.Body))(t)
	if _ = resp.Body.Close(); !strings.HasPrefix(string(text), "%PDF-1.4") || resp.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("%s of %d bytes", resp.Header.Get("Content-Type"), len(text))
	}
	tb.failed = true
	tb.end()
	if !strings.Contains(tb.log, "42") {
		t.Errorf("log %q, want the seed", tb.log)
	}
	if _, err := http.Get(pdf.URL); err == nil {
		t.Error("the listener is still open")
	}
}

// recorder is a test that ends when told to.
type recorder struct {
	*testing.T
	failed bool
	end    func()
	log    string
}

func (r *recorder) Cleanup(f func())           { r.end = f }
func (r *recorder) Failed() bool               { return r.failed }
func (r *recorder) Logf(f string, args ...any) { r.log += fmt.Sprintf(f, args...) }

func TestCallsAreFoundByMatchers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		a.order(t, paid("77", "c-mug", 1))
		time.Sleep(time.Minute)
		_, _ = a.c.Inventory.GetInventoryItem(t.Context(), &linnworks.GetInventoryItemRequest{SKU: new("none & nothing")})
		for name, test := range map[string]struct {
			match []linnworkstest.Matcher
			want  []string
		}{
			"operation": {[]linnworkstest.Matcher{linnworkstest.Operation("orders.*")}, []string{"Orders.CreateOrders 200"}},
			"status":    {[]linnworkstest.Matcher{linnworkstest.Answered(400)}, []string{"Inventory.GetInventoryItem 400"}},
			"text":      {[]linnworkstest.Matcher{linnworkstest.Mentioning("none & nothing")}, []string{"Inventory.GetInventoryItem 400"}},
			"body":      {[]linnworkstest.Matcher{linnworkstest.Mentioning(`"ReferenceNumber":"77"`)}, []string{"Orders.CreateOrders 200"}},
			"time":      {[]linnworkstest.Matcher{linnworkstest.Between(opening.Add(time.Second), opening.Add(time.Hour))}, []string{"Inventory.GetInventoryItem 400"}},
			"none":      {[]linnworkstest.Matcher{linnworkstest.Operation("orders.*"), linnworkstest.Answered(400)}, nil},
		} {
			if diff := cmp.Diff(test.want, operations(a.Calls(test.match...))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}
