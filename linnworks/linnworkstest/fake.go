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
	now       func() time.Time
	server    *url.URL // nil: in memory made up, on a listener whatever it was reached by
	quirks    map[Quirk]bool
	limits    limits
	rules     func(linnworks.OrderDetails) Outcome
	courier   func(linnworks.OrderDetails) error
	readLag   time.Duration
	anonymous bool
	merging   bool
	forbidden []string // patterns of operations
	faults    *seededFaults

	mu       sync.Mutex // guards what follows; never held while waiting
	account  accountState
	counters map[string]int
	sessions map[string]time.Time // token to last use
	windows  map[string]*window   // per operation
	scripts  []*script
	calls    []Call

	locations  []*location
	items      []*item
	bySKU      map[string]*item
	byBarcode  map[string]*item
	byItemID   map[linnworks.GUID]*item
	mapped     map[channelSKU]*mapping
	byMapping  map[linnworks.GUID]*mapping
	channels   []channel
	services   []*linnworks.PostalService
	tags       []linnworks.Identifier
	waves      []*wave
	printed    map[string][]byte // documents by path
	searches   map[linnworks.GUID]*orderSearch
	searchIDs  []linnworks.GUID // oldest first
	mergedAt   time.Time        // the last time auto-merge ran for
	orders     []*order
	processed  []*order // in the order of processing
	unfinished []*order // open ones, and some that were: see openOrders
	changes    []orderChange
	byOrderID  map[linnworks.GUID]*order
	byNumber   map[int]*order
	byRef      map[string][]*order
	relations  map[linnworks.GUID][]linnworks.OrderRelation
	refunds    map[int]*refund
	rmas       map[int]*rma

	shippingApps map[string]*ShippingApp // by vendor
	channelApps  map[channelSKU]bool     // by source and subsource
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
		byBarcode: map[string]*item{},
		byItemID:  map[linnworks.GUID]*item{},
		mapped:    map[channelSKU]*mapping{},
		byMapping: map[linnworks.GUID]*mapping{},
		printed:   map[string][]byte{},
		searches:  map[linnworks.GUID]*orderSearch{},
		byOrderID: map[linnworks.GUID]*order{},
		byNumber:  map[int]*order{},
		byRef:     map[string][]*order{},
		relations: map[linnworks.GUID][]linnworks.OrderRelation{},
		refunds:   map[int]*refund{},
		rmas:      map[int]*rma{},
		tags: []linnworks.Identifier{
			{IdentifierID: 1, Tag: tagInWave, Name: "In Pickwave"},
			{IdentifierID: 2, Tag: tagPicked, Name: "Pickwave Complete"},
		},
		locations: []*location{{id: linnworks.ZeroGUID, Location: Location{Name: "Default"}}},
	}
	for _, q := range quirks {
		f.quirks[q.Quirk] = q.Default
	}
	for _, opt := range opts {
		opt(f)
	}
	f.mergedAt = f.now()
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

// WithReadLag makes the lists of orders lag behind: for d after an order is
// processed or cancelled, one with an even number is in neither the open nor
// the processed lists, one with an odd number is in both. Reads by id are up to
// date.
func WithReadLag(d time.Duration) Option {
	return func(f *Fake) { f.readLag = d }
}

// WithoutPII takes the permission to see buyers' data from the application: the
// v2 order reads answer in their anonymous variants.
func WithoutPII() Option {
	return func(f *Fake) { f.anonymous = true }
}

// Hosts of the fake in memory. serverHost is what a session names, v2Host where
// the v2 operations of an account in Europe live.
const (
	authHost   = "api.linnworks.net"
	serverHost = "eu-ext.linnworkstest.example"
	v2Host     = "eu-api.linnworks.net"
)

// Credentials returns the only credentials that open a session.
func (f *Fake) Credentials() linnworks.Credentials {
	return linnworks.Credentials{
		ApplicationID:     "a0000000-0000-4000-8000-000000000001",
		ApplicationSecret: linnworks.NewSecret("a0000000-0000-4000-8000-000000000002"),
		Token:             linnworks.NewSecret("a0000000-0000-4000-8000-000000000003"),
	}
}

// Client returns a client of this account that needs no socket. Options come
// after the fake's own, so they win.
func (f *Fake) Client(opts ...linnworks.Option) (*linnworks.Client, error) {
	own := []linnworks.Option{
		linnworks.WithHTTPClient(&http.Client{Transport: f.RoundTripper()}),
		linnworks.WithAuthURL("https://api.linnworks.net"), // the default, said so that sessions may name any server
	}
	return linnworks.NewClient(f.Credentials(), append(own, opts...)...)
}

// begin locks the account and brings it up to the clock. It returns the unlock.
func (f *Fake) begin() func() {
	f.mu.Lock()
	f.autoMerge()
	return f.mu.Unlock
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

// id is an id in the form the fake keeps.
func id(g linnworks.GUID) linnworks.GUID { return linnworks.GUID(strings.ToLower(string(g))) }

// value is what p points to, or zero.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
