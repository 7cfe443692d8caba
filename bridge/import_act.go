package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// commits are the actions that make the warehouse or the ledger count an order.
var commits = map[Action]bool{ActionReserve: true, ActionPark: true, ActionImport: true, ActionBook: true, ActionRelease: true}

// action is the table's, except that nobody may pick an order while the buyer's
// request to cancel it waits for a decision.
func (im *Importer) action(o Order, found []WarehouseOrder) (action Action, known bool) {
	status := o.Status
	if status == AwaitingShipment && o.Held(im.options.Now()) {
		status = OnHold // the seller has to wait the remorse window out
	}
	state := StateOf(found)
	action, known = im.options.Table.Action(o.ShippingModel, status, state)
	if (action == ActionWait || action == ActionLabel) && slices.ContainsFunc(found, lacksAddress) {
		action = ActionRelease // it was stopped between unparking and the address
	}
	switch {
	case action == ActionReserve && status == Unpaid && im.options.ParkUnpaid:
		action = ActionPark
	case action == ActionImport && o.CancelRequested:
		action = ActionPark
	case action == ActionRelease && (o.CancelRequested || holdsCancelled(o, found)):
		action = ActionWait
	case action == ActionRaise && o.CancelRequested && state == Dropped:
		action = ActionWait // cancelled here, and not yet in the shop
	}
	return im.byKind(o, action), known
}

// byKind is the action where the kind of the order does not say otherwise.
func (im *Importer) byKind(o Order, action Action) Action {
	switch rule := im.options.Kinds.Of(o.PolicyKinds()...).Import; {
	case rule == policy.TakeNot && slices.Contains([]Action{ActionReserve, ActionPark, ActionImport, ActionBook}, action):
		return ActionSkip
	case rule == policy.TakePut && action == ActionImport:
		return ActionPark
	case rule == policy.TakePut && action == ActionRelease:
		return ActionWait // for a person
	}
	return action
}

// act does what is done for one order at a time.
func (b *importBatch) act(ctx context.Context, t *importing) error {
	o := t.order
	if b.madeElsewhere(t) {
		t.done = true
		if err := b.cases.Clear(ctx, exceptions.ForOrder(o.ID), catalogue.ProblemKinds()...); err != nil { // it does not wait for them
			return err
		}
		return b.raise(ctx, t.result, exceptions.New(exceptions.DuplicateOrder, exceptions.ForOrder(o.ID), o.ShipBy, foreignFinding(t), foreignRemedy(t),
			orderEvidence(o, slices.Concat(t.found, t.foreign)...)...))
	}
	if excess := surplus(o, b.known, t.found); excess != "" && o.Status != Cancelled {
		t.done = true
		return b.raise(ctx, t.result, exceptions.New(exceptions.DuplicateOrder, exceptions.ForOrder(o.ID), o.ShipBy, excess,
			"cancel the extra order in Linnworks before it is picked"))
	}
	switch t.action {
	case ActionPark, ActionImport, ActionBook:
		vanished := len(t.record.WarehouseIDs) > 0 && len(t.found) == 0
		if !vanished && (t.action != ActionBook || b.ports.Processor != nil) {
			return nil // created with the others
		}
		t.done = true
		if !vanished {
			return b.raise(ctx, t.result, exceptions.New(exceptions.StatesDisagree, exceptions.ForOrder(o.ID), o.ShipBy,
				fmt.Sprintf("the shop says %s, and Linnworks never had the order: somebody has shipped it in Seller Center", o.Status),
				"book the sale and its units in Linnworks by hand, with the order id as reference", orderEvidence(o)...))
		}
		return b.raise(ctx, t.result, exceptions.New(exceptions.StatesDisagree, exceptions.ForOrder(o.ID), o.ShipBy,
			fmt.Sprintf("the bridge imported it as %s, and Linnworks does not have that any more", strings.Join(t.record.WarehouseIDs, ", ")),
			"look in the Audit Trail of Linnworks who deleted or merged it; if it has to be imported again, ask the integrator to drop its import record"))
	case ActionRelease:
		return nil // released with the others
	case ActionReserve:
		t.result.Outcome = OutcomeReserved
	case ActionSkip:
		switch {
		case o.Status == Cancelled && t.record.OutcomeUnknown:
			return b.awaitCreation(ctx, t)
		case o.Status == Cancelled && len(t.record.WarehouseIDs) > 0: // it was there: the Canceller looks where it went
			t.result.Outcome, t.result.Detail = OutcomeUnchanged, "cancelled in the shop, no longer in Linnworks"
			return nil
		}
		t.result.Outcome, t.result.Detail = OutcomeSkipped, fmt.Sprintf("%s, %s", o.ShippingModel, o.Status)
	case ActionRaise:
		if o.Status == Cancelled && t.knownCell { // goods that have left are the Canceller's
			t.result.Outcome, t.result.Detail = OutcomeUnchanged, fmt.Sprintf("cancelled in the shop, %s in Linnworks", StateOf(t.found))
			return nil
		}
		t.done = true
		return b.raise(ctx, t.result, disagreement(o, StateOf(t.found), t.knownCell, t.found...))
	default: // another primitive's, or nothing to do
		t.result.Outcome = OutcomeUnchanged
		if t.stopped {
			t.result.Detail = "parked in Linnworks, and not by the bridge: it stays so"
		}
		if err := b.readdress(ctx, t); err != nil || t.result.Outcome == OutcomeRaised {
			t.done = true
			return err
		}
	}
	if len(t.found) > 0 && (t.result.Outcome == OutcomeUnchanged || t.result.Outcome == OutcomeAddressed) && o.Status != Cancelled {
		return b.unlinked(ctx, o, t.found)
	}
	return nil
}

