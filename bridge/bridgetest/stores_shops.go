package bridgetest

import (
	"context"
	"errors"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// shopTests are about all ports together.
var shopTests = map[string]func(*storeTest){
	"shops":          testShopsApart,
	"shops: locks":   testShopLocks,
	"shops: no name": testNoName,
	"ended contexts": testEndedContexts,
}

// testShopsApart has another shop do everything there is, with the same ids.
func testShopsApart(s *storeTest) {
	other := s.store.Shop(theirs)
	s.since() // both are begun by the same clock
	_, _, err := other.RecordsOf(s.Context())
	s.ok(err)
	empty := snapshot(s.T, other, theirs)
	full(s.T, s)
	s.reopen()
	other = s.store.Shop(theirs)
	unchanged(s.T, "another shop was filled", empty, other, theirs)
	full(s.T, other)
	before, beforeOther := snapshot(s.T, s, ours), snapshot(s.T, other, theirs)
	for name, write := range writes {
		if err := write(s.Context(), other); err != nil {
			s.Errorf("%s: %v", name, err)
		}
		unchanged(s.T, name+" of another shop", before, s, ours)
	}
	s.reopen()
	unchanged(s.T, "another shop did all there is", before, s, ours)
	after := snapshot(s.T, s.store.Shop(theirs), theirs)
	for _, key := range []string{"cursor", "hints", "revisits", "label", "value", "reservations", "seen up to", "records"} {
		if different(beforeOther[key], after[key]) == "" {
			s.Errorf("%s: nothing changed for the other shop, which did all there is", key)
		}
	}
}

func testShopLocks(s *storeTest) {
	other := s.store.Shop(theirs)
	_, unlock := s.lock(s, "key")
	s.free(other, "key")
	s.taken(s, "key", "the other shop gave its own back")
	unlock()
}

func testNoName(s *storeTest) {
	nameless := s.store.Shop("")
	for name, call := range calls {
		if err := call(s.Context(), nameless); !errors.Is(err, store.ErrNoShop) {
			s.Errorf("%s without a shop: got %v, want %v", name, err, store.ErrNoShop)
		}
	}
}

func testEndedContexts(s *storeTest) {
	full(s.T, s)
	before := snapshot(s.T, s, ours)
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	for name, call := range calls {
		if err := call(ctx, s); !errors.Is(err, context.Canceled) {
			s.Errorf("%s: got %v, want context.Canceled", name, err)
		}
	}
	unchanged(s.T, "writes with a context that had ended", before, s, ours)
}
