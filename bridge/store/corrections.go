package store

import (
	"context"
	"sync"
	"time"
)

// Correction is a tracking number that was changed after it was sent.
type Correction struct {
	OrderID  string
	From, To string
	// At is when it was begun. Done tells that the shop was seen to show it.
	At   time.Time
	Done bool
}

// Corrections remembers what was corrected: one for each order.
type Corrections interface {
	// Correction returns the correction of an order, or false.
	Correction(ctx context.Context, orderID string) (Correction, bool, error)
	// PutCorrection adds or replaces one.
	PutCorrection(ctx context.Context, c Correction) error
}

// MemoryCorrections is a [Corrections] in memory. The zero value is empty. The
// shop itself refuses a second correction, so that nothing worse than that
// happens if a restart forgets the first.
type MemoryCorrections struct {
	mu   sync.Mutex
	kept map[string]Correction
}

// Correction implements [Corrections].
func (m *MemoryCorrections) Correction(ctx context.Context, orderID string) (Correction, bool, error) {
	if err := ctx.Err(); err != nil {
		return Correction{}, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.kept[orderID]
	return c, ok, nil
}

// PutCorrection implements [Corrections].
func (m *MemoryCorrections) PutCorrection(ctx context.Context, c Correction) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]Correction{}
	}
	m.kept[c.OrderID] = c
	return nil
}
