package bridgetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// TestExceptions checks that a store keeps the promises of [exceptions.Store],
// those that only show under load or in another process included. It may forget
// closed cases, but not the last 100. See [TestStore] for open and reopen.
func TestExceptions(t *testing.T, open func(t *testing.T, now func() time.Time) exceptions.Store, reopen func(*testing.T, exceptions.Store) exceptions.Store) {
	for name, test := range map[string]func(q *queueTest){
		"raise and clear":  testRaise,
		"every field":      testEveryFieldOfAnException,
		"shops":            testShops,
		"kinds":            testOpenKinds,
		"causes":           testCauses,
		"order":            testOrder,
		"claim":            testClaim,
		"resolve, reopen":  testResolve,
		"refusals":         testRefusals,
		"filter":           testFilter,
		"copies":           testCaseCopies,
		"counted at once":  testCountedAtOnce,
		"claimed at once":  testClaimedAtOnce,
		"like Case itself": testLikeModel,
	} {
		part(t, name, func(t *testing.T) {
			clock := &handClock{now: moment}
			store := open(t, clock.Now)
			test(&queueTest{T: t, clock: clock, store: store, queue: store.Shop(shopName), again: reopening(reopen)})
		})
	}
}

// queueTest is a store under test and its clock.
type queueTest struct {
	*testing.T
	clock *handClock
	store exceptions.Store
	queue exceptions.Queue // of the store, the shop's
	again func(*testing.T, exceptions.Store) exceptions.Store
}

var allStates = []exceptions.State{exceptions.CaseOpen, exceptions.CaseResolved, exceptions.CaseCleared}

// shopName is the shop that most tests are about.
const shopName = "shop"

func problem(kind exceptions.Kind, object string) exceptions.Exception {
	info, _ := kind.Info()
	return exceptions.Exception{Shop: shopName, Kind: kind, Owner: info.Owner, Severity: info.Severity, Object: object, Seen: "it was seen", Do: "mend it"}
}

func (q *queueTest) reopen() {
	q.Helper()
	q.store = q.again(q.T, q.store)
	q.queue = q.store.Shop(shopName)
}

func (q *queueTest) raise(e exceptions.Exception) {
	q.Helper()
	q.clock.forward(time.Minute)
	check(q.T, q.queue.Raise(q.Context(), e))
}

func (q *queueTest) clear(object string, kinds ...exceptions.Kind) {
	q.Helper()
	q.clock.forward(time.Minute)
	check(q.T, q.queue.Clear(q.Context(), object, kinds...))
}

func (q *queueTest) decide(e exceptions.Exception, d exceptions.Decision) error {
	q.Helper()
	q.clock.forward(time.Minute)
	c, err := q.store.Decide(q.Context(), e.Key(), d)
	if err == nil {
		if stored := q.only(exceptions.Filter{Shop: shopName, States: allStates, Kinds: []exceptions.Kind{e.Kind}, Object: e.Object}); different(stored, c) != "" {
			q.Errorf("Decide returned something else than it stored: %s", different(stored, c))
		}
	}
	return err
}

func (q *queueTest) open() (list []exceptions.Exception, objects []string) {
	q.Helper()
	list, err := q.queue.Open(q.Context())
	check(q.T, err)
	for _, e := range list {
		objects = append(objects, e.Object)
	}
	return list, objects
}

func (q *queueTest) cases(filter exceptions.Filter) (list []exceptions.Case, objects []string) {
	q.Helper()
	list, err := q.store.Cases(q.Context(), filter)
	check(q.T, err)
	for _, c := range list {
		objects = append(objects, c.Object)
	}
	return list, objects
}

func (q *queueTest) only(filter exceptions.Filter) exceptions.Case {
	q.Helper()
	list, _ := q.cases(filter)
	if len(list) != 1 {
		q.Fatalf("%d cases of %+v, want one: %v", len(list), filter, list)
	}
	return list[0]
}

func (q *queueTest) verbs(c exceptions.Case) string {
	var verbs []string
	for _, e := range c.History {
		verbs = append(verbs, strings.TrimSpace(string(e.Verb)+" "+e.By))
	}
	return strings.Join(verbs, ", ")
}