// awaitCreation keeps an order on the list that is cancelled in the shop and that the
// warehouse may show yet, because nobody knows whether it got it.
func (b *importBatch) awaitCreation(ctx context.Context, t *importing) error {
	now, until := b.options.Now().UTC(), t.record.SentAt.Add(b.options.CreationTakes)
	t.result.Outcome, t.result.Detail = OutcomeSkipped, "cancelled in the shop; the warehouse may have got it, and does not show it"
	if now.Before(until) {
		t.result.Again = now.Add(min(b.options.CreationTakes/12, until.Sub(now)))
		return nil
	}
	t.record.OutcomeUnknown, t.record.EndedAt = false, now
	return b.storeRecordsOf(ctx, t)
}

// madeElsewhere reports whether somebody else has put the order into the warehouse, so
// that the bridge must not, or has done so although the bridge had.
func (b *importBatch) madeElsewhere(t *importing) bool {
	if t.order.Status == Cancelled || len(liveParts(t.foreign)) == 0 {
		return false
	}
	return commits[t.action] || len(liveParts(t.found)) > 0 && !sent(t.order)
}

func foreignFinding(t *importing) string {
	text := madeElsewhere(liveParts(t.foreign))
	if live := liveParts(t.found); len(live) > 0 {
		text += ", and as order " + numberOf(live) + ", which it did"
	}
	return text
}

func foreignRemedy(t *importing) string {
	if len(liveParts(t.found)) > 0 {
		return "keep the order of the bridge, and cancel the other one before it is picked"
	}
	return "cancel that order in Linnworks before it is picked: the bridge then imports the sale by itself; " +
		"or send it, and enter the tracking number in Seller Center: the bridge does not follow it"
}

// readdress takes an address over that the buyer has changed, as long as no label
// bears the old one.
func (b *importBatch) readdress(ctx context.Context, t *importing) error {
	o, address, live := t.order, clearAddress(t.order), liveParts(t.found)
	if state := StateOf(live); state != Open && state != Processed {
		return nil // one that is stopped takes no edits: the release writes the address
	}
	if b.ports.Addresses == nil || !takesOver(t, address) || !shippable(o) {
		return nil
	}
	t.result.Outcome = OutcomeAddressed
	for _, w := range live {
		if !w.Merged && w.State != Processed && w.Stage < stage.LabelPrinted {
			continue
		}
		if err := b.raise(ctx, t.result, exceptions.New(exceptions.AddressChanged, exceptions.ForOrder(o.ID), o.ShipBy,
			fmt.Sprintf("the buyer changed the address when Linnworks order %s was at stage %q%s", w.Number, w.Stage, mergedNote(w)),
			"stop the parcel, cancel its label, copy the address from Seller Center into Linnworks, and print the label again")); err != nil {
			return err
		}
	}
	if t.result.Outcome == OutcomeAddressed {
		for _, w := range live {
			if err := b.ports.Addresses.SetAddress(ctx, w, address); err != nil {
				return fmt.Errorf("writing the buyer's new address: %w", err)
			}
		}
	}
	t.record.Address = addressMark(o.ID, address) // written, or raised, once
	return b.storeRecordsOf(ctx, t)
}

