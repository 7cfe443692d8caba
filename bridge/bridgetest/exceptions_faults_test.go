package bridgetest

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

func TestMemoryExceptions(t *testing.T) {
	TestExceptions(t, func(_ *testing.T, now func() time.Time) exceptions.Store { return &exceptions.Memory{Now: now} }, nil)
}

// caseFaultVar names the fault that a process of this test has.
const caseFaultVar = "BRIDGETEST_EXCEPTIONS_FAULT"

// Each promise is broken once, as in [TestStoreFaultsAreNoticed].
func TestExceptionFaultsAreNoticed(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range caseFaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestExceptionsWithFault$/^"+regexp.QuoteMeta(f.noticedBy)+"$", "-test.count=1")
			cmd.Env = append(os.Environ(), caseFaultVar+"="+name)
			out, err := cmd.CombinedOutput()
			if _, failed := errors.AsType[*exec.ExitError](err); !failed {
				t.Fatalf("the suite passes: %v", err)
			}
			if want := "--- FAIL: TestExceptionsWithFault/" + f.noticedBy; !strings.Contains(string(out), want) || strings.Contains(string(out), "panic:") {
				t.Errorf("it should say %q and not panic:\n%s", want, out)
			}
		})
	}
}

func TestExceptionsWithFault(t *testing.T) {
	f, ok := caseFaults[os.Getenv(caseFaultVar)]
	if !ok {
		t.Skip("runs in a process of its own, started by TestExceptionFaultsAreNoticed")
	}
	surround = synctest.Test
	var reopen func(*testing.T, exceptions.Store) exceptions.Store
	if f.reopen != nil {
		reopen = func(_ *testing.T, s exceptions.Store) exceptions.Store { return f.reopen(s.(*faultyCases)) }
	}
	TestExceptions(t, func(_ *testing.T, now func() time.Time) exceptions.Store {
		s := &faultyCases{Store: &exceptions.Memory{Now: now}, now: now}
		if f.plant != nil {
			f.plant(s)
		}
		return s
	}, reopen)
}

// faultyCases is a good store some of whose methods are replaced. Those of a
// queue are given the good queue of the shop.
type faultyCases struct {
	exceptions.Store
	now func() time.Time

	shop   func(name string) exceptions.Queue
	raise  func(context.Context, exceptions.Queue, exceptions.Exception) error
	clear  func(context.Context, exceptions.Queue, string, ...exceptions.Kind) error
	open   func(context.Context, exceptions.Queue, ...exceptions.Kind) ([]exceptions.Exception, error)
	cases  func(context.Context, exceptions.Filter) ([]exceptions.Case, error)
	decide func(context.Context, string, exceptions.Decision) (exceptions.Case, error)
}

func (f *faultyCases) Shop(name string) exceptions.Queue {
	if f.shop != nil {
		return f.shop(name)
	}
	return faultyQueue{f.Store.Shop(name), f}
}

func (f *faultyCases) Cases(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error) {
	if f.cases != nil {
		return f.cases(ctx, filter)
	}
	return f.Store.Cases(ctx, filter)
}

func (f *faultyCases) Decide(ctx context.Context, key string, d exceptions.Decision) (exceptions.Case, error) {
	if f.decide != nil {
		return f.decide(ctx, key, d)
	}
	return f.Store.Decide(ctx, key, d)
}

type faultyQueue struct {
	good exceptions.Queue
	f    *faultyCases
}

func (q faultyQueue) Raise(ctx context.Context, e exceptions.Exception) error {
	if q.f.raise != nil {
		return q.f.raise(ctx, q.good, e)
	}
	return q.good.Raise(ctx, e)
}

func (q faultyQueue) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	if q.f.clear != nil {
		return q.f.clear(ctx, q.good, object, kinds...)
	}
	return q.good.Clear(ctx, object, kinds...)
}

func (q faultyQueue) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	if q.f.open != nil {
		return q.f.open(ctx, q.good, kinds...)
	}
	return q.good.Open(ctx, kinds...)
}

// find returns a case in whatever state.
func find(ctx context.Context, s exceptions.Store, key string) (found exceptions.Case) {
	list, _ := s.Cases(ctx, exceptions.Filter{States: allStates})
	for _, c := range list {
		if c.Key() == key {
			found = c
		}
	}
	return found
}

// keyOf is the key in the shop that most tests are about.
func keyOf(kind exceptions.Kind, object string) string {
	return exceptions.Exception{Shop: shopName, Kind: kind, Object: object}.Key()
}

