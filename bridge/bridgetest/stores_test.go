package bridgetest

import (
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// memoryStore is what the package bridge keeps in memory.
type memoryStore struct {
	*store.Memory
	*store.MemoryIntake
	*store.MemoryImports
}

func newMemoryStore(_ *testing.T, now func() time.Time) Store {
	return memoryStore{new(store.Memory), new(store.MemoryIntake), &store.MemoryImports{Now: now}}
}

func TestMemoryStores(t *testing.T) {
	TestStore(t, newMemoryStore, nil)
}
