package bridge_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// allocating is an importer of a shop whose one warehouse is fed by L1, L2 and L3.
func allocating(t *testing.T, w *world.World, levels stock.Reader) *bridge.Importer {
	t.Helper()
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: w, Tracer: w, Addresses: w, Catalogue: w, Levels: levels, Processor: w, Ledger: w, Records: w, Locks: w, Exceptions: w,
		Places: places{"L1", "L2", "L3"},
	}, bridge.ImportOptions{Locations: map[string][]string{"W1": {"L1", "L2", "L3"}}, DefaultLocation: "L3", Now: w.Now})
	must(t, err)
	return im
}

// drawn is the location of every order of the warehouse, and what the ledger has of it
// where that differs.
func drawn(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	at := map[string]string{}
	for _, e := range w.Book {
		at[e.Reference] = e.LocationID
	}
	reserved, err := w.Memory.Reservations(t.Context())
	must(t, err)
	for _, r := range reserved {
		if at[r.OrderID] != r.LocationID {
			at[r.OrderID] += " reserved at " + r.LocationID
		}
	}
	return at
}

func TestAllocation(t *testing.T) {
	type levels = map[string]map[string]int
	for name, c := range map[string]struct {
		stock    levels
		prepare  func(*world.World)
		noLevels bool
		orders   []bridge.Order
		want     map[string]string
		cases    []string
	}{
		"the first that has it": {
			stock: levels{"i-mug": {"L1": 5, "L2": 5}}, orders: []bridge.Order{world.AnOrder("1", "MUG")}, want: map[string]string{"1": "L1"},
		},
		"the first has none": {
			stock: levels{"i-mug": {"L2": 1, "L3": 9}}, orders: []bridge.Order{world.AnOrder("1", "MUG")}, want: map[string]string{"1": "L2"},
		},
		"one that has all lines before one that has some": {
			stock: levels{"i-mug": {"L1": 5, "L2": 5, "L3": 5}, "i-spoon": {"L3": 1}}, orders: []bridge.Order{world.AnOrder("1", "MUG", "SPOON")}, want: map[string]string{"1": "L3"},
		},
		"all units of a line": {
			stock: levels{"i-mug": {"L1": 1, "L2": 2}}, orders: []bridge.Order{world.AnOrder("1", "MUG", "MUG")}, want: map[string]string{"1": "L2"},
		},
		"a kit by its components": {
			stock: levels{"i-mug": {"L1": 5, "L2": 1}, "i-spoon": {"L1": 1, "L2": 2}}, orders: []bridge.Order{world.AnOrder("1", "SET")}, want: map[string]string{"1": "L2"},
		},
		"orders of one batch take from one another": {
			stock:  levels{"i-mug": {"L1": 2, "L2": 1, "L3": 1}},
			orders: []bridge.Order{world.AnOrder("1", "MUG"), world.AnOrder("2", "MUG"), world.AnOrder("3", "MUG"), world.AnOrder("4", "MUG")},
			want:   map[string]string{"1": "L1", "2": "L1", "3": "L2", "4": "L3"},
		},
		"what other shops have sold and the warehouse does not count yet": {
			stock: levels{"i-mug": {"L1": 1, "L2": 1}}, want: map[string]string{"1": "L2", "9": " reserved at L1"},
			prepare: func(w *world.World) {
				must(w.T, w.Account.Shop("other").PutReservations(w.T.Context(), store.Reservation{OrderID: "9", Items: map[string]int{"i-mug": 1}, LocationID: "L1"}))
			},
			orders: []bridge.Order{world.AnOrder("1", "MUG")},
		},
		"nobody has all": {
			stock: levels{"i-mug": {"L2": 1}, "i-spoon": {"L3": 1}}, orders: []bridge.Order{world.AnOrder("1", "MUG", "SPOON")}, want: map[string]string{"1": "L1"},
			cases: []string{"order 1: it was put at place L1, the first location, because none has all of it: " +
				"place L1 has not enough of MUG, SPOON; place L2 has not enough of SPOON; place L3 has not enough of MUG"},
		},
		"a level that was not read is not enough": {
			stock: levels{"i-mug": {"L1": 5}}, prepare: func(w *world.World) { w.Gone["i-mug"] = true },
			orders: []bridge.Order{world.AnOrder("1", "MUG")}, want: map[string]string{"1": "L1"},
			cases: []string{"order 1: it was put at place L1, the first location, because none has all of it: " +
				"place L1 has not enough of MUG; place L2 has not enough of MUG; place L3 has not enough of MUG"},
		},
		"what is not tracked is not lacking": {
			stock: levels{"i-mug": {}}, prepare: func(w *world.World) { w.Untracked = map[string]bool{"i-mug": true} },
			orders: []bridge.Order{world.AnOrder("1", "MUG")}, want: map[string]string{"1": "L1"},
		},
		"without levels the first": {
			stock: levels{"i-mug": {"L2": 1}}, noLevels: true, orders: []bridge.Order{world.AnOrder("1", "MUG")}, want: map[string]string{"1": "L1"},
		},
		"another warehouse of the shop": {
			stock:  levels{"i-mug": {"L1": 5}},
			orders: []bridge.Order{world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.WarehouseID = "W2" })}, want: map[string]string{"1": "L3"},
		},
		"parked orders too": {
			stock:  levels{"i-mug": {"L2": 1}},
			orders: []bridge.Order{world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.OnHold })}, want: map[string]string{"1": "L2"},
		},
		"units of orders that are only reserved": {
			stock:  levels{"i-mug": {"L2": 1}},
			orders: []bridge.Order{world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.Unpaid })}, want: map[string]string{"1": " reserved at L2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Stock = c.stock
			if c.prepare != nil {
				c.prepare(w)
			}
			var levels stock.Reader = w
			if c.noLevels {
				levels = nil
			}
			results, err := allocating(t, w, levels).Import(t.Context(), w.Put(c.orders...)...)
			if err != nil {
				t.Fatalf("import: %v (%v)", err, results)
			}
			if diff := cmp.Diff(c.want, drawn(t, w)); diff != "" {
				t.Errorf("locations that the orders draw on (-want +got):\n%s", diff)
			}
			open, err := w.Exceptions.Open(t.Context(), exceptions.NotInOnePlace)
			must(t, err)
			var cases []string
			for _, e := range open {
				cases = append(cases, e.Object+": "+e.Seen)
			}
			if diff := cmp.Diff(c.cases, cases); diff != "" {
				t.Errorf("cases (-want +got):\n%s", diff)
			}
		})
	}
}

