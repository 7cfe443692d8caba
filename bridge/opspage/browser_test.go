package opspage_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/opspage"
)

var (
	inBrowser = flag.Bool("browser", false, "look at the pages in chromium, which must be installed")
	pictures  = flag.String("pictures", "", "with -browser: write pictures of the pages into a `folder`")
)

// browser is a tab of a real browser, driven over a pipe by the DevTools protocol.
//
// https://chromedevtools.github.io/devtools-protocol/
type browser struct {
	t       *testing.T
	session string
	to      *os.File

	mu      sync.Mutex
	id      int
	replies map[int]chan json.RawMessage
	loaded  chan struct{}
	hosts   map[string]bool // that were asked for anything
	trouble []string        // what the console complained of
}

// newBrowser starts the browser.
func newBrowser(t *testing.T) *browser {
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Fatal("there is no chromium on this machine")
	}
	fromUs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, fromIt, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "opspage") //nolint:usetesting // a last process of the browser may write there while it is removed, which fails no test
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-extensions", "--disable-background-networking", "--disable-component-update", "--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	command.ExtraFiles = []*os.File{fromUs, fromIt}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = fromUs.Close(), fromIt.Close()
	b := &browser{t: t, to: to, replies: map[int]chan json.RawMessage{}, loaded: make(chan struct{}, 100), hosts: map[string]bool{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.listen(from)
	}()
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil, nil) // so that all of its processes end
		timer := time.AfterFunc(10*time.Second, stop)
		_ = command.Wait()
		timer.Stop()
		stop()
		_ = to.Close()
		_ = from.Close()
		<-done
		_ = os.RemoveAll(profile) // what a last process of it still writes is not worth a failure
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// listen takes what the browser says until it ends.
func (b *browser) listen(from *os.File) {
	r := bufio.NewReader(from)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			ID     int
			Method string
			Result json.RawMessage
			Error  *struct{ Message string }
			Params struct {
				Request          struct{ URL string }
				Entry            struct{ Level, Text string }
				ExceptionDetails struct{ Text string }
				Type             string
				Args             []struct{ Value, Description any }
			}
		}
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			continue
		}
		b.mu.Lock()
		switch m.Method {
		case "Page.loadEventFired":
			b.loaded <- struct{}{}
		case "Network.requestWillBeSent":
			if u, err := url.Parse(m.Params.Request.URL); err == nil && u.Scheme != "data" {
				b.hosts[u.Host] = true
			}
		case "Log.entryAdded":
			if m.Params.Entry.Level == "error" {
				b.trouble = append(b.trouble, m.Params.Entry.Text)
			}
		case "Runtime.consoleAPICalled":
			if m.Params.Type == "error" || m.Params.Type == "warning" || m.Params.Type == "assert" {
				b.trouble = append(b.trouble, fmt.Sprint(m.Params.Args))
			}
		case "Runtime.exceptionThrown":
			b.trouble = append(b.trouble, m.Params.ExceptionDetails.Text)
		}
		if reply := b.replies[m.ID]; reply != nil {
			if m.Error != nil {
				m.Result, _ = json.Marshal(map[string]string{"failed": m.Error.Message})
			}
			reply <- m.Result
			delete(b.replies, m.ID)
		}
		b.mu.Unlock()
	}
}

// call asks the browser for something and waits for the answer.
func (b *browser) call(method string, params map[string]any, into any) {
	b.t.Helper()
	b.mu.Lock()
	b.id++
	id, reply := b.id, make(chan json.RawMessage, 1)
	b.replies[id] = reply
	b.mu.Unlock()
	message := map[string]any{"id": id, "method": method, "params": params}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	select {
	case result := <-reply:
		var failed struct{ Failed string }
		_ = json.Unmarshal(result, &failed)
		if failed.Failed != "" {
			b.t.Fatalf("%s: %s", method, failed.Failed)
		}
		if into != nil {
			if err := json.Unmarshal(result, into); err != nil {
				b.t.Fatalf("%s: %v: %s", method, err, result)
			}
		}
	case <-time.After(time.Minute):
		b.t.Fatalf("%s: the browser does not answer", method)
	}
}

// wait waits until the page has loaded.
func (b *browser) wait() {
	b.t.Helper()
	select {
	case <-b.loaded:
	case <-time.After(time.Minute):
		b.t.Fatal("the page does not load")
	}
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": address}, nil)
	b.wait()
}

// script runs JavaScript in the page, as a person's hand would: what the page allows the
// page's own scripts does not matter.
func (b *browser) script(text string) any {
	b.t.Helper()
	var reply struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": text, "returnByValue": true}, &reply)
	if reply.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", text, reply.ExceptionDetails.Text)
	}
	return reply.Result.Value
}

// submit sends the form that an expression finds.
func (b *browser) submit(form string) {
	b.t.Helper()
	b.script("(" + form + ").requestSubmit()")
	b.wait()
}

// width and dark set what the page is looked at with.
func (b *browser) look(width int, dark bool) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": map[bool]string{true: "dark", false: "light"}[dark]}}}, nil)
}

