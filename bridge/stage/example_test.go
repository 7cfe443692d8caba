package stage_test

import (
	"fmt"

	"github.com/linnbridge/linnbridge/bridge/stage"
)

func ExampleParse() {
	cutOff, err := stage.Parse("Label_printed")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range []stage.Stage{stage.Picking, stage.Processed} {
		fmt.Printf("%s: too late %t\n", s, s >= cutOff)
	}
	// Output:
	// picking: too late false
	// processed: too late true
}
