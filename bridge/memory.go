package bridge

import (
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Memory remembers everything of any number of shops, for one process. The zero
// value is empty. It is the exceptions.Desk of all shops too.
type Memory struct {
	exceptions.Memory

	orders store.Memory
}

// shopMemory is what is remembered of one shop.
type shopMemory struct {
	store.Shop
	exceptions.Queue
}

// Shop returns what is remembered of one shop.
func (m *Memory) Shop(name string) Store {
	return shopMemory{m.orders.Shop(name), m.Memory.Shop(name)}
}
