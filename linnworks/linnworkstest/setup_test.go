package linnworkstest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

var home = linnworks.ZeroGUID // the Default location

// opening is when synctest bubbles begin.
var opening = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// account is a fake with two items, a kit of both, and a client.
//
//	MUG 10 at Default, 4 at Overflow; TEA 30 at Default, 0 at Overflow
//	SET = 1 MUG + 3 TEA
type account struct {
	*linnworkstest.Fake
	c        *linnworks.Client
	overflow linnworks.GUID
	mug, set linnworks.GUID
}

func open(t *testing.T, opts ...linnworkstest.Option) account {
	t.Helper()
	a := account{Fake: linnworkstest.New(opts...)}
	a.overflow = a.AddLocation("Overflow")
	a.mug = must(a.AddItem(linnworkstest.Item{SKU: "MUG", Title: "Red mug", Barcode: "501", Levels: map[linnworks.GUID]int{home: 10, a.overflow: 4}}))(t)
	must(a.AddItem(linnworkstest.Item{SKU: "TEA", Levels: map[linnworks.GUID]int{home: 30}}))(t)
	a.set = must(a.AddItem(linnworkstest.Item{SKU: "SET", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 1}, {SKU: "TEA", Quantity: 3}}}))(t)
	for channel, sku := range map[string]string{"c-mug": "MUG", "c-set": "SET"} {
		check(t, a.MapChannelSKU("SHOP", "UK", channel, sku))
	}
	c, err := a.Client(linnworks.WithLimiter(unlimited{}))
	check(t, err)
	a.c = c
	return a
}

// errOf drops the result of a call.
func errOf[T any](_ T, err error) error { return err }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must passes a value on, or fails the test. A reply that tells what was not done
// is a value: tests look into it.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if !linnworks.IsPartial(err) {
			check(t, err)
		}
		return v
	}
}

// paid is a paid order of one line.
func paid(reference, channelSKU string, qty int) linnworks.ChannelOrder {
	return linnworks.ChannelOrder{
		Source: "SHOP", SubSource: "UK", ReferenceNumber: reference, PaymentStatus: "Paid",
		ReceivedDate: linnworks.Time{Time: opening}, DispatchBy: linnworks.Time{Time: opening.AddDate(0, 0, 2)},
		OrderItems: []linnworks.ChannelOrderItem{{ItemNumber: "1", ChannelSKU: channelSKU, Qty: qty, PricePerUnit: "10", TaxCostInclusive: true}},
	}
}

// create saves orders at Default and returns the ids of the reply.
func (a account) create(t *testing.T, orders ...linnworks.ChannelOrder) []linnworks.GUID {
	t.Helper()
	return must(a.c.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Orders: orders, Location: "Default"}))(t)
}

// order saves one order and returns its id.
func (a account) order(t *testing.T, in linnworks.ChannelOrder) linnworks.GUID {
	t.Helper()
	ids := a.create(t, in)
	if len(ids) != 1 {
		t.Fatalf("CreateOrders returned %d ids, want 1", len(ids))
	}
	return ids[0]
}

func (a account) details(t *testing.T, id linnworks.GUID) linnworks.OrderDetails {
	t.Helper()
	got := must(a.c.Orders.GetOrdersByID(t.Context(), &linnworks.GetOrdersByIDRequest{OrderIDs: []linnworks.GUID{id}}))(t)
	if len(got) != 1 {
		t.Fatalf("GetOrdersById returned %d orders, want 1", len(got))
	}
	return got[0]
}

func (a account) level(t *testing.T, sku string, at linnworks.GUID) linnworkstest.Level {
	t.Helper()
	return must(a.Level(sku, at))(t)
}

// unlimited lets every call out at once.
type unlimited struct{}

func (unlimited) Wait(context.Context, linnworks.LimitKey) error { return nil }

// raw posts a body as it stands, with the session of a fresh authorisation,
// and returns status and body.
func (a account) raw(t *testing.T, path, contentType, body string) (int, string) {
	t.Helper()
	status, text, _ := a.send(t, http.MethodPost, "https://eu-ext.linnworkstest.example/api/"+path, a.token(t), contentType, body)
	return status, text
}

func (a account) token(t *testing.T) string {
	t.Helper()
	c := a.Credentials()
	in := fmt.Sprintf(`{"ApplicationId":%q,"ApplicationSecret":%q,"Token":%q}`, c.ApplicationID, c.ApplicationSecret.Reveal(), c.Token.Reveal())
	_, body, _ := a.send(t, http.MethodPost, "https://api.linnworks.net/api/Auth/AuthorizeByApplication", "", "application/json", in)
	var session struct{ Token string }
	check(t, json.Unmarshal([]byte(body), &session))
	return session.Token
}

func (a account) send(t *testing.T, method, url, token, contentType, body string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	check(t, err)
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := a.RoundTripper().RoundTrip(req)
	check(t, err)
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	check(t, err)
	return resp.StatusCode, string(bytes.TrimSpace(out)), resp.Header
}

const (
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

// message is the Message of an error body.
func message(t *testing.T, body string) string {
	t.Helper()
	var e struct{ Message string }
	check(t, json.Unmarshal([]byte(body), &e))
	return e.Message
}
