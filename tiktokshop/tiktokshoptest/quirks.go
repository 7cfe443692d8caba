package tiktokshoptest

import "slices"

// Quirk is a habit of TikTok Shop that surprises its callers. [Quirks] lists
// them; [Without] switches some off, and [With] switches on those that are off
// unless asked for.
type Quirk string

// The quirks; [Quirks] says what each does.
const (
	QuirkExpireInIsAMoment          Quirk = "expire_in is a moment"
	QuirkGrantType                  Quirk = "grant type"
	QuirkRefreshTokenRotates        Quirk = "refresh token rotates"
	QuirkOldGrantsKeepScopes        Quirk = "old grants keep scopes"
	QuirkTimestampWindow            Quirk = "timestamp window"
	QuirkUpperCaseSignature         Quirk = "upper-case signature"
	QuirkUnsignedEmptyObject        Quirk = "unsigned empty object"
	QuirkCipherRefused              Quirk = "cipher refused"
	QuirkOneCodeForManyFaults       Quirk = "one code for many faults"
	QuirkGuessedVersion             Quirk = "guessed version"
	QuirkItemErrors                 Quirk = "item errors"
	QuirkItemCodesAsText            Quirk = "item codes as text"
	QuirkEmptyData                  Quirk = "empty data"
	QuirkLastPageToken              Quirk = "last page token"
	QuirkCommaLists                 Quirk = "comma lists"
	QuirkEmptyArrayRefused          Quirk = "empty array refused"
	QuirkInclusiveProductTimes      Quirk = "inclusive product times"
	QuirkReturnsAscend              Quirk = "returns ascend"
	QuirkCancelSpelling             Quirk = "cancel spelling"
	QuirkMisspeltFields             Quirk = "misspelt fields"
	QuirkBurstsInsideTheSecond      Quirk = "bursts inside the second"
	QuirkThrottledWithStatus200     Quirk = "throttled with status 200"
	QuirkSandboxHour                Quirk = "sandbox hour"
	QuirkSandboxHasNoFinance        Quirk = "sandbox has no finance"
	QuirkLineOrder                  Quirk = "line order"
	QuirkRotatingURLs               Quirk = "rotating URLs"
	QuirkComponentsOnlyInDetail     Quirk = "components only in detail"
	QuirkNoAddressOnHold            Quirk = "no address on hold"
	QuirkHoldHour                   Quirk = "hold hour"
	QuirkHoldBlocksShipping         Quirk = "hold blocks shipping"
	QuirkMaskedAddress              Quirk = "masked address"
	QuirkUpdateTimeOfStatusOnly     Quirk = "update time of status only"
	QuirkPlatformOrdersInList       Quirk = "platform orders in list"
	QuirkNoPackageBeforeShipping    Quirk = "no package before shipping"
	QuirkShipCallByMarket           Quirk = "ship call by market"
	QuirkRepeatedShipRefused        Quirk = "repeated ship refused"
	QuirkCancelRequestBlocks        Quirk = "cancel request blocks"
	QuirkUSShippingBeatsRequest     Quirk = "US shipping beats request"
	QuirkProviderOfDeliveryOption   Quirk = "provider of delivery option"
	QuirkProviderRegions            Quirk = "provider regions"
	QuirkTrackingNumberOnce         Quirk = "tracking number once"
	QuirkOneCorrection              Quirk = "one correction"
	QuirkDocumentNotReady           Quirk = "document not ready"
	QuirkDocumentExpires            Quirk = "document expires"
	QuirkAllWarehouses              Quirk = "all warehouses"
	QuirkBackorderStays             Quirk = "backorder stays"
	QuirkBundleStockDerived         Quirk = "bundle stock derived"
	QuirkCampaignLock               Quirk = "campaign lock"
	QuirkOutOfStockZeroes           Quirk = "out of stock zeroes"
	QuirkActivationIsAudited        Quirk = "activation is audited"
	QuirkOrderLimitEmptiesInventory Quirk = "order limit empties inventory"
	QuirkRunningLiveListed          Quirk = "running LIVE listed"
	QuirkLiveMinutesAtOnce          Quirk = "LIVE minutes at once"
	QuirkLiveProductsAtOnce         Quirk = "LIVE products at once"
	QuirkExchangeAnyChannel         Quirk = "exchange takes any channel"
	QuirkExchangeTouchesOrders      Quirk = "exchange touches orders"
	QuirkTenSKUsASearch             Quirk = "ten SKUs a search"
	QuirkStatementNextDay           Quirk = "statement next day"
	QuirkStatementFieldsByMarket    Quirk = "statement fields by market"
	QuirkWebhookNumbersAsIDs        Quirk = "webhook numbers as ids"
	QuirkWebhookCancelSpelling      Quirk = "webhook cancel spelling"
	QuirkWebhookNotPartial          Quirk = "webhook not partial"
	QuirkWebhookWithoutID           Quirk = "webhook without id"
	QuirkWebhookWithoutEnvelope     Quirk = "webhook without envelope"
	QuirkWebhookOrder               Quirk = "webhook order"
	QuirkWebhookEcho                Quirk = "webhook echo"
)

