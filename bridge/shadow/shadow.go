package shadow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Orders are the shop's. tiktokadapter.Shop has them.
type Orders interface {
	// OrdersUpdated yields the orders whose status changed in [from, to), oldest first.
	OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error]
	// OrdersByID reads orders as they are now.
	OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error)
}

// Warehouse is where the other integration's orders are. linnworksadapter.Warehouse finds
// those of every source.
type Warehouse interface {
	// FindOrders returns every order with one of the references, whoever made it.
	FindOrders(ctx context.Context, references []string) ([]bridge.WarehouseOrder, error)
}

// Tracer follows orders by their ids, many with one call, also where they were split or
// merged. linnworksadapter.Warehouse does.
type Tracer interface {
	TraceOrders(ctx context.Context, ids []string) (map[string][]bridge.WarehouseOrder, error)
}

// Planner says what the shop should show. [stock.Engine] does.
type Planner interface {
	Plan(ctx context.Context) (stock.Plan, error)
}

// Ports are what a [Watch] reads. Stock is optional: without it stock is not looked at.
type Ports struct {
	Orders    Orders
	Warehouse Warehouse
	// Trace is optional. Without it every order that is not over is looked for by its
	// reference at every look, which costs Linnworks a call each, and one that people merged
	// passes for one that is gone.
	Trace Tracer
	// Stock is an engine without buffers: units that are kept back would pass for units
	// that are not there.
	Stock Planner
	// Memory keeps what was seen, such as the memory of the shop that the bridge will have.
	Memory store.Values
}

