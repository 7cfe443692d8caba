package linnworksadapter_test

import (
	"context"
	"fmt"

	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

func ExampleNew() {
	fake := linnworkstest.New()
	client, err := fake.Client()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = linnworksadapter.New(context.Background(), client, linnworksadapter.Options{Source: "TikTok", SubSource: "uk"})
	fmt.Println(err)
	// Output:
	// linnworksadapter: New: Source "TikTok" is the name of another channel: choose one of your own
}
