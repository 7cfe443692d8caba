package tiktokshoptest

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Fake is a TikTok Shop: one app, one seller and, unless [Fake.AddShop] opens
// more, one shop. It is an [http.Handler] and safe for concurrent use. It starts
// no goroutine: what TikTok does by itself (releasing a hold, cancelling what was
// not paid or shipped in time, approving a request that nobody answered) has
// happened, at its own moment, by the time of the next call.
type Fake struct {
	*platform
	shop   tiktokshop.Shop
	market market
	state  shopState
	audits int // begun

	limited time.Time // until when the order limit is reached

	warehouses    []*tiktokshop.Warehouse
	products      []*product
	productByID   map[string]*product
	skuByID       map[string]*sku
	orders        orderBook
	orderByID     map[string]*order
	lineByID      map[string]*line
	parcels       []*parcel
	packageByID   map[string]*parcel
	tracking      map[string][]*parcel
	cancellations []*cancellation
	cancelByID    map[string]*cancellation
	returns       []*aftersale
	returnByID    map[string]*aftersale
	lives         []*live                // as they began
	references    map[reference][]*order // by platform and id alone
	books         books
	addresses     map[int]*address // of webhooks, by type
}

// platform is what the shops of one authorisation share.
type platform struct {
	app   tiktokshop.App
	clock func() time.Time
	stamp func() time.Time // nil: clock
	on    map[Quirk]bool

	mu       sync.Mutex
	now      time.Time // the moment of the call in progress
	rng      *rand.Rand
	ids      map[idKind]int64
	idsAfter int64 // where they begin
	timers   timers

	shops     []*Fake
	tokens    grants
	wanted    []string // the scopes that the app asks for
	inactive  bool     // the seller is
	overload  time.Time
	quotas    [2]Quota // of reads and of writes
	sandbox   bool
	admitted  map[quotaKey]*quotaCount
	calls     []Call
	faults    []*armed
	chaos     *chaos
	mailbox   mailbox
	transport http.RoundTripper // of webhooks
}

// Option configures a [Fake].
type Option func(*Fake)

// WithClock sets the time that the fake lives in, and tells in the Date of its replies. The
// default is [time.Now].
//
// The client stamps its requests with time.Now, and the fake refuses stamps
// more than 5 minutes behind its own clock or 30 seconds ahead. Use the option
// to test a skewed clock; to choose the time of a whole test, run it inside
// testing/synctest instead. A program that simulates time without it adds
// [WithStampClock].
func WithClock(now func() time.Time) Option {
	return func(f *Fake) { f.clock = now }
}

// WithStampClock sets the clock that the timestamps of calls are checked
// against, if it is not that of [WithClock]: time.Now for a fake that lives in
// simulated time, whose client does not.
func WithStampClock(now func() time.Time) Option {
	return func(f *Fake) { f.stamp = now }
}

// WithMarket sets the country of the shop, "GB" by default. It decides the
// currency and, as on TikTok Shop, where package ids come from, which call ships
// an order, and what a pending cancellation does to it. [New] panics if TikTok
// Shop does not exist there.
func WithMarket(region string) Option {
	return func(f *Fake) {
		m, ok := markets[region]
		if !ok {
			panic(fmt.Sprintf("tiktokshoptest: WithMarket: no TikTok Shop market %q", region))
		}
		m.region = region
		f.market, f.shop.Region = m, region
	}
}

// WithShop sets the id and the cipher of the shop.
func WithShop(id, cipher string) Option {
	return func(f *Fake) { f.shop.ID, f.shop.Cipher = id, cipher }
}

// WithSeed sets the seed of what is unstable on the real side, such as the order
// of the lines in a reply. The default is 1; equal seeds and equal calls give
// equal replies.
func WithSeed(seed uint64) Option {
	return func(f *Fake) { f.rng = newRand(seed) }
}

