package channelapp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// Channel is what an integration is called.
type Channel struct {
	// Name is unique among all integrations of Linnworks: upper case, without spaces.
	// Orders have it as their Source.
	Name string
	// FriendlyName is what people see.
	FriendlyName string
	// LogoURL is the address of a picture of 57 by 57 pixels.
	LogoURL string
}

func (c *Channel) check() error {
	switch {
	case c.Name == "" || c.Name != strings.ToUpper(c.Name) || strings.ContainsAny(c.Name, " \t\r\n"):
		return fmt.Errorf("the name %q must be there, in upper case and without spaces", c.Name)
	case c.FriendlyName == "":
		return errors.New("FriendlyName is missing")
	}
	return nil
}

// Manifest is what the developer portal asks about a channel integration. The sizes of
// batches are numbers written as text, the others True or False.
//
// https://apidocs.linnworks.net/docs/channel-integration-manifest-parameters
type Manifest struct {
	ChannelName              string
	ChannelFriendlyName      string
	ChannelLogoURL           string
	AddNewUserEndpoint       string
	UserConfigEndpoint       string
	SaveConfigEndpoint       string
	ShippingTagsEndpoint     string
	PaymentTagsEndpoint      string
	ConfigDeletedEndpoint    string
	ConfigTestEndpoint       string
	OrdersEndpoint           string
	DespatchEndpoint         string
	ProductsEndpoint         string
	InventoryUpdateEndpoint  string
	PriceUpdateEndpoint      string
	PostSaleOptionsEndpoint  string
	CancelEndpoint           string
	RefundEndpoint           string
	IsListingSupported       string
	InventoryUpdateBatchSize string
	DespatchUpdateBatchSize  string
	PriceUpdateBatchSize     string
	AllowRefundOnCancel      string
}

// Manifest returns what to enter at developer.linnworks.com when the handler is
// reached under base, such as https://channel.example.com/channel. Batches are half as
// large as in Linnworks' sample, to be answered in time.
func (h *Handler) Manifest(base string) (Manifest, error) {
	at, err := called.Under(base)
	if err == nil {
		err = h.options.Channel.check()
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("channelapp: Manifest of %q: %w", base, err)
	}
	c := h.options.Channel
	return Manifest{
		ChannelName: c.Name, ChannelFriendlyName: c.FriendlyName, ChannelLogoURL: c.LogoURL,
		AddNewUserEndpoint: at("AddNewUser"), UserConfigEndpoint: at("UserConfig"), SaveConfigEndpoint: at("SaveConfig"),
		ShippingTagsEndpoint: at("ShippingTags"), PaymentTagsEndpoint: at("PaymentTags"),
		ConfigDeletedEndpoint: at("ConfigDeleted"), ConfigTestEndpoint: at("ConfigTest"),
		OrdersEndpoint: at("Orders"), DespatchEndpoint: at("Despatch"), ProductsEndpoint: at("Products"),
		InventoryUpdateEndpoint: at("InventoryUpdate"), PriceUpdateEndpoint: at("PriceUpdate"),
		PostSaleOptionsEndpoint: at("PostSaleOptions"), CancelEndpoint: at("Cancel"), RefundEndpoint: at("Refund"),
		IsListingSupported: "False", InventoryUpdateBatchSize: "500", DespatchUpdateBatchSize: "50", PriceUpdateBatchSize: "500",
		AllowRefundOnCancel: "False",
	}, nil
}
