package linnworks_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/jarcoal/httpmock"

	"github.com/linnbridge/linnbridge/linnworks"
)

func ExampleWithLogger() {
	// Times differ from run to run, so the example leaves them out.
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey, "wait", "duration":
				return slog.Attr{}
			}
			return a
		},
	})
	client := newClient(warehouse{"/api/Inventory/GetStockLocations": `[]`}, linnworks.WithLogger(slog.New(handler)))

	if _, err := client.Inventory.GetStockLocations(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	// Output:
	// level=DEBUG msg="api call" operation=Auth.AuthorizeByApplication method=POST path=/api/Auth/AuthorizeByApplication attempt=1 status=200 code="" bytes=119
	// level=DEBUG msg="api call" operation=Inventory.GetStockLocations method=GET path=/api/Inventory/GetStockLocations attempt=1 status=200 code="" bytes=2
}

func ExamplePartialError() {
	client := newClient(warehouse{"/api/Stock/UpdateStockLevelsBulk": `{"Items":[
		{"SKU":"MUG-BLUE","StockLevel":12},
		{"SKU":"GIFT-SET","Errors":["Composite items have no level of their own"]}]}`})

	reply, err := client.Stock.UpdateStockLevelsBulk(context.Background(), &linnworks.UpdateStockLevelsBulkRequest{Items: []linnworks.UpdateStockLevelsBulkRequestItem{
		{SKU: new("MUG-BLUE"), StockLevel: new(12)}, {SKU: new("GIFT-SET"), StockLevel: new(3)},
	}})
	var partial *linnworks.PartialError
	if errors.As(err, &partial) {
		for _, item := range partial.Items {
			fmt.Println(item.Key, "was not set:", item.Message)
		}
	}
	fmt.Println(reply.Items[0].SKU, reply.Items[0].StockLevel)
	// Output:
	// GIFT-SET was not set: Composite items have no level of their own
	// MUG-BLUE 12
}

func ExampleOrdersService_ChangeStatusVerified() {
	const id = "9a0e2c44-51f0-4b7e-8f43-0c6f2f1c3b11"
	client := newClient(warehouse{
		"/api/Orders/ChangeStatus":  `["` + id + `"]`, // it says that it did
		"/api/Orders/GetOrdersById": `[{"OrderId":"` + id + `","Processed":false,"GeneralInfo":{"Status":0,"IsParked":true}}]`,
	})

	err := client.Orders.ChangeStatusVerified(context.Background(), &linnworks.ChangeStatusRequest{OrderIDs: []linnworks.GUID{id}, Status: 1})
	fmt.Println(linnworks.IsNotApplied(err))
	fmt.Println(err)
	// Output:
	// true
	// linnworks: Orders.ChangeStatus: not applied: 9a0e2c44-51f0-4b7e-8f43-0c6f2f1c3b11: the order is unpaid, parked
}

func ExampleWithSessionWarning() {
	client := newClient(warehouse{"/api/Auth/AuthorizeByApplication": `{"Status":{"State":"MAINTENANCE"}}`},
		linnworks.WithSessionWarning(func(err error) {
			fmt.Println("maintenance:", linnworks.IsMaintenance(err))
		}))

	_, err := client.Inventory.GetStockLocations(context.Background(), nil)
	fmt.Println("unavailable:", linnworks.IsUnavailable(err))
	// Output:
	// maintenance: true
	// unavailable: true
}

// A client takes any transport, such as one of a mocking library. Package
// linnworkstest has a whole fake Linnworks.
func ExampleWithHTTPClient() {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", "https://api.linnworks.net/api/Auth/AuthorizeByApplication",
		httpmock.NewStringResponder(200, `{"Token":"11111111-2222-4333-8444-555555555555","Server":"https://eu-ext.linnworks.net"}`))
	mock.RegisterResponder("GET", "https://eu-ext.linnworks.net/api/Inventory/GetStockLocations",
		httpmock.NewStringResponder(200, `[{"LocationName":"Default"}]`))

	client, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID:     "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
		ApplicationSecret: linnworks.NewSecret("bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"),
		Token:             linnworks.NewSecret("cccccccc-dddd-4eee-8fff-000000000000"),
	}, linnworks.WithHTTPClient(&http.Client{Transport: mock}))
	if err != nil {
		log.Fatal(err)
	}
	locations, err := client.Inventory.GetStockLocations(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(locations[0].LocationName, mock.GetTotalCallCount())
	// Output:
	// Default 2
}
