package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/internal/postgrestest"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// flows reads what /healthz says.
func flows(t *testing.T, p *victim) (healthy bool, flows map[string]flowHealth) {
	t.Helper()
	status, text := get(t, p.private+"/healthz")
	var said struct {
		Healthy bool
		Shops   map[string]shopHealth
	}
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		t.Fatalf("%d, %v: %s", status, err, text)
	}
	if (status == http.StatusOK) != said.Healthy {
		t.Errorf("the answer is %d and says healthy %t", status, said.Healthy)
	}
	return said.Healthy, said.Shops["made-up"].Flows
}

// pageFlow is a flow as people see it; what is not there is nil.
type pageFlow struct {
	Name    string
	Healthy bool
	Flow    struct {
		Runs, Failures *int
		P50            string
	}
}

// pageFlows reads what the page for people says of the first shop.
func pageFlows(t *testing.T, p *victim) map[string]pageFlow {
	t.Helper()
	var shops []struct{ Flows []pageFlow }
	_, text := get(t, p.private+"/ops/health.json")
	if err := json.Unmarshal([]byte(text), &shops); err != nil || len(shops) == 0 {
		t.Fatalf("%v: %s", err, text)
	}
	flows := map[string]pageFlow{}
	for _, f := range shops[0].Flows {
		flows[f.Name] = f
	}
	return flows
}