// Options configure a [Watch]. All are optional.
type Options struct {
	// Table says what is due. Default [bridge.DefaultStatusTable].
	Table *bridge.StatusTable
	// FirstLook is how far back the first look reads orders. Default 24 hours.
	FirstLook time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Watch watches one shop. One process looks at a time.
type Watch struct {
	ports   Ports
	options Options
	timings health.Timings
}

// New returns a Watch, or an error that names every missing port or the option that is
// wrong.
func New(p Ports, o Options) (*Watch, error) {
	if err := part.Required("shadow: New", map[string]any{"Orders": p.Orders, "Warehouse": p.Warehouse, "Memory": p.Memory}); err != nil {
		return nil, err
	}
	if o.FirstLook < 0 {
		return nil, fmt.Errorf("shadow: New: FirstLook: %s is negative", o.FirstLook)
	}
	o.FirstLook = cmp.Or(o.FirstLook, 24*time.Hour)
	o.Table = cmp.Or(o.Table, bridge.DefaultStatusTable())
	o.Now = part.Clock(o.Now)
	return &Watch{ports: p, options: o}, nil
}

// Health returns how the looks went so far.
func (w *Watch) Health() health.Flow { return w.timings.Health() }

// Deed is what a bridge does about an order.
type Deed string

// The deeds.
const (
	Create  Deed = "bring into the warehouse"
	Release Deed = "let the warehouse pick"
	Cancel  Deed = "cancel in the warehouse"
	Ship    Deed = "tell the shop that it is sent"
	Label   Deed = "get the shop's label"
	Look    Deed = "have a person look"
)

// deeds are what the actions of the table come to. The others change nothing.
var deeds = map[bridge.Action]Deed{
	bridge.ActionPark: Create, bridge.ActionImport: Create, bridge.ActionBook: Create, bridge.ActionRelease: Release,
	bridge.ActionCancel: Cancel, bridge.ActionShip: Ship, bridge.ActionLabel: Label, bridge.ActionRaise: Look,
}

// journal is what is remembered between two looks.
type journal struct {
	From   time.Time     `json:"from"`
	Last   time.Time     `json:"last"`
	Looks  int           `json:"looks"`
	Failed int           `json:"failed"`
	Gap    time.Duration `json:"gap"` // the longest between two looks
	SeenTo time.Time     `json:"seen_to"`
	Orders int           `json:"orders"`
	Open   map[string]*watched
	// Took is how long the last deeds of the other integration took, Did how many there
	// were of each, and Longest the most that one took.
	Took    map[Deed][]time.Duration `json:"took"`
	Did     map[Deed]int             `json:"did"`
	Longest map[Deed]time.Duration   `json:"longest"`
	Left    map[Deed]int             `json:"left"` // never done while it was due
	Differ  []Difference             `json:"differ"`
	Dropped int                      `json:"dropped"` // differences that there was no room for
	Stock   map[string]*episode      `json:"stock"`   // by SKU and warehouse, those that are going on
	Past    []Oversold               `json:"past"`
	// Free is what there was at the last look for orders to come, by SKU and warehouse,
	// where the shop showed more.
	Free  map[string]int `json:"free,omitempty"`
	Plans int            `json:"plans"` // looks that saw the stock
}

// watched is an order that is not over.
type watched struct {
	Placed time.Time `json:"placed"`
	// Due is the deed that is due, and Since when it was first seen to be.
	Due   Deed      `json:"due,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Told are differences that were noted, so that each is noted once.
	Told map[string]bool `json:"told,omitempty"`
	// In reports whether the warehouse had it at the last look, Seen whether it was held
	// against the stock, and Counted whether that was when the warehouse had it: from then
	// on its units are out of the level.
	In      bool `json:"in,omitempty"`
	Seen    bool `json:"seen,omitempty"`
	Counted bool `json:"counted,omitempty"`
	// IDs are the warehouse's, and Asked is when it was looked for by its reference last.
	IDs   []string  `json:"ids,omitempty"`
	Asked time.Time `json:"asked,omitzero"`
	// Missed is the last look at which the shop did not show it.
	Missed time.Time `json:"missed,omitzero"`
	// Named are the places where there was nothing left for it.
	Named map[string]bool `json:"named,omitempty"`
}

const (
	journalValue = "shadow/journal"
	// keeps are the most of anything that is kept: of differences, of episodes, and of
	// durations of one deed.
	keeps = 5000
	// overlap is how far a look reads back behind the last one.
	overlap = 10 * time.Minute
	// forgets is after how long an order is no longer looked at, whatever it waits for.
	forgets = 60 * 24 * time.Hour
	// atOnce is how many orders are asked for in one call, and tracesAtOnce how many ids.
	atOnce       = 50
	tracesAtOnce = 200
	// asksAgain is after how long an order that the warehouse has is looked for by its
	// reference once more, for somebody may have entered it a second time, and asksAtMost how
	// many of these are in one look.
	asksAgain  = 6 * time.Hour
	asksAtMost = 200
)

func (w *Watch) load(ctx context.Context) (*journal, error) {
	j := &journal{
		Open: map[string]*watched{}, Took: map[Deed][]time.Duration{}, Did: map[Deed]int{}, Longest: map[Deed]time.Duration{},
		Left: map[Deed]int{}, Stock: map[string]*episode{},
	}
	text, known, err := w.ports.Memory.Value(ctx, journalValue)
	if err != nil {
		return nil, fmt.Errorf("shadow: reading the journal: %w", err)
	}
	if !known {
		return j, nil
	}
	if err := json.Unmarshal(text, j); err != nil {
		return nil, fmt.Errorf("shadow: the journal cannot be read, and nothing is put over it: %w", err)
	}
	return j, nil
}

func (w *Watch) save(ctx context.Context, j *journal) error {
	text, err := json.Marshal(j)
	if err == nil {
		err = w.ports.Memory.PutValue(ctx, journalValue, text)
	}
	if err != nil {
		return fmt.Errorf("shadow: keeping the journal: %w", err)
	}
	return nil
}

// Look looks at both sides once: a call of the shop's for fifty orders that are not over, one
// of Linnworks' for two hundred of them and one for each that it does not have yet, and what a
// plan of the stock costs. What one side does not answer is left for the next look,
// which counts as failed; what was seen is kept.
func (w *Watch) Look(ctx context.Context) (err error) {
	now := w.options.Now().UTC()
	defer func() { w.timings.Done(now, w.options.Now(), err) }()
	j, err := w.load(ctx)
	if err != nil {
		return err
	}
	if j.From.IsZero() {
		j.From, j.SeenTo = now, now.Add(-w.options.FirstLook)
	} else {
		j.Gap = max(j.Gap, now.Sub(j.Last))
	}
	j.Last = now
	j.Looks++
	// The stock first: what the warehouse does not have after it was not in its levels.
	plan, planErr := stock.Plan{}, error(nil)
	if w.ports.Stock != nil {
		if plan, planErr = w.ports.Stock.Plan(ctx); planErr != nil {
			planErr = fmt.Errorf("reading the stock: %w", planErr)
		}
	}
	orders, err := w.orders(ctx, j, now)
	err = errors.Join(err, w.compare(ctx, j, orders, now))
	if w.ports.Stock != nil && planErr == nil {
		j.stock(levelsOf(plan), orders, err == nil, now)
	}
	err = errors.Join(planErr, err)
	if ctx.Err() != nil {
		return context.Cause(ctx) // half a look is none
	}
	if err != nil {
		j.Failed++
		err = fmt.Errorf("shadow: %w", err)
	}
	return errors.Join(err, w.save(ctx, j))
}

// orders reads what is new and what is not over, by id.
func (w *Watch) orders(ctx context.Context, j *journal, now time.Time) (map[string]bridge.Order, error) {
	orders := map[string]bridge.Order{}
	to := now.Add(-time.Second) // what changes in this second comes with the next look
	var failed error
	for o, err := range w.ports.Orders.OrdersUpdated(ctx, j.SeenTo.Add(-overlap), to) {
		if err != nil {
			failed = fmt.Errorf("reading the shop's orders: %w", err)
			break
		}
		if o.Unreadable != "" {
			j.unreadable(o.ID, now)
			continue
		}
		orders[o.ID] = o
	}
	if failed == nil {
		j.SeenTo = to
	}
	var ids []string
	for id, at := range j.Open {
		if _, read := orders[id]; !read && !at.Missed.Equal(now) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for batch := range slices.Chunk(ids, atOnce) {
		list, err := w.ports.Orders.OrdersByID(ctx, batch)
		lost, err := exceptions.UnreadableIn(err)
		for _, id := range slices.Sorted(maps.Keys(lost)) {
			if id == "" { // of which order is not known
				err = errors.New(lost[id])
				continue
			}
			j.unreadable(id, now)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("reading orders that are not over: %w", err))
		}
		for _, o := range list {
			if o.Unreadable != "" {
				j.unreadable(o.ID, now)
				continue
			}
			orders[o.ID] = o
		}
	}
	return orders, failed
}

// unreadable notes an order that the shop has and does not show: the bridge would have a
// person look. It is asked for again until it can be read, or is forgotten.
func (j *journal) unreadable(id string, now time.Time) {
	at := j.Open[id]
	if at == nil {
		at = &watched{Placed: now, Told: map[string]bool{}}
		j.Open[id] = at
		j.Orders++
	}
	if at.Told == nil {
		at.Told = map[string]bool{}
	}
	at.Missed = now
	j.differ(at, Difference{OrderID: id, What: "what the shop says of it cannot be read: a person would be asked to look", From: now, Shop: "not known", Warehouse: "not looked for"})
	if now.Sub(at.Placed) > forgets {
		delete(j.Open, id)
	}
}

// compare holds the orders against the warehouse, and takes out of them those that it could
// not look for.
func (w *Watch) compare(ctx context.Context, j *journal, orders map[string]bridge.Order, now time.Time) error {
	found, untraced, err := w.trace(ctx, j, orders)
	errs := []error{err}
	asks := 0
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(orders)), func(id string) bool {
		switch {
		case len(found[id]) == 0:
			return false
		case now.Sub(j.Open[id].Asked) < asksAgain || asks == asksAtMost:
			return true
		}
		asks++
		return false
	})
	for batch := range slices.Chunk(ids, atOnce) {
		list, err := w.ports.Warehouse.FindOrders(ctx, batch)
		if err != nil { // what is missing would pass for absent
			errs = append(errs, fmt.Errorf("looking for %s in the warehouse: %w", part.Count(len(batch), "order"), err))
			for _, id := range batch {
				delete(orders, id)
			}
			continue
		}
		for _, o := range list {
			for _, id := range append(slices.Clone(o.References), o.Reference) {
				found[id] = with(found[id], o)
			}
		}
	}
	for id := range untraced {
		if len(found[id]) == 0 { // it may have been merged
			delete(orders, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(orders)) {
		w.judge(j, orders[id], found[id], now)
		at := j.Open[id]
		if at == nil {
			continue
		}
		at.IDs = nil
		for _, o := range found[id] {
			at.IDs = append(at.IDs, o.ID)
		}
		if _, asked := slices.BinarySearch(ids, id); asked {
			at.Asked = now
		}
	}
	return errors.Join(errs...)
}

// trace finds orders by the ids that they had at the last look. What it does not find is
// looked for by its reference; of those that are untraced nobody said what became of them.
func (w *Watch) trace(ctx context.Context, j *journal, orders map[string]bridge.Order) (found map[string][]bridge.WarehouseOrder, untraced map[string]bool, failed error) {
	found, untraced = map[string][]bridge.WarehouseOrder{}, map[string]bool{}
	if w.ports.Trace == nil {
		return found, untraced, nil
	}
	of := map[string][]string{} // orders of the shop by the warehouse's ids
	for id := range orders {
		if at := j.Open[id]; at != nil {
			for _, theirs := range at.IDs {
				of[theirs] = append(of[theirs], id)
			}
		}
	}
	for batch := range slices.Chunk(slices.Sorted(maps.Keys(of)), tracesAtOnce) {
		list, err := w.ports.Trace.TraceOrders(ctx, batch)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("following %s in the warehouse: %w", part.Count(len(batch), "order"), err))
			for _, theirs := range batch {
				for _, id := range of[theirs] {
					untraced[id] = true
				}
			}
			continue
		}
		for theirs, now := range list {
			for _, id := range of[theirs] {
				for _, o := range now {
					found[id] = with(found[id], o)
				}
			}
		}
	}
	return found, untraced, failed
}

// with adds an order to a list, once.
func with(list []bridge.WarehouseOrder, o bridge.WarehouseOrder) []bridge.WarehouseOrder {
	if slices.ContainsFunc(list, func(other bridge.WarehouseOrder) bool { return other.ID == o.ID }) {
		return list
	}
	return append(list, o)
}

// judge compares one order with what the table says.
func (w *Watch) judge(j *journal, o bridge.Order, found []bridge.WarehouseOrder, now time.Time) {
	state := bridge.StateOf(found)
	action, known := w.options.Table.Action(o.ShippingModel, o.Status, state)
	if !known {
		action = bridge.ActionRaise
	}
	at := j.Open[o.ID]
	over := action == bridge.ActionDone || action == bridge.ActionSkip || action == bridge.ActionConfirm && !o.DeliveredAt.IsZero() ||
		o.Status == bridge.Cancelled && state == bridge.Processed || now.Sub(o.PlacedAt()) > forgets
	if at == nil {
		if over && o.PlacedAt().Before(j.From) {
			return // it was over before the first look
		}
		at = &watched{Placed: o.PlacedAt().UTC(), Told: map[string]bool{}}
		j.Open[o.ID] = at
		j.Orders++
		if state != bridge.Absent && !at.Placed.Before(j.From) {
			j.did(Create, 0) // between two looks
		}
	}
	if at.Told == nil {
		at.Told = map[string]bool{}
	}
	at.In = state != bridge.Absent
	due := deeds[action]
	if at.Due != "" && at.Due != due {
		took := now.Sub(at.Since)
		switch {
		case at.Due == Look: // somebody did, or it was over
		case undone(at.Due, o, state):
			j.Left[at.Due]++
			j.differ(at, Difference{OrderID: o.ID, What: leftWords[at.Due], From: at.Since, To: now, Shop: string(o.Status), Warehouse: string(state)})
		default:
			j.did(at.Due, took)
		}
	}
	if at.Due != due {
		at.Due, at.Since = due, time.Time{}
		if due != "" {
			at.Since = now
		}
	}
	w.tell(j, at, o, found, state, now)
	if over {
		delete(j.Open, o.ID)
	}
}

// did notes a deed of the other integration. How long each took is kept of the last ones.
func (j *journal) did(d Deed, took time.Duration) {
	j.Did[d] = max(j.Did[d], len(j.Took[d])) // an older journal has no count
	if len(j.Took[d]) < keeps {
		j.Took[d] = append(j.Took[d], took)
	} else {
		j.Took[d][j.Did[d]%keeps] = took
	}
	j.Did[d]++
	j.Longest[d] = max(j.Longest[d], took)
}

// undone reports whether a deed is no longer due although nobody did it.
func undone(d Deed, o bridge.Order, state bridge.WarehouseState) bool {
	switch d {
	case Create:
		return state == bridge.Absent
	case Cancel:
		return state == bridge.Processed
	case Ship, Label:
		return o.Status == bridge.Cancelled
	case Release:
		return o.Status == bridge.Cancelled && state != bridge.Dropped
	}
	return false
}

// leftWords say what it means that a deed was never done.
var leftWords = map[Deed]string{
	Create:  "it ended without ever reaching the warehouse",
	Cancel:  "it was cancelled in the shop, and the warehouse sent it all the same",
	Ship:    "the warehouse sent it, and the shop cancelled it without hearing of that",
	Label:   "the shop cancelled it before its label was there",
	Release: "it was cancelled before the warehouse was allowed to pick it",
}

// tell notes what is wrong with an order by itself.
func (w *Watch) tell(j *journal, at *watched, o bridge.Order, found []bridge.WarehouseOrder, state bridge.WarehouseState, now time.Time) {
	d := Difference{OrderID: o.ID, From: now, Shop: string(o.Status), Warehouse: string(state)}
	whole := 0
	for _, f := range found {
		if !f.Split && f.State != bridge.Dropped {
			whole++
		}
	}
	if whole > 1 {
		d.What = fmt.Sprintf("it is in the warehouse %d times", whole)
		j.differ(at, d)
	}
	if at.Due == Look && len(at.Told) == 0 { // what is known to be wrong says more
		d.What = "a person would be asked to look"
		j.differ(at, d)
	}
	if !o.ShipBy.IsZero() && now.After(o.ShipBy) && o.ShippedAt.IsZero() && o.Status != bridge.Cancelled {
		d.What, d.From = "it is late: the shop's deadline has passed", o.ShipBy.UTC()
		if at.Due == Ship {
			d.What = "it is late, although the warehouse had sent it: the shop was not told"
		}
		j.differ(at, d)
	}
	if state == bridge.Processed && !o.ShippedAt.IsZero() {
		ours, theirs := map[string]bool{}, ""
		for _, f := range found {
			ours[f.Tracking] = f.Tracking != ""
		}
		for _, l := range o.LiveLines() {
			if l.Tracking != "" && len(ours) > 0 && !ours[l.Tracking] {
				theirs = l.Tracking
			}
		}
		if theirs != "" && slices.ContainsFunc(found, func(f bridge.WarehouseOrder) bool { return f.Tracking != "" }) {
			d.What = "shop and warehouse have different tracking numbers"
			j.differ(at, d)
		}
	}
}

// differ notes a difference once.
func (j *journal) differ(at *watched, d Difference) {
	if at.Told[d.What] {
		return
	}
	at.Told[d.What] = true
	if len(j.Differ) == keeps {
		j.Dropped++
		return
	}
	j.Differ = append(j.Differ, d)
}
