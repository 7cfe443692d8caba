package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/internal/postgrestest"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// asService has the test binary be the service, so that a test can kill it.
const asService = "LINNBRIDGE_TEST_AS_SERVICE"

func TestMain(m *testing.M) {
	if os.Getenv(asService) != "" {
		if os.Getenv(ignoreFileSize) != "" {
			signal.Ignore(syscall.SIGXFSZ)
		}
		main()
		os.Exit(0)
	}
	os.Exit(postgrestest.Run(m.Run))
}

// soon is how long a test waits for what takes seconds, on a machine that is busy.
const soon = 2 * time.Minute

// databases are places for an empty database.
var databases = map[string]func(testing.TB) string{
	"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "bridge.db") },
	"postgres": postgrestest.URL,
}

// onEach runs a test in a world of its own for each database.
func onEach(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, place(t)))
		})
	}
}

// world is a made-up shop and warehouse, and a settings file for them.
type world struct {
	*madeup.World

	config config
	file   string
	env    map[string]string
}

func newWorld(t testing.TB, database string) *world {
	t.Helper()
	w, c, closeSides, err := madeUp(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeSides)
	// Enough of it to sell while nobody publishes.
	if err := errors.Join(w.Warehouse.SetOnHand("TEA-EARL", linnworks.ZeroGUID, 1000), w.Shop.SetStock("1729592969712207201", madeup.Leeds, 500)); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c.shops[0].settings)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "client.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return &world{World: w, config: c, file: file, env: map[string]string{
		"TIKTOK_APP_KEY": c.app.Key, "TIKTOK_APP_SECRET": c.app.Secret.Reveal(), "TIKTOK_SERVICE_ID": "7431862995146491691",
		"LINNWORKS_APPLICATION_ID": c.account.ApplicationID, "LINNWORKS_APPLICATION_SECRET": c.account.ApplicationSecret.Reveal(),
		"LINNWORKS_TOKEN": c.account.Token.Reveal(), "DATABASE_URL": database, "LISTEN": "127.0.0.1:0", "PRIVATE_LISTEN": "127.0.0.1:0",
		"TIKTOK_URL": c.tiktokURL, "LINNWORKS_URL": c.linnworksURL,
	}}
}

func (w *world) getenv(name string) string { return w.env[name] }

// silent fails if a text holds a secret or a buyer.
func (w *world) silent(t testing.TB, where, text string) {
	t.Helper()
	token := w.Shop.Token()
	secrets := map[string]string{ // and what they are
		w.env["TIKTOK_APP_SECRET"]: "the app secret", w.env["LINNWORKS_APPLICATION_SECRET"]: "the application secret", w.env["LINNWORKS_TOKEN"]: "the installation's token",
		token.AccessToken.Reveal(): "the access token", token.RefreshToken.Reveal(): "the refresh token",
	}
	for _, o := range w.Shop.Orders() {
		secrets[o.RecipientAddress.AddressLine1], secrets[o.RecipientAddress.PhoneNumber] = "a buyer's street", "a buyer's telephone"
	}
	delete(secrets, "")
	for secret, what := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s has %s in it", where, what)
		}
	}
}

// victim is a service in a process of its own.
type victim struct {
	cmd             *exec.Cmd
	public, private string
	ended           chan struct{}

	mu  sync.Mutex
	log bytes.Buffer
}

// Write implements [io.Writer].
func (p *victim) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *victim) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// serve starts the service and has the shop's webhooks sent to it.
func (w *world) serve(t testing.TB) *victim {
	t.Helper()
	p := w.start(t)
	w.Shop.SetWebhooks(p.public + "/webhooks/tiktok")
	return p
}

// start starts the service and waits until it listens.
func (w *world) start(t testing.TB) *victim {
	t.Helper()
	p := w.launch(t, "")
	within(t, soon, "the service listens", p.listens)
	return p
}

// launch starts a program as the service, this one, which is the service too, if program is
// empty. env comes after the environment of the world.
func (w *world) launch(t testing.TB, program string, env ...string) *victim {
	t.Helper()
	if testing.Short() {
		t.Skip("left out with -short: it starts and kills processes, which takes half a minute")
	}
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		program = self
	}
	p := &victim{cmd: exec.Command(program, "-config", w.file), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asService+"=1")
	for name, value := range w.env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.kill()
		w.silent(t, "the log", p.text())
		if t.Failed() {
			t.Logf("the log of process %d:\n%s", p.cmd.Process.Pid, p.text())
		}
	})
	return p
}

// listens reads where it listens from its log.
func (p *victim) listens() error {
	text := p.text()
	for line := range strings.Lines(text) {
		var said struct{ Msg, Webhooks, Private string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "the service has started" {
			p.public, p.private = "http://"+said.Webhooks, "http://"+said.Private
			return nil
		}
	}
	return errors.New(text)
}

func (p *victim) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// get asks a service and returns status and text.
func get(t testing.TB, address string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(request)
}

func do(request *http.Request) (int, string) {
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = reply.Body.Close() }()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return 0, err.Error()
	}
	return reply.StatusCode, string(text)
}