// takesOver reports whether an address replaces the one that the warehouse got. It
// goes by what the shop says and by what was taken over before: an address that
// only differs may be masked by now, or a person's correction.
func takesOver(t *importing, address Address) bool {
	return t.order.AddressChanged && address != (Address{}) && !address.masked() &&
		t.record.Address != 0 && t.record.Address != addressMark(t.order.ID, address)
}

// create maps the orders that are not in the warehouse and creates them together.
func (b *importBatch) create(ctx context.Context) {
	byTask := map[*importing]NewOrder{}
	for _, t := range b.still(b.creates) {
		order, problems := MapOrder(t.order, b.known)
		if slices.ContainsFunc(problems, blocks) {
			// On record, so that it is looked for next time: a person may create it
			// by hand meanwhile.
			t.record.SetNote(noteBlocked, "yes")
			err := cmp.Or(b.storeRecordsOf(ctx, t), b.raise(ctx, t.result, problems...))
			t.done = true
			b.fail(ctx, t, err)
			continue
		}
		order.Parked, order.Unpaid, order.LocationID = t.action == ActionPark, t.order.Status == Unpaid, t.place
		if t.scattered != "" && t.action != ActionBook {
			problems = append(problems, scatteredCase(t))
		}
		byTask[t], t.problems = order, problems
		t.record.SentAt, t.record.OutcomeUnknown, t.record.Address = b.options.Now().UTC(), true, addressMark(t.order.ID, order.Recipient)
		t.record.SetNote(noteBlocked, "")
		t.record.SetNote(money.SaleNote, order.Sale.Note())
	}
	b.storeRecords(ctx) // before they are sent: see find
	tasks := b.still(func(t *importing) bool { _, ok := byTask[t]; return ok })
	if len(tasks) == 0 {
		return
	}
	orders := make([]NewOrder, len(tasks))
	for i, t := range tasks {
		orders[i] = byTask[t]
	}
	created := b.ports.OrderBook.CreateOrders(ctx, orders)
	for i, t := range tasks {
		if i >= len(created) || created[i].Reference != t.order.ID {
			b.fail(ctx, t, errors.New("the warehouse did not say what became of the order"))
			continue
		}
		if later, ok := errors.AsType[*exceptions.LaterError](created[i].Err); ok {
			t.result.Outcome, t.result.Detail, t.result.Again, t.done = OutcomeReserved, later.Text, later.At, true
			b.fail(ctx, t, cmp.Or(b.raiseAll(ctx, t.problems), b.mended(ctx, t.order, t.problems)))
			continue
		}
		if err := created[i].Err; err != nil {
			if _, refused := exceptions.AsRefused(err); refused {
				t.record.OutcomeUnknown = false
				err = errors.Join(err, b.storeRecordsOf(ctx, t))
			}
			b.fail(ctx, t, fmt.Errorf("creating it in the warehouse: %w", err))
			continue
		}
		t.found = shareOf(t.order, created[i].Found)
		t.record = foundRecord(t.record, t.order, t.found)
		t.record.OutcomeUnknown = false
	}
	b.storeRecords(ctx)
	tasks = slices.DeleteFunc(tasks, func(t *importing) bool { return t.done })
	b.nowVisible(ctx, tasks)
	for _, t := range tasks {
		if !t.done {
			b.fail(ctx, t, b.created(ctx, t))
		}
	}
}

// nowVisible marks the units of new orders as counted by the warehouse.
func (b *importBatch) nowVisible(ctx context.Context, tasks []*importing) {
	var puts []store.Reservation
	var put []*importing
	now := b.options.Now().UTC()
	for _, t := range tasks {
		if !counts(t.found) {
			continue
		}
		seen := now
		if r, have := b.reserved[t.order.ID]; have {
			seen = r.SeenAt
		}
		t.place = cmp.Or(drawsOn(b.placesOf(t.order), t.found), t.place) // a rule may have moved it
		puts, put = append(puts, b.reservation(t.order, t.place, seen, now, "")), append(put, t)
	}
	b.reserve(ctx, puts, put)
}

