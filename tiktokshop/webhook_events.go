package tiktokshop

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

// WebhookType is the number by which TikTok names the kind of a webhook. The
// list is open: numbers without a constant arrive too and are delivered with
// their raw payload.
//
// https://partner.tiktokshop.com/docv2/page/tiktok-shop-webhooks
type WebhookType int

// The types. Those that say so have no struct of their own: their events carry
// the raw payload alone.
const (
	WebhookOrderStatusChange               WebhookType = 1  // *[OrderStatusChange]
	WebhookReverseOrderStatusChange        WebhookType = 2  // no struct: of the retired V1, see 11 and 12
	WebhookRecipientAddressUpdate          WebhookType = 3  // *[RecipientAddressUpdate]
	WebhookPackageUpdate                   WebhookType = 4  // *[PackageUpdate]
	WebhookProductStatusChange             WebhookType = 5  // *[ProductStatusChange]
	WebhookSellerDeauthorization           WebhookType = 6  // *[SellerDeauthorization]
	WebhookUpcomingAuthorizationExpiration WebhookType = 7  // *[UpcomingAuthorizationExpiration]
	WebhookCancellationStatusChange        WebhookType = 11 // *[CancellationStatusChange]
	WebhookReturnStatusChange              WebhookType = 12 // *[ReturnStatusChange]
	WebhookNewConversation                 WebhookType = 13 // *[NewConversation]
	WebhookNewMessage                      WebhookType = 14 // *[NewMessage]
	WebhookProductInformationChange        WebhookType = 15 // *[ProductInformationChange]
	WebhookProductCreation                 WebhookType = 16 // *[ProductCreation]
	WebhookShoppableContentPosting         WebhookType = 17 // *[ShoppableContentPosting]
	WebhookProductCategoryChange           WebhookType = 18 // *[ProductCategoryChange]
	WebhookSizeChartChange                 WebhookType = 19 // *[SizeChartChange]
	WebhookCreatorDeauthorization          WebhookType = 20 // *[CreatorDeauthorization]
	WebhookInboundFBTOrderStatusChange     WebhookType = 21 // *[InboundFBTOrderStatusChange]
	WebhookFBTMerchantOnboarding           WebhookType = 22 // *[FBTMerchantOnboarding]
	WebhookGoodsMatch                      WebhookType = 23 // *[GoodsMatch]
	WebhookFBTInventoryUpdate              WebhookType = 24 // *[FBTInventoryUpdate]
	WebhookOpportunityMatchingStatusChange WebhookType = 25 // *[OpportunityMatchingStatusChange]
	WebhookInventoryStatusChange           WebhookType = 27 // *[InventoryStatusChange]
	WebhookNewMessageListener              WebhookType = 33 // *[NewMessageListener]
	WebhookTokopediaMirrorStatusChange     WebhookType = 35 // *[TokopediaMirrorStatusChange]
	WebhookInvoiceStatusChange             WebhookType = 36 // *[InvoiceStatusChange]
	WebhookProductAuditStatusChange        WebhookType = 37 // *[ProductAuditStatusChange]
	WebhookStrikethroughPriceExpired       WebhookType = 38 // *[StrikethroughPriceExpired]
	WebhookActivityStatusChange            WebhookType = 39 // *[ActivityStatusChange]
	WebhookCombinedListingChange           WebhookType = 42 // *[CombinedListingChange]
	WebhookImageTranslationCompleted       WebhookType = 46 // *[ImageTranslationCompleted]
	WebhookGlobalReplicationStatusChange   WebhookType = 51 // *[GlobalReplicationStatusChange]
	WebhookGlobalListingMethodChange       WebhookType = 52 // *[GlobalListingMethodChange]
	WebhookVideoPrecheckResult             WebhookType = 55 // *[VideoPrecheckResult]
	WebhookFBTMCFOrderStatus               WebhookType = 58 // *[FBTMCFOrderStatus]
	WebhookPromotionActivity               WebhookType = 63 // no struct: its fields are not known
	WebhookAftersalesRequestStatusUpdate   WebhookType = 64 // *[AftersalesRequestStatusUpdate]
	WebhookRMAStatusUpdate                 WebhookType = 65 // *[RMAStatusUpdate]
	WebhookSizeChartAppeal                 WebhookType = 66 // no struct: its fields are not known
	WebhookRefundSuccess                   WebhookType = 67 // *[RefundSuccess]
	WebhookInventoryUpdate                 WebhookType = 68 // *[InventoryUpdate], under whatever number it comes
)

