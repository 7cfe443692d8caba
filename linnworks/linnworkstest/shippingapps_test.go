package linnworkstest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

const tracked = "7f5a0c2e-8d1b-4f6e-9a3c-2b1d0e4f5a6b" // a service

// courier makes labels, or refuses as a test says.
type courier struct {
	mu        sync.Mutex
	made      []shippingapp.LabelRequest
	cancelled []int
	refuse    error
	takes     time.Duration
}

func (c *courier) Services(context.Context, shippingapp.Installation) ([]shippingapp.Service, error) {
	return []shippingapp.Service{{ID: tracked, Name: "Tracked 48", Code: "T48", Items: []shippingapp.ConfigItem{{
		ID: "signature", Name: "Signature", Type: shippingapp.ValueBoolean, Value: "false",
	}}}}, nil
}

func (c *courier) GenerateLabel(_ context.Context, _ shippingapp.Installation, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
	time.Sleep(c.takes)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made = append(c.made, *r)
	if c.refuse != nil {
		return nil, c.refuse
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		return nil, err
	}
	label := &shippingapp.Label{Tracking: fmt.Sprintf("LT%d", len(c.made))}
	for _, p := range r.Packages {
		label.Packages = append(label.Packages, shippingapp.PackageLabel{SequenceNumber: p.SequenceNumber, PNG: picture.Bytes(), Width: "4", Height: "6"})
	}
	return label, nil
}

func (c *courier) CancelLabel(_ context.Context, _ shippingapp.Installation, orderID int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancelled = append(c.cancelled, orderID)
	return nil
}

func (c *courier) CreateManifest(_ context.Context, _ shippingapp.Installation, ids []int) (string, error) {
	return fmt.Sprint("RF", len(ids)), nil
}

func (c *courier) PrintManifest(_ context.Context, _ shippingapp.Installation, reference string) ([]byte, error) {
	return []byte("%PDF-1.4 " + reference), nil
}

func (c *courier) Quote(_ context.Context, _ shippingapp.Installation, r *shippingapp.QuoteRequest) ([]shippingapp.Quote, error) {
	return []shippingapp.Quote{{Service: shippingapp.Service{Name: "Tracked 48"}, Total: r.OrderValue, Currency: r.OrderCurrency}}, nil
}

// bench is an account with an application that is installed.
type bench struct {
	account
	*courier
	app     *linnworkstest.ShippingApp
	handler *shippingapp.Handler
}

func atBench(t *testing.T, options shippingapp.Options, setup linnworkstest.ShippingAppSetup, opts ...linnworkstest.Option) bench {
	t.Helper()
	b := bench{account: open(t, opts...), courier: new(courier)}
	var err error
	b.handler, err = shippingapp.New(shippingapp.Ports{
		Courier: b.courier, Admit: func(context.Context, shippingapp.Account) error { return nil }, Manifests: b.courier, Quotes: b.courier,
	}, options)
	check(t, err)
	t.Cleanup(func() { check(t, b.handler.Close(context.WithoutCancel(t.Context()))) })
	setup.Vendor = "VANMAN"
	if setup.Handler == nil && setup.URL == "" {
		setup.Handler = b.handler
	}
	b.app, err = b.InstallShippingApp(t.Context(), setup)
	check(t, err)
	return b
}

// order saves an order that the application ships.
func (b *bench) order(t *testing.T, reference string) linnworks.GUID {
	t.Helper()
	in := paid(reference, "c-mug", 1)
	in.PostalServiceName = "Tracked 48"
	in.Currency = "GBP"
	in.DeliveryAddress = linnworks.ChannelAddress{FullName: "Jane Doe", Address1: "1 High Street", Town: "Leeds", PostCode: "LS1 1AA", Country: "United Kingdom"}
	return b.account.order(t, in)
}

