package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

// remedy is a case of order 1, and a person who does what the handbook says.
type remedy struct {
	order   bridge.Order // order 1 if it is none
	trouble func(*queueWorld)
	// later comes once the order is in Linnworks, where the trouble begins there.
	later func(*queueWorld)
	// do is a step of the handbook, in the words of its table.
	do   string
	mend func(*queueWorld)
	// want is what the bridge has made of it: the state in Linnworks of the orders there,
	// and the status in the shop.
	want string
}

var askedBy = bridge.Cancellation{ID: "c1", OrderID: "1", Pending: true, Deadline: world.Noon.Add(24 * time.Hour), Reason: "changed my mind"}

// sell puts order 1 into the shop, changed.
func sell(change func(*bridge.Order)) func(*queueWorld) {
	return func(q *queueWorld) { q.Put(world.With(q.Orders["1"], change)) }
}

// first changes the first order in Linnworks.
func first(change func(*world.BookEntry)) func(*queueWorld) {
	return func(q *queueWorld) { change(q.Book[0]) }
}

func process(tracking string) func(*queueWorld) {
	return func(q *queueWorld) {
		e := q.Book[0]
		e.State, e.Stage, e.Tracking, e.ProcessedAt, e.UpdatedAt = bridge.Processed, stage.Processed, tracking, q.now, q.now
	}
}

// both does one after the other.
func both(list ...func(*queueWorld)) func(*queueWorld) {
	return func(q *queueWorld) {
		for _, do := range list {
			do(q)
		}
	}
}

func cancelledInShop(o *bridge.Order) { o.Status = bridge.Cancelled }

func ask(lines ...string) func(*queueWorld) {
	return func(q *queueWorld) {
		c := askedBy
		c.LineIDs = lines
		q.Pending = []bridge.Cancellation{c}
	}
}

// enter is what somebody enters in Seller Center.
func enter(tracking string) func(*queueWorld) {
	return func(q *queueWorld) { q.Mark("1", tracking, nil) }
}

// aBundle is sold as a mug and a spoon.
var aBundle = world.With(world.AnOrder("1", "DUO"), func(o *bridge.Order) {
	o.Lines[0].Components = []catalogue.BundleComponent{{Listing: world.SKU("MUG"), Quantity: 1}, {Listing: world.SKU("SPOON"), Quantity: 1}}
})

// unpriced has a line in a currency that is not the order's.
var unpriced = world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Lines[0].Price.Currency = "EUR" })

var duo = catalogue.Item{ID: "i-duo", SKU: "DUO", Kit: []catalogue.Component{{Item: world.Mug, Quantity: 1}, {Item: world.Spoon, Quantity: 1}}}

// nextBundle is another order for the bundle.
func nextBundle(q *queueWorld) {
	q.Put(world.With(aBundle, func(o *bridge.Order) {
		o.ID, o.Lines = "2", slices.Clone(o.Lines)
		o.Lines[0].ID = "2-1"
	}))
}

