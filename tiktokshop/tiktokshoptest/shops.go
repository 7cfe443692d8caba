package tiktokshoptest

import (
	"net/http"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// The scopes of the operations.
const (
	scopeShops     = "seller.authorization.info"
	scopeOrders    = "seller.order.info"
	scopeRefRead   = "seller.order.ext_ref.read"
	scopeRefWrite  = "seller.order.ext_ref.write"
	scopeFulfil    = "seller.fulfillment.basic"
	scopePackages  = "seller.fulfillment.package.write"
	scopeLogistics = "seller.logistics"
	scopeProducts  = "seller.product.basic"
	scopeListing   = "seller.product.write"
	scopeReturns   = "seller.return_refund.basic"
	scopeFinance   = "seller.finance.info"
	scopeAnalytics = "data.shop_analytics.public.read"
)

var allScopes = []string{
	scopeShops, scopeOrders, scopeRefRead, scopeRefWrite, scopeFulfil, scopePackages, scopeLogistics, scopeProducts, scopeListing,
	scopeReturns, scopeFinance, scopeAnalytics,
}

// warningTime is how long before the end of the authorisation TikTok begins to
// warn of it, once a day.
const warningTime = 30 * 24 * time.Hour

// shopState is what the seller or TikTok may do to a shop.
type shopState struct{ deauthorised, inactive bool }

// AddShop opens a further shop of the same seller, in another market, say, and
// returns it. It has its own cipher, products and orders; the app, tokens,
// clock, faults and recorded calls are those of all shops of the authorisation.
// Either of them serves the calls for all.
func (f *Fake) AddShop(region, id, cipher string) *Fake {
	defer f.enter()()
	added := newShop(f.platform, tiktokshop.Shop{
		ID: or(id, f.newID(idShop)), Code: "FAKE" + f.newID(idRequest), Name: "Fake Shop " + region,
	})
	added.shop.Cipher = or(cipher, "ROW_fakecipher"+added.shop.ID)
	WithMarket(region)(added)
	for _, shop := range f.shops {
		shop.shop.SellerType = "CROSS_BORDER"
	}
	return added
}

// Shops returns the shops of the authorisation, in the order in which they were
// opened.
func (f *Fake) Shops() []*Fake {
	defer f.enter()()
	return slices.Clone(f.shops)
}

// WithScopes sets the scopes that the app asks for. The default is all that the
// operations of the fake need.
func WithScopes(scopes ...string) Option {
	return func(f *Fake) { f.wanted = slices.Clone(scopes) }
}

// SetScopes changes the scopes that the app asks for. As on TikTok Shop the
// seller grants them with the next consent, see [Fake.Authorise]; refreshed
// tokens keep the old ones ([QuirkOldGrantsKeepScopes]).
func (f *Fake) SetScopes(scopes ...string) {
	defer f.enter()()
	f.wanted = slices.Clone(scopes)
}

// SetShopActive closes the shop (calls are refused with code 36009043) or opens
// it again.
func (f *Fake) SetShopActive(active bool) {
	defer f.enter()()
	f.state.inactive = !active
}

// SetSellerActive suspends the seller with all shops (code 36009044) or ends
// the suspension.
func (f *Fake) SetSellerActive(active bool) {
	defer f.enter()()
	f.inactive = !active
}

// Deauthorise lets the seller revoke the authorisation: the tokens stop working
// and webhook 6 is sent for every shop. [Fake.Authorise] begins a new one.
func (f *Fake) Deauthorise() {
	defer f.enter()()
	for _, shop := range f.shops {
		shop.deauthorise()
	}
}

func (f *Fake) deauthorise() {
	if f.state.deauthorised {
		return
	}
	f.notify(hookDeauthorised, deauthorised{"The seller has revoked the authorisation"})
	f.state.deauthorised = true
	if !slices.ContainsFunc(f.shops, func(s *Fake) bool { return !s.state.deauthorised }) {
		f.tokens.period++ // ends the warnings
		clear(f.tokens.access)
		clear(f.tokens.refresh)
	}
}

// warnOfExpiry sends webhook 7 every day until the authorisation ends.
func (f *Fake) warnOfExpiry(period int, from time.Time) {
	f.at(from, func() {
		end := f.tokens.current.RefreshExpires
		if f.tokens.period != period || !f.now.Before(end) {
			return
		}
		for _, shop := range f.shops {
			if !shop.state.deauthorised {
				shop.notify(hookExpiring, expiring{"The authorisation ends soon", end.Unix()})
			}
		}
		f.warnOfExpiry(period, f.now.UTC().Truncate(24*time.Hour).Add(24*time.Hour))
	})
}

// checkState refuses calls about shops and sellers that may not trade, and what
// the seller has not granted.
func (f *Fake) checkState(op operation, granted []string) error {
	switch {
	case f.inactive:
		return failStatus(http.StatusUnauthorized, codeSellerStopped, "The seller is inactive")
	case f.state.inactive && op.cipher != cipherRefused:
		return failStatus(http.StatusUnauthorized, codeShopInactive, "The shop is inactive")
	case op.scope != "" && !slices.Contains(granted, op.scope):
		return fail(codeScope, "Access denied: the scope %s is not granted", op.scope)
	case f.sandbox && op.scope == scopeFinance && f.has(QuirkSandboxHasNoFinance):
		return fail(codeScope, "Access denied: development shops have no finance")
	}
	return nil
}

func (f *Fake) authorizedShops(*request) (any, error) {
	var out tiktokshop.GetAuthorizedShopsResponse
	for _, shop := range f.shops {
		if !shop.state.deauthorised {
			out.Shops = append(out.Shops, shop.shop)
		}
	}
	return out, nil
}

// deauthorizeShop serves Authorization.DeauthorizeShop.
//
// https://partner.tiktokshop.com/docv2/page/deauthorize-shop-202403
func (f *Fake) deauthorizeShop(*request) (any, error) {
	f.deauthorise()
	return nil, nil
}

// activeShops serves Seller.GetActiveShops.
//
// https://partner.tiktokshop.com/docv2/page/get-active-shops-202309
func (f *Fake) activeShops(*request) (any, error) {
	var out tiktokshop.GetActiveShopsResponse
	for _, shop := range f.shops {
		if !shop.state.inactive && !shop.state.deauthorised {
			out.Shops = append(out.Shops, tiktokshop.GetActiveShopsResponseShop{ID: shop.shop.ID, Region: shop.shop.Region})
		}
	}
	return out, nil
}

// sellerStatus serves Seller.GetSellerStatus. The words are the fake's: TikTok
// describes none.
//
// https://partner.tiktokshop.com/docv2/page/get-seller-status-202508
func (f *Fake) sellerStatus(*request) (any, error) {
	out := tiktokshop.GetSellerStatusResponse{SellerStatusData: tiktokshop.GetSellerStatusResponseSellerStatusData{SellerStatus: "ACTIVE"}}
	for _, shop := range f.shops {
		status := "ACTIVE"
		if shop.state.inactive {
			status = "INACTIVE"
		}
		if !shop.state.deauthorised {
			out.SellerStatusData.ShopStatuses = append(out.SellerStatusData.ShopStatuses,
				tiktokshop.GetSellerStatusResponseSellerStatusDataShopStatus{ShopID: shop.shop.ID, ShopStatus: status})
		}
	}
	return out, nil
}

// sellerPermissions serves Seller.GetSellerPermissions.
//
// https://partner.tiktokshop.com/docv2/page/get-seller-permissions-202309
func (f *Fake) sellerPermissions(*request) (any, error) {
	return tiktokshop.GetSellerPermissionsResponse{Permissions: []string{"MANAGE_GLOBAL_PRODUCT"}}, nil
}
