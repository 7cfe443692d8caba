package shippingapp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
	"github.com/linnbridge/linnbridge/linnworks/internal/calledtest"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

// TestLabel sends the whole request of the documents, in both spellings, and compares
// what the courier sees and what Linnworks is answered.
func TestLabel(t *testing.T) {
	for _, choices := range []string{"ServiceConfigItems", "SaveConfigItems"} {
		t.Run(choices, func(t *testing.T) {
			c := &courier{generate: func(_ context.Context, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
				return &shippingapp.Label{Tracking: "LEAD", Cost: "7.00", Currency: "GBP", Packages: []shippingapp.PackageLabel{
					{SequenceNumber: 1, Tracking: "SECOND", PNG: picture, MorePNGs: [][]byte{picture}, PDFs: [][]byte{[]byte("%PDF-1.4 customs")}, Width: "4", Height: "6"},
					{SequenceNumber: 0, PNG: picture, Width: "4.1", Height: "5.8"},
				}}, nil
			}}
			a := open(t, shippingapp.Ports{Courier: c}, shippingapp.Options{})
			got := a.Call(t, "GenerateLabel", fmt.Sprintf(`
				"Name":"Jane Doe","CompanyName":"Doe Ltd","AddressLine1":"1 High Street","AddressLine2":"Flat 2","AddressLine3":"Rear",
				"Town":"Leeds","Region":"Yorkshire","CountryCode":"GB","Postalcode":"LS1 1AA","DeliveryNote":"ring twice","Email":"jane@example.com","Phone":"0123",
				"OrderId":100023,"OrderReference":"576461","OrderCurrency":"GBP","OrderValue":19.90,"PostageCharges":"3.50","ServiceId":%q,
				"Packages":[{"SequenceNumber":0,"PackageWeight":500.5,"PackageWidth":10,"PackageHeight":20,"PackageDepth":30,"PackageFormat":"PARCEL","Items":[
					{"ItemName":"Mug","ProductCode":"MUG","Quantity":2,"UnitValue":5.25,"UnitWeight":250,"Height":1,"Width":2,"Length":3,"ExtendedProperties":[{"Name":"Fragile1","Value":"yes"}]}]},
					{"SequenceNumber":1,"PackageWeight":1,"PackageFormat":"BOX","Items":null}],
				"OrderExtendedProperties":[{"Name":"SafePlace","Value":"porch"}],
				%q:[{"ConfigItemId":"Signature","SelectedValue":"true"}]`, strings.ToUpper(strings.ReplaceAll(tracked, "-", "")), choices))
			pngText := base64.StdEncoding.EncodeToString(picture)
			calledtest.WantJSON(t, got, fmt.Sprintf(`{"IsError":false,"ErrorMessage":null,"LeadTrackingNumber":"LEAD","Cost":7.00,"Currency":"GBP","Package":[
				{"SequenceNumber":0,"TrackingNumber":"LEAD","PNGLabelDataBase64":%q,"AdditionalPngsBase64":[],"PDFBytesDocumentationBase64":[],"LabelWidth":4.1,"LabelHeight":5.8},
				{"SequenceNumber":1,"TrackingNumber":"SECOND","PNGLabelDataBase64":%q,"AdditionalPngsBase64":[%q],"PDFBytesDocumentationBase64":[%q],"LabelWidth":4,"LabelHeight":6}]}`,
				pngText, pngText, pngText, base64.StdEncoding.EncodeToString([]byte("%PDF-1.4 customs"))))

			if len(c.made) != 1 {
				t.Fatalf("the courier was called %d times, want once", len(c.made))
			}
			r := &c.made[0]
			want := shippingapp.Address{
				Name: "Jane Doe", CompanyName: "Doe Ltd", AddressLine1: "1 High Street", AddressLine2: "Flat 2", AddressLine3: "Rear",
				Town: "Leeds", Region: "Yorkshire", CountryCode: "GB", PostalCode: "LS1 1AA", Email: "jane@example.com", Phone: "0123",
			}
			if diff := cmp.Diff(want, r.Address); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
			if r.OrderID != 100023 || r.OrderReference != "576461" || r.OrderCurrency != "GBP" || r.OrderValue != "19.90" ||
				r.PostageCharges != "3.50" || r.DeliveryNote != "ring twice" || r.ServiceID != tracked || r.Choice("signature") != "true" {
				t.Errorf("the request reached the courier as order %d, reference %s, %s %s, postage %s, note %q, service %s, choice %q",
					r.OrderID, r.OrderReference, r.OrderValue, r.OrderCurrency, r.PostageCharges, r.DeliveryNote, r.ServiceID, r.Choice("signature"))
			}
			wantPackage := shippingapp.Package{
				Weight: "500.5", Width: "10", Height: "20", Depth: "30", Format: shippingapp.FormatParcel,
				Items: []shippingapp.Item{{
					Name: "Mug", SKU: "MUG", Quantity: 2, UnitValue: "5.25", UnitWeight: "250", Height: "1", Width: "2", Length: "3",
					Properties: []shippingapp.Property{{Name: "Fragile1", Value: "yes"}},
				}},
			}
			if diff := cmp.Diff(wantPackage, r.Packages[0]); diff != "" {
				t.Errorf("package (-want +got):\n%s", diff)
			}
			for _, name := range []string{"SafePlace", "safeplace", "SafePlace1"} {
				if got, ok := r.Property(name); got != "porch" || !ok {
					t.Errorf("Property(%q) = %q, %t; the samples map SafePlace1 and send SafePlace", name, got, ok)
				}
			}
			if got, ok := r.Packages[0].Items[0].Property("Fragile"); got != "yes" || !ok {
				t.Errorf("Property(Fragile) = %q, %t, want yes", got, ok)
			}
			if _, ok := r.Property("Neighbour"); ok {
				t.Error("Property found a property that is not there")
			}
		})
	}
}

