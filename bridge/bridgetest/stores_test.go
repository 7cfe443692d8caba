package bridgetest

import (
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

func openMemory(_ *testing.T, now func() time.Time) store.Store { return &store.Memory{Now: now} }

func TestMemory(t *testing.T) {
	TestStore(t, openMemory, nil, func(t *testing.T, s store.Store, shop, key string) {
		t.Helper()
		if !s.(*store.Memory).LoseLock(shop, key) {
			t.Fatalf("nobody holds lock %q of %s", key, shop)
		}
	})
}
