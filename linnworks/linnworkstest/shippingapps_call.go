package linnworkstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// appStatus is in every answer of an application.
type appStatus struct {
	IsError      *bool
	ErrorMessage *string
}

func (s *appStatus) status() *appStatus { return s }

type appConfig struct {
	appStatus
	IsConfigActive bool
	ConfigStatus   string
	ConfigStage    struct {
		WizardStepTitle string
		ConfigItems     []configItem
	}
}

type appService struct {
	ServiceName     string
	ServiceCode     string
	ServiceTag      string
	ServiceUniqueID string `json:"ServiceUniqueId"`
	ConfigItems     []configItem
}

type appLabel struct {
	appStatus
	LeadTrackingNumber string
	Package            []appPackage
}

type appPackage struct {
	SequenceNumber              int
	TrackingNumber              string
	PNGLabelDataBase64          []byte
	AdditionalPngsBase64        [][]byte
	PDFBytesDocumentationBase64 [][]byte
	LabelWidth, LabelHeight     linnworks.Decimal
}

// check takes the labels that Linnworks could print: one for each package, with a
// picture.
func (l *appLabel) check(orderID linnworks.GUID, packages int) (PrintedLabel, error) {
	printed := PrintedLabel{OrderID: orderID, Tracking: l.LeadTrackingNumber}
	seen := map[int]bool{}
	for _, p := range l.Package {
		switch {
		case p.SequenceNumber < 0 || p.SequenceNumber >= packages || seen[p.SequenceNumber]:
			return printed, fmt.Errorf("the label of package %d was not asked for", p.SequenceNumber)
		case len(p.PNGLabelDataBase64) == 0 && len(p.PDFBytesDocumentationBase64) == 0:
			return printed, fmt.Errorf("package %d has no label", p.SequenceNumber)
		}
		seen[p.SequenceNumber] = true
		printed.Packages = append(printed.Packages, PrintedPackage{
			SequenceNumber: p.SequenceNumber, Tracking: p.TrackingNumber, PNG: p.PNGLabelDataBase64,
			MorePNGs: p.AdditionalPngsBase64, PDFs: p.PDFBytesDocumentationBase64, Width: p.LabelWidth, Height: p.LabelHeight,
		})
	}
	if len(seen) != packages {
		return printed, fmt.Errorf("there are %d labels for %d packages", len(seen), packages)
	}
	return printed, nil
}

// lists are those that must not be null, by endpoint and by their names in it.
var lists = map[string][]string{
	"UserAvailableServices": {"Services"},
	"GenerateLabel":         {"Package", "PDFBytesDocumentationBase64"},
	"Quote":                 {"QuoteItems"},
}

// call posts a request with the token and reads the answer. The error is what people
// see.
func (a *ShippingApp) call(ctx context.Context, endpoint string, request map[string]any, answer interface{ status() *appStatus }) error {
	if request == nil {
		request = map[string]any{}
	}
	if a.token != "" {
		request["AuthorizationToken"] = a.token32(a.token)
	}
	text, err := a.caller.post(ctx, endpoint, request)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s: the answer cannot be read: %w", endpoint, err)
	}
	s := answer.status()
	if s.IsError == nil {
		return fmt.Errorf("%s: the answer has no IsError", endpoint)
	}
	if *s.IsError {
		if s.ErrorMessage == nil || *s.ErrorMessage == "" {
			return fmt.Errorf("%s: an error without a text", endpoint)
		}
		return errors.New(*s.ErrorMessage)
	}
	if null := nullList(text, lists[endpoint]); null != "" && a.f.quirks[AppsRefuseNullLists] {
		return fmt.Errorf("%s: %s is null", endpoint, null)
	}
	return nil
}

// token32 is a GUID as applications get it.
func (a *ShippingApp) token32(g string) string {
	if a.f.quirks[AppsGetDashedGUIDs] {
		return g
	}
	return strings.ReplaceAll(g, "-", "")
}

// guid reads a GUID with or without dashes.
func guid(s string) (string, error) {
	plain := strings.ToLower(strings.ReplaceAll(s, "-", ""))
	if len(plain) != 32 || strings.Trim(plain, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%q is not a GUID", s)
	}
	return plain[:8] + "-" + plain[8:12] + "-" + plain[12:16] + "-" + plain[16:20] + "-" + plain[20:], nil
}
