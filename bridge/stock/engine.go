package stock

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Ports are what an [Engine] works on.
type Ports struct {
	Listings  catalogue.ListingSource
	Catalogue catalogue.Source
	Levels    Reader
	// Sweep is optional: with it, [Engine.Sweep] reads all levels page by page, without
	// it by id.
	Sweep Sweeper
	// Touches is optional: with it, items on orders that changed are read at once, and
	// orders of the shop that are locked in the warehouse, which gives their units free,
	// go on counting as sold.
	Touches Touches
	// Hint has the intake look at an order again, such as [bridge.Intake.Hint]. It is
	// optional: it is told of orders whose lock in the warehouse was put on or taken off.
	// Without it, the units of one that was unlocked stay reserved until the intake looks
	// at it by itself.
	Hint func(ctx context.Context, orderID string) error
	// Bundles is optional. Without it, a bundle of the shop whose listing does not
	// say that it is one is raised as unmapped.
	Bundles catalogue.BundleSource
	// Places is optional: the warehouse's stock locations. With it, an id in
	// [Options].Locations that is none of them is an error before anything is
	// published; without it, such a location reads as one that holds nothing.
	Places catalogue.PlaceSource
	// States is optional. With it, an item that a reading leaves out is looked for:
	// of an archived or deleted one zero is published. Without it, its listings are
	// left as they are.
	States ItemStates
	// SeeOrders takes in the orders that the shop has by now, such as a run of
	// [bridge.Intake], and returns an error unless the ledger has all of them. It is
	// optional: [Engine.Push] calls it after it has read what the shop shows, and while it
	// fails, nothing is raised. Without it, and under [Engine.Run], an intake has to run
	// beside the engine, which goes by [store.Ledger.SeenUpTo].
	SeeOrders func(context.Context) error
	Ledger    store.Ledger
	Publisher Publisher
	// Clock is optional: with it, the clock of the machine may differ from the shop's by
	// whatever the shop accepts. Without it, how long orders take to be seen is told from
	// their own times, and units of a LIVE are kept back that could be sold if the machine's
	// clock is ahead.
	Clock Clock
	// Permits is optional: with it, what is published is worked out when the call can
	// be made, and not before it waits for its turn.
	Permits Permits
	// Shown is optional: with it, the engine has a [Check], which finds out what somebody
	// else has changed in the shop, what is locked there and who writes beside us; and
	// a call whose outcome is unknown is looked up before it is repeated. The next three are
	// for the check, and optional.
	Shown         ShownReader
	Components    catalogue.BundleReader
	ProductStates ProductStates
	Stops         SalesStops
	// Values is optional: with it, how fast the shop sells and how long a number is on its
	// way is known again after a restart, and an engine knows that another one, of another
	// process, has published since it did. Without it, it takes what the other has published
	// for the work of a program that writes beside the bridge.
	Values store.Values
	// Zeroed is optional: with it, the engine knows which SKUs the shop sets to zero because
	// a process of the bridge has cancelled them there, see [ZeroedList]. Without it, only
	// what [Book.ExpectZero] is told is known.
	Zeroed     store.Revisits
	Locks      store.Locks
	Exceptions exceptions.Queue
}

// Engine publishes the warehouse's free stock in the shop, as a [Book] computes it.
// [Engine.Push] does it once: it reads everything, publishes what differs, and is done.
// [Engine.Run] does it without a pause, within the limits of both sides: it reads what
// sells now many times a minute, what orders touched within seconds, everything else in
// a sweep that goes on beside. A program with a scheduler of its own calls the other
// methods instead, each as often as it likes; they can run at once.
//
// The promises are the same for all of them. What has to go to zero is published first,
// then what has to be lowered, then what may be raised; only what changed, in one call
// for each product with every warehouse of it. Nothing is raised while orders of the shop
// are not in the ledger, nor by a level that may have been read while an order was locked in
// the warehouse. What is sold before a call is sent is taken off it. Of a call
// whose outcome is unknown the shop is asked, if Ports.Shown can, before it is repeated.
// A lock of the shop's is approached as far as it allows. If another program is known to
// write the same stock, nothing is published ([ErrSecondWriter]), nor if more than half
// of the shop would go to zero ([ErrMassZero]), until a person has resolved that. Two
// engines of a shop never publish at once.
type Engine struct {
	ports   Ports
	options Options
	name    string // that no other engine has
	book    *Book
	check   *Check // nil without Shown
	reader  stockReader
	wake    chan struct{}
	timings health.Timings

	asking atomic.Int32 // calls that wait for leave

	// Under the lock of pushes: when the orders were last asked for by a pass, and when
	// they were last seen by one.
	seeing, seen time.Time

	// Under a lock that is held over calls: up to when orders of the warehouse were asked
	// for, and those that were found, by id.
	touching chan struct{}
	since    time.Time
	found    map[string]TouchedOrder

	mu      sync.Mutex
	touched []string // items to read at once
	raised  map[exceptions.Ref]string
	shopDue bool
	zeroed  map[string]time.Time // SKUs of ZeroedList that were taken in, and their Due
	// reporting is since when cases are brought up to date.
	reporting time.Time
}

