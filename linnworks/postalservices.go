package linnworks

import "context"

// PostalServicesService holds the operations of the PostalServices section.
type PostalServicesService service

// GetPostalServices calls GET /api/PostalServices/GetPostalServices.
func (s *PostalServicesService) GetPostalServices(ctx context.Context, opts ...CallOption) ([]PostalService, error) {
	var out []PostalService
	err := s.client.call(ctx, operation{name: "PostalServices.GetPostalServices", method: "GET", path: "/api/PostalServices/GetPostalServices", replay: replayRead, limit: 150}, nil, nil, &out, opts)
	return out, err
}

// Channel is part of the PostalServices section.
type Channel struct {
	PkPostalServiceID GUID   `json:"pkPostalServiceId,omitzero"`
	PostalServiceName string `json:"PostalServiceName,omitzero"`
	Source            string `json:"Source,omitzero"`
	SubSource         string `json:"SubSource,omitzero"`
}

// PostalService is part of the PostalServices section.
type PostalService struct {
	ID                       GUID              `json:"id,omitzero"`
	HasMappedShippingService bool              `json:"hasMappedShippingService,omitzero"`
	Channels                 []Channel         `json:"Channels,omitzero"`
	ShippingServices         []ShippingService `json:"ShippingServices,omitzero"`
	PostalServiceName        string            `json:"PostalServiceName,omitzero"`
	PostalServiceTag         string            `json:"PostalServiceTag,omitzero"`
	ServiceCountry           string            `json:"ServiceCountry,omitzero"`
	PostalServiceCode        string            `json:"PostalServiceCode,omitzero"`
	Vendor                   string            `json:"Vendor,omitzero"`
	PrintModule              string            `json:"PrintModule,omitzero"`
	PrintModuleTitle         string            `json:"PrintModuleTitle,omitzero"`
	PkPostalServiceID        GUID              `json:"pkPostalServiceId,omitzero"`
	TrackingNumberRequired   bool              `json:"TrackingNumberRequired,omitzero"`
	WeightRequired           bool              `json:"WeightRequired,omitzero"`
	IgnorePackagingGroup     bool              `json:"IgnorePackagingGroup,omitzero"`
	FkShippingAPIConfigID    int               `json:"fkShippingAPIConfigId,omitzero"`
	IntegratedServiceID      GUID              `json:"IntegratedServiceId,omitzero"`
}

// ShippingService is part of the PostalServices section.
type ShippingService struct {
	PkPostalServiceID  GUID   `json:"pkPostalServiceId,omitzero"`
	PostalServiceName  string `json:"PostalServiceName,omitzero"`
	Vendor             string `json:"vendor,omitzero"`
	Accountid          string `json:"accountid,omitzero"`
	VendorFriendlyName string `json:"vendorFriendlyName,omitzero"`
}
