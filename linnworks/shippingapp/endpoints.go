package shippingapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/called"
	"github.com/linnbridge/linnbridge/linnworks"
)

// answer is the body of an answer.
type answer interface{ refuse(text string) }

// status is in every answer.
type status struct {
	IsError      bool
	ErrorMessage *string
}

func (s *status) refuse(text string) { s.IsError, s.ErrorMessage = true, &text }

func emptyStatus() answer { return new(status) }

// endpoints by their names in lower case, both where documents differ.
var endpoints = func() map[string]*endpoint {
	table := map[string]*endpoint{}
	for _, e := range []struct {
		names []string
		endpoint
	}{
		{[]string{"AddNewUser"}, endpoint{open: true, answer: (*Handler).addNewUser, empty: func() answer { return new(newUserAnswer) }}},
		{[]string{"UserConfig"}, endpoint{answer: (*Handler).userConfig, empty: func() answer { return newConfigAnswer() }}},
		{[]string{"UpdateConfig"}, endpoint{answer: (*Handler).updateConfig, empty: emptyStatus}},
		{[]string{"ConfigDeleted", "ConfigDelete"}, endpoint{answer: (*Handler).configDeleted, empty: emptyStatus}},
		{[]string{"UserAvailableServices"}, endpoint{answer: (*Handler).services, empty: func() answer { return &servicesAnswer{Services: []wireService{}} }}},
		{[]string{"ExtendedPropertyMapping", "ExtPropertyMap"}, endpoint{answer: (*Handler).propertyMapping, empty: func() answer { return &mappingAnswer{Items: []wireMapping{}} }}},
		{[]string{"GenerateLabel"}, endpoint{answer: (*Handler).generateLabel, empty: func() answer { return &labelAnswer{Package: []wireLabel{}} }}},
		{[]string{"CancelLabel"}, endpoint{answer: (*Handler).cancelLabel, empty: emptyStatus}},
		{[]string{"CreateManifest"}, endpoint{answer: (*Handler).createManifest, empty: func() answer { return new(manifestAnswer) }}},
		{[]string{"PrintManifest"}, endpoint{answer: (*Handler).printManifest, empty: func() answer { return &pdfAnswer{PDF: []byte{}} }}},
		{[]string{"Quote"}, endpoint{answer: (*Handler).quote, empty: func() answer { return &quoteAnswer{QuoteItems: []wireQuote{}} }}},
	} {
		e.name = e.names[0]
		for _, name := range e.names {
			table[strings.ToLower(name)] = &e.endpoint
		}
	}
	return table
}()

// newUserAnswer has the error twice: the page of the endpoint calls it Error.
type newUserAnswer struct {
	status
	Error              *string
	AuthorizationToken string
}

func (a *newUserAnswer) refuse(text string) {
	a.status.refuse(text)
	a.Error = &text
}

// addNewUser installs the integration.
func (h *Handler) addNewUser(ctx context.Context, c *call) (answer, error) {
	var request struct{ Email, LinnworksUniqueIdentifier, AccountName string }
	if err := c.read(&request); err != nil {
		return nil, err
	}
	id, err := parseGUID(request.LinnworksUniqueIdentifier)
	if err != nil {
		return nil, &RefusedError{Text: "The request names no Linnworks account.", Err: err}
	}
	account := Account{ID: id, Name: request.AccountName, Email: request.Email}
	token := called.NewToken()
	in := Installation{
		ID: called.IDOf(token), Account: account, Status: h.stepAfter(""),
		Settings: map[string]string{}, Passwords: map[string]linnworks.Secret{}, InstalledAt: time.Now().UTC(),
	}
	_, err = within(ctx, h, func(ctx context.Context) (struct{}, error) {
		if err := h.ports.Admit(ctx, account); err != nil {
			return struct{}{}, err
		}
		if err := h.ports.Installations.PutInstallation(ctx, in); err != nil {
			return struct{}{}, fmt.Errorf("keeping the installation: %w", err)
		}
		return struct{}{}, nil
	})
	if err != nil {
		return nil, err
	}
	c.in = in
	return &newUserAnswer{AuthorizationToken: h.tokenFor(token)}, nil
}

// configAnswer has the description twice: the page of the endpoint has it outside of
// the stage too.
type configAnswer struct {
	status
	IsConfigActive        bool
	ConfigStatus          string
	ConfigStage           wireStage
	WizardStepDescription string
}