// NewEngine returns an Engine, or an error that names every missing port or the option
// that is wrong. Listings, Catalogue, Levels, Ledger, Publisher, Locks and Exceptions are
// required, and the option Locations.
func NewEngine(p Ports, o Options) (*Engine, error) {
	if err := part.Required("stock: NewEngine", map[string]any{
		"Listings": p.Listings, "Catalogue": p.Catalogue, "Levels": p.Levels, "Ledger": p.Ledger,
		"Publisher": p.Publisher, "Locks": p.Locks, "Exceptions": p.Exceptions,
	}); err != nil {
		return nil, err
	}
	o, err := o.checked()
	if err == nil {
		o.Pace, err = o.Pace.checked()
	}
	if err != nil {
		return nil, fmt.Errorf("stock: NewEngine: %w", err)
	}
	book := newStockBook(o)
	book.flight.clock = p.Clock
	e := &Engine{
		ports: p, options: o, name: rand.Text(), book: book, wake: make(chan struct{}, 1), touching: make(chan struct{}, 1), raised: map[exceptions.Ref]string{},
		reader: stockReader{ports: p, book: book, now: o.Now},
	}
	if p.Touches != nil {
		book.askForLocked()
	}
	if p.Shown != nil {
		if e.check, err = NewCheck(CheckPorts{
			Book: book, Shop: p.Shown, Ledger: p.Ledger, Levels: p.Levels, Exceptions: p.Exceptions,
			Bundles: p.Components, States: p.ProductStates, Stops: p.Stops,
		}, o.Check); err != nil {
			return nil, fmt.Errorf("stock: NewEngine: %w", err)
		}
	}
	return e, nil
}

// Book is what the engine knows and wants.
func (e *Engine) Book() *Book { return e.book }

// Check is what compares the shop with the book, nil without [Ports].Shown. Push and Run
// call it.
func (e *Engine) Check() *Check { return e.check }

func (e *Engine) now() time.Time { return e.reader.now().UTC() }

// Health returns how the passes, and the calls of [Engine.Publish], went so far, and how
// many SKUs wait.
func (e *Engine) Health() health.Flow {
	flow := e.timings.Health()
	flow.Backlog = e.book.Stats().Waiting
	return flow
}

// turnValue is the name under which it is kept which engine publishes.
const turnValue = "stock: published by"

// takeTurn notes that this engine publishes from now on. If another one has since it last
// did, what this one believes of the shop is void: it would take the other's numbers for
// those of a program that writes beside the bridge.
func (e *Engine) takeTurn(ctx context.Context) error {
	if e.ports.Values == nil {
		return nil
	}
	last, _, err := e.ports.Values.Value(ctx, turnValue)
	if err != nil {
		return e.failed(fmt.Errorf("reading who has published last: %w", err))
	}
	if string(last) == e.name {
		return nil
	}
	e.book.overtake()
	if err := e.ports.Values.PutValue(ctx, turnValue, []byte(e.name)); err != nil {
		return e.failed(fmt.Errorf("noting who publishes: %w", err))
	}
	return nil
}

func (e *Engine) failed(err error) error { return fmt.Errorf("stock: %w", err) }

// ReadShop reads listings and catalogue. A product of which nobody can say whether it is a
// bundle is in the error, and holds up no other.
func (e *Engine) ReadShop(ctx context.Context) error { return errors.Join(e.readShop(ctx)) }