// TestShippingApp presses every button of an application, through a handler and over
// the network.
func TestShippingApp(t *testing.T) {
	for _, network := range []bool{false, true} {
		t.Run(fmt.Sprintf("network %t", network), func(t *testing.T) {
			var through http.Handler
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { through.ServeHTTP(w, r) }))
			defer server.Close()
			setup := linnworkstest.ShippingAppSetup{
				Answers: map[string]string{"user": "jane", "password": "p"}, Endpoints: map[string]string{"ConfigDeleted": "ConfigDelete"},
				Packages: func(o linnworks.OrderDetails) int { return len(o.GeneralInfo.ReferenceNum) },
			}
			if network {
				setup.URL, setup.Client = server.URL+"/apps/", server.Client()
			}
			b := bench{account: open(t), courier: new(courier)}
			var err error
			b.handler, err = shippingapp.New(shippingapp.Ports{
				Courier: b.courier, Admit: shippingapp.OnlyAccounts("ac000000-0000-4000-8000-000000000001"), Manifests: b.courier, Quotes: b.courier,
			}, shippingapp.Options{Steps: []shippingapp.Step{
				{Name: "One", Title: "One", Items: []shippingapp.ConfigItem{{ID: "user", Name: "User", Required: true, Pattern: "^[a-z]+$"}}},
				{Name: "Two", Title: "Two", Items: []shippingapp.ConfigItem{{ID: "password", Name: "Password", Type: shippingapp.ValuePassword, Required: true}}},
			}})
			check(t, err)
			through = b.handler
			setup.Vendor = "VANMAN"
			if !network {
				setup.Handler = b.handler
			}
			b.app, err = b.InstallShippingApp(t.Context(), setup)
			check(t, err)

			services := must(b.app.Services(t.Context()))(t)
			if len(services) != 1 || services[0].Name != "Tracked 48" || services[0].ServiceID != tracked {
				t.Fatalf("services: %+v", services)
			}
			check(t, b.app.Choose(services[0].PostalServiceID, "signature", "true"))

			first, second := b.order(t, "1"), b.order(t, "22") // of one and two packages
			printed := must(b.app.Print(t.Context(), first, second))(t)
			for i, id := range []linnworks.GUID{first, second} {
				o := b.details(t, id)
				if printed[i].Error != "" || o.ShippingInfo.TrackingNumber != printed[i].Tracking || !o.GeneralInfo.LabelPrinted || len(printed[i].Packages) != i+1 {
					t.Errorf("order %d: printed %+v; the order has tracking %q, label printed %t", i+1, printed[i], o.ShippingInfo.TrackingNumber, o.GeneralInfo.LabelPrinted)
				}
			}
			at := slices.IndexFunc(b.made, func(r shippingapp.LabelRequest) bool { return r.OrderReference == "1" })
			r := b.made[at]
			if r.Name != "Jane Doe" || r.CountryCode != "GB" || r.OrderID != b.details(t, first).NumOrderID || r.Choice("signature") != "true" ||
				r.ServiceID != tracked || r.OrderValue != "10" || r.OrderCurrency != "GBP" || len(r.Packages[0].Items) != 1 || r.Packages[0].Items[0].SKU != "MUG" {
				t.Errorf("the courier was asked for %v: %s, %s, choice %q, %s %s, items %+v", r, r.Name, r.CountryCode, r.Choice("signature"), r.OrderValue, r.OrderCurrency, r.Packages[0].Items)
			}

			quotes := must(b.app.Quote(t.Context(), first))(t)
			if len(quotes) != 1 || quotes[0].TotalCost != "10" || quotes[0].Currency != "GBP" {
				t.Errorf("quotes: %+v", quotes)
			}

			check(t, b.app.CancelLabel(t.Context(), second))
			if o := b.details(t, second); o.ShippingInfo.TrackingNumber != "" || o.GeneralInfo.LabelPrinted || !b.Labels(second)[0].Cancelled {
				t.Errorf("after its label was cancelled the order has tracking %q, label printed %t, labels %+v", o.ShippingInfo.TrackingNumber, o.GeneralInfo.LabelPrinted, b.Labels(second))
			}
			if want := []int{b.details(t, second).NumOrderID}; !slices.Equal(b.cancelled, want) {
				t.Errorf("cancelled %d, want %d", b.cancelled, want)
			}

			reference := must(b.app.FileManifest(t.Context(), first))(t)
			if pdf := must(b.app.PrintManifest(t.Context(), reference))(t); string(pdf) != "%PDF-1.4 RF1" {
				t.Errorf("the manifest is %q", pdf)
			}
			if err := b.app.CancelLabel(t.Context(), first); err == nil || !strings.Contains(err.Error(), "on the manifest RF1") {
				t.Errorf("a label on a manifest was cancelled: %v", err)
			}
			check(t, b.app.Configure(t.Context(), map[string]string{"user": "john"}))
			check(t, b.app.Uninstall(t.Context()))
			if err := b.app.Uninstall(t.Context()); err == nil || !strings.Contains(err.Error(), "token is not valid") {
				t.Errorf("uninstalled twice: %v", err)
			}
			check(t, b.handler.Close(t.Context()))
		})
	}
}