// answers waits until a service answers with a status.
func answers(t testing.TB, address string, status int) (text string) {
	t.Helper()
	within(t, soon, fmt.Sprintf("%s answers %d", address, status), func() error {
		var got int
		if got, text = get(t, address); got != status {
			return fmt.Errorf("%d: %s", got, text)
		}
		return nil
	})
	return text
}

// within tries again until it goes well.
func within(t testing.TB, limit time.Duration, what string, try func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatalf("after %v not so: %s: %v", limit, what, err)
}

// inLinnworks fails unless every order of a list is there, once.
func (w *world) inLinnworks(ids ...string) error {
	for _, id := range ids {
		if n := len(w.Warehouse.OrdersByReference(madeup.Source, madeup.SubSource, id)); n != 1 {
			return fmt.Errorf("order %s is in Linnworks %d times, want once", id, n)
		}
	}
	return nil
}

// place places an order for tea.
func (w *world) place(t *testing.T) string {
	t.Helper()
	id, err := w.Shop.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units("1729592969712207201", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// The demo sells and prints, and every order is in Linnworks once, whoever brings it there.
func TestDemo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("left out with -short: it trades for some seconds")
	}
	t.Run("pushes", func(t *testing.T) {
		t.Parallel()
		tellsItsStory(t, []string{"-demo"})
	})
	t.Run("pulls", func(t *testing.T) {
		t.Parallel()
		tellsItsStory(t, []string{"-demo", "-pulls"}, "Linnworks pulls: ")
	})
}

// tellsItsStory runs a demo until it has said what it has to.
func tellsItsStory(t *testing.T, args []string, too ...string) {
	t.Helper()
	var out, log spoken
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, args, func(string) string { return "" }, nil, &out, &log) }()
	says := func(list ...string) error {
		for _, want := range list {
			if text := out.String(); !strings.Contains(text, want) {
				return fmt.Errorf("the demo does not say %q:\n%s\n%s", want, text, log.String())
			}
		}
		return nil
	}
	within(t, 3*time.Minute, "it tells its story", func() error {
		return says(append(too, "/healthz", "a buyer orders", "asks to cancel", "gets its label from TikTok", "no label: This order was cancelled on TikTok Shop")...)
	})
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("%v\n%s", err, log.String())
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	if err := says("each once", "for e-commerce: SKU LAMP-OAK, unmapped SKU"); err != nil {
		t.Error(err)
	}
}

// spoken is what a program has said so far.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *spoken) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// A process that is killed and started again goes on: every order is in Linnworks once,
// and what people have said of cases is kept.
func TestKilled(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		p := w.serve(t)
		answers(t, p.private+"/readyz", http.StatusOK)
		ids := []string{w.Orders[madeup.Plain], w.Orders[madeup.Late], w.Orders[madeup.OddTotal]}
		within(t, soon, "the morning's orders are in Linnworks", func() error { return w.inLinnworks(ids...) })
		key := w.claim(t, p)
		for n := range 3 {
			for range 4 {
				ids = append(ids, w.place(t))
			}
			w.Shop.SendWebhooks(t.Context())
			time.Sleep(time.Duration(n) * 100 * time.Millisecond) // in the middle of it
			p.kill()
			p = w.serve(t)
		}
		within(t, soon, "every order is in Linnworks", func() error { return w.inLinnworks(ids...) })
		_, text := get(t, p.private+"/cases")
		var cases []exceptions.Case
		if err := json.Unmarshal([]byte(text), &cases); err != nil {
			t.Fatal(err, text)
		}
		i := slices.IndexFunc(cases, func(c exceptions.Case) bool { return c.Key() == key })
		if i < 0 || cases[i].ClaimedBy != "Ann" {
			t.Errorf("the case %s is no longer Ann's: %s", key, text)
		}
		w.silent(t, "the list of cases", text)
	})
}

// Webhooks wake the flow of orders, whose own turn is far away, also while it runs.
func TestWebhookWakes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		w.edit(t, map[string]any{"every": map[string]string{"orders": "12h"}})
		p := w.serve(t)
		within(t, soon, "the flow has run", func() error {
			if _, all := flows(t, p); all[bridge.FlowOrders].Success.IsZero() {
				return fmt.Errorf("%+v", all[bridge.FlowOrders])
			}
			return nil
		})
		var ids []string
		for range 5 {
			ids = append(ids, w.place(t))
			w.Shop.SendWebhooks(t.Context())
			time.Sleep(200 * time.Millisecond)
		}
		within(t, soon, "the orders are in Linnworks", func() error { return w.inLinnworks(ids...) })
	})
}