// created tells what follows from a new order.
func (b *importBatch) created(ctx context.Context, t *importing) error {
	if err := b.raiseAll(ctx, t.problems); err != nil {
		return err
	}
	if err := b.mended(ctx, t.order, t.problems); err != nil {
		return err
	}
	t.result.Outcome, t.result.WarehouseOrder = OutcomeCreated, numberOf(t.found)
	switch t.action {
	case ActionPark:
		t.result.Outcome = OutcomeParked
	case ActionBook:
		return nil // booked with the others
	}
	return b.unlinked(ctx, t.order, t.found)
}

// book processes orders whose goods have left already, and reads back.
func (b *importBatch) book(ctx context.Context) {
	tasks := b.still(func(t *importing) bool { return t.action == ActionBook })
	for _, t := range tasks {
		parcel := Label{Tracking: strings.Join(trackings(t.order.Lines), ", ")}
		for _, l := range t.order.Lines {
			parcel.PackageID, parcel.Carrier = cmp.Or(parcel.PackageID, l.PackageID), cmp.Or(parcel.Carrier, l.Carrier)
		}
		for _, w := range liveParts(t.found) {
			if w.State != Open {
				continue
			}
			if err := b.ports.Processor.BookShipped(ctx, w, parcel); err != nil {
				b.fail(ctx, t, fmt.Errorf("booking Linnworks order %s as shipped: %w", w.Number, err))
			}
		}
	}
	tasks = b.still(func(t *importing) bool { return t.action == ActionBook })
	if len(tasks) == 0 {
		return
	}
	b.reread(ctx, tasks)
	for _, t := range b.still(func(t *importing) bool { return t.action == ActionBook }) {
		if StateOf(t.found) != Processed {
			b.fail(ctx, t, fmt.Errorf("the warehouse does not show %s as shipped yet; the next run books it again", numberOf(t.found)))
			continue
		}
		t.record.SetNote(noteBooking, "")
		t.result.Outcome, t.result.WarehouseOrder = OutcomeBooked, numberOf(t.found)
	}
	b.storeRecords(ctx)
}

// reread looks what orders are by now that the warehouse was told something about.
func (b *importBatch) reread(ctx context.Context, tasks []*importing) {
	var ids []string
	for _, t := range tasks {
		ids = append(ids, t.record.WarehouseIDs...)
		t.lookedAt = b.options.Now()
	}
	traced, err := b.trace(ctx, ids)
	if err != nil {
		b.failAll(tasks, fmt.Errorf("reading it back: %w", err))
		return
	}
	for _, t := range tasks {
		t.found = nil
		for _, id := range t.record.WarehouseIDs {
			t.found = union(t.found, traced[id])
		}
		t.found = shareOf(t.order, t.found)
		if b.ports.Tracer == nil {
			if t.found, err = findOwn(ctx, b.ports.OrderBook, t.order.ID); err != nil {
				b.fail(ctx, t, fmt.Errorf("reading it back: %w", err))
				continue
			}
		}
		t.record = foundRecord(t.record, t.order, t.found)
	}
}

// mended closes what an order that is in has raised: it waits for no listing any
// more, and what earlier orders said of its bundles does not hold.
func (b *importBatch) mended(ctx context.Context, o Order, problems []exceptions.Exception) error {
	if err := b.cases.Clear(ctx, exceptions.ForOrder(o.ID), catalogue.ProblemKinds()...); err != nil {
		return err
	}
	raised, done := map[exceptions.Ref]bool{}, map[string]bool{}
	for _, e := range problems {
		raised[e.Ref()] = true
	}
	for _, line := range o.Lines {
		object := line.Listing.String()
		if line.Cancelled || done[object] {
			continue
		}
		done[object] = true
		var gone []exceptions.Kind
		for _, kind := range []exceptions.Kind{exceptions.MissingComposite, exceptions.BundleDiffers} {
			if !raised[exceptions.Ref{Kind: kind, Object: object}] {
				gone = append(gone, kind)
			}
		}
		if err := b.cases.Clear(ctx, object, gone...); err != nil {
			return err
		}
	}
	return nil
}

// mergedNote says that an order is one with others.
func mergedNote(w WarehouseOrder) string {
	if w.Merged {
		return ", merged with others"
	}
	return ""
}

// lacksAddress reports whether an order could be picked but not sent.
func lacksAddress(w WarehouseOrder) bool { return w.State == Open && !w.HasAddress }

