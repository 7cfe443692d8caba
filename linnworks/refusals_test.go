package linnworks

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Refused credentials are asked for again after a growing pause, and at once
// after a reset.
func TestRefusedCredentialsAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrong := true
		s := &server{}
		s.login = func(n int, _ request) (*http.Response, error) {
			if wrong {
				return respond(401, `{"Message":"Application token is wrong"}`), nil
			}
			return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
		}
		var warned int
		c := newTestClient(t, s, WithSessionWarning(func(error) { warned++ }))
		logins := 0
		want := func(more int, when string) {
			t.Helper()
			for range 100 {
				if err := do(t.Context(), c, readOp); !IsSession(err) {
					t.Fatalf("%s: %v", when, err)
				}
			}
			logins += more
			if s.sessions != logins || warned != logins {
				t.Errorf("%s: %d logins and %d warnings, want %d", when, s.sessions, warned, logins)
			}
		}
		want(1, "at first")
		if err := do(t.Context(), c, readOp); !strings.Contains(err.Error(), "not asked again for 30s") {
			t.Errorf("err = %v", err)
		}
		for pause := minLoginPause; pause < 2*maxLoginPause; pause *= 2 {
			pause := min(pause, maxLoginPause)
			time.Sleep(pause - time.Second)
			want(0, fmt.Sprintf("a second before %s", pause))
			time.Sleep(time.Second)
			want(1, fmt.Sprintf("after %s", pause))
		}
		wrong = false
		c.ResetSession()
		if err := do(t.Context(), c, readOp); err != nil {
			t.Errorf("after a reset: %v", err)
		}
	})
}

// One operation that is always refused costs nobody else the session.
func TestOperationThatIsAlwaysRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad, other := readOp, readOp
		bad.name, bad.path, other.name = "Things.Bad", "/api/Things/Bad", "Things.Other"
		refuse := true
		s := &server{answer: func(r request) (*http.Response, error) {
			if refuse && strings.HasSuffix(r.url, bad.path) {
				return respond(401, ``), nil
			}
			return respond(200, `null`), nil
		}}
		c := newTestClient(t, s)
		both := func() error {
			err := do(t.Context(), c, bad)
			for _, op := range []operation{readOp, other} {
				if err := do(t.Context(), c, op); err != nil {
					t.Fatal(err)
				}
			}
			return err
		}
		for range 50 {
			if err := both(); err == nil || !IsSession(err) && !IsPermission(err) {
				t.Fatalf("err = %v", err)
			}
		}
		if s.sessions != 2 || len(s.calls) != 2+100 {
			t.Errorf("%d logins and %d calls, want 2 and 102", s.sessions, len(s.calls))
		}
		err := both()
		if !IsPermission(err) || !strings.Contains(err.Error(), "not asked again for 1m0s") {
			t.Errorf("err = %v", err)
		}
		// Each time that it is tried again it costs one login, and the pause grows.
		for _, pause := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
			logins := s.sessions
			time.Sleep(pause)
			for range 5 {
				_ = both()
			}
			if s.sessions != logins+1 {
				t.Errorf("after %s: %d logins, want one more than %d", pause, s.sessions, logins)
			}
		}
		refuse = false
		time.Sleep(8 * time.Minute)
		if err := both(); err != nil {
			t.Errorf("when it is accepted: %v", err)
		}
		refuse = true
		if err := do(t.Context(), c, bad); !IsSession(err) && !IsPermission(err) || strings.Contains(err.Error(), "not asked again") {
			t.Errorf("what was refused before it succeeded is forgotten: %v", err)
		}
	})
}

// A session that others use with success meanwhile is not given up for one
// operation.
func TestYoungSessionIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := readOp
		bad.name, bad.path = "Things.Bad", "/api/Things/Bad"
		s := &server{answer: func(r request) (*http.Response, error) {
			if strings.HasSuffix(r.url, bad.path) {
				time.Sleep(time.Second)
				return respond(401, ``), nil
			}
			time.Sleep(time.Second / 2)
			return respond(200, `null`), nil
		}}
		c := newTestClient(t, s)
		if err := do(t.Context(), c, readOp); err != nil {
			t.Fatal(err)
		}
		go func() {
			if err := do(t.Context(), c, readOp); err != nil {
				t.Error(err)
			}
		}()
		if err := do(t.Context(), c, bad); !IsPermission(err) || s.sessions != 1 || !strings.Contains(err.Error(), "the session is good") {
			t.Errorf("%d logins, %v; want the first session kept", s.sessions, err)
		}
	})
}

// A session that expires is opened again once, however many calls notice.
func TestExpiredSessionIsRenewedOnce(t *testing.T) {
	for _, age := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			expired := false
			s := &server{answer: func(r request) (*http.Response, error) {
				time.Sleep(5 * time.Millisecond)
				if expired && r.header.Get("Authorization") == testToken(1) {
					return respond(401, ``), nil
				}
				return respond(200, `null`), nil
			}}
			c := newTestClient(t, s)
			if err := do(t.Context(), c, readOp); err != nil {
				t.Fatal(err)
			}
			time.Sleep(age)
			expired = true
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if err := do(t.Context(), c, readOp); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if logins, _ := s.count(); logins != 2 {
				t.Errorf("%d logins, want 2", logins)
			}
		})
	}
}

// That a session is good is told by another operation alone, and only since the
// refused call was sent: an own success of a call that was under way says nothing.
func TestWhatTellsOfAGoodSession(t *testing.T) {
	for name, tt := range map[string]struct {
		before, since []string // operations that were accepted before and since A was sent
		good          bool
	}{
		"nobody":                        {nil, nil, false},
		"another":                       {nil, []string{"B"}, true},
		"another, before":               {[]string{"B"}, nil, false},
		"itself":                        {nil, []string{"A"}, false},
		"itself, another before":        {[]string{"B"}, []string{"A"}, false},
		"another, then itself":          {nil, []string{"B", "A"}, true},
		"another, then itself, twice":   {nil, []string{"B", "A", "A"}, true},
		"itself, then another":          {nil, []string{"A", "B"}, true},
		"another, before, itself twice": {[]string{"B"}, []string{"A", "A"}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			session := &openSession{opened: time.Now()}
			s := &sessions{current: session}
			accept := func(operations []string) {
				for _, op := range operations {
					time.Sleep(time.Millisecond)
					s.accepted(op, session)
				}
			}
			accept(tt.before)
			time.Sleep(time.Millisecond)
			sent := time.Now()
			accept(tt.since)
			if good, renew := s.refused("A", session, sent); good != tt.good || renew == tt.good {
				t.Errorf("%s: good %t, renew %t; want %t, %t", name, good, renew, tt.good, !tt.good)
			}
		})
	}
}
