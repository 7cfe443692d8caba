package stage_test

import (
	"fmt"

	"github.com/linnbridge/linnbridge/bridge/stage"
)

// A cut-off comes from a configuration, and is compared with how far an order is.
func ExampleParse() {
	cutOff, err := stage.Parse("label_printed")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, now := range []stage.Stage{stage.Picking, stage.LabelPrinted, stage.Processed} {
		fmt.Printf("%s: too late to cancel: %t\n", now, now >= cutOff)
	}
	// Output:
	// picking: too late to cancel: false
	// label printed: too late to cancel: true
	// processed: too late to cancel: true
}
