package stock_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// stockWorld is one item, one location and one listing, with everything that can
// happen to them a step of its own.
type stockWorld struct {
	t     *testing.T
	now   time.Time
	steps []string

	free   int // in the warehouse
	shown  int // in the shop
	orders []*worldOrder

	ledger store.Shop
	book   *stock.Book
	reads  []*levelRead
	call   *stock.ProductStock
	took   bool // the shop has taken the call, but its answer is under way
	// peak is the most that was free since the reading that the book goes by began,
	// with what the ledger holds taken off; callPeak since the one that the call
	// under way goes by.
	peak, callPeak int
	current        *levelRead
}

type worldOrder struct {
	id                  string
	placed              time.Time
	seen, imported      bool // by the ledger, by the warehouse
	told                bool // the ledger knows of the import
	cancelled, released bool // in the shop, in the warehouse and the ledger
}

type levelRead struct {
	mark    stock.Mark
	reading stock.Reading
	peak    int
}

const worldUnits = 3

func newStockWorld(t *testing.T) *stockWorld {
	t.Helper()
	book, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}})
	if err != nil {
		t.Fatal(err)
	}
	w := &stockWorld{t: t, now: world.Noon, free: worldUnits, shown: worldUnits, ledger: new(store.Memory).Shop("shop"), book: book, peak: worldUnits}
	book.SetCatalogue(book.Mark(), w.now, []catalogue.Listing{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: worldUnits}}}},
		map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
	w.beginRead()
	w.endRead(0)
	return w
}

// believed is what is free as far as the bridge can know.
func (w *stockWorld) believed() int {
	n := w.free
	for _, o := range w.orders {
		if o.seen && !o.imported && !o.released {
			n--
		}
	}
	return n
}

func (w *stockWorld) observe() {
	peaks := []*int{&w.peak, &w.callPeak}
	for _, r := range w.reads {
		peaks = append(peaks, &r.peak)
	}
	for _, peak := range peaks {
		*peak = max(*peak, w.believed())
	}
}

func (w *stockWorld) reservation(o *worldOrder) store.Reservation {
	r := store.Reservation{
		OrderID: o.id, LocationID: "L1", Items: map[string]int{"i-mug": 1}, CreatedAt: o.placed, SeenAt: w.now,
		Lines: []store.ReservedLine{{LineID: o.id + "-1", SKUID: "s-MUG", Items: map[string]int{"i-mug": 1}}},
	}
	if o.told {
		r.VisibleAt = w.now
	}
	return r
}

