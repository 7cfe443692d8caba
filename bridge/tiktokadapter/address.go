package tiktokadapter

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// levelRoles are the levels of a country's addresses that make the region and the
// town, the best first, by their names in the form of [levelNames]. What is neither is kept
// in the lines.
type levelRoles struct{ region, town []string }

// rolesByCountry has the countries in which towns and regions are called otherwise
// than in most. The names are TikTok's, which calls the same level differently from
// place to place: a Vietnamese city may be a province (L1) or a part of one (L2).
//
// https://partner.tiktokshop.com/docv2/page/get-order-detail-202507, district_info
var rolesByCountry = map[string]levelRoles{
	"GB": {region: []string{"county", "region", "state"}, town: []string{"posttown", "city", "town"}},
	"IE": {region: []string{"county", "province"}, town: []string{"city", "town"}},
	"FR": {region: []string{"region", "state"}, town: []string{"city", "town", "municipality", "commune"}},
	"IT": {region: []string{"province", "region", "state"}, town: []string{"city", "town", "municipality", "commune"}},
	"ES": {region: []string{"province", "region", "state"}, town: []string{"city", "town", "municipality"}},
	"JP": {region: []string{"prefecture", "state", "province"}, town: []string{"city", "municipality", "ward", "town", "village"}},
	"MX": {region: []string{"state", "province"}, town: []string{"municipality", "city", "town", "borough"}},
	"ID": {region: []string{"province", "state"}, town: []string{"city", "regency", "municipality"}},
	"PH": {region: []string{"province", "region"}, town: []string{"municipality", "city", "town"}},
	"TH": {region: []string{"province", "state"}, town: []string{"district", "city"}},
	"VN": {region: []string{"province", "city"}, town: []string{"city", "district", "town"}},
}

// commonRoles are those of the other countries.
var commonRoles = levelRoles{
	region: []string{"state", "province", "prefecture", "region"},
	town:   []string{"city", "town", "municipality", "commune", "village"},
}

// levelWords are names of levels in other words.
var levelWords = map[string]string{
	"provinsi": "province", "provincia": "province", "tinh": "province", "changwat": "province",
	"estado": "state", "bundesland": "state", "negeri": "state", "autonomouscommunity": "region", "regione": "region",
	"departement": "department", "landkreis": "county", "ken": "prefecture",
	"cidade": "city", "ciudad": "city", "ville": "city", "stadt": "city", "kota": "city", "shi": "city", "locality": "city",
	"municipio": "municipality", "comune": "commune", "kabupaten": "regency", "amphoe": "district", "khet": "district",
}

// levelNames are the names of a level without case, marks and blanks. TikTok may
// join two by a slash.
func levelNames(name string) []string {
	var names []string
	for word := range strings.SplitSeq(strings.ToLower(name), "/") {
		word = strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) {
				return -1
			}
			return cmp.Or(plainLetters[r], r)
		}, word)
		names = append(names, cmp.Or(levelWords[word], word))
	}
	return names
}

// plainLetters are letters with marks that occur in names of levels.
var plainLetters = map[rune]rune{'á': 'a', 'ã': 'a', 'ç': 'c', 'é': 'e', 'è': 'e', 'í': 'i', 'ỉ': 'i', 'ó': 'o', 'õ': 'o', 'ú': 'u', 'ü': 'u'}

