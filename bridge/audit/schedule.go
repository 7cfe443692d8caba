package audit

// Schedule is the part of a shop's settings that says how it is audited.
type Schedule struct {
	// Hours is how many hours lie between two audits; zero audits nothing by itself.
	Hours int `json:"hours,omitempty"`
	// OrderDays is how many days of orders each audit compares with Linnworks, up to
	// yesterday; zero compares none.
	OrderDays int `json:"order_days,omitempty"`
	// LocationsApart are the ids of stock locations whose stock is not for this shop, so that
	// nobody is told that it is not sold there.
	LocationsApart []string `json:"locations_apart,omitempty"`
	// TaxForms are words of the shop for a tax form that is in order, where the bridge does
	// not know them.
	TaxForms []string `json:"tax_forms,omitempty"`
}

// The most that a [Schedule] may say.
const (
	MostHours     = 31 * 24
	MostOrderDays = 92
)
