package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// check runs -check and returns what it prints.
func (w *world) check(t *testing.T, file string) (string, error) {
	t.Helper()
	var out, log bytes.Buffer
	err := run(t.Context(), []string{"-config", file, "-check"}, w.getenv, nil, &out, &log)
	w.silent(t, "what -check prints", out.String()+log.String())
	if err != nil {
		w.silent(t, "the error of -check", err.Error())
	}
	return out.String(), err
}

// edit writes the settings file with some of its settings replaced.
func (w *world) edit(t testing.TB, settings map[string]any) {
	t.Helper()
	text, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for name, value := range settings {
		all[name] = value
	}
	if text, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Everything that is wrong is said at once, with the ids that there are, and nothing is
// written to either side.
func TestCheckFindsMistakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
	w.env["WEBHOOK_URL"] = "https://bridge.example.com/webhooks/tiktok"
	out, err := w.check(t, w.file)
	if err != nil || !strings.Contains(out, "Nothing is wrong") {
		t.Fatalf("settings without a mistake: got %v:\n%s", err, out)
	}
	for _, id := range []string{w.Shop.Shop().ID, "7068517275539719942", string(w.Bristol), string(linnworks.ZeroGUID), "Tracked 48", tiktokshoptest.OptionStandard} {
		if !strings.Contains(out, id) {
			t.Errorf("it does not list %q:\n%s", id, out)
		}
	}

	delete(w.env, "WEBHOOK_URL")
	if out, err = w.check(t, w.file); err != nil || !strings.Contains(out, "webhooks that are off, unless they are set in Partner Center: ORDER_STATUS_CHANGE") {
		t.Errorf("without webhooks: got %v:\n%s", err, out)
	}
	w.env["WEBHOOK_URL"] = "https://bridge.example.com/webhooks/tiktok"
	w.Shop.SetScopes(tiktokshop.ScopeAuthorization, tiktokshop.ScopeOrders, tiktokshop.ScopeLogistics, tiktokshop.ScopeProducts)
	w.authorise(t)
	w.Shop.SetWebhooks("https://other.example.com/hooks")
	delete(w.env, "LINNWORKS_APPLICATION_SECRET")
	w.edit(t, map[string]any{
		"locations":        map[string][]string{"7068517275539719949": {"6c000000-0000-4000-8000-00000000beef"}},
		"default_location": "", "carriers": map[string]string{"Tracked 48": "Royal Male"}, "cut_of": "label printed",
		"services": map[string]string{"no such option": "Tracked 84"}, "every": map[string]string{"orders": "1s"},
		"print_view": map[string]any{"folder": "Ready to print"}, "shipping_rules": []map[string]any{{"delivery": "Same Moon", "service": "Untracked 49"}},
	})
	out, err = w.check(t, w.file)
	if err == nil {
		t.Error("it found nothing wrong")
	}
	for _, want := range []string{
		"! the environment has no LINNWORKS_APPLICATION_SECRET", `cut_of: unknown setting; did you mean "cut_off"?`, "default_location: empty", "every.orders: 1s is too short",
		"7068517275539719949", `"Royal Male"`, "no such option", `the shop has no delivery option "Same Moon"`, "seller.product.write", "the webhook ORDER_STATUS_CHANGE goes to another address",
	} {
		if !mistake(out, want) {
			t.Errorf("no problem says %q:\n%s", want, out)
		}
	}
	w.env["LINNWORKS_APPLICATION_SECRET"] = w.config.account.ApplicationSecret.Reveal()
	if out, err = w.check(t, w.file); err == nil {
		t.Error("it found nothing wrong")
	}
	for _, want := range []string{"6c000000-0000-4000-8000-00000000beef", `"Tracked 84"`, `"Untracked 49"`} {
		if !mistake(out, want) {
			t.Errorf("no problem says %q:\n%s", want, out)
		}
	}
	if !regexp.MustCompile(`(?m)^ +any +Same Moon +any +any +Untracked 49`).MatchString(out) {
		t.Errorf("the shipping rules are not printed:\n%s", out)
	}
	if calls := w.Shop.CallsOf(tiktokshoptest.Writes()); len(calls) > 0 {
		t.Errorf("calls that write in the shop: %v", calls)
	}
	if orders := w.Warehouse.Orders(); len(orders) > 0 {
		t.Errorf("%d orders were made in Linnworks", len(orders))
	}
}