// TestDashedTokens checks both forms of a token; that both are understood is tested with
// the channel integration's.
func TestDashedTokens(t *testing.T) {
	for _, dashes := range []bool{false, true} {
		a := open(t, shippingapp.Ports{}, shippingapp.Options{DashedTokens: dashes})
		if got := strings.Contains(a.Token, "-"); got != dashes {
			t.Errorf("DashedTokens %t gave the token %q", dashes, a.Token)
		}
		calledtest.WantOK(t, a.Call(t, "UserConfig", ""))
	}
}

// TestProperties checks both names of the endpoint.
func TestProperties(t *testing.T) {
	a := open(t, shippingapp.Ports{}, shippingapp.Options{Properties: []shippingapp.PropertyMapping{
		{Title: "Safe place", Name: "SafePlace1", Description: "Where to leave it", Of: shippingapp.OfOrder},
	}})
	for _, name := range []string{"ExtendedPropertyMapping", "ExtPropertyMap"} {
		calledtest.WantJSON(t, a.Call(t, name, ""), `{"IsError":false,"ErrorMessage":null,"Items":[
			{"PropertyTitle":"Safe place","PropertyName":"SafePlace1","PropertyDescription":"Where to leave it","PropertyType":"ORDER"}]}`)
	}
}

func TestServices(t *testing.T) {
	a := open(t, shippingapp.Ports{}, shippingapp.Options{})
	calledtest.WantJSON(t, a.Call(t, "UserAvailableServices", ""), fmt.Sprintf(`{"IsError":false,"ErrorMessage":null,"Services":[
		{"ServiceName":"Tracked 48","ServiceCode":"T48","ServiceTag":"tag","ServiceGroup":"group","ServiceUniqueId":%q,
		"ConfigItems":[{"ConfigItemId":"signature","Name":"Signature","Description":"","GroupName":"","SortOrder":0,"SelectedValue":"false",
			"RegExValidation":null,"RegExError":null,"MustBeSpecified":false,"ReadOnly":false,"ListValues":[],"ValueType":3}],
		"ServiceProperty":[{"PropertyName":"Days","PropertyValue":"2"}]}]}`, tracked))
	for name, wrong := range map[string][]shippingapp.Service{
		"no id":         {{Name: "X"}},
		"same id":       {{ID: tracked, Name: "X"}, {ID: linnworks.GUID(strings.ToUpper(tracked)), Name: "Y"}},
		"no name":       {{ID: tracked}},
		"item too long": {{ID: tracked, Name: "X", Items: []shippingapp.ConfigItem{{ID: strings.Repeat("x", 21), Name: "X"}}}},
	} {
		a.courier.services = func(context.Context) ([]shippingapp.Service, error) { return wrong, nil }
		if answer := a.Call(t, "UserAvailableServices", ""); !strings.Contains(calledtest.Message(answer), "fault") || len(answer["Services"].([]any)) != 0 {
			t.Errorf("%s: answered %v, want a fault and an empty list", name, answer)
		}
	}
}

