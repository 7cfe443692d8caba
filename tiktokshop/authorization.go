package tiktokshop

import "context"

// AuthorizationService holds the operations of the Authorization section.
type AuthorizationService service

// GetAuthorizedShops calls GET /authorization/202309/shops.
func (s *AuthorizationService) GetAuthorizedShops(ctx context.Context, opts ...CallOption) (*GetAuthorizedShopsResponse, error) {
	out := new(GetAuthorizedShopsResponse)
	return out, s.client.call(ctx, operation{name: "Authorization.GetAuthorizedShops", method: "GET", path: "/authorization/202309/shops", replay: replayRead, noCipher: true}, nil, nil, out, opts)
}

// GetAuthorizedShopsResponse is part of the authorization section.
type GetAuthorizedShopsResponse struct {
	Shops []Shop `json:"shops,omitzero"`
}

// Shop is part of the authorization section.
type Shop struct {
	Cipher     string `json:"cipher,omitzero"`
	Code       string `json:"code,omitzero"`
	ID         string `json:"id,omitzero"`
	Name       string `json:"name,omitzero"`
	Region     string `json:"region,omitzero"`
	SellerType string `json:"seller_type,omitzero"`
}
