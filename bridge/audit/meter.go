package audit

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Meter counts calls for [Quotas], from the observers of the clients:
//
//	meter := new(audit.Meter)
//	tiktokshop.WithObserver(func(_ context.Context, e tiktokshop.Event) {
//		meter.Saw("TikTok Shop", e.Operation, e.Status)
//	})
//
// The clients keep to the limits that both sides publish. If calls are refused for their
// pace all the same, another program uses the same quota, or it is smaller than published.
// It is safe for concurrent use.
type Meter struct {
	// Now replaces time.Now.
	Now func() time.Time

	mu           sync.Mutex
	began        time.Time // of counts
	counts, last map[[2]string]Quota
}

// meterTurn is how long a Meter counts before what it counted before is forgotten.
const meterTurn = 12 * time.Hour

// Saw counts an attempt that was answered with an HTTP status.
func (m *Meter) Saw(side, operation string, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn()
	key := [2]string{side, operation}
	q := m.counts[key]
	q.Side, q.Operation = side, operation
	q.Calls++
	if status == http.StatusTooManyRequests {
		q.Refused++
	}
	m.counts[key] = q
}

func (m *Meter) turn() {
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	if at := now(); m.counts == nil || at.Sub(m.began) >= meterTurn {
		m.last, m.counts = m.counts, map[[2]string]Quota{}
		if at.Sub(m.began) >= 2*meterTurn {
			m.last = nil
		}
		m.began = at
	}
}

// Quotas implements [Quotas] with what was counted in the last 12 to 24 hours.
func (m *Meter) Quotas() []Quota {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn()
	sums := maps.Clone(m.counts)
	for key, q := range m.last {
		sum := sums[key]
		sum.Side, sum.Operation = q.Side, q.Operation
		sum.Calls, sum.Refused = sum.Calls+q.Calls, sum.Refused+q.Refused
		sums[key] = sum
	}
	return slices.SortedFunc(maps.Values(sums), func(a, b Quota) int {
		return cmp.Or(cmp.Compare(a.Side, b.Side), cmp.Compare(a.Operation, b.Operation))
	})
}
