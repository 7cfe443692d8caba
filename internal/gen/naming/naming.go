// Package naming turns the vendors' names into Go's casing. The rules are part
// of the published API: a change here renames exported identifiers.
package naming

import (
	"go/token"
	"strings"
	"unicode"
)

// initialisms are the words with a spelling of their own, by their lower-case form.
var initialisms = map[string]string{
	"api": "API", "apis": "APIs", "asin": "ASIN", "asins": "ASINs", "bigcommerce": "BigCommerce", "bmsm": "BMSM",
	"bol": "BOL", "bopis": "BOPIS", "cnpj": "CNPJ", "cod": "COD", "cpf": "CPF", "crm": "CRM", "csv": "CSV", "ctr": "CTR",
	"dg": "DG", "ean": "EAN", "eans": "EANs", "epr": "EPR", "erp": "ERP", "eu": "EU", "faq": "FAQ", "fba": "FBA",
	"fbf": "FBF", "fbm": "FBM", "fbt": "FBT", "fcl": "FCL", "fnsku": "FNSKU", "ftl": "FTL", "ftp": "FTP", "ftps": "FTPS",
	"gcid": "GCID", "gmv": "GMV", "gpm": "GPM", "gpr": "GPR", "gs": "GS", "gst": "GST", "gtin": "GTIN", "guid": "GUID",
	"guids": "GUIDs", "html": "HTML", "http": "HTTP", "https": "HTTPS", "id": "ID", "ids": "IDs", "imei": "IMEI",
	"ip": "IP", "isbn": "ISBN", "iso": "ISO", "iva": "IVA", "jis": "JIS", "jit": "JIT", "json": "JSON", "kyc": "KYC",
	"lcid": "LCID", "lcl": "LCL", "ltl": "LTL", "mcf": "MCF", "mpn": "MPN", "msku": "MSKU", "old": "Old",
	"paypal": "PayPal", "pdf": "PDF", "pii": "PII", "pob": "POB", "pod": "POD", "pzn": "PZN", "rp": "RP", "qr": "QR", "rma": "RMA", "rmas": "RMAs",
	"rts": "RTS", "seo": "SEO", "sfp": "SFP", "sftp": "SFTP", "sioc": "SIOC", "skc": "SKC", "skcs": "SKCs", "sku": "SKU",
	"skus": "SKUs", "sla": "SLA", "sms": "SMS", "sns": "SNS", "spu": "SPU", "spus": "SPUs", "tap": "TAP",
	"tiktok": "TikTok", "tiktokshop": "TikTokShop", "tote": "Tote", "totes": "Totes", "totp": "TOTP", "ttl": "TTL",
	"tts": "TTS", "ui": "UI", "uk": "UK", "upc": "UPC", "upcs": "UPCs", "uri": "URI", "uris": "URIs", "url": "URL",
	"urls": "URLs", "us": "US", "utc": "UTC", "utf": "UTF", "uuid": "UUID", "vat": "VAT", "whatsapp": "WhatsApp",
	"wms": "WMS", "woocommerce": "WooCommerce", "xml": "XML", "zpl": "ZPL",
}

// glued are words that the vendors wrote without a boundary between them.
var glued = map[string]string{
	"accountid": "account id", "alldates": "all dates", "amazononly": "amazon only", "amzntrans": "amzn trans",
	"affectivefk": "affective fk", "binreference": "bin reference", "categoryinformation": "category information", "configid": "config id", "creatoron": "creator on",
	"conversationwithcreator": "conversation with creator", "despatchbydate": "despatch by date", "diagnoseand": "diagnose and",
	"exchangebooking": "exchange booking", "extendedproperties": "extended properties", "fbfmcf": "fbf mcf", "fbtmcf": "fbt mcf",
	"flashsale": "flash sale", "getattributes": "get attributes", "getcategoryinformation": "get category information",
	"getfbtmerchantmcfstatus": "get fbt merchant mcf status", "getgradingtemplatesconfig": "get grading templates config",
	"getsizegroupsconfig": "get size groups config", "imageupload": "image upload", "itembarcode": "item barcode",
	"itemtitle": "item title", "linkshare": "link share", "messageinthe": "message in the", "noneonly": "none only",
	"orderid": "order id", "orderids": "order ids", "paymentreceived": "payment received", "pendingrelist": "pending relist",
	"pickingwave": "picking wave", "pkrowid": "pk row id", "productimageuploadrequirementsquery": "product image upload requirements query",
	"productslegacy": "products legacy", "productsold": "products old", "productv2": "product v2", "profileold": "profile old",
	"qualificationfileupload": "qualification file upload", "returnbooking": "return booking", "returnrefund": "return refund",
	"rowguid": "row guid", "rowid": "row id", "selleronly": "seller only", "shiftjis": "shift jis", "singletext": "single text",
	"sizechart": "size chart", "skuid": "sku id",
	"sortorder": "sort order", "stockitem": "stock item", "threedim": "three dim", "transactionsby": "transactions by",
	"transferreference": "transfer reference", "weightfit": "weight fit",
}