// TestSetUp checks the fields that only shipping integrations have, and that no label is
// printed before the wizard is done.
func TestSetUp(t *testing.T) {
	a := open(t, shippingapp.Ports{}, shippingapp.Options{Steps: []shippingapp.Step{{Name: "One", Title: "Sign in", Description: "Your account with the courier", Items: []shippingapp.ConfigItem{
		{ID: "password", Name: "Password", Type: shippingapp.ValuePassword},
	}}}})
	page := `{"IsError":false,"ErrorMessage":null,"IsConfigActive":%t,"ConfigStatus":%q,"WizardStepDescription":"Your account with the courier",
		"ConfigStage":{"WizardStepTitle":"Sign in","WizardStepDescription":"Your account with the courier","ConfigItems":[
		{"ConfigItemId":"password","Name":"Password","Description":"","GroupName":"","SortOrder":0,"SelectedValue":"","RegExValidation":null,
			"RegExError":null,"MustBeSpecified":false,"ReadOnly":false,"ListValues":[],"ValueType":4}]}}`
	calledtest.WantJSON(t, a.Call(t, "UserConfig", ""), fmt.Sprintf(page, false, "One"))
	calledtest.WantRefused(t, a.print(t, 1), "not set up yet")
	calledtest.WantJSON(t, a.Call(t, "UpdateConfig", `"ConfigStatus":"One","ConfigItems":[]`), `{"IsError":false,"ErrorMessage":null}`)
	calledtest.WantJSON(t, a.Call(t, "UserConfig", ""), fmt.Sprintf(page, true, "CONFIG"))
	calledtest.WantOK(t, a.print(t, 1))
}

func TestCancel(t *testing.T) {
	for _, test := range []struct {
		name, fields string
		want         []int
	}{
		{"number in OrderReference", `"OrderReference":"41"`, []int{41}},
		{"number in OrderId", `"OrderId":41`, []int{41}},
		{"number in OrderId as text", `"OrderId":"41","OrderReference":"R-41"`, []int{41}},
		{"reference", `"OrderReference":"R-41"`, []int{41}},
		{"number of an order that nothing is kept of", `"OrderReference":"42"`, []int{42}},
		{"reference that nothing is kept of", `"OrderReference":"R-42"`, nil},
		{"reference like a number", `"OrderReference":"576461413038785752"`, nil},
		{"nothing", `"x":1`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, shippingapp.Ports{}, shippingapp.Options{})
			calledtest.WantOK(t, a.print(t, 41))
			answer := a.Call(t, "CancelLabel", test.fields)
			if diff := cmp.Diff(test.want, a.courier.cancelled); diff != "" {
				t.Errorf("the courier cancelled (-want +got):\n%s", diff)
			}
			if len(test.want) == 0 {
				calledtest.WantRefused(t, answer, "knows no label")
			} else {
				calledtest.WantJSON(t, answer, `{"IsError":false,"ErrorMessage":null}`)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		a := open(t, shippingapp.Ports{}, shippingapp.Options{})
		calledtest.WantOK(t, a.print(t, 41))
		a.courier.cancel = func(context.Context, int) error { return shippingapp.Refuse("It is with the carrier.") }
		calledtest.WantRefused(t, a.Call(t, "CancelLabel", `"OrderId":41`), "It is with the carrier.")
		calledtest.WantOK(t, a.print(t, 41))
		if got := a.courier.calls(); got != 1 {
			t.Errorf("a label that could not be cancelled was made %d times, want once", got)
		}
	})
}

// files files manifests.
type files struct{ filed [][]int }

func (f *files) CreateManifest(_ context.Context, _ shippingapp.Installation, ids []int) (string, error) {
	f.filed = append(f.filed, ids)
	return "RF1", nil
}

func (f *files) PrintManifest(_ context.Context, _ shippingapp.Installation, reference string) ([]byte, error) {
	if reference != "RF1" {
		return nil, shippingapp.Refuse("There is no manifest " + reference + ".")
	}
	return []byte("%PDF-1.4 manifest"), nil
}