// unlinked raises lines that the warehouse keeps without an item, and closes
// that when they have one. The order stays imported, and in the ledger.
func (b *importBatch) unlinked(ctx context.Context, o Order, found []WarehouseOrder) error {
	var lines []string
	for _, w := range liveParts(found) {
		lines = append(lines, unlinkedLines(w)...)
	}
	if len(lines) == 0 {
		return b.cases.Clear(ctx, exceptions.ForOrder(o.ID), exceptions.UnlinkedLine)
	}
	return b.cases.Raise(ctx, exceptions.New(exceptions.UnlinkedLine, exceptions.ForOrder(o.ID), o.ShipBy,
		fmt.Sprintf("line %s of Linnworks order %s has no stock item: it cannot be picked, and its stock is not reserved",
			strings.Join(lines, ", "), numberOf(found)),
		"link the line to its item in Linnworks, and the channel SKU as well"))
}

// release lets the warehouse pick what was parked, and reads back.
func (b *importBatch) release(ctx context.Context) {
	type part struct {
		task *importing
		OrderRelease
	}
	var parts []part
	for _, t := range b.still(func(t *importing) bool { return t.action == ActionRelease }) {
		address := clearAddress(t.order)
		for _, w := range t.found {
			if w.State != Parked && w.State != Open {
				continue
			}
			p := part{t, OrderRelease{Order: w, Address: address}}
			switch {
			case w.HasAddress && !takesOver(t, address):
				p.Address = Address{} // the one it has was clear; another may be masked, or a person's work
			case address == (Address{}) && !w.HasAddress:
				b.fail(ctx, t, errors.New("the shop has released the order but gives no address yet; the next run looks again"))
			}
			parts = append(parts, p)
		}
		t.record.Releasing = true
	}
	// What is begun is on record: a run that dies between unparking and the rules
	// engine would else leave an order that nothing tells from a good one.
	b.storeRecords(ctx)
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.task.done })
	if len(parts) == 0 {
		return
	}
	orders := make([]OrderRelease, len(parts))
	for i, p := range parts {
		orders[i] = p.OrderRelease
	}
	for i, err := range b.ports.OrderBook.ReleaseOrders(ctx, orders) {
		if err != nil && !parts[i].task.done {
			b.fail(ctx, parts[i].task, fmt.Errorf("releasing it in the warehouse: %w", err))
		}
	}
	b.released(ctx)
}

// released reads back what was released.
func (b *importBatch) released(ctx context.Context) {
	releasing := func(t *importing) bool { return t.action == ActionRelease }
	b.reread(ctx, b.still(releasing))
	for _, t := range b.still(releasing) {
		if StateOf(t.found) == Locked { // by a person, before it was unparked or after it: see when it is unlocked
			t.result.Outcome, t.result.Detail = OutcomeUnchanged, "locked in Linnworks while it was released"
			continue
		}
		t.record.Releasing = false
		if mark := addressMark(t.order.ID, clearAddress(t.order)); mark != 0 {
			t.record.Address = mark
		}
		if StateOf(t.found) == Parked {
			b.fail(ctx, t, b.raise(ctx, t.result, exceptions.New(exceptions.StatesDisagree, exceptions.ForOrder(t.order.ID), t.order.ShipBy,
				"the bridge released the order, and it is still parked in Linnworks",
				"find the rule or the person that parks it, and unpark it in Linnworks")))
			continue
		}
		t.record.ReleasedAt = b.options.Now().UTC()
		t.result.Outcome, t.result.WarehouseOrder = OutcomeReleased, numberOf(t.found)
	}
	b.storeRecords(ctx)
}

// disagreement is the exception for a cell that says raise.
func disagreement(o Order, state WarehouseState, known bool, parts ...WarehouseOrder) exceptions.Exception {
	if !known {
		e := exceptions.New(exceptions.UnknownStatus, fmt.Sprintf("status %q of shipping model %q", o.Status, o.ShippingModel), o.ShipBy,
			"the status table has no row for it", "add the row to the status table; until then deal with the orders by hand")
		e.Orders = []string{o.ID}
		return e
	}
	if state == Dropped && waitsFor(o) {
		return cancelledInLinnworks(o, numberOf(parts), "nobody has cancelled it there")
	}
	return exceptions.New(exceptions.StatesDisagree, exceptions.ForOrder(o.ID), o.ShipBy,
		fmt.Sprintf("the shop says %s, Linnworks says %s", o.Status, state),
		"find out which side is right and correct the other", orderEvidence(o, parts...)...)
}
