package transport

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// PanicError is a panic, mostly of code that the embedder gave to a client: a
// store, limiter, middleware, observer or log handler.
type PanicError struct {
	// Value is what was given to panic, as text.
	Value string
	// Where is the function that panicked, with file and line.
	Where string
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in %s: %s", e.Where, e.Value) }

// Recover makes, when deferred, a panic the error of the function that defers it.
func Recover(err *error) {
	if p := Recovered(recover()); p != nil {
		*err = p
	}
}

// Recovered makes an error of what recover returned, nil of nil. Call it where
// recover is called, in the deferred function.
func Recovered(p any) error {
	if p == nil {
		return nil
	}
	return &PanicError{Value: text(p), Where: panicked()}
}

// text prints a panic's value. Its own methods may panic again, which fmt says.
func text(p any) string {
	switch p := p.(type) {
	case error:
		return fmt.Sprintf("%v", p)
	case string:
		return p
	}
	return fmt.Sprintf("%T %v", p, p)
}

// panicked names the function that the panic now being recovered comes from. No
// more of the stack is kept: an error is a line of text.
func panicked() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for inPanic := false; ; {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		switch {
		case f.Function == "runtime.gopanic":
			inPanic = true
		case inPanic && !inRuntime && f.Function != "":
			return fmt.Sprintf("%s (%s:%d)", f.Function, filepath.Base(f.File), f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