func TestManifests(t *testing.T) {
	f := new(files)
	a := open(t, shippingapp.Ports{Manifests: f}, shippingapp.Options{})
	for _, ids := range []string{`["100001","100002","100001"]`, `[100002,100001]`} {
		calledtest.WantJSON(t, a.Call(t, "CreateManifest", `"OrderId":`+ids), `{"IsError":false,"ErrorMessage":null,"ManifestReference":"RF1"}`)
	}
	if diff := cmp.Diff([][]int{{100001, 100002}, {100001, 100002}}, f.filed); diff != "" {
		t.Errorf("filed (-want +got):\n%s", diff)
	}
	calledtest.WantRefused(t, a.Call(t, "CreateManifest", `"OrderId":[]`), "no orders")
	calledtest.WantRefused(t, a.Call(t, "CreateManifest", `"OrderId":["x"]`), "no number")
	calledtest.WantJSON(t, a.Call(t, "PrintManifest", `"ManifestReference":"RF1"`),
		fmt.Sprintf(`{"IsError":false,"ErrorMessage":null,"PDFbase64":%q}`, base64.StdEncoding.EncodeToString([]byte("%PDF-1.4 manifest"))))
	calledtest.WantJSON(t, a.Call(t, "PrintManifest", `"ManifestReference":"RF2"`), `{"IsError":true,"ErrorMessage":"There is no manifest RF2.","PDFbase64":""}`)

	without := open(t, shippingapp.Ports{}, shippingapp.Options{})
	calledtest.WantRefused(t, without.Call(t, "CreateManifest", `"OrderId":["1"]`), "needs no manifest")
	calledtest.WantRefused(t, without.Call(t, "PrintManifest", `"ManifestReference":"RF1"`), "needs no manifest")
}

// quotes has one quote for everything.
type quotes struct {
	got   *shippingapp.QuoteRequest
	quote shippingapp.Quote
}

func (q *quotes) Quote(_ context.Context, _ shippingapp.Installation, r *shippingapp.QuoteRequest) ([]shippingapp.Quote, error) {
	q.got = r
	return []shippingapp.Quote{q.quote}, nil
}

