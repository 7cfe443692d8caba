package linnworkstest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Fake is one Linnworks account with one installed application. It is safe for
// concurrent use. Create it with [New].
type Fake struct {
	now    func() time.Time
	server *url.URL // nil: in memory made up, on a listener whatever it was reached by
	quirks map[Quirk]bool
	limits limits
	rules  func(linnworks.OrderDetails) Outcome

	mu        sync.Mutex // guards what follows; never held while waiting
	counters  map[string]int
	sessions  map[string]time.Time // token to last use
	windows   map[string]*window   // per operation
	scripts   []*script
	calls     []Call
	locations []*location
	items     []*item
	bySKU     map[string]*item
	byItemID  map[linnworks.GUID]*item
	mapped    map[channelSKU]*item
	services  []*linnworks.PostalService
	orders    []*order
	byOrderID map[linnworks.GUID]*order
	byRef     map[string][]*order
}

// Option changes how [New] builds a [Fake].
type Option func(*Fake)

// New returns an empty account. It has one location, Default, whose id is
// [linnworks.ZeroGUID].
func New(opts ...Option) *Fake {
	f := &Fake{
		now:       time.Now,
		quirks:    map[Quirk]bool{},
		limits:    limits{on: true, own: map[string]int{}},
		counters:  map[string]int{},
		sessions:  map[string]time.Time{},
		windows:   map[string]*window{},
		bySKU:     map[string]*item{},
		byItemID:  map[linnworks.GUID]*item{},
		mapped:    map[channelSKU]*item{},
		byOrderID: map[linnworks.GUID]*order{},
		byRef:     map[string][]*order{},
	}
	for q, on := range quirkDefaults {
		f.quirks[q] = on
	}
	f.locations = []*location{{id: linnworks.ZeroGUID, name: "Default"}}
	for _, opt := range opts {
		opt(f)
	}
	return f
}

// WithClock sets the clock of sessions, quotas and dates. Default [time.Now],
// which within a synctest bubble is the bubble's.
func WithClock(now func() time.Time) Option {
	return func(f *Fake) {
		if now != nil {
			f.now = now
		}
	}
}

// WithServerURL sets the Server that sessions name, for instance the public
// address of a proxy. Calls for another host are answered 404, as by the wrong
// regional cluster. It panics unless base is a scheme and a host.
func WithServerURL(base string) Option {
	u, err := url.Parse(strings.TrimSuffix(base, "/"))
	if err != nil || u.Host == "" || u.Scheme == "" || u.Path != "" {
		panic(fmt.Sprintf("linnworkstest: WithServerURL: %q is not a scheme and a host", base))
	}
	return func(f *Fake) { f.server = u }
}

// Outcome is what the rules engine decides for an order. The zero value changes
// nothing.
type Outcome struct {
	// PostalService is the name of a postal service, added if there is none of
	// that name.
	PostalService string
	// Park and Lock stop the order.
	Park, Lock bool
	// Folder is added to the order's folders.
	Folder string
}

// WithRules sets the account's rules engine. It runs when a paid order that is
// neither parked nor locked is saved, when an unpaid order becomes paid, and on
// RunRulesEngine; not by unparking alone. rules must not call the fake.
//
// https://www.linnworks.com/support/order-book/rules-engine
func WithRules(rules func(linnworks.OrderDetails) Outcome) Option {
	return func(f *Fake) { f.rules = rules }
}

// Hosts of the fake in memory. The second is what a session names.
const (
	authHost   = "api.linnworks.net"
	serverHost = "eu-ext.linnworkstest.example"
)

// Credentials returns the only credentials that open a session.
func (f *Fake) Credentials() linnworks.Credentials {
	return linnworks.Credentials{
		ApplicationID:     "a0000000-0000-4000-8000-000000000001",
		ApplicationSecret: "a0000000-0000-4000-8000-000000000002",
		Token:             "a0000000-0000-4000-8000-000000000003",
	}
}

// Client returns a client of this account that needs no socket. Options come
// after the fake's own, so they win.
func (f *Fake) Client(opts ...linnworks.Option) (*linnworks.Client, error) {
	own := linnworks.WithHTTPClient(&http.Client{Transport: f.RoundTripper()})
	return linnworks.NewClient(f.Credentials(), append([]linnworks.Option{own}, opts...)...)
}

// next counts in series and returns the number, from 1.
func (f *Fake) next(series string) int {
	f.counters[series]++
	return f.counters[series]
}

// newID returns the next id of a series. The series' first letter picks the
// prefix, so that ids of different kinds never meet and read apart.
func (f *Fake) newID(series string) linnworks.GUID {
	return linnworks.GUID(fmt.Sprintf("%02x000000-0000-4000-8000-%012x", series[0], f.next(series)))
}

// timestamp is the clock as a Linnworks moment, which has milliseconds.
func (f *Fake) timestamp() linnworks.Time {
	return linnworks.Time{Time: f.now().UTC().Truncate(time.Millisecond)}
}
