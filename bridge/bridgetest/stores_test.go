package bridgetest

import (
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// memoryStore is what the package bridge keeps in memory.
type memoryStore struct {
	*store.Memory
	*memoryQueue
	*store.MemoryIntake
	*store.MemoryImports
}

type memoryQueue = exceptions.Memory

func newMemoryStore(_ *testing.T, now func() time.Time) Store {
	return memoryStore{new(store.Memory), &exceptions.Memory{Now: now}, new(store.MemoryIntake), &store.MemoryImports{Now: now}}
}

func TestMemoryStores(t *testing.T) {
	TestStore(t, newMemoryStore, nil)
}
