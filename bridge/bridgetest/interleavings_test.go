package bridgetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// Every interleaving of one order's life with the bridge's work on its
// cancellation: the buyer asks, the seller asks the gate, the warehouse picks,
// labels and processes (with a permit only), the canceller approves, another program
// imports the order as it was read before the buyer asked, and the canceller's
// connection is cut, before or after a call took effect. All of them act between any
// two calls of the canceller. Whatever happens, the next undisturbed runs must leave
// one defined outcome.
//
// The connection is not cut beside the other program, and with -short not at all.
//
// The exploration is exhaustive up to states: two ways that leave both sides, the
// store, the permit and all that the bridge has read the same are followed once.
func TestEveryInterleaving(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]bridge.CancelOptions{
		"cut-off label, late requests to a person":  {},
		"cut-off pick wave, late requests rejected": {CutOff: stage.Picking, LateAnswer: bridge.AnswerReject},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := explorer{options: options, seen: map[string]bool{}, outcomes: map[string]*seenOutcome{}}
			for queue := [][]string{nil}; len(queue) > 0 && !t.Failed(); queue = queue[1:] {
				synctest.Test(t, func(t *testing.T) { queue = append(queue, x.follow(t, queue[0])...) })
			}
			t.Log(x.table())
			if x.ways < 200 || len(x.outcomes) < 40 {
				t.Errorf("%d interleavings, %d orders of effects: not everything was tried", x.ways, len(x.outcomes))
			}
			effects := []string{"buyer asks", "gate", "pick", "label", "process", "hold", "approve", "unpark", "cancel", "import"}
			if !testing.Short() {
				effects = append(effects, "CUT")
			}
			for _, want := range effects {
				if !slices.ContainsFunc(slices.Collect(maps.Keys(x.outcomes)), func(trace string) bool { return strings.Contains(trace, want) }) {
					t.Errorf("%q never took effect", want)
				}
			}
		})
	}
}

// explorer follows ways and remembers what it has seen.
type explorer struct {
	options  bridge.CancelOptions
	seen     map[string]bool
	outcomes map[string]*seenOutcome // by order of effects
	ways     int
}

type seenOutcome struct {
	outcome string
	ways    int
}

// table lists every order of effects with its outcome.
func (x *explorer) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d interleavings followed, %d orders of effects, each with one outcome:\n", x.ways, len(x.outcomes))
	for _, trace := range slices.Sorted(maps.Keys(x.outcomes)) {
		o := x.outcomes[trace]
		fmt.Fprintf(&b, "%4d×  %-75s  %s\n", o.ways, trace, o.outcome)
	}
	return b.String()
}

// proceed lets the bridge make its next call.
const proceed = "-"

// follow takes one way: at each point the choice that the path names, then none.
// It returns the ways that branch off where the path has ended.
func (x *explorer) follow(t *testing.T, path []string) [][]string {
	w := newOneOrder(t, x.options)
	w.path = path
	w.branch = func(taken []string, state string, choices []string) {
		if x.seen[state] {
			return
		}
		x.seen[state] = true
		for _, c := range choices {
			w.branches = append(w.branches, append(slices.Clone(taken), c))
		}
	}
	w.run()
	outcome := w.outcome()
	x.ways++
	trace := strings.Join(w.trace, ", ")
	if known := x.outcomes[trace]; known == nil {
		x.outcomes[trace] = &seenOutcome{outcome, 1}
	} else if known.ways++; known.outcome != outcome {
		t.Errorf("%s:\n%s\nand also\n%s\nby the way %q", trace, known.outcome, outcome, path)
	}
	for _, wrong := range w.wrong {
		t.Errorf("%s: %s: %s\nby the way %q", trace, wrong, outcome, path)
	}
	return w.branches
}

