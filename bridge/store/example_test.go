package store_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// Each shop has a view of its own; what is reserved counts for all that sell from
// the same warehouse.
func ExampleMemory() {
	ctx := context.Background()
	var memory store.Memory
	north, south := memory.Shop("north"), memory.Shop("south")

	err := north.PutReservations(ctx, store.Reservation{OrderID: "5764", Items: map[string]int{"i-mug": 2}, LocationID: "leeds", SeenAt: time.Now()})
	if err != nil {
		fmt.Println(err)
		return
	}
	own, err := south.ReservationsOf(ctx, "5764")
	fmt.Println("south has", len(own), "order 5764 of its own", err)
	all, err := south.Reservations(ctx)
	fmt.Println("reserved for the account:", all[0].Items["i-mug"], "of", all[0].Shop, err)

	// Work under a lock goes on with the context that Lock returns: it ends when the
	// lock is lost, and a late write with it is refused.
	held, unlock, err := north.Lock(ctx, "order/5764")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer unlock()
	fmt.Println("dropped:", north.DropReservations(held, "5764"))
	// Output:
	// south has 0 order 5764 of its own <nil>
	// reserved for the account: 2 of north <nil>
	// dropped: <nil>
}