// webhookTypes gives every type its name and, if the Event API can switch it on
// and off, its name there.
var webhookTypes = map[WebhookType]struct {
	name  string
	event EventType
}{
	WebhookOrderStatusChange:               {"order status change", EventTypeOrderStatusChange},
	WebhookReverseOrderStatusChange:        {"reverse order status change", ""},
	WebhookRecipientAddressUpdate:          {"recipient address update", EventTypeRecipientAddressUpdate},
	WebhookPackageUpdate:                   {"package update", EventTypePackageUpdate},
	WebhookProductStatusChange:             {"product status change", EventTypeProductStatusChange},
	WebhookSellerDeauthorization:           {"seller deauthorization", EventTypeSellerDeauthorization},
	WebhookUpcomingAuthorizationExpiration: {"upcoming authorization expiration", EventTypeUpcomingAuthorizationExpiration},
	WebhookCancellationStatusChange:        {"cancellation status change", EventTypeCancellationStatusChange},
	WebhookReturnStatusChange:              {"return status change", EventTypeReturnStatusChange},
	WebhookNewConversation:                 {"new conversation", EventTypeNewConversation},
	WebhookNewMessage:                      {"new message", EventTypeNewMessage},
	WebhookProductInformationChange:        {"product information change", EventTypeProductInformationChange},
	WebhookProductCreation:                 {"product creation", EventTypeProductCreation},
	WebhookShoppableContentPosting:         {"shoppable content posting", ""},
	WebhookProductCategoryChange:           {"product category change", EventTypeProductCategoryChange},
	WebhookSizeChartChange:                 {"size chart change", ""},
	WebhookCreatorDeauthorization:          {"creator deauthorization", ""},
	WebhookInboundFBTOrderStatusChange:     {"inbound FBT order status change", ""},
	WebhookFBTMerchantOnboarding:           {"FBT merchant onboarding", ""},
	WebhookGoodsMatch:                      {"goods match", ""},
	WebhookFBTInventoryUpdate:              {"FBT inventory update", ""},
	WebhookOpportunityMatchingStatusChange: {"opportunity matching status change", ""},
	WebhookInventoryStatusChange:           {"inventory status change", ""},
	WebhookNewMessageListener:              {"new message listener", EventTypeNewMessageListener},
	WebhookTokopediaMirrorStatusChange:     {"Tokopedia mirror status change", ""},
	WebhookInvoiceStatusChange:             {"invoice status change", EventTypeInvoiceStatusChange},
	WebhookProductAuditStatusChange:        {"product audit status change", EventTypeProductAuditStatusChange},
	WebhookStrikethroughPriceExpired:       {"strikethrough price expired", ""},
	WebhookActivityStatusChange:            {"activity status change", ""},
	WebhookCombinedListingChange:           {"combined listing change", ""},
	WebhookImageTranslationCompleted:       {"image translation completed", ""},
	WebhookGlobalReplicationStatusChange:   {"global replication status change", ""},
	WebhookGlobalListingMethodChange:       {"global listing method change", ""},
	WebhookVideoPrecheckResult:             {"video precheck result", ""},
	WebhookFBTMCFOrderStatus:               {"FBT MCF order status", ""},
	WebhookPromotionActivity:               {"promotion activity", ""},
	WebhookAftersalesRequestStatusUpdate:   {"aftersales request status update", ""},
	WebhookRMAStatusUpdate:                 {"RMA status update", ""},
	WebhookSizeChartAppeal:                 {"size chart appeal", ""},
	WebhookRefundSuccess:                   {"refund success", ""},
	WebhookInventoryUpdate:                 {"inventory update", ""},
}

// String names the type, "type 99" where the name is not known.
func (t WebhookType) String() string {
	return cmp.Or(webhookTypes[t].name, "type "+strconv.Itoa(int(t)))
}

// EventType is the name under which the Event API sets the address of the type;
// ok is false for types that can be set in Partner Center only.
func (t WebhookType) EventType() (name EventType, ok bool) {
	name = webhookTypes[t].event
	return name, name != ""
}

// WebhookEvent is one webhook as it was received. It is a hint that something
// changed: events are lost, repeated and out of order, so read the object anew
// instead of taking the payload for its state.
//
// An event encodes as the JSON that TikTok sent, and decodes from it, typed
// again: it can be put on a queue with encoding/json. It prints without its
// payload, which may hold a buyer's message.
type WebhookEvent struct {
	// Type says what happened and which type Data has. It is 0 where TikTok
	// sent none.
	Type WebhookType
	// ID is TikTok's id of the notification, the same for all its deliveries.
	// It may be missing, see [WebhookEvent.Key].
	ID string
	// ShopID is the [Shop.ID] that the event is about. A few types name a seller
	// or a creator instead, by the [Token.OpenID] of their authorisation.
	ShopID        string
	SellerOpenID  string
	CreatorOpenID string
	// SellerID is TikTok's number of the seller. Only the inventory update has it,
	// which may come without ShopID.
	SellerID string
	// Time is when the event happened, to the second and in UTC; deliveries that
	// TikTok repeats carry the time of the first. Zero where TikTok sent none.
	Time time.Time
	// Data is a pointer to the struct of the type, such as *[OrderStatusChange].
	// It is nil for types without one, and where the payload is no object.
	Data any
	// DecodeErr says what in the event had another shape than documented. The event
	// is delivered all the same: such a field of Data is zero, and RawData has what
	// TikTok sent.
	DecodeErr error
	// RawData is the JSON of the payload, the data field of Raw.
	RawData json.RawMessage
	// Raw is the whole body.
	Raw json.RawMessage
}