// readShop does it. some is the error of single products.
func (e *Engine) readShop(ctx context.Context) (some, err error) {
	e.mu.Lock()
	e.shopDue = false
	e.mu.Unlock()
	if err := e.reader.loadFlight(ctx); err != nil {
		return nil, e.failed(err)
	}
	read, err := e.reader.shop(ctx)
	if err != nil {
		return nil, e.failed(err)
	}
	e.book.called(CallShop, 1)
	if read.some != nil {
		some = e.failed(read.some)
	}
	return some, nil
}

// ReadHot reads the levels of hot and touched items, at most 1,000 items a run
// (five calls), and what was never read if there is room in the last call. It
// returns how many items it read.
func (e *Engine) ReadHot(ctx context.Context) (int, error) {
	ids := e.book.heatUp(e.now(), e.options.Pace.Hot, e.options.Pace.HotCount)
	e.mu.Lock()
	touched := e.touched
	e.touched = nil
	e.mu.Unlock()
	have := make(map[string]bool, len(ids))
	for _, id := range ids {
		have[id] = true
	}
	var behind []string
	for _, id := range touched {
		switch {
		case have[id]:
		case len(ids) < 5*itemBatch:
			have[id] = true
			ids = append(ids, id)
		default:
			behind = append(behind, id)
		}
	}
	room := itemBatch - len(ids)%itemBatch
	if len(ids) > 0 && room == itemBatch {
		room = 0
	}
	for _, id := range e.book.unread(room) {
		if !have[id] {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return 0, e.readLedger(ctx)
	}
	if err := e.readLedger(ctx); err != nil {
		e.touch(touched)
		return 0, err
	}
	some, err := e.reader.levels(ctx, ids)
	if err != nil {
		e.touch(touched)
		return 0, e.failed(err)
	}
	e.touch(behind)
	e.book.called(CallLevels, (len(ids)+itemBatch-1)/itemBatch)
	e.wakeUp()
	if some != nil {
		some = e.failed(some)
	}
	return len(ids), errors.Join(some, e.settleUnlessAsked(ctx))
}

// Touch has items read with the next [Engine.ReadHot], such as those of a
// delivery that was booked in.
func (e *Engine) Touch(itemIDs ...string) { e.touch(itemIDs) }

func (e *Engine) touch(ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	waits := make(map[string]bool, len(e.touched)+len(ids))
	all := append(e.touched, ids...)
	e.touched = all[:0]
	for _, id := range all {
		if !waits[id] {
			waits[id] = true
			e.touched = append(e.touched, id)
		}
	}
}

// ReadTouched finds out which items the orders of all channels have touched since
// the last time, for the next [Engine.ReadHot], and takes back into the ledger what
// orders of the shop take that were locked. Until then no level that has changed raises
// anything; if it fails, with [ErrLocksUnknown], what is lowered may leave the units of locked
// orders on sale.
func (e *Engine) ReadTouched(ctx context.Context) error {
	if e.ports.Touches == nil {
		return nil
	}
	ids, err := e.readTouched(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLocksUnknown, err)
	}
	e.touch(e.book.needed(ids))
	e.wakeUp()
	return nil
}

// settleUnlessAsked has raises that wait for it vouched for, if nobody has asked for orders a
// moment ago: then that is done a moment later.
func (e *Engine) settleUnlessAsked(ctx context.Context) error {
	release, err := e.lockTouched(ctx)
	if err != nil {
		return err
	}
	lately := e.now().Sub(e.since) < settleEvery
	release()
	if lately {
		return nil
	}
	return e.settleRaises(ctx, e.ReadTouched)
}