// changed makes a desk whose lists are not what is stored.
func changed(what func([]exceptions.Case) []exceptions.Case) func(*faultyCases) {
	return func(f *faultyCases) {
		f.cases = func(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error) {
			list, err := f.Store.Cases(ctx, filter)
			return what(list), err
		}
	}
}

var caseFaults = map[string]struct {
	noticedBy string
	plant     func(*faultyCases)
	reopen    func(*faultyCases) exceptions.Store
}{
	"nothing is counted": {"raise_and_clear", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			return errors.Join(q.Clear(ctx, e.Object, e.Kind), q.Raise(ctx, e))
		}
	}, nil},
	"the first words stay": {"raise_and_clear", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			if c := find(ctx, f.Store, keyOf(e.Kind, e.Object)); c.Count > 0 {
				e.Seen, e.Evidence = c.Seen, c.Evidence
			}
			return q.Raise(ctx, e)
		}
	}, nil},
	"a cleared one goes on counting": {"raise_and_clear", func(f *faultyCases) {
		f.clear = func(ctx context.Context, q exceptions.Queue, object string, kinds ...exceptions.Kind) error {
			for _, k := range kinds {
				_, _ = f.Store.Decide(ctx, keyOf(k, object), exceptions.Decision{Verb: exceptions.VerbResolved, By: "x", Note: "x"})
			}
			return nil
		}
	}, nil},
	"clearing one kind clears all": {"raise_and_clear", func(f *faultyCases) {
		f.clear = func(ctx context.Context, q exceptions.Queue, object string, _ ...exceptions.Kind) error {
			for _, info := range exceptions.Kinds() {
				_ = q.Clear(ctx, object, info.Kind)
			}
			return nil
		}
	}, nil},
	"clearing an unknown one is an error": {"raise_and_clear", func(f *faultyCases) {
		f.clear = func(ctx context.Context, q exceptions.Queue, object string, kinds ...exceptions.Kind) error {
			for _, k := range kinds {
				if find(ctx, f.Store, keyOf(k, object)).Count == 0 {
					return errors.New("no such row")
				}
			}
			return q.Clear(ctx, object, kinds...)
		}
	}, nil},
	"the evidence is lost": {"every_field", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			e.Evidence = nil
			return q.Raise(ctx, e)
		}
	}, nil},
	"the deadline is lost": {"every_field", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			e.Deadline = time.Time{}
			return q.Raise(ctx, e)
		}
	}, nil},
	"open ones by key": {"order", func(f *faultyCases) {
		f.open = func(ctx context.Context, q exceptions.Queue, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
			list, err := q.Open(ctx, kinds...)
			slices.SortFunc(list, func(a, b exceptions.Exception) int { return strings.Compare(a.Key(), b.Key()) })
			return list, err
		}
	}, nil},
	"cases by key": {"order", changed(func(list []exceptions.Case) []exceptions.Case {
		slices.SortFunc(list, func(a, b exceptions.Case) int { return strings.Compare(a.Key(), b.Key()) })
		return list
	}), nil},
	"resolved ones stay open": {"resolve,_reopen", func(f *faultyCases) {
		f.open = func(ctx context.Context, q exceptions.Queue, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
			list, err := f.Store.Cases(ctx, exceptions.Filter{States: []exceptions.State{exceptions.CaseOpen, exceptions.CaseResolved}})
			var all []exceptions.Exception
			for _, c := range list {
				all = append(all, c.Exception)
			}
			return all, err
		}
	}, nil},
	"a claim overrides another": {"claim", func(f *faultyCases) {
		f.decide = func(ctx context.Context, key string, d exceptions.Decision) (exceptions.Case, error) {
			c, err := f.Store.Decide(ctx, key, d)
			if errors.Is(err, exceptions.ErrCaseClaimed) {
				_, _ = f.Store.Decide(ctx, key, exceptions.Decision{Verb: exceptions.VerbReleased, By: d.By})
				return f.Store.Decide(ctx, key, d)
			}
			return c, err
		}
	}, nil},
	"claims have no end": {"claim", func(f *faultyCases) {
		f.decide = func(ctx context.Context, key string, d exceptions.Decision) (exceptions.Case, error) {
			if d.Verb == exceptions.VerbClaimed {
				d.Until = time.Time{}
			}
			return f.Store.Decide(ctx, key, d)
		}
	}, nil},
	"resolved for ever": {"resolve,_reopen", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			if find(ctx, f.Store, keyOf(e.Kind, e.Object)).State == exceptions.CaseResolved {
				return nil
			}
			return q.Raise(ctx, e)
		}
	}, nil},
	"nothing can be accepted": {"resolve,_reopen", func(f *faultyCases) {
		f.decide = func(ctx context.Context, key string, d exceptions.Decision) (exceptions.Case, error) {
			if d.Verb == exceptions.VerbResolved {
				d.Until = time.Time{}
			}
			return f.Store.Decide(ctx, key, d)
		}
	}, nil},
	"the history is lost": {"claim", changed(func(list []exceptions.Case) []exceptions.Case {
		for i := range list {
			list[i].History = list[i].History[:1]
		}
		return list
	}), nil},
	"decisions about nothing": {"refusals", func(f *faultyCases) {
		f.decide = func(ctx context.Context, key string, d exceptions.Decision) (exceptions.Case, error) {
			c, err := f.Store.Decide(ctx, key, d)
			if errors.Is(err, exceptions.ErrNoCase) {
				err = nil
			}
			return c, err
		}
	}, nil},
	"a refusal that happens": {"refusals", func(f *faultyCases) {
		f.decide = func(ctx context.Context, key string, d exceptions.Decision) (exceptions.Case, error) {
			c, err := f.Store.Decide(ctx, key, d)
			if errors.Is(err, exceptions.ErrCaseState) {
				_, _ = f.Store.Decide(ctx, key, exceptions.Decision{Verb: exceptions.VerbReopened, By: "x"})
			}
			return c, err
		}
	}, nil},
	"owners are not filtered": {"filter", func(f *faultyCases) {
		f.cases = func(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error) {
			filter.Owner = ""
			return f.Store.Cases(ctx, filter)
		}
	}, nil},
	"severities are not filtered": {"filter", func(f *faultyCases) {
		f.cases = func(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error) {
			filter.Severity = exceptions.Notice
			return f.Store.Cases(ctx, filter)
		}
	}, nil},
	"cases are shared": {"copies", func(f *faultyCases) {
		var kept []exceptions.Case
		f.cases = func(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error) {
			list, err := f.Store.Cases(ctx, filter)
			if len(list) == 1 && len(kept) == 1 && list[0].Key() == kept[0].Key() {
				list[0].Evidence = kept[0].Evidence
			}
			kept = list
			return list, err
		}
	}, nil},
	"a sighting under load is lost": {"counted_at_once", func(f *faultyCases) {
		var busy sync.Mutex
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			if e.Object != "shared" {
				return q.Raise(ctx, e)
			}
			if !busy.TryLock() {
				return nil
			}
			defer busy.Unlock()
			time.Sleep(time.Millisecond)
			return q.Raise(ctx, e)
		}
	}, nil},
	"two claims at once": {"claimed_at_once", func(f *faultyCases) {
		f.decide = func(ctx context.Context, key string, d exceptions.Decision) (exceptions.Case, error) {
			free := find(ctx, f.Store, key).ClaimedBy == ""
			time.Sleep(time.Millisecond)
			if free && d.Verb == exceptions.VerbClaimed {
				_, _ = f.Store.Decide(ctx, key, exceptions.Decision{Verb: exceptions.VerbReleased, By: d.By})
			}
			return f.Store.Decide(ctx, key, d)
		}
	}, nil},
	"a clock of its own": {"raise_and_clear", func(f *faultyCases) {
		f.Store = &exceptions.Memory{Now: func() time.Time { return f.now().Add(time.Second) }}
	}, nil},
	"the queue is forgotten": {"every_field", nil, func(f *faultyCases) exceptions.Store {
		return &faultyCases{Store: &exceptions.Memory{Now: f.now}, now: f.now}
	}},

	// Shops.
	"one queue for all shops": {"shops", func(f *faultyCases) {
		f.shop = func(string) exceptions.Queue { return f.Store.Shop(shopName) }
	}, nil},
	"the shop is the exception's": {"shops", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			if e.Shop != "" {
				q = f.Store.Shop(e.Shop)
			}
			return q.Raise(ctx, e)
		}
	}, nil},
	"clearing reaches other shops": {"shops", func(f *faultyCases) {
		f.clear = func(ctx context.Context, _ exceptions.Queue, object string, kinds ...exceptions.Kind) error {
			return errors.Join(f.Store.Shop(shopName).Clear(ctx, object, kinds...), f.Store.Shop("the other shop").Clear(ctx, object, kinds...))
		}
	}, nil},
	"every shop's are open": {"shops", func(f *faultyCases) {
		f.open = func(ctx context.Context, _ exceptions.Queue, kinds ...exceptions.Kind) (list []exceptions.Exception, err error) {
			cases, err := f.Store.Cases(ctx, exceptions.Filter{Kinds: kinds})
			for _, c := range cases {
				list = append(list, c.Exception)
			}
			return list, err
		}
	}, nil},
	"shops are not filtered": {"shops", func(f *faultyCases) {
		f.cases = func(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error) {
			filter.Shop = ""
			return f.Store.Cases(ctx, filter)
		}
	}, nil},
	"a shop without a name": {"shops", func(f *faultyCases) {
		f.shop = func(name string) exceptions.Queue { return f.Store.Shop(cmp.Or(name, "default")) }
	}, nil},
	"a cause lists who was seen last": {"causes", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			for _, id := range find(ctx, f.Store, keyOf(e.Kind, e.Object)).Orders {
				_ = q.Clear(ctx, exceptions.ForOrder(id), e.Kind)
			}
			return q.Raise(ctx, e)
		}
	}, nil},
	"orders are not taken off": {"causes", func(f *faultyCases) {
		f.clear = func(ctx context.Context, q exceptions.Queue, object string, kinds ...exceptions.Kind) error {
			if find(ctx, f.Store, keyOf(kinds[0], object)).Count == 0 {
				return nil // no row of that object
			}
			return q.Clear(ctx, object, kinds...)
		}
	}, nil},
	"a cause closes with its first order": {"causes", func(f *faultyCases) {
		f.clear = func(ctx context.Context, q exceptions.Queue, object string, kinds ...exceptions.Kind) error {
			id, _ := exceptions.OrderOf(object)
			list, _ := q.Open(ctx, kinds...)
			for _, e := range list {
				if slices.Contains(e.Orders, id) {
					_ = q.Clear(ctx, e.Object, e.Kind)
				}
			}
			return q.Clear(ctx, object, kinds...)
		}
	}, nil},
	"an order is taken off in every shop": {"causes", func(f *faultyCases) {
		f.clear = func(ctx context.Context, _ exceptions.Queue, object string, kinds ...exceptions.Kind) error {
			return errors.Join(f.Store.Shop(shopName).Clear(ctx, object, kinds...), f.Store.Shop("the other shop").Clear(ctx, object, kinds...))
		}
	}, nil},
	"an order is taken off whatever the kind": {"causes", func(f *faultyCases) {
		f.clear = func(ctx context.Context, q exceptions.Queue, object string, kinds ...exceptions.Kind) error {
			if _, ok := exceptions.OrderOf(object); ok {
				kinds = append(kinds, exceptions.UnmappedCarrier)
			}
			return q.Clear(ctx, object, kinds...)
		}
	}, nil},
	"a cause without orders is lost": {"causes", changed(func(list []exceptions.Case) []exceptions.Case {
		for i := range list {
			list[i].Standing = false
		}
		return list
	}), nil},
	"resolved orders come back": {"causes", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			e.Orders = append(slices.Clone(e.Orders), find(ctx, f.Store, keyOf(e.Kind, e.Object)).Orders...)
			return q.Raise(ctx, e)
		}
	}, nil},
	"orders are not bounded": {"causes", changed(func(list []exceptions.Case) []exceptions.Case {
		for i := range list {
			if len(list[i].Orders) == exceptions.MaxOrders {
				list[i].Orders = append(list[i].Orders, "9")
			}
		}
		return list
	}), nil},
	"more orders are not said": {"causes", changed(func(list []exceptions.Case) []exceptions.Case {
		for i := range list {
			list[i].MoreOrders = false
		}
		return list
	}), nil},
	"the latest deadline of a cause": {"causes", func(f *faultyCases) {
		latest := time.Time{}
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			latest = e.Deadline
			return q.Raise(ctx, e)
		}
		f.cases = func(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error) {
			list, err := f.Store.Cases(ctx, filter)
			for i := range list {
				list[i].Deadline = latest
			}
			return list, err
		}
	}, nil},
	"the orders are lost": {"every_field", func(f *faultyCases) {
		f.raise = func(ctx context.Context, q exceptions.Queue, e exceptions.Exception) error {
			e.Orders = nil
			return q.Raise(ctx, e)
		}
	}, nil},
	"moments of a zone": {"every_field", changed(func(list []exceptions.Case) []exceptions.Case {
		for i := range list {
			list[i].First = list[i].First.Add(time.Hour)
		}
		return list
	}), nil},
	"all kinds are open": {"kinds", func(f *faultyCases) {
		f.open = func(ctx context.Context, q exceptions.Queue, _ ...exceptions.Kind) ([]exceptions.Exception, error) {
			return q.Open(ctx)
		}
	}, nil},
}
