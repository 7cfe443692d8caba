package bridge_test

import (
	"context"
	"fmt"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

func ExampleRevoker() {
	ctx := context.Background()
	shop := sellerDesk{market{orders: map[string]bridge.Order{"1": sale("1", "MUG", 1), "2": sale("2", "MUG", 1)}}}
	warehouse := stockroom{orders: map[string]*bridge.WarehouseOrder{
		"1": {ID: "1", Number: "W1", Reference: "1", State: bridge.Dropped},
		"2": {ID: "2", Number: "W2", Reference: "2", State: bridge.Open},
	}}
	memory, exceptions := new(store.Memory).Shop("shop"), new(exceptions.Memory).Shop("shop")
	revoker, err := bridge.NewRevoker(bridge.RevokePorts{
		Orders: shop, Desk: shop, OrderBook: warehouse, Ledger: memory, Locks: memory, Exceptions: exceptions,
	}, bridge.RevokeOptions{Reasons: []string{"seller_cancel_paid_reason_address_not_deliver"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 { // the second time there is nothing to do
		results, err := revoker.Revoke(ctx, *warehouse.orders["1"], *warehouse.orders["2"])
		fmt.Print(results)
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// cancelled in the shop: 1 seller_cancel_paid_reason_address_not_deliver_uk
	// order 1  cancelled in the shop  warehouse order W1  seller_cancel_paid_reason_address_not_deliver_uk
	// order 1  unchanged
}

// sellerDesk is a market in which the seller may cancel.
type sellerDesk struct{ market }

func (sellerDesk) CancelReasons(context.Context, string, []string) ([]string, error) {
	return []string{"seller_cancel_reason_out_of_stock_uk", "seller_cancel_paid_reason_address_not_deliver_uk"}, nil
}

func (s sellerDesk) CancelInShop(_ context.Context, id, reason string, _ []string) error {
	fmt.Println("cancelled in the shop:", id, reason)
	o := s.orders[id]
	o.Status = bridge.Cancelled
	s.orders[id] = o
	return nil
}