// mistake reports whether a line that is a problem holds a text.
func mistake(out, text string) bool {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "! ") && strings.Contains(line, strings.TrimPrefix(text, "! ")) {
			return true
		}
	}
	return false
}

// Access that does not work is a problem too: wrong credentials, no consent, no file.
func TestCheckFindsClosedDoors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*world)
		want  string
	}{
		"no database":         {func(w *world) { w.env["DATABASE_URL"] += ".not" }, "there is no such file yet"},
		"wrong Linnworks key": {func(w *world) { w.env["LINNWORKS_TOKEN"] = "6c000000-0000-4000-8000-00000000dead" }, "linnworks"},
		"wrong app secret":    {func(w *world) { w.env["TIKTOK_APP_SECRET"] = "not-the-secret-of-the-app" }, "tiktokshop"},
		"no consent":          {func(w *world) { w.Shop.Deauthorise() }, "tiktokshop"},
		"a webhook address":   {func(w *world) { w.env["WEBHOOK_URL"] = "http://127.0.0.1:8080/" }, "https addresses without a port"},
		"an unknown paper":    {func(w *world) { w.env["PRINT_PAPER"] = "A4" }, "PRINT_PAPER is neither 4x6 nor A6 nor empty"},
		"a resolution":        {func(w *world) { w.env["PRINT_DPI"] = "fine" }, "PRINT_DPI is no number from 72 to 1200"},
		"another shop":        {func(w *world) { w.file = list(w, "7495000000000009999") }, "do not cover a shop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
			c.spoil(w)
			if out, err := w.check(t, w.file); err == nil || !mistake(out, c.want) {
				t.Errorf("got %v, want a problem that says %q:\n%s", err, c.want, out)
			}
			if name == "no database" {
				if _, err := os.Stat(w.env["DATABASE_URL"]); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("the check has made the database: %v", err)
				}
			}
		})
	}
}

// list writes a list of one shop beside its settings.
func list(w *world, id string) (file string) {
	file = filepath.Join(filepath.Dir(w.file), "list.json")
	_ = os.WriteFile(file, []byte(`{"shops": [{"settings": "client.json", "tiktok_shop": "`+id+`"}]}`), 0o600)
	return file
}

// A list of shops is held against itself.
func TestListOfShops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
	for name, c := range map[string]struct {
		text string
		want []string // in the error
	}{
		"one shop":     {text: `{"shops": [{"settings": "client.json"}]}`},
		"none":         {text: `{"shops": []}`, want: []string{"shops: none"}},
		"a slip":       {text: `{"shops": [{"setting": "client.json"}]}`, want: []string{`unknown field "setting"`}},
		"more behind":  {text: `{"shops": [{"settings": "client.json"}]} {}`, want: []string{"something comes behind the object"}},
		"no such file": {text: `{"shops": [{"settings": "clients.json"}]}`, want: []string{"shops[0].settings"}},
		"twice the same": {
			text: `{"shops": [{"settings": "client.json", "tiktok_shop": "1"}, {"settings": "client.json", "tiktok_shop": "1"}, {"settings": "client.json"}]}`,
			want: []string{`shops[1]: tiktok_shop "1" is that of shops[0] too`, `shops[1]: the name "made-up" is that of shops[0] too`, "shops[2].tiktok_shop: empty"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(filepath.Dir(w.file), strings.ReplaceAll(name, " ", "-")+".json")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readConfig(file, w.getenv)
			if (err != nil) != (len(c.want) > 0) {
				t.Fatalf("got %v, want an error: %t", err, len(c.want) > 0)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want it to say %q", err, want)
				}
			}
			if err == nil && (len(got.shops) != 1 || got.shops[0].seller != defaultSeller || got.shops[0].settings.Shop != "made-up") {
				t.Errorf("got %+v", got.shops)
			}
		})
	}
}

// authorise has the seller consent again, through -authorise.
func (w *world) authorise(t *testing.T) {
	t.Helper()
	if out, err := w.consent(t, func(state string) string { return "code=" + w.Shop.Authorise() + "&state=" + state }); err != nil || !strings.Contains(out, w.Shop.Shop().ID) {
		t.Fatalf("authorising: %v\n%s", err, out)
	}
}