// Sweep reads all levels once.
func (e *Engine) Sweep(ctx context.Context) error {
	if err := e.readLedger(ctx); err != nil {
		return err
	}
	mark := e.book.Mark()
	begun := mark
	var broke error
	if e.ports.Sweep != nil {
		for page, err := range e.ports.Sweep.SweepStock(ctx) {
			if err != nil {
				// What is behind a page that cannot be read is read by id.
				broke = e.failed(fmt.Errorf("sweeping the levels: %w", err))
				break
			}
			e.book.SetLevels(mark, page)
			e.book.called(CallSweep, 1)
			e.wakeUp()
			if err := e.readLedger(ctx); err != nil {
				return err
			}
			mark = e.book.Mark()
		}
	}
	// An item that slipped through between two pages, or is gone.
	for missed := range slices.Chunk(e.book.readBefore(begun), itemBatch) {
		some, err := e.reader.levels(ctx, missed)
		if err != nil {
			return errors.Join(broke, e.failed(err))
		}
		if some != nil {
			broke = errors.Join(broke, e.failed(some))
		}
		if err := e.readLedger(ctx); err != nil {
			return errors.Join(broke, err)
		}
		e.wakeUp()
		e.book.called(CallLevels, 1)
	}
	if err := e.reader.vanished(ctx); err != nil {
		return errors.Join(broke, e.failed(err))
	}
	e.wakeUp()
	return errors.Join(broke, e.settleUnlessAsked(ctx))
}

func (e *Engine) readLedger(ctx context.Context) error {
	err := e.reader.seen(ctx)
	if err == nil {
		err = e.reader.ledger(ctx)
	}
	if err != nil {
		return e.failed(err)
	}
	return nil
}

// Report brings the queue up to date: it raises what is wrong and was not, closes
// what has come right, drops reservations that the levels have made superfluous,
// and raises levels that were not read for too long.
func (e *Engine) Report(ctx context.Context) error {
	if err := cmp.Or(e.reader.seen(ctx), e.reader.keepFlight(ctx)); err != nil {
		return e.failed(err)
	}
	return e.report(ctx, wholeCase{exceptions.OrdersUnseen, ordersObject, e.book.unseen(e.now()), false})
}

// wholeCase is something that is wrong with the whole shop, or was: now is nil then. unknown
// reports whether this process cannot tell.
type wholeCase struct {
	kind    exceptions.Kind
	object  string
	now     *exceptions.Exception
	unknown bool
}

// levelsObject is what [exceptions.StaleLevels] is raised on.
const levelsObject = "stock levels"

// stale is the case for levels that were not read for too long, if they were not. A process
// that has read none counts from its first report.
func (e *Engine) stale() wholeCase {
	if e.reporting.IsZero() {
		e.reporting = e.now()
	}
	s := e.book.Stats()
	c := wholeCase{exceptions.StaleLevels, levelsObject, nil, e.book.blank()}
	old, seen := s.Stalest, fmt.Sprintf("the level of SKU %s was last read at %s", s.StalestSKU, s.Stalest.Format(time.RFC3339))
	if c.unknown {
		old, seen = e.reporting, "no level has been read since the bridge was started at "+e.reporting.Format(time.RFC3339)
	}
	if !old.IsZero() && e.now().Sub(old) > e.options.Pace.StaleAfter {
		do := "find out why Linnworks does not answer; until then the shop sells at old numbers"
		if after := e.options.ZeroAfter; after > 0 && !c.unknown { // what was never read cannot become too old
			do = fmt.Sprintf("find out why Linnworks does not answer; what was last read more than %s ago is shown as sold out until then", after)
		}
		c.now = new(exceptions.New(c.kind, c.object, time.Time{}, seen, do))
	}
	return c
}