var remedies = map[exceptions.Kind]remedy{
	exceptions.UnmappedSKU: {
		trouble: func(q *queueWorld) { delete(q.Items, "s-MUG") },
		do:      "map the listing to it", mend: func(q *queueWorld) { q.Items["s-MUG"] = world.Mug },
		want: "open AWAITING_SHIPMENT",
	},
	exceptions.AmbiguousSKU: {
		trouble: func(q *queueWorld) { q.Broken["s-MUG"] = &catalogue.AmbiguousError{} },
		do:      "Remove the links between the listing and the other items", mend: func(q *queueWorld) { delete(q.Broken, "s-MUG") },
		want: "open AWAITING_SHIPMENT",
	},
	exceptions.BrokenKit: {
		order: world.AnOrder("1", "SET"),
		trouble: func(q *queueWorld) {
			q.Items["s-SET"] = catalogue.Item{ID: "i-set", SKU: "SET", Kit: []catalogue.Component{{Item: world.Mug}}}
		},
		do: "Add the missing component or the right quantity", mend: func(q *queueWorld) { q.Items["s-SET"] = world.Set },
		want: "open AWAITING_SHIPMENT",
	},
	exceptions.MissingComposite: {
		order: aBundle, trouble: func(*queueWorld) {},
		do: "add the components and quantities", mend: both(func(q *queueWorld) { q.Items["s-DUO"] = duo }, nextBundle),
		want: "open open AWAITING_SHIPMENT",
	},
	exceptions.BundleDiffers: {
		order:   aBundle,
		trouble: func(q *queueWorld) { q.Items["s-DUO"] = catalogue.Item{ID: "i-duo", SKU: "DUO", Kit: duo.Kit[:1]} },
		do:      "correct the composition", mend: both(func(q *queueWorld) { q.Items["s-DUO"] = duo }, nextBundle),
		want: "open open AWAITING_SHIPMENT",
	},
	exceptions.UnlinkedLine: {
		trouble: func(q *queueWorld) { q.Unlinked["MUG"] = true },
		do:      "Link the line", mend: first(func(e *world.BookEntry) { e.Lines[0].Unlinked = false }),
		want: "open AWAITING_SHIPMENT",
	},
	exceptions.BadOrder: {
		trouble: func(q *queueWorld) { q.Put(unpriced) },
		do:      "Read what is wrong", mend: func(q *queueWorld) { q.Put(world.AnOrder("1", "MUG")) },
		want: "open AWAITING_SHIPMENT",
	},
	exceptions.DuplicateOrder: {
		trouble: func(q *queueWorld) {
			e := q.Waiting(q.Orders["1"])
			e.Foreign, e.From = "DIRECT", bridge.NewOrder{}
		},
		do: "Cancel the extra one before it is picked", mend: first(func(e *world.BookEntry) { e.State = bridge.Dropped }),
		want: "cancelled open AWAITING_SHIPMENT",
	},
	exceptions.UnknownStatus: {
		trouble: sell(func(o *bridge.Order) { o.Status = "PAUSED" }),
		do:      "deal by hand with the orders", mend: sell(func(o *bridge.Order) { o.Status = bridge.AwaitingShipment }),
		want: "open AWAITING_SHIPMENT",
	},
	exceptions.StatesDisagree: {
		later: both(enter("RM1"), sell(func(o *bridge.Order) { o.Status = bridge.InTransit })),
		do:    "Correct the other side by hand", mend: process("RM1"),
		want: "processed IN_TRANSIT",
	},
	exceptions.SentOutOfTurn: {
		trouble: sell(func(o *bridge.Order) { o.Status = bridge.OnHold }), later: process("RM1"),
		do: "wait until the shop releases it", mend: sell(func(o *bridge.Order) { o.Status = bridge.AwaitingShipment }),
		want: "processed AWAITING_COLLECTION",
	},
	exceptions.NoShopOrder: {
		later: func(q *queueWorld) {
			process("RM1")(q)
			delete(q.Orders, "1") // the shop shows it later
		},
		do: "Find the shop's orders", mend: both(func(q *queueWorld) { q.Put(world.AnOrder("1", "MUG")) }, enter("RM1")),
		want: "processed AWAITING_COLLECTION",
	},
	exceptions.NoTracking: {
		later: process(""),
		do:    "Enter the number and the carrier in the shop", mend: enter("RM1"),
		want: "processed AWAITING_COLLECTION",
	},
	exceptions.UnmappedCarrier: {
		later: both(first(func(e *world.BookEntry) { e.Carrier = "Yodel" }), process("Y1")),
		do:    "Add the carrier to the mapping", mend: func(q *queueWorld) { q.carriers = map[string]string{"Yodel": "Royal Mail"} },
		want: "processed AWAITING_COLLECTION",
	},
	exceptions.DispatchRefused: {
		order: world.AnOrder("1", "MUG", "SPOON"),
		later: process("RM1, RM2"), // of two parcels
		do:    "enter the number in the shop for the lines", mend: func(q *queueWorld) {
			q.Mark("1", "RM1", []string{"1-1"})
			q.Mark("1", "RM2", []string{"1-2"})
		},
		want: "processed AWAITING_COLLECTION",
	},
	exceptions.TrackingDiffers: {
		later: both(process("RM1"), enter("OTHER")),
		do:    "If the shop's is wrong, correct it there", mend: func(q *queueWorld) {
			sell(func(o *bridge.Order) { o.Lines[0].Tracking = "" })(q)
			enter("RM1")(q)
		},
		want: "processed AWAITING_COLLECTION",
	},
	exceptions.LabelFailed: {
		later: first(func(e *world.BookEntry) {
			e.LabelError, e.UpdatedAt = "the postcode is not known", world.Noon.Add(time.Hour)
		}),
		do: "Print the label again", mend: both(first(func(e *world.BookEntry) { e.LabelError = "" }), process("RM1")),
		want: "processed AWAITING_COLLECTION",
	},
	exceptions.NotDispatched: {
		later: both(process("RM1"), func(q *queueWorld) { q.Blind = true }), // the shop does not show the number
		do:    "enter the tracking number in the shop by hand", mend: both(func(q *queueWorld) { q.Blind = false }, enter("RM1")),
		want: "processed AWAITING_COLLECTION",
	},
	exceptions.LateCancellation: {
		later: both(first(func(e *world.BookEntry) { e.Stage = stage.LabelPrinted }), ask()),
		do:    "cancel the order in Linnworks and grant the request", mend: both(first(func(e *world.BookEntry) { e.State = bridge.Dropped }),
			func(q *queueWorld) { q.Decide("c1", true) }),
		want: "cancelled CANCELLED",
	},
	exceptions.PartCancellation: {
		order: world.AnOrder("1", "MUG", "SPOON"),
		later: both(first(func(e *world.BookEntry) { e.State = bridge.Locked }), ask("1-1")),
		do:    "remove the lines that the exception names", mend: both(first(func(e *world.BookEntry) { e.State, e.Lines = bridge.Open, e.Lines[1:] }),
			func(q *queueWorld) { q.Decide("c1", true) }),
		want: "open AWAITING_SHIPMENT",
	},
	exceptions.CancellationStuck: {
		later: both(first(func(e *world.BookEntry) { e.Foreign = "DIRECT" }), func(q *queueWorld) { _ = q.Memory.DropRecords(q.T.Context(), "1") }, ask()),
		do:    "Before it is sent", mend: both(first(func(e *world.BookEntry) { e.State = bridge.Dropped }), func(q *queueWorld) { q.Decide("c1", true) }),
		want: "cancelled CANCELLED",
	},
	exceptions.CancelledInLinnworks: {
		later: first(func(e *world.BookEntry) { e.State = bridge.Dropped }),
		do:    "cancel it in the shop", mend: sell(cancelledInShop),
		want: "cancelled CANCELLED",
	},
}

