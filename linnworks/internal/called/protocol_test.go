package called_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks/channelapp"
	"github.com/linnbridge/linnbridge/linnworks/integration"
	"github.com/linnbridge/linnbridge/linnworks/internal/calledtest"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

const (
	account = calledtest.Account
	service = "7f5a0c2e-8d1b-4f6e-9a3c-2b1d0e4f5a6b"
)

// setup is what both applications are made of.
type setup struct {
	admit         func(context.Context, integration.Account) error
	installations integration.Installations
	steps         []integration.Step
	within        time.Duration
	maxBody       int64
	log           *slog.Logger
	// port is called by the endpoint that works.
	port func(context.Context) error
}

// protocol is how one of the two applications says what both say.
type protocol struct {
	make func(setup) (calledtest.Handler, error)
	// endpoints are all that want a token, in all spellings; works calls the port with
	// fields.
	endpoints     []string
	works, fields string
	// save is the endpoint that takes a page, step the field with its name, and complete
	// the last.
	save, step, complete string
	// message is the field with what people read, string and integer the types of values.
	message         string
	longest         int
	string, integer any
	// wrong are fields that must tell a wrong token nothing.
	wrong []string
	// lists must not be null.
	lists []string
}

var protocols = map[string]protocol{
	"shipping": {
		make: func(s setup) (calledtest.Handler, error) {
			return shippingapp.New(shippingapp.Ports{Courier: courier{s.port}, Admit: s.admit, Installations: s.installations},
				shippingapp.Options{Steps: s.steps, AnswerWithin: s.within, MaxBody: s.maxBody, Log: s.log})
		},
		endpoints: []string{
			"UserConfig", "UpdateConfig", "ConfigDeleted", "ConfigDelete", "UserAvailableServices", "ExtendedPropertyMapping", "ExtPropertyMap",
			"GenerateLabel", "CancelLabel", "CreateManifest", "PrintManifest", "Quote",
		},
		works: "CancelLabel", fields: `"OrderId":7`, save: "UpdateConfig", step: "ConfigStatus", complete: "CONFIG",
		message: "ErrorMessage", longest: 255, string: 0.0, integer: 1.0,
		wrong: []string{`"OrderId":7,"ServiceId":"` + service + `","Packages":[{"SequenceNumber":0}]`, `"OrderReference":"7"`, `"OrderId":"seven"`, `"ConfigStatus":"CONFIG"`, `"Packages":1`},
		lists: []string{"Package", "Services", "Items", "QuoteItems"},
	},
	"channel": {
		make: func(s setup) (calledtest.Handler, error) {
			return channelapp.New(channelapp.Ports{Orders: channel{s.port}, Despatch: channel{s.port}, Cancels: channel{s.port}, Admit: s.admit, Installations: s.installations},
				channelapp.Options{Steps: s.steps, AnswerWithin: s.within, MaxBody: s.maxBody, Log: s.log})
		},
		endpoints: []string{
			"UserConfig", "SaveConfig", "SaveUserConfig", "SaveConfigSave", "ConfigTest", "ConfigDeleted", "ConfigDelete", "ShippingTags", "PaymentTags", "Orders",
			"Despatch", "Dispatch", "Products", "InventoryUpdate", "PriceUpdate", "PostSaleOptions", "Cancel", "Refund",
		},
		works: "Cancel", fields: `"Cancellation":{"ReferenceNumber":"R-7","Items":[{"Reason":"Jane moved"}]}`, save: "SaveConfig", step: "StepName", complete: "UserConfig",
		message: "Error", longest: 4000, string: "STRING", integer: "INT",
		wrong: []string{`"Orders":[{"ReferenceNumber":"R-1"}]`, `"Orders":1`, `"Products":[{"SKU":"MUG","Quantity":1}]`, `"Refund":{"ReferenceNumber":"R-1"}`, `"StepName":"x"`},
		lists: []string{"Orders", "Products", "ConfigItems", "ShippingTags", "PaymentTags", "PostSaleReasons"},
	},
}

// courier and channel do what a test says when they are asked to cancel.
type courier struct{ port func(context.Context) error }

func (courier) Services(context.Context, shippingapp.Installation) ([]shippingapp.Service, error) {
	return nil, nil
}

func (c courier) GenerateLabel(ctx context.Context, _ shippingapp.Installation, _ *shippingapp.LabelRequest) (*shippingapp.Label, error) {
	return nil, c.port(ctx)
}