func address(a tiktokshop.OrderRecipientAddress, email string) bridge.Address {
	for _, field := range []*string{
		&a.Name, &a.FirstName, &a.LastName, &a.AddressLine1, &a.AddressLine2, &a.AddressLine3, &a.AddressLine4, &a.AddressDetail, &a.FullAddress,
		&a.PostTown, &a.PostalCode, &a.PhoneNumber, &a.DeliveryPreferences.DropOffLocation, &email,
	} {
		*field = clean(*field)
	}
	if a.Name == "" && a.AddressLine1 == "" && a.FullAddress == "" && a.AddressDetail == "" && a.PostalCode == "" {
		return bridge.Address{} // not released yet
	}
	out := bridge.Address{
		Name: cmp.Or(a.Name, clean(a.FirstName+" "+a.LastName)), Line1: cmp.Or(a.AddressLine1, a.AddressDetail, a.FullAddress), Line2: a.AddressLine2,
		Line3: clean(a.AddressLine3 + " " + a.AddressLine4), Town: a.PostTown,
		Postcode: a.PostalCode, Country: countryCode(a.RegionCode), Phone: a.PhoneNumber, Email: email,
		Instructions: a.DeliveryPreferences.DropOffLocation,
	}
	placeLevels(&out, a.DistrictInfo)
	return out
}

// level is one of the districts that an address lies in.
type level struct {
	depth, text string
	names       []string
}

// placeLevels puts the districts into an address. They run from L0, the country,
// downwards. Without a name that tells, the first is the region and the deepest the
// town.
func placeLevels(out *bridge.Address, districts []tiktokshop.OrderRecipientAddressDistrictInfo) {
	var levels []level
	for _, d := range districts {
		text := clean(d.AddressName)
		switch {
		case d.AddressLevel == "L0":
			out.Country = cmp.Or(out.Country, countryCode(d.ISOCode))
		case text != "":
			levels = append(levels, level{d.AddressLevel, text, levelNames(d.AddressLevelName)})
		}
	}
	slices.SortStableFunc(levels, func(a, b level) int { return cmp.Compare(a.depth, b.depth) })
	roles, ok := rolesByCountry[out.Country]
	if !ok {
		roles = commonRoles
	}
	take := func(at int) (text string) {
		if at >= 0 {
			text = levels[at].text
			levels = slices.Delete(levels, at, at+1)
		}
		return text
	}
	region := indexOfLevel(levels, roles.region)
	if region < 0 && len(levels) > 0 && levels[0].depth == "L1" && indexOfLevel(levels[:1], roles.town) < 0 {
		region = 0
	}
	out.Region = take(region)
	town := indexOfLevel(levels, roles.town)
	if town < 0 && out.Town == "" {
		town = len(levels) - 1
	}
	if out.Town == "" || town >= 0 && strings.EqualFold(levels[town].text, out.Town) {
		out.Town = take(town)
	}
	for _, l := range slices.Backward(levels) {
		if !holds(*out, l.text) {
			out.Line3 = strings.TrimPrefix(out.Line3+", "+l.text, ", ")
		}
	}
}

// indexOfLevel finds the level with the first of the names that one has.
func indexOfLevel(levels []level, names []string) int {
	for _, name := range names {
		if i := slices.IndexFunc(levels, func(l level) bool { return slices.Contains(l.names, name) }); i >= 0 {
			return i
		}
	}
	return -1
}

// holds reports whether an address says a district already.
func holds(a bridge.Address, district string) bool {
	if strings.EqualFold(a.Town, district) || strings.EqualFold(a.Region, district) {
		return true
	}
	for _, line := range []string{a.Line1, a.Line2, a.Line3} {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), district) {
				return true
			}
		}
	}
	return false
}

// countryCode is a two-letter code of ISO 3166-1.
func countryCode(s string) string {
	if s = strings.ToUpper(clean(s)); s == "UK" {
		return "GB"
	}
	return s
}

// clean is a text fit for a label: without control characters, byte order marks and
// marks that turn the direction of writing, with single blanks, and empty if it is
// only the two quotes that some clients send for nothing.
func clean(s string) string {
	if s = strings.Join(strings.Fields(visible(s, false)), " "); s == `""` {
		return ""
	}
	return s
}

// cleanNote is clean for a text of several lines.
func cleanNote(s string) string { return strings.TrimSpace(visible(s, true)) }

func visible(s string, lines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case lines && r == '\n':
			return r
		case lines && r == '\r':
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == '\ufeff', r == '\u200b', r == '\u2060', r == '\u061c', r == '\u200e', r == '\u200f',
			r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}
