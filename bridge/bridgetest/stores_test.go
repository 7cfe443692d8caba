package bridgetest

import (
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// memoryStore is what the package bridge keeps in memory.
type memoryStore struct {
	*bridge.Memory
	*memoryQueue
	*bridge.MemoryIntake
	*bridge.MemoryImports
}

type memoryQueue = bridge.MemoryExceptions

func newMemoryStore(_ *testing.T, now func() time.Time) Store {
	return memoryStore{new(bridge.Memory), &bridge.MemoryExceptions{Now: now}, new(bridge.MemoryIntake), &bridge.MemoryImports{Now: now}}
}

func TestMemoryStores(t *testing.T) {
	TestStore(t, newMemoryStore, nil)
}
