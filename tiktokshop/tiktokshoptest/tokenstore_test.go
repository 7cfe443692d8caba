package tiktokshoptest

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

func TestStoresOfTheClient(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		TestTokenStore(t, func(*testing.T) tiktokshop.TokenStore { return new(tiktokshop.MemoryTokens) }, nil)
	})
	t.Run("file", func(t *testing.T) {
		paths := map[tiktokshop.TokenStore]string{}
		openAt := func(t *testing.T, path string) tiktokshop.TokenStore {
			t.Helper()
			s, err := tiktokshop.NewFileTokens(path)
			if err != nil {
				t.Fatal(err)
			}
			paths[s] = path
			return s
		}
		TestTokenStore(t,
			func(t *testing.T) tiktokshop.TokenStore { return openAt(t, filepath.Join(t.TempDir(), "seller.json")) },
			func(t *testing.T, s tiktokshop.TokenStore) tiktokshop.TokenStore { return openAt(t, paths[s]) })
	})
}

// faultyStore breaks one promise. It is otherwise a store in memory.
type faultyStore struct {
	lock  sync.Mutex
	mu    sync.Mutex
	token tiktokshop.Token

	update func(s *faultyStore, ctx context.Context, update func(tiktokshop.Token) (tiktokshop.Token, error)) error
	load   func(s *faultyStore, ctx context.Context) (tiktokshop.Token, error)
}

func (s *faultyStore) get() tiktokshop.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

func (s *faultyStore) set(t tiktokshop.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = t
}

func (s *faultyStore) LoadToken(ctx context.Context) (tiktokshop.Token, error) {
	if s.load != nil {
		return s.load(s, ctx)
	}
	return s.get(), nil
}

func (s *faultyStore) UpdateToken(ctx context.Context, update func(tiktokshop.Token) (tiktokshop.Token, error)) error {
	return s.update(s, ctx, update)
}

// A suite is worth what it notices: each promise is broken once.
func TestTokenStoreNoticesFaults(t *testing.T) {
	type update = func(tiktokshop.Token) (tiktokshop.Token, error)
	locked := func(s *faultyStore, ctx context.Context, f update) error {
		for !s.lock.TryLock() {
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		defer s.lock.Unlock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t, err := f(s.get())
		if err == nil {
			s.set(t)
		}
		return err
	}
	type faults struct {
		update func(*faultyStore, context.Context, update) error
		load   func(*faultyStore, context.Context) (tiktokshop.Token, error)
	}
	for name, tt := range map[string]struct {
		faults
		noticedBy string
	}{
		"none": {faults{update: locked}, ""},
		"forgets the scopes": {faults{update: locked, load: func(s *faultyStore, _ context.Context) (tiktokshop.Token, error) {
			t := s.get()
			t.Scopes = nil
			return t, nil
		}}, "every field is kept"},
		"gives the function nothing": {faults{update: func(s *faultyStore, ctx context.Context, f update) error {
			return locked(s, ctx, func(tiktokshop.Token) (tiktokshop.Token, error) { return f(tiktokshop.Token{}) })
		}}, "every field is kept"},
		"saves what failed": {faults{update: func(s *faultyStore, _ context.Context, f update) error {
			t, err := f(s.get())
			s.set(t)
			return err
		}}, "a failed update changes nothing"},
		"tries again": {faults{update: func(s *faultyStore, ctx context.Context, f update) error {
			return errors.Join(locked(s, ctx, f), locked(s, ctx, f))
		}}, "a failed update changes nothing"},
		"hides the error": {faults{update: func(s *faultyStore, ctx context.Context, f update) error {
			if locked(s, ctx, f) != nil {
				return errors.New("failed")
			}
			return nil
		}}, "a failed update changes nothing"},
		"stays locked after a failure": {faults{update: func(s *faultyStore, ctx context.Context, f update) error {
			if err := ctx.Err(); err != nil || !s.lock.TryLock() {
				return errors.Join(err, errors.New("locked"))
			}
			t, err := f(s.get())
			if err == nil {
				s.set(t)
				s.lock.Unlock()
			}
			return err
		}}, "a failed update changes nothing"},
		"stays locked after a panic": {faults{update: func(s *faultyStore, ctx context.Context, f update) error {
			if err := ctx.Err(); err != nil || !s.lock.TryLock() {
				return errors.Join(err, errors.New("locked"))
			}
			t, err := f(s.get())
			s.lock.Unlock()
			if err == nil {
				s.set(t)
			}
			return err
		}}, "a panic lets the next one in"},
		"does not lock": {faults{update: func(s *faultyStore, _ context.Context, f update) error {
			t, err := f(s.get())
			if err == nil {
				s.set(t)
			}
			return err
		}}, "updates follow one another"},
		"loads behind the lock": {faults{update: locked, load: func(s *faultyStore, _ context.Context) (tiktokshop.Token, error) {
			if !s.lock.TryLock() {
				return tiktokshop.Token{}, context.DeadlineExceeded
			}
			defer s.lock.Unlock()
			return s.get(), nil
		}}, "loading does not wait for an update"},
		"lets two in when one waits": {faults{update: func(s *faultyStore, ctx context.Context, f update) error {
			if err := locked(s, ctx, f); err == nil || ctx.Err() == nil {
				return err
			}
			_, err := f(s.get())
			return err
		}}, "waiting for an update ends with ctx"},
		"does not look at the context": {faults{update: func(s *faultyStore, ctx context.Context, f update) error {
			return locked(s, context.WithoutCancel(ctx), f)
		}}, "an update whose ctx is over is no use"},
	} {
		t.Run(name, func(t *testing.T) {
			for check, run := range storeChecks {
				s := &faultyStore{update: tt.update, load: tt.load}
				switch {
				case check == tt.noticedBy:
					if err := run(t.Context(), s, s); err == nil {
						t.Errorf("%q did not notice", check)
					}
				case tt.noticedBy == "":
					if err := run(t.Context(), s, s); err != nil {
						t.Errorf("%q found fault with a good store: %v", check, err)
					}
				}
			}
		})
	}
}