// triedElsewhere are kinds whose remedy needs more than a shop and a warehouse, by the
// test that tries it.
var triedElsewhere = map[exceptions.Kind]func(*testing.T){
	exceptions.NotInOnePlace:    TestNotInOnePlaceCloses,
	exceptions.ReferenceRefused: TestReferencesRefused,
	exceptions.OrderStuck:       TestStuckOrderThatComesAfterAll,
	exceptions.SpellingDiffers:  TestSKUMapClosesWhatIsMended,
}

// pass looks at everything once, as a Sync does.
func (q *queueWorld) pass(t *testing.T) (dispatching error) {
	t.Helper()
	orders, err := q.OrdersByID(t.Context(), []string{"1", "2"})
	must(t, err)
	taken, err := bridge.TakeOrders(q.ImporterReading(), q.Canceller(0), q)(t.Context(), orders)
	if err != nil {
		t.Fatalf("taking orders: %v (%v)", err, taken)
	}
	_, err = q.Revoker(bridge.RevokeOptions{}).Revoke(t.Context(), q.Entries()...)
	must(t, err)
	_, dispatching = q.queue(bridge.DispatchQueueOptions{SweepEvery: time.Minute}).Run(t.Context())
	return dispatching
}

// A person does what the handbook says, and the bridge does the rest: the order goes on as
// it should, and nobody has to close the case.
func TestRemedies(t *testing.T) {
	tried := []exceptions.Part{
		exceptions.PartCatalogue, exceptions.PartIntake, exceptions.PartImporter, exceptions.PartReferences, exceptions.PartDispatcher,
		exceptions.PartDispatchQueue, exceptions.PartCanceller, exceptions.PartRevoker,
	}
	for _, info := range exceptions.Kinds() {
		if info.ByHand || !slices.Contains(tried, info.Part) || triedElsewhere[info.Kind] != nil {
			continue
		}
		t.Run(string(info.Kind), func(t *testing.T) {
			r, have := remedies[info.Kind]
			if !have {
				t.Fatalf("nobody tries what the handbook says of %q", info.Kind)
			}
			if !slices.ContainsFunc(info.Steps, func(step string) bool { return strings.Contains(step, r.do) }) {
				t.Errorf("the handbook does not say %q", r.do)
			}
			q := newQueueWorld(t)
			if r.order.ID == "" {
				r.order = world.AnOrder("1", "MUG")
			}
			q.Put(r.order)
			if r.trouble != nil {
				r.trouble(q)
			}
			if r.later != nil {
				must(t, q.pass(t))
				q.now = q.now.Add(time.Hour)
				r.later(q)
			}
			for range 30 {
				_ = q.pass(t) // what fails is told after a while
				q.now = q.now.Add(15 * time.Minute)
				if slices.ContainsFunc(q.OpenKinds(), ofKind(info.Kind)) {
					break
				}
			}
			if open := q.OpenKinds(); !slices.ContainsFunc(open, ofKind(info.Kind)) {
				t.Fatalf("open are %q, want a case of %q", open, info.Kind)
			}
			r.mend(q)
			for range 3 {
				must(t, q.pass(t))
				q.now = q.now.Add(30 * time.Minute)
			}
			if open := q.OpenKinds(); len(open) > 0 {
				t.Errorf("after what the handbook says (%s) open are %q, want nothing", r.do, open)
			}
			var got []string
			for _, e := range q.Book {
				got = append(got, string(e.State))
			}
			if diff := cmp.Diff(r.want, strings.Join(append(got, string(q.Orders["1"].Status)), " ")); diff != "" {
				t.Errorf("in Linnworks and in the shop (-want +got):\n%s", diff)
			}
		})
	}
}

func ofKind(k exceptions.Kind) func(string) bool {
	return func(open string) bool { return strings.HasPrefix(open, string(k)+": ") }
}