// ParseWebhook reads the body of a webhook without checking its signature, see
// [VerifyWebhook]: for events that were stored and for tests. It refuses only
// what is not a JSON object, with [ErrWebhookMalformed]; whatever else is odd is
// in DecodeErr. The event keeps body: do not change it afterwards.
func ParseWebhook(body []byte) (*WebhookEvent, error) {
	type envelope struct {
		Type          ID              `json:"type"`
		ID            string          `json:"tts_notification_id"`
		ShopID        string          `json:"shop_id"`
		SellerOpenID  string          `json:"seller_open_id"`
		CreatorOpenID string          `json:"creator_open_id"`
		Timestamp     UnixSeconds     `json:"timestamp"`
		Data          json.RawMessage `json:"data"`
		// The inventory update is documented without an envelope.
		EventID  string          `json:"event_id"`
		Snapshot json.RawMessage `json:"quantity_snapshot_after_change"`
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	if len(text) == 0 || text[0] != '{' {
		return nil, ErrWebhookMalformed
	}
	var in envelope
	unread, err := lenient.Unmarshal(text, &in)
	if err != nil {
		return nil, ErrWebhookMalformed
	}
	var odd []error
	for _, u := range unread {
		odd = append(odd, fmt.Errorf("tiktokshop: webhook: %s", u))
	}
	if in.Timestamp.Err() != nil {
		odd = append(odd, errors.New("tiktokshop: webhook: timestamp is no moment"))
	}
	e := &WebhookEvent{
		ID: in.ID, ShopID: in.ShopID, SellerOpenID: in.SellerOpenID, CreatorOpenID: in.CreatorOpenID,
		Time: in.Timestamp.Time(), Raw: body, RawData: in.Data,
	}
	if in.Type != "" {
		n, err := strconv.Atoi(string(in.Type))
		if err != nil {
			odd = append(odd, errors.New("tiktokshop: webhook: type is not a number"))
		}
		e.Type = WebhookType(n)
	}
	if len(in.Data) == 0 && len(in.Snapshot) != 0 {
		e.RawData = text
		e.Type = cmp.Or(e.Type, WebhookInventoryUpdate)
		e.ID = cmp.Or(in.EventID, e.ID)
	}
	if data := e.newData(); data != nil {
		some, err := e.decode(data)
		if err != nil {
			odd = append(odd, err)
		}
		if some { // even in part, for its ids
			e.Data = data
		}
	}
	if update, ok := e.Data.(*InventoryUpdate); ok {
		e.SellerID = string(update.SellerID)
		if e.Time.IsZero() {
			e.Time = update.OccurredAt.UTC()
		}
	}
	e.DecodeErr = errors.Join(odd...)
	return e, nil
}

// Decode reads the payload into a value of the caller's: for types without a
// struct and for fields that are newer than this package. Beside an error that
// names single fields, the others are filled.
func (e *WebhookEvent) Decode(into any) error {
	_, err := e.decode(into)
	return err
}

// decode also tells whether there was something to read.
func (e *WebhookEvent) decode(into any) (some bool, err error) {
	if len(e.RawData) == 0 || string(e.RawData) == "null" {
		return false, fmt.Errorf("tiktokshop: webhook: %v: there is no data", e.Type)
	}
	unread, err := lenient.UnmarshalAll(e.RawData, into)
	if err != nil {
		return false, fmt.Errorf("tiktokshop: webhook: %v: the data cannot be read", e.Type) // without err, which may repeat a value
	}
	some = true
	var odd []error
	for _, u := range unread {
		some = some && (u.Record || u.Field != "")
		odd = append(odd, fmt.Errorf("tiktokshop: webhook: %v: %s", e.Type, u))
	}
	return some, errors.Join(odd...)
}

// Key identifies the event among all of an app for dropping duplicates: type,
// shop, seller or creator, and notification id, or a hash of the body where
// TikTok sent no id. It is at most 200 bytes long.
func (e *WebhookEvent) Key() string {
	if e.ID != "" {
		// TikTok's samples all carry one id, so the id alone could confuse events.
		key := strconv.Itoa(int(e.Type)) + "/" + cmp.Or(e.ShopID, e.SellerOpenID, e.CreatorOpenID, e.SellerID) + "/" + e.ID
		if len(key) <= 200 {
			return key
		}
	}
	sum := sha256.Sum256(e.Raw)
	return "sha256/" + hex.EncodeToString(sum[:])
}

// MarshalJSON returns the body that TikTok sent, null if there is none.
func (e WebhookEvent) MarshalJSON() ([]byte, error) {
	if len(e.Raw) == 0 {
		return []byte("null"), nil
	}
	return e.Raw, nil
}

// UnmarshalJSON is [ParseWebhook]; null changes nothing.
func (e *WebhookEvent) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	read, err := ParseWebhook(bytes.Clone(b))
	if err != nil {
		return err
	}
	*e = *read
	return nil
}

// String names the event without its payload.
func (e WebhookEvent) String() string {
	return fmt.Sprintf("tiktokshop.WebhookEvent(%v, id %q, of %q, %s)",
		e.Type, e.ID, cmp.Or(e.ShopID, e.SellerOpenID, e.CreatorOpenID, e.SellerID), e.Time.Format(time.RFC3339))
}

// Format prints String for every verb.
func (e WebhookEvent) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue is String for slog.
func (e WebhookEvent) LogValue() slog.Value { return slog.StringValue(e.String()) }

// newData returns an empty struct for the payload, nil if there is none for the
// type.
func (e *WebhookEvent) newData() any {
	switch e.Type {
	case WebhookOrderStatusChange:
		return new(OrderStatusChange)
	case WebhookRecipientAddressUpdate:
		return new(RecipientAddressUpdate)
	case WebhookPackageUpdate:
		return new(PackageUpdate)
	case WebhookProductStatusChange:
		return new(ProductStatusChange)
	case WebhookSellerDeauthorization:
		return new(SellerDeauthorization)
	case WebhookUpcomingAuthorizationExpiration:
		return new(UpcomingAuthorizationExpiration)
	case WebhookCancellationStatusChange:
		return new(CancellationStatusChange)
	case WebhookReturnStatusChange:
		return new(ReturnStatusChange)
	case WebhookNewConversation:
		return new(NewConversation)
	case WebhookNewMessage:
		return new(NewMessage)
	case WebhookProductInformationChange:
		return new(ProductInformationChange)
	case WebhookProductCreation:
		return new(ProductCreation)
	case WebhookShoppableContentPosting:
		return new(ShoppableContentPosting)
	case WebhookProductCategoryChange:
		return new(ProductCategoryChange)
	case WebhookSizeChartChange:
		return new(SizeChartChange)
	case WebhookCreatorDeauthorization:
		return new(CreatorDeauthorization)
	case WebhookInboundFBTOrderStatusChange:
		return new(InboundFBTOrderStatusChange)
	case WebhookFBTMerchantOnboarding:
		return new(FBTMerchantOnboarding)
	case WebhookGoodsMatch:
		return new(GoodsMatch)
	case WebhookFBTInventoryUpdate:
		return new(FBTInventoryUpdate)
	case WebhookOpportunityMatchingStatusChange:
		return new(OpportunityMatchingStatusChange)
	case WebhookInventoryStatusChange:
		return new(InventoryStatusChange)
	case WebhookNewMessageListener:
		return new(NewMessageListener)
	case WebhookTokopediaMirrorStatusChange:
		return new(TokopediaMirrorStatusChange)
	case WebhookInvoiceStatusChange:
		return new(InvoiceStatusChange)
	case WebhookProductAuditStatusChange:
		return new(ProductAuditStatusChange)
	case WebhookStrikethroughPriceExpired:
		return new(StrikethroughPriceExpired)
	case WebhookActivityStatusChange:
		return new(ActivityStatusChange)
	case WebhookCombinedListingChange:
		return new(CombinedListingChange)
	case WebhookImageTranslationCompleted:
		return new(ImageTranslationCompleted)
	case WebhookGlobalReplicationStatusChange:
		return new(GlobalReplicationStatusChange)
	case WebhookGlobalListingMethodChange:
		return new(GlobalListingMethodChange)
	case WebhookVideoPrecheckResult:
		return new(VideoPrecheckResult)
	case WebhookFBTMCFOrderStatus:
		return new(FBTMCFOrderStatus)
	case WebhookAftersalesRequestStatusUpdate:
		return new(AftersalesRequestStatusUpdate)
	case WebhookRMAStatusUpdate:
		return new(RMAStatusUpdate)
	case WebhookRefundSuccess:
		return new(RefundSuccess)
	case WebhookInventoryUpdate:
		return new(InventoryUpdate)
	}
	// The number of the inventory update is not documented; its shape is.
	var probe struct {
		Snapshot json.RawMessage `json:"quantity_snapshot_after_change"`
	}
	if _, known := webhookTypes[e.Type]; !known && json.Unmarshal(e.RawData, &probe) == nil && probe.Snapshot != nil {
		return new(InventoryUpdate)
	}
	return nil
}

