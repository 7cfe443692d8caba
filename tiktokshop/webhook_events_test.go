package tiktokshop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seconds is a moment in the payloads below.
const seconds = UnixSeconds(1767225590)

func notify(kind int, owner, data string) string {
	return fmt.Sprintf(`{"type":%d,"tts_notification_id":"7327112393057371910",%s,"timestamp":1767225600,"data":%s}`, kind, owner, data)
}

const (
	ofShop    = `"shop_id":"7494049642642441621"`
	ofSeller  = `"seller_open_id":"seller-1"`
	ofCreator = `"creator_open_id":"creator-1"`
)

// inventoryUpdate is documented without an envelope.
const inventoryUpdate = `{"event_id":"e-1","occurred_at":"2026-01-01T00:00:01.5Z","seller_id":7498123456789012345,"product_id":"1891234567890123456","sku_id":1729507467923261408,"quantity_snapshot_after_change":{"total_quantity":9,"total_available_quantity":7,"total_committed_quantity":2,"in_shop_quantity":4,"campaign_locked_quantity":2,"creator_locked_quantity":1},"change_detail":[{"idempotency_key":"k-1","trigger_source":"api_sync","occurred_at":"2026-01-01T00:00:01Z","total_quantity_delta":-4,"available_quantity_delta":-4,"committed_quantity_delta":0,"in_shop_quantity_delta":-4,"campaign_locked_quantity_delta":1,"creator_locked_quantity_delta":-1}]}`