type wireStage struct {
	WizardStepTitle       string
	WizardStepDescription string
	ConfigItems           []wireItem
}

func newConfigAnswer() *configAnswer {
	return &configAnswer{ConfigStage: wireStage{ConfigItems: []wireItem{}}}
}

// userConfig: https://apidocs.linnworks.net/docs/shipping-integration-endpoint-user-config
func (h *Handler) userConfig(_ context.Context, c *call) (answer, error) {
	a := newConfigAnswer()
	a.IsConfigActive, a.ConfigStatus = c.in.Active(), c.in.Status
	stage := h.stage(c.in.Status)
	a.ConfigStage.WizardStepTitle, a.ConfigStage.WizardStepDescription = stage.Title, stage.Description
	a.WizardStepDescription = stage.Description
	for _, item := range stage.Items {
		value, filled := c.in.Settings[item.ID]
		w := wireItemOf(item)
		if filled {
			w.SelectedValue = value
		}
		if !c.in.Passwords[item.ID].IsZero() {
			w.MustBeSpecified = false // empty, it stays as it is
		}
		a.ConfigStage.ConfigItems = append(a.ConfigStage.ConfigItems, w)
	}
	return a, nil
}

// updateConfig takes what was filled in on a page of the wizard, or of the settings.
func (h *Handler) updateConfig(ctx context.Context, c *call) (answer, error) {
	var request struct {
		ConfigStatus string
		ConfigItems  []Choice
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if !strings.EqualFold(request.ConfigStatus, c.in.Status) {
		return nil, &RefusedError{
			Text: "This page of the set-up is no longer the current one. Please close the window and open it again.",
			Err:  fmt.Errorf("it is for %q, and the installation is at %q", request.ConfigStatus, c.in.Status),
		}
	}
	in := c.in.clone()
	if in.Settings == nil {
		in.Settings = map[string]string{}
	}
	if in.Passwords == nil {
		in.Passwords = map[string]linnworks.Secret{}
	}
	stage := h.stage(in.Status)
	for _, item := range stage.Items {
		if err := fill(&in, &item, request.ConfigItems); err != nil {
			return nil, err
		}
	}
	in.Status = h.stepAfter(in.Status)
	_, err := within(ctx, h, func(ctx context.Context) (struct{}, error) {
		for _, check := range stage.checks {
			if err := check(ctx, in.clone()); err != nil {
				return struct{}{}, err
			}
		}
		if err := h.ports.Installations.PutInstallation(ctx, in); err != nil {
			return struct{}{}, fmt.Errorf("keeping the installation: %w", err)
		}
		return struct{}{}, nil
	})
	if err != nil {
		return nil, err
	}
	return new(status), nil
}

// fill puts what was filled in for an item into the installation.
func fill(in *Installation, item *ConfigItem, values []Choice) error {
	value, filled := in.Settings[item.ID]
	if !filled {
		value = item.Value
	}
	password := item.Type == ValuePassword
	if password {
		value = in.Passwords[item.ID].Reveal()
	}
	if i := slices.IndexFunc(values, func(c Choice) bool { return strings.EqualFold(c.ItemID, item.ID) }); i >= 0 && !item.ReadOnly {
		if !password || values[i].Value != "" { // a password is not shown: empty, it stays as it is
			value = values[i].Value
		}
	}
	if err := item.accept(value); err != nil {
		return err
	}
	if password {
		in.Passwords[item.ID] = linnworks.NewSecret(value)
	} else {
		in.Settings[item.ID] = value
	}
	return nil
}

// configDeleted forgets an installation.
func (h *Handler) configDeleted(ctx context.Context, c *call) (answer, error) {
	_, err := within(ctx, h, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.ports.Installations.DropInstallation(ctx, c.in.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("forgetting the installation: %w", err)
	}
	return new(status), nil
}

// stage is what a person sees of the configuration: one step, or all of them once it
// is set up.
type stage struct {
	Title, Description string
	Items              []ConfigItem
	checks             []func(context.Context, Installation) error
}

func (h *Handler) stage(status string) (s stage) {
	for _, step := range h.options.Steps {
		if status != StatusActive && status != step.Status {
			continue
		}
		s.Title, s.Description = step.Title, step.Description
		s.Items = append(s.Items, step.Items...)
		if step.Check != nil {
			s.checks = append(s.checks, step.Check)
		}
	}
	if status == StatusActive && len(h.options.Steps) != 1 {
		s.Title, s.Description = "Settings", ""
	}
	return s
}

// stepAfter is the step after another. One that is not known, because the steps have
// changed since, begins again.
func (h *Handler) stepAfter(status string) string {
	if status == StatusActive {
		return StatusActive
	}
	if next := stepAt(h.options.Steps, status) + 1; next < len(h.options.Steps) {
		return h.options.Steps[next].Status
	}
	return StatusActive
}

// stepAt is the place of a step, -1 if it is not there.
func stepAt(steps []Step, status string) int {
	return slices.IndexFunc(steps, func(s Step) bool { return strings.EqualFold(s.Status, status) })
}

// wireItem is a ConfigItem in the protocol.
type wireItem struct {
	ConfigItemID    string `json:"ConfigItemId"`
	Name            string
	Description     string
	GroupName       string
	SortOrder       int
	SelectedValue   string
	RegExValidation *string
	RegExError      *string
	MustBeSpecified bool
	ReadOnly        bool
	ListValues      []ListValue
	ValueType       ValueType
}

func wireItemOf(c ConfigItem) wireItem {
	w := wireItem{
		ConfigItemID: c.ID, Name: c.Name, Description: c.Description, GroupName: c.Group, SortOrder: c.Sort, SelectedValue: c.Value,
		MustBeSpecified: c.Required, ReadOnly: c.ReadOnly, ListValues: orEmpty(c.Values), ValueType: c.Type,
	}
	if c.Pattern != "" {
		w.RegExValidation, w.RegExError = &c.Pattern, &c.PatternError
	}
	return w
}

// orEmpty is the list, never null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

type servicesAnswer struct {
	status
	Services []wireService
}

type wireService struct {
	ServiceName     string
	ServiceCode     string
	ServiceTag      string
	ServiceGroup    string
	ServiceUniqueID linnworks.GUID `json:"ServiceUniqueId"`
	ConfigItems     []wireItem
	ServiceProperty []ServiceProperty
}

// services lists what can be chosen.
func (h *Handler) services(ctx context.Context, c *call) (answer, error) {
	list, err := within(ctx, h, func(ctx context.Context) ([]Service, error) { return h.ports.Courier.Services(ctx, c.in) })
	if err == nil {
		err = checkServices(list, h.options.ItemIDLimit)
	}
	if err != nil {
		return nil, err
	}
	a := &servicesAnswer{Services: []wireService{}}
	for _, s := range list {
		w := wireService{
			ServiceName: s.Name, ServiceCode: s.Code, ServiceTag: s.Tag, ServiceGroup: s.Group, ServiceUniqueID: s.ID,
			ConfigItems: []wireItem{}, ServiceProperty: orEmpty(s.Properties),
		}
		for _, item := range s.Items {
			w.ConfigItems = append(w.ConfigItems, wireItemOf(item))
		}
		a.Services = append(a.Services, w)
	}
	return a, nil
}

type mappingAnswer struct {
	status
	Items []wireMapping
}

type wireMapping struct {
	PropertyTitle       string
	PropertyName        string
	PropertyDescription string
	PropertyType        PropertyOf
}

// propertyMapping lists what can be mapped.
func (h *Handler) propertyMapping(_ context.Context, _ *call) (answer, error) {
	a := &mappingAnswer{Items: []wireMapping{}}
	for _, m := range h.options.Properties {
		a.Items = append(a.Items, wireMapping{PropertyTitle: m.Title, PropertyName: m.Name, PropertyDescription: m.Description, PropertyType: m.Of})
	}
	return a, nil
}

type labelAnswer struct {
	status
	LeadTrackingNumber string
	Cost               linnworks.Decimal
	Currency           string
	Package            []wireLabel
}

// wireLabel is a PackageLabel in the protocol, its bytes in base64.
type wireLabel struct {
	SequenceNumber              int
	TrackingNumber              string
	PNGLabelDataBase64          []byte
	AdditionalPngsBase64        [][]byte
	PDFBytesDocumentationBase64 [][]byte
	LabelWidth, LabelHeight     linnworks.Decimal
}

var errNotSetUp = &RefusedError{Text: "The integration is not set up yet. Please finish its set-up in Linnworks, under Shipping, first."}

// generateLabel: https://apidocs.linnworks.net/docs/shipping-integration-endpoint-generate-label
func (h *Handler) generateLabel(ctx context.Context, c *call) (answer, error) {
	var request struct {
		LabelRequest
		SaveConfigItems []Choice
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	r := &request.LabelRequest
	c.order = r.OrderID
	if len(r.Choices) == 0 {
		r.Choices = request.SaveConfigItems
	}
	var err error
	if r.ServiceID, err = parseGUID(string(r.ServiceID)); err != nil {
		return nil, &RefusedError{Text: "The order has no service of this integration. Please map its postal service to one.", Err: err}
	}
	if err := checkPackages(r.Packages); err != nil {
		return nil, err
	}
	switch {
	case r.OrderID <= 0:
		return nil, Refuse("The request names no order.")
	case !c.in.Active():
		return nil, errNotSetUp
	}
	label, err := h.generate(ctx, c.in, r)
	if err != nil {
		return nil, err
	}
	a := &labelAnswer{LeadTrackingNumber: label.Tracking, Cost: label.Cost, Currency: label.Currency, Package: []wireLabel{}}
	for _, wanted := range r.sequence() { // in the order of the request
		for _, p := range label.Packages {
			if p.SequenceNumber == wanted {
				a.Package = append(a.Package, wireLabelOf(p, label.Tracking))
			}
		}
	}
	return a, nil
}

func wireLabelOf(p PackageLabel, lead string) wireLabel {
	w := wireLabel{
		SequenceNumber: p.SequenceNumber, TrackingNumber: p.Tracking, PNGLabelDataBase64: orEmpty(p.PNG),
		AdditionalPngsBase64: orEmpty(p.MorePNGs), PDFBytesDocumentationBase64: orEmpty(p.PDFs), LabelWidth: p.Width, LabelHeight: p.Height,
	}
	if w.TrackingNumber == "" {
		w.TrackingNumber = lead
	}
	return w
}

// checkPackages reports, for people, what no label can be made of.
func checkPackages(packages []Package) error {
	if len(packages) == 0 {
		return Refuse("The order has no packages. Please enter its packaging first.")
	}
	seen := map[int]bool{}
	for _, p := range packages {
		if seen[p.SequenceNumber] {
			return Refuse("Two packages of the order have the same number. Please enter its packaging again.")
		}
		seen[p.SequenceNumber] = true
		for _, d := range []linnworks.Decimal{p.Weight, p.Width, p.Height, p.Depth} {
			if d.Err() != nil {
				return Refuse("The weight or a measure of a package cannot be read. Please enter its packaging again.")
			}
		}
	}
	return nil
}

// cancelLabel: https://apidocs.linnworks.net/docs/shipping-integration-endpoint-cancel-label
//
// The order's number is in OrderReference, says that page; its sample has a text there.
// The first specification has OrderId.
func (h *Handler) cancelLabel(ctx context.Context, c *call) (answer, error) {
	var request struct {
		OrderID        string `json:"OrderId"`
		OrderReference string
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	id := number(request.OrderID)
	if id == 0 {
		var err error
		if id, err = h.orderOf(ctx, c.in, request.OrderReference); err != nil {
			return nil, err
		}
	}
	c.order = id
	if err := h.cancel(ctx, c.in, id); err != nil {
		return nil, err
	}
	return new(status), nil
}

// orderOf is the number of an order that is named by its number or its reference. A
// reference may look like a number.
func (h *Handler) orderOf(ctx context.Context, in Installation, text string) (int, error) {
	id := number(text)
	found, err := within(ctx, h, func(ctx context.Context) (int, error) {
		if id != 0 {
			if _, kept, err := h.ports.Labels.Label(ctx, in.ID, id); kept || err != nil {
				return id, err
			}
		}
		found, _, err := h.ports.Labels.OrderOf(ctx, in.ID, text)
		return found, err
	})
	switch {
	case err != nil:
		return 0, fmt.Errorf("looking for the label: %w", err)
	case found != 0:
		return found, nil
	case id != 0:
		return id, nil
	}
	return 0, Refuse("The label service knows no label of this order.")
}

// number is the number of an order in a text, 0 if it is none.
func number(s string) int {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32) // as Linnworks counts them
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}

type manifestAnswer struct {
	status
	ManifestReference string
}

var errNoManifests = &RefusedError{Text: "This integration needs no manifest: the parcels are known to the carrier without one."}

// createManifest: https://apidocs.linnworks.net/docs/shipping-integration-endpoint-create-manifest
func (h *Handler) createManifest(ctx context.Context, c *call) (answer, error) {
	var request struct {
		OrderID []string `json:"OrderId"`
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	var ids []int
	for _, s := range request.OrderID {
		id := number(s)
		if id == 0 {
			return nil, Refuse("The request names an order that is no number.")
		}
		ids = append(ids, id)
	}
	switch {
	case len(ids) == 0:
		return nil, Refuse("There are no orders to file.")
	case h.ports.Manifests == nil:
		return nil, errNoManifests
	case !c.in.Active():
		return nil, errNotSetUp
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	reference, err := within(ctx, h, func(ctx context.Context) (string, error) { return h.ports.Manifests.CreateManifest(ctx, c.in, ids) })
	if err == nil && reference == "" {
		err = errors.New("the manifest has no reference")
	}
	if err != nil {
		return nil, err
	}
	return &manifestAnswer{ManifestReference: reference}, nil
}

type pdfAnswer struct {
	status
	PDF []byte `json:"PDFbase64"`
}

// printManifest returns a manifest to print.
func (h *Handler) printManifest(ctx context.Context, c *call) (answer, error) {
	var request struct{ ManifestReference string }
	if err := c.read(&request); err != nil {
		return nil, err
	}
	switch {
	case request.ManifestReference == "":
		return nil, Refuse("The request names no manifest.")
	case h.ports.Manifests == nil:
		return nil, errNoManifests
	}
	pdf, err := within(ctx, h, func(ctx context.Context) ([]byte, error) {
		return h.ports.Manifests.PrintManifest(ctx, c.in, request.ManifestReference)
	})
	if err == nil && !strings.HasPrefix(string(pdf[:min(len(pdf), len(pdfSignature))]), string(pdfSignature)) {
		err = errors.New("the manifest is no PDF")
	}
	if err != nil {
		return nil, err
	}
	return &pdfAnswer{PDF: pdf}, nil
}

type quoteAnswer struct {
	status
	QuoteItems []wireQuote
}

type wireQuote struct {
	ServiceName           string
	ServiceCode           string
	ServiceID             linnworks.GUID `json:"ServiceId"`
	ServiceTag            string
	CollectionDate        *linnworks.Time
	EstimatedDeliveryDate *linnworks.Time
	Cost, Tax, TotalCost  linnworks.Decimal
	Currency              string
	PropertyItem          []wireTitled
	Options               []wireOption
}

type wireTitled struct{ Title, Value string }

type wireOption struct{ OptionName, OptionValue string }

// quote answers what services cost.
func (h *Handler) quote(ctx context.Context, c *call) (answer, error) {
	var request QuoteRequest
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if err := checkPackages(request.Packages); err != nil {
		return nil, err
	}
	switch {
	case h.ports.Quotes == nil:
		return nil, Refuse("This integration has no quotes.")
	case !c.in.Active():
		return nil, errNotSetUp
	}
	quotes, err := within(ctx, h, func(ctx context.Context) ([]Quote, error) { return h.ports.Quotes.Quote(ctx, c.in, &request) })
	if err != nil {
		return nil, err
	}
	a := &quoteAnswer{QuoteItems: []wireQuote{}}
	for _, q := range quotes {
		if err := q.check(); err != nil {
			return nil, err
		}
		w := wireQuote{
			ServiceName: q.Service.Name, ServiceCode: q.Service.Code, ServiceID: q.Service.ID, ServiceTag: q.Service.Tag,
			CollectionDate: set(q.CollectionDate), EstimatedDeliveryDate: set(q.EstimatedDelivery),
			Cost: q.Cost, Tax: q.Tax, TotalCost: q.Total, Currency: q.Currency, PropertyItem: []wireTitled{}, Options: []wireOption{},
		}
		for _, p := range q.Details {
			w.PropertyItem = append(w.PropertyItem, wireTitled{p.Name, p.Value})
		}
		for _, p := range q.Options {
			w.Options = append(w.Options, wireOption{p.Name, p.Value})
		}
		a.QuoteItems = append(a.QuoteItems, w)
	}
	return a, nil
}

// set is the moment, or null.
func set(t linnworks.Time) *linnworks.Time {
	if t.Unset() {
		return nil
	}
	return &t
}