// TestShippingAppRefusals checks what the order shows of a label that was refused, and
// which buttons cannot be pressed.
func TestShippingAppRefusals(t *testing.T) {
	b := atBench(t, shippingapp.Options{}, linnworkstest.ShippingAppSetup{})
	id := b.order(t, "1")
	b.refuse = shippingapp.Refuse("The buyer has cancelled it.")
	printed := must(b.app.Print(t.Context(), id))(t)
	if o := b.details(t, id); printed[0].Error != "The buyer has cancelled it." || o.GeneralInfo.LabelError != printed[0].Error || o.GeneralInfo.LabelPrinted || o.ShippingInfo.TrackingNumber != "" {
		t.Errorf("printed %+v, the order shows %q", printed[0], o.GeneralInfo.LabelError)
	}
	b.refuse = nil

	other := b.account.order(t, paid("2", "c-mug", 1))
	locked := b.order(t, "3")
	check(t, b.Lock(locked, true))
	asked := len(b.made)
	for want, err := range map[string]error{
		"not one of VANMAN": errOf(b.app.Print(t.Context(), id, other)),
		"is locked":         errOf(b.app.Print(t.Context(), locked)),
		"no label":          b.app.CancelLabel(t.Context(), id),
		"there is no label": errOf(b.app.FileManifest(t.Context(), id)),
		"no order":          errOf(b.app.Quote(t.Context(), tracked)),
		"no item":           b.app.Choose(tracked, "signature", "x"),
		"ShippingApp.Print": b.PrintLabel(id),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if len(b.made) != asked {
		t.Error("the application was asked although a button could not be pressed")
	}
	_, err := b.c.Shipping.CancelOrderShippingLabel(t.Context(), &linnworks.CancelOrderShippingLabelRequest{OrderID: id})
	if err == nil || !strings.Contains(err.Error(), "ShippingApp.CancelLabel") {
		t.Errorf("CancelOrderShippingLabel: %v: the fake must not make up what an application does", err)
	}
}

// TestSlowShippingApp checks that Linnworks hangs up after ten seconds.
func TestSlowShippingApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := atBench(t, shippingapp.Options{}, linnworkstest.ShippingAppSetup{})
		id := b.order(t, "1")
		b.takes = 15 * time.Second
		start := time.Now()
		if got := must(b.app.Print(t.Context(), id))(t)[0].Error; !strings.Contains(got, "press print again") {
			t.Errorf("the label error is %q", got)
		}
		time.Sleep(15*time.Second - time.Since(start))
		if got := must(b.app.Print(t.Context(), id))(t)[0]; got.Error != "" || len(b.made) != 1 {
			t.Errorf("the second press got %+v after %d labels", got, len(b.made))
		}

		deaf := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) })
		start = time.Now()
		_, err := b.InstallShippingApp(t.Context(), linnworkstest.ShippingAppSetup{Vendor: "DEAF", Handler: deaf})
		if took := time.Since(start); err == nil || !strings.Contains(err.Error(), "no answer within 10s") || took != 10*time.Second {
			t.Errorf("an application that does not answer: %v after %v", err, took)
		}
		time.Sleep(time.Minute)
	})
}

// scripted answers as it is told, and keeps what it was asked.
type scripted struct {
	answers map[string]string // by endpoint
	asked   map[string]map[string]any
}

