package linnworkstest

import (
	"bytes"
	"fmt"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Label is a shipping label that was bought.
type Label struct {
	Tracking  string
	Cancelled bool
}

// Labels returns the labels that were bought for an order, the oldest first.
func (f *Fake) Labels(orderID linnworks.GUID) []Label {
	defer f.begin()()
	if o := f.byOrderID[id(orderID)]; o != nil {
		return append([]Label{}, o.labels...)
	}
	return nil
}

// WithCourier sets the courier that labels are bought from. Its error is the
// label's. courier must not call the fake.
func WithCourier(courier func(linnworks.OrderDetails) error) Option {
	return func(f *Fake) { f.courier = courier }
}

// buyLabel buys a label. An order without a tracking number gets the label's.
func (f *Fake) buyLabel(o *order) {
	if len(o.labels) > 0 && o.GeneralInfo.LabelPrinted && !f.quirks[EveryPrintBuysALabel] {
		return
	}
	tracking := o.ShippingInfo.TrackingNumber
	if tracking == "" || len(o.labels) > 0 {
		tracking = fmt.Sprintf("LT%09dGB", f.next("tracking number"))
	}
	o.labels = append(o.labels, Label{Tracking: tracking})
	o.ShippingInfo.TrackingNumber = tracking
	o.GeneralInfo.LabelPrinted, o.GeneralInfo.LabelError = true, ""
	f.note(o, "LABEL", "Label printed: %s", tracking)
}

func (f *Fake) failLabel(o *order, text string) {
	o.GeneralInfo.LabelPrinted, o.GeneralInfo.LabelError = false, text
	f.note(o, "LABEL", "Label failed: %s", text)
}

// printLabel buys a label for an order that may have one.
func (f *Fake) printLabel(o *order) error {
	switch {
	case o.Processed && len(o.labels) > 0:
		return nil // printed again, not bought again
	case !o.processable():
		return fmt.Errorf("order %d is %s", o.NumOrderID, o.state())
	}
	if err := f.ofShippingApp(o); err != nil {
		return err
	}
	if f.courier != nil {
		if err := f.courier(f.view(o)); err != nil {
			f.failLabel(o, err.Error())
			return err
		}
	}
	f.buyLabel(o)
	return nil
}

// templates are what the account prints.
var templates = []struct {
	typ, name string
	print     func(f *Fake, o *order) error
}{
	{"Invoice Template", "Default invoice", func(f *Fake, o *order) error {
		o.GeneralInfo.InvoicePrinted = true
		f.note(o, "INVOICE", "Invoice printed")
		return nil
	}},
	{"Pick List", "Default pick list", func(f *Fake, o *order) error {
		o.GeneralInfo.PickListPrinted = true
		f.note(o, "PICKLIST", "Pick list printed")
		return nil
	}},
	{"Shipping Labels", "Default label", (*Fake).printLabel},
}

// templateQuery is the parameter of getTemplateList.
type templateQuery struct {
	TemplateType string `json:"templateType"`
}

// getTemplateList: https://apps.linnworks.net/Api/Method/PrintService-GetTemplateList
func (f *Fake) getTemplateList(req *templateQuery) (any, error) {
	out := []linnworks.TemplateHeader{}
	for i, t := range templates {
		if req.TemplateType == "" || req.TemplateType == t.typ {
			out = append(out, linnworks.TemplateHeader{TemplateRowID: i + 1, TemplateType: t.typ, TemplateName: t.name, Enabled: true, IsDefault: true})
		}
	}
	return out, nil
}

// createPDF prints documents of orders. Labels are bought, again for each call.
//
// https://apps.linnworks.net/Api/Method/PrintService-CreatePDFfromJobForceTemplate
func (f *Fake) createPDF(req *linnworks.CreatePDFFromJobForceTemplateRequest, at place) (any, error) {
	out := linnworks.CreatePDFResult{ProcessedIDs: map[string][]linnworks.GUID{}}
	typ := value(req.TemplateType)
	known := -1
	for i, t := range templates {
		if t.typ == typ && (value(req.TemplateID) == 0 || value(req.TemplateID) == i+1) {
			known = i
		}
	}
	if known < 0 {
		out.PrintErrors = []string{"No template of type " + typ}
		return out, nil
	}
	for _, g := range req.IDs {
		o, err := f.find(g)
		if err == nil {
			err = templates[known].print(f, o)
		}
		if err != nil {
			out.KeyedError = append(out.KeyedError, linnworks.PrintError{TemplateType: typ, ID: g, Error: err.Error()})
			continue
		}
		out.IDsProcessed = append(out.IDsProcessed, g)
	}
	if out.PageCount = len(out.IDsProcessed); out.PageCount > 0 {
		out.ProcessedIDs[typ] = out.IDsProcessed
		path := fmt.Sprintf("/print/%d.pdf", f.next("document"))
		f.printed[path] = document(out.PageCount)
		out.URL = at.server + path
	}
	return out, nil
}

// document is a PDF of empty pages.
func document(pages int) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf(" %d 0 R", 3+i)
	}
	object("<< /Type /Pages /Count %d /Kids [%s ] >>", pages, kids)
	for range pages {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Resources << >> >>")
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

// cancelLabel cancels the label that was bought last. One that only the flag
// stands for has to be cancelled where it came from.
//
// https://apps.linnworks.net/Api/Method/ShippingService-CancelOrderShippingLabel
func (f *Fake) cancelLabel(req *linnworks.CancelOrderShippingLabelRequest) (any, error) {
	o := f.byOrderID[req.OrderID]
	fail := func(text string) (any, error) {
		return linnworks.CancelOrderShippingLabelResponse{IsError: true, ErrorMessage: text}, nil
	}
	switch {
	case o == nil:
		return fail("Unable to find order ID")
	case o.Processed:
		return fail("The order is processed: cancel the label in its manifest")
	case f.ofShippingApp(o) != nil:
		return fail(f.ofShippingApp(o).Error())
	case len(o.labels) == 0 && o.GeneralInfo.LabelPrinted:
		return linnworks.CancelOrderShippingLabelResponse{MustCancelManually: true}, nil
	case len(o.labels) == 0 || o.labels[len(o.labels)-1].Cancelled:
		return fail("The order has no label")
	}
	o.labels[len(o.labels)-1].Cancelled = true
	o.clearLabel()
	f.note(o, "LABEL", "Label cancelled")
	return linnworks.CancelOrderShippingLabelResponse{LabelCanceled: true}, nil
}

func (o *order) clearLabel() {
	o.GeneralInfo.LabelPrinted, o.GeneralInfo.LabelError = false, ""
	o.ShippingInfo.TrackingNumber = ""
}

// clearShippingLabelInfo forgets labels without cancelling them. It returns the
// orders where that did not go, with the reason.
//
// https://apps.linnworks.net/Api/Method/Orders-ClearShippingLabelInfo
func (f *Fake) clearShippingLabelInfo(req *linnworks.ClearShippingLabelInfoRequest) (any, error) {
	out := []linnworks.KeyValuePairGUIDString{}
	for _, g := range req.OrderIDs {
		o, err := f.find(g)
		if err == nil {
			err = f.editable(o)
		}
		if err != nil {
			out = append(out, linnworks.KeyValuePairGUIDString{Key: g, Value: err.Error()})
			continue
		}
		o.clearLabel()
		f.note(o, "LABEL", "Label cleared")
	}
	return out, nil
}

// getIntegrations knows one integration for each vendor of a postal service.
//
// https://apps.linnworks.net/Api/Method/ShippingService-GetIntegrations
func (f *Fake) getIntegrations(*struct{}) (any, error) {
	out := []linnworks.SystemShippingAPIConfig{}
	known := map[string]int{}
	for _, s := range f.services {
		at, ok := known[s.Vendor]
		if !ok {
			at = len(out)
			known[s.Vendor] = at
			out = append(out, linnworks.SystemShippingAPIConfig{
				ShippingAPIConfigID: at + 1, Vendor: s.Vendor, VendorFriendlyName: s.Vendor, AccountID: "1", LabelFormat: "PDF", Status: "ACTIVE",
			})
		}
		out[at].Services++
	}
	return out, nil
}

// getShippingMethods: https://apps.linnworks.net/Api/Method/Orders-GetShippingMethods
func (f *Fake) getShippingMethods(*struct{}) (any, error) {
	out := []linnworks.ShippingMethod{}
	known := map[string]int{}
	for _, s := range f.services {
		at, ok := known[s.Vendor]
		if !ok {
			at = len(out)
			known[s.Vendor] = at
			out = append(out, linnworks.ShippingMethod{Vendor: s.Vendor})
		}
		out[at].PostalServices = append(out[at].PostalServices, linnworks.PostageService{
			PostalServiceID: s.PostalServiceID, PostalServiceName: s.PostalServiceName, Vendor: s.Vendor,
		})
	}
	return out, nil
}

// getPostalServiceNames: https://apps.linnworks.net/Api/Method/Inventory-GetPostalServices
func (f *Fake) getPostalServiceNames(*struct{}) (any, error) {
	out := []linnworks.KeyGUIDValue{}
	for _, s := range f.services {
		out = append(out, linnworks.KeyGUIDValue{Key: s.PostalServiceName, Value: s.PostalServiceID})
	}
	return out, nil
}

// createPostalService: https://apps.linnworks.net/Api/Method/PostalServices-CreatePostalService
func (f *Fake) createPostalService(req *linnworks.CreatePostalServiceRequest) (any, error) {
	in := value(req.PostalServiceDetails)
	if in.PostalServiceName == "" || f.serviceByName(in.PostalServiceName) != nil {
		return nil, refuse("The postal service needs a name of its own")
	}
	s := f.service(in.PostalServiceName, in.Vendor)
	s.PostalServiceTag, s.PostalServiceCode, s.ServiceCountry = in.PostalServiceTag, in.PostalServiceCode, in.ServiceCountry
	return createdService{
		s.PostalServiceID, s.PostalServiceName, s.PostalServiceTag, s.ServiceCountry, s.PostalServiceCode, s.Vendor,
		s.PrintModule, s.PrintModuleTitle, s.TrackingNumberRequired, s.WeightRequired, s.IgnorePackagingGroup, s.ShippingAPIConfigID, s.IntegratedServiceID,
	}, nil
}

// createdService is a postal service without its links.
type createdService struct {
	PkPostalServiceID      linnworks.GUID `json:"pkPostalServiceId"`
	PostalServiceName      string
	PostalServiceTag       string
	ServiceCountry         string
	PostalServiceCode      string
	Vendor                 string
	PrintModule            string
	PrintModuleTitle       string
	TrackingNumberRequired bool
	WeightRequired         bool
	IgnorePackagingGroup   bool
	FkShippingAPIConfigID  int            `json:"fkShippingAPIConfigId"`
	IntegratedServiceID    linnworks.GUID `json:"IntegratedServiceId"`
}
