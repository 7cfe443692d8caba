package tiktokshop

import (
	"fmt"
	"slices"
	"strings"
)

// Keys of the scopes that order, stock and money of a shop need. An app asks for
// them in Partner Center, by the names behind them; an authorisation has those
// that the app asked for when the seller consented.
const (
	ScopeAuthorization     = "seller.authorization.info"  // Shop Authorized Information: shops, webhooks
	ScopeOrders            = "seller.order.info"          // Order Information
	ScopeExternalRefRead   = "seller.order.ext_ref.read"  // external order references
	ScopeExternalRefWrite  = "seller.order.ext_ref.write" // or ScopeExternalRefCustom
	ScopeExternalRefCustom = "seller.order.ext_ref.write.custom"
	ScopeFulfillment       = "seller.fulfillment.basic"         // Fulfillment Basic: packages, shipping, tracking
	ScopePackageWrite      = "seller.fulfillment.package.write" // Package Split And Combine, handover slots
	ScopeLogistics         = "seller.logistics"                 // Logistics Basic: warehouses, providers, UpdateShippingInfo
	ScopeProducts          = "seller.product.basic"             // Product Basic: search, stock search
	ScopeProductWrite      = "seller.product.write"             // Product Modify: stock, price
	ScopeReturns           = "seller.return_refund.basic"       // Return & Refund Basic: cancellations too
	ScopeFinance           = "seller.finance.info"              // Finance Information
	ScopeDeliveryStatus    = "seller.delivery.status.write"     // Update Delivery Status: own fleets in Southeast Asia
)

// BridgeScopes returns the scopes that a bridge between a shop and a warehouse
// needs: all of the above but [ScopeDeliveryStatus] and [ScopePackageWrite],
// without which single features are missing.
func BridgeScopes() []string {
	return []string{
		ScopeAuthorization, ScopeOrders, ScopeExternalRefRead, ScopeExternalRefWrite, ScopeFulfillment,
		ScopeLogistics, ScopeProducts, ScopeProductWrite, ScopeReturns, ScopeFinance,
	}
}

// MissingScopes returns those of the needed scopes that the seller has not
// granted, in their order; without arguments [BridgeScopes] are needed. Look when
// a shop is connected: a call without its scope fails with code 105005. Scopes
// that the app asks for later reach a seller with the next consent only.
//
// A Token that is not of [Client.ExchangeCode] or [Client.RefreshToken] may lack
// Scopes altogether; then all are missing by this count.
func (t Token) MissingScopes(needed ...string) []string {
	if len(needed) == 0 {
		needed = BridgeScopes()
	}
	var missing []string
	for _, scope := range needed {
		granted := slices.Contains(t.Scopes, scope) ||
			scope == ScopeExternalRefWrite && slices.Contains(t.Scopes, ScopeExternalRefCustom)
		if !granted && !slices.Contains(missing, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

// CheckScopes returns an error that names the missing scopes, and for which
// [NeedsAuthorisation] holds; nil if none is missing. Its arguments are those of
// [Token.MissingScopes].
func (t Token) CheckScopes(needed ...string) error {
	missing := t.MissingScopes(needed...)
	if len(missing) == 0 {
		return nil
	}
	return &Error{Operation: "CheckScopes", Class: ClassAuthorisation, Err: fmt.Errorf(
		"the seller has not granted %s: add what the app does not ask for in Partner Center, App & Service", strings.Join(missing, ", "))}
}
