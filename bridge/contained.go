package bridge

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// contained calls do in a goroutine of its own, of which it waits for the end, because
// runtime.Goexit cannot be stopped. If do does not return, broke says what it did instead.
// What was thrown may hold anything, a buyer's address too: unless it is the runtime's
// own, only its type is told. An error whose text cannot be had is replaced.
func contained(do func() error) (broke string, stack []byte, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		returned := false
		defer func() {
			thrown := recover()
			if returned {
				return
			}
			stack = debug.Stack()
			if p, elsewhere := thrown.(part.Panic); elsewhere {
				thrown, stack = p.Value, p.Stack
			}
			switch e, ours := thrown.(runtime.Error); {
			case thrown == nil:
				broke = "called runtime.Goexit"
			case ours:
				broke = "panicked: " + e.Error()
			default:
				broke = fmt.Sprintf("panicked: a value of the type %T", thrown)
			}
		}()
		err = readable(do())
		returned = true
	}()
	<-done
	return broke, stack, err
}

// errNobodys is no error of anybody's.
var errNobodys = errors.New("")

// readable returns err, or another one if one of its methods panics.
func readable(err error) (same error) {
	if err == nil {
		return nil
	}
	defer func() {
		if recover() != nil {
			same = fmt.Errorf("an error of the type %T, of which a method panics", err)
		}
	}()
	_ = err.Error()
	_ = errors.Is(err, errNobodys) // Is and Unwrap, of every error in it
	return err
}
