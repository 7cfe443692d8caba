package linnworkstest

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// TB is what [Start] needs of a [testing.TB].
type TB interface {
	Helper()
	Cleanup(func())
	Failed() bool
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Server is a [Fake] on a local listener.
type Server struct {
	*Fake
	// URL is the address, such as http://127.0.0.1:3456.
	URL string
}

// Start serves a new account on a port of this machine until the test ends. A
// test that fails logs the seed of its faults.
func Start(tb TB, opts ...Option) *Server {
	tb.Helper()
	f := New(opts...)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("linnworkstest: Start: %v", err)
		return nil
	}
	server := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	tb.Cleanup(func() {
		_ = server.Close()
		<-done
		if tb.Failed() && f.faults != nil {
			tb.Logf("linnworkstest: the seed of the faults was %d", f.Seed())
		}
	})
	return &Server{Fake: f, URL: "http://" + listener.Addr().String()}
}

// Client returns a client that reaches the account through its socket. Options
// come after the server's own, so they win.
func (s *Server) Client(opts ...linnworks.Option) (*linnworks.Client, error) {
	own := []linnworks.Option{linnworks.WithAuthURL(s.URL), linnworks.WithV2URL(s.URL)}
	return linnworks.NewClient(s.Credentials(), append(own, opts...)...)
}