func testRaise(q *queueTest) {
	if list, _ := q.open(); len(list) != 0 {
		q.Fatalf("a new queue: %v", list)
	}
	first, deadline := q.clock.Now().Add(time.Minute), moment.Add(5*time.Hour)
	e := problem(exceptions.NoTracking, "order 1")
	e.Deadline = deadline
	q.raise(e)
	e.Deadline, e.Seen, e.Evidence = time.Time{}, "it was seen again", []exceptions.Property{{Name: "number", Value: "7"}}
	q.raise(e)
	q.raise(problem(exceptions.NoTracking, "order 2"))
	q.raise(problem(exceptions.StatesDisagree, "order 1"))
	q.reopen()
	want := e
	want.Deadline, want.Count, want.First, want.Last = deadline, 2, first, first.Add(time.Minute)
	list, _ := q.open()
	if len(list) != 3 {
		q.Fatalf("%d are open, want 3: %v", len(list), list)
	}
	got := list[slices.IndexFunc(list, func(x exceptions.Exception) bool { return x.Key() == e.Key() })]
	if d := different(want, got); d != "" {
		q.Errorf("seen twice, the second time by one that knows no deadline: %s", d)
	}
	q.clear("order 1", exceptions.UnmappedCarrier, exceptions.NoTracking)
	q.clear("order 1")
	q.clear("never heard of", exceptions.NoTracking)
	q.reopen()
	if list, _ = q.open(); len(list) != 2 || list[0].Key() == e.Key() || list[1].Key() == e.Key() {
		q.Errorf("after the first was cleared: %v", list)
	}
	q.raise(e)
	list, _ = q.open()
	got = list[slices.IndexFunc(list, func(x exceptions.Exception) bool { return x.Key() == e.Key() })]
	if got.Count != 1 || !got.Deadline.IsZero() || different(q.clock.Now(), got.First) != "" {
		q.Errorf("a cleared one goes on where it was: %+v", got)
	}
}

func testEveryFieldOfAnException(q *queueTest) {
	e := filled[exceptions.Exception](q.T, 0)
	e.Shop, e.Severity, e.MoreOrders = shopName, exceptions.Warning, false
	q.raise(e)
	q.reopen()
	want := e
	want.Count, want.First, want.Last = 1, q.clock.Now(), q.clock.Now()
	list, _ := q.open()
	if d := different([]exceptions.Exception{want}, list); d != "" {
		q.Error(d)
	}
	// And so does its JSON, which programs work with.
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Note: "ü", Until: q.clock.Now().Add(time.Hour)}))
	q.reopen()
	stored := q.only(exceptions.Filter{})
	text, err := json.Marshal(stored)
	check(q.T, err)
	var read exceptions.Case
	check(q.T, json.Unmarshal(text, &read))
	if d := different(stored, read); d != "" {
		q.Errorf("through JSON: %s", d)
	}
}

