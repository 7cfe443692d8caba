package linnworkstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// channelStatus is in every answer of a channel application.
type channelStatus struct{ Error *string }

func (s *channelStatus) status() *channelStatus { return s }

// channelPage is a page of the wizard, its items as they came: they go back whole.
type channelPage struct {
	channelStatus
	StepName              string
	AccountName           string
	WizardStepTitle       string
	WizardStepDescription string
	ConfigItems           []configItem
	GlobalConfigSettings  struct{ IsMultiLocationEnabled bool }
}

// check reports what Linnworks could not show.
func (c *channelPage) check() error {
	if c.StepName == "" || c.AccountName == "" {
		return fmt.Errorf("UserConfig: StepName %q or AccountName %q is empty", c.StepName, c.AccountName)
	}
	for _, item := range c.ConfigItems {
		if item.text("ConfigItemId") == "" {
			return errors.New("UserConfig: an item has no ConfigItemId")
		}
	}
	return nil
}

// channelOrder is an order as channel applications answer it.
type channelOrder struct {
	ReferenceNumber          string
	SecondaryReferenceNumber string
	ExternalReference        string
	PaymentStatus            string
	Site                     string
	MatchPostalServiceTag    string
	MatchPaymentMethodTag    string
	ChannelBuyerName         string
	Currency                 string
	ReceivedDate             linnworks.Time
	DispatchBy               linnworks.Time
	PaidOn                   linnworks.Time
	PostalServiceCost        linnworks.Decimal
	PostalServiceTaxRate     linnworks.Decimal
	Discount                 linnworks.Decimal
	DiscountType             string
	BillingAddress           channelAddress
	DeliveryAddress          channelAddress
	OrderItems               []channelItem
	ExtendedProperties       []struct{ Name, Value, Type string }
	Notes                    []struct {
		Note          string
		NoteEntryDate linnworks.Time
		NoteUserName  string
		IsInternal    bool
	}
}

type channelAddress struct {
	FullName, Company, Address1, Address2, Address3, Town, Region string
	PostCode, Country, CountryCode, PhoneNumber, EmailAddress     string
}

type channelItem struct {
	OrderLineNumber, SKU, ItemTitle            string
	Qty                                        int
	PricePerUnit, TaxRate, LinePercentDiscount linnworks.Decimal
	TaxCostInclusive, UseChannelTax, IsService bool
	Options                                    []struct{ Name, Value string }
}

func (a channelAddress) address() linnworks.ChannelAddress {
	return linnworks.ChannelAddress{
		FullName: a.FullName, Company: a.Company, Address1: a.Address1, Address2: a.Address2, Address3: a.Address3, Town: a.Town, Region: a.Region,
		PostCode: a.PostCode, Country: a.Country, MatchCountryCode: a.CountryCode, PhoneNumber: a.PhoneNumber, EmailAddress: a.EmailAddress,
	}
}

// order is the same as CreateOrders takes it. The names differ.
func (in *channelOrder) order(source, subSource string) linnworks.ChannelOrder {
	o := linnworks.ChannelOrder{
		Source: source, SubSource: subSource, Site: in.Site, ReferenceNumber: in.ReferenceNumber, SecondaryReferenceNumber: in.SecondaryReferenceNumber,
		ExternalReference: in.ExternalReference, PaymentStatus: "Unpaid", MatchPostalServiceTag: in.MatchPostalServiceTag, MatchPaymentMethodTag: in.MatchPaymentMethodTag,
		ChannelBuyerName: in.ChannelBuyerName, Currency: in.Currency, ReceivedDate: in.ReceivedDate, DispatchBy: in.DispatchBy, PaidOn: in.PaidOn,
		PostalServiceCost: in.PostalServiceCost, PostalServiceTaxRate: in.PostalServiceTaxRate,
		Discount: in.Discount, DiscountType: linnworks.ChannelOrderDiscountType(in.DiscountType),
		BillingAddress: in.BillingAddress.address(), DeliveryAddress: in.DeliveryAddress.address(), AutomaticallyLinkBySKU: true,
	}
	if in.PaymentStatus == "PAID" {
		o.PaymentStatus = "Paid"
	}
	for _, line := range in.OrderItems {
		item := linnworks.ChannelOrderItem{
			ItemNumber: line.OrderLineNumber, ChannelSKU: line.SKU, ItemTitle: line.ItemTitle, Qty: line.Qty, PricePerUnit: line.PricePerUnit,
			TaxRate: line.TaxRate, LineDiscount: line.LinePercentDiscount, TaxCostInclusive: line.TaxCostInclusive, UseChannelTax: line.UseChannelTax, IsService: line.IsService,
		}
		for _, option := range line.Options {
			item.Options = append(item.Options, linnworks.ChannelOrderItemOption{Property: option.Name, Value: option.Value})
		}
		o.OrderItems = append(o.OrderItems, item)
	}
	for _, p := range in.ExtendedProperties {
		o.ExtendedProperties = append(o.ExtendedProperties, linnworks.ChannelOrderExtendedProperty{Name: p.Name, Value: p.Value, Type: p.Type})
	}
	for _, n := range in.Notes {
		o.Notes = append(o.Notes, linnworks.ChannelOrderNote{Note: n.Note, NoteEntryDate: n.NoteEntryDate, NoteUserName: n.NoteUserName, Internal: n.IsInternal})
	}
	return o
}

// date is a moment as applications get it.
func (a *ChannelApp) date(at time.Time) string {
	if a.f.quirks[ChannelsGetTicks] {
		return fmt.Sprintf("/Date(%d)/", at.UnixMilli())
	}
	return at.UTC().Format("2006-01-02 15:04:05Z")
}

// channelLists are the lists in answers, by endpoint, which must not be null.
var channelLists = map[string][]string{
	"Orders": {"Orders", "OrderItems", "ExtendedProperties", "Notes", "Options"}, "Despatch": {"Orders"}, "Products": {"Products"},
	"InventoryUpdate": {"Products"}, "PriceUpdate": {"Products"}, "UserConfig": {"ConfigItems"}, "SaveConfig": {"ConfigItems"},
}

// call calls the application with the token and reads the answer. The error is what
// people see.
func (a *ChannelApp) call(ctx context.Context, endpoint string, request map[string]any, answer interface{ status() *channelStatus }) error {
	if request == nil {
		request = map[string]any{}
	}
	if a.token != "" {
		name := "AuthorizationToken"
		if a.f.quirks[ChannelsMisspellToken] {
			name = "AuthorisationToken"
		}
		request[name] = a.token
	}
	text, err := a.caller.post(ctx, endpoint, request)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s: the answer cannot be read: %w", endpoint, err)
	}
	if text := value(answer.status().Error); text != "" {
		return fmt.Errorf("%s: %s", endpoint, text)
	}
	if null := nullList(text, channelLists[endpoint]); null != "" && a.f.quirks[AppsRefuseNullLists] {
		return fmt.Errorf("%s: %s is null", endpoint, null)
	}
	return nil
}