func script(changes map[string]string) *scripted {
	s := &scripted{asked: map[string]map[string]any{}, answers: map[string]string{
		"AddNewUser": `{"IsError":false,"ErrorMessage":null,"AuthorizationToken":"a8e53e86eead4b69beaa0afcc29b67fb"}`,
		"UserConfig": `{"IsError":false,"ErrorMessage":null,"IsConfigActive":true,"ConfigStatus":"CONFIG","ConfigStage":{"ConfigItems":[]}}`,
		"UserAvailableServices": `{"IsError":false,"ErrorMessage":"","Services":[{"ServiceName":"Tracked 48","ServiceUniqueId":"` + tracked + `",
			"ConfigItems":[{"ConfigItemId":"signature","SelectedValue":"no"}]}]}`,
		"UpdateConfig": `{"IsError":false,"ErrorMessage":null}`,
		"GenerateLabel": `{"IsError":false,"ErrorMessage":null,"LeadTrackingNumber":"LT1","Package":[
			{"SequenceNumber":0,"TrackingNumber":"LT1","PNGLabelDataBase64":"aGVsbG8=","PDFBytesDocumentationBase64":[],"LabelWidth":4,"LabelHeight":6}]}`,
		"CancelLabel": `{"IsError":false,"ErrorMessage":null}`,
	}}
	for endpoint, answer := range changes {
		s.answers[endpoint] = answer
	}
	return s
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint := path.Base(r.URL.Path)
	body, _ := io.ReadAll(r.Body)
	fields := map[string]any{}
	_ = json.Unmarshal(body, &fields)
	s.asked[endpoint] = fields
	answer := s.answers[endpoint]
	if answer == "" {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	_, _ = io.WriteString(w, answer)
}

// printOne installs a scripted application and prints a label.
func (s *scripted) printOne(t *testing.T, a account) (*linnworkstest.ShippingApp, linnworks.GUID, linnworkstest.PrintedLabel) {
	t.Helper()
	app := must(a.InstallShippingApp(t.Context(), linnworkstest.ShippingAppSetup{Vendor: "VANMAN", Handler: s}))(t)
	b := bench{account: a}
	id := b.order(t, "1")
	return app, id, must(app.Print(t.Context(), id))(t)[0]
}

// TestWrongShippingApps checks that the fake takes no answer that the real side would
// not.
func TestWrongShippingApps(t *testing.T) {
	item := func(fields string) string {
		return `{"IsError":false,"IsConfigActive":false,"ConfigStatus":"S","ConfigStage":{"ConfigItems":[{"ConfigItemId":"x","Name":"X"` + fields + `}]}}`
	}
	for endpoint, answers := range map[string]map[string]string{
		"AddNewUser": {
			"": "HTTP status 500", "no": "cannot be read", `{}`: "no IsError", `{"IsError":false,"AuthorizationToken":"x"}`: "not a GUID",
			`{"IsError":true}`: "error without a text", `{"IsError":true,"ErrorMessage":"Not you."}`: "Not you.",
		},
		"UserConfig": {
			`{"IsError":false,"IsConfigActive":true,"ConfigStatus":"S"}`:                                               "CONFIG is the last",
			`{"IsError":false,"IsConfigActive":false,"ConfigStatus":"S"}`:                                              "the wizard has no end",
			`{"IsError":false,"IsConfigActive":false,"ConfigStatus":"S","ConfigStage":{"ConfigItems":[{"Name":"X"}]}}`: "0 characters",
			item(`,"MustBeSpecified":true`):                                                                            "must be filled in",
			item(`,"ValueType":5,"SelectedValue":"a","ListValues":[{"Display":"B","Value":"b"}]`):                      "not in the list",
			item(`,"SelectedValue":"` + strings.Repeat("x", 256) + `"`):                                                "more than 255",
			item(`,"SelectedValue":"a","RegExValidation":"^b$","RegExError":"only b"`):                                 "only b",
			item(`,"SelectedValue":"a","RegExValidation":"("`):                                                         "the pattern",
		},
		"UserAvailableServices": {
			`{"IsError":false,"Services":[{"ServiceName":"X","ServiceUniqueId":"x"}]}`:                                  "not a GUID",
			`{"IsError":false,"Services":[{"ServiceName":"X","ServiceUniqueId":"` + tracked + `","ConfigItems":[{}]}]}`: "0 characters",
		},
	} {
		for answer, want := range answers {
			_, err := open(t).InstallShippingApp(t.Context(), linnworkstest.ShippingAppSetup{Vendor: "VANMAN", Handler: script(map[string]string{endpoint: answer})})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s answers %q: %v, want an error with %q", endpoint, answer, err, want)
			}
		}
	}
	for answer, want := range map[string]string{
		`{"IsError":false,"Package":[]}`:                                                       "0 labels for 1 packages",
		`{"IsError":false,"Package":[{"SequenceNumber":1}]}`:                                   "was not asked for",
		`{"IsError":false,"Package":[{"SequenceNumber":0}]}`:                                   "has no label",
		`{"IsError":false,"Package":[{"SequenceNumber":0,"PNGLabelDataBase64":"not base64"}]}`: "cannot be read",
	} {
		if _, _, got := script(map[string]string{"GenerateLabel": answer}).printOne(t, open(t)); !strings.Contains(got.Error, want) {
			t.Errorf("GenerateLabel answers %q: the label error is %q, want one with %q", answer, got.Error, want)
		}
	}
	for _, vendor := range []string{"", "van man", "Vanman", strings.Repeat("V", 25)} {
		if _, err := open(t).InstallShippingApp(t.Context(), linnworkstest.ShippingAppSetup{Vendor: vendor, Handler: script(nil)}); err == nil {
			t.Errorf("the vendor %q was taken", vendor)
		}
	}
	panics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") })
	if _, err := open(t).InstallShippingApp(t.Context(), linnworkstest.ShippingAppSetup{Vendor: "VANMAN", Handler: panics}); err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("an application that panics: %v", err)
	}
}