func (c courier) CancelLabel(ctx context.Context, _ shippingapp.Installation, _ int) error {
	return c.port(ctx)
}

type channel struct{ port func(context.Context) error }

func (c channel) Orders(ctx context.Context, _ channelapp.Installation, _ time.Time, _ int) ([]channelapp.Order, bool, error) {
	return nil, false, c.port(ctx)
}

func (c channel) Despatch(ctx context.Context, _ channelapp.Installation, orders []channelapp.Despatch) []error {
	errs := make([]error, len(orders))
	for i := range errs {
		errs[i] = c.port(ctx)
	}
	return errs
}

func (channel) CancelOptions(context.Context, channelapp.Installation) (channelapp.CancelOptions, error) {
	return channelapp.CancelOptions{}, nil
}

func (c channel) Cancel(ctx context.Context, _ channelapp.Installation, _ *channelapp.Cancellation) error {
	return c.port(ctx)
}

// app is an application that is installed.
type app struct {
	*calledtest.App
	protocol

	asked int
	// port is what the port does, if anything.
	port func(context.Context) error
}

func open(t *testing.T, p protocol, s setup) *app {
	t.Helper()
	a, log := &app{protocol: p}, new(calledtest.Log)
	if s.admit == nil {
		s.admit = integration.OnlyAccounts(account)
	}
	s.log = log.Logger()
	s.port = func(ctx context.Context) error {
		a.asked++
		if a.port == nil {
			return nil
		}
		return a.port(ctx)
	}
	h, err := p.make(s)
	if err != nil {
		t.Fatal(err)
	}
	a.App = calledtest.Open(t, h, log)
	return a
}

// both runs a test with each of the two applications.
func both(t *testing.T, test func(t *testing.T, p protocol)) {
	for name, p := range protocols {
		t.Run(name, func(t *testing.T) { test(t, p) })
	}
}

// TestTokens uses a token in all its forms, under both names.
func TestTokens(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		a := open(t, p, setup{})
		dashed := a.Token[:8] + "-" + a.Token[8:12] + "-" + a.Token[12:16] + "-" + a.Token[16:20] + "-" + a.Token[20:]
		for _, token := range []string{a.Token, dashed, strings.ToUpper(dashed), "{" + dashed + "}"} {
			for _, name := range []string{"AuthorizationToken", "AuthorisationToken", "authorizationtoken"} {
				calledtest.WantOK(t, a.Post(t, "UserConfig", fmt.Sprintf(`{%q:%q}`, name, token)))
			}
		}
	})
}

// TestWrongToken checks that a wrong token learns nothing: every endpoint answers the
// same whatever else the request says, and no port is asked.
func TestWrongToken(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		a := open(t, p, setup{})
		seen := map[string]bool{}
		for _, endpoint := range p.endpoints {
			for _, token := range []string{"", "x", "00000000000000000000000000000000", service, a.Token + "0", a.Token[1:]} {
				for _, fields := range append(p.wrong, "", p.fields) {
					got := a.Post(t, endpoint, calledtest.WithToken(token, fields))
					seen[calledtest.Message(got)] = true
					for _, list := range p.lists {
						if rows, _ := got[list].([]any); len(rows) > 0 {
							t.Errorf("%s answered a wrong token with %v", endpoint, got)
						}
					}
				}
			}
		}
		if len(seen) != 1 {
			t.Errorf("a wrong token got the messages %v, want one and the same", seen)
		}
		if a.asked > 0 {
			t.Errorf("a wrong token reached the ports %d times", a.asked)
		}
		calledtest.WantOK(t, a.Call(t, "UserConfig", "")) // and the installation is still there
	})
}

// TestNames checks that endpoints are found whatever their case and whatever stands
// before them, and that an installation is removed under both names.
func TestNames(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		a := open(t, p, setup{})
		for _, name := range []string{"api/Config/UserConfig", "userconfig", "USERCONFIG"} {
			calledtest.WantOK(t, a.Call(t, name, ""))
		}
		for _, path := range []string{"/under/Nothing", "/"} {
			w := httptest.NewRecorder()
			a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}")))
			if w.Code != http.StatusNotFound {
				t.Errorf("POST %s answered %d, want 404", path, w.Code)
			}
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/UserConfig", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("GET answered %d, Allow %q; want 405, POST", w.Code, w.Header().Get("Allow"))
		}
		for _, name := range []string{"ConfigDelete", "ConfigDeleted"} {
			b := open(t, p, setup{})
			calledtest.WantOK(t, b.Call(t, name, ""))
			calledtest.WantRefused(t, b.Call(t, "UserConfig", ""), "token is not valid")
		}
	})
}

