package bridge_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// Somebody enters an order in Linnworks by hand that the bridge has imported: people are
// told within two paces of the bridge, without a look-up for every order, and the case
// closes once one of the two is cancelled.
func TestTwinMadeByHandAfterTheImport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lookUp = "Orders.GetOrderDetailsByReferenceID"
		s := newSides(t, "GB")
		b, memory := newSync(t, s, new(outage), syncSettings())
		cases := memory.Shop("uk-shop")
		duplicates := func() (open []string) {
			t.Helper()
			list, err := cases.Open(t.Context(), "duplicate order")
			must(t, err)
			for _, e := range list {
				open = append(open, e.Object)
			}
			return open
		}
		steps := func(n int) {
			t.Helper()
			for range n {
				time.Sleep(10 * time.Minute)
				if r, err := b.Step(t.Context()); err != nil {
					t.Fatalf("%v\n%s", err, r)
				}
			}
		}
		steps(1)
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true})
		other := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true})
		steps(1)
		twin, err := s.linn.AddOrder(linnworkstest.Order{Reference: id, Source: "DIRECT", Lines: []linnworkstest.Line{{SKU: "MUG"}}})
		must(t, err)
		_, err = s.linn.AddOrder(linnworkstest.Order{Reference: "304-1234567", Source: "WHOLESALE", Lines: []linnworkstest.Line{{SKU: "MUG"}}})
		must(t, err)
		s.linn.ForgetCalls()
		steps(3)
		if diff := cmp.Diff([]string{"order " + id}, duplicates()); diff != "" {
			t.Fatalf("open (-want +got):\n%s", diff)
		}
		var looked []string
		for _, c := range s.linn.Calls() {
			if c.Operation == lookUp {
				looked = append(looked, c.Query+c.Body)
			}
		}
		if all := strings.Join(looked, " "); !strings.Contains(all, id) || strings.Contains(all, other) {
			t.Errorf("looked up by their references: %q, want order %s and not order %s, which is there once", looked, id, other)
		}
		must(t, s.linn.Cancel(twin))
		steps(3)
		if open := duplicates(); len(open) > 0 {
			t.Errorf("the twin is cancelled, and open are %v", open)
		}
		s.linn.ForgetCalls()
		must(t, b.Hint(t.Context(), id))
		steps(1)
		for _, c := range s.linn.Calls() {
			if c.Operation == lookUp {
				t.Error("the order goes on being looked up by its reference")
			}
		}
	})
}

// Somebody enters an order by hand before the bridge has seen it in the shop: it is not
// created a second time, and people are told.
func TestTwinMadeByHandBeforeTheImport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		b, memory := newSync(t, s, new(outage), syncSettings())
		flow := func(name string) {
			t.Helper()
			time.Sleep(time.Minute)
			if r, err := b.RunFlow(t.Context(), name); err != nil {
				t.Fatalf("%v\n%v", err, r)
			}
		}
		first := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
		flow(bridge.FlowOrders)
		flow(bridge.FlowDispatch)
		time.Sleep(20 * time.Minute) // what was placed just after the records were begun is looked for
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
		other := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
		_, err := s.linn.AddOrder(linnworkstest.Order{Reference: id, Source: "DIRECT", Lines: []linnworkstest.Line{{SKU: "MUG"}}})
		must(t, err)
		flow(bridge.FlowDispatch)
		s.linn.ForgetCalls()
		flow(bridge.FlowOrders)
		var made []string
		for _, o := range s.linn.Orders() {
			made = append(made, o.GeneralInfo.Source+" "+o.GeneralInfo.ReferenceNum)
		}
		slices.Sort(made)
		if diff := cmp.Diff([]string{"DIRECT " + id, "TIKTOKBRIDGE " + first, "TIKTOKBRIDGE " + other}, made); diff != "" {
			t.Errorf("in Linnworks (-want +got):\n%s", diff)
		}
		list, err := memory.Shop("uk-shop").Open(t.Context(), "duplicate order")
		must(t, err)
		if len(list) != 1 || list[0].Object != "order "+id {
			t.Errorf("open are %v, want one case about order %s", list, id)
		}
		looked := 0
		for _, c := range s.linn.Calls() {
			if c.Operation == "Orders.GetOrderDetailsByReferenceID" {
				looked++
			}
		}
		if looked != 1 {
			t.Errorf("%d orders were looked up by their references, want the one", looked)
		}
	})
}

