package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestKeyedPacesEachKeyApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyed(func(key string) (float64, int) {
			switch key {
			case "free":
				return 0, 0
			case "burst":
				return 1, 3
			}
			return 2, 0 // a burst below one is one
		})
		for key, want := range map[string]time.Duration{
			"one": 9 * time.Second / 2, "two": 9 * time.Second / 2, "burst": 7 * time.Second, "free": 0,
		} {
			start := time.Now()
			for range 10 {
				if err := k.Wait(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
			if got := time.Since(start); got != want {
				t.Errorf("ten calls under %s took %s, want %s", key, got, want)
			}
		}
	})
}

func TestKeyedUnmeetableDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyed(func(int) (float64, int) { return 0.1, 1 })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := k.Wait(ctx, 1); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := k.Wait(ctx, 1); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 {
			t.Errorf("err = %v after %s, want a refusal at once", err, time.Since(start))
		}
		// The refused call took nothing: the next is admitted ten seconds after
		// the first.
		if err := k.Wait(t.Context(), 1); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("err = %v after %s, want admission after 10s", err, time.Since(start))
		}
	})
}

func TestKeyedCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyed(func(int) (float64, int) { return 0.1, 1 })
		_ = k.Wait(t.Context(), 1)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if err := k.Wait(ctx, 1); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("err = %v after %s", err, time.Since(start))
		}
	})
}

func TestKeyedIsBounded(t *testing.T) {
	k := NewKeyed(func(int) (float64, int) { return 1, 1 })
	for i := range maxBuckets + 10 {
		k.bucket(i)
	}
	if len(k.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(k.buckets))
	}
}