// TestInstall checks who may install an application, and that installations have tokens
// of their own.
func TestInstall(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		a := open(t, p, setup{})
		stranger := a.Install(t, service, "Main")
		calledtest.WantRefused(t, stranger, "not meant for your Linnworks account")
		if stranger["AuthorizationToken"] != "" {
			t.Errorf("a stranger was answered %v, want no token", stranger)
		}
		calledtest.WantRefused(t, a.Install(t, "me", "Main"), "names no Linnworks account")
		again := calledtest.WantOK(t, a.Install(t, strings.ToUpper(strings.ReplaceAll(account, "-", "")), "Second"))
		if again["AuthorizationToken"] == a.Token || again["AuthorizationToken"] == "" {
			t.Error("two installations have one token, or none")
		}
	})
}

// TestBadRequests checks what is answered to what is no request.
func TestBadRequests(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		a := open(t, p, setup{maxBody: 2000})
		for body, want := range map[string]string{
			"":     "not a JSON object",
			"null": "token is not valid",
			"[]":   "token is not valid",
			"{":    "not a JSON object",
			calledtest.WithToken(a.Token, `"x":"`+strings.Repeat("x", 2000)+`"`):     "too large",
			calledtest.WithToken(a.Token, `"OrderId":{},"Cancellation":{"Items":7}`): "cannot read the request",
		} {
			calledtest.WantRefused(t, a.Post(t, p.works, body), want)
		}
		if a.asked > 0 {
			t.Errorf("a port was asked %d times", a.asked)
		}
	})
}

// wizard has two pages.
func wizard(check func(context.Context, integration.Installation) error) []integration.Step {
	return []integration.Step{
		{Name: "Credentials", Title: "Sign in", Description: "Your account", Check: check, Items: []integration.ConfigItem{
			{ID: "user", Name: "User", Description: "Your user name", Required: true, Pattern: `^[a-z]+$`, PatternError: "lower-case letters only"},
			{ID: "password", Name: "Password", Type: integration.ValuePassword, Required: true},
		}},
		{Name: "Preferences", Title: "Preferences", Items: []integration.ConfigItem{
			{ID: "unpaid", Name: "Unpaid orders", Group: "Orders", Sort: 1, Type: integration.ValueBoolean, Value: "false"},
			{ID: "site", Name: "Site", Type: integration.ValueList, Value: "UK", Values: []integration.ListValue{{Display: "Britain", Value: "UK"}, {Display: "Ireland", Value: "IE"}}},
			{ID: "days", Name: "Days", Type: integration.ValueInt, Value: "3"},
			{ID: "rate", Name: "Rate", Type: integration.ValueDouble},
			{ID: "account", Name: "Account", ReadOnly: true, Value: "7"},
		}},
	}
}

// page is what UserConfig shows: the step and the items by id.
func (a *app) page(t *testing.T) (step string, items map[string]map[string]any) {
	t.Helper()
	answer := calledtest.WantOK(t, a.Call(t, "UserConfig", ""))
	step, _ = answer[a.step].(string)
	list, there := answer["ConfigItems"].([]any)
	if !there {
		list, _ = answer["ConfigStage"].(map[string]any)["ConfigItems"].([]any)
	}
	items = map[string]map[string]any{}
	for _, item := range list {
		i := item.(map[string]any)
		items[i["ConfigItemId"].(string)] = i
	}
	return step, items
}