// goldenEvents has one payload for every type with a struct, ids as strings and
// as numbers past 2^53.
func goldenEvents() []struct {
	body string
	want any
} {
	update := &InventoryUpdate{
		EventID: "e-1", OccurredAt: time.Date(2026, 1, 1, 0, 0, 1, 5e8, time.UTC),
		SellerID: "7498123456789012345", ProductID: "1891234567890123456", SKUID: "1729507467923261408",
		After: InventorySnapshot{Total: 9, Available: 7, Committed: 2, InShop: 4, CampaignLocked: 2, CreatorLocked: 1},
		Changes: []InventoryChange{{
			IdempotencyKey: "k-1", TriggerSource: "api_sync", OccurredAt: time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC),
			Total: -4, Available: -4, InShop: -4, CampaignLocked: 1, CreatorLocked: -1,
		}},
	}
	posting := &ShoppableContentPosting{ProductID: "789078671231"}
	posting.Event.Type, posting.Event.Scene, posting.Event.ContentID = "ADD", "VIDEO", "7001"
	onboarding := &FBTMerchantOnboarding{UpdateTime: seconds}
	onboarding.Regions = append(onboarding.Regions, struct {
		Code string `json:"region_code"`
	}{"GB"})
	stock := FBTWarehouseInventory{WarehouseID: "7382"}
	stock.OnHand.TotalQuantity, stock.OnHand.ReservedQuantity, stock.OnHand.AvailableQuantity = 7, 5, 2
	listener := &NewMessageListener{MessageID: "74519", Index: "1735", ConversationID: "7451", MessageType: "TEXT", Content: "Hello", CreateTime: seconds}
	listener.Sender.IMUserID = "2368"
	combined := &CombinedListingChange{CombinedListingID: "12", Status: "LIVE", ChangeType: "UPDATE", AddedProductIDs: []ID{"98"}, RemovedProductIDs: []ID{"97"}}
	combined.Products = append(combined.Products, struct {
		ID ID `json:"id"`
	}{"98"})
	image := &ImageTranslationCompleted{}
	image.Task.ID, image.Task.Status, image.Task.TargetLanguage = "764c", "COMPLETED", "it-IT"
	image.Task.OriginalImage, image.Task.TranslatedImage = TranslatedImage{"a", "https://a.example"}, TranslatedImage{"b", "https://b.example"}
	replica := &GlobalReplicationStatusChange{SourceProductID: "55"}
	replica.Replica.ProductID, replica.Replica.Region, replica.Replica.Result = "56", "GB", "FAILED"
	replica.Replica.FailReasons = append(replica.Replica.FailReasons, struct {
		Message string `json:"message"`
	}{"no brand"})
	precheck := &VideoPrecheckResult{TaskID: "7493", Result: "FAIL"}
	precheck.Issues = append(precheck.Issues, struct {
		Risk       string `json:"risk"`
		Suggestion string `json:"suggestion"`
	}{"copy", "be original"})

	consigned := &FBTMCFOrderStatus{}
	consigned.Order.ID, consigned.Order.ExternalOrderID, consigned.Order.CreateTime = "7136104329798256386", "shopify-33", seconds
	parcel := MCFConsignOrder{ID: "OBF12345678", TrackingNumber: "TN87654321", Carrier: "USPS", Status: "processing"}
	parcel.Goods = append(parcel.Goods, struct {
		ID       ID    `json:"id"`
		Quantity int64 `json:"quantity"`
	}{"1231231", 1})
	consigned.Order.ConsignOrders = append(consigned.Order.ConsignOrders, parcel)

	return []struct {
		body string
		want any
	}{
		{notify(1, ofShop, `{"order_id":"576486316948490001","order_status":"CANCEL","is_on_hold_order":true,"update_time":1767225590}`),
			&OrderStatusChange{OrderID: "576486316948490001", OrderStatus: "CANCEL", IsOnHoldOrder: true, UpdateTime: seconds}},
		{`{"type":3,` + ofShop + `,"timestamp":1767225600,"data":{"order_id":576486316948490001,"update_time":"1767225590"}}`,
			&RecipientAddressUpdate{OrderID: "576486316948490001", UpdateTime: seconds}},
		{notify(4, ofShop, `{"sc_type":"SPLIT","role_type":"ROLE_SELLER","package_list":[{"package_id":"123456","order_id_list":["152523",576486316948490001]}],"update_time":1767225590}`),
			&PackageUpdate{Cause: "SPLIT", Role: "ROLE_SELLER", Packages: []UpdatedPackage{{"123456", []ID{"152523", "576486316948490001"}}}, UpdateTime: seconds}},
		{notify(5, ofShop, `{"product_id":1729507467923261409,"status":"PRODUCT_AUDIT_FAILURE","suspended_reason":"brand","update_time":1767225590}`),
			&ProductStatusChange{ProductID: "1729507467923261409", Status: "PRODUCT_AUDIT_FAILURE", SuspendedReason: "brand", UpdateTime: seconds}},
		{notify(6, ofShop, `{"message":"deauthorized"}`), &SellerDeauthorization{Message: "deauthorized"}},
		{notify(7, ofShop, `{"message":"expiring","expiration_time":"1767225590"}`),
			&UpcomingAuthorizationExpiration{Message: "expiring", ExpirationTime: seconds}},
		{notify(11, ofShop, `{"order_id":"576486316948490001","cancellations_role":"BUYER","cancel_status":"CANCELLATION_REQUEST_CANCELLED","cancel_id":4035318504086604101,"create_time":1767225590}`),
			&CancellationStatusChange{OrderID: "576486316948490001", CancelID: "4035318504086604101", Role: CancelRoleBuyer, CancelStatus: CancelStatusCancelled, CreateTime: seconds}},
		{notify(12, ofShop, `{"order_id":"576486316948490001","return_role":"SYSTEM","return_type":"REFUND","return_status":"RETURN_OR_REFUND__REQUEST_CANCELLED","return_id":"403531","create_time":1767225590,"update_time":1767225590}`),
			&ReturnStatusChange{OrderID: "576486316948490001", ReturnID: "403531", Role: ReturnRoleSystem, ReturnType: ReturnTypeRefund, ReturnStatus: "RETURN_OR_REFUND__REQUEST_CANCELLED", CreateTime: seconds, UpdateTime: seconds}},
		{notify(13, ofShop, `{"conversation_id":"5764","create_time":1767225590}`), &NewConversation{"5764", seconds}},
		{notify(14, ofShop, `{"content":"{\"content\":\"where is it\"}","conversation_id":"7106","create_time":1767225590,"is_visible":true,"message_id":"7223","index":"7494560109732334274","type":"TEXT","sender":{"im_user_id":"7078","role":"BUYER"}}`),
			&NewMessage{MessageID: "7223", Index: "7494560109732334274", ConversationID: "7106", MessageType: "TEXT", Content: `{"content":"where is it"}`, CreateTime: seconds, IsVisible: true, Sender: MessageSender{"7078", "BUYER"}}},
		{notify(15, ofShop, `{"product_id":"12","change_source":"OPEN_API","changed_fields":["title","others"],"update_time":1767225590}`),
			&ProductInformationChange{"12", "OPEN_API", []string{"title", "others"}, seconds}},
		{notify(16, ofShop, `{"product_id":1729507467923261409,"product_types":["COMBINED_PRODUCT"],"update_time":1767225590}`),
			&ProductCreation{"1729507467923261409", []string{"COMBINED_PRODUCT"}, seconds}},
		{notify(17, ofCreator, `{"product_id":"789078671231","event":{"type":"ADD","scene":"VIDEO","content_id":"7001"}}`), posting},
		{notify(18, ofShop, `{"product_id":"78","previous_category_id":"600001","current_category_id":"600002","update_time":1767225590}`),
			&ProductCategoryChange{"78", "600001", "600002", seconds}},
		{notify(19, ofSeller, `{"size_chart_template_id":"78","size_chart_template_name":"shirts","event_type":"EDIT","update_time":1767225590}`),
			&SizeChartChange{"78", "shirts", "EDIT", seconds}},
		{notify(20, ofCreator, `{"cancel_time":1767225590}`), &CreatorDeauthorization{seconds}},
		{notify(21, ofSeller, `{"inbound_order_id":"IBR577087614418520388","order_status":"CANCELLED","update_time":1767225590}`),
			&InboundFBTOrderStatusChange{"IBR577087614418520388", "CANCELLED", seconds}},
		{notify(22, ofSeller, `{"onboarded_regions":[{"region_code":"GB"}],"update_time":1767225590}`), onboarding},
		{notify(23, ofSeller, `{"match_type":"MATCH","product_type":"LOCAL","goods_id":"7323","product_id":"1235","sku_id":"1236","update_time":1767225590}`),
			&GoodsMatch{"MATCH", "LOCAL", "7323", "1235", "1236", seconds}},
		{notify(24, ofSeller, `{"goods_id":"7323","sku_id":"1235","fbt_warehouse_inventory":[{"fbt_warehouse_id":"7382","on_hand_detail":{"total_quantity":7,"reserved_quantity":5,"available_quantity":2}}],"update_time":1767225590}`),
			&FBTInventoryUpdate{"7323", "1235", []FBTWarehouseInventory{stock}, seconds}},
		{notify(25, ofShop, `{"external_product_id":"57","opportunity_matching_status":"MATCHED","opportunity_ids":["21","22"],"opportunity_matching_end_time":1767225590,"update_time":1767225590}`),
			&OpportunityMatchingStatusChange{"57", "MATCHED", []ID{"21", "22"}, seconds, seconds}},
		{notify(27, ofShop, `{"product_id":"73","sku_id":"74","trigger_reason":{"alert_type":"REALTIME","low_stock_threshold":0},"current_inventory_status":"OUT_OF_STOCK","inventory_distribution":{"total_quantity":100,"available_quantity":50,"creator_reserved_quantity":20,"campaign_reserved_quantity":19,"committed_quantity":11},"update_time":1767225590}`),
			&InventoryStatusChange{"73", "74", InventoryTriggerReason{AlertType: "REALTIME", LowStockThreshold: new(int64)}, "OUT_OF_STOCK", InventoryDistribution{100, 50, 20, 19, 11}, seconds}},
		{notify(33, ofShop, `{"index":"1735","message_id":"74519","conversation_id":"7451","msg_type":"TEXT","content":"Hello","create_time":"1767225590","sender":{"sender_im_user_id":"2368"}}`), listener},
		{notify(35, ofSeller, `{"tts_shop_id":"7494","mirror_status":"MIRRORED","update_time":1767225590}`),
			&TokopediaMirrorStatusChange{"7494", "MIRRORED", seconds}},
		{notify(36, ofShop, `{"package_id":"12","order_ids":["15","53"],"invoice_status":"INVALID","invalid_reason":"NOT_FOUND"}`),
			&InvoiceStatusChange{PackageID: "12", OrderIDs: []ID{"15", "53"}, InvoiceStatus: "INVALID", InvalidReason: "NOT_FOUND"}},
		{notify(37, ofShop, `{"product_id":1729507467923261409,"audit":{"status":"PRE_APPROVED","pre_approved_reason":"KYC_PENDING"},"integrated_platform_statuses":{"platform":"TOKOPEDIA","status":"AUDITING"},"update_time":1767225590}`),
			&ProductAuditStatusChange{"1729507467923261409", AuditDecision{"PRE_APPROVED", []string{"KYC_PENDING"}}, OneOrMany[PlatformAudit]{{"TOKOPEDIA", "AUDITING"}}, seconds}},
		{notify(38, ofShop, `{"product_id":"73","sku_id":"74"}`), &StrikethroughPriceExpired{"73", "74"}},
		{notify(39, ofShop, `{"activity_id":"71","update_time":1767225590,"activity_type":"FIXED_PRICE","product_level":"PRODUCT","status":"ONGOING"}`),
			&ActivityStatusChange{"71", "FIXED_PRICE", "PRODUCT", "ONGOING", seconds}},
		{notify(42, ofShop, `{"combined_listing_id":"12","products":[{"id":"98"}],"status":"LIVE","change_type":"UPDATE","added_product_ids":["98"],"removed_product_ids":["97"]}`), combined},
		{notify(46, ofShop, `{"translation_task":{"id":"764c","status":"COMPLETED","fail_reason":"","target_lang":"it-IT","original_image":{"uri":"a","url":"https://a.example"},"translated_image":{"uri":"b","url":"https://b.example"}}}`), image},
		{notify(51, ofShop, `{"source_product_id":"55","replicated_product":{"product_id":"56","region":"GB","result":"FAILED","fail_reasons":{"message":"no brand"}}}`), replica},
		{notify(52, ofSeller, `{"global_product_id":"17","local_product_id":["18"],"listing_method":"GLOBAL_PUBLISHING"}`),
			&GlobalListingMethodChange{"17", OneOrMany[ID]{"18"}, "GLOBAL_PUBLISHING"}},
		{notify(55, ofCreator, `{"precheck_task_id":"7493","result":"FAIL","issues":[{"risk":"copy","suggestion":"be original"}]}`), precheck},
		{notify(64, ofShop, `{"aftersales_request_id":"57","return_role":"BUYER","aftersales_request_status":"PENDING_REQUEST_REVIEW","aftersales_request_create_time":1767225590,"aftersales_request_update_time":1767225590}`),
			&AftersalesRequestStatusUpdate{"57", ReturnRoleBuyer, "PENDING_REQUEST_REVIEW", seconds, seconds}},
		{notify(65, ofShop, `{"rma_id":"58","aftersales_request_id":"57","return_role":"BUYER","rma_status":"RMA_CREATED","rma_create_time":1767225590,"rma_update_time":1767225590}`),
			&RMAStatusUpdate{"58", "57", ReturnRoleBuyer, "RMA_CREATED", seconds, seconds}},
		{notify(67, ofShop, `{"aftersales_request_id":"57","line_items":[{"main_order_id":"78","return_line_item_id":"99","sku_id":"14","sku_return_request_id":"32","sub_return_line_item_id":"88"}],"refund_currency":"USD","refund_status":"REFUND_SUCCESS","refund_timestamp":1767225590,"refund_total":"1.20","rma_id":"58"}`),
			&RefundSuccess{"57", "58", []RefundLineItem{{"78", "99", "88", "14", "32"}}, "REFUND_SUCCESS", "1.20", "USD", seconds}},
		{inventoryUpdate, update},
		{notify(68, ofShop, inventoryUpdate), update},
		{notify(71, ofShop, inventoryUpdate), update}, // its number is not documented
		{notify(65, ofShop, `{"rma_id":"58","aftersales_request_id":"57","return_role":"BUYER","rma_status":"RMA_CREATED","rma_request_create_time":1767225590,"rma_request_update_time":1767225590}`),
			&RMAStatusUpdate{"58", "57", ReturnRoleBuyer, "RMA_CREATED", seconds, seconds}},
		{notify(58, ofCreator, `{"mcf_order":{"external_order_id":"shopify-33","mcf_order_id":"7136104329798256386","consign_orders":{"id":"OBF12345678","tracking_number":"TN87654321","carrier":"USPS","status":"processing","goods":{"id":"1231231","quantity":1}},"create_time":1767225590}}`), consigned},
	}
}