// Health and metrics say of every flow what is true, in every process; a webhook is
// answered with success only by a process that could store it.
func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
	w.Warehouse.Maintain(time.Hour) // it refuses to let anybody in
	p, other := w.start(t), w.start(t)
	status, text := get(t, p.private+"/readyz")
	if status != http.StatusServiceUnavailable || !strings.Contains(text, `"ready":false`) {
		t.Errorf("before Linnworks has answered: got %d %s, want %d", status, text, http.StatusServiceUnavailable)
	}
	answers(t, p.private+"/livez", http.StatusOK)
	answers(t, p.private+"/healthz", http.StatusServiceUnavailable)
	w.Warehouse.Maintain(0)
	answers(t, p.private+"/readyz", http.StatusOK)
	answers(t, other.private+"/readyz", http.StatusOK)
	// Each flow has run well, whichever process ran it, and both say so.
	for _, p := range []*victim{p, other} {
		within(t, soon, "all flows have run", func() error {
			healthy, all := flows(t, p)
			for name, f := range all {
				if f.Success.IsZero() {
					return fmt.Errorf("%s: %+v", name, f)
				}
			}
			if !healthy || len(all) < 9 {
				return fmt.Errorf("%d flows, healthy: %t", len(all), healthy)
			}
			return nil
		})
	}
	_, text = get(t, other.private+"/metrics")
	for _, want := range []string{`linnbridge_flow_healthy{flow="orders",shop="made-up"} 1`, `linnbridge_shop_healthy{shop="made-up"} 1`, "linnbridge_database_up 1", `kind="unmapped SKU"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics do not say %s:\n%s", want, text)
		}
	}
	w.silent(t, "the metrics", text)

	w.Warehouse.Fail("Stock.*", 1000, linnworkstest.Reply(http.StatusInternalServerError, "broken"))
	w.Shop.Deauthorise()
	within(t, soon, "orders and stock are said to fail", func() error {
		_, all := flows(t, other)
		for _, name := range []string{bridge.FlowOrders, bridge.FlowStock} {
			if f := all[name]; f.Healthy || f.Error == "" {
				return fmt.Errorf("%s: %+v", name, f)
			}
		}
		return nil
	})
	_, text = get(t, p.private+"/metrics")
	for _, want := range []string{`linnbridge_flow_healthy{flow="orders",shop="made-up"} 0`, `linnbridge_shop_healthy{shop="made-up"} 0`} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics do not say %s:\n%s", want, text)
		}
	}
	_, text = get(t, p.private+"/healthz")
	w.silent(t, "the health", text)
	shown := pageFlows(t, p)
	if f := shown[bridge.FlowOrders]; f.Healthy || f.Flow.Runs == nil || f.Flow.Failures == nil || *f.Flow.Runs <= *f.Flow.Failures || *f.Flow.Failures < 1 || f.Flow.P50 == "" {
		t.Errorf("the page shows the flow of orders as %+v, want its runs, and that it fails", f)
	}
	if f := shown[bridge.FlowStock]; f.Healthy || f.Flow.Runs != nil || f.Flow.Failures != nil || f.Flow.P50 != "" {
		t.Errorf("the page shows live stock as %+v, want that it fails, and no count of runs: it has none", f)
	}
	// A new consent mends it without a restart.
	w.authorise(t)
	within(t, soon, "orders go on", func() error {
		if _, all := flows(t, p); !all[bridge.FlowOrders].Healthy {
			return fmt.Errorf("%+v", all[bridge.FlowOrders])
		}
		return nil
	})
}

// A service that is asked to end does so in time, also while a side keeps it waiting, and
// says beforehand that it takes no more.
func TestStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
	p := w.start(t)
	answers(t, p.private+"/readyz", http.StatusOK)
	w.Warehouse.Fail("*", 1000, linnworkstest.Slow(time.Hour))
	w.place(t)
	time.Sleep(6 * time.Second) // now it waits in several flows
	begin := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	within(t, stopWithin, "it is no longer ready", func() error {
		if status, text := get(t, p.private+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(text, "it is ending") {
			return fmt.Errorf("%d: %s", status, text)
		}
		return nil
	})
	<-p.ended
	if took := time.Since(begin); took > stopWithin || p.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("it ended after %v with exit code %d, want within %v with 0", took, p.cmd.ProcessState.ExitCode(), stopWithin)
	}
	if !strings.Contains(p.text(), "the service has ended") {
		t.Error("it does not say that it has ended")
	}
}

// While the database is away webhooks are refused, so that they come again, and the
// service says so; when it is back everything goes on by itself.
func TestDatabaseIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, postgrestest.URL(t))
	cut := newCable(t, w.env["DATABASE_URL"])
	w.env["DATABASE_URL"] = cut.url
	p := w.start(t)
	answers(t, p.private+"/readyz", http.StatusOK)
	cut.pull(true)
	id := w.place(t)
	body := fmt.Sprintf(`{"type":1,"tts_notification_id":"7500000000000000002","shop_id":%q,"timestamp":%d,"data":{"order_id":%q,"order_status":"AWAITING_SHIPMENT","update_time":%d}}`,
		w.Shop.Shop().ID, time.Now().Unix(), id, time.Now().Unix())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.public+"/webhooks/tiktok", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", tiktokshop.SignWebhook(w.config.app, []byte(body)))
	if status, text := do(request); status != http.StatusServiceUnavailable {
		t.Errorf("a webhook while the database is away: got %d %s, want %d", status, text, http.StatusServiceUnavailable)
	}
	answers(t, p.private+"/readyz", http.StatusServiceUnavailable)
	if _, text := get(t, p.private+"/metrics"); !strings.Contains(text, "linnbridge_database_up 0") || strings.Contains(text, "linnbridge_flow_healthy{") {
		t.Errorf("the metrics know what cannot be read:\n%s", text)
	}
	cut.pull(false)
	answers(t, p.private+"/readyz", http.StatusOK)
	within(t, soon, "the order is in Linnworks", func() error { return w.inLinnworks(id) })
}

// cable is what leads to a database, and can be pulled.
type cable struct {
	url string
	to  string

	mu     sync.Mutex
	pulled bool
	open   []net.Conn
}

func newCable(t *testing.T, database string) *cable {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{to: u.Host}
	u.Host = l.Addr().String()
	c.url = u.String()
	t.Cleanup(func() {
		_ = l.Close()
		c.pull(true)
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.lead(conn)
		}
	}()
	return c
}

// lead passes a connection on.
func (c *cable) lead(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pulled {
		_ = conn.Close()
		return
	}
	server, err := net.Dial("tcp", c.to)
	if err != nil {
		_ = conn.Close()
		return
	}
	c.open = append(c.open, conn, server)
	pass := func(to, from net.Conn) {
		_, err := io.Copy(to, from)
		_ = errors.Join(err, to.Close(), from.Close())
	}
	go pass(server, conn)
	go pass(conn, server)
}

// pull cuts all connections and lets no new one through, until it is called with false.
func (c *cable) pull(out bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = out
	for _, conn := range c.open {
		_ = conn.Close()
	}
	c.open = nil
}