// respelt are capitals in places that no rule expects.
var respelt = strings.NewReplacer("eBay", "Ebay", "ePID", "EPID", "Perfomance", "Performance", "PDFfrom", "PDFFrom", "SKUsandtheapprovalstatusof", "SKUsAndTheApprovalStatusOf")

// Words splits a name at separators and at changes of case. A run of capitals
// is one word, and so is a run of capitals with a plural s.
func Words(name string) []string {
	var words []string
	for part := range strings.FieldsFuncSeq(respelt.Replace(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		for _, w := range camel([]rune(part)) {
			if apart, ok := glued[strings.ToLower(w)]; ok {
				words = append(words, strings.Fields(apart)...)
				continue
			}
			words = append(words, w)
		}
	}
	return words
}

func camel(r []rune) []string {
	var words []string
	start := 0
	for i := 1; i < len(r); i++ {
		switch {
		case unicode.IsUpper(r[i]) && !unicode.IsUpper(r[i-1]):
			words, start = append(words, string(r[start:i])), i
		case unicode.IsLower(r[i]) && unicode.IsUpper(r[i-1]) && i-1 > start:
			// The end of a run of capitals: a plural s belongs to it,
			// otherwise its last capital starts the next word.
			if r[i] == 's' && (i+1 == len(r) || !unicode.IsLower(r[i+1])) {
				continue
			}
			words, start = append(words, string(r[start:i-1])), i-1
		}
	}
	return append(words, string(r[start:]))
}

// Exported returns the Go name of a vendor's name.
func Exported(name string) string {
	var b strings.Builder
	for _, w := range Words(name) {
		low := strings.ToLower(w)
		switch upper, ok := initialisms[low]; {
		case ok:
			b.WriteString(upper)
		case strings.HasSuffix(w, "s") && len(w) > 2 && strings.ToUpper(w[:len(w)-1]) == w[:len(w)-1]:
			b.WriteString(w) // a plural of capitals that the vendor wrote itself
		case w == strings.ToUpper(w) && len(w) <= 4 && mixed(name):
			b.WriteString(w) // capitals inside a mixed name are the vendor's initialism
		default:
			b.WriteString(strings.ToUpper(low[:1]) + low[1:])
		}
	}
	s := b.String()
	if s == "" || unicode.IsDigit(rune(s[0])) {
		s = "N" + s
	}
	return s
}

// mixed reports whether a name has letters of both cases.
func mixed(name string) bool {
	return name != strings.ToUpper(name) && name != strings.ToLower(name)
}

// Unexported returns the name of a parameter.
func Unexported(name string) string {
	e := Exported(name)
	words := Words(name)
	first := Exported(words[0])
	s := strings.ToLower(first) + strings.TrimPrefix(e, first)
	switch s {
	case "ctx", "req", "opts", "s", "out", "err", "start", "r", "page", "token", "inner", "parameters", "part", "string", "operation":
		return s + "_" // methods have these of their own
	}
	if token.IsKeyword(s) {
		s += "_"
	}
	return s
}

// Constant returns the part of a constant's name that stands for a value.
func Constant(value string) string {
	if mixed(value) {
		return Exported(value)
	}
	name := Exported(strings.ToLower(value))
	if len(name) > 1 && unicode.IsDigit(rune(name[1])) {
		return name[1:] // the type's name stands before it
	}
	return name
}

// Singular returns the name of one element of a list.
func Singular(name string) string {
	words := Words(name)
	last := words[len(words)-1]
	low := strings.ToLower(last)
	var one string
	switch {
	case low == "addresses" || low == "statuses" || low == "boxes" || low == "batches" || low == "branches" ||
		low == "matches" || low == "taxes" || low == "classes" || low == "processes" || low == "searches":
		one = low[:len(low)-2]
	case strings.HasSuffix(low, "ies") && low != "series":
		one = low[:len(low)-3] + "y"
	case strings.HasSuffix(low, "ss"), strings.HasSuffix(low, "us"), strings.HasSuffix(low, "is"), low == "series", low == "news",
		!strings.HasSuffix(low, "s"):
		if low == "skus" {
			one = "sku"
			break
		}
		return Exported(name)
	default:
		one = low[:len(low)-1]
	}
	return Exported(strings.Join(append(words[:len(words)-1:len(words)-1], one), "_"))
}
