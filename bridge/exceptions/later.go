package exceptions

import "time"

// LaterError is returned for what is under way and not done yet, while nothing is
// wrong: the other side takes it when it comes for it.
type LaterError struct {
	// Text says what is waited for.
	Text string
	// At is when to look again.
	At time.Time
}

func (e *LaterError) Error() string { return e.Text }