func TestWebhookEventGolden(t *testing.T) {
	t.Parallel()
	covered := map[WebhookType]bool{}
	for _, tt := range goldenEvents() {
		e, err := ParseWebhook([]byte(tt.body))
		if err != nil || e.DecodeErr != nil {
			t.Errorf("%s: %v, %v", tt.body, err, e)
			continue
		}
		if !reflect.DeepEqual(e.Data, tt.want) {
			t.Errorf("%v:\n got %#v\nwant %#v", e, e.Data, tt.want)
		}
		if string(e.Raw) != tt.body || !bytes.Contains(e.Raw, e.RawData) || len(e.RawData) == 0 {
			t.Errorf("%v: the raw payload was not kept", e)
		}
		if e.Time.IsZero() || e.ShopID+e.SellerOpenID+e.CreatorOpenID == "" && tt.body != inventoryUpdate {
			t.Errorf("%v: the envelope was not read", e)
		}
		covered[e.Type] = true
		if _, ok := tt.want.(*InventoryUpdate); ok && e.SellerID != "7498123456789012345" {
			t.Errorf("%v: the seller is %q", e, e.SellerID)
		}

		// The payload alone, into another store and back.
		alone, err := json.Marshal(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		again := (&WebhookEvent{Type: e.Type}).newData()
		if again == nil {
			again = new(InventoryUpdate) // under another number
		}
		if err := json.Unmarshal(alone, again); err != nil || !reflect.DeepEqual(again, e.Data) {
			t.Errorf("%v: the payload came back as %#v, %v; want %#v", e, again, err, e.Data)
		}

		// Through a queue and back.
		stored, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back WebhookEvent
		if err := json.Unmarshal(stored, &back); err != nil || !reflect.DeepEqual(back.Data, e.Data) || back.Key() != e.Key() {
			t.Errorf("%v came back from JSON as %v, %v", e, back, err)
		}
	}
	for kind := range webhookTypes {
		if (&WebhookEvent{Type: kind}).newData() != nil && !covered[kind] {
			t.Errorf("no golden payload for %v", kind)
		}
	}
}

// TestWebhookSeeds keeps a committed seed of the fuzz targets for every golden
// payload.
func TestWebhookSeeds(t *testing.T) {
	t.Parallel()
	for i, tt := range goldenEvents() {
		e, _ := ParseWebhook([]byte(tt.body))
		name := fmt.Sprintf("type-%d-%d", e.Type, i)
		for target, want := range map[string]string{
			"FuzzWebhookEvent": fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", tt.body),
			"FuzzWebhook":      fmt.Sprintf("go test fuzz v1\nstring(%q)\n[]byte(%q)\n", SignWebhook(testApp, []byte(tt.body)), tt.body),
		} {
			file := filepath.Join("testdata", "fuzz", target, name)
			if os.Getenv("LINNBRIDGE_WRITE_SEEDS") != "" {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != want {
				t.Errorf("%s is not up to date: run with LINNBRIDGE_WRITE_SEEDS=1", file)
			}
		}
	}
}

func TestWebhookEventOdd(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " ", "\ufeff", "\ufeff[]", "null", "[]", `"x"`, "1", "{", `{"type":1}x`, "\x00", "<html>"} {
		if e, err := ParseWebhook([]byte(body)); e != nil || !errors.Is(err, ErrWebhookMalformed) {
			t.Errorf("%q: %v, %v", body, e, err)
		}
	}
	// Everything else is delivered, whatever is wrong with it.
	for _, tt := range []struct {
		body string
		kind WebhookType
		odd  string // in DecodeErr
	}{
		{`{}`, 0, ""},
		{`{"type":999,"data":{"a":1}}`, 999, ""},
		{`{"type":2,"data":null}`, 2, ""},
		{`{"type":"1","data":{"order_id":"5"}}`, 1, ""},
		{`{"type":1,"data":{"order_id":"5","order_status":111}}`, 1, ""},
		{`{"type":1}`, 1, "no data"},
		{`{"type":1,"data":null}`, 1, "no data"},
		{`{"type":1,"data":[]}`, 1, "array"},
		{`{"type":1,"data":"MARKED"}`, 1, "string"},
		{`{"type":1,"data":{"order_id":{"MARKED":1}}}`, 1, "order_id is a JSON object"},
		{`{"type":1,"data":{"order_id":"5","update_time":{"a":"MARKED"}}}`, 1, "update_time"},
		{`{"type":1,"data":{"order_id":"5","update_time":"MARKED"}}`, 1, ""}, // it says so itself
		{`{"type":1,"data":{"order_id":5.5}}`, 1, "order_id is a JSON number"},
		{`{"type":1,"shop_id":["MARKED"],"data":{"order_id":"5"}}`, 1, "shop_id"},
		{`{"type":1,"timestamp":"MARKED","data":{"order_id":"5"}}`, 1, "timestamp"},
		{`{"type":"ORDER","data":{"order_id":"5"}}`, 0, "type is not a number"},
		{`{"type":1e3,"data":{}}`, 0, "type"},
		{`{"type":99999999999999999999,"data":{}}`, 0, "type"},
		{`{"type":68,"data":{"occurred_at":"MARKED"}}`, 68, "occurred_at is a JSON string"},
		{`{"type":14,"data":{"content":7777777777,"is_visible":"MARKED"}}`, 14, "is_visible is a JSON string, not a bool"},
	} {
		e, err := ParseWebhook([]byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
			continue
		}
		text := ""
		if e.DecodeErr != nil {
			text = e.DecodeErr.Error()
		}
		if tt.odd != "" && tt.kind != 0 && e.Type != tt.kind && e.Type != 0 || (text == "") != (tt.odd == "") || !strings.Contains(text, tt.odd) {
			t.Errorf("%s: type %d, %q", tt.body, e.Type, text)
		}
		if strings.Contains(text, "MARKED") || strings.Contains(text, "7777") || string(e.Raw) != tt.body {
			t.Errorf("%s: %q, %v", tt.body, text, e.Data)
		}
	}
	// Odd envelopes that say the same.
	at := time.Unix(1767225600, 0).UTC()
	for _, body := range []string{
		`{"type":1,"tts_notification_id":"73","shop_id":"74","timestamp":1767225600,"data":{"order_id":"5"}}`,
		"\ufeff" + `{"type":1,"tts_notification_id":"73","shop_id":"74","timestamp":1767225600,"data":{"order_id":"5"}}`,
		`{"type":"1","tts_notification_id":73,"shop_id":74,"timestamp":"1767225600","data":{"order_id":5}}`,
		`{"type":1,"tts_notification_id":"73","shop_id":"74","timestamp":1767225600000,"data":{"order_id":"5"}}`,
		`{"type":1,"tts_notification_id":"73","shop_id":"74","timestamp":"1767225600000","data":{"order_id":"5"}}`,
		`{"type":1,"tts_notification_id":"73","shop_id":"74","timestamp":1767225600.25,"data":{"order_id":"5"}}`,
		`{"type":1,"tts_notification_id":"73","shop_id":"74","timestamp":"2026-01-01T01:00:00+01:00","data":{"order_id":"5"}}`,
	} {
		e, err := ParseWebhook([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		want := &WebhookEvent{
			Type: 1, ID: "73", ShopID: "74", Time: at, Data: &OrderStatusChange{OrderID: "5"}, Raw: []byte(body), RawData: e.RawData,
		}
		if d := cmp.Diff(want, e); d != "" {
			t.Errorf("%s (-want +got):\n%s", body, d)
		}
	}
	// One odd field does not cost the others.
	for body, want := range map[string]any{
		`{"type":1,"data":{"order_id":5,"order_status":["x"],"is_on_hold_order":"true "}}`:                  &OrderStatusChange{OrderID: "5", IsOnHoldOrder: true},
		`{"type":4,"data":{"package_list":[{"package_id":{},"order_id_list":["7",8]},{"package_id":"2"}]}}`: &PackageUpdate{Packages: []UpdatedPackage{{OrderIDs: []ID{"7", "8"}}, {PackageID: "2"}}},
	} {
		e, err := ParseWebhook([]byte(body))
		if err != nil || e.DecodeErr == nil {
			t.Errorf("%s: %v, want a DecodeErr", body, err)
		}
		if d := cmp.Diff(want, e.Data); d != "" {
			t.Errorf("%s (-want +got):\n%s", body, d)
		}
	}
	var event WebhookEvent
	for body, ok := range map[string]bool{"null": true, "[]": false, "1": false, "{}": true} {
		if err := json.Unmarshal([]byte(body), &event); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
	if b, err := json.Marshal(WebhookEvent{}); err != nil || string(b) != "null" {
		t.Errorf("%s, %v", b, err)
	}
	for body, want := range map[string]int{`null`: 0, `""`: 0, `[]`: 0, `["1",2]`: 2, `3`: 1, `{}`: -1, `[{}]`: -1} {
		var list OneOrMany[ID]
		if err := json.Unmarshal([]byte(body), &list); (err == nil) != (want >= 0) || err == nil && len(list) != want {
			t.Errorf("%s: %v, %v", body, list, err)
		}
	}
	var into struct{ A int }
	e, _ := ParseWebhook([]byte(`{"type":999,"data":{"a":1}}`))
	if err := e.Decode(&into); err != nil || into.A != 1 {
		t.Errorf("Decode: %v, %v", into, err)
	}
}

func TestWebhookEventKey(t *testing.T) {
	t.Parallel()
	parse := func(body string) *WebhookEvent {
		e, err := ParseWebhook([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	keys := map[string]string{}
	for _, body := range []string{
		notify(1, ofShop, `{}`), notify(3, ofShop, `{}`), notify(1, `"shop_id":"other"`, `{}`), notify(1, ofSeller, `{}`),
		`{"type":3,"data":{"order_id":"1"}}`, `{"type":3,"data":{"order_id":"2"}}`, inventoryUpdate,
		`{"type":1,"tts_notification_id":"` + strings.Repeat("x", 1000) + `"}`,
	} {
		key := parse(body).Key()
		if other, taken := keys[key]; taken || len(key) > 200 {
			t.Errorf("%s and %s have the key %s", body, other, key)
		}
		keys[key] = body
	}
	// A repeat may be spaced or dated anew.
	if a, b := parse(notify(1, ofShop, `{}`)), parse(notify(1, ofShop, `{"order_id":"1"}`)); a.Key() != b.Key() {
		t.Error("two deliveries of one notification have two keys")
	}
}

func TestWebhookCanonical(t *testing.T) {
	t.Parallel()
	for s, want := range map[OrderStatus]OrderStatus{"CANCEL": "CANCELLED", "CALCELLED": "CANCELLED", "CANCELED": "CANCELLED", "CANCELLED": "CANCELLED", "ON_HOLD": "ON_HOLD", "": ""} {
		if s.Canonical() != want {
			t.Errorf("%s: %s", s, s.Canonical())
		}
	}
	for s, want := range map[CancelStatus]CancelStatus{"CANCELLATION_REQUEST_CANCEL": CancelStatusCancelled, CancelStatusCancelled: CancelStatusCancelled, "X": "X"} {
		if s.Canonical() != want {
			t.Errorf("%s: %s", s, s.Canonical())
		}
	}
	for s, want := range map[ReturnStatus]ReturnStatus{
		"RETURN_OR_REFUND__REQUEST_CANCELLED": ReturnStatusReturnOrRefundRequestCancel,
		"RETURN_OR_REFUND_REQUEST_CANCELLED":  ReturnStatusReturnOrRefundRequestCancel,
		"REPLACEMENT_REQUEST_CANCELLED":       ReturnStatusReplacementRequestCancel, "X": "X",
	} {
		if s.Canonical() != want {
			t.Errorf("%s: %s", s, s.Canonical())
		}
	}
}

func FuzzWebhookEvent(f *testing.F) {
	for _, body := range []string{"", "{}", "null", `{"type":1,"data":{"order_id":576486316948490001}}`, `{"quantity_snapshot_after_change":0}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sent := bytes.Clone(body)
		e, err := ParseWebhook(body)
		if err != nil {
			var fields map[string]any
			if json.Unmarshal(body, &fields) == nil && fields != nil {
				t.Fatal("a JSON object was refused")
			}
			return
		}
		if !bytes.Equal(e.Raw, sent) || e.Key() == "" || len(e.Key()) > 200 {
			t.Fatalf("%v: raw, key or error is wrong", e)
		}
		stored, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back WebhookEvent
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		if back.Type != e.Type || back.ID != e.ID || !back.Time.Equal(e.Time) || !reflect.DeepEqual(back.Data, e.Data) || (back.DecodeErr == nil) != (e.DecodeErr == nil) {
			t.Fatalf("%#v came back as %#v", e.Data, back.Data)
		}
	})
}
