// Package called has what the protocols share in which Linnworks calls a program of
// ours. An [App] reads requests within bounds, finds the installation by its token,
// calls ports in time, puts errors into words and logs; it walks people through the
// wizard too. What the endpoints say is up to the packages shippingapp and channelapp.
package called

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// Waits is how long Linnworks waits for an answer.
const Waits = 10 * time.Second

var (
	// ErrClosed means that nothing may be begun any more.
	ErrClosed = errors.New("the handler is closed")
	// errLate means that a port has not finished in time.
	errLate = errors.New("not finished in time")
	// errTooLarge means that a request has more bytes than it may.
	errTooLarge = errors.New("the request is too large")
	// errNotRead means that a request did not arrive as a whole.
	errNotRead = errors.New("the request did not arrive as a whole")
)

// Work is what a handler has begun. The zero value is ready for use.
type Work struct {
	mu     sync.Mutex
	closed bool
	wait   sync.WaitGroup
}

// Begin reports whether something may be begun, which has to call Done.
func (w *Work) Begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.wait.Add(1)
	}
	return !w.closed
}

// Done ends what Begin allowed.
func (w *Work) Done() { w.wait.Done() }

// Close lets nothing begin any more, and returns nil once all is done, or the cause of
// ctx's end before that.
func (w *Work) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	done := make(chan struct{})
	go func() {
		w.wait.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Guard makes an error of a panic.
func Guard(ctx context.Context, log *slog.Logger, port func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			defer func() { _ = recover() }() // of the log
			log.LogAttrs(context.WithoutCancel(ctx), slog.LevelError, "a port panicked", slog.String("stack", string(debug.Stack())))
		}
	}()
	return port()
}

// read reads the body of a request, of at most so many bytes, until a moment: a sender
// that dawdles must not hold the connection. Not every writer can do that.
func read(w http.ResponseWriter, r *http.Request, until time.Time, most int64) ([]byte, error) {
	reading := http.NewResponseController(w)
	_ = reading.SetReadDeadline(until)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	_ = reading.SetReadDeadline(time.Time{}) // which would cut off the request later
	if err == nil {
		return body, nil
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, errTooLarge
	}
	return nil, errNotRead
}

// send writes a JSON body, as a whole and with its length, as Linnworks wants it.
func send(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// newToken returns a random GUID, with dashes.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // which never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return dashed(hex.EncodeToString(b[:]))
}

// idOf is the ID of the installation with a token. A store that finds installations by
// it compares nothing that the sender of a request can steer: how long that takes
// tells nothing of the tokens that there are.
func idOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// same compares IDs in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func dashed(s string) string {
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// shorten cuts a text off that is longer than so many characters.
func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