func TestQuote(t *testing.T) {
	q := &quotes{quote: shippingapp.Quote{
		Service: shippingapp.Service{ID: tracked, Name: "Tracked 48", Code: "T48", Tag: "tag"}, CollectionDate: linnworks.Time{Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
		Cost: "3.00", Tax: "0.60", Total: "3.60", Currency: "GBP",
		Details: []shippingapp.Property{{Name: "Days", Value: "2"}}, Options: []shippingapp.Property{{Name: "Signature", Value: "no"}},
	}}
	a := open(t, shippingapp.Ports{Quotes: q}, shippingapp.Options{})
	calledtest.WantJSON(t, a.Call(t, "Quote", `"Name":"Jane","CountryCode":"GB","OrderReference":"R-1","OrderCurrency":"GBP","OrderValue":5,"Packages":[{"SequenceNumber":0,"PackageWeight":500}]`),
		fmt.Sprintf(`{"IsError":false,"ErrorMessage":null,"QuoteItems":[{"ServiceName":"Tracked 48","ServiceCode":"T48","ServiceId":%q,"ServiceTag":"tag",
		"CollectionDate":"2026-03-01T00:00:00.000Z","EstimatedDeliveryDate":null,"Cost":3.00,"Tax":0.60,"TotalCost":3.60,"Currency":"GBP",
		"PropertyItem":[{"Title":"Days","Value":"2"}],"Options":[{"OptionName":"Signature","OptionValue":"no"}]}]}`, tracked))
	if q.got.Name != "Jane" || q.got.OrderReference != "R-1" || q.got.Packages[0].Weight != "500" {
		t.Errorf("the quote was asked for %v", q.got)
	}
	q.quote.Currency = "pounds"
	calledtest.WantRefused(t, a.Call(t, "Quote", `"Packages":[{"SequenceNumber":0}]`), "fault")
	without := open(t, shippingapp.Ports{}, shippingapp.Options{})
	calledtest.WantRefused(t, without.Call(t, "Quote", `"Packages":[{"SequenceNumber":0}]`), "no quotes")
}

// TestTwoInstallations checks that two installations of an account share no labels, even
// under one name, and that a stranger reads the error under both names.
func TestTwoInstallations(t *testing.T) {
	a := open(t, shippingapp.Ports{}, shippingapp.Options{})
	stranger := a.Post(t, "AddNewUser", fmt.Sprintf(`{"LinnworksUniqueIdentifier":%q,"AccountName":"Main"}`, tracked))
	if calledtest.Message(stranger) == "" || stranger["Error"] != stranger["ErrorMessage"] {
		t.Errorf("a stranger was answered %v, want the error under both names", stranger)
	}
	again := calledtest.WantOK(t, a.Post(t, "AddNewUser", fmt.Sprintf(`{"LinnworksUniqueIdentifier":%q,"AccountName":"Main"}`, account)))
	calledtest.WantOK(t, a.print(t, 1))
	calledtest.WantOK(t, a.Post(t, "GenerateLabel", calledtest.WithToken(again["AuthorizationToken"].(string), onePackage(1))))
	if got := a.courier.calls(); got != 2 {
		t.Errorf("two installations printed order 1, and the courier was asked %d times, want 2", got)
	}
}

// TestBadRequests checks what people read about a request that no label can be made of.
func TestBadRequests(t *testing.T) {
	a := open(t, shippingapp.Ports{}, shippingapp.Options{})
	for body, want := range map[string]string{
		calledtest.WithToken(a.Token, `"OrderId":{}`):                                                                "cannot read the request",
		calledtest.WithToken(a.Token, `"OrderId":1,"ServiceId":"none"`):                                              "no service of this integration",
		calledtest.WithToken(a.Token, `"OrderId":1,"ServiceId":"`+tracked+`"`):                                       "no packages",
		calledtest.WithToken(a.Token, `"OrderId":1,"ServiceId":"`+tracked+`","Packages":[{},{}]`):                    "the same number",
		calledtest.WithToken(a.Token, `"OrderId":1,"ServiceId":"`+tracked+`","Packages":[{"PackageWeight":"much"}]`): "weight or a measure",
		calledtest.WithToken(a.Token, `"ServiceId":"`+tracked+`","Packages":[{}]`):                                   "names no order",
	} {
		calledtest.WantRefused(t, a.Post(t, "GenerateLabel", body), want)
	}
	if got := a.courier.calls(); got > 0 {
		t.Errorf("the courier was asked %d times", got)
	}
}

// TestBadLabels checks that what Linnworks could not print is not handed out.
func TestBadLabels(t *testing.T) {
	for name, change := range map[string]func(*shippingapp.Label){
		"no package":       func(l *shippingapp.Label) { l.Packages = nil },
		"another package":  func(l *shippingapp.Label) { l.Packages[0].SequenceNumber = 3 },
		"a package more":   func(l *shippingapp.Label) { l.Packages = append(l.Packages, l.Packages[0]) },
		"no picture":       func(l *shippingapp.Label) { l.Packages[0].PNG = nil },
		"picture is a PDF": func(l *shippingapp.Label) { l.Packages[0].PNG = []byte("%PDF-1.4") },
		"PDF is a picture": func(l *shippingapp.Label) { l.Packages[0].PDFs = [][]byte{picture} },
		"no size":          func(l *shippingapp.Label) { l.Packages[0].Width = "" },
		"size of nothing":  func(l *shippingapp.Label) { l.Packages[0].Height = "0" },
		"no currency":      func(l *shippingapp.Label) { l.Currency = "" },
		"cost":             func(l *shippingapp.Label) { l.Cost = "much" },
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, shippingapp.Ports{}, shippingapp.Options{})
			a.courier.generate = func(_ context.Context, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
				l := labelFor(r)
				change(l)
				return l, nil
			}
			calledtest.WantRefused(t, a.print(t, 1), "fault")
			a.courier.generate = nil
			calledtest.WantOK(t, a.print(t, 1)) // nothing was kept
		})
	}
}

