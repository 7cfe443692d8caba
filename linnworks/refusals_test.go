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

// An application that may not log in is refused for as long as one with a wrong secret;
// a login that fails otherwise is tried again by the next call.
func TestWhichLoginsAreRemembered(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		logins int // of three calls
	}{
		"a wrong secret":             {401, `{"Message":"Application token is wrong"}`, 1},
		"a permission that lacks":    {403, `{"Message":"not allowed"}`, 1},
		"a request that is refused":  {400, `{"Message":"no"}`, 3},
		"an account that is locked":  {200, `{"Token":"x","Status":{"State":"LOCKED_FULL"}}`, 3},
		"a reply that is not theirs": {200, `<html>`, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{login: func(int, request) (*http.Response, error) { return respond(tt.status, tt.body), nil }}
			c := newTestClient(t, s)
			for range 3 {
				if err := do(t.Context(), c, readOp); err == nil {
					t.Errorf("%s: the call succeeds", name)
				}
			}
			if s.sessions != tt.logins {
				t.Errorf("%s: %d logins of three calls, want %d", name, s.sessions, tt.logins)
			}
		})
	}
}

// A page that a proxy or a hotel's network puts in the place of the login refuses
// no credentials: the next call asks again.
func TestPageInPlaceOfTheLogin(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404, 407} {
		warned := 0
		s := &server{login: func(n int, _ request) (*http.Response, error) {
			if n == 1 {
				return respond(code, "<html>log in</html>"), nil
			}
			return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
		}}
		c := newTestClient(t, s, WithSessionWarning(func(error) { warned++ }))
		if err := do(t.Context(), c, createOp); err == nil || IsSession(err) || IsPermission(err) || IsOutcomeUnknown(err) || warned != 0 {
			t.Errorf("%d: %v, warned %d times", code, err, warned)
		}
		if err := do(t.Context(), c, createOp); err != nil {
			t.Errorf("%d: the next call: %v", code, err)
		}
	}
}

// What an old session was refused or accepted says nothing of the present one.
func TestOldSessionTellsNothingOfThePresent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, present := &openSession{opened: time.Now()}, &openSession{opened: time.Now()}
		s := &sessions{current: present}
		sent := time.Now()
		time.Sleep(time.Millisecond)
		s.accepted("B", present)
		if good, _ := s.refused("A", old, sent); good {
			t.Error("an old session is called good for a success of the present one")
		}
		s = &sessions{current: present}
		s.accepted("B", old)
		if good, _ := s.refused("A", present, sent); good {
			t.Error("the present session is called good for a success of an old one")
		}
	})
}

// The operations that are remembered as refused are bounded.
func TestRefusedOperationsAreBounded(t *testing.T) {
	session := &openSession{opened: time.Now()}
	s := &sessions{current: session}
	for i := range 3 * maxRefusals {
		s.refused(fmt.Sprint("GET /", i), session, time.Now())
	}
	if n := len(s.operations); n > maxRefusals {
		t.Errorf("%d operations are remembered, want at most %d", n, maxRefusals)
	}
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

// Two fresh sessions that are refused for an operation are enough, unless it was
// accepted between them.
func TestOperationRefusedInFreshSessions(t *testing.T) {
	for name, tt := range map[string]struct {
		accepted bool // in the first session, after it was refused
		renew    bool // another session may help after the second refusal
	}{"both refuse": {false, false}, "one accepts": {true, true}} {
		synctest.Test(t, func(t *testing.T) {
			s := &sessions{}
			for i, want := range []bool{true, tt.renew} {
				session := &openSession{opened: time.Now()}
				s.current = session
				if good, renew := s.refused("A", session, time.Now()); good || renew != want {
					t.Errorf("%s, session %d: good %t, renew %t; want %t", name, i, good, renew, want)
				}
				if tt.accepted && i == 0 {
					s.accepted("A", session)
				}
			}
			if err := s.refusal("A"); (err == nil) != tt.renew {
				t.Errorf("%s: the next call is answered with %v", name, err)
			}
		})
	}
}
