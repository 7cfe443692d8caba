package shippingapp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

// vanMan is a courier with one van and one service.
type vanMan struct{}

func (vanMan) Services(context.Context, shippingapp.Installation) ([]shippingapp.Service, error) {
	return []shippingapp.Service{{ID: "7f5a0c2e-8d1b-4f6e-9a3c-2b1d0e4f5a6b", Name: "Van, next day"}}, nil
}

func (vanMan) GenerateLabel(_ context.Context, _ shippingapp.Installation, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
	if r.CountryCode != "GB" {
		return nil, shippingapp.Refuse("The van does not cross the sea. Choose another service.")
	}
	label := &shippingapp.Label{Tracking: fmt.Sprintf("VAN%d", r.OrderID)}
	for _, p := range r.Packages {
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 812, 1218))); err != nil { // 4 by 6 inches at 203 dpi
			return nil, err
		}
		label.Packages = append(label.Packages, shippingapp.PackageLabel{SequenceNumber: p.SequenceNumber, PNG: picture.Bytes(), Width: "4", Height: "6"})
	}
	return label, nil
}

func (vanMan) CancelLabel(context.Context, shippingapp.Installation, int) error { return nil }

// A courier of two dozen lines, and what Linnworks sees of it.
func Example() {
	app, err := shippingapp.New(shippingapp.Ports{
		Courier: vanMan{},
		Admit:   shippingapp.OnlyAccounts("0d5b3b1e-6c1f-4b57-9d6f-0123456789ab"),
	}, shippingapp.Options{Vendor: shippingapp.Vendor{Name: "VANMAN", FriendlyName: "The man with the van"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = app.Close(context.Background()) }()
	manifest, err := app.Manifest("https://labels.example.com/shipping")
	fmt.Println(manifest.GenerateLabelEndpoint, err)

	// What follows is what Linnworks does; package linnworkstest does it for tests.
	press := func(endpoint, body string) (answer struct {
		AuthorizationToken, ErrorMessage, LeadTrackingNumber string
	}) {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/shipping/"+endpoint, strings.NewReader(body)))
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			fmt.Println(err)
		}
		return answer
	}
	token := press("AddNewUser", `{"LinnworksUniqueIdentifier":"0d5b3b1e-6c1f-4b57-9d6f-0123456789ab","AccountName":"Main"}`).AuthorizationToken
	for _, country := range []string{"GB", "FR"} {
		answer := press("GenerateLabel", fmt.Sprintf(`{"AuthorizationToken":%q,"OrderId":%d,"CountryCode":%q,
			"ServiceId":"7f5a0c2e-8d1b-4f6e-9a3c-2b1d0e4f5a6b","Packages":[{"SequenceNumber":0,"PackageWeight":500}]}`, token, 100+len(country), country))
		fmt.Printf("%s: label %q, error %q\n", country, answer.LeadTrackingNumber, answer.ErrorMessage)
		if country == "GB" {
			press("CancelLabel", fmt.Sprintf(`{"AuthorizationToken":%q,"OrderReference":"102"}`, token))
		}
	}
	// Output:
	// https://labels.example.com/shipping/GenerateLabel <nil>
	// GB: label "VAN102", error ""
	// FR: label "", error "The van does not cross the sea. Choose another service."
}