func (w *stockWorld) put(o *worldOrder) {
	if err := w.ledger.PutReservations(w.t.Context(), w.reservation(o)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *stockWorld) drop(id string) { _ = w.ledger.DropReservations(w.t.Context(), id) }

func (w *stockWorld) readLedger() {
	list, err := w.ledger.Reservations(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.book.SetReservations(w.now, list)
}

func (w *stockWorld) beginRead() {
	w.readLedger()
	w.reads = append(w.reads, &levelRead{
		w.book.Mark(), stock.Reading{At: w.now, Available: map[string]map[string]int{"i-mug": {"L1": w.free}}}, w.believed(),
	})
}

// endRead brings in one of the readings under way.
func (w *stockWorld) endRead(i int) {
	r := w.reads[i]
	w.reads = slices.Delete(w.reads, i, i+1)
	w.book.SetLevels(r.mark, r.reading, "i-mug")
	if w.current == nil || r.reading.At.After(w.current.reading.At) {
		w.current, w.peak = r, r.peak // an older one tells nothing new
	}
	for _, r := range w.book.Superfluous() {
		w.drop(r.OrderID)
	}
}

// accept has the shop take the call under way.
func (w *stockWorld) accept() {
	n := w.call.SKUs[0].Stock[0].Quantity
	if n < 0 || n > max(w.callPeak, 0) {
		w.t.Errorf("%s: %d published, at most %d were free", strings.Join(w.steps, " "), n, w.callPeak)
	}
	w.shown, w.took = n, true
}

// answer brings in that the shop has taken it.
func (w *stockWorld) answer() {
	w.book.Done(w.now, *w.call, w.call.SKUs)
	w.call, w.took = nil, false
}

// first is the first order that a condition holds for.
func (w *stockWorld) first(is func(*worldOrder) bool) *worldOrder {
	if i := slices.IndexFunc(w.orders, is); i >= 0 {
		return w.orders[i]
	}
	return nil
}

// worldSteps are all that can happen; each says whether it can happen now.
var worldSteps = []struct {
	name string
	do   func(w *stockWorld) bool
}{
	{"sell", func(w *stockWorld) bool {
		if w.shown < 1 {
			return false
		}
		w.shown--
		w.orders = append(w.orders, &worldOrder{id: fmt.Sprint(len(w.orders) + 1), placed: w.now})
		return true
	}},
	{"sell-elsewhere", func(w *stockWorld) bool {
		if w.free < 1 {
			return false
		}
		w.free--
		return true
	}},
	{"see", func(w *stockWorld) bool {
		o := w.first(func(o *worldOrder) bool { return !o.seen && !o.cancelled })
		if o == nil {
			return false
		}
		o.seen = true
		w.put(o)
		return true
	}},
	{"import", func(w *stockWorld) bool {
		o := w.first(func(o *worldOrder) bool { return o.seen && !o.imported && !o.released })
		if o == nil {
			return false
		}
		o.imported = true
		w.free--
		return true
	}},
	{"tell", func(w *stockWorld) bool { // the importer has read the order back
		o := w.first(func(o *worldOrder) bool { return o.imported && !o.told && !o.released })
		if o == nil {
			return false
		}
		o.told = true
		w.put(o)
		return true
	}},
	{"cancel", func(w *stockWorld) bool {
		o := w.first(func(o *worldOrder) bool { return !o.cancelled })
		if o == nil {
			return false
		}
		o.cancelled = true
		w.shown++
		return true
	}},
	{"release", func(w *stockWorld) bool { // the canceller has been there
		o := w.first(func(o *worldOrder) bool { return o.cancelled && !o.released })
		if o == nil {
			return false
		}
		o.released = true
		if o.imported {
			w.free++
		}
		w.drop(o.id)
		w.book.Suspect("s-MUG")
		return true
	}},
	{"read", func(w *stockWorld) bool {
		if len(w.reads) == 2 {
			return false
		}
		w.beginRead()
		return true
	}},
	{"got", func(w *stockWorld) bool {
		if len(w.reads) == 0 {
			return false
		}
		w.endRead(0)
		return true
	}},
	{"got-second", func(w *stockWorld) bool {
		if len(w.reads) < 2 {
			return false
		}
		w.endRead(1)
		return true
	}},
	{"push", func(w *stockWorld) bool {
		if w.call != nil {
			return false
		}
		w.readLedger()
		p, ok := w.book.Take(w.now, 5, time.Hour)
		if ok {
			w.call, w.callPeak = &p, w.peak
		}
		return ok
	}},
	{"accept", func(w *stockWorld) bool {
		if w.call == nil || w.took {
			return false
		}
		w.accept()
		return true
	}},
	{"answer", func(w *stockWorld) bool {
		if !w.took {
			return false
		}
		w.answer()
		return true
	}},
}

func (w *stockWorld) step(i int) bool {
	w.now = w.now.Add(10 * time.Second)
	if !worldSteps[i].do(w) {
		return false
	}
	w.steps = append(w.steps, worldSteps[i].name)
	w.observe()
	return true
}

// settle lets everything come to its end, and checks that both sides and the
// ledger are right.
func (w *stockWorld) settle() {
	named := map[string]int{}
	for i, s := range worldSteps {
		named[s.name] = i
	}
	all := func(names ...string) {
		for range 2*len(w.orders) + 2 {
			for _, name := range names {
				w.step(named[name])
			}
		}
	}
	all("got", "accept", "answer", "see", "import", "tell", "release")
	for range 3 {
		for _, name := range []string{"read", "got", "push", "accept", "answer"} {
			w.step(named[name])
		}
	}
	held, _ := w.ledger.Reservations(w.t.Context())
	if len(held) > 0 || w.book.Stats().Reserved > 0 {
		w.t.Errorf("%s: the ledger still holds %v, the book %d", strings.Join(w.steps, " "), held, w.book.Stats().Reserved)
	}
	if want := max(w.free, 0); w.shown != want {
		w.t.Errorf("%s: the shop shows %d, %d are free", strings.Join(w.steps, " "), w.shown, want)
	}
}

// Every order in which things can happen, up to a length: what is published was
// free at a moment that the bridge can know of, and in the end the shop shows
// what is free and the ledger is empty.
func TestStockInterleavings(t *testing.T) {
	t.Parallel()
	depth := 7
	if testing.Short() {
		depth = 6
	}
	runs := 0
	var explore func(prefix []int)
	explore = func(prefix []int) {
		if t.Failed() {
			return
		}
		for i := range worldSteps {
			w := newStockWorld(t)
			for _, n := range prefix {
				w.step(n)
			}
			if !w.step(i) {
				continue
			}
			if len(prefix)+1 < depth {
				explore(append(slices.Clip(prefix), i))
				continue
			}
			w.settle()
			runs++
		}
	}
	explore(nil)
	t.Logf("%d interleavings of up to %d steps", runs, depth)
	if runs < 100 {
		t.Errorf("only %d interleavings", runs)
	}
}

// The same for long ones, drawn by chance.
func TestStockLongInterleavings(t *testing.T) {
	t.Parallel()
	seeds := uint64(2000)
	if testing.Short() {
		seeds = 200
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 11))
		w := newStockWorld(t)
		for range 60 {
			w.step(rng.IntN(len(worldSteps)))
		}
		if w.settle(); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