// testShops checks that two shops on one store do not touch one another.
func testShops(q *queueTest) {
	other := func() exceptions.Queue { return q.store.Shop("the other shop") }
	e := problem(exceptions.NoTracking, "order 1")
	q.raise(e)
	e.Shop = "one that the queue does not serve"
	check(q.T, other().Raise(q.Context(), e))
	q.reopen()
	all, _ := q.cases(exceptions.Filter{})
	if shops := shopsOf(all); !slices.Equal(shops, []string{shopName, "the other shop"}) {
		q.Fatalf("one exception in each of two shops: the desk sees those of %q", shops)
	}
	check(q.T, other().Clear(q.Context(), "order 2", exceptions.NoTracking))
	theirs, err := other().Open(q.Context())
	check(q.T, err)
	if ours, _ := q.open(); len(ours) != 1 || ours[0].Shop != shopName || len(theirs) != 1 || theirs[0].Shop != "the other shop" || theirs[0].Count != 1 {
		q.Fatalf("each sees its own: %v and %v", ours, theirs)
	}
	if list, _ := q.cases(exceptions.Filter{Shop: "the other shop"}); len(list) != 1 || list[0].Shop != "the other shop" {
		q.Errorf("cases of one shop: %v", list)
	}
	if list, _ := q.cases(exceptions.Filter{Shop: "shop 3"}); len(list) != 0 {
		q.Errorf("cases of a shop without any: %v", list)
	}
	check(q.T, q.decide(problem(exceptions.NoTracking, "order 1"), exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann"}))
	check(q.T, other().Clear(q.Context(), "order 1", exceptions.NoTracking))
	q.reopen()
	if list, _ := q.cases(exceptions.Filter{}); len(list) != 1 || list[0].Shop != shopName || list[0].ClaimedBy != "Ann" {
		q.Errorf("one shop's was cleared, the other's claimed: %v", list)
	}
	for _, name := range []string{"", " ", "a|b", "a\nb", strings.Repeat("a", 101)} {
		bad := q.store.Shop(name)
		if err := bad.Raise(q.Context(), problem(exceptions.NoTracking, "order 1")); err == nil {
			q.Errorf("an exception of shop %q is raised: want an error", name)
		}
		if err := bad.Clear(q.Context(), "order 1", exceptions.NoTracking); err == nil {
			q.Errorf("an exception of shop %q is cleared: want an error", name)
		}
		if _, err := bad.Open(q.Context()); err == nil {
			q.Errorf("those of shop %q are listed: want an error", name)
		}
	}
}

func shopsOf(list []exceptions.Case) (shops []string) {
	for _, c := range list {
		shops = append(shops, c.Shop)
	}
	return shops
}

// testCauses checks that the same cause on many orders is one case that lists
// them, and that it closes with the last of them.
func testCauses(q *queueTest) {
	const object = `carrier "Owl"`
	seen := func(deadline time.Duration, orders ...string) exceptions.Exception {
		e := problem(exceptions.UnmappedCarrier, object)
		e.Orders = orders
		if deadline != 0 {
			e.Deadline = moment.Add(deadline)
		}
		return e
	}
	expect := func(when string, count int, orders ...string) {
		q.Helper()
		q.reopen()
		c := q.only(exceptions.Filter{Shop: shopName, Kinds: []exceptions.Kind{exceptions.UnmappedCarrier}, States: allStates})
		if open := len(orders) > 0 || c.Standing; (c.State == exceptions.CaseOpen) != open || !slices.Equal(c.Orders, orders) || c.Count != count {
			q.Errorf("%s: %s, seen %d times, orders %q; want %d times, orders %q", when, c.State, c.Count, c.Orders, count, orders)
		}
	}
	q.raise(seen(5*time.Hour, "2", "1"))
	q.raise(seen(3*time.Hour, "3", "2"))
	q.raise(seen(4*time.Hour, "2"))
	expect("three sightings", 3, "1", "2", "3")
	if c := q.only(exceptions.Filter{}); !c.Deadline.Equal(moment.Add(3 * time.Hour)) {
		q.Errorf("the deadline is %s, want the earliest, %s", c.Deadline, moment.Add(3*time.Hour))
	}
	other := q.store.Shop("the other shop")
	check(q.T, other.Raise(q.Context(), seen(0, "1")))
	q.raise(problem(exceptions.NoTracking, "order 1"))
	q.clear("order 2", exceptions.UnmappedCarrier, exceptions.NoTracking)
	q.clear("order 4", exceptions.UnmappedCarrier)
	q.clear("2", exceptions.UnmappedCarrier)
	q.clear("order 1", exceptions.NoTracking, exceptions.UnmappedSKU)
	expect("one is done", 3, "1", "3")
	check(q.T, other.Clear(q.Context(), "order 1", exceptions.UnmappedCarrier))
	expect("another shop's is done", 3, "1", "3")
	if list, err := other.Open(q.Context()); err != nil || len(list) != 0 {
		q.Errorf("the other shop's last order is done, and open are %v, %v", list, err)
	}
	q.clear("order 1", exceptions.UnmappedCarrier)
	q.clear("order 3", exceptions.UnmappedCarrier)
	expect("the last is done", 3)
	q.raise(seen(0, "5"))
	expect("another cause", 1, "5")
	// One that was seen without an order does not close with the last.
	q.raise(seen(0))
	q.clear("order 5", exceptions.UnmappedCarrier)
	expect("seen without an order too", 2)
	q.clear(object, exceptions.UnmappedCarrier)
	if list, _ := q.open(); len(list) != 0 {
		q.Errorf("the cause is gone, and open are %v", list)
	}
	// What a person has resolved begins with who comes then.
	q.raise(seen(0, "6", "7"))
	check(q.T, q.decide(seen(0), exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "mapped"}))
	q.raise(seen(0, "8"))
	expect("resolved, and seen again", 2, "8")
	// There may be very many.
	many := make([]string, exceptions.MaxOrders+1)
	for i := range many {
		many[i] = fmt.Sprint(10000 + i)
	}
	q.raise(seen(0, many...))
	q.reopen()
	if c := q.only(exceptions.Filter{}); len(c.Orders) != exceptions.MaxOrders || !c.MoreOrders || !slices.Contains(c.Orders, "8") {
		q.Errorf("%d orders, more: %t; want %d of %d, and those that were there first", len(c.Orders), c.MoreOrders, exceptions.MaxOrders, len(many)+1)
	}
}

func testOpenKinds(q *queueTest) {
	for _, kind := range []exceptions.Kind{exceptions.NoTracking, exceptions.TrackingDiffers, exceptions.StatesDisagree} {
		q.raise(problem(kind, "order 1"))
	}
	q.clear("order 1", exceptions.StatesDisagree)
	q.reopen()
	for _, test := range []struct{ asked, want []exceptions.Kind }{
		{nil, []exceptions.Kind{exceptions.NoTracking, exceptions.TrackingDiffers}},
		{[]exceptions.Kind{exceptions.TrackingDiffers}, []exceptions.Kind{exceptions.TrackingDiffers}},
		{[]exceptions.Kind{exceptions.TrackingDiffers, exceptions.NoTracking, exceptions.UnmappedSKU}, []exceptions.Kind{exceptions.NoTracking, exceptions.TrackingDiffers}},
		{[]exceptions.Kind{exceptions.StatesDisagree}, nil},
	} {
		list, err := q.queue.Open(q.Context(), test.asked...)
		check(q.T, err)
		var got []exceptions.Kind
		for _, e := range list {
			got = append(got, e.Kind)
		}
		if !slices.Equal(got, test.want) {
			q.Errorf("open ones of %q: %q, want %q", test.asked, got, test.want)
		}
	}
}

func testOrder(q *queueTest) {
	put := func(object string, severity exceptions.Severity, deadline time.Duration) {
		e := problem(exceptions.NoTracking, object) // has two hours without a deadline
		e.Severity = severity
		if deadline != 0 {
			e.Deadline = moment.Add(deadline)
		}
		q.raise(e)
	}
	put("notice, first", exceptions.Notice, time.Hour)
	put("urgent, tomorrow", exceptions.Urgent, 24*time.Hour)
	put("urgent, 3 hours", exceptions.Urgent, 3*time.Hour)
	put("urgent, no deadline", exceptions.Urgent, 0)
	put("urgent, 1 hour b", exceptions.Urgent, time.Hour)
	put("urgent, 1 hour a", exceptions.Urgent, time.Hour)
	put("urgent, over", exceptions.Urgent, -time.Hour)
	put("warning", exceptions.Warning, time.Minute)
	q.reopen()
	want := []string{
		"urgent, over", "urgent, 1 hour a", "urgent, 1 hour b", "urgent, no deadline", "urgent, 3 hours", "urgent, tomorrow", "warning", "notice, first",
	}
	if _, got := q.open(); !slices.Equal(got, want) {
		q.Errorf("Open: %q\nwant  %q", got, want)
	}
	if _, got := q.cases(exceptions.Filter{}); !slices.Equal(got, want) {
		q.Errorf("Cases: %q\nwant   %q", got, want)
	}
}

func testClaim(q *queueTest) {
	e := problem(exceptions.NoTracking, "order 1")
	q.raise(e)
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Note: "on it", Until: q.clock.Now().Add(time.Hour)}))
	q.reopen()
	if err := q.decide(e, exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Bob"}); !errors.Is(err, exceptions.ErrCaseClaimed) {
		q.Errorf("claimed by a second person: %v", err)
	}
	if c := q.only(exceptions.Filter{}); c.Holder(q.clock.Now()) != "Ann" || q.verbs(c) != "raised, claimed Ann" || c.History[1].Note != "on it" {
		q.Errorf("%v: %+v", c, c.History)
	}
	q.raise(e)
	if c := q.only(exceptions.Filter{}); c.Holder(q.clock.Now()) != "Ann" || c.Count != 2 {
		q.Errorf("seen again while claimed: %v", c)
	}
	q.clock.forward(time.Hour) // the claim ends by itself
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Bob"}))
	q.clock.forward(1000 * time.Hour) // this one does not
	if err := q.decide(e, exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann"}); !errors.Is(err, exceptions.ErrCaseClaimed) {
		q.Errorf("a claim without an end has ended: %v", err)
	}
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbReleased, By: "Ann"}))
	q.reopen()
	if c := q.only(exceptions.Filter{}); c.Holder(q.clock.Now()) != "" || q.verbs(c) != "raised, claimed Ann, claimed Bob, released Ann" {
		q.Errorf("released: %v: %s", c, q.verbs(c))
	}
}

