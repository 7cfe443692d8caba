package exceptions

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Evidence pairs names with values and leaves out what is not known.
func Evidence(pairs ...string) []Property {
	var list []Property
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			list = append(list, Property{pairs[i], pairs[i+1]})
		}
	}
	return list
}

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

// Owners are all of them, in the order of the handbook.
var Owners = []Owner{OwnerWarehouse, OwnerCustomerService, OwnerEcommerce, OwnerFinance, OwnerIntegration}

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
	// Shop is whose it is. A [Queue] enters it: the parts of the bridge leave it out.
	Shop     string
	Kind     Kind
	Owner    Owner
	Severity Severity
	// Object names what it is about: "order 576...", "SKU MUG-RED". That of a kind
	// whose [Info.Cause] is set is the cause, and Orders are what it holds up.
	Object string
	// Deadline is when waiting starts to cost; zero if unknown.
	Deadline time.Time
	// Seen is what was found, Do what to do about it.
	Seen, Do string
	// Evidence is what Seen rests on, for programs and for people who look closer.
	// It holds nothing about the buyer.
	Evidence []Property
	// Orders are the ids of the orders that the cause holds up: of a sighting those
	// that were seen, of a case those that are left, sorted and at most [MaxOrders].
	// MoreOrders is set if there were more than that.
	Orders     []string
	MoreOrders bool
	// Count is how often it was seen, between First and Last.
	Count       int
	First, Last time.Time
}

// Key identifies the exception over all shops: the same thing seen again counts up.
func (e Exception) Key() string { return e.Shop + "|" + string(e.Kind) + "|" + e.Object }

// String is one line for a log or a terminal.
func (e Exception) String() string {
	whose := string(e.Owner)
	if e.Shop != "" {
		whose += ", " + e.Shop
	}
	s := fmt.Sprintf("[%s, %s] %s: %s: %s. To do: %s", e.Severity, whose, e.Object, e.Kind, e.Seen, e.Do)
	switch n := len(e.Orders); {
	case n > shownOrders || e.MoreOrders:
		s += fmt.Sprintf(" (%s orders: %s, ...)", e.orderCount(), strings.Join(e.Orders[:min(n, shownOrders)], ", "))
	case n > 1:
		s += fmt.Sprintf(" (%d orders: %s)", n, strings.Join(e.Orders, ", "))
	case n == 1:
		s += " (order " + e.Orders[0] + ")"
	}
	if !e.Deadline.IsZero() {
		s += " (by " + e.Deadline.UTC().Format("2006-01-02 15:04 UTC") + ")"
	}
	return s
}

// MaxOrders bounds the orders that an exception lists.
const MaxOrders = 1000

// shownOrders are how many String names.
const shownOrders = 5

func (e Exception) orderCount() string {
	s := strconv.Itoa(len(e.Orders))
	if e.MoreOrders {
		s = "more than " + s
	}
	return s
}

// ForOrder returns the object of an exception about one order.
func ForOrder(id string) string { return orderPrefix + id }

const orderPrefix = "order "

// OrderOf returns the order that an object is, as [ForOrder] names it.
func OrderOf(object string) (id string, ok bool) { return strings.CutPrefix(object, orderPrefix) }

// Concerns reports whether an exception has to do with an order: it is about it, holds it up
// beside others, or is about a return or a parcel of it, whose evidence names it.
func (e Exception) Concerns(orderID string) bool {
	return e.Object == ForOrder(orderID) || slices.Contains(e.Orders, orderID) || slices.Contains(e.Evidence, Property{"order", orderID})
}

// Ref names what an exception is about within its shop, for those who know no
// other: it is the same before it is raised and after.
type Ref struct {
	Kind   Kind
	Object string
}

// Ref returns the exception's kind and object.
func (e Exception) Ref() Ref { return Ref{e.Kind, e.Object} }