// Once somebody has split the order, moved it or sent it, nobody needs to be told.
func TestNotInOnePlaceCloses(t *testing.T) {
	for name, mend := range map[string]func(*world.World){
		"moved": func(w *world.World) { w.Book[0].LocationID = "L2" },
		"sent":  func(w *world.World) { w.Book[0].State = bridge.Processed },
		"split": func(w *world.World) {
			part := *w.Book[0]
			part.ID, part.LocationID, part.Lines, w.Book[0].Lines = "w-part", "L3", part.Lines[1:], part.Lines[:1]
			part.Parents = []string{w.Book[0].ID}
			w.Book = append(w.Book, &part)
		},
		"left as it is": nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Stock = map[string]map[string]int{"i-mug": {"L2": 1}, "i-spoon": {"L3": 1}}
			im := allocating(t, w, w)
			orders := w.Put(world.AnOrder("1", "MUG", "SPOON"))
			must(t, errOf(im.Import(t.Context(), orders...)))
			if mend != nil {
				mend(w)
			}
			must(t, errOf(im.Import(t.Context(), orders...)))
			open, err := w.Exceptions.Open(t.Context(), exceptions.NotInOnePlace)
			must(t, err)
			if want := mend == nil; len(open) > 0 != want {
				t.Errorf("it is open: %t, want %t", len(open) > 0, want)
			}
		})
	}
}

// Whether a location has the goods is not known while levels cannot be read: the units
// are counted, and nothing is created at a guess.
func TestAllocationWaitsForLevels(t *testing.T) {
	w := world.NewWorld(t)
	w.Stock = map[string]map[string]int{"i-mug": {"L2": 1}}
	w.Fail = world.FailOn("StockLevels")
	im := allocating(t, w, w)
	orders := w.Put(world.AnOrder("1", "MUG"))
	if _, err := im.Import(t.Context(), orders...); !errors.Is(err, world.ErrInjected) {
		t.Errorf("import without levels: error %v, want %v", err, world.ErrInjected)
	}
	if diff := cmp.Diff(map[string]string{"1": " reserved at L1"}, drawn(t, w)); diff != "" {
		t.Errorf("without levels (-want +got):\n%s", diff)
	}
	w.Fail = nil
	_, err := im.Import(t.Context(), orders...)
	must(t, err)
	if diff := cmp.Diff(map[string]string{"1": "L2"}, drawn(t, w)); diff != "" {
		t.Errorf("once they can be read (-want +got):\n%s", diff)
	}
}

// An order whose creation is in doubt may be in the warehouse: it is sent again to the
// location that it was sent to, whatever lies there now.
func TestAllocationIsKeptWhileTheCreationIsInDoubt(t *testing.T) {
	w := world.NewWorld(t)
	w.Stock = map[string]map[string]int{"i-mug": {"L2": 1}}
	w.Fail = world.FailOn("CreateOrders")
	im := allocating(t, w, w)
	orders := w.Put(world.AnOrder("1", "MUG"))
	if _, err := im.Import(t.Context(), orders...); err == nil {
		t.Error("the creation was lost, and import has no error")
	}
	w.Fail, w.Stock["i-mug"] = nil, map[string]int{"L1": 5}
	_, err := im.Import(t.Context(), orders...)
	must(t, err)
	if diff := cmp.Diff(map[string]string{"1": "L2"}, drawn(t, w)); diff != "" {
		t.Errorf("where it was sent twice (-want +got):\n%s", diff)
	}
}

