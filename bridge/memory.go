package bridge

import (
	"sync"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Memory remembers everything of any number of shops, for one process. The zero
// value is empty. It is the exceptions.Desk of all shops too.
type Memory struct {
	exceptions.Memory

	mu    sync.Mutex
	shops map[string]*shopMemory
}

type (
	ledgerMemory = store.Memory
	shopMemory   struct {
		ledgerMemory
		store.MemoryIntake
		store.MemoryImports
		store.MemoryLabels
		store.MemoryCorrections
		exceptions.Queue
	}
)

// Shop returns what is remembered of one shop.
func (m *Memory) Shop(name string) Store {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shops == nil {
		m.shops = map[string]*shopMemory{}
	}
	if m.shops[name] == nil {
		m.shops[name] = &shopMemory{Queue: m.Memory.Shop(name)}
	}
	return m.shops[name]
}
