package linnworkstest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

func operations(calls []linnworkstest.Call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, fmt.Sprint(c.Operation, " ", c.Status))
	}
	return out
}

func TestSessionDiesAfterTwentyMinutesWithoutACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		for _, pause := range []time.Duration{0, 19 * time.Minute, 19 * time.Minute, 20 * time.Minute} {
			time.Sleep(pause)
			must(a.c.Inventory.GetStockLocations(t.Context(), nil))(t)
		}
		want := []string{
			"Auth.AuthorizeByApplication 200",
			"Inventory.GetStockLocations 200", "Inventory.GetStockLocations 200", "Inventory.GetStockLocations 200",
			"Inventory.GetStockLocations 401", "Auth.AuthorizeByApplication 200", "Inventory.GetStockLocations 200",
		}
		if diff := cmp.Diff(want, operations(a.Calls())); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestExpiredSessionsAreOpenedAgainByTheClient(t *testing.T) {
	a := open(t)
	a.order(t, paid("1", "c-mug", 1))
	a.ExpireSessions()
	a.order(t, paid("2", "c-mug", 1)) // a write, sent again after the 401
	if n := len(a.Orders()); n != 2 {
		t.Errorf("%d orders, want 2", n)
	}
}

func TestSchemeWordBeforeTheTokenIsRefused(t *testing.T) {
	a := open(t)
	token := a.token(t)
	for authorization, want := range map[string]int{token: 200, "Bearer " + token: 401, "": 401, string(home): 401} {
		got, _, _ := a.send(t, http.MethodGet, "https://eu-ext.linnworkstest.example/api/Inventory/GetStockLocations", authorization, "", "")
		if got != want {
			t.Errorf("Authorization of %d bytes: status %d, want %d", len(authorization), got, want)
		}
	}
}

func TestOpeningASessionTakesThreeEncodings(t *testing.T) {
	a := open(t)
	c := a.Credentials()
	object := fmt.Sprintf(`{"applicationId":%q,"APPLICATIONSECRET":%q,"Token":%q}`, c.ApplicationID, c.ApplicationSecret.Reveal(), c.Token.Reveal())
	fields := url.Values{"applicationId": {c.ApplicationID}, "applicationSecret": {c.ApplicationSecret.Reveal()}, "token": {c.Token.Reveal()}}
	for _, test := range []struct {
		name, contentType, body string
		want                    int
	}{
		{"JSON", asJSON, object, 200},
		{"form fields", asForm, fields.Encode(), 200},
		{"form field request", asForm, url.Values{"request": {object}}.Encode(), 200},
		{"wrong secret", asJSON, strings.Replace(object, c.ApplicationSecret.Reveal(), c.ApplicationID, 1), 401},
		{"no GUID", asJSON, `{"ApplicationId":"mine"}`, 400},
	} {
		got, _, _ := a.send(t, http.MethodPost, "https://api.linnworks.net/api/Auth/AuthorizeByApplication", "", test.contentType, test.body)
		if got != test.want {
			t.Errorf("%s: status %d, want %d", test.name, got, test.want)
		}
	}
}

func TestWrongCredentialsOpenNoSession(t *testing.T) {
	a := open(t)
	wrong := a.Credentials()
	wrong.Token = linnworks.NewSecret("00000000-1111-2222-3333-444444444444")
	c, err := linnworks.NewClient(wrong, linnworks.WithHTTPClient(&http.Client{Transport: a.RoundTripper()}))
	check(t, err)
	if _, err := c.Inventory.GetStockLocations(t.Context(), nil); !linnworks.IsSession(err) {
		t.Errorf("error %v, want one about the session", err)
	}
}

func TestCallsForTheWrongHostAreNotFound(t *testing.T) {
	a := open(t)
	token := a.token(t)
	for target, want := range map[string]int{
		"https://eu-ext.linnworkstest.example/api/Inventory/GetStockLocations":  200,
		"https://EU-ext.linnworkstest.example/API/inventory/getStockLocations":  200,
		"https://us-ext.linnworks.net/api/Inventory/GetStockLocations":          404,
		"https://api.linnworks.net/api/Inventory/GetStockLocations":             404,
		"https://eu-ext.linnworkstest.example/api/Inventory/GetStockLocationsX": 404,
		"https://eu-ext.linnworkstest.example/api/Orders/CreateOrders":          405, // not by GET
	} {
		status, body, _ := a.send(t, http.MethodGet, target, token, "", "")
		if status != want {
			t.Errorf("%s: status %d, want %d (%s)", target, status, want, body)
		}
	}
}

func TestRecordedCallsHoldNoSecrets(t *testing.T) {
	a := open(t)
	a.order(t, paid("77", "c-mug", 1))
	token, c := a.token(t), a.Credentials()
	var seen bool
	for _, call := range a.Calls() {
		text := fmt.Sprintf("%+v", call)
		for _, secret := range []string{token, c.ApplicationSecret.Reveal(), c.Token.Reveal()} {
			if strings.Contains(text, secret) {
				t.Errorf("the record of %s holds a secret", call.Operation)
			}
		}
		seen = seen || strings.Contains(call.Body, `"ReferenceNumber":"77"`)
	}
	if !seen {
		t.Error("the record of CreateOrders does not hold its body")
	}
	if got := operations(a.CallsOf("orders.*")); !cmp.Equal(got, []string{"Orders.CreateOrders 200"}) {
		t.Errorf("calls of Orders: %q", got)
	}
	if a.ForgetCalls(); len(a.Calls()) > 0 {
		t.Error("calls are still recorded")
	}
}

func TestARealListenerNamesItselfAsTheServer(t *testing.T) {
	f := linnworkstest.New()
	server := httptest.NewServer(f)
	defer server.Close()
	c, err := linnworks.NewClient(f.Credentials(), linnworks.WithAuthURL(server.URL), linnworks.WithMaxAttempts(1))
	check(t, err)
	got := must(c.Inventory.GetStockLocations(t.Context(), nil))(t)
	if len(got) != 1 || got[0].LocationName != "Default" || !got[0].StockLocationID.Equal(linnworks.ZeroGUID) {
		t.Errorf("locations %+v, want Default alone", got)
	}
	f.Fail("*", 1, linnworkstest.CutBefore())
	// A POST: net/http itself repeats a GET whose connection ends early.
	if _, err := c.Orders.GetOrdersByID(t.Context(), &linnworks.GetOrdersByIDRequest{OrderIDs: []linnworks.GUID{home}}); !linnworks.IsTemporary(err) {
		t.Errorf("error %v of a cut connection is not temporary", err)
	}
}

func TestServerURLDecidesWhichHostIsRight(t *testing.T) {
	f := linnworkstest.New(linnworkstest.WithServerURL("https://warehouse.example"))
	c, err := f.Client()
	check(t, err)
	must(c.Inventory.GetStockLocations(t.Context(), nil))(t)
	server := httptest.NewServer(f)
	defer server.Close()
	req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/Inventory/GetStockLocations", nil))(t)
	resp := must(http.DefaultClient.Do(req))(t)
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusNotFound {
		t.Errorf("status %d through another host, want 404", resp.StatusCode)
	}
}
