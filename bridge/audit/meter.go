package audit

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"sync"
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
	mu     sync.Mutex
	counts map[[2]string]Quota
}

// Saw counts an attempt that was answered with an HTTP status.
func (m *Meter) Saw(side, operation string, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[[2]string]Quota{}
	}
	key := [2]string{side, operation}
	q := m.counts[key]
	q.Side, q.Operation = side, operation
	q.Calls++
	if status == http.StatusTooManyRequests {
		q.Refused++
	}
	m.counts[key] = q
}

// Quotas implements [Quotas] with what was counted since the call before.
func (m *Meter) Quotas() []Quota {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.SortedFunc(maps.Values(m.counts), func(a, b Quota) int {
		return cmp.Or(cmp.Compare(a.Side, b.Side), cmp.Compare(a.Operation, b.Operation))
	})
	m.counts = nil
	return list
}