func TestNoteForeign(t *testing.T) {
	t.Parallel()
	w := world.NewWorld(t)
	w.Put(world.AnOrder("open", "MUG"), world.With(world.AnOrder("sent", "MUG"), func(o *bridge.Order) { o.Status = bridge.Delivered }))
	w.Processed(w.Orders["sent"], "RM1")
	im := w.Importer()
	if _, err := im.Import(t.Context(), w.Orders["open"], w.Orders["sent"]); err != nil {
		t.Fatal(err)
	}
	foreign := func(id, reference string, state bridge.WarehouseState) bridge.WarehouseOrder {
		return bridge.WarehouseOrder{ID: id, Reference: reference, State: state, Foreign: "DIRECT"}
	}
	for name, test := range map[string]struct {
		order bridge.WarehouseOrder
		want  []string
	}{
		"of an order that is open":        {foreign("x", "open", bridge.Open), []string{"open"}},
		"sent by whoever made it":         {foreign("x", "open", bridge.Processed), []string{"open"}},
		"cancelled there":                 {foreign("x", "open", bridge.Dropped), nil},
		"of an order that has left":       {foreign("x", "sent", bridge.Open), nil},
		"of an order of somebody else":    {foreign("x", "304-1234567", bridge.Open), nil},
		"without a reference":             {foreign("x", "", bridge.Open), nil},
		"the bridge's own, listed anyhow": {bridge.WarehouseOrder{ID: "y", Reference: "open", State: bridge.Open}, nil},
	} {
		got, err := im.NoteForeign(t.Context(), test.order)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v (-want +got):\n%s", name, err, diff)
		}
	}
	w.Fail = world.FailOn("RecordsOf")
	if _, err := im.NoteForeign(t.Context(), foreign("x", "open", bridge.Open)); !errors.Is(err, world.ErrInjected) {
		t.Errorf("the store fails: got %v", err)
	}
}

// What others made is not dispatched. Whoever is told of it may fail: the next run tells
// him again, and all else was done.
func TestDispatchQueueTellsOfForeignOrders(t *testing.T) {
	t.Parallel()
	q := newQueueWorld(t)
	q.Processed(q.Put(world.AnOrder("1", "MUG"))[0], "RM1")
	q.Processed(q.Put(world.AnOrder("2", "MUG"))[0], "RM2").Foreign = "DIRECT"
	for _, e := range q.Book {
		e.UpdatedAt = q.now
	}
	var told []string
	var fails error
	queue := func() *bridge.DispatchQueue {
		d := q.Dispatcher(nil)
		d.Ports().Reader, d.Ports().Records = q, q
		queue, err := bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
			Dispatcher: d, Source: q, Reader: q, Cursors: q, Revisits: q, Locks: q, Exceptions: q,
			Foreign: func(_ context.Context, orders []bridge.WarehouseOrder) error {
				for _, w := range orders {
					told = append(told, w.Reference)
				}
				return fails
			},
		}, bridge.DispatchQueueOptions{SweepEvery: -1, Now: q.Now})
		if err != nil {
			t.Fatal(err)
		}
		return queue
	}
	fails = errors.New("no store")
	if _, err := queue().Run(t.Context()); !errors.Is(err, fails) {
		t.Errorf("got %v, want what went wrong", err)
	}
	if len(q.Shipped) != 1 {
		t.Errorf("%d orders shipped, want the one of the bridge", len(q.Shipped))
	}
	fails, q.now = nil, q.now.Add(24*time.Hour)
	if _, err := queue().Run(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"2", "2"}, told); diff != "" {
		t.Errorf("told, a day apart (-want +got):\n%s", diff)
	}
	if len(q.Shipped) != 1 {
		t.Errorf("%d orders shipped, want the one of the bridge", len(q.Shipped))
	}
}

// Somebody enters orders by hand while no bridge runs: the next one has read the
// warehouse's list before it creates anything, and looks for those, or for each order as
// long as it cannot be read.
func TestTwinMadeByHandWhileNoBridgeRan(t *testing.T) {
	for name, test := range map[string]struct {
		broken bool // is the list
		looked int
	}{
		"its list is read":        {looked: 1},
		"its list cannot be read": {broken: true, looked: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, "GB")
				before, memory := newSync(t, s, new(outage), syncSettings())
				_, err := before.Step(t.Context())
				must(t, err)
				time.Sleep(26 * time.Hour) // and no bridge runs
				id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
				other := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
				_, err = s.linn.AddOrder(linnworkstest.Order{Reference: id, Source: "DIRECT", Lines: []linnworkstest.Line{{SKU: "MUG"}}})
				must(t, err)
				time.Sleep(time.Hour)
				if test.broken {
					s.linn.Fail("OrdersV2.GetOrders", 1, linnworkstest.Reply(http.StatusBadRequest, "no"))
				}
				s.linn.ForgetCalls()
				b, err := bridge.NewSync(s.shop, s.book, memory.Shop("uk-shop"), syncSettings())
				must(t, err)
				_, err = b.RunFlow(t.Context(), bridge.FlowOrders)
				must(t, err)
				var made []string
				for _, o := range s.linn.Orders() {
					made = append(made, o.GeneralInfo.Source+" "+o.GeneralInfo.ReferenceNum)
				}
				slices.Sort(made)
				if diff := cmp.Diff([]string{"DIRECT " + id, "TIKTOKBRIDGE " + other}, made); diff != "" {
					t.Errorf("in Linnworks (-want +got):\n%s", diff)
				}
				list, err := memory.Shop("uk-shop").Open(t.Context(), "duplicate order")
				must(t, err)
				if len(list) != 1 || list[0].Object != "order "+id {
					t.Errorf("open are %v, want one case about order %s", list, id)
				}
				if n := len(s.linn.CallsOf("Orders.GetOrderDetailsByReferenceID")); n != test.looked {
					t.Errorf("%d orders were looked up by their references, want %d", n, test.looked)
				}
			})
		})
	}
}
