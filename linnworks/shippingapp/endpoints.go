package shippingapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// status is in every answer.
type status struct {
	IsError      bool
	ErrorMessage *string
}

// Refuse implements [called.Answer].
func (s *status) Refuse(text string) { s.IsError, s.ErrorMessage = true, &text }

func emptyStatus() answer { return new(status) }

// endpoints by their names, both where documents differ.
var endpoints = called.Table(
	endpoint{Names: []string{"AddNewUser"}, Open: true, Answer: (*Handler).addNewUser, Empty: func() answer { return new(newUserAnswer) }},
	endpoint{Names: []string{"UserConfig"}, Answer: (*Handler).userConfig, Empty: func() answer { return newConfigAnswer() }},
	endpoint{Names: []string{"UpdateConfig"}, Answer: (*Handler).updateConfig, Empty: emptyStatus},
	endpoint{Names: []string{"ConfigDeleted", "ConfigDelete"}, Answer: (*Handler).configDeleted, Empty: emptyStatus},
	endpoint{Names: []string{"UserAvailableServices"}, Answer: (*Handler).services, Empty: func() answer { return &servicesAnswer{Services: []wireService{}} }},
	endpoint{Names: []string{"ExtendedPropertyMapping", "ExtPropertyMap"}, Answer: (*Handler).propertyMapping, Empty: func() answer { return &mappingAnswer{Items: []wireMapping{}} }},
	endpoint{Names: []string{"GenerateLabel"}, Answer: (*Handler).generateLabel, Empty: func() answer { return &labelAnswer{Package: []wireLabel{}} }},
	endpoint{Names: []string{"CancelLabel"}, Answer: (*Handler).cancelLabel, Empty: emptyStatus},
	endpoint{Names: []string{"CreateManifest"}, Answer: (*Handler).createManifest, Empty: func() answer { return new(manifestAnswer) }},
	endpoint{Names: []string{"PrintManifest"}, Answer: (*Handler).printManifest, Empty: func() answer { return &pdfAnswer{PDF: []byte{}} }},
	endpoint{Names: []string{"Quote"}, Answer: (*Handler).quote, Empty: func() answer { return &quoteAnswer{QuoteItems: []wireQuote{}} }},
)

// newUserAnswer has the error twice: the page of the endpoint calls it Error.
type newUserAnswer struct {
	status
	Error              *string
	AuthorizationToken string
}

// Refuse implements [called.Answer].
func (a *newUserAnswer) Refuse(text string) {
	a.status.Refuse(text)
	a.Error = &text
}

// addNewUser installs the integration.
func (h *Handler) addNewUser(ctx context.Context, c *call) (answer, error) {
	token, err := h.app.Install(ctx, c)
	return &newUserAnswer{AuthorizationToken: h.tokenFor(token)}, err
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
	a.IsConfigActive, a.ConfigStatus = c.In.Complete(), c.In.Step
	page := h.app.Shown(c.In)
	a.ConfigStage.WizardStepTitle, a.ConfigStage.WizardStepDescription = page.Title, page.Description
	a.WizardStepDescription = page.Description
	a.ConfigStage.ConfigItems = wireItems(page.Items)
	return a, nil
}

// updateConfig takes what was filled in on a page of the wizard, or of the settings.
func (h *Handler) updateConfig(ctx context.Context, c *call) (answer, error) {
	var request struct {
		ConfigStatus string
		ConfigItems  []Choice
	}
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	_, err := h.app.Save(ctx, c, request.ConfigStatus, request.ConfigItems)
	return new(status), err
}

// configDeleted forgets an installation.
func (h *Handler) configDeleted(ctx context.Context, c *call) (answer, error) {
	return new(status), h.app.Remove(ctx, c)
}

// wireItem is a ConfigItem in the protocol.
type wireItem struct {
	called.Item
	ValueType int
}

func wireItems(items []ConfigItem) []wireItem {
	list := []wireItem{}
	for _, item := range items {
		list = append(list, wireItem{called.ItemOf(item), max(slices.Index(valueTypes, item.Type), 0)})
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
	list, err := within(ctx, h, func(ctx context.Context) ([]Service, error) { return h.ports.Courier.Services(ctx, c.In) })
	if err == nil {
		err = checkServices(list, h.app.Limits)
	}
	if err != nil {
		return nil, err
	}
	a := &servicesAnswer{Services: []wireService{}}
	for _, s := range list {
		w := wireService{
			ServiceName: s.Name, ServiceCode: s.Code, ServiceTag: s.Tag, ServiceGroup: s.Group, ServiceUniqueID: s.ID,
			ConfigItems: wireItems(s.Items), ServiceProperty: called.OrEmpty(s.Properties),
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

// generateLabel: https://apidocs.linnworks.net/docs/shipping-integration-endpoint-generate-label
func (h *Handler) generateLabel(ctx context.Context, c *call) (answer, error) {
	var request struct {
		LabelRequest
		SaveConfigItems []Choice
	}
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	r := &request.LabelRequest
	c.Order = r.OrderID
	if len(r.Choices) == 0 {
		r.Choices = request.SaveConfigItems
	}
	var err error
	if r.ServiceID, err = integration.ParseGUID(string(r.ServiceID)); err != nil {
		return nil, &RefusedError{Text: "The order has no service of this integration. Please map its postal service to one.", Err: err}
	}
	if err := checkPackages(r.Packages); err != nil {
		return nil, err
	}
	switch {
	case r.OrderID <= 0:
		return nil, Refuse("The request names no order.")
	case !c.In.Complete():
		return nil, errNotSetUp
	}
	label, err := h.generate(ctx, c.In, r)
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
		SequenceNumber: p.SequenceNumber, TrackingNumber: p.Tracking, PNGLabelDataBase64: called.OrEmpty(p.PNG),
		AdditionalPngsBase64: called.OrEmpty(p.MorePNGs), PDFBytesDocumentationBase64: called.OrEmpty(p.PDFs), LabelWidth: p.Width, LabelHeight: p.Height,
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
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	id := number(request.OrderID)
	if id == 0 {
		var err error
		if id, err = h.orderOf(ctx, c.In, request.OrderReference); err != nil {
			return nil, err
		}
	}
	c.Order = id
	if err := h.cancel(ctx, c.In, id); err != nil {
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
	if err := c.Read(&request); err != nil {
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
	case !c.In.Complete():
		return nil, errNotSetUp
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	reference, err := within(ctx, h, func(ctx context.Context) (string, error) { return h.ports.Manifests.CreateManifest(ctx, c.In, ids) })
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
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	switch {
	case request.ManifestReference == "":
		return nil, Refuse("The request names no manifest.")
	case h.ports.Manifests == nil:
		return nil, errNoManifests
	}
	pdf, err := within(ctx, h, func(ctx context.Context) ([]byte, error) {
		return h.ports.Manifests.PrintManifest(ctx, c.In, request.ManifestReference)
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
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	if err := checkPackages(request.Packages); err != nil {
		return nil, err
	}
	switch {
	case h.ports.Quotes == nil:
		return nil, Refuse("This integration has no quotes.")
	case !c.In.Complete():
		return nil, errNotSetUp
	}
	quotes, err := within(ctx, h, func(ctx context.Context) ([]Quote, error) { return h.ports.Quotes.Quote(ctx, c.In, &request) })
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
