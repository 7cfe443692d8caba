package bridgetest

import (
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
)

func TestMemoryIntakeStore(t *testing.T) {
	TestIntakeStore(t, func(*testing.T) IntakeStore { return new(bridge.MemoryIntake) }, nil)
}
