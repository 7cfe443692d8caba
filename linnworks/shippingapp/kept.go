package shippingapp

import (
	"cmp"
	"container/list"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// KeptLabel is a label that was handed out.
type KeptLabel struct {
	InstallationID string
	OrderID        int
	// OrderReference is the order's reference number.
	OrderReference string
	// ServiceID is the service that it was made with.
	ServiceID linnworks.GUID
	Label     Label
	// At is when it was made, in UTC.
	At time.Time
}

// fits reports whether the label is what a request asks for.
func (k *KeptLabel) fits(r *LabelRequest) bool {
	var numbers []int
	for _, p := range k.Label.Packages {
		numbers = append(numbers, p.SequenceNumber)
	}
	wanted := r.sequence()
	slices.Sort(numbers)
	slices.Sort(wanted)
	return k.ServiceID == r.ServiceID && slices.Equal(numbers, wanted)
}

// Labels keeps labels until they are cancelled, so that a second press of "print"
// makes no second label. Labels show buyers' addresses: forget them some time after the
// parcels have left. It must be safe for concurrent use; several processes behind one
// address share one.
type Labels interface {
	// PutLabel adds a label, or replaces the one of the same installation and order.
	PutLabel(ctx context.Context, k KeptLabel) error
	// Label returns the label of an order, or false if there is none.
	Label(ctx context.Context, installationID string, orderID int) (KeptLabel, bool, error)
	// OrderOf returns the OrderID of a label by the order's reference number, of the
	// newest if there are several, or false if there is none. It is rarely needed.
	OrderOf(ctx context.Context, installationID, reference string) (orderID int, found bool, err error)
	// DropLabel forgets the label of an order. An unknown one is ignored.
	DropLabel(ctx context.Context, installationID string, orderID int) error
}

// MemoryLabels are [Labels] of one process. The zero value is ready for use. Set the
// fields before that.
type MemoryLabels struct {
	// Keep is how long a label is kept. Default 14 days.
	Keep time.Duration
	// MaxBytes bounds the pictures and documents; beyond it the oldest labels are
	// forgotten. Default 256 MiB, some thousands of labels.
	MaxBytes int

	mu    sync.Mutex
	of    map[labelKey]*list.Element
	order list.List // of KeptLabel, the oldest first
	bytes int
}

// labelKey is an order of an installation.
type labelKey struct {
	installation string
	order        int
}

// PutLabel never fails.
func (m *MemoryLabels) PutLabel(_ context.Context, k KeptLabel) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := labelKey{k.InstallationID, k.OrderID}
	m.drop(m.of[key])
	if m.of == nil {
		m.of = map[labelKey]*list.Element{}
	}
	m.of[key] = m.order.PushBack(k)
	m.bytes += size(&k.Label)
	for m.bytes > cmp.Or(m.MaxBytes, 256<<20) && m.order.Len() > 1 {
		m.drop(m.order.Front())
	}
	m.forget()
	return nil
}

// Label never fails.
func (m *MemoryLabels) Label(_ context.Context, installationID string, orderID int) (KeptLabel, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	if e := m.of[labelKey{installationID, orderID}]; e != nil {
		return e.Value.(KeptLabel), true, nil
	}
	return KeptLabel{}, false, nil
}

// OrderOf never fails. It looks through all labels.
func (m *MemoryLabels) OrderOf(_ context.Context, installationID, reference string) (int, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for e := m.order.Back(); e != nil; e = e.Prev() {
		if k := e.Value.(KeptLabel); k.InstallationID == installationID && k.OrderReference == reference && reference != "" {
			return k.OrderID, true, nil
		}
	}
	return 0, false, nil
}

// DropLabel never fails.
func (m *MemoryLabels) DropLabel(_ context.Context, installationID string, orderID int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(m.of[labelKey{installationID, orderID}])
	return nil
}

// forget drops what is too old.
func (m *MemoryLabels) forget() {
	oldest := time.Now().Add(-cmp.Or(m.Keep, 14*24*time.Hour))
	for e := m.order.Front(); e != nil && e.Value.(KeptLabel).At.Before(oldest); e = m.order.Front() {
		m.drop(e)
	}
}

func (m *MemoryLabels) drop(e *list.Element) {
	if e == nil {
		return
	}
	k := m.order.Remove(e).(KeptLabel)
	m.bytes -= size(&k.Label)
	delete(m.of, labelKey{k.InstallationID, k.OrderID})
}

func size(l *Label) (n int) {
	for _, p := range l.Packages {
		n += len(p.PNG)
		for _, document := range slices.Concat(p.MorePNGs, p.PDFs) {
			n += len(document)
		}
	}
	return n
}
