package tiktokadapter_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func newShop(t *testing.T, o tiktokadapter.Options) *tiktokadapter.Shop {
	t.Helper()
	client, err := tiktokshoptest.New().Client()
	if err != nil {
		t.Fatal(err)
	}
	shop, err := tiktokadapter.New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

// recipient reads an address given as TikTok's JSON.
func recipient(t *testing.T, text string) bridge.Address {
	t.Helper()
	var o tiktokshop.Order
	if err := json.Unmarshal([]byte(`{"id":"57","recipient_address":`+text+`}`), &o); err != nil {
		t.Fatal(err)
	}
	return newShop(t, tiktokadapter.Options{}).Order(o).Recipient
}

// districts writes levels, "name of the level=name" from L0 on.
func districts(levels ...string) string {
	var list []string
	for depth, l := range levels {
		name, text, _ := strings.Cut(l, "=")
		list = append(list, fmt.Sprintf(`{"address_level":"L%d","address_level_name":%q,"address_name":%q}`, depth, name, text))
	}
	return `"district_info":[` + strings.Join(list, ",") + `]`
}

// A label of every market has the right town and region, and nothing of the address
// is lost on the way.
func TestAddressesOfEveryMarket(t *testing.T) {
	for _, tc := range []struct {
		market, lines string
		levels        []string
		want          bridge.Address
	}{
		{
			"GB", `"address_line1":"1 High St","post_town":"Leeds","postal_code":" LS1 4DY "`, []string{"Country=United Kingdom", "Country=England", "County=West Yorkshire"},
			bridge.Address{Line1: "1 High St", Line3: "England", Town: "Leeds", Region: "West Yorkshire", Postcode: "LS1 4DY"},
		},
		{
			"IE", `"address_line1":"4 Main Street","postal_code":"D02 X285"`, []string{"Country=Ireland", "County=County Dublin", "City=Dublin", "District=Dublin 2"},
			bridge.Address{Line1: "4 Main Street", Line3: "Dublin 2", Town: "Dublin", Region: "County Dublin", Postcode: "D02 X285"},
		},
		{
			"US", `"address_line1":"2 B St","address_line2":"Apt 4","postal_code":"02108"`, []string{"Country=United States", "State=Massachusetts", "County=Suffolk", "City=Boston"},
			bridge.Address{Line1: "2 B St", Line2: "Apt 4", Line3: "Suffolk", Town: "Boston", Region: "Massachusetts", Postcode: "02108"},
		},
		{
			"BR", `"address_line1":"Rua A","address_line2":"12","address_line3":"Casa 2","address_line4":"Centro","postal_code":"80010-000"`, []string{"País=Brasil", "Estado=Paraná", "Cidade=Curitiba", "Bairro=Centro"},
			bridge.Address{Line1: "Rua A", Line2: "12", Line3: "Casa 2 Centro, Centro", Town: "Curitiba", Region: "Paraná", Postcode: "80010-000"},
		},
		{
			"MX", `"address_line1":"Av. Juárez 10","postal_code":"06050"`, []string{"Country=México", "State=Ciudad de México", "Municipality=Cuauhtémoc", "Neighborhood=Centro"},
			bridge.Address{Line1: "Av. Juárez 10", Line3: "Centro", Town: "Cuauhtémoc", Region: "Ciudad de México", Postcode: "06050"},
		},
		{
			"DE", `"address_line1":"Domstr. 1","postal_code":"50668"`, []string{"Country=Deutschland", "State=Nordrhein-Westfalen", "City=Köln", "District=Altstadt-Nord"},
			bridge.Address{Line1: "Domstr. 1", Line3: "Altstadt-Nord", Town: "Köln", Region: "Nordrhein-Westfalen", Postcode: "50668"},
		},
		{
			"FR", `"address_line1":"3 rue X","postal_code":"69003"`, []string{"Pays=France", "Région=Auvergne-Rhône-Alpes", "Département=Rhône", "Ville=Lyon", "Arrondissement=Lyon 3e"},
			bridge.Address{Line1: "3 rue X", Line3: "Lyon 3e, Rhône", Town: "Lyon", Region: "Auvergne-Rhône-Alpes", Postcode: "69003"},
		},
		{
			"IT", `"address_line1":"Via Roma 1","postal_code":"20831"`, []string{"Country=Italia", "Regione=Lombardia", "Provincia=Monza e Brianza", "Comune=Seregno"},
			bridge.Address{Line1: "Via Roma 1", Line3: "Lombardia", Town: "Seregno", Region: "Monza e Brianza", Postcode: "20831"},
		},
		{
			"ES", `"address_line1":"Calle Mayor 1","postal_code":"28801"`, []string{"Country=España", "Autonomous community=Comunidad de Madrid", "Province=Madrid", "City=Alcalá de Henares"},
			bridge.Address{Line1: "Calle Mayor 1", Line3: "Comunidad de Madrid", Town: "Alcalá de Henares", Region: "Madrid", Postcode: "28801"},
		},
		{
			"JP", `"address_line1":"1-1-1","postal_code":"150-0001"`, []string{"Country=Japan", "Prefecture=Tokyo", "Ward=Shibuya", "Town=Jingumae"},
			bridge.Address{Line1: "1-1-1", Line3: "Jingumae", Town: "Shibuya", Region: "Tokyo", Postcode: "150-0001"},
		},
		{
			"ID", `"address_line1":"Jl. Merdeka 1","address_detail":"Jl. Merdeka 1","postal_code":"12920"`, []string{"Country=Indonesia", "province=Jakarta", "city=South Jakarta", "Sub-district=Setiabudi", "Urban Community=Karet"},
			bridge.Address{Line1: "Jl. Merdeka 1", Line3: "Karet, Setiabudi", Town: "South Jakarta", Region: "Jakarta", Postcode: "12920"},
		},
		{
			"MY", `"address_detail":"12 Jalan Besar","full_address":"Malaysia, Perak, Lumut, 12 Jalan Besar","postal_code":"32000"`, []string{"Country=Malaysia", "state=Perak", "city=Lumut"},
			bridge.Address{Line1: "12 Jalan Besar", Town: "Lumut", Region: "Perak", Postcode: "32000"},
		},
		{
			"PH", `"address_detail":"5 Rizal St","postal_code":"4026"`, []string{"Country=Philippines", "Region=Calabarzon", "Province=Laguna", "Municipality=Santa Rosa City", "Barangay=Balibago"},
			bridge.Address{Line1: "5 Rizal St", Line3: "Balibago, Calabarzon", Town: "Santa Rosa City", Region: "Laguna", Postcode: "4026"},
		},
		{
			"SG", `"address_line1":"1 Orchard Rd","address_line2":"#05-01","postal_code":"238824"`, []string{"Country=Singapore"},
			bridge.Address{Line1: "1 Orchard Rd", Line2: "#05-01", Postcode: "238824"},
		},
		{
			"TH", `"address_detail":"99/1 Moo 2","postal_code":"10110"`, []string{"Country=Thailand", "Province=Bangkok", "District=Khlong Toei", "Sub-district=Khlong Tan"},
			bridge.Address{Line1: "99/1 Moo 2", Line3: "Khlong Tan", Town: "Khlong Toei", Region: "Bangkok", Postcode: "10110"},
		},
		{
			"VN", `"address_detail":"Số 1, Phường Bến Nghé"`, []string{"Country=Việt Nam", "Province=Hồ Chí Minh", "District=Quận 1", "Ward=Phường Bến Nghé"},
			bridge.Address{Line1: "Số 1, Phường Bến Nghé", Town: "Quận 1", Region: "Hồ Chí Minh"},
		},
		{ // a city that is a province
			"VN", `"address_line1":"Thôn 3"`, []string{"Country=Việt Nam", "city=Hải Phòng", "district=Tiên Lãng", "ward=Bạch Đằng"},
			bridge.Address{Line1: "Thôn 3", Line3: "Bạch Đằng", Town: "Tiên Lãng", Region: "Hải Phòng"},
		},
		{ // without names the depth decides
			"DE", `"address_line1":"Domstr. 1"`, []string{"=Deutschland", "=Nordrhein-Westfalen", "=Köln"},
			bridge.Address{Line1: "Domstr. 1", Town: "Köln", Region: "Nordrhein-Westfalen"},
		},
		{ // a country that nobody has told us of
			"KR", `"address_line1":"1 Sejong-daero"`, []string{"Country=Korea", "Province=Gyeonggi", "City=Suwon", "District=Paldal"},
			bridge.Address{Line1: "1 Sejong-daero", Line3: "Paldal", Town: "Suwon", Region: "Gyeonggi"},
		},
		{ // nothing but a town
			"IE", `"address_line1":"4 Main Street"`, []string{"Country=Ireland", "City=Dublin"},
			bridge.Address{Line1: "4 Main Street", Town: "Dublin"},
		},
	} {
		t.Run(tc.market, func(t *testing.T) {
			got := recipient(t, `{"region_code":"`+tc.market+`","name":"Al",`+tc.lines+`,`+districts(tc.levels...)+`}`)
			type shown bridge.Address // an Address prints as a placeholder
			want := tc.want
			want.Name, want.Country = "Al", tc.market
			if diff := cmp.Diff(shown(want), shown(got)); diff != "" {
				t.Error(diff)
			}
			all := strings.Join([]string{got.Line1, got.Line2, got.Line3, got.Town, got.Region}, "\n")
			for _, l := range tc.levels[1:] {
				if _, text, _ := strings.Cut(l, "="); !strings.Contains(all, text) {
					t.Errorf("%s is lost", text)
				}
			}
		})
	}
}

// What no printer prints, and what turns the direction of writing, does not reach a
// label; what belongs to a name does.
func TestAddressesAreClean(t *testing.T) {
	got := recipient(t, `{"region_code":" uk ","name":"Zoë \ud83d\ude09\u0000 \u202eEvil\u202c","address_line1":"\ufeff1\tHigh\r\nSt\u0007","address_line2":"\u200b  ",
		"address_line3":"\"\"","address_line4":"\"\"","post_town":"Leeds\n","postal_code":"\u00a0ls1 4dy ","phone_number":"\u2066(+44)7700900123\u2069"}`)
	type shown bridge.Address
	want := shown{Name: "Zoë 😉 Evil", Line1: "1 High St", Town: "Leeds", Postcode: "ls1 4dy", Country: "GB", Phone: "(+44)7700900123"}
	if diff := cmp.Diff(want, shown(got)); diff != "" {
		t.Error(diff)
	}
	o := newShop(t, tiktokadapter.Options{}).Order(tiktokshop.Order{BuyerMessage: "ring\u0007 twice\r\nthen wait\u202e", BuyerNickname: " ada\u0000"})
	if o.Note != "ring twice\nthen wait" || o.BuyerName != "ada" {
		t.Errorf("note %q, buyer %q", string(o.Note), string(o.BuyerName))
	}
}
