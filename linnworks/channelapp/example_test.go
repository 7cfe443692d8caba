package channelapp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
)

// stall is a channel with one order.
type stall struct{}

func (stall) Orders(_ context.Context, _ channelapp.Installation, _ time.Time, _ int) (orders []channelapp.Order, more bool, err error) {
	return []channelapp.Order{{
		Reference: "A-17", PaymentStatus: channelapp.Paid, Currency: "GBP", PostalServiceTag: "second class",
		ReceivedAt:      linnworks.Time{Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)},
		DeliveryAddress: channelapp.Address{FullName: "J. Doe", Address1: "1 High Street", Town: "Leeds", PostCode: "LS1 1AA", CountryCode: "GB"},
		Items:           []channelapp.OrderItem{{Line: "1", SKU: "MUG", Title: "Mug", Quantity: 2, Price: "5.25", TaxInclusive: true}},
	}}, false, nil
}

func (stall) Despatch(_ context.Context, _ channelapp.Installation, orders []channelapp.Despatch) []error {
	errs := make([]error, len(orders))
	for i, o := range orders {
		if o.Tracking == "" {
			errs[i] = channelapp.Refuse("The stall wants a tracking number.")
		}
	}
	return errs
}

// A channel of two dozen lines, and what Linnworks sees of it.
func Example() {
	app, err := channelapp.New(channelapp.Ports{
		Admit:  channelapp.OnlyAccounts("0d5b3b1e-6c1f-4b57-9d6f-0123456789ab"),
		Orders: stall{}, Despatch: stall{},
	}, channelapp.Options{Channel: channelapp.Channel{Name: "STALL", FriendlyName: "The market stall"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = app.Close(context.Background()) }()
	manifest, err := app.Manifest("https://stall.example.com/channel")
	fmt.Println(manifest.OrdersEndpoint, err)

	// What follows is what Linnworks does; package linnworkstest does it for tests.
	call := func(endpoint, body string) (answer struct {
		AuthorizationToken string
		Orders             []struct {
			ReferenceNumber, Error string
			OrderItems             []struct {
				SKU string
				Qty int
			}
		}
	}) {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/channel/"+endpoint, strings.NewReader(body)))
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			fmt.Println(err)
		}
		return answer
	}
	token := call("AddNewUser", `{"LinnworksUniqueIdentifier":"0d5b3b1e-6c1f-4b57-9d6f-0123456789ab","AccountName":"Main"}`).AuthorizationToken
	for _, o := range call("Orders", fmt.Sprintf(`{"AuthorizationToken":%q,"UTCTimeFrom":"2026-03-01 08:00:00Z","PageNumber":1}`, token)).Orders {
		fmt.Printf("order %s: %d of %s\n", o.ReferenceNumber, o.OrderItems[0].Qty, o.OrderItems[0].SKU)
	}
	for _, o := range call("Despatch", fmt.Sprintf(`{"AuthorizationToken":%q,"Orders":[{"ReferenceNumber":"A-17"}]}`, token)).Orders {
		fmt.Printf("order %s: %s\n", o.ReferenceNumber, o.Error)
	}
	// Output:
	// https://stall.example.com/channel/Orders <nil>
	// order A-17: 2 of MUG
	// order A-17: The stall wants a tracking number.
}