func testResolve(q *queueTest) {
	e := problem(exceptions.TrackingDiffers, "order 1")
	q.raise(e)
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann"}))
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "corrected"}))
	q.reopen()
	if list, _ := q.open(); len(list) != 0 {
		q.Errorf("resolved, and open: %v", list)
	}
	closed := q.only(exceptions.Filter{States: []exceptions.State{exceptions.CaseResolved}})
	if last := closed.History[len(closed.History)-1]; last.Note != "corrected" || different(q.clock.Now(), closed.ClosedAt) != "" {
		q.Errorf("resolved: %+v", closed)
	}
	q.raise(e)
	q.reopen()
	c := q.only(exceptions.Filter{})
	if c.Count != 2 || c.Reopened != 1 || c.Holder(q.clock.Now()) != "" || q.verbs(c) != "raised, claimed Ann, resolved Ann, returned" {
		q.Errorf("resolved and seen again: %v: reopened %d, %s", c, c.Reopened, q.verbs(c))
	}
	// Accepted as it is: counted, not reopened.
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "it is so", Until: q.clock.Now().Add(time.Hour)}))
	q.reopen()
	q.raise(e)
	if list, _ := q.open(); len(list) != 0 {
		q.Errorf("accepted, and reopened: %v", list)
	}
	if c = q.only(exceptions.Filter{States: allStates}); c.Count != 3 {
		q.Errorf("accepted, seen again: %v", c)
	}
	q.clock.forward(time.Hour)
	q.raise(e)
	if list, _ := q.open(); len(list) != 1 || list[0].Count != 4 {
		q.Errorf("seen after the time for which it was accepted: %v", list)
	}
	// Closed because the cause is gone, and reopened by a person.
	q.clear("order 1", exceptions.TrackingDiffers)
	if c = q.only(exceptions.Filter{States: allStates}); c.State != exceptions.CaseCleared {
		q.Errorf("cleared: %v", c)
	}
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbReopened, By: "Bob", Note: "not so sure"}))
	q.reopen()
	if c = q.only(exceptions.Filter{}); c.Reopened != 3 || !c.ClosedAt.IsZero() {
		q.Errorf("reopened: %+v", c)
	}
}

