package bridge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// The shop's clock is ahead of ours by as much as TikTok Shop allows. What was placed a
// moment ago, and nobody has told of, is in the next poll.
func TestIntakeSeesOrdersOfAClockThatIsFast(t *testing.T) {
	for _, fast := range []time.Duration{0, 30 * time.Second, 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c := newCounter(sold("1", bridge.AwaitingShipment, -fast))
			runIntake(t, c.intake(t, noSweep))
			if len(c.handled) != 1 {
				t.Errorf("a clock %s fast: %d orders handed on by the first poll, want 1", fast, len(c.handled))
			}
		})
	}
}