// OneOrMany is a list that TikTok documents as an array and sends, in some
// samples, as its only element. null and "" are empty.
type OneOrMany[T any] []T

// UnmarshalJSON accepts an array, one element, "" and null.
func (l *OneOrMany[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	switch {
	case string(b) == "null" || string(b) == `""`:
		return nil
	case len(b) > 0 && b[0] == '[':
		return readAll(b, (*[]T)(l))
	}
	var one T
	if err := readAll(b, &one); err != nil {
		return err
	}
	*l = []T{one}
	return nil
}

// readAll reads as replies are read, but accepts no loss.
func readAll(b []byte, into any) error {
	unread, err := lenient.Unmarshal(b, into)
	if err == nil && len(unread) > 0 {
		err = errors.New(unread[0].String())
	}
	return err
}

// Canonical returns CANCELLED for the other spellings of it: webhooks say
// CANCEL. Every other status is returned as it is.
func (s OrderStatus) Canonical() OrderStatus {
	switch s {
	case "CANCEL", "CANCELED", OrderStatusCalcelled:
		return OrderStatusCancelled
	}
	return s
}

// Canonical returns CANCELLATION_REQUEST_CANCELLED for the spelling _CANCEL of
// search filters. Every other status is returned as it is.
func (s CancelStatus) Canonical() CancelStatus {
	if s == CancelStatusCancel {
		return CancelStatusCancelled
	}
	return s
}

// Canonical returns RETURN_OR_REFUND_REQUEST_CANCEL for its spellings with
// CANCELLED and with two underscores, and REPLACEMENT_REQUEST_CANCEL for that
// with CANCELLED. Every other status is returned as it is.
func (s ReturnStatus) Canonical() ReturnStatus {
	switch s {
	case "RETURN_OR_REFUND__REQUEST_CANCELLED", "RETURN_OR_REFUND__REQUEST_CANCEL", "RETURN_OR_REFUND_REQUEST_CANCELLED":
		return ReturnStatusReturnOrRefundRequestCancel
	case "REPLACEMENT_REQUEST_CANCELLED":
		return ReturnStatusReplacementRequestCancel
	}
	return s
}

// OrderStatusChange is the payload of type 1.
//
// https://partner.tiktokshop.com/docv2/page/1-order-status-change
type OrderStatusChange struct {
	OrderID ID `json:"order_id"`
	// OrderStatus is spelt CANCEL here where orders say CANCELLED, see
	// [OrderStatus.Canonical]. PARTIALLY_SHIPPING is not announced.
	OrderStatus OrderStatus `json:"order_status"`
	// IsOnHoldOrder says that the order was, is or will be ON_HOLD.
	IsOnHoldOrder bool        `json:"is_on_hold_order"`
	UpdateTime    UnixSeconds `json:"update_time"`
}

// RecipientAddressUpdate is the payload of type 3. The address itself is read
// with the order.
//
// https://partner.tiktokshop.com/docv2/page/3-recipient-address-update
type RecipientAddressUpdate struct {
	OrderID    ID          `json:"order_id"`
	UpdateTime UnixSeconds `json:"update_time"`
}

// PackageUpdate is the payload of type 4: packages were combined or split.
//
// https://partner.tiktokshop.com/docv2/page/4-package-update
type PackageUpdate struct {
	// Cause is COMBINE, CANCEL_COMBINE, SPLIT, CANCEL_SPLIT,
	// ADDRESS_UPDATE_SPLIT, CANCEL_FULFILL_SPLIT, FULFILL_UNCOMBINE,
	// PARTLY_CANCEL_SPLIT or SPLIT_BY_SKU_CANCEL.
	Cause string `json:"sc_type"`
	// Role is who did it: ROLE_USER, ROLE_SELLER, ROLE_OPERATOR or ROLE_SYSTEM.
	Role       string           `json:"role_type"`
	Packages   []UpdatedPackage `json:"package_list"`
	UpdateTime UnixSeconds      `json:"update_time"`
}

// UpdatedPackage is part of [PackageUpdate].
type UpdatedPackage struct {
	PackageID ID   `json:"package_id"`
	OrderIDs  []ID `json:"order_id_list"`
}

// ProductStatusChange is the payload of type 5.
//
// https://partner.tiktokshop.com/docv2/page/5-product-status-change
type ProductStatusChange struct {
	ProductID ID `json:"product_id"`
	// Status is PRODUCT_FIRST_PASS_REVIEW, PRODUCT_STATUS_CHANGED or
	// PRODUCT_AUDIT_FAILURE; it is not the status of the product.
	Status string `json:"status"`
	// SuspendedReason is TikTok's text on why the product was rejected or frozen.
	SuspendedReason string      `json:"suspended_reason"`
	UpdateTime      UnixSeconds `json:"update_time"`
}

// SellerDeauthorization is the payload of type 6: the seller revoked the
// authorisation of [WebhookEvent.ShopID], and calls for it fail from now on.
//
// https://partner.tiktokshop.com/docv2/page/6-seller-deauthorization
type SellerDeauthorization struct {
	Message string `json:"message"`
}

// UpcomingAuthorizationExpiration is the payload of type 7, sent 30 days before
// the end of an authorisation and then daily at 00:00 until the seller renews it.
//
// https://partner.tiktokshop.com/docv2/page/7-upcoming-authorization-expiration
type UpcomingAuthorizationExpiration struct {
	Message        string      `json:"message"`
	ExpirationTime UnixSeconds `json:"expiration_time"`
}

// CancellationStatusChange is the payload of type 11.
//
// https://partner.tiktokshop.com/docv2/page/11-cancellation-status-change
type CancellationStatusChange struct {
	OrderID  ID `json:"order_id"`
	CancelID ID `json:"cancel_id"`
	// Role is who asked for the cancellation. The field is misspelt in the
	// protocol.
	Role CancelRole `json:"cancellations_role"`
	// CancelStatus may be spelt in two ways, see [CancelStatus.Canonical].
	CancelStatus CancelStatus `json:"cancel_status"`
	CreateTime   UnixSeconds  `json:"create_time"`
	UpdateTime   UnixSeconds  `json:"update_time"`
}

// ReturnStatusChange is the payload of type 12: a return, a refund or a
// replacement.
//
// https://partner.tiktokshop.com/docv2/page/12-return-status-change
type ReturnStatusChange struct {
	OrderID    ID         `json:"order_id"`
	ReturnID   ID         `json:"return_id"`
	Role       ReturnRole `json:"return_role"`
	ReturnType ReturnType `json:"return_type"`
	// ReturnStatus may be spelt in several ways, see [ReturnStatus.Canonical].
	ReturnStatus ReturnStatus `json:"return_status"`
	CreateTime   UnixSeconds  `json:"create_time"`
	UpdateTime   UnixSeconds  `json:"update_time"`
}

// NewConversation is the payload of type 13: an agent joined or left a
// conversation with a buyer.
//
// https://partner.tiktokshop.com/docv2/page/13-new-conversation
type NewConversation struct {
	ConversationID ID          `json:"conversation_id"`
	CreateTime     UnixSeconds `json:"create_time"`
}

// NewMessage is the payload of type 14, a message in a conversation with a
// buyer. It prints without its content.
//
// https://partner.tiktokshop.com/docv2/page/14-new-message
type NewMessage struct {
	MessageID ID `json:"message_id"`
	// Index orders the messages of a conversation: the larger, the newer.
	Index          ID `json:"index"`
	ConversationID ID `json:"conversation_id"`
	// MessageType is an open list, such as TEXT, IMAGE or ORDER_CARD.
	MessageType string `json:"type"`
	// Content is JSON in a string; its fields depend on MessageType.
	Content    string      `json:"content"`
	CreateTime UnixSeconds `json:"create_time"`
	// IsVisible says whether agents are to see the message.
	IsVisible bool          `json:"is_visible"`
	Sender    MessageSender `json:"sender"`
}

// MessageSender is part of [NewMessage].
type MessageSender struct {
	// IMUserID is an id of the chat system alone: orders do not know it.
	IMUserID ID `json:"im_user_id"`
	// Role is BUYER, SHOP, CUSTOMER_SERVICE, SYSTEM or ROBOT.
	Role string `json:"role"`
}

// Format prints the ids for every verb.
func (m NewMessage) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// String names the message without its content.
func (m NewMessage) String() string {
	return fmt.Sprintf("tiktokshop.NewMessage(conversation %s, message %s)", m.ConversationID, m.MessageID)
}

// LogValue is String for slog.
func (m NewMessage) LogValue() slog.Value { return slog.StringValue(m.String()) }

// NewMessageListener is the payload of type 33, a message of a creator to the
// seller. It prints without its content.
//
// https://partner.tiktokshop.com/docv2/page/33-new-message-listener
type NewMessageListener struct {
	MessageID ID `json:"message_id"`
	// Index orders the messages of a conversation: the larger, the newer.
	Index          ID `json:"index"`
	ConversationID ID `json:"conversation_id"`
	// MessageType is an open list, such as TEXT, PRODUCT_CARD or FREE_SAMPLE_CARD.
	MessageType string `json:"msg_type"`
	// Content is JSON in a string, or plain text.
	Content    string      `json:"content"`
	CreateTime UnixSeconds `json:"create_time"`
	Sender     struct {
		IMUserID ID `json:"sender_im_user_id"`
	} `json:"sender"`
}

// Format prints the ids for every verb.
func (m NewMessageListener) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// String names the message without its content.
func (m NewMessageListener) String() string {
	return fmt.Sprintf("tiktokshop.NewMessageListener(conversation %s, message %s)", m.ConversationID, m.MessageID)
}

// LogValue is String for slog.
func (m NewMessageListener) LogValue() slog.Value { return slog.StringValue(m.String()) }

// ProductInformationChange is the payload of type 15: a live product changed.
//
// https://partner.tiktokshop.com/docv2/page/15-product-information-change
type ProductInformationChange struct {
	ProductID ID `json:"product_id"`
	// ChangeSource is SELLER_CENTER or OPEN_API.
	ChangeSource string `json:"change_source"`
	// ChangedFields is an open list: title, description, main_images,
	// product_attributes, size_chart_image, size_chart_template, others.
	ChangedFields []string    `json:"changed_fields"`
	UpdateTime    UnixSeconds `json:"update_time"`
}

// ProductCreation is the payload of type 16.
//
// https://partner.tiktokshop.com/docv2/page/16-product-creation
type ProductCreation struct {
	ProductID ID `json:"product_id"`
	// ProductTypes holds COMBINED_PRODUCT for a virtual bundle and GPR_PRODUCT
	// for a product made with the GPR tool.
	ProductTypes []string    `json:"product_types"`
	UpdateTime   UnixSeconds `json:"update_time"`
}

// ShoppableContentPosting is the payload of type 17: a creator linked a product.
//
// https://partner.tiktokshop.com/docv2/page/17-shoppable-content-posting
type ShoppableContentPosting struct {
	ProductID ID `json:"product_id"`
	Event     struct {
		// Type is ADD, UPDATE or REMOVE.
		Type string `json:"type"`
		// Scene is VIDEO.
		Scene     string `json:"scene"`
		ContentID ID     `json:"content_id"`
	} `json:"event"`
}

// ProductCategoryChange is the payload of type 18.
//
// https://partner.tiktokshop.com/docv2/page/18-product-category-change
type ProductCategoryChange struct {
	ProductID          ID          `json:"product_id"`
	PreviousCategoryID ID          `json:"previous_category_id"`
	CurrentCategoryID  ID          `json:"current_category_id"`
	UpdateTime         UnixSeconds `json:"update_time"`
}

// SizeChartChange is the payload of type 19.
//
// https://partner.tiktokshop.com/docv2/page/19-size-chart-change
type SizeChartChange struct {
	TemplateID   ID     `json:"size_chart_template_id"`
	TemplateName string `json:"size_chart_template_name"`
	// Change is CREATE, EDIT or DELETE.
	Change     string      `json:"event_type"`
	UpdateTime UnixSeconds `json:"update_time"`
}

// CreatorDeauthorization is the payload of type 20.
//
// https://partner.tiktokshop.com/docv2/page/20-creator-deauthorization
type CreatorDeauthorization struct {
	CancelTime UnixSeconds `json:"cancel_time"`
}

// InboundFBTOrderStatusChange is the payload of type 21. FBT is Fulfilled by
// TikTok.
//
// https://partner.tiktokshop.com/docv2/page/21-inbound-fbt-order-status-change
type InboundFBTOrderStatusChange struct {
	InboundOrderID ID `json:"inbound_order_id"`
	// OrderStatus is TO_BE_RECEIVED, ARRIVE_HUB, RECEIVING, PARTIALLY_RECEIVED,
	// RECEIVED or CANCELLED.
	OrderStatus string      `json:"order_status"`
	UpdateTime  UnixSeconds `json:"update_time"`
}

// FBTMerchantOnboarding is the payload of type 22.
//
// https://partner.tiktokshop.com/docv2/page/22-fbt-merchant-onboarding
type FBTMerchantOnboarding struct {
	// Regions are all regions in which the seller uses FBT.
	Regions []struct {
		Code string `json:"region_code"`
	} `json:"onboarded_regions"`
	UpdateTime UnixSeconds `json:"update_time"`
}

// GoodsMatch is the payload of type 23: a SKU was tied to FBT goods, or untied.
//
// https://partner.tiktokshop.com/docv2/page/23-goods-match
type GoodsMatch struct {
	// MatchType is MATCH or UNMATCH.
	MatchType string `json:"match_type"`
	// ProductType is LOCAL or GLOBAL.
	ProductType string      `json:"product_type"`
	GoodsID     ID          `json:"goods_id"`
	ProductID   ID          `json:"product_id"`
	SKUID       ID          `json:"sku_id"`
	UpdateTime  UnixSeconds `json:"update_time"`
}

// FBTInventoryUpdate is the payload of type 24.
//
// https://partner.tiktokshop.com/docv2/page/24-fbt-inventory-update
type FBTInventoryUpdate struct {
	GoodsID    ID                      `json:"goods_id"`
	SKUID      ID                      `json:"sku_id"`
	Warehouses []FBTWarehouseInventory `json:"fbt_warehouse_inventory"`
	UpdateTime UnixSeconds             `json:"update_time"`
}

// FBTWarehouseInventory is part of [FBTInventoryUpdate].
type FBTWarehouseInventory struct {
	WarehouseID ID `json:"fbt_warehouse_id"`
	// OnHand counts units that are in the warehouse and whole.
	OnHand struct {
		TotalQuantity     int64 `json:"total_quantity"`
		ReservedQuantity  int64 `json:"reserved_quantity"`
		AvailableQuantity int64 `json:"available_quantity"`
	} `json:"on_hand_detail"`
}

// OpportunityMatchingStatusChange is the payload of type 25.
//
// https://partner.tiktokshop.com/docv2/page/25-opportunity-matching-status-change
type OpportunityMatchingStatusChange struct {
	ExternalProductID ID `json:"external_product_id"`
	// Status is PENDING, MATCHED or NOT_MATCHED.
	Status         string      `json:"opportunity_matching_status"`
	OpportunityIDs []ID        `json:"opportunity_ids"`
	EndTime        UnixSeconds `json:"opportunity_matching_end_time"`
	UpdateTime     UnixSeconds `json:"update_time"`
}

// InventoryStatusChange is the payload of type 27: stock ran low or out, or is
// predicted to.
//
// https://partner.tiktokshop.com/docv2/page/27-inventory-status-change
type InventoryStatusChange struct {
	ProductID     ID                     `json:"product_id"`
	SKUID         ID                     `json:"sku_id"`
	TriggerReason InventoryTriggerReason `json:"trigger_reason"`
	// Status is SUFFICIENT_STOCK, LOW_STOCK or OUT_OF_STOCK.
	Status       string                `json:"current_inventory_status"`
	Distribution InventoryDistribution `json:"inventory_distribution"`
	UpdateTime   UnixSeconds           `json:"update_time"`
}

// InventoryTriggerReason is part of [InventoryStatusChange].
type InventoryTriggerReason struct {
	// AlertType is PREDICTION or REALTIME.
	AlertType string `json:"alert_type"`
	// LeadDays is how many days before the predicted end of the stock the
	// prediction was made; nil for REALTIME.
	LeadDays *int64 `json:"lead_days"`
	// LowStockThreshold is the quantity that was reached; nil for PREDICTION.
	LowStockThreshold *int64 `json:"low_stock_threshold"`
}

// InventoryDistribution is part of [InventoryStatusChange]. The reserved
// quantities stand beside the available one here, not within it as in Inventory
// Search; prefer that.
type InventoryDistribution struct {
	TotalQuantity            int64 `json:"total_quantity"`
	AvailableQuantity        int64 `json:"available_quantity"`
	CreatorReservedQuantity  int64 `json:"creator_reserved_quantity"`
	CampaignReservedQuantity int64 `json:"campaign_reserved_quantity"`
	CommittedQuantity        int64 `json:"committed_quantity"`
}

// TokopediaMirrorStatusChange is the payload of type 35, for Indonesia.
//
// https://partner.tiktokshop.com/docv2/page/35-tokopedia-mirror-status-change
type TokopediaMirrorStatusChange struct {
	ShopID ID `json:"tts_shop_id"`
	// MirrorStatus is MIRRORED, ROLLED_BACK or CANCELED.
	MirrorStatus string      `json:"mirror_status"`
	UpdateTime   UnixSeconds `json:"update_time"`
}

// InvoiceStatusChange is the payload of type 36, for Brazil: an uploaded invoice
// was checked.
//
// https://partner.tiktokshop.com/docv2/page/36-invoice-status-change
type InvoiceStatusChange struct {
	PackageID ID   `json:"package_id"`
	OrderIDs  []ID `json:"order_ids"`
	// InvoiceStatus is SUCCESS, PROCESSING, FAILED or INVALID.
	InvoiceStatus string `json:"invoice_status"`
	// InvalidReason is UNKNOWN, FAILED, NOT_FOUND, NOT_AUTHORIZED or
	// ACCESS_KEY_DUPLICATE; UNKNOWN and NOT_FOUND may pass.
	InvalidReason string      `json:"invalid_reason"`
	UpdateTime    UnixSeconds `json:"update_time"`
}

// ProductAuditStatusChange is the payload of type 37. TikTok's table and its
// sample differ; both decode.
//
// https://partner.tiktokshop.com/docv2/page/37-product-audit-status-change
type ProductAuditStatusChange struct {
	ProductID ID            `json:"product_id"`
	Audit     AuditDecision `json:"audit"`
	// Platforms are the audits of platforms that TikTok Shop is tied to, such as
	// TOKOPEDIA.
	Platforms  OneOrMany[PlatformAudit] `json:"integrated_platform_statuses"`
	UpdateTime UnixSeconds              `json:"update_time"`
}

// AuditDecision is part of [ProductAuditStatusChange].
type AuditDecision struct {
	// Status is NONE, AUDITING, FAILED, PRE_APPROVED or APPROVED.
	Status string `json:"status"`
	// PreApprovedReasons say what is missing for APPROVED: KYC_PENDING or
	// RESTRICTED_CATEGORY_PENDING.
	PreApprovedReasons []string `json:"pre_approved_reasons"`
}

// UnmarshalJSON accepts the reasons under their name in the table and under that
// in the sample.
func (a *AuditDecision) UnmarshalJSON(b []byte) error {
	var v struct {
		Status  string            `json:"status"`
		Reasons OneOrMany[string] `json:"pre_approved_reasons"`
		Reason  OneOrMany[string] `json:"pre_approved_reason"`
	}
	if err := readAll(b, &v); err != nil {
		return err
	}
	*a = AuditDecision{Status: v.Status, PreApprovedReasons: append(v.Reasons, v.Reason...)}
	return nil
}

// PlatformAudit is part of [ProductAuditStatusChange].
type PlatformAudit struct {
	Platform string `json:"platform"`
	// Status is NONE, AUDITING, FAILED or APPROVED.
	Status string `json:"status"`
}

// StrikethroughPriceExpired is the payload of type 38: the proof of a former
// price ended, 90 days after it was handed in.
//
// https://partner.tiktokshop.com/docv2/page/38-strikethrough-price-expired
type StrikethroughPriceExpired struct {
	ProductID ID `json:"product_id"`
	SKUID     ID `json:"sku_id"`
}

// ActivityStatusChange is the payload of type 39: a promotion began or ended.
//
// https://partner.tiktokshop.com/docv2/page/39-activity-status-change
type ActivityStatusChange struct {
	ActivityID ID `json:"activity_id"`
	// ActivityType is an open list, such as FIXED_PRICE or FLASHSALE.
	ActivityType string `json:"activity_type"`
	// ProductLevel is PRODUCT, VARIATION or SHOP.
	ProductLevel string `json:"product_level"`
	// Status is ONGOING, EXPIRED or DEACTIVATED.
	Status     string      `json:"status"`
	UpdateTime UnixSeconds `json:"update_time"`
}

// CombinedListingChange is the payload of type 42.
//
// https://partner.tiktokshop.com/docv2/page/42-combined-listing-change
type CombinedListingChange struct {
	CombinedListingID ID `json:"combined_listing_id"`
	// Products are those of the listing after the change.
	Products []struct {
		ID ID `json:"id"`
	} `json:"products"`
	// Status is LIVE, SYSTEM_DEACTIVATED, SELLER_DEACTIVATED or DELETED.
	Status string `json:"status"`
	// ChangeType is CREATE, UPDATE or DELETE.
	ChangeType        string      `json:"change_type"`
	AddedProductIDs   []ID        `json:"added_product_ids"`
	RemovedProductIDs []ID        `json:"removed_product_ids"`
	UpdateTime        UnixSeconds `json:"update_time"`
}

// ImageTranslationCompleted is the payload of type 46; a translation that failed
// is announced too.
//
// https://partner.tiktokshop.com/docv2/page/46-image-translation-completed
type ImageTranslationCompleted struct {
	Task struct {
		ID ID `json:"id"`
		// Status is PROCESSING, COMPLETED or FAILED.
		Status     string `json:"status"`
		FailReason string `json:"fail_reason"`
		// TargetLanguage is a tag such as it-IT. TikTok's table calls the field
		// target_language, its sample target_lang; the sample is followed.
		TargetLanguage  string          `json:"target_lang"`
		OriginalImage   TranslatedImage `json:"original_image"`
		TranslatedImage TranslatedImage `json:"translated_image"`
	} `json:"translation_task"`
}

// TranslatedImage is part of [ImageTranslationCompleted].
type TranslatedImage struct {
	URI string `json:"uri"`
	URL string `json:"url"`
}

// GlobalReplicationStatusChange is the payload of type 51, for global sellers: a
// product was copied to another market, or could not be.
//
// https://partner.tiktokshop.com/docv2/page/51-global-replication-status-change
type GlobalReplicationStatusChange struct {
	SourceProductID ID `json:"source_product_id"`
	Replica         struct {
		ProductID ID     `json:"product_id"`
		Region    string `json:"region"`
		// Result is SUCCESS, DRAFT or FAILED.
		Result      string `json:"result"`
		FailReasons OneOrMany[struct {
			Message string `json:"message"`
		}] `json:"fail_reasons"`
	} `json:"replicated_product"`
}

// GlobalListingMethodChange is the payload of type 52, for global sellers.
//
// https://partner.tiktokshop.com/docv2/page/52-global-listing-method-change
type GlobalListingMethodChange struct {
	GlobalProductID ID            `json:"global_product_id"`
	LocalProductIDs OneOrMany[ID] `json:"local_product_id"`
	// ListingMethod is GLOBAL_PUBLISHING or LOCAL_REPLICATION.
	ListingMethod string `json:"listing_method"`
}

// VideoPrecheckResult is the payload of type 55.
//
// https://partner.tiktokshop.com/docv2/page/55-video-precheck-result
type VideoPrecheckResult struct {
	TaskID ID `json:"precheck_task_id"`
	// Result is PASS or FAIL.
	Result string `json:"result"`
	Issues []struct {
		Risk       string `json:"risk"`
		Suggestion string `json:"suggestion"`
	} `json:"issues"`
}

// FBTMCFOrderStatus is the payload of type 58, known from one public sample
// only: an order of another shop that Fulfilled by TikTok ships (multi-channel
// fulfilment).
type FBTMCFOrderStatus struct {
	Order struct {
		ID ID `json:"mcf_order_id"`
		// ExternalOrderID is the id of the order in the other shop.
		ExternalOrderID string                     `json:"external_order_id"`
		ConsignOrders   OneOrMany[MCFConsignOrder] `json:"consign_orders"`
		CreateTime      UnixSeconds                `json:"create_time"`
	} `json:"mcf_order"`
}

// MCFConsignOrder is part of [FBTMCFOrderStatus]: one parcel.
type MCFConsignOrder struct {
	ID             ID     `json:"id"`
	TrackingNumber string `json:"tracking_number"`
	Carrier        string `json:"carrier"`
	// Status is an open list, such as processing.
	Status string `json:"status"`
	Goods  OneOrMany[struct {
		ID       ID    `json:"id"`
		Quantity int64 `json:"quantity"`
	}] `json:"goods"`
}

// AftersalesRequestStatusUpdate is the payload of type 64, known from one public
// sample only.
type AftersalesRequestStatusUpdate struct {
	RequestID  ID          `json:"aftersales_request_id"`
	Role       ReturnRole  `json:"return_role"`
	Status     string      `json:"aftersales_request_status"`
	CreateTime UnixSeconds `json:"aftersales_request_create_time"`
	UpdateTime UnixSeconds `json:"aftersales_request_update_time"`
}

// RMAStatusUpdate is the payload of type 65. An RMA is a return merchandise
// authorisation. TikTok's table and its sample name the times differently; both
// decode.
type RMAStatusUpdate struct {
	RMAID               ID         `json:"rma_id"`
	AftersalesRequestID ID         `json:"aftersales_request_id"`
	Role                ReturnRole `json:"return_role"`
	// Status is an open list: RMA_CREATED, PENDING_PACKAGE_REVIEW while the seller
	// has two business days to answer, PACKAGE_REVIEW_COMPLETED.
	Status     string      `json:"rma_status"`
	CreateTime UnixSeconds `json:"rma_create_time"`
	UpdateTime UnixSeconds `json:"rma_update_time"`
}

// UnmarshalJSON accepts the times under their names in the table and under those
// in the sample.
func (u *RMAStatusUpdate) UnmarshalJSON(b []byte) error {
	type sample RMAStatusUpdate
	var v struct {
		sample
		CreateTime UnixSeconds `json:"rma_request_create_time"`
		UpdateTime UnixSeconds `json:"rma_request_update_time"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*u = RMAStatusUpdate(v.sample)
	u.CreateTime, u.UpdateTime = cmp.Or(u.CreateTime, v.CreateTime), cmp.Or(u.UpdateTime, v.UpdateTime)
	return nil
}

// RefundSuccess is the payload of type 67, known from one public sample only.
type RefundSuccess struct {
	AftersalesRequestID ID               `json:"aftersales_request_id"`
	RMAID               ID               `json:"rma_id"`
	LineItems           []RefundLineItem `json:"line_items"`
	Status              string           `json:"refund_status"`
	Total               Decimal          `json:"refund_total"`
	Currency            string           `json:"refund_currency"`
	RefundTime          UnixSeconds      `json:"refund_timestamp"`
}

// RefundLineItem is part of [RefundSuccess].
type RefundLineItem struct {
	OrderID             ID `json:"main_order_id"`
	ReturnLineItemID    ID `json:"return_line_item_id"`
	SubReturnLineItemID ID `json:"sub_return_line_item_id"`
	SKUID               ID `json:"sku_id"`
	SKUReturnRequestID  ID `json:"sku_return_request_id"`
}

// InventoryUpdate says how the stock of a SKU changed. TikTok documents its
// fields but neither its number, of which 68 has been seen, nor an envelope: it
// is recognised by its fields, within an envelope or without. Without one,
// [WebhookEvent.ShopID] is empty: find the shop by [WebhookEvent.SellerID], which
// events with an envelope tie to it, or by the SKU.
//
// https://partner.tiktokshop.com/docv2/page/9q4we8qr
type InventoryUpdate struct {
	EventID    ID                `json:"event_id"`
	OccurredAt time.Time         `json:"occurred_at"`
	SellerID   ID                `json:"seller_id"`
	ProductID  ID                `json:"product_id"`
	SKUID      ID                `json:"sku_id"`
	After      InventorySnapshot `json:"quantity_snapshot_after_change"`
	Changes    []InventoryChange `json:"change_detail"`
}

// InventorySnapshot is part of [InventoryUpdate].
type InventorySnapshot struct {
	// Total is Available and Committed together.
	Total int64 `json:"total_quantity"`
	// Available includes what campaigns and creators have locked.
	Available int64 `json:"total_available_quantity"`
	// Committed is ordered and not yet shipped.
	Committed int64 `json:"total_committed_quantity"`
	// InShop is Available without the locked quantities.
	InShop         int64 `json:"in_shop_quantity"`
	CampaignLocked int64 `json:"campaign_locked_quantity"`
	CreatorLocked  int64 `json:"creator_locked_quantity"`
}

// InventoryChange is part of [InventoryUpdate]. Its quantities are differences.
type InventoryChange struct {
	IdempotencyKey string `json:"idempotency_key"`
	// TriggerSource is an open list: order_created, order_canceled,
	// order_shipped, manual_adjustment, api_sync, campaign_lock,
	// campaign_unlock, creator_lock, creator_unlock, system_auto_replenish. The
	// app's own updates come back as api_sync: acting on those makes a loop.
	TriggerSource  string    `json:"trigger_source"`
	OccurredAt     time.Time `json:"occurred_at"`
	Total          int64     `json:"total_quantity_delta"`
	Available      int64     `json:"available_quantity_delta"`
	Committed      int64     `json:"committed_quantity_delta"`
	InShop         int64     `json:"in_shop_quantity_delta"`
	CampaignLocked int64     `json:"campaign_locked_quantity_delta"`
	CreatorLocked  int64     `json:"creator_locked_quantity_delta"`
}