// picture writes the page as it is seen, if pictures are asked for.
func (b *browser) picture(name string) {
	if *pictures == "" {
		return
	}
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(*pictures, name+".png"), data, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// signedIn is a middleware as an embedder has one: a name, kept in a cookie.
func signedIn(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,"><form method="post" action="login"><input name="name"><button>Sign in</button></form></html>`)
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "name", Value: r.FormValue("name"), HttpOnly: true, SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, "/ops/", http.StatusSeeOther)
	})
	mux.HandleFunc("/ops/", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("name"); err != nil || c.Value == "" {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		http.StripPrefix("/ops", next).ServeHTTP(w, r)
	})
	return mux
}

// In a real browser, with and without JavaScript, in light and dark, on a telephone and a
// desk: sign in, take on and resolve a case, find an order, read a plot.
func TestBrowser(t *testing.T) {
	if !*inBrowser {
		t.Skip("it needs chromium: only with -browser, as .ci/run runs it")
	}
	for _, view := range []struct {
		name         string
		width        int
		dark, script bool
	}{{"desk", 1280, false, true}, {"desk-dark", 1280, true, false}, {"phone", 390, false, false}, {"phone-dark", 390, true, true}} {
		t.Run(view.name, func(t *testing.T) {
			bench := newBench(t)
			now := noon.Add(-3 * time.Hour)
			page, err := opspage.New(opspage.Ports{Desk: bench.desk, Shops: bench.shops}, opspage.Options{
				User: func(r *http.Request) opspage.User {
					c, err := r.Cookie("name")
					if err != nil {
						return opspage.User{}
					}
					return opspage.User{Name: c.Value}
				},
				Now: func() time.Time { return now },
			})
			if err != nil {
				t.Fatal(err)
			}
			for ; !now.After(noon); now = now.Add(time.Hour) {
				if err := page.Sample(t.Context()); err != nil {
					t.Fatal(err)
				}
				bench.raise("UK", exceptions.SpellingDiffers, fmt.Sprintf("SKU %d", now.Hour()), 0)
			}
			now = noon
			server := httptest.NewServer(signedIn(page))
			defer server.Close()
			b := newBrowser(t)
			b.look(view.width, view.dark)
			b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": !view.script}, nil)

			b.open(server.URL + "/ops/cases")
			b.script(`document.querySelector("input[name=name]").value = "Ann"`)
			b.submit(`document.querySelector("form")`)
			if text := b.script(`document.body.innerText`); !strings.Contains(fmt.Sprint(text), "First of all") {
				t.Fatalf("after signing in: %v", text)
			}
			b.picture(view.name + "-overview")
			if label := b.script(`document.querySelector("svg.plot").getAttribute("aria-label")`); !strings.Contains(fmt.Sprint(label), "now 14 with a clock, 2 at risk") {
				t.Errorf("the plot says %v", label)
			}
			if wide := b.script(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide != 0.0 {
				t.Errorf("the page is %v pixels wider than the window", wide)
			}
			b.open(server.URL + "/ops/cases?team=warehouse")
			b.picture(view.name + "-cases")
			b.script(`document.querySelector('input[name=key][value$="0001"]').checked = true`)
			b.script(`document.querySelector('select[name=verb]').value = "claimed"`)
			b.submit(`document.querySelector('form[action=decide]')`)
			if c := bench.only("UK", "order 576000000000000001"); c.Holder(noon) != "Ann" {
				t.Errorf("after taking it on: %s", c)
			}
			b.open(server.URL + "/ops/case?key=" + url.QueryEscape("UK|no tracking|order 576000000000000001"))
			b.picture(view.name + "-case")
			b.script(`document.querySelector('form:has(input[value=resolved]) input[name=note]').value = "number entered"`)
			b.submit(`document.querySelector('form:has(input[value=resolved])')`)
			if c := bench.only("UK", "order 576000000000000001"); c.State != exceptions.CaseResolved {
				t.Errorf("after resolving it: %s", c)
			}
			b.script(`document.querySelector('form[role=search] input').value = "576000000000000001"`)
			b.submit(`document.querySelector('form[role=search]')`)
			if href := b.script(`document.querySelector('main a[href^=order]').getAttribute("href")`); href != "order?shop=UK&id=576000000000000001" {
				t.Errorf("the search finds %v", href)
			}
			for _, name := range []string{"order?shop=UK&id=576000000000000001", "orders", "stock", "audit", "health", "search?q=576000000000000001", "search?q=RM000000042GB", "appeal.html?shop=UK&id=576000000000000001", "manifest.html?shop=UK"} {
				address := server.URL + "/ops/" + name
				if strings.Contains(name, ".html") { // a file, which people open after they have kept it
					_, text := bench.get("/" + name)
					address = "data:text/html;charset=utf-8;base64," + base64.StdEncoding.EncodeToString([]byte(text))
				}
				b.open(address)
				short, _, _ := strings.Cut(name, "?")
				b.picture(view.name + "-" + short)
				if wide := b.script(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide != 0.0 {
					t.Errorf("%s is %v pixels wider than the window", name, wide)
				}
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			if len(b.trouble) > 0 {
				t.Errorf("the console complains: %q", b.trouble)
			}
			if u, err := url.Parse(server.URL); err != nil || len(b.hosts) != 1 || !b.hosts[u.Host] {
				t.Errorf("hosts that were asked: %v, want the page's own", b.hosts)
			}
		})
	}
}