// WithIDsAfter counts the ids of everything that the shop makes from after n on: two
// fakes have no ids in common then, as two shops of one platform have none.
func WithIDsAfter(n int64) Option {
	return func(f *Fake) { f.idsAfter = n }
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

// New returns a shop without warehouses, products and orders, whose seller has
// authorised the app.
func New(opts ...Option) *Fake {
	f := newShop(&platform{
		app:      tiktokshop.App{Key: "6fakeshopapp1", Secret: tiktokshop.NewSecret("0fake1secret2of3the4fake5app6"), ServiceID: "7300000000000000001"},
		clock:    time.Now,
		on:       map[Quirk]bool{},
		rng:      newRand(1),
		ids:      map[idKind]int64{},
		wanted:   slices.Clone(allScopes),
		admitted: map[quotaKey]*quotaCount{},
		mailbox:  newMailbox(),
	}, tiktokshop.Shop{
		ID: "7495000000000000001", Cipher: "ROW_fakeAAAAcipherBBBBofCCCCtheDDDDshop", Code: "FAKE0001",
		Name: "Fake Shop", SellerType: "LOCAL",
	})
	for _, q := range quirks {
		f.on[q.Quirk] = !q.Off
	}
	WithMarket("GB")(f)
	for _, opt := range opts {
		opt(f)
	}
	f.now = f.clock()
	f.tokens = newGrants()
	f.consent()
	return f
}

// newShop adds an empty shop to a platform.
func newShop(p *platform, shop tiktokshop.Shop) *Fake {
	f := &Fake{
		platform:    p,
		shop:        shop,
		productByID: map[string]*product{},
		skuByID:     map[string]*sku{},
		orderByID:   map[string]*order{},
		lineByID:    map[string]*line{},
		packageByID: map[string]*parcel{},
		tracking:    map[string][]*parcel{},
		cancelByID:  map[string]*cancellation{},
		returnByID:  map[string]*aftersale{},
		references:  map[reference][]*order{},
		addresses:   map[int]*address{},
		books:       newBooks(),
	}
	p.shops = append(p.shops, f)
	return f
}

// App returns the credentials of the app.
func (f *Fake) App() tiktokshop.App { return f.app }

// Shop returns the shop as Get Authorized Shops lists it.
func (f *Fake) Shop() tiktokshop.Shop { return f.shop }

// Client returns a client that is bound to the shop, talks to the fake in
// memory, is not limited in its rate and always has a valid access token. opts
// come after these settings and win over them: pass tiktokshop.WithLimiter to
// test under limits, or tiktokshop.WithTokens to test refreshing.
func (f *Fake) Client(opts ...tiktokshop.Option) (*tiktokshop.Client, error) {
	all := append([]tiktokshop.Option{
		tiktokshop.WithHTTPClient(&http.Client{Transport: f.RoundTripper()}),
		tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})),
		tiktokshop.WithTokens(tokenSource{f}),
	}, opts...)
	c, err := tiktokshop.NewClient(f.app, all...)
	if err != nil {
		return nil, err
	}
	return c.ForShop(f.shop)
}

// enter locks the fake, lets everything happen that is due, and returns the
// function that unlocks it.
func (f *Fake) enter() func() {
	now := f.clock()
	f.mu.Lock()
	for len(f.timers) > 0 && !f.timers[0].at.After(now) {
		t := heap.Pop(&f.timers).(timer)
		f.now = t.at
		t.run()
	}
	f.now = now
	return f.mu.Unlock
}

// unix returns the current second.
func (f *Fake) unix() tiktokshop.UnixSeconds { return tiktokshop.At(f.now) }

// idKind is the first id of a series; ids of one kind are consecutive.
type idKind int64

const (
	idOrder        idKind = 576461413030000000
	idLine         idKind = 576461413080000000
	idUser         idKind = 7494010000000000000
	idPackage      idKind = 1153041150000000000
	idCancellation idKind = 4035319210000000000
	idCancelLine   idKind = 4035319280000000000
	idProduct      idKind = 1729592960000000000
	idSKU          idKind = 1729592980000000000
	idTracking     idKind = 900000000000
	idReturn       idKind = 4035319410000000000
	idReturnLine   idKind = 4035319480000000000
	idStatement    idKind = 7250000000000000000
	idTransaction  idKind = 7251000000000000000
	idAdjustment   idKind = 7252000000000000000
	idReserve      idKind = 7253000000000000000
	idPayment      idKind = 7254000000000000000
	idWithdrawal   idKind = 7255000000000000000
	idLive         idKind = 7560000000000000000
	idNotification idKind = 7380066280000000000
	idShop         idKind = 7495000000000000001
	idTimer        idKind = -1
	idRequest      idKind = 0
	idToken        idKind = 1
)

func (f *Fake) newID(kind idKind) string {
	f.ids[kind]++
	return strconv.FormatInt(int64(kind)+f.idsAfter+f.ids[kind], 10)
}

// at lets run happen at a moment. run checks for itself whether it still
// applies.
func (f *Fake) at(moment time.Time, run func()) {
	f.ids[idTimer]++
	heap.Push(&f.timers, timer{at: moment, seq: f.ids[idTimer], run: run})
}

// timer is something that TikTok does by itself.
type timer struct {
	at  time.Time
	seq int64
	run func()
}

// timers is a heap by time, then by the order of setting.
type timers []timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	if c := t[i].at.Compare(t[j].at); c != 0 {
		return c < 0
	}
	return t[i].seq < t[j].seq
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(timer)) }
func (t *timers) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	*t = (*t)[:last]
	return x
}
