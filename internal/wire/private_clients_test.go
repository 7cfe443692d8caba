package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// structs returns the structs of t's package that its services send and receive.
func structs(client reflect.Type) []reflect.Type {
	found := map[string]reflect.Type{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(t.Elem())
		case reflect.Struct:
			if found[t.Name()] != nil || t.PkgPath() != client.PkgPath() {
				return
			}
			found[t.Name()] = t
			for i := range t.NumField() {
				if t.Field(i).IsExported() {
					walk(t.Field(i).Type)
				}
			}
		}
	}
	for _, f := range reflect.VisibleFields(client) {
		if f.Type.Kind() != reflect.Pointer || !strings.HasSuffix(f.Type.Elem().Name(), "Service") {
			continue
		}
		for i := range f.Type.NumMethod() {
			m := f.Type.Method(i).Type
			for j := range m.NumIn() {
				if in := m.In(j); j > 0 && in.Kind() == reflect.Pointer {
					walk(in)
				}
			}
			for j := range m.NumOut() {
				walk(m.Out(j))
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b reflect.Type) int { return strings.Compare(a.Name(), b.Name()) })
}

// mark puts a text into every string of v that tells where it stands.
func mark(v reflect.Value, at string, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("<<" + at + ">>")
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			mark(v.Elem(), at, depth-1)
		}
	case reflect.Slice:
		switch {
		case v.Type() == reflect.TypeFor[json.RawMessage]():
			v.SetBytes([]byte(`"<<` + at + `>>"`))
		case depth > 0:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			mark(v.Index(0), at, depth-1)
		}
	case reflect.Map:
		if depth > 0 && v.Type().Key().Kind() == reflect.String {
			elem := reflect.New(v.Type().Elem()).Elem()
			mark(elem, at, depth-1)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), elem)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				mark(v.Field(i), v.Type().Name()+"."+f.Name, depth)
			}
		}
	}
}

// telling names the fields that may tell of a person. It is wider than what the
// generator knows, so that each of its gaps has to be justified in public.
var telling = regexp.MustCompile(`(?i)name|phone|mobile|telnumber|mail|address|street|postal|postcode|zip|city|town|county|district|note|comment|remark|buyer|` +
	`recipient|bank|cpf|taxid|taxnumber|vatnumber|company|contact|avatar|passport|message|content$|body$|birth|latitude|longitude`)

// public are the fields that [telling] matches and that are of no person: of
// products, shops, warehouses, carriers, documents and settings.
var public = strings.Fields(`
	AccountName ActionName AdditionalCostTypeName AddressFormat AddressLevel ApplicationName AttachedFileName AttrName
	AvailableReasonNames BankID BarcodeErrorMessage BinName BinRackTypeName BinrackName BinrackNames BinrackTypeName BoxName
	BrandName BuyerIDs BuyerPaidReturnShippingFee BuyerPaidReturnShippingFeeAmount BuyerServiceFee BuyerUserID BuyerUserIDs
	CampaignName CarrierName CategoryName CategoryNames ChannelName CityID ClientTypeName ColumnName CommentNum CommentRate
	CompatibilityNotes ConditionDisplayName ConditionName ConfigName ConfiguratorName CountryName DailyAvgBuyers DisplayName
	DistrictID ErrorMessage ExportName ExternalCategoryName FailMessage FieldName FieldNames FileName FilterName FilterNameExact
	FirstKeyAttributeNameEn FirstKeyAttributeNameZh FirstKeyAttributeValueName FolderName FriendlyName FunctionName GroupName IDName
	ItemName KeyAttributeValueName KeyDisplayName LocalName LocationName LogisticsProviderName MacroName MaxCapacityVolumetric
	Message MessageBody MessageID MessageTitle Name NameCn NameEn NameZh NewName NotExistReason NoteType OptionDisplayName OptionName
	OptionSetName OrderNoteID PackageGroupName PackagingCapacity ParameterName PartnerName PaymentMethodName PlanName
	PostalServiceCode PostalServiceCost PostalServiceID PostalServiceName PostalServiceTag PostalTrackingNumber PrintZoneName
	PrinterLocalName PrinterLocationName PrinterName ProductName ProductNameEn ProductNameZh ProfileName PropertyName ProperyName
	ProviderName ProviderWarehouseName PurchaseOrderNoteID ReasonName RecommendationMessage RegexErrorMessage RegionName
	ReturnPostalServiceName ReturnProviderName ReturnShippingFeePaidBuyerAmount RuleName RuleTypeDisplayName SKUName
	SKUSalePropertyValueNames SecondKeyAttributeNameEn SecondKeyAttributeNameZh SecondKeyAttributeValueName SelectionFieldName
	SellerName SenderContactID ServiceName ShippingOriginCity ShippingProviderName ShopName SourceName SpecName StockLocationName
	SubsourceName SupplierName TableName TagName TargetBuyerSegment TaskName TempFileName TemplateName TownID TransferBinNoteID
	TransferItemNoteID TransferNoteID TransferPropertyName TypeName UsedConfigName ValueName VariationGroupName VariationName
	VendorFriendlyName VendorName ViewName WarehouseAddress WarehouseBinrackTypeName WarehouseName ZoneNames
	Webhook.Address UpdateShopWebhookRequest.Address
	CreateCustomEngagementTaskRequestCustomMessage.Body EmailTemplate.Body UpdateShipmentBoxTrackingNumberRequest.Body
`)

// people are the types whose Name is that of a person.
var people = regexp.MustCompile(`(Recipient|Buyer|Customer|Consignee|Contact|Sender|Receiver|Participant|User|Person|Pharmacist|Creator|Address)(V\d+)?$`)

var place = regexp.MustCompile(`(?:<<|\\u003c\\u003c)(\w+)\.(\w+)(?:>>|\\u003e\\u003e)`)

// TestPersonalDataIsNotPrinted prints and logs every type that the services of
// both clients send and receive.
func TestPersonalDataIsNotPrinted(t *testing.T) {
	for name, client := range map[string]reflect.Type{"tiktokshop": reflect.TypeFor[tiktokshop.Client](), "linnworks": reflect.TypeFor[linnworks.Client]()} {
		t.Run(name, func(t *testing.T) {
			all := structs(client)
			if len(all) < 500 {
				t.Fatalf("%d types found: the services are not what they were", len(all))
			}
			shows := map[string]bool{}
			for _, typ := range all {
				v := reflect.New(typ)
				mark(v.Elem(), "", 2)
				var out bytes.Buffer
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
					fmt.Fprintf(&out, verb+verb, v.Interface(), []any{v.Elem().Interface()})
				}
				for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
					slog.New(h).Info("x", "value", v.Elem().Interface(), "pointer", v.Interface())
				}
				for _, m := range place.FindAllStringSubmatch(out.String(), -1) {
					at, known := m[1]+"."+m[2], slices.Contains(public, m[2]) || slices.Contains(public, m[1]+"."+m[2])
					if telling.MatchString(m[2]) && !known || m[2] == "Name" && people.MatchString(m[1]) {
						shows[at] = true
					}
				}
				data, err := json.Marshal(v.Interface())
				if err == nil && len(data) > 0 && !json.Valid(data) {
					t.Errorf("%s encodes as %s", typ.Name(), data)
				}
			}
			for _, at := range slices.Sorted(maps.Keys(shows)) {
				t.Errorf("%s is printed", at)
			}
		})
	}
}