func testRefusals(q *queueTest) {
	e := problem(exceptions.NoTracking, "order 1")
	if _, err := q.store.Decide(q.Context(), e.Key(), exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann"}); !errors.Is(err, exceptions.ErrNoCase) {
		q.Errorf("a case that does not exist: %v", err)
	}
	q.raise(e)
	check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "done"}))
	before := q.only(exceptions.Filter{States: allStates})
	for _, d := range []exceptions.Decision{
		{Verb: exceptions.VerbResolved, By: "Bob", Note: "me too"},
		{Verb: exceptions.VerbClaimed, By: "Bob"},
		{Verb: exceptions.VerbReleased, By: "Bob"},
		{Verb: exceptions.VerbReopened},
		{Verb: "burn", By: "Bob"},
	} {
		if err := q.decide(e, d); err == nil {
			q.Errorf("%+v was not refused", d)
		}
	}
	if err := q.decide(e, exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Bob"}); !errors.Is(err, exceptions.ErrCaseState) {
		q.Errorf("claiming a closed case: %v", err)
	}
	q.reopen()
	if d := different(before, q.only(exceptions.Filter{States: allStates})); d != "" {
		q.Errorf("a refused decision changed the case: %s", d)
	}
}

func testFilter(q *queueTest) {
	put := func(kind exceptions.Kind, object string, state exceptions.State) {
		e := problem(kind, object)
		q.raise(e)
		switch state {
		case exceptions.CaseResolved:
			check(q.T, q.decide(e, exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "done"}))
		case exceptions.CaseCleared:
			q.clear(object, kind)
		}
	}
	put(exceptions.NoTracking, "order 1", exceptions.CaseOpen)
	put(exceptions.TrackingDiffers, "order 1", exceptions.CaseOpen)
	put(exceptions.NoTracking, "order 2", exceptions.CaseResolved)
	put(exceptions.UnmappedSKU, "SKU A", exceptions.CaseOpen)
	put(exceptions.SpellingDiffers, "SKU A", exceptions.CaseCleared)
	q.reopen()
	all, _ := q.cases(exceptions.Filter{States: allStates})
	if len(all) != 5 {
		q.Fatalf("%d of 5 cases: %v", len(all), all)
	}
	for _, test := range []struct {
		filter exceptions.Filter
		n      int
	}{
		{exceptions.Filter{}, 3},
		{exceptions.Filter{States: []exceptions.State{exceptions.CaseCleared}}, 1},
		{exceptions.Filter{States: []exceptions.State{exceptions.CaseCleared, exceptions.CaseResolved}}, 2},
		{exceptions.Filter{Owner: exceptions.OwnerWarehouse}, 2},
		{exceptions.Filter{Owner: exceptions.OwnerFinance}, 0},
		{exceptions.Filter{Kinds: []exceptions.Kind{exceptions.NoTracking}}, 1},
		{exceptions.Filter{Kinds: []exceptions.Kind{exceptions.NoTracking, exceptions.UnmappedSKU}}, 2},
		{exceptions.Filter{Object: "order 1"}, 2},
		{exceptions.Filter{Object: "order"}, 0},
		{exceptions.Filter{Severity: exceptions.Urgent}, 2},
		{exceptions.Filter{States: allStates, Severity: exceptions.Warning}, 4},
		{exceptions.Filter{States: allStates, Object: "SKU A", Owner: exceptions.OwnerEcommerce, Severity: exceptions.Urgent}, 1},
	} {
		got, _ := q.cases(test.filter)
		var want []exceptions.Case
		for _, c := range all {
			if test.filter.Match(c) {
				want = append(want, c)
			}
		}
		if d := different(want, got); len(got) != test.n || d != "" {
			q.Errorf("%+v: %d cases, want %d: %s", test.filter, len(got), test.n, d)
		}
	}
}

