package tiktokshoptest

import (
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// family is a group of markets that ship alike.
type family int

const (
	familyUS     family = iota // seller: mark as shipped; TikTok: create packages
	familyEurope               // with Japan. seller: mark as shipped; TikTok: ship package
	familyOther                // south-east Asia, Brazil, Mexico: ship package
)

// market is what depends on the country of the shop.
type market struct {
	region   string
	currency string
	family   family
	carriers []string // the first of them is what TikTok Shipping uses
	city     string
	postcode string
	dial     string
}

var markets = map[string]market{
	"US": {currency: "USD", family: familyUS, carriers: []string{"USPS", "UPS", "FedEx"}, city: "Los Angeles", postcode: "90012", dial: "(+1)"},
	"GB": {currency: "GBP", family: familyEurope, carriers: []string{"Evri", "Royal Mail", "DPD"}, city: "Leeds", postcode: "LS1 4DY", dial: "(+44)"},
	"IE": {currency: "EUR", family: familyEurope, carriers: []string{"An Post", "DPD Ireland", "Fastway"}, city: "Cork", postcode: "T12 W8KP", dial: "(+353)"},
	"DE": {currency: "EUR", family: familyEurope, carriers: []string{"Hermes", "DHL Paket", "DPD"}, city: "Leipzig", postcode: "04109", dial: "(+49)"},
	"FR": {currency: "EUR", family: familyEurope, carriers: []string{"Mondial Relay", "Colissimo", "Chronopost"}, city: "Lyon", postcode: "69002", dial: "(+33)"},
	"ES": {currency: "EUR", family: familyEurope, carriers: []string{"CTT Express", "Correos", "SEUR"}, city: "Valencia", postcode: "46002", dial: "(+34)"},
	"IT": {currency: "EUR", family: familyEurope, carriers: []string{"InPost", "Poste Italiane", "BRT"}, city: "Torino", postcode: "10121", dial: "(+39)"},
	"JP": {currency: "JPY", family: familyEurope, carriers: []string{"Sagawa", "Yamato", "Japan Post"}, city: "Osaka", postcode: "530-0001", dial: "(+81)"},
	"ID": {currency: "IDR", family: familyOther, carriers: []string{"J&T Express", "JNE", "SiCepat"}, city: "Bandung", postcode: "40111", dial: "(+62)"},
	"MY": {currency: "MYR", family: familyOther, carriers: []string{"J&T Express", "Pos Laju", "Ninja Van"}, city: "Ipoh", postcode: "30000", dial: "(+60)"},
	"PH": {currency: "PHP", family: familyOther, carriers: []string{"J&T Express", "LBC", "Ninja Van"}, city: "Cebu", postcode: "6000", dial: "(+63)"},
	"SG": {currency: "SGD", family: familyOther, carriers: []string{"J&T Express", "SingPost", "Ninja Van"}, city: "Singapore", postcode: "238823", dial: "(+65)"},
	"TH": {currency: "THB", family: familyOther, carriers: []string{"J&T Express", "Thailand Post", "Flash"}, city: "Chiang Mai", postcode: "50000", dial: "(+66)"},
	"VN": {currency: "VND", family: familyOther, carriers: []string{"J&T Express", "GHN", "Viettel Post"}, city: "Da Nang", postcode: "550000", dial: "(+84)"},
	"BR": {currency: "BRL", family: familyOther, carriers: []string{"J&T Express", "Correios", "Jadlog"}, city: "Curitiba", postcode: "80010-000", dial: "(+55)"},
	"MX": {currency: "MXN", family: familyOther, carriers: []string{"J&T Express", "Estafeta", "Redpack"}, city: "Puebla", postcode: "72000", dial: "(+52)"},
}

// packageAtPayment reports whether an order has a package id from its payment on;
// elsewhere it gets one by being shipped.
func (m market) packageAtPayment(t tiktokshop.ShippingType) bool {
	switch m.family {
	case familyUS:
		return false
	case familyEurope:
		return t == tiktokshop.ShippingTypeTikTok
	default:
		return true
	}
}

// The delivery options of every fake shop. The provider of a shipment has to be
// one of the order's option.
const (
	// OptionStandard is the default of orders that the seller ships.
	OptionStandard = "7101000000000000001"
	// OptionExpress has fewer providers than OptionStandard.
	OptionExpress = "7101000000000000002"
	// OptionTikTok is the option of orders with TikTok Shipping.
	OptionTikTok = "7101000000000000003"
)

var optionNames = map[string]string{
	OptionStandard: "Standard shipping",
	OptionExpress:  "Express shipping",
	OptionTikTok:   "TikTok Shipping",
}

// carrierIDs number the carriers of a market.
var carrierIDs = []string{"7117858858072016686", "7117858858072016687", "7117858858072016688"}

func (m market) carrier(i int) tiktokshop.ShippingProvider {
	return tiktokshop.ShippingProvider{ID: carrierIDs[i], Name: m.carriers[i]}
}

// providers are the carriers of a delivery option: the express one leaves the
// last carrier out.
func (m market) providers(option string) []tiktokshop.ShippingProvider {
	all := []tiktokshop.ShippingProvider{m.carrier(0), m.carrier(1), m.carrier(2)}
	if option == OptionExpress {
		return all[:2]
	}
	return all
}

func (m market) knownProvider(id string) bool { return slices.Contains(carrierIDs, id) }

// ShippingProviders returns the providers that may ship an order with the
// delivery option, nil for an unknown option and for [OptionTikTok].
func (f *Fake) ShippingProviders(deliveryOptionID string) []tiktokshop.ShippingProvider {
	if optionNames[deliveryOptionID] == "" || deliveryOptionID == OptionTikTok {
		return nil
	}
	return f.market.providers(deliveryOptionID)
}

// address is where a buyer of the market lives unless the order says otherwise.
func (m market) address() tiktokshop.OrderRecipientAddress {
	a := tiktokshop.OrderRecipientAddress{
		Name: "Robin Example", FirstName: "Robin", LastName: "Example",
		PhoneNumber:  m.dial + "5550100200",
		AddressLine1: "12 Sample Street", AddressLine2: "Flat 3",
		AddressDetail: "12 Sample Street, Flat 3",
		FullAddress:   "12 Sample Street, Flat 3, " + m.city + ", " + m.postcode,
		PostalCode:    m.postcode, RegionCode: m.region,
		DistrictInfo: []tiktokshop.OrderRecipientAddressDistrictInfo{
			{AddressLevel: "L0", AddressLevelName: "Country", AddressName: m.region, ISOCode: m.region},
			{AddressLevel: "L1", AddressLevelName: "State", AddressName: m.city},
			{AddressLevel: "L2", AddressLevelName: "County", AddressName: m.city},
			{AddressLevel: "L3", AddressLevelName: "City", AddressName: m.city},
		},
	}
	if m.region == "GB" {
		a.PostTown = m.city
	}
	return a
}
