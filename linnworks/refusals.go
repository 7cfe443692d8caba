package linnworks

import (
	"errors"
	"fmt"
	"time"
)

const (
	// Refused credentials are not tried again for a pause that doubles each time.
	minLoginPause, maxLoginPause = 30 * time.Second, 15 * time.Minute
	// So it is with an operation that is refused although its session is fresh.
	minOperationPause, maxOperationPause = time.Minute, 15 * time.Minute
	// young is the age up to which a session is fresh.
	young = 5 * time.Second
	// maxRefusals bounds the operations that are remembered.
	maxRefusals = 1000
)

// refusal is what Linnworks refused again and again.
type refusal struct {
	err   error
	until time.Time // nothing is asked before
	pause time.Duration
}

// holds returns the error that answers in Linnworks' place, nil if it is to be
// asked.
func (r *refusal) holds(now time.Time) error {
	if !now.Before(r.until) {
		return nil
	}
	return fmt.Errorf("%w (not asked again for %s)", r.err, r.until.Sub(now).Round(time.Second))
}

// begin remembers err for twice as long as the last time.
func (r *refusal) begin(err error, shortest, longest time.Duration) {
	r.pause = min(max(2*r.pause, shortest), longest)
	r.err, r.until = err, time.Now().Add(r.pause)
}

// refusedOperation is an operation whose calls Linnworks answers with 401.
type refusedOperation struct {
	refusal
	last  *openSession // that was refused
	fresh int          // how many fresh sessions were
}

// errRefusedOperation says why an operation is refused that has a good session.
var errRefusedOperation = errors.New("refused although the session is good: the operation lives on another server, its path is wrong, or the application may not call it")

// accepted notes that a call of the operation succeeded.
func (s *sessions) accepted(op string, session *openSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.operations, op)
	if session != s.current {
		return
	}
	if s.used[0].by != op {
		s.used[1] = s.used[0]
	}
	s.used[0] = use{op, time.Now()}
}

// use is the last success of an operation in a session.
type use struct {
	by string
	at time.Time
}

// refused notes that a call of the operation, sent at the given time, was refused
// for its session. It reports whether the session is good all the same, being a
// few seconds old and accepted since then for another operation, and whether
// another session may help.
func (s *sessions) refused(op string, session *openSession, sent time.Time) (good, renew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(session.opened) > young {
		return false, true // it has expired, for all that is known
	}
	r := s.operations[op]
	if r == nil {
		if s.operations == nil || len(s.operations) >= maxRefusals {
			s.operations = map[string]*refusedOperation{}
		}
		r = new(refusedOperation)
		s.operations[op] = r
	}
	if r.last != session {
		r.last = session
		if r.fresh++; r.fresh > 1 {
			r.begin(errRefusedOperation, minOperationPause, maxOperationPause)
		}
	}
	other := s.used[0]
	if other.by == op {
		other = s.used[1]
	}
	good = session == s.current && other.at.After(sent)
	return good, !good && r.fresh < 2
}

// refusal returns why a call of the operation need not be sent, nil if it is to be.
func (s *sessions) refusal(op string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.operations[op]; r != nil {
		return r.holds(time.Now())
	}
	return nil
}

// ResetSession forgets the open session and everything that Linnworks refused:
// the next call opens a session at once. Call it after an administrator has
// installed the application again or has granted what it lacked; without it the
// client finds out within 15 minutes. Other credentials need a new client.
func (c *Client) ResetSession() {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.current, c.session.login, c.session.operations = nil, refusal{}, nil
}
