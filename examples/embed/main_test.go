package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// freeAddress is an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// get reads JSON of the service, once it answers.
func get(t *testing.T, url string, into any) {
	t.Helper()
	for {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			if t.Context().Err() != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond) // it is starting
			continue
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v: %s", url, resp.Status, err, body)
		}
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatalf("%s: %v: %s", url, err, body)
		}
		return
	}
}

// ask returns what the service answers.
func ask(t *testing.T, url string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// lines are what was logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// The service takes the settings of its own example, is told of an order by a
// webhook, and has it in Linnworks; it shows health, cases and permits, and ends
// when it is told to.
func TestService(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	var started lines
	log.SetOutput(&started)
	address := freeAddress(t)
	shop := tiktokshoptest.New(tiktokshoptest.WithMarket("GB"), tiktokshoptest.WithWebhooks(http.DefaultTransport))
	shop.SetWebhooks("http://" + address + "/webhooks/tiktok")
	houseServer := httptest.NewUnstartedServer(nil)
	house := linnworkstest.New(linnworkstest.WithServerURL("http://" + houseServer.Listener.Addr().String()))
	houseServer.Config.Handler = house
	houseServer.Start()
	defer houseServer.Close()
	w, err := madeup.New(shop, house)
	if err != nil {
		t.Fatal(err)
	}
	shopServer := httptest.NewServer(shop)
	defer shopServer.Close()
	environment := map[string]string{
		"TIKTOK_APP_KEY": shop.App().Key, "TIKTOK_APP_SECRET": shop.App().Secret.Reveal(), "TIKTOK_ACCESS_TOKEN": shop.Token().AccessToken.Reveal(),
		"LINNWORKS_APPLICATION_ID": house.Credentials().ApplicationID, "LINNWORKS_APPLICATION_SECRET": house.Credentials().ApplicationSecret.Reveal(),
		"LINNWORKS_TOKEN": house.Credentials().Token.Reveal(), "LISTEN": address, "TIKTOK_URL": shopServer.URL, "LINNWORKS_URL": houseServer.URL,
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"settings.example.json"}, func(name string) string { return environment[name] })
	}()

	var health bridge.SyncHealth
	for health.Flows[bridge.FlowStock].Runs == 0 {
		get(t, "http://"+address+"/health", &health)
		time.Sleep(20 * time.Millisecond)
	}
	for name, flow := range health.Flows {
		if flow.Failures > 0 {
			t.Errorf("the flow %s failed: %s", name, flow)
		}
	}
	if want := "listening on http://" + address; !strings.Contains(started.String(), want) {
		t.Errorf("at the start it printed %q, want %q", started.String(), want)
	}
	var cases []struct{ Shop, Object string }
	get(t, "http://"+address+"/cases", &cases)
	if len(cases) == 0 || cases[0].Shop != "uk-shop" || cases[0].Object == "" {
		t.Errorf("the cases of the made-up shop: %+v", cases)
	}
	id, err := shop.PlaceOrder(tiktokshoptest.OrderSpec{
		Lines: []tiktokshoptest.Line{{SKUID: "1729592969712207101", Quantity: 1}}, State: tiktokshop.OrderStatusAwaitingShipment,
	})
	if err != nil {
		t.Fatal(err)
	}
	shop.SendWebhooks(t.Context())
	for len(house.OrdersByReference(madeup.Source, "uk-shop", id)) == 0 {
		if ctx.Err() != nil {
			t.Fatalf("order %s is not in Linnworks", id)
		}
		time.Sleep(20 * time.Millisecond)
	}
	var permits []struct {
		OrderID string `json:"order_id"`
		Reason  string
		Granted bool
	}
	get(t, "http://"+address+"/permits?order="+w.Orders[madeup.Plain]+"&order="+w.Orders[madeup.Held], &permits)
	if len(permits) != 2 || !permits[0].Granted || permits[1].Granted || permits[1].OrderID != w.Orders[madeup.Held] || permits[1].Reason == "" {
		t.Errorf("permits: %+v, want one granted, and one held with a reason", permits)
	}
	status, text := ask(t, "http://"+address+"/permits")
	if status != http.StatusBadRequest || !strings.Contains(text, "/permits?order=") {
		t.Errorf("permits without an order: status %d, %s; want %d and how to ask", status, text, http.StatusBadRequest)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the service ended with %v", err)
	}
}

func TestServiceSaysWhatIsMissing(t *testing.T) {
	nothing := func(string) string { return "" }
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "usage: embed settings.json"},
		{[]string{"none.json"}, "none.json"},
		{[]string{"settings.example.json"}, "app"},
	} {
		if err := run(t.Context(), tc.args, nothing); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("run %q: got %v, want an error with %q", tc.args, err, tc.want)
		}
	}
}

// The service that people copy stays as short as it says it is.
func TestServiceIsShort(t *testing.T) {
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := bytes.Cut(text, []byte("\n)\n")) // behind the imports
	lines := 0
	for line := range bytes.Lines(code) {
		if line = bytes.TrimSpace(line); len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
			lines++
		}
	}
	if lines > 90 {
		t.Errorf("%d lines of code, want at most 90", lines)
	}
}

// Every variable that the service reads is in the example of the credentials, in a
// form that a shell, systemd and Docker load alike, and no other is.
func TestCredentialsExampleIsWhole(t *testing.T) {
	text, err := os.ReadFile("credentials.env.example")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "#"), "=")
		if !ok {
			continue // a comment
		}
		if strings.ContainsAny(name+value, " \"'$`") {
			t.Errorf("%q is not read alike everywhere", line)
		}
		named = append(named, name)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	var read []string
	for _, m := range regexp.MustCompile(`getenv\("([A-Z_]+)"\)`).FindAllStringSubmatch(string(source), -1) {
		read = append(read, m[1])
	}
	slices.Sort(named)
	slices.Sort(read)
	if !slices.Equal(named, read) {
		t.Errorf("the example names %q, the service reads %q", named, read)
	}
}

// The example's credentials are loaded as the service's comment says.
func TestCredentialsExampleLoads(t *testing.T) {
	const load = "set -a; . ./credentials.env.example; set +a"
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), strings.ReplaceAll(load, ".example", "")) {
		t.Errorf("the comment does not say %q", load)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		return // there is none on this system
	}
	out, err := exec.CommandContext(t.Context(), shell, "-c", "set -eu; "+load+`; env`).CombinedOutput()
	if err != nil || !strings.Contains("\n"+string(out), "\nTIKTOK_APP_KEY=") {
		t.Errorf("%v: %s; want the variables in the environment of what is started", err, out)
	}
}
