package main

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// pullEvery is how often the made-up Linnworks comes for orders. The real one takes ten
// minutes or more.
const pullEvery = 8 * time.Second

// pull installs the channel integration in Linnworks as people do, and has Linnworks come
// for the orders until ctx ends.
func (t *trade) pull(ctx context.Context, address string) {
	channel, err := t.Warehouse.InstallChannelApp(ctx, linnworkstest.ChannelAppSetup{
		Channel: madeup.Source, URL: address, AccountID: demoAccount, AccountName: madeup.SubSource,
	})
	if err != nil {
		if ctx.Err() == nil {
			t.say("Linnworks cannot pull: " + err.Error())
		}
		return
	}
	for sleep(ctx, pullEvery) == nil {
		switch got, err := channel.PullOrders(ctx); {
		case ctx.Err() != nil:
		case err != nil:
			t.say("Linnworks pulls, and is told that not all orders could be read: " + err.Error())
		case got.New > 0:
			t.say(fmt.Sprintf("Linnworks pulls: %d new orders", got.New))
		}
		if _, err := channel.SendDespatches(ctx); err != nil && ctx.Err() == nil {
			t.say("Linnworks reports parcels, and the bridge tells TikTok of some of them later: " + err.Error())
		}
	}
}