// A copy that was made while the service ran is enough to go on with: what happened since
// is found on both sides, and no order is doubled.
func TestRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
	p := w.start(t)
	ids := []string{w.Orders[madeup.Plain], w.Orders[madeup.OddTotal]}
	within(t, soon, "the morning's orders are in Linnworks", func() error { return w.inLinnworks(ids...) })
	backup := filepath.Join(t.TempDir(), "copy.db")
	db, err := sql.Open("sqlite", w.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "VACUUM INTO ?", backup)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		ids = append(ids, w.place(t))
	}
	within(t, soon, "later orders are in Linnworks", func() error { return w.inLinnworks(ids...) })
	p.kill()
	w.env["DATABASE_URL"] = backup
	p = w.start(t)
	ids = append(ids, w.place(t))
	within(t, soon, "an order after the restore is in Linnworks", func() error { return w.inLinnworks(ids...) })
	within(t, soon, "all is well", func() error {
		if healthy, all := flows(t, p); !healthy || all[bridge.FlowOrders].Success.IsZero() {
			return fmt.Errorf("%+v", all)
		}
		return w.inLinnworks(ids...)
	})
}

// claim has Ann claim a case, and returns its key.
func (w *world) claim(t *testing.T, p *victim) (key string) {
	t.Helper()
	within(t, soon, "there is a case", func() error {
		status, text := get(t, p.private+"/cases?owner="+string(exceptions.OwnerFinance))
		var cases []exceptions.Case
		if err := json.Unmarshal([]byte(text), &cases); err != nil || len(cases) == 0 {
			return fmt.Errorf("%d: %s", status, text)
		}
		key = cases[0].Key()
		return nil
	})
	body, err := json.Marshal(map[string]string{"key": key, "verb": string(exceptions.VerbClaimed), "by": "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.private+"/cases", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if status, text := do(request); status != http.StatusOK {
		t.Fatalf("claiming: %d: %s", status, text)
	}
	return key
}

// Of two processes one publishes stock; when it is killed the other takes over.
func TestLiveStockIsTakenOver(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		const here = `linnbridge_live_stock{shop="made-up"} 1`
		first := w.start(t)
		within(t, soon, "the first publishes", func() error {
			if _, text := get(t, first.private+"/metrics"); !strings.Contains(text, here) {
				return errors.New("it does not")
			}
			return nil
		})
		second := w.start(t)
		answers(t, second.private+"/readyz", http.StatusOK)
		time.Sleep(time.Second)
		if _, text := get(t, second.private+"/metrics"); strings.Contains(text, here) {
			t.Error("both publish")
		}
		first.kill()
		within(t, soon, "the second publishes", func() error {
			if _, text := get(t, second.private+"/metrics"); !strings.Contains(text, here) {
				return errors.New("it does not")
			}
			return nil
		})
		if err := w.Warehouse.SetOnHand("MUG-RED", linnworks.ZeroGUID, 500); err != nil {
			t.Fatal(err)
		}
		within(t, soon, "the shop shows the new stock", func() error {
			if n, _ := w.Shop.Stock("1729592969712207101", madeup.Leeds); n < 400 {
				return fmt.Errorf("it shows %d, want some less than 500", n)
			}
			return nil
		})
	})
}

// A webhook that was answered with success is stored, whatever happens next; one that is
// not signed, or cannot be stored, is not answered so.
func TestWebhookIsStored(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		p := w.start(t)
		answers(t, p.private+"/readyz", http.StatusOK)
		w.Shop.Overload(time.Hour) // nobody can follow the hint
		id := w.Orders[madeup.Plain]
		body := fmt.Sprintf(`{"type":1,"tts_notification_id":"7500000000000000001","shop_id":%q,"timestamp":%d,"data":{"order_id":%q,"order_status":"AWAITING_SHIPMENT","update_time":%d}}`,
			w.Shop.Shop().ID, time.Now().Unix(), id, time.Now().Unix())
		post := func(signature string) (int, string) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.public+"/webhooks/tiktok", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", signature)
			return do(request)
		}
		if status, text := post("x"); status != http.StatusUnauthorized {
			t.Errorf("a webhook with a wrong signature: got %d %s, want %d", status, text, http.StatusUnauthorized)
		}
		if status, text := post(tiktokshop.SignWebhook(w.config.app, []byte(body))); status != http.StatusOK {
			t.Fatalf("a webhook: got %d %s, want %d", status, text, http.StatusOK)
		}
		p.kill()
		db, err := sqlstore.Open(t.Context(), w.env["DATABASE_URL"])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		hints, err := db.Shop("made-up").Hints(t.Context(), "orders")
		if err != nil || len(hints) != 1 || hints[0].OrderID != id {
			t.Errorf("got the hints %+v, %v, want one of order %s", hints, err, id)
		}
	})
}
