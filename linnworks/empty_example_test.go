package linnworks_test

import (
	"context"
	"fmt"
)

// Types that also come back leave an empty text out. Call sends one on purpose,
// here to take the telephone number from a supplier.
func ExampleClient_Call_empty() {
	client := newClient(warehouse{"/api/Inventory/UpdateSupplier": ``})

	err := client.Call(context.Background(), "POST", "/api/Inventory/UpdateSupplier", nil, map[string]any{
		"supplier": map[string]any{"pkSupplierID": "00000000-0000-0000-0000-000000000001", "SupplierName": "Acme", "TelephoneNumber": ""},
	}, nil)
	fmt.Println(err)
	// Output:
	// <nil>
}