// TestWizard walks through the pages, is refused on each, and changes what it has filled
// in afterwards.
func TestWizard(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		var checked []string
		a := open(t, p, setup{steps: wizard(func(_ context.Context, in integration.Installation) error {
			checked = append(checked, in.Settings["user"]+" "+in.Passwords["password"].Reveal())
			if in.Passwords["password"].Reveal() == "wrong" {
				return integration.Refuse("This password is not known.")
			}
			return nil
		})})
		wantPage := func(want string, ids ...string) map[string]map[string]any {
			t.Helper()
			step, items := a.page(t)
			if step != want || len(items) != len(ids) {
				t.Fatalf("the wizard is at %q with %d items, want %q with %q", step, len(items), want, ids)
			}
			return items
		}
		save := func(step string, values ...string) map[string]any {
			t.Helper()
			var items []string
			for i := 0; i < len(values); i += 2 {
				items = append(items, fmt.Sprintf(`{"ConfigItemId":%q,"Name":"N","SortOrder":0,"SelectedValue":%q,"RegExValidation":null,"ListValues":[]}`, values[i], values[i+1]))
			}
			return a.Call(t, p.save, fmt.Sprintf(`%q:%q,"ConfigItems":[%s]`, p.step, step, strings.Join(items, ",")))
		}
		items := wantPage("Credentials", "user", "password")
		user := map[string]any{
			"ConfigItemId": "user", "Name": "User", "Description": "Your user name", "GroupName": "", "SortOrder": 0.0, "SelectedValue": "", "RegExValidation": "^[a-z]+$",
			"RegExError": "lower-case letters only", "MustBeSpecified": true, "ReadOnly": false, "ListValues": []any{}, "ValueType": p.string,
		}
		delete(items["user"], "HidesHeaderAttribute") // which channels have
		if diff := cmp.Diff(user, items["user"]); diff != "" {
			t.Errorf("the first item (-want +got):\n%s", diff)
		}
		for _, wrong := range []struct {
			want, step string
			values     []string
		}{
			{"no longer the current", "Preferences", []string{"days", "3"}},
			{"no longer the current", p.complete, nil},
			{"User: please fill this in", "Credentials", []string{"password", "p"}},
			{"User: lower-case letters only", "Credentials", []string{"user", "Jane"}},
			{"longer than", "Credentials", []string{"user", strings.Repeat("a", p.longest+1)}},
			{"Password: please fill this in", "Credentials", []string{"user", "jane"}},
			{"password is not known", "Credentials", []string{"user", "jane", "password", "wrong"}},
		} {
			calledtest.WantRefused(t, save(wrong.step, wrong.values...), wrong.want)
		}
		wantPage("Credentials", "user", "password")
		calledtest.WantOK(t, save("credentials", "USER", "jane", "password", "secret"))
		items = wantPage("Preferences", "unpaid", "site", "days", "rate", "account")
		if got := items["days"]["ValueType"]; got != p.integer {
			t.Errorf("a whole number has the type %v, want %v", got, p.integer)
		}
		for _, wrong := range []struct{ want, item, value string }{
			{"choose one of the values", "site", "FR"}, {"whole number", "days", "1.5"}, {"yes or no", "unpaid", "maybe"}, {"must be a number", "rate", "much"},
		} {
			calledtest.WantRefused(t, save("Preferences", wrong.item, wrong.value), wrong.want)
		}
		calledtest.WantOK(t, save("Preferences", "site", "IE", "account", "8", "unknown", "x"))
		shown := map[string]any{}
		for id, item := range wantPage(p.complete, "user", "password", "unpaid", "site", "days", "rate", "account") {
			shown[id] = item["SelectedValue"]
		}
		if diff := cmp.Diff(map[string]any{"user": "jane", "password": "", "unpaid": "false", "site": "IE", "days": "3", "rate": "", "account": "7"}, shown); diff != "" {
			t.Errorf("the settings show (-want +got):\n%s", diff)
		}
		calledtest.WantOK(t, a.Call(t, p.works, p.fields))
		calledtest.WantOK(t, save(p.complete, "user", "john", "password", ""))
		if got := checked[len(checked)-1]; got != "john secret" {
			t.Errorf("an empty password was saved as %q, want the old one kept", got)
		}
		if strings.Contains(a.Log.String(), "secret") {
			t.Error("the password is in the log")
		}
	})
}

// TestSlow checks that Linnworks is answered in time whatever a port does, and that a
// closed handler says so.
func TestSlow(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		synctest.Test(t, func(t *testing.T) {
			a := open(t, p, setup{within: 4 * time.Second, steps: []integration.Step{{Name: "S", Check: func(context.Context, integration.Installation) error {
				time.Sleep(time.Minute)
				return nil
			}}}})
			start := time.Now()
			calledtest.WantRefused(t, a.Call(t, p.save, fmt.Sprintf(`%q:"S","ConfigItems":[]`, p.step)), "did not answer in time")
			if took := time.Since(start); took != 4*time.Second {
				t.Errorf("answered after %v, want 4s", took)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := a.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close returned %v while a port was at work, want the end of its context", err)
			}
			calledtest.WantRefused(t, a.Call(t, "ConfigDeleted", ""), "being restarted")
		})
	})
}