// testCaseCopies checks that what callers do with their lists stays with them.
func testCaseCopies(q *queueTest) {
	e := problem(exceptions.NoTracking, "order 1")
	e.Evidence = []exceptions.Property{{Name: "number", Value: "7"}}
	q.raise(e)
	e.Evidence[0].Value = "spoilt"
	for range 2 {
		list, _ := q.open()
		c := q.only(exceptions.Filter{})
		decided, err := q.store.Decide(q.Context(), e.Key(), exceptions.Decision{Verb: exceptions.VerbReleased, By: "Ann"})
		check(q.T, err)
		if len(list[0].Evidence) != 1 || len(c.Evidence) != 1 || len(decided.Evidence) != 1 {
			q.Fatalf("the evidence is lost: %+v", list[0])
		}
		if list[0].Evidence[0].Value != "7" || c.Evidence[0].Value != "7" || decided.Evidence[0].Value != "7" || c.History[0].Note != "" {
			q.Fatalf("a caller changed what is stored: %+v, %+v", list[0], c)
		}
		list[0].Evidence[0].Value = "spoilt"
		c.Evidence[0].Value, c.History[0].Note = "spoilt", "spoilt"
		decided.Evidence[0].Value, decided.History[0].Note = "spoilt", "spoilt"
	}
}

func testCountedAtOnce(q *queueTest) {
	const workers, each = 8, 25
	second := q.again(q.T, q.store)
	var wg sync.WaitGroup
	for w := range workers {
		queue := q.store.Shop(shopName)
		if w%2 == 1 {
			queue = second.Shop(shopName)
		}
		wg.Go(func() {
			for n := range each {
				own := problem(exceptions.NoTracking, fmt.Sprintf("order %d-%d", w, n))
				err := errors.Join(
					queue.Raise(q.Context(), problem(exceptions.NoTracking, "shared")), queue.Raise(q.Context(), own),
				)
				if n%2 == 0 {
					err = errors.Join(err, queue.Clear(q.Context(), own.Object, own.Kind))
				}
				if err != nil {
					q.Error(err)
				}
			}
		})
	}
	wg.Wait()
	list, _ := q.open()
	if want := workers*(each/2) + 1; len(list) != want {
		q.Errorf("%d are open, want %d", len(list), want)
	}
	if c := q.only(exceptions.Filter{Object: "shared"}); c.Count != workers*each {
		q.Errorf("raised %d times, counted %d", workers*each, c.Count)
	}
}

