package notify_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/notify"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// terminal prints messages.
type terminal struct{}

func (terminal) Send(_ context.Context, m notify.Message) error {
	fmt.Printf("to %s: %s\n%s", m.To, m.Subject(), m.Text())
	return nil
}

func ExampleNotifier() {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	desk := exceptions.Memory{Now: clock}
	memory := store.Memory{Now: clock}
	e := exceptions.New(exceptions.NoTracking, "order 576461413038785752", now.Add(6*time.Hour), "it was processed without a tracking number", "add the number in Linnworks")
	if err := desk.Shop("UK").Raise(context.Background(), e); err != nil {
		fmt.Println(err)
	}

	notifier, err := notify.New(notify.Ports{Cases: &desk, Memory: memory.Shop("notify")}, notify.Options{
		Recipients: []notify.Recipient{{Name: "packing bench", Teams: []exceptions.Owner{exceptions.OwnerWarehouse}, Sender: terminal{}}},
		Now:        clock,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 { // every hour here; every minute in a program
		if _, err := notifier.Run(context.Background()); err != nil {
			fmt.Println(err)
		}
		now = now.Add(time.Hour)
	}
	// Output:
	// to packing bench: urgent: no tracking, order 576461413038785752 (new, 6 hours left)
	// URGENT: no tracking, order 576461413038785752 [UK] - new, 6 hours left
	//   Seen: it was processed without a tracking number
	//   Do: add the number in Linnworks
	//   By: Tue 1 Dec 15:00 UTC
	// to packing bench: urgent: no tracking, order 576461413038785752 (4 hours left)
	// URGENT: no tracking, order 576461413038785752 [UK] - 4 hours left
	//   Seen: it was processed without a tracking number
	//   Do: add the number in Linnworks
	//   By: Tue 1 Dec 15:00 UTC
}