func TestManifestOfTheIntegration(t *testing.T) {
	a := open(t, shippingapp.Ports{Quotes: new(quotes)}, shippingapp.Options{Vendor: shippingapp.Vendor{Name: "LINNBRIDGE", FriendlyName: "TikTok Shipping"}})
	m, err := a.Manifest("https://labels.example.com/shipping/")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]string
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for name, address := range fields { // every address is one that the handler answers
		if !strings.HasPrefix(address, "https://") {
			continue
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, address, strings.NewReader("{}")))
		if w.Code != http.StatusOK || !strings.HasPrefix(address, "https://labels.example.com/shipping/") {
			t.Errorf("%s is %s, which answers %d", name, address, w.Code)
		}
	}
	if m.CreateManifest != "" || m.ExtPropertyMap != "" || m.Quote == "" {
		t.Errorf("the manifest names what is not served, or leaves out what is: %+v", m)
	}
	for _, base := range []string{"http://labels.example.com", "labels.example.com", "https://", "https://labels.example.com?x=1", ":"} {
		if _, err := a.Manifest(base); err == nil {
			t.Errorf("Manifest(%q) was taken", base)
		}
	}
	if _, err := open(t, shippingapp.Ports{}, shippingapp.Options{}).Manifest("https://labels.example.com"); err == nil {
		t.Error("a manifest without a vendor was taken")
	}
}

func TestNew(t *testing.T) {
	step := func(s shippingapp.Step) shippingapp.Options { return shippingapp.Options{Steps: []shippingapp.Step{s}} }
	item := func(i shippingapp.ConfigItem) shippingapp.Options {
		return step(shippingapp.Step{Name: "S", Items: []shippingapp.ConfigItem{i}})
	}
	ports := shippingapp.Ports{Courier: new(courier), Admit: shippingapp.OnlyAccounts(account)}
	for _, test := range []struct {
		want    string
		ports   shippingapp.Ports
		options shippingapp.Options
	}{
		{"Courier is missing", shippingapp.Ports{Admit: ports.Admit}, shippingapp.Options{}},
		{"must not be negative", ports, shippingapp.Options{WorkFor: -1}},
		{"longer than 20 characters", ports, item(shippingapp.ConfigItem{ID: strings.Repeat("x", 21), Name: "X"})},
		{"longer than 50 characters", ports, item(shippingapp.ConfigItem{ID: "x", Name: strings.Repeat("x", 51)})},
		{"no type", ports, item(shippingapp.ConfigItem{ID: "x", Name: "X", Type: integration.ValueURL})},
		{"longer than 100 characters", ports, item(shippingapp.ConfigItem{ID: "x", Name: "X", Description: strings.Repeat("x", 101)})},
		{"neither", ports, shippingapp.Options{Properties: []shippingapp.PropertyMapping{{Name: "x"}}}},
		{"1 to 255", ports, shippingapp.Options{Properties: []shippingapp.PropertyMapping{{Of: shippingapp.OfItem}}}},
		{"in upper case", ports, shippingapp.Options{Vendor: shippingapp.Vendor{Name: "linnbridge", FriendlyName: "X"}}},
	} {
		if _, err := shippingapp.New(test.ports, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("New returned %v, want an error with %q", err, test.want)
		}
	}
	forty := item(shippingapp.ConfigItem{ID: strings.Repeat("x", 40), Name: "X"})
	forty.ItemIDLimit = 40
	if _, err := shippingapp.New(ports, forty); err != nil {
		t.Errorf("an ID of 40 characters with ItemIDLimit 40: %v", err)
	}
}

// TestPrivacy checks that neither the log nor printed values show the buyer.
func TestPrivacy(t *testing.T) {
	a := open(t, shippingapp.Ports{}, shippingapp.Options{})
	calledtest.WantOK(t, a.print(t, 1))
	if log := a.Log.String(); !strings.Contains(log, "order=1") || strings.Contains(log, "Jane") {
		t.Errorf("the log has to name the order, and no buyer:\n%s", log)
	}
	r := a.courier.made[0]
	in := shippingapp.Installation{ID: "id", Account: shippingapp.Account{Email: "a@example.com"}, Settings: map[string]string{"user": "Jane"}}
	l := labelFor(&r)
	for _, v := range []any{r, &r, r.Parcels, r.Address, *l, l.Packages[0], in, shippingapp.QuoteRequest{Parcels: r.Parcels}, shippingapp.Property{Name: "x", Value: "Jane"}, a.Handler} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, "Jane") || strings.Contains(text, "PNG\r\n") || strings.Contains(text, "example.com") {
				t.Errorf("%s of %T shows %q", format, v, text)
			}
		}
	}
}