// A rule of the warehouse may move an order as it comes in. Its units are then taken
// from there.
func TestAllocationFollowsTheWarehouse(t *testing.T) {
	w := world.NewWorld(t)
	w.Stock = map[string]map[string]int{"i-mug": {"L1": 5, "L3": 5}}
	w.After = func(_ int, name string) {
		if name == "CreateOrders" {
			w.Book[0].LocationID = "l3" // ids differ by case
		}
	}
	im := allocating(t, w, w)
	orders := w.Put(world.AnOrder("1", "MUG"))
	w.Hidden = true // the answer to the creation does not show it yet
	_, _ = im.Import(t.Context(), orders...)
	w.Hidden = false
	_, err := im.Import(t.Context(), orders...)
	must(t, err)
	reserved, err := w.Memory.Reservations(t.Context())
	must(t, err)
	if len(reserved) != 1 || reserved[0].LocationID != "L3" {
		t.Errorf("reserved %+v, want the units at L3", reserved)
	}
}

// An order that people have split over two locations draws on neither alone: what the
// ledger has of it stays at the location that it was allocated to, whichever part the
// warehouse lists first.
func TestAllocationOfAnOrderThatWasSplit(t *testing.T) {
	for _, parts := range [][]string{{"L2", "L3"}, {"L3", "L2"}} {
		w := world.NewWorld(t)
		w.Stock = map[string]map[string]int{"i-mug": {"L1": 5}, "i-spoon": {"L1": 5}}
		o := w.Put(world.AnOrder("1", "MUG", "SPOON"))[0]
		im := allocating(t, w, w)
		if _, err := im.Import(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		whole := w.Book[0]
		other := *whole
		other.ID, other.Number, other.Lines = "another", "101", whole.Lines[1:]
		whole.Lines = whole.Lines[:1]
		whole.LocationID, other.LocationID = parts[0], parts[1]
		whole.State = bridge.Locked // its units are free there, and the ledger has them again
		w.Book = append(w.Book, &other)
		if _, err := im.Import(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		r, ok := w.Reservation()
		if diff := cmp.Diff(map[string]int{"i-mug": 1, "i-spoon": 1}, r.Items); !ok || r.LocationID != "L1" || r.Unseen != store.UnseenLocked || diff != "" {
			t.Errorf("split over %v: reserved %t at %s (%s), want at L1, locked; units (-want +got):\n%s", parts, ok, r.LocationID, r.Unseen, diff)
		}
	}
}

// An odd item costs only its own order the answer.
func TestAllocationOfOnePoisonedOrder(t *testing.T) {
	w := world.NewWorld(t)
	w.Stock = map[string]map[string]int{"i-mug": {"L2": 5}, "i-spoon": {"L1": 5}}
	im := allocating(t, w, poisonedLevels{w, "i-spoon"})
	_, err := im.Import(t.Context(), w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"), world.AnOrder("3", "MUG"))...)
	if err == nil || !strings.Contains(err.Error(), "to choose a stock location") {
		t.Errorf("import: error %v, want one that says what was being read", err)
	}
	if diff := cmp.Diff(map[string]string{"1": "L2", "2": " reserved at L1", "3": "L2"}, drawn(t, w)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// poisonedLevels fails for every read with one of the items.
type poisonedLevels struct {
	stock.Reader
	item string
}

func (p poisonedLevels) StockLevels(ctx context.Context, ids []string) (stock.Reading, error) {
	if slices.Contains(ids, p.item) {
		return stock.Reading{}, errors.New("400: bad item")
	}
	return p.Reader.StockLevels(ctx, ids)
}

// Over both fakes, wired by NewSync: orders go where the goods are, and what is
// published is right all the time.
func TestSyncAllocates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first bool
		want  []string
	}{
		"where the goods are": {false, []string{"Default", "Bristol", "Bristol"}},
		"always the first":    {true, []string{"Default", "Default", "Default"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, "GB")
				bristol := s.linn.AddLocation("Bristol")
				must(t, s.linn.SetOnHand("MUG", linnworks.ZeroGUID, 2))
				must(t, s.linn.SetOnHand("MUG", bristol, 5))
				settings := syncSettings()
				settings.Buffer, settings.FirstLocation = nil, c.first
				settings.Locations[shopWarehouse] = []string{string(linnworks.ZeroGUID), strings.ToUpper(string(bristol))}
				b, memory := newSync(t, s, new(outage), settings)
				var got []string
				for _, n := range []int{2, 1, 3} {
					id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(n), NoHold: true})
					must(t, errOf(b.Step(t.Context())))
					time.Sleep(time.Minute) // what it has imported is in the levels by the next
					must(t, errOf(b.Step(t.Context())))
					for _, o := range s.inLinnworks(id) {
						got = append(got, map[linnworks.GUID]string{linnworks.ZeroGUID: "Default", bristol: "Bristol"}[o.FulfilmentLocationID])
					}
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("locations of the orders (-want +got):\n%s", diff)
				}
				if n := s.shown(t); n != 1 {
					t.Errorf("the shop shows %d mugs, want the 1 that is left", n)
				}
				cases, err := memory.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.BadLevel, exceptions.NotInOnePlace}})
				must(t, err)
				if owed := len(cases) > 0; owed != c.first {
					t.Errorf("a location owes units: %t, want %t: %v", owed, c.first, cases)
				}
			})
		})
	}
}