// TestFaults checks that people get a reference that the log has, and neither they nor
// the log anything that is private.
func TestFaults(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		a := open(t, p, setup{})
		calledtest.WantOK(t, a.Call(t, p.works, p.fields))
		a.port = func(context.Context) error { return errors.New("the depot is on fire") }
		fault := calledtest.Message(a.Call(t, p.works, p.fields))
		a.port = func(context.Context) error { panic("a bug") }
		calledtest.WantRefused(t, a.Call(t, p.works, p.fields), "fault")
		a.port = func(context.Context) error { return integration.Refuse("It has left.") }
		calledtest.WantRefused(t, a.Call(t, p.works, p.fields), "It has left.")
		log := a.Log.String()
		for _, want := range []string{
			"endpoint=" + p.works, "outcome=ok", "outcome=fault", "outcome=refused", "the depot is on fire", "a bug", "installation=", fault[strings.LastIndex(fault, " ")+1:],
		} {
			if !strings.Contains(log, want) {
				t.Errorf("the log does not have %q:\n%s", want, log)
			}
		}
		if strings.Contains(fault, "fire") {
			t.Errorf("people read the error of the program: %q", fault)
		}
		for _, hidden := range []string{"Jane", a.Token, "a@example.com"} {
			if strings.Contains(log, hidden) {
				t.Errorf("the log has %q:\n%s", hidden, log)
			}
		}
	})
}

// TestBrokenStore checks that a store that fails is told from a wrong token.
func TestBrokenStore(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		s := new(broken)
		a := open(t, p, setup{installations: s})
		s.err = errors.New("the disk is full")
		calledtest.WantRefused(t, a.Call(t, "UserConfig", ""), "fault")
		s.err, s.id = nil, "another"
		calledtest.WantRefused(t, a.Call(t, "UserConfig", ""), "token is not valid") // whatever the store takes for the same
	})
}

// broken are installations that fail, or are found under another id.
type broken struct {
	integration.MemoryInstallations
	err error
	id  string
}

func (b *broken) Installation(ctx context.Context, id string) (integration.Installation, bool, error) {
	in, found, _ := b.MemoryInstallations.Installation(ctx, id)
	if b.id != "" {
		in.ID = b.id
	}
	return in, found, b.err
}

// TestNew checks that an application that Linnworks would not take is refused at once.
func TestNew(t *testing.T) {
	both(t, func(t *testing.T, p protocol) {
		item := func(i integration.ConfigItem) setup {
			return setup{steps: []integration.Step{{Name: "S", Items: []integration.ConfigItem{i}}}}
		}
		for _, test := range []struct {
			want string
			setup
		}{
			{"Linnworks waits", setup{within: 11 * time.Second}},
			{"must not be negative", setup{maxBody: -1}},
			{"step 1", setup{steps: []integration.Step{{}}}},
			{"step 1", setup{steps: []integration.Step{{Name: strings.ToLower(p.complete)}}}},
			{"step 2", setup{steps: []integration.Step{{Name: "S"}, {Name: "s"}}}},
			{"no ID", item(integration.ConfigItem{Name: "X"})},
			{"no name", item(integration.ConfigItem{ID: "x"})},
			{"go together", item(integration.ConfigItem{ID: "x", Name: "X", Type: integration.ValueList})},
			{"no type", item(integration.ConfigItem{ID: "x", Name: "X", Type: "TEXT"})},
			{"the pattern", item(integration.ConfigItem{ID: "x", Name: "X", Pattern: "("})},
			{"first value", item(integration.ConfigItem{ID: "x", Name: "X", Type: integration.ValueDouble, Value: "y"})},
			{"given away", item(integration.ConfigItem{ID: "x", Name: "X", Type: integration.ValuePassword, Value: "y"})},
			{"there twice", setup{steps: []integration.Step{{Name: "S", Items: []integration.ConfigItem{{ID: "x", Name: "X"}, {ID: "X", Name: "X"}}}}}},
			{"there twice", setup{steps: []integration.Step{{Name: "S", Items: []integration.ConfigItem{{ID: "x", Name: "X"}}}, {Name: "T", Items: []integration.ConfigItem{{ID: "X", Name: "X"}}}}}},
		} {
			test.admit = integration.OnlyAccounts(account)
			if _, err := p.make(test.setup); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New returned %v, want an error with %q", err, test.want)
			}
		}
		if _, err := p.make(setup{}); err == nil || !strings.Contains(err.Error(), "Admit is missing") {
			t.Errorf("New without Admit returned %v", err)
		}
	})
}
