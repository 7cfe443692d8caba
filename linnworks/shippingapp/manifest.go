package shippingapp

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// Vendor is what an integration is called.
type Vendor struct {
	// Name is unique among all integrations of Linnworks: upper case, without spaces,
	// of at most 24 characters.
	Name string
	// FriendlyName is what people see.
	FriendlyName string
	// LogoURL is the address of a picture of 57 by 57 pixels.
	LogoURL string
}

func (v *Vendor) check() error {
	switch {
	case v.Name == "" || utf8.RuneCountInString(v.Name) > 24 || v.Name != strings.ToUpper(v.Name) || strings.ContainsAny(v.Name, " \t\r\n"):
		return fmt.Errorf("the name %q must have 1 to 24 characters, in upper case and without spaces", v.Name)
	case v.FriendlyName == "":
		return errors.New("FriendlyName is missing")
	}
	return nil
}

// Manifest is what the developer portal asks about a shipping integration.
//
// https://apidocs.linnworks.net/docs/manifest-parameters-1
type Manifest struct {
	VendorName                    string
	VendorFriendlyName            string
	VendorLogoURL                 string
	AddNewUserEndpoint            string
	UserConfigEndpoint            string
	UpdateConfigEndpoint          string
	ConfigDeletedEndpoint         string
	UserAvailableServicesEndpoint string
	GenerateLabelEndpoint         string
	CancelLabelEndpoint           string
	// The others are empty for what the handler has no port for.
	CreateManifest string `json:",omitempty"`
	PrintManifest  string `json:",omitempty"`
	ExtPropertyMap string `json:",omitempty"`
	Quote          string `json:",omitempty"`
}

// Manifest returns what to enter at developer.linnworks.com when the handler is
// reached under base, such as https://labels.example.com/shipping.
func (h *Handler) Manifest(base string) (Manifest, error) {
	under, err := called.Under(base)
	if err == nil {
		err = h.options.Vendor.check()
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("shippingapp: Manifest of %q: %w", base, err)
	}
	at := func(name string, served bool) string {
		if !served {
			return ""
		}
		return under(name)
	}
	v := h.options.Vendor
	return Manifest{
		VendorName: v.Name, VendorFriendlyName: v.FriendlyName, VendorLogoURL: v.LogoURL,
		AddNewUserEndpoint: at("AddNewUser", true), UserConfigEndpoint: at("UserConfig", true), UpdateConfigEndpoint: at("UpdateConfig", true),
		ConfigDeletedEndpoint: at("ConfigDeleted", true), UserAvailableServicesEndpoint: at("UserAvailableServices", true),
		GenerateLabelEndpoint: at("GenerateLabel", true), CancelLabelEndpoint: at("CancelLabel", true),
		CreateManifest: at("CreateManifest", h.ports.Manifests != nil), PrintManifest: at("PrintManifest", h.ports.Manifests != nil),
		ExtPropertyMap: at("ExtPropertyMap", len(h.options.Properties) > 0), Quote: at("Quote", h.ports.Quotes != nil),
	}, nil
}
