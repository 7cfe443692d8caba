package emit

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/naming"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// Dialect is what the two APIs do differently.
type Dialect struct {
	Package    string
	Vendor     string
	Kinds      map[string]Expr
	Service    func(*spec.Operation) string
	ModuleName func(*spec.Module) string // stands before names that collide
	Replay     func(*spec.Operation) string
	Page       func(*Method) string // address of the official page, empty if not known
	Decodes    bool                 // enums may arrive as numbers
	Frozen     bool                 // operations do not change any more

	SharedEnums map[string]string // fields that mean the same everywhere -> enum
	Things      []Thing
	Field       func(wire string) string // the name that a field should have had
}

// Thing is a plain object that means the same wherever it stands, sent or
// received.
type Thing struct {
	Fields string // names on the wire, sorted; numbers with #, lists with []
	Word   string // what the last word of its places ends in
	Name   string // the Go type
}

func limitText(n int) string {
	if n == 0 {
		return ""
	}
	return " limit=" + strconv.Itoa(n)
}

// TikTokShop is the dialect of TikTok Shop.
func TikTokShop() Dialect {
	return Dialect{
		Package: "tiktokshop", Vendor: "TikTok Shop", SharedEnums: map[string]string{"sort_order": "SortOrder"},
		Kinds: map[string]Expr{
			spec.String: {Base: "string"}, spec.Decimal: {Base: "Decimal"}, spec.Unix: {Base: "UnixSeconds", Kind: number},
			spec.Int: {Base: "int", Kind: number}, spec.Int32: {Base: "int", Kind: number}, spec.Int64: {Base: "int64", Kind: number},
			spec.Bool: {Base: "bool", Kind: number}, spec.Double: {Base: "Decimal"}, spec.Any: {Base: "json.RawMessage", Kind: raw},
			spec.File: {Base: "*File", Kind: file},
		},
		Things: []Thing{
			{"amount currency", "", "Money"},
			{"currency value", "", "PaymentMoney"},
			{"currency maximum_amount minimum_amount", "", "MoneyRange"},
			{"currency formatted_range maximum_amount minimum_amount", "", "FormattedMoneyRange"},
			{"currency highest_amount lowest_amount", "", "PriceRange"},
			{"amount# type", "", "CountByType"},
			{"amount currency type", "", "MoneyByType"},
			{"id name", "", "IDName"},
			{"id", "", "IDOnly"},
			{"key value", "", "KeyValue"},
			{"type value", "Indicator", "PortraitIndicator"},
			{"unit value", "Weight", "Weight"},
			{"height length unit width", "", "Dimensions"},
			{"height# url width#", "", "Image"},
			{"height# thumb_urls[] uri urls[] width#", "", "ProductImage"},
			{"uri", "Image", "ImageURI"},
			{"uri", "Img", "ImageURI"},
			{"uri", "", "FileURI"},
			{"url", "Avatar", "Avatar"},
			{"end_time# start_time#", "", "TimeRange"},
			{"is_required#", "", "Requirement"},
			{"is_required# optional_regions[] required_regions[]", "", "RegionalRequirement"},
			{"percentage property_value_id", "", "Ingredient"},
			{"code message", "", "CodeMessage"},
		},
		Service:    func(op *spec.Operation) string { return naming.Exported(op.Tag) },
		ModuleName: func(m *spec.Module) string { return naming.Exported(m.Name) },
		Replay:     tiktokReplay,
		Page: func(m *Method) string {
			if m.Operation.Page == "" {
				return "" // of an overlay entry
			}
			return "https://partner.tiktokshop.com/docv2/page/" + m.Operation.Page
		},
	}
}

// Linnworks is the dialect of Linnworks.
func Linnworks() Dialect {
	return Dialect{
		Package: "linnworks", Vendor: "Linnworks", Decodes: true, Frozen: true, SharedEnums: map[string]string{"ResultStatus": "APIResultStatus"},
		Kinds: map[string]Expr{
			spec.String: {Base: "string"}, spec.UUID: {Base: "GUID"}, spec.Date: {Base: "Time"}, spec.Double: {Base: "Decimal"},
			spec.Int: {Base: "int", Kind: number}, spec.Int32: {Base: "int", Kind: number}, spec.Int64: {Base: "int64", Kind: number},
			spec.Bool: {Base: "bool", Kind: number}, spec.Any: {Base: "json.RawMessage", Kind: raw},
		},
		Field:      linnworksField,
		Service:    linnworksService,
		ModuleName: func(m *spec.Module) string { return linnworksModule(m) },
		Replay:     linnworksReplay,
		Page: func(m *Method) string {
			if m.Operation.Page != "" {
				return "https://apps.linnworks.net/Api/Method/" + m.Operation.Page
			}
			return "https://apidocs.linnworks.net/reference"
		},
	}
}

// prefix is what the columns of Linnworks' database begin with: the primary and
// the foreign keys, and a letter for the type.
var prefix = regexp.MustCompile(`^(?:[pP]k|[fF]k|[bcdfn])([A-Z]\w*)$`)

// linnworksField leaves out the prefix of a column. The number of an order is
// no second id.
func linnworksField(wire string) string {
	if wire == "nOrderId" {
		return "NumOrderId"
	}
	if m := prefix.FindStringSubmatch(wire); m != nil {
		return m[1]
	}
	return wire
}

// linnworksService is the controller of a version 1 path; the newer files are
// a service each.
func linnworksService(op *spec.Operation) string {
	if rest, ok := strings.CutPrefix(op.URL(), "/api/"); ok {
		controller, _, _ := strings.Cut(rest, "/")
		return naming.Exported(controller)
	}
	return linnworksModule(op.Module)
}

func linnworksModule(m *spec.Module) string {
	for _, op := range m.Operations {
		if rest, ok := strings.CutPrefix(op.URL(), "/api/"); ok {
			controller, _, _ := strings.Cut(rest, "/")
			return naming.Exported(controller)
		}
	}
	base, suffix, _ := strings.Cut(m.Name, "-")
	return strings.ReplaceAll(naming.Exported(base), "Warehousetransfer", "WarehouseTransfer") + naming.Exported(suffix)
}

// Verbs with which a call only reads.
var readVerbs = []string{
	"Get", "Search", "List", "Query", "Find", "Is", "Has", "Filter", "Calculate", "Count", "Check", "Batchget",
}

func reads(name string) bool {
	words := naming.Words(name)
	for len(words) > 1 && (words[0] == "GS" || words[0] == "Batch" || words[0] == "VP" || words[0] == "Seller") {
		words = words[1:]
	}
	for _, w := range words {
		switch strings.ToLower(w) {
		case "generate", "print", "upload", "create", "token":
			return false
		}
	}
	return slices.Contains(readVerbs, words[0])
}

func tiktokReplay(op *spec.Operation) string {
	path := op.URL()
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch {
	case op.Method() == "GET":
		return "read"
	case op.Method() == "POST" && (reads(op.Name) || last == "search" || last == "query"):
		return "read"
	}
	return "never"
}

func linnworksReplay(op *spec.Operation) string {
	if (op.Method() == "GET" || op.Method() == "POST" || op.Method() == "PUT") && reads(op.Name) {
		return "read"
	}
	return "never"
}
