package linnworks_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// counter is what processes share, such as a script in Redis: take counts a call
// if there is room for one more in the minute, and otherwise says when there is.
type counter interface {
	take(ctx context.Context, name string, perMinute int) (wait time.Duration, err error)
}

// shared asks the counter after the limiter of the process, which orders the
// calls of the process by urgency and learns from throttles.
type shared struct {
	linnworks.Limiter
	counter counter
}

func (s shared) Wait(ctx context.Context, key linnworks.LimitKey) error {
	if err := s.Limiter.Wait(ctx, key); err != nil {
		return err
	}
	for {
		wait, err := s.counter.take(ctx, key.Application+" "+key.Operation, int(key.Published()))
		if err != nil || wait <= 0 {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return &linnworks.LimitError{Wait: wait, Left: time.Until(deadline)}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s shared) Learn(key linnworks.LimitKey, f linnworks.Feedback) time.Duration {
	if l, ok := s.Limiter.(linnworks.LimitLearner); ok {
		return l.Learn(key, f)
	}
	return 0
}

// printed is a counter that admits everything.
type printed struct{}

func (printed) take(_ context.Context, name string, perMinute int) (time.Duration, error) {
	fmt.Println(name, perMinute)
	return 0, nil
}

// Several processes share the budgets of one installation.
func ExampleLimiter() {
	client := newClient(warehouse{"/api/Inventory/GetStockLocations": `[]`},
		linnworks.WithLimiter(shared{linnworks.DefaultLimiter(), printed{}}))

	if _, err := client.Inventory.GetStockLocations(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	// Output:
	// aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee Auth.AuthorizeByApplication 150
	// aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee Inventory.GetStockLocations 150
}

// Another application of the account sets levels too and gets half of the calls.
func ExampleNewLimiterFunc() {
	limiter := linnworks.NewLimiterFunc(func(key linnworks.LimitKey) float64 {
		if key.Operation == "Stock.SetStockLevel" {
			return key.Published() / 2
		}
		return key.Published()
	})
	client := newClient(warehouse{"/api/Stock/SetStockLevel": `[]`}, linnworks.WithLimiter(limiter))

	_, err := client.Stock.SetStockLevel(context.Background(), &linnworks.SetStockLevelRequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG-BLUE", LocationID: "00000000-0000-0000-0000-000000000000", Level: 3}}})
	fmt.Println(err)
	// Output:
	// <nil>
}

// A sweep leaves the way free for what cannot wait.
func ExampleUrgent() {
	client := newClient(warehouse{"/api/Stock/GetStockItemsFull": `[]`, "/api/Stock/SetStockLevel": `[]`})
	ctx := context.Background()

	sweep := linnworks.Bulk(ctx)
	for item, err := range client.Stock.GetStockItemsFullAll(sweep, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(item.ItemNumber)
	}
	_, err := client.Stock.SetStockLevel(linnworks.Urgent(ctx), &linnworks.SetStockLevelRequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG-BLUE", LocationID: "00000000-0000-0000-0000-000000000000", Level: 3}}})
	fmt.Println(linnworks.Urgency(sweep), linnworks.Urgency(ctx), linnworks.Urgency(linnworks.Urgent(ctx)), err)
	// Output:
	// -1 0 1 <nil>
}

// A call that would come too late is not sent.
func ExampleLimitError() {
	client := newClient(warehouse{"/api/ShippingService/GetIntegrations": `[]`}) // one a minute
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()

	for range 2 {
		_, err := client.Shipping.GetIntegrations(ctx, nil)
		fmt.Println(linnworks.IsThrottle(err))
	}
	// Output:
	// false
	// true
}