// QuirkInfo describes a [Quirk].
type QuirkInfo struct {
	Quirk Quirk
	// Off tells that the quirk is off unless [With] switches it on.
	Off bool
	// About says in one line what the fake does while the quirk is on.
	About string
}

var quirks = []QuirkInfo{
	{QuirkExpireInIsAMoment, false, "the token fields called expire_in hold Unix times, not durations"},
	{QuirkGrantType, false, "a code is exchanged with grant_type authorized_code; authorization_code is refused"},
	{QuirkRefreshTokenRotates, false, "a refresh token works once; the reply brings the next one"},
	{QuirkOldGrantsKeepScopes, false, "scopes added to the app reach a seller with the next consent only, not by refreshing"},
	{QuirkTimestampWindow, false, "timestamps may be 5 minutes old, but only 30 seconds ahead"},
	{QuirkUpperCaseSignature, false, "a signature in upper-case hexadecimal is wrong"},
	{QuirkUnsignedEmptyObject, true, "a body that is {} may be left out of the signature, as some clients do; whether TikTok Shop takes it is not known"},
	{QuirkCipherRefused, false, "operations that are not about one shop refuse a shop_cipher"},
	{QuirkOneCodeForManyFaults, false, "a dozen different faults of a request all have code 36009004"},
	{QuirkGuessedVersion, false, "a version newer than the newest is an unknown path, 404; an older one is answered 36009014"},
	{QuirkItemErrors, false, "a reply with code 0 holds errors of single items"},
	{QuirkItemCodesAsText, false, "the item codes of external references are strings, all others are numbers"},
	{QuirkEmptyData, false, "data of a reply without content is {}, null or absent"},
	{QuirkLastPageToken, false, "the page token of the last page is empty or absent"},
	{QuirkCommaLists, false, "lists in the query are joined by commas; a JSON array is no list"},
	{QuirkEmptyArrayRefused, false, "an empty array in the place of an object is refused; without the quirk it counts as absent"},
	{QuirkInclusiveProductTimes, false, "times of product searches end with _le and include their end, all others exclude it"},
	{QuirkReturnsAscend, false, "searches of returns and cancellations begin with the oldest, all others with the newest"},
	{QuirkCancelSpelling, false, "a withdrawn request is CANCELLATION_REQUEST_CANCELLED in replies and ..._CANCEL in filters"},
	{QuirkMisspeltFields, false, "the fields available of a pickup slot and district of a warehouse address are spelt avaliable and distict"},
	{QuirkBurstsInsideTheSecond, false, "a quota of n a second admits one call each nth of a second"},
	{QuirkThrottledWithStatus200, true, "code 36009002 comes with HTTP status 200 instead of 429"},
	{QuirkSandboxHour, false, "the hourly cap of a sandbox ends with the hour, not 60 minutes after the first call"},
	{QuirkSandboxHasNoFinance, false, "a sandbox refuses all operations of finance"},
	{QuirkLineOrder, false, "the lines of an order come in another order at every reading"},
	{QuirkRotatingURLs, false, "the URLs of pictures and avatars differ at every reading"},
	{QuirkComponentsOnlyInDetail, false, "the components of a virtual bundle are in the detail of an order, not in the list"},
	{QuirkNoAddressOnHold, false, "an order has no address while it is UNPAID or ON_HOLD"},
	{QuirkHoldHour, false, "a paid order stays ON_HOLD for an hour; without the quirk all orders are as with NoHold, except those placed ON_HOLD"},
	{QuirkHoldBlocksShipping, false, "an order cannot be shipped while it is ON_HOLD"},
	{QuirkMaskedAddress, false, "addresses are masked by market, status and who ships"},
	{QuirkUpdateTimeOfStatusOnly, false, "update_time moves with the status, not for an address, a request to cancel or a further package"},
	{QuirkPlatformOrdersInList, false, "orders that TikTok fulfils are in the order list like others"},
	{QuirkNoPackageBeforeShipping, false, "orders in the US, and those that the seller ships in Europe and Japan, have no package id until they are shipped"},
	{QuirkShipCallByMarket, false, "the call that ships depends on market and shipping type, and the others are refused"},
	{QuirkRepeatedShipRefused, false, "a repeated call to ship is refused; without the quirk it succeeds and changes nothing"},
	{QuirkCancelRequestBlocks, false, "a pending request to cancel blocks shipping, unless US shipping beats it"},
	{QuirkUSShippingBeatsRequest, false, "in the US shipping rejects a pending request to cancel instead of being blocked by it"},
	{QuirkProviderOfDeliveryOption, false, "the provider of a shipment has to be one of the order's delivery option"},
	{QuirkProviderRegions, false, "in DE, FR, IT, ES and IE the providers need warehouse_region and buyer_region in the query"},
	{QuirkTrackingNumberOnce, false, "a tracking number serves one order, or 20 of one buyer and address"},
	{QuirkOneCorrection, false, "the tracking number of an order can be corrected once, in some markets for 72 hours"},
	{QuirkDocumentNotReady, false, "the first request for the documents of a package is answered that they are being made"},
	{QuirkDocumentExpires, false, "the URL of a document works for 24 hours"},
	{QuirkAllWarehouses, false, "a stock update names every warehouse of the SKU and no other"},
	{QuirkBackorderStays, false, "the backorder quantity stays when an update leaves it out"},
	{QuirkBundleStockDerived, false, "the stock of a virtual bundle cannot be set"},
	{QuirkCampaignLock, false, "stock cannot be set below what campaigns and creators have locked"},
	{QuirkOutOfStockZeroes, false, "a cancellation by the seller for want of stock sets the stock of the SKU to 0"},
	{QuirkActivationIsAudited, false, "an activated product is PENDING until its audit ends"},
	{QuirkOrderLimitEmptiesInventory, true, "Inventory Search shows 0 of everything while the shop has reached its order limit; whether TikTok Shop does is not known"},
	{QuirkRunningLiveListed, true, "the list of LIVEs has one that goes on, without an end; whether TikTok Shop's has is not known"},
	{QuirkLiveMinutesAtOnce, true, "the figures of a LIVE by the minute are there while it goes on; the official page promises them afterwards"},
	{QuirkLiveProductsAtOnce, true, "the products of a LIVE and what is sold of them are there while it goes on; whether TikTok Shop shows them is not known"},
	{QuirkExchangeAnyChannel, true, "order states may be told of any channel, not only of the four that are named"},
	{QuirkExchangeTouchesOrders, true, "an order whose state was told has a new update_time; what TikTok Shop does with what it is told is not known"},
	{QuirkTenSKUsASearch, false, "a product search takes at most 10 seller_skus and 10 sku_ids"},
	{QuirkStatementNextDay, false, "a statement is made at 00:00 UTC, has that time, and covers the day before"},
	{QuirkStatementFieldsByMarket, false, "statements have no revenue_amount in the US and the UK, and no net_sales_amount elsewhere"},
	{QuirkWebhookNumbersAsIDs, false, "the product ids of webhooks 5, 16 and 37 are JSON numbers"},
	{QuirkWebhookCancelSpelling, false, "webhook 1 calls a cancelled order CANCEL"},
	{QuirkWebhookNotPartial, false, "webhook 1 is not sent for PARTIALLY_SHIPPING"},
	{QuirkWebhookWithoutID, false, "webhook 3 has no tts_notification_id"},
	{QuirkWebhookWithoutEnvelope, false, "the inventory update comes without the envelope of the others"},
	{QuirkWebhookOrder, false, "webhooks of the same moment arrive in any order"},
	{QuirkWebhookEcho, false, "the app's own stock updates come back as inventory updates with api_sync"},
}

// Quirks lists the quirks, each with a line on what it does.
//
// The shape of the API is no quirk and cannot be switched off, however much it
// surprises: every unit of an order is a line item of its own, ids are strings of
// digits, amounts are decimal strings, and times are Unix seconds. A switch would
// make another API of it, one that no client of TikTok Shop could read.
func Quirks() []QuirkInfo { return slices.Clone(quirks) }

// Without switches quirks off.
func Without(quirks ...Quirk) Option { return switchTo(false, quirks) }

// With switches quirks on.
func With(quirks ...Quirk) Option { return switchTo(true, quirks) }

func switchTo(on bool, quirks []Quirk) Option {
	return func(f *Fake) {
		for _, q := range quirks {
			if _, known := f.on[q]; !known {
				panic("tiktokshoptest: no quirk is called " + string(q))
			}
			f.on[q] = on
		}
	}
}

func (f *Fake) has(q Quirk) bool { return f.on[q] }