// consent runs -authorise with a browser that comes back with a query.
func (w *world) consent(t *testing.T, query func(state string) string) (string, error) {
	t.Helper()
	answers, paste := io.Pipe()
	out := new(linkReader)
	out.found = func(link string) {
		u, err := url.Parse(link)
		if err != nil {
			t.Error(err)
			return
		}
		go func() { _, _ = io.WriteString(paste, "https://example.com/back?"+query(u.Query().Get("state"))+"\n") }()
	}
	err := run(t.Context(), []string{"-config", w.file, "-authorise"}, w.getenv, answers, out, io.Discard)
	w.silent(t, "what -authorise prints", out.String())
	if err != nil {
		w.silent(t, "the error of -authorise", err.Error())
	}
	return out.String(), err
}

// linkReader tells of the link that is printed.
type linkReader struct {
	bytes.Buffer

	found func(string)
}

func (l *linkReader) Write(b []byte) (int, error) {
	for field := range strings.FieldsSeq(string(b)) {
		if strings.Contains(field, "/open/authorize?") {
			l.found(field)
		}
	}
	return l.Buffer.Write(b)
}

// Tokens are stored for a consent that was begun here, and for no other.
func TestAuthorise(t *testing.T) {
	t.Parallel()
	w := newWorld(t, filepath.Join(t.TempDir(), "new.db"))
	stored := func() tiktokshop.Token {
		db, err := sqlstore.Open(t.Context(), w.env["DATABASE_URL"])
		if err != nil {
			t.Fatal(err)
		}
		token, err := db.Tokens(defaultSeller).LoadToken(t.Context())
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		return token
	}
	before := stored()
	for name, query := range map[string]func(string) string{
		"another state":  func(string) string { return "code=" + w.Shop.Authorise() + "&state=AAAAAAAAAAAAAAAAAAAAAAAAAA" },
		"no state":       func(string) string { return "code=" + w.Shop.Authorise() },
		"a refusal":      func(state string) string { return "error=access_denied&state=" + state },
		"a code of ours": func(state string) string { return "code=invented&state=" + state },
	} {
		if out, err := w.consent(t, query); err == nil {
			t.Errorf("%s: authorised:\n%s", name, out)
		}
		if after := stored(); after.AccessToken != before.AccessToken {
			t.Errorf("%s: other tokens are stored", name)
		}
	}
	w.authorise(t)
	if after := stored(); after.AccessToken == before.AccessToken || len(after.MissingScopes()) > 0 {
		t.Errorf("no new tokens are stored, or scopes are missing: %v", after.MissingScopes())
	}
	delete(w.env, "TIKTOK_SERVICE_ID")
	if err := run(t.Context(), []string{"-config", w.file, "-authorise"}, w.getenv, nil, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "TIKTOK_SERVICE_ID") {
		t.Errorf("without the id of the service: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := line(ctx, neverReader{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted while it waits: got %v", err)
	}
}

// neverReader is a terminal at which nobody sits.
type neverReader struct{}

func (neverReader) Read([]byte) (int, error) { select {} }

func TestBadArguments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing":           {want: "-config is missing"},
		"stray argument":    {args: []string{"-demo", "now"}, want: `unexpected argument "now"`},
		"demo and check":    {args: []string{"-demo", "-check"}, want: "do not go together"},
		"check and grant":   {args: []string{"-check", "-authorise", "-config", "x"}, want: "do not go together"},
		"seller alone":      {args: []string{"-config", "x", "-seller", "maple"}, want: "-seller goes with -authorise"},
		"negative time":     {args: []string{"-demo", "-for", "-1s"}, want: "negative"},
		"pulls and no demo": {args: []string{"-config", "x", "-pulls"}, want: "-pulls goes with -demo"},
		"for and no demo":   {args: []string{"-config", "x", "-for", "1s"}, want: "goes with -demo"},
		"no such file":      {args: []string{"-config", "no such file"}, want: "no such file"},
		"no credentials":    {args: []string{"-config", "no such file"}, want: "the environment has no LINNWORKS_TOKEN"},
		"check, no file":    {args: []string{"-config", "no such file", "-check"}, want: "problem"},
		"unknown argument":  {args: []string{"-x"}, want: "not defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), c.args, func(string) string { return "" }, nil, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}