// appQuirks are the rows of quirkTests for applications.
var appQuirks = []quirkTest{
	{linnworkstest.AppItemIDsShort, func(t *testing.T, a account) any {
		s := script(map[string]string{"UserConfig": `{"IsError":false,"IsConfigActive":true,"ConfigStatus":"CONFIG","ConfigStage":{"ConfigItems":[{"ConfigItemId":"` + strings.Repeat("x", 40) + `"}]}}`})
		_, err := a.InstallShippingApp(t.Context(), linnworkstest.ShippingAppSetup{Vendor: "VANMAN", Handler: s})
		return err == nil
	}, false, true},
	{linnworkstest.AppsCancelByOrderID, func(t *testing.T, a account) any {
		s := script(nil)
		app, id, _ := s.printOne(t, a)
		check(t, app.CancelLabel(t.Context(), id))
		return s.asked["CancelLabel"]["OrderId"] == float64(a.details(t, id).NumOrderID)
	}, true, false},
	{linnworkstest.AppsGetDashedGUIDs, func(t *testing.T, a account) any {
		s := script(nil)
		s.printOne(t, a)
		return [2]any{s.asked["GenerateLabel"]["AuthorizationToken"], s.asked["GenerateLabel"]["ServiceId"]}
	}, [2]any{"a8e53e86-eead-4b69-beaa-0afcc29b67fb", tracked}, [2]any{"a8e53e86eead4b69beaa0afcc29b67fb", strings.ReplaceAll(tracked, "-", "")}},
	{linnworkstest.AppsPrintOneByOne, func(t *testing.T, a account) any {
		b := bench{account: a, courier: &courier{takes: 10 * time.Millisecond}}
		h, err := shippingapp.New(shippingapp.Ports{Courier: b.courier, Admit: func(context.Context, shippingapp.Account) error { return nil }}, shippingapp.Options{})
		check(t, err)
		app := must(a.InstallShippingApp(t.Context(), linnworkstest.ShippingAppSetup{Vendor: "VANMAN", Handler: h}))(t)
		ids := []linnworks.GUID{b.order(t, "1"), b.order(t, "2"), b.order(t, "3")}
		start := time.Now()
		must(app.Print(t.Context(), ids...))(t)
		return time.Since(start)
	}, 30 * time.Millisecond, 10 * time.Millisecond},
	{linnworkstest.AppsRefuseNullLists, func(t *testing.T, a account) any {
		_, _, printed := script(map[string]string{
			"GenerateLabel": `{"IsError":false,"LeadTrackingNumber":"LT1","Package":[{"SequenceNumber":0,"PNGLabelDataBase64":"aGVsbG8=","PDFBytesDocumentationBase64":null}]}`,
		}).printOne(t, a)
		return printed.Error
	}, "GenerateLabel: PDFBytesDocumentationBase64 is null", ""},
	{linnworkstest.AppsSaveConfigItems, func(t *testing.T, a account) any {
		s := script(nil)
		s.printOne(t, a)
		_, newer := s.asked["GenerateLabel"]["SaveConfigItems"]
		_, older := s.asked["GenerateLabel"]["ServiceConfigItems"]
		return [2]bool{newer, older}
	}, [2]bool{true, false}, [2]bool{false, true}},
}

// TestReprint checks that a label is printed again from the application, or, where
// that buys no other one, from Linnworks.
func TestReprint(t *testing.T) {
	for buys, want := range map[bool]int{true: 2, false: 1} {
		s := script(nil)
		n := 0
		count := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if path.Base(r.URL.Path) == "GenerateLabel" {
				n++
			}
			s.ServeHTTP(w, r)
		})
		a := open(t, linnworkstest.WithQuirk(linnworkstest.EveryPrintBuysALabel, buys))
		app := must(a.InstallShippingApp(t.Context(), linnworkstest.ShippingAppSetup{Vendor: "VANMAN", Handler: count}))(t)
		b := bench{account: a}
		id := b.order(t, "1")
		first := must(app.Print(t.Context(), id))(t)
		second := must(app.Print(t.Context(), id))(t)
		if diff := cmp.Diff(first, second); diff != "" || n != want || len(a.Labels(id)) != 1 {
			t.Errorf("EveryPrintBuysALabel %t: the application was asked %d times, want %d; %d labels, want 1; second print (-first +second):\n%s", buys, n, want, len(a.Labels(id)), diff)
		}
	}
}
