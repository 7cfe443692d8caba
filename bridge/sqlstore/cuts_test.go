package sqlstore_test

import (
	"flag"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/internal/postgrestest"
)

var (
	cutSeed = flag.Uint64("cutseed", 0, "the seed of what is cut; 0 draws one")
	cutAll  = flag.Bool("cutall", false, "cut connections in all parts of the suites")
)

// torn are the parts of the suites in which most can go wrong: counting, many at once,
// and locks.
var torn = regexp.MustCompile(`at_once|updated|versions|all_or_none|forgotten|lost|fence|one_at_a_time|/tokens/|claim|resolve|causes|changes`)

// cutter is a way to PostgreSQL that cuts connections: before a request is passed on, or
// when its answer is on the way back. Which of them is the seed's to say, when is not.
type cutter struct {
	address string // of the server
	every   int    // of so many pieces of data one is lost with its connection

	mu   sync.Mutex
	rand *rand.Rand
	cuts atomic.Int64
}

// cutting returns the URL of a place on PostgreSQL by way of a cutter.
func cutting(t testing.TB, every int) (string, *cutter) {
	t.Helper()
	u, err := url.Parse(postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	seed := *cutSeed
	if seed == 0 {
		seed = 1 + rand.Uint64N(1<<48)
	}
	t.Logf("cutting connections with -cutseed %d", seed)
	c := &cutter{address: u.Host, every: every, rand: rand.New(rand.NewPCG(seed, 1))}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { c.serve(client) })
		}
	})
	u.Host = l.Addr().String()
	return u.String(), c
}

// serve passes a connection on until it is cut.
func (c *cutter) serve(client net.Conn) {
	server, err := net.Dial("tcp", c.address)
	if err != nil {
		_ = client.Close()
		return
	}
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			_ = c.pass(way[1], way[0])
			_, _ = client.Close(), server.Close()
		})
	}
	both.Wait()
}

func (c *cutter) pass(to io.Writer, from io.Reader) error {
	data := make([]byte, 64<<10)
	for {
		n, err := from.Read(data)
		if err != nil {
			return err
		}
		c.mu.Lock()
		cut := c.every > 0 && c.rand.IntN(c.every) == 0
		c.mu.Unlock()
		if cut {
			c.cuts.Add(1)
			return io.ErrClosedPipe
		}
		if _, err := to.Write(data[:n]); err != nil {
			return err
		}
	}
}

// The suites while connections are cut: no call fails, and none is done twice.
func TestCutSuites(t *testing.T) {
	t.Parallel()
	var cutters []*cutter
	var mu sync.Mutex
	place := func(t testing.TB) string {
		t.Helper()
		if !*cutAll && !torn.MatchString(t.Name()) {
			t.Skip("left out without -cutall: all of them take minutes, and the others stand for them")
		}
		address, c := cutting(t, 150)
		mu.Lock()
		defer mu.Unlock()
		cutters = append(cutters, c)
		return address
	}
	t.Run("store", func(t *testing.T) { testStore(t, place) })
	t.Run("exceptions", func(t *testing.T) { testExceptions(t, place) })
	t.Run("tokens", func(t *testing.T) { testTokens(t, place) })
	var cuts int64
	for _, c := range cutters {
		cuts += c.cuts.Load()
	}
	t.Logf("%d connections were cut", cuts)
	if len(cutters) > 20 && cuts < 100 { // all of them were run
		t.Errorf("%d connections were cut: too few to tell anything", cuts)
	}
}

// A database that is gone for a while, and one that is gone for longer than a call waits.
func TestGoneForAWhile(t *testing.T) {
	address, c := cutting(t, 0)
	db := open(t, sqlstore.Config{URL: address, Patience: 2 * time.Second})
	shop := db.Shop("uk")
	if err := shop.PutValue(t.Context(), "a", []byte("1")); err != nil {
		t.Fatal(err)
	}
	every := func(n int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.every = n
	}
	every(1)
	back := time.AfterFunc(time.Second, func() { every(0) })
	defer back.Stop()
	if err := shop.PutValue(t.Context(), "a", []byte("2")); err != nil {
		t.Errorf("gone for a second: %v", err)
	}
	every(1)
	begin := time.Now()
	if err := shop.PutValue(t.Context(), "a", []byte("3")); err == nil {
		t.Error("a write to a database that is gone returned no error")
	}
	if took := time.Since(begin); took < 2*time.Second || took > 10*time.Second {
		t.Errorf("it gave up after %v, want some 2 seconds", took)
	}
	every(0)
	if v, _, err := shop.Value(t.Context(), "a"); err != nil || string(v) != "2" {
		t.Errorf("afterwards: got %q, %v, want 2", v, err)
	}
}
