package main

import (
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// shopChecks try what is assumed about TikTok Shop.
func shopChecks() []check {
	all := slices.Concat(shopGatewayChecks(), shopOrderChecks(), shopListChecks(), shopLiveChecks(), shopExchangeChecks(), shopShippingChecks(), shopStockChecks())
	for i := range all {
		all[i].side = "TikTok Shop"
	}
	return all
}

// Reasons why no check finds a quirk.
const (
	theyCall   = "TikTok calls us: a webhook needs an address that TikTok can reach"
	newTokens  = "it shows in the reply that brings new tokens, and making those here could end the ones of a program that runs"
	throttling = "the calls would have to be too fast on purpose, which holds up every other program of the shop"
)

// unseenInShop are the quirks of the fake shop that no check can find, and why.
var unseenInShop = map[tiktokshoptest.Quirk]string{
	tiktokshoptest.QuirkExpireInIsAMoment:      newTokens,
	tiktokshoptest.QuirkRefreshTokenRotates:    newTokens,
	tiktokshoptest.QuirkOldGrantsKeepScopes:    "the scopes of the app would have to be changed in Partner Center",
	tiktokshoptest.QuirkTimestampWindow:        "a wrong time has to be signed, and the client puts right a clock that is wrong",
	tiktokshoptest.QuirkBurstsInsideTheSecond:  throttling,
	tiktokshoptest.QuirkThrottledWithStatus200: throttling,
	tiktokshoptest.QuirkSandboxHour:            "it needs 1000 calls to development shops and the wait for the next hour",
	tiktokshoptest.QuirkSandboxHasNoFinance:    "only development shops have it, where the checks of statements fail with code 105005",
	tiktokshoptest.QuirkUSShippingBeatsRequest: "it needs a shop in the US, and the made-up one is in the UK",
	tiktokshoptest.QuirkProviderRegions:        "it needs a shop in Germany, France, Italy, Spain or Ireland, and the made-up one is in the UK",
	tiktokshoptest.QuirkDocumentExpires:        "it needs a wait of 24 hours",
	tiktokshoptest.QuirkWebhookNumbersAsIDs:    theyCall,
	tiktokshoptest.QuirkWebhookCancelSpelling:  theyCall,
	tiktokshoptest.QuirkWebhookNotPartial:      theyCall,
	tiktokshoptest.QuirkWebhookWithoutID:       theyCall,
	tiktokshoptest.QuirkWebhookWithoutEnvelope: theyCall,
	tiktokshoptest.QuirkWebhookOrder:           theyCall,
	tiktokshoptest.QuirkWebhookEcho:            theyCall,
}
