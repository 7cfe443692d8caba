package tiktokshop

import "context"

// LogisticsService holds the operations of the Logistics section.
type LogisticsService service

// GetShippingProviders calls GET /logistics/202309/delivery_options/{delivery_option_id}/shipping_providers.
func (s *LogisticsService) GetShippingProviders(ctx context.Context, deliveryOptionID string, opts ...CallOption) (*GetShippingProvidersResponse, error) {
	out := new(GetShippingProvidersResponse)
	return out, s.client.call(ctx, operation{name: "Logistics.GetShippingProviders", method: "GET", path: "/logistics/202309/delivery_options/{delivery_option_id}/shipping_providers", replay: replayRead}, []string{deliveryOptionID}, nil, out, opts)
}

// GetWarehouseList calls GET /logistics/202309/warehouses.
func (s *LogisticsService) GetWarehouseList(ctx context.Context, opts ...CallOption) (*GetWarehouseListResponse, error) {
	out := new(GetWarehouseListResponse)
	return out, s.client.call(ctx, operation{name: "Logistics.GetWarehouseList", method: "GET", path: "/logistics/202309/warehouses", replay: replayRead}, nil, nil, out, opts)
}

// GetShippingProvidersResponse is part of the logistics section.
type GetShippingProvidersResponse struct {
	ShippingProviders []ShippingProvider `json:"shipping_providers,omitzero"`
}

// GetWarehouseListResponse is part of the logistics section.
type GetWarehouseListResponse struct {
	Warehouses []Warehouse `json:"warehouses,omitzero"`
}

// ShippingProvider is part of the logistics section.
type ShippingProvider struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name,omitzero"`
}

// Warehouse is part of the logistics section.
type Warehouse struct {
	Address      WarehouseAddress `json:"address,omitzero"`
	EffectStatus string           `json:"effect_status,omitzero"`
	EntityID     string           `json:"entity_id,omitzero"`
	ID           string           `json:"id,omitzero"`
	IsDefault    bool             `json:"is_default,omitzero"`
	Name         string           `json:"name,omitzero"`
	SubType      string           `json:"sub_type,omitzero"`
	Type         string           `json:"type,omitzero"`
}

// WarehouseAddress is part of the logistics section.
type WarehouseAddress struct {
	AddressLine1         string                      `json:"address_line1,omitzero"`
	AddressLine2         string                      `json:"address_line2,omitzero"`
	AddressLine3         string                      `json:"address_line3,omitzero"`
	AddressLine4         string                      `json:"address_line4,omitzero"`
	City                 string                      `json:"city,omitzero"`
	ContactPerson        string                      `json:"contact_person,omitzero"`
	Distict              string                      `json:"distict,omitzero"`
	FirstName            string                      `json:"first_name,omitzero"`
	FirstNameLocalScript string                      `json:"first_name_local_script,omitzero"`
	FullAddress          string                      `json:"full_address,omitzero"`
	Geolocation          WarehouseAddressGeolocation `json:"geolocation,omitzero"`
	LastName             string                      `json:"last_name,omitzero"`
	LastNameLocalScript  string                      `json:"last_name_local_script,omitzero"`
	PhoneNumber          string                      `json:"phone_number,omitzero"`
	PostalCode           string                      `json:"postal_code,omitzero"`
	Region               string                      `json:"region,omitzero"`
	RegionCode           string                      `json:"region_code,omitzero"`
	State                string                      `json:"state,omitzero"`
	Town                 string                      `json:"town,omitzero"`
}

// WarehouseAddressGeolocation is part of the logistics section.
type WarehouseAddressGeolocation struct {
	Latitude  string `json:"latitude,omitzero"`
	Longitude string `json:"longitude,omitzero"`
}