// New fills owner and severity from the kind.
func New(kind Kind, object string, deadline time.Time, seen, do string, evidence ...Property) Exception {
	k := kinds[kind]
	return Exception{
		Kind: kind, Owner: k.Owner, Severity: k.Severity, Object: object, Deadline: deadline, Seen: seen, Do: do, Evidence: evidence,
	}
}

// ActBy is by when somebody should act: the deadline, or without one the time
// that the kind allows from the first sight on. Zero if neither is known.
func (e Exception) ActBy() time.Time {
	switch within := kinds[e.Kind].Within; {
	case !e.Deadline.IsZero():
		return e.Deadline
	case e.First.IsZero() || within == 0:
		return time.Time{}
	default:
		return e.First.Add(within)
	}
}

// Compare orders exceptions for people: the most severe first, then
// the most pressing ([Exception.ActBy]), then by key.
func Compare(a, b Exception) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		part.CompareTimes(a.ActBy(), b.ActBy()),
		cmp.Compare(a.Key(), b.Key()),
	)
}

// Escalation says how severities rise as the time to act runs out.
type Escalation struct {
	// Warning and Urgent are the times left before a deadline from which an
	// exception is at least that severe. Defaults: 24 and 4 hours.
	Warning, Urgent time.Duration
}

// Apply returns e as severe as it is at now, never less than it was raised. One
// without a deadline rises by one step when the time that its kind allows is
// over: nobody has looked, but nothing is known to be lost.
func (s Escalation) Apply(e Exception, now time.Time) Exception {
	s.Warning, s.Urgent = cmp.Or(s.Warning, 24*time.Hour), cmp.Or(s.Urgent, 4*time.Hour)
	by := e.ActBy()
	switch left := by.Sub(now); {
	case by.IsZero():
	case e.Deadline.IsZero():
		if left <= 0 && e.Severity < Urgent {
			e.Severity++
		}
	case left <= s.Urgent:
		e.Severity = max(e.Severity, Urgent)
	case left <= s.Warning:
		e.Severity = max(e.Severity, Warning)
	}
	return e
}

// Queue holds what needs a person in one shop, as the parts of the bridge use
// it. What people do with it is a [Desk].
type Queue interface {
	// Raise adds e to the shop, or counts it up if it is open already.
	Raise(ctx context.Context, e Exception) error
	// Clear closes the shop's exceptions of the kinds given for object, because the
	// cause is gone. If object is an order ([OrderOf]), it takes the order off those
	// that list it: see [Case.Without]. Unknown ones are ignored.
	Clear(ctx context.Context, object string, kinds ...Kind) error
	// Open lists what is open in the shop, of the kinds given or of all, in the
	// order of [Compare].
	Open(ctx context.Context, kinds ...Kind) ([]Exception, error)
}

// Store keeps the exceptions of all shops. [Memory] is one; a database implements
// it with [Case] and is checked by bridgetest.TestExceptions.
type Store interface {
	// Shop returns the queue of one shop. It does not fail: the methods of a queue
	// whose name [CheckShop] refuses return that error.
	Shop(name string) Queue
	// Desk is where people see all shops.
	Desk
}

// CheckShop returns an error unless name can be that of a shop: 1 to 100 bytes of
// printable text without "|". There is no default: two shops that share a name
// close one another's exceptions.
func CheckShop(name string) error {
	if name == "" || len(name) > 100 || !utf8.ValidString(name) || strings.TrimSpace(name) != name ||
		strings.ContainsFunc(name, func(r rune) bool { return r == '|' || !unicode.IsPrint(r) }) {
		return fmt.Errorf(`exceptions: shop %q: a name of 1 to 100 bytes is needed, without "|", control characters or blanks at its ends`, name)
	}
	return nil
}

// RaiseAll raises one exception after the other, up to the first error.
func RaiseAll(ctx context.Context, queue Queue, problems []Exception) error {
	for _, e := range problems {
		if err := queue.Raise(ctx, e); err != nil {
			return fmt.Errorf("raising %q: %w", e.Kind, err)
		}
	}
	return nil
}

// Property is a named text, kept with an order or shown with an exception.
type Property struct{ Name, Value string }
