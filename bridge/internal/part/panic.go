package part

import (
	"fmt"
	"runtime/debug"
)

// Panic is what was thrown in one goroutine, for another one to throw again that waits for
// it: there it can be contained, and says where it came from.
type Panic struct {
	Value any
	Stack []byte
}

// Recovered returns what recover has returned in the goroutine that panicked, nil if none
// did.
func Recovered(thrown any) *Panic {
	if thrown == nil {
		return nil
	}
	return &Panic{thrown, debug.Stack()}
}

// Rethrow panics with it, unless it is nil.
func (p *Panic) Rethrow() {
	if p != nil {
		panic(*p)
	}
}

// String is what a program that is ended by it prints.
func (p Panic) String() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// SideBySide does two things at the same time, and returns when both are done. Neither may
// write what the other reads or writes. What panics in either panics here, where whoever
// waits can contain it.
func SideBySide(one, other func()) {
	var broke *Panic
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { broke = Recovered(recover()) }()
		other()
	}()
	defer func() {
		<-done
		broke.Rethrow()
	}()
	one()
}