// oneOrder is a shop and a warehouse with one order, the bridge between them, and
// a hand that decides what happens between two calls.
type oneOrder struct {
	t      *testing.T
	tiktok *tiktokshoptest.Fake
	linn   *linnworkstest.Fake
	item   string

	gate       *bridge.Gate
	canceller  *bridge.Canceller
	importer   *bridge.Importer
	dispatcher *bridge.Dispatcher
	shop       *tiktokadapter.Shop
	toDispatch func(context.Context, time.Time) ([]bridge.WarehouseOrder, error)
	ledger     store.Shop
	queue      exceptions.Queue

	// read is the order before anybody acted, others are other programs that import it.
	read   []bridge.Order
	others sync.WaitGroup

	id            string
	guid, carrier linnworks.GUID
	permit        bridge.Permit
	used          map[string]bool

	path, taken []string
	branch      func(taken []string, state string, choices []string)
	branches    [][]string
	exploring   bool   // calls of the bridge are points
	cut         string // what happens to the next call
	dead        bool   // the bridge's connection is cut
	replies     uint64 // a hash of all that this run of the bridge has read
	trace       []string
	wrong       []string
	askedFirst  bool // before the gate was asked
}

const stockOfOneOrder = 10

func newOneOrder(t *testing.T, o bridge.CancelOptions) *oneOrder {
	w := &oneOrder{
		t: t, item: "MUG", used: map[string]bool{}, ledger: new(store.Memory).Shop("shop"), queue: new(exceptions.Memory).Shop("shop"),
		tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket("GB"), tiktokshoptest.WithSeed(1)),
		linn:   linnworkstest.New(linnworkstest.WithoutQuotas()),
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.linn.AddItem(linnworkstest.Item{SKU: w.item, Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: stockOfOneOrder}})
	must(err)
	provider := w.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].Name
	w.carrier = w.linn.AddPostalService(provider, provider)
	warehouse := warehouseIDs[0]
	must(w.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: warehouse, Name: "Warehouse"}))
	must(w.tiktok.AddProduct(tiktokshoptest.Product{ID: "1729592969712207012", SKUs: []tiktokshoptest.SKU{
		{ID: "1729592969712207013", SellerSKU: w.item, Price: "9.99", Stock: map[string]int{warehouse: stockOfOneOrder}},
	}}))
	ctx := t.Context()
	tiktok, err := w.tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: point{w, w.tiktok.RoundTripper()}}),
		tiktokshop.WithLimiter(unlimited{}), tiktokshop.WithMaxAttempts(1))
	must(err)
	linn, err := w.linn.Client(linnworks.WithHTTPClient(&http.Client{Transport: point{w, w.linn.RoundTripper()}}),
		linnworks.WithLimiter(unpaced{}), linnworks.WithMaxAttempts(1))
	must(err)
	w.shop, err = tiktokadapter.New(tiktok, tiktokadapter.Options{})
	must(err)
	book, err := linnworksadapter.New(ctx, linn, linnworksadapter.Options{Source: source, SubSource: "shop"})
	must(err)
	w.toDispatch = book.OrdersToDispatch
	w.gate, err = bridge.NewGate(bridge.GatePorts{Orders: w.shop, Cancellations: w.shop}, bridge.GateOptions{})
	must(err)
	w.importer, err = bridge.NewImporter(bridge.ImportPorts{
		OrderBook: book, Orders: w.shop, Catalogue: book, Ledger: w.ledger, Records: w.ledger, Locks: w.ledger, Exceptions: w.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
	must(err)
	w.canceller, err = bridge.NewCanceller(bridge.CancelPorts{
		Orders: w.shop, Desk: w.shop, OrderBook: book, Warehouse: book, Lines: book, Tracer: book, Records: w.ledger, Ledger: w.ledger, Locks: w.ledger, Exceptions: w.queue,
	}, o)
	must(err)
	w.dispatcher, err = bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: w.gate, Orders: w.shop, Shipper: w.shop, OrderBook: book, Tracking: book, Locks: w.ledger, Exceptions: w.queue,
	}, bridge.DispatchOptions{})
	must(err)

	w.id, err = w.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{
		Lines: []tiktokshoptest.Line{{SKUID: "1729592969712207013", Quantity: 2}}, State: tiktokshop.OrderStatusAwaitingShipment, WarehouseID: warehouse,
	})
	must(err)
	must(w.pass(ctx))
	w.guid = w.inWarehouse().OrderID
	return w
}