// report raises what is wrong, unless it is open with the same words, closes what has come
// right, and drops reservations that the levels have made superfluous.
func (e *Engine) report(ctx context.Context, whole ...wholeCase) error {
	if err := e.readHalt(ctx); err != nil && !errors.Is(err, ErrSecondWriter) {
		return err
	}
	unlock, err := e.lockTouched(ctx)
	if err != nil {
		return err
	}
	err = e.reader.release(ctx)
	unlock()
	if err != nil {
		return e.failed(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	open, err := e.ports.Exceptions.Open(ctx, append(catalogue.ProblemKinds(), exceptions.BadLevel, exceptions.UnmappedWarehouse, exceptions.StockRefused,
		exceptions.StaleLevels, exceptions.OrdersUnseen)...)
	if err != nil {
		return e.failed(err)
	}
	isOpen := make(map[exceptions.Ref]bool, len(open))
	for _, c := range open {
		isOpen[c.Ref()] = true
	}
	problems, mended := e.book.Problems(), e.book.mended(open)
	lost, looked := e.book.placesLost()
	for _, c := range append(whole, e.stale(), wholeCase{exceptions.UnmappedWarehouse, placesObject, lost, !looked}) {
		switch {
		case c.now != nil:
			problems = append(problems, *c.now)
		case c.unknown:
		case isOpen[exceptions.Ref{Kind: c.kind, Object: c.object}]:
			mended = append(mended, exceptions.Exception{Kind: c.kind, Object: c.object})
		}
	}
	raised := make(map[exceptions.Ref]string, len(problems))
	for _, c := range problems {
		key := c.Ref()
		raised[key] = c.Seen
		if e.raised[key] == c.Seen && isOpen[key] {
			continue
		}
		if err := e.ports.Exceptions.Raise(ctx, c); err != nil {
			return e.failed(fmt.Errorf("raising %q: %w", c.Kind, err))
		}
	}
	for _, c := range mended {
		if err := e.ports.Exceptions.Clear(ctx, c.Object, c.Kind); err != nil {
			return e.failed(err)
		}
	}
	e.raised = raised
	return nil
}

// readHalt looks whether a person has to resolve something before more is
// published.
func (e *Engine) readHalt(ctx context.Context) error {
	_, _, doubt := e.book.zeroing() // before the queue is read: what is raised meanwhile is not in it
	open, err := e.ports.Exceptions.Open(ctx, exceptions.SecondWriter, exceptions.MassZero, exceptions.StockRefused, exceptions.StockLocked)
	if err != nil {
		return e.failed(err)
	}
	e.book.setOpen(open)
	asks := slices.ContainsFunc(open, func(c exceptions.Exception) bool { return c.Kind == exceptions.MassZero })
	switch {
	case doubt == asked && !asks:
		e.book.setZeroDoubt(asked, answered)
	case doubt == noDoubt && asks && e.book.zerosSettled():
		err = e.ports.Exceptions.Clear(ctx, writerObject, exceptions.MassZero)
	}
	if err := cmp.Or(err, e.book.halt(open)); err != nil {
		return e.failed(err)
	}
	return nil
}

// lookUp finds out what the shop shows of a product, and what is still needed.
func (e *Engine) lookUp(ctx context.Context, p ProductStock, why doubt) (ProductStock, error) {
	mark, at := e.book.Mark(), e.now()
	e.book.called(CallLookUp, 1)
	shown, err := e.ports.Shown.ShopStock(ctx, skuIDs(p.SKUs))
	if err != nil {
		return p, err
	}
	for _, s := range shown {
		e.book.SetShown(mark, at, s.ID, s.levels()...)
	}
	return e.book.retake(p.ProductID, e.now(), why), nil
}

// checkProduct finds out what the shop shows of SKUs that are suspect, before
// anything is published: it may have zeroed them.
func (e *Engine) checkProduct(ctx context.Context, p ProductStock) error {
	// Until the check is over nobody else is to take it, and if the check says
	// nothing certain, not again at once.
	e.book.putBack(p.ProductID, e.now().Add(retryMax))
	if err := e.look(ctx, skuIDs(p.SKUs)...); err != nil {
		e.book.putBack(p.ProductID, e.now().Add(retryAfter))
		return e.failed(fmt.Errorf("checking product %s: %w", p.ProductID, err))
	}
	again := time.Time{}
	if e.book.suspects(p.ProductID) {
		again = e.now().Add(5 * time.Second) // a call is just settling
	}
	e.book.putBack(p.ProductID, again)
	return nil
}

func skuIDs(list []SKUStock) []string {
	ids := make([]string, len(list))
	for i, s := range list {
		ids[i] = s.ID
	}
	return ids
}

// look compares the shop with the book: the SKUs given, or all.
func (e *Engine) look(ctx context.Context, skuIDs ...string) error {
	some, err := e.lookAt(ctx, skuIDs...)
	return errors.Join(some, err)
}

// lookAt does it. some is the error of single bundles that were not compared.
func (e *Engine) lookAt(ctx context.Context, skuIDs ...string) (some, err error) {
	if err := e.ReadZeroed(ctx); err != nil { // nobody is to be blamed for them
		return nil, err
	}
	result, some, err := e.check.check(ctx, skuIDs...)
	e.book.called(CallCheck, result.Calls)
	if result.CatalogueStale {
		e.mu.Lock()
		e.shopDue = true
		e.mu.Unlock()
	}
	e.wakeUp()
	return some, err
}

func (e *Engine) wakeUp() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}
