package bridge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Owner is who can mend an exception.
type Owner string

// The owners.
const (
	OwnerWarehouse       Owner = "warehouse"
	OwnerCustomerService Owner = "customer service"
	OwnerEcommerce       Owner = "e-commerce"
	OwnerFinance         Owner = "finance"
	OwnerIntegration     Owner = "integration"
)

// owners are all of them, in the order of the handbook.
var owners = []Owner{OwnerWarehouse, OwnerCustomerService, OwnerEcommerce, OwnerFinance, OwnerIntegration}

// Severity orders exceptions by what waiting costs.
type Severity int

// The severities.
const (
	Notice  Severity = iota // look at it some day
	Warning                 // a sale or a promise is at risk
	Urgent                  // money, stock or a customer is being lost now
)

// String names the severity.
func (s Severity) String() string {
	if s < Notice || s > Urgent {
		return fmt.Sprintf("Severity(%d)", int(s))
	}
	return [...]string{"notice", "warning", "urgent"}[s]
}

// Exception is something that a person has to look at.
type Exception struct {
	Kind     Kind
	Owner    Owner
	Severity Severity
	// Object names what it is about: "order 576...", "SKU MUG-RED".
	Object string
	// Deadline is when waiting starts to cost; zero if unknown.
	Deadline time.Time
	// Seen is what was found, Do what to do about it.
	Seen, Do string
	// Count is how often it was seen, between First and Last.
	Count       int
	First, Last time.Time
}

// Key identifies the exception: the same thing seen again counts up.
func (e Exception) Key() string { return string(e.Kind) + "|" + e.Object }

// String is one line for a log or a terminal.
func (e Exception) String() string {
	s := fmt.Sprintf("[%s, %s] %s: %s: %s. To do: %s", e.Severity, e.Owner, e.Object, e.Kind, e.Seen, e.Do)
	if !e.Deadline.IsZero() {
		s += " (by " + e.Deadline.UTC().Format("2006-01-02 15:04 UTC") + ")"
	}
	return s
}

// raise fills owner and severity from the kind.
func raise(kind Kind, object string, deadline time.Time, seen, do string) Exception {
	k := kinds[kind]
	return Exception{Kind: kind, Owner: k.Owner, Severity: k.Severity, Object: object, Deadline: deadline, Seen: seen, Do: do}
}

// Exceptions is the queue of what needs a person.
type Exceptions interface {
	// Raise adds e, or counts it up if its key is open already.
	Raise(ctx context.Context, e Exception) error
	// Clear closes the exceptions of the kinds given for object, because the
	// cause is gone. Unknown ones are ignored.
	Clear(ctx context.Context, object string, kinds ...Kind) error
	// Open lists what is open, most severe and then most pressing first.
	Open(ctx context.Context) ([]Exception, error)
}

// MemoryExceptions is an [Exceptions] in memory. The zero value is empty.
type MemoryExceptions struct {
	// Now replaces time.Now.
	Now func() time.Time

	mu   sync.Mutex
	open map[string]Exception
}

// Raise implements [Exceptions].
func (m *MemoryExceptions) Raise(_ context.Context, e Exception) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	if m.open == nil {
		m.open = map[string]Exception{}
	}
	e.First, e.Last = now().UTC(), now().UTC()
	if old, ok := m.open[e.Key()]; ok {
		e.First, e.Count = old.First, old.Count
		if e.Deadline.IsZero() {
			e.Deadline = old.Deadline // seen from a side that knows none
		}
	}
	e.Count++
	m.open[e.Key()] = e
	return nil
}

// Clear implements [Exceptions].
func (m *MemoryExceptions) Clear(_ context.Context, object string, kinds ...Kind) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range kinds {
		delete(m.open, Exception{Kind: k, Object: object}.Key())
	}
	return nil
}

// Open implements [Exceptions].
func (m *MemoryExceptions) Open(context.Context) ([]Exception, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Exception, 0, len(m.open))
	for _, e := range m.open {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Exception) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			compareDeadlines(a.Deadline, b.Deadline),
			cmp.Compare(a.Key(), b.Key()),
		)
	})
	return list, nil
}

// compareDeadlines puts an unknown deadline last.
func compareDeadlines(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}