// anotherImporter has the same stores, and connections of its own: nobody acts between
// its calls.
func (w *oneOrder) anotherImporter(ctx context.Context) *bridge.Importer {
	tiktok, err := w.tiktok.Client(tiktokshop.WithLimiter(unlimited{}))
	if err != nil {
		w.t.Fatal(err)
	}
	linn, err := w.linn.Client(linnworks.WithLimiter(unpaced{}))
	if err != nil {
		w.t.Fatal(err)
	}
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	book, err := linnworksadapter.New(ctx, linn, linnworksadapter.Options{Source: source, SubSource: "shop"})
	if err != nil {
		w.t.Fatal(err)
	}
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: book, Orders: shop, Catalogue: book, Ledger: w.ledger, Records: w.ledger, Locks: w.ledger, Exceptions: w.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
	if err != nil {
		w.t.Fatal(err)
	}
	return im
}

// pass runs every primitive once, undisturbed.
func (w *oneOrder) pass(ctx context.Context) error {
	orders, err := w.shop.OrdersByID(ctx, []string{w.id})
	if err != nil {
		return err
	}
	_, importErr := w.importer.Import(ctx, orders...)
	pending, err := w.shop.PendingCancellations(ctx, nil)
	if err != nil {
		return err
	}
	_, cancelErr := w.canceller.Cancel(ctx, append(pending, bridge.CancellationsOf(orders...)...)...)
	ready, err := w.toDispatch(ctx, time.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	_, dispatchErr := w.dispatcher.Dispatch(ctx, ready...)
	return errors.Join(importErr, cancelErr, dispatchErr)
}

// run lets people act before, during and after one run of the canceller, and the
// bridge come to rest.
func (w *oneOrder) run() {
	ctx := w.t.Context()
	var err error
	if w.read, err = w.shop.OrdersByID(ctx, []string{w.id}); err != nil {
		w.t.Fatal(err)
	}
	w.exploring = true
	w.people()
	_ = w.cancel(ctx) // what it returns is for the next run
	w.others.Wait()
	w.dead, w.cut, w.replies = false, "", 0
	w.people()
	w.exploring = false
	for range 2 {
		if err := w.pass(ctx); err != nil {
			w.wrong = append(w.wrong, "an undisturbed run fails: "+err.Error())
		}
	}
}

func (w *oneOrder) cancel(ctx context.Context) error {
	pending, err := w.shop.PendingCancellations(ctx, nil)
	if err != nil {
		return err
	}
	orders, err := w.shop.OrdersByID(ctx, []string{w.id})
	if err != nil {
		return err
	}
	_, err = w.canceller.Cancel(ctx, append(pending, bridge.CancellationsOf(orders...)...)...)
	return err
}

// people is a point: what the path says happens, until the bridge is to go on.
func (w *oneOrder) people() {
	w.exploring = false
	defer func() { w.exploring = true }()
	for {
		next := len(w.taken)
		choice := proceed
		if next < len(w.path) {
			choice = w.path[next]
		} else {
			w.branch(w.taken, fmt.Sprintf("%s %v %d %x", w.state(), slices.Sorted(maps.Keys(w.used)), w.cutPoints(), w.replies), w.choices())
		}
		w.taken = append(w.taken, choice)
		if choice == proceed {
			return
		}
		w.used[choice] = true
		w.act(choice)
	}
}

func (w *oneOrder) cutPoints() int {
	n := 0
	for _, c := range w.taken {
		if c == proceed {
			n++
		}
	}
	if w.used[cutBefore] || w.used[cutAfter] {
		return -1 // the bridge has forgotten everything
	}
	return n
}

// The cuts: the call is not read, or its reply is lost.
const (
	cutBefore = "cut before"
	cutAfter  = "cut after"
)

// choices are what may happen now, each once, as far as it would have an effect.
func (w *oneOrder) choices() []string {
	var list []string
	may := func(choice string, possible bool) {
		if possible && !w.used[choice] {
			list = append(list, choice)
		}
	}
	o := w.inWarehouse()
	g := o.GeneralInfo
	free := w.permit.Valid(time.Now()) && !o.Processed && !g.HoldOrCancel && !g.IsParked
	may("buyer asks", w.request() == "" && w.status() == tiktokshop.OrderStatusAwaitingShipment)
	may("gate", true)
	may("pick", free && len(g.PickwaveIDs) == 0)
	may("label", free && !g.LabelPrinted)
	may("process", free)
	may("import", w.inRun())
	if !w.used[cutBefore] && !w.used[cutAfter] && w.inRun() && !w.used["import"] && !testing.Short() {
		list = append(list, cutBefore, cutAfter)
	}
	return list
}

// inRun reports whether the bridge is about to make a call.
func (w *oneOrder) inRun() bool { return w.replies != 0 && !w.dead }

func (w *oneOrder) act(choice string) {
	var err error
	switch choice {
	case "buyer asks":
		_, err = w.tiktok.RequestCancellation(w.id, "changed my mind")
		w.askedFirst = w.askedFirst || w.permit.OrderID == ""
	case "gate":
		var permits []bridge.Permit
		if permits, err = w.gate.Check(w.t.Context(), w.id); err == nil {
			w.permit = permits[0]
			choice = "gate: hold"
			if w.permit.Granted {
				choice = "gate: go"
				if w.askedFirst {
					w.wrong = append(w.wrong, "a permit after the buyer had asked")
				}
			}
		}
	case "pick":
		err = w.linn.StartPicking(w.guid)
	case "label":
		if err = w.linn.SetTracking(w.guid, w.carrier, "RM000000001GB"); err == nil {
			err = w.linn.PrintLabel(w.guid)
		}
	case "process":
		err = w.linn.Process(w.guid)
	case "import":
		other := w.anotherImporter(w.t.Context())
		w.others.Go(func() {
			if _, err := other.Import(w.t.Context(), w.read...); err != nil {
				w.t.Errorf("the other program's import: %v", err)
			}
		})
		synctest.Wait() // it is done, or waits for the canceller
	case cutBefore, cutAfter:
		w.cut, choice = choice, "CUT"
	}
	if err != nil {
		w.t.Fatalf("%s: %v", choice, err)
	}
	w.trace = append(w.trace, choice)
}

// point is the bridge's connection to one side.
type point struct {
	world *oneOrder
	next  http.RoundTripper
}

func (p point) RoundTrip(r *http.Request) (*http.Response, error) {
	w := p.world
	if !w.exploring {
		return p.next.RoundTrip(r)
	}
	if w.dead {
		return nil, errCutBefore
	}
	w.replies++ // a run has begun
	w.people()
	if w.cut == cutBefore {
		w.dead = true
		return nil, errCutBefore
	}
	before := w.state()
	resp, err := p.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	if after := w.state(); after != before {
		w.trace = append(w.trace, w.effect(r))
		if g := w.inWarehouse().GeneralInfo; w.trace[len(w.trace)-1] == "approve" && !g.IsParked {
			w.wrong = append(w.wrong, "granted while everybody may pick the order")
		}
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%x %s %s", w.replies, r.URL.Path, withoutRequestID(body))
	w.replies = h.Sum64()
	if w.cut == cutAfter {
		w.dead = true
		return nil, errCutAfter
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// withoutRequestID drops what differs between equal replies.
func withoutRequestID(body []byte) []byte {
	if i := bytes.Index(body, []byte(`"request_id"`)); i >= 0 {
		return body[:i]
	}
	return body
}

// effect names a call that changed something.
func (w *oneOrder) effect(r *http.Request) string {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/ChangeOrderTag"):
		if w.inWarehouse().GeneralInfo.IsParked {
			return "hold"
		}
		return "unpark"
	case strings.HasSuffix(path, "/CancelOrder"):
		return "cancel"
	default:
		return path[strings.LastIndexByte(path, '/')+1:]
	}
}

func (w *oneOrder) inWarehouse() linnworks.OrderDetails {
	found := w.linn.OrdersByReference(source, "shop", w.id)
	if len(found) != 1 {
		w.t.Fatalf("%d orders in the warehouse", len(found))
	}
	return found[0]
}

func (w *oneOrder) status() tiktokshop.OrderStatus {
	o, _ := w.tiktok.Order(w.id)
	return o.Status
}

// request is the state of the buyer's request, empty if there is none.
func (w *oneOrder) request() string {
	all := w.tiktok.Cancellations()
	if len(all) == 0 {
		return ""
	}
	switch all[0].CancelStatus {
	case tiktokshop.CancelStatusPending:
		return "waits"
	case tiktokshop.CancelStatusSuccess, tiktokshop.CancelStatusComplete:
		return "approved"
	}
	return "rejected"
}

// state is everything that is not the bridge's memory.
func (w *oneOrder) state() string {
	o := w.inWarehouse()
	g := o.GeneralInfo
	return fmt.Sprintf("%s %q processed=%t locked=%t parked=%t label=%t wave=%v tracking=%q permit=%t free=%d open=%v reserved=%t", w.status(), w.request(),
		o.Processed, g.HoldOrCancel, g.IsParked, g.LabelPrinted, g.PickwaveIDs, o.ShippingInfo.TrackingNumber, w.permit.Granted, w.free(), w.open(), w.reserved())
}

func (w *oneOrder) free() int {
	level, err := w.linn.Level(w.item, linnworks.ZeroGUID)
	if err != nil {
		w.t.Fatal(err)
	}
	return level.Available
}

func (w *oneOrder) reserved() bool {
	list, _ := w.ledger.Reservations(w.t.Context())
	return len(list) > 0
}

func (w *oneOrder) open() []string {
	list, _ := w.queue.Open(w.t.Context())
	var kinds []string
	for _, e := range list {
		kinds = append(kinds, string(e.Kind))
	}
	slices.Sort(kinds)
	return kinds
}

// outcome says what is left, and notes what must not be.
func (w *oneOrder) outcome() string {
	o := w.inWarehouse()
	g := o.GeneralInfo
	cancelled, request := w.status() == tiktokshop.OrderStatusCancelled, w.request()
	dropped, sent := o.Processed && g.HoldOrCancel, o.Processed && !g.HoldOrCancel
	late := slices.Contains(w.open(), string(exceptions.LateCancellation))
	never := func(what string, happened bool) {
		if happened {
			w.wrong = append(w.wrong, what)
		}
	}
	never("sent although it was cancelled before its permit", sent && w.askedFirst)
	never("cancelled in the shop and sent, and customer service does not know", cancelled && sent && !late)
	never("approved and still in the warehouse, and nobody knows", request == "approved" && !dropped && !late)
	never("cancelled in the warehouse, alive in the shop", dropped && !cancelled)
	never("a request waits and nobody knows", request == "waits" && !late)
	never("the order stays parked, and nobody looks at it", g.IsParked && !o.Processed && (request != "waits" || !late))
	never("the order stays locked", g.HoldOrCancel && !o.Processed)
	want := stockOfOneOrder - 2
	if dropped {
		want = stockOfOneOrder
	}
	never(fmt.Sprintf("%d units are free, want %d", w.free(), want), w.free() != want)
	never("the ledger reserves a cancelled order", dropped && w.reserved())
	never("somebody is asked to look at an order that is cancelled on both sides", cancelled && dropped && len(w.open()) > 0)
	stock, err := w.linn.Level(w.item, linnworks.ZeroGUID)
	physical := stockOfOneOrder
	if sent {
		physical -= 2
	}
	never(fmt.Sprintf("%d units are in stock (%v), want %d", stock.OnHand, err, physical), stock.OnHand != physical)

	where := "waits to be picked"
	switch {
	case dropped:
		where = "cancelled in the warehouse, stock free"
	case sent:
		where = "sent"
	case g.LabelPrinted:
		where = "labelled"
	case len(g.PickwaveIDs) > 0:
		where = "being picked"
	}
	if g.IsParked {
		where += ", parked"
	}
	asked := ""
	if request != "" {
		asked = ", request " + request
	}
	return fmt.Sprintf("%s%s; %s; %s", w.status(), asked, where, strings.Join(w.open(), ", "))
}
