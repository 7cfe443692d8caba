package linnworks

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Credentials identify one installation of an application in one Linnworks
// account. All three are GUIDs, with or without dashes.
//
// Printing Credentials shows the application id only.
//
// https://apidocs.linnworks.net/docs/generating-an-api-key
type Credentials struct {
	// ApplicationID and ApplicationSecret come from the developer portal.
	ApplicationID     string
	ApplicationSecret Secret
	// Token is the installation token. It is permanent until the application is
	// removed from the account. It is not the session token, which the client
	// gets for itself.
	Token Secret
}

// guidForm reports whether s is a GUID, with all, some or none of its dashes.
func guidForm(s string) bool {
	digits, dash := 0, false
	for _, r := range s {
		switch {
		case r == '-':
			if dash || digits < 8 || digits > 20 || digits%4 != 0 {
				return false
			}
			dash = true
			continue
		case !strings.ContainsRune("0123456789abcdefABCDEF", r):
			return false
		}
		digits, dash = digits+1, false
	}
	return digits == 32
}

// validate says what is wrong with the credentials without showing them.
func (c Credentials) validate() error {
	for _, f := range []struct{ name, value, source string }{
		{"application id", c.ApplicationID, "the developer portal shows it"},
		{"application secret", c.ApplicationSecret.Reveal(), "the developer portal shows it"},
		{"installation token", c.Token.Reveal(), "installing the application in the account shows it"},
	} {
		switch {
		case f.value == "":
			return fmt.Errorf("linnworks: %s is empty: %s", f.name, f.source)
		case strings.TrimSpace(f.value) != f.value:
			return fmt.Errorf("linnworks: %s has white space around it: remove it", f.name)
		case strings.HasPrefix(strings.ToLower(f.value), "bearer "):
			return fmt.Errorf("linnworks: %s starts with Bearer: give the GUID alone", f.name)
		case !guidForm(f.value):
			return fmt.Errorf("linnworks: %s is not a GUID: %s", f.name, f.source)
		}
	}
	return nil
}

// secrets are what no text may repeat.
func (c Credentials) secrets() []string {
	return []string{c.ApplicationSecret.Reveal(), c.Token.Reveal()}
}

// Client calls the Linnworks API for one installation. It is safe for
// concurrent use; make one and keep it. The session is opened by the first call,
// kept, and opened anew when Linnworks refuses it.
//
// Its services are the sections of the official reference.
type Client struct {
	Auth                 *AuthService
	Dashboards           *DashboardsService
	Email                *EmailService
	GenericListings      *GenericListingsService
	ImportExport         *ImportExportService
	Inventory            *InventoryService
	Listings             *ListingsService
	Locations            *LocationsService
	Macro                *MacroService
	OpenOrders           *OpenOrdersService
	Orders               *OrdersService
	OrdersV2             *OrdersV2Service
	Picking              *PickingService
	PickingV2            *PickingV2Service
	PostSale             *PostSaleService
	PostalServices       *PostalServicesService
	Print                *PrintService
	PrintZone            *PrintZoneService
	ProcessedOrders      *ProcessedOrdersService
	PurchaseOrder        *PurchaseOrderService
	ReturnsRefunds       *ReturnsRefundsService
	RulesEngine          *RulesEngineService
	Settings             *SettingsService
	ShipStation          *ShipStationService
	Shipping             *ShippingService
	Stock                *StockService
	WMS                  *WMSService
	WarehouseTransfer    *WarehouseTransferService
	WarehouseTransferNew *WarehouseTransferNewService
	WarehouseTransferV2  *WarehouseTransferV2Service

	common service // what all services are

	credentials Credentials
	session     *sessions

	transport *transport.Transport
	limiter   Limiter
	hosts     hosts
	private   func(*url.URL) bool // credentials may be sent there
	userAgent string
	warn      func(error) // nil warns nobody
}

// service is what every service is converted from.
type service struct{ client *Client }

// NewClient returns a client for one installation. Nothing is sent. Missing or
// malformed credentials and options are refused here, with the remedy in the
// error.
func NewClient(credentials Credentials, opts ...Option) (*Client, error) {
	if err := credentials.validate(); err != nil {
		return nil, err
	}
	s := defaults()
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("linnworks: nil option")
		}
		if err := opt(&s); err != nil {
			return nil, fmt.Errorf("linnworks: %w", err)
		}
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("linnworks: %w", err)
	}
	c := &Client{
		credentials: credentials,
		session:     &sessions{},
		transport:   s.Transport(),
		limiter:     s.limiter,
		hosts:       s.hosts,
		private:     s.Private,
		userAgent:   s.UserAgent,
		warn:        s.warn,
	}
	c.serve()
	return c, nil
}

// String names the client by its application, without secrets.
func (c *Client) String() string {
	if c == nil || c.session == nil {
		return "linnworks.Client"
	}
	return "linnworks.Client(application " + c.credentials.ApplicationID + ")"
}

// Format prints [Client.String] for every verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is [Client.String] for slog.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