func testClaimedAtOnce(q *queueTest) {
	second := q.again(q.T, q.store)
	for n := range 10 {
		e := problem(exceptions.NoTracking, fmt.Sprint("order ", n))
		q.raise(e)
		var won atomic.Int64
		var wg sync.WaitGroup
		for w := range 8 {
			store := q.store
			if w%2 == 1 {
				store = second
			}
			wg.Go(func() {
				switch _, err := store.Decide(q.Context(), e.Key(), exceptions.Decision{Verb: exceptions.VerbClaimed, By: fmt.Sprint("person ", w)}); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, exceptions.ErrCaseClaimed):
					q.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			q.Fatalf("%d people have claimed %s", won.Load(), e.Object)
		}
	}
}

// testLikeModel does a thousand things in random order and compares the store
// with what [exceptions.Case] says should be there.
func testLikeModel(q *queueTest) {
	const seed = 42
	random := rand.New(rand.NewPCG(seed, seed))
	model := map[string]exceptions.Case{}
	kinds := []exceptions.Kind{exceptions.NoTracking, exceptions.TrackingDiffers, exceptions.BadLevel, exceptions.UnmappedCarrier}
	verbs := []exceptions.Verb{
		exceptions.VerbClaimed, exceptions.VerbReleased, exceptions.VerbResolved, exceptions.VerbReopened, exceptions.VerbClaimed, exceptions.VerbResolved, exceptions.VerbNoted, exceptions.VerbSnoozed, "burn",
	}
	pick := func(n int) int { return random.IntN(n) }
	for step := range 1000 {
		now := q.clock.forward(time.Duration(1+pick(600)) * time.Second)
		e := problem(kinds[pick(len(kinds))], fmt.Sprint("order ", pick(4)))
		old, known := model[e.Key()]
		what := "raise " + e.Key()
		switch pick(3) {
		case 0:
			if pick(2) == 0 {
				e.Deadline = now.Add(time.Duration(pick(100)-20) * time.Hour)
			}
			e.Severity, e.Seen = exceptions.Severity(pick(3)), fmt.Sprint("seen in step ", step)
			if e.Kind == exceptions.UnmappedCarrier {
				e.Object = fmt.Sprint("carrier ", pick(2))
				old = model[e.Key()]
				for range pick(3) {
					e.Orders = append(e.Orders, strconv.Itoa(pick(4)))
				}
			}
			check(q.T, q.queue.Raise(q.Context(), e))
			model[e.Key()] = old.Raise(e, now)
		case 1:
			what = "clear " + e.Key()
			check(q.T, q.queue.Clear(q.Context(), e.Object, e.Kind))
			if known {
				model[e.Key()] = old.Clear(now)
			}
			for key, c := range model {
				if id, _ := exceptions.OrderOf(e.Object); c.Kind == e.Kind && e.Kind == exceptions.UnmappedCarrier {
					model[key] = c.Without(id, now)
				}
			}
		default:
			d := exceptions.Decision{Verb: verbs[pick(len(verbs))], By: []string{"Ann", "Bob", "packing"}[pick(3)], Note: []string{"", "done"}[min(1, pick(5))]}
			if pick(3) == 0 {
				d.Until = now.Add(time.Duration(pick(100)-10) * time.Minute)
			}
			what = fmt.Sprintf("%+v of %s", d, e.Key())
			_, err := q.store.Decide(q.Context(), e.Key(), d)
			want := exceptions.ErrNoCase
			if known {
				model[e.Key()], want = old.Decide(d, now)
			}
			if (err == nil) != (want == nil) {
				q.Fatalf("seed %d, step %d: %s: %v, want %v", seed, step, what, err, want)
			}
			for _, kind := range []error{exceptions.ErrNoCase, exceptions.ErrCaseClaimed, exceptions.ErrCaseState} {
				if errors.Is(err, kind) != errors.Is(want, kind) {
					q.Fatalf("seed %d, step %d: %s: %v, want %v", seed, step, what, err, want)
				}
			}
		}
		if pick(50) == 0 {
			q.reopen()
		}
		filter := exceptions.Filter{States: allStates}
		if pick(3) == 0 {
			filter = exceptions.Filter{Severity: exceptions.Severity(pick(3))}
		}
		var want []exceptions.Case
		for c := range maps.Values(model) {
			if filter.Match(c) {
				want = append(want, c)
			}
		}
		slices.SortFunc(want, func(a, b exceptions.Case) int { return exceptions.Compare(a.Exception, b.Exception) })
		if got, _ := q.cases(filter); different(want, got) != "" {
			q.Fatalf("seed %d, step %d: %s, then %+v: %s", seed, step, what, filter, different(want, got))
		}
	}
}
