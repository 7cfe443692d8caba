package tiktokshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// App is the registration of an application in TikTok Shop Partner Center,
// section App & Service. US and other sellers need separate registrations.
type App struct {
	// Key is the app key. It is public.
	Key string
	// Secret signs every request and must stay private.
	Secret Secret
	// ServiceID names the app on the consent page; only needed for
	// [Client.AuthorizationURL].
	ServiceID string
}

// validate says what is wrong with the credentials, in the order a person
// would check them.
func (a App) validate() error {
	for _, f := range []struct{ name, value string }{{"app key", a.Key}, {"app secret", a.Secret.Reveal()}} {
		switch {
		case strings.TrimSpace(f.value) == "":
			return fmt.Errorf("tiktokshop: %s is empty: copy it from Partner Center, App & Service", f.name)
		case strings.ContainsFunc(f.value, unicode.IsSpace):
			return fmt.Errorf("tiktokshop: %s contains white space: copy it again without line breaks", f.name)
		}
	}
	return nil
}

// Client calls the TikTok Shop API for one application and, once bound with
// [Client.ForShop], one shop. It is safe for concurrent use. Clients made from
// one another share connections and rate limits.
//
// Its services are the sections of the official reference.
type Client struct {
	Affiliate              *AffiliateService
	AffiliateCreator       *AffiliateCreatorService
	AffiliatePartner       *AffiliatePartnerService
	AffiliateSeller        *AffiliateSellerService
	Analytics              *AnalyticsService
	Authorization          *AuthorizationService
	CustomerEngagement     *CustomerEngagementService
	CustomerService        *CustomerServiceService
	DataReconciliation     *DataReconciliationService
	Epharmacy              *EpharmacyService
	Event                  *EventService
	FBT                    *FBTService
	Finance                *FinanceService
	Fulfillment            *FulfillmentService
	GSFullServiceCommodity *GSFullServiceCommodityService
	GSFullServiceInventory *GSFullServiceInventoryService
	GSFullServiceShipment  *GSFullServiceShipmentService
	Logistics              *LogisticsService
	Order                  *OrderService
	Product                *ProductService
	Promotion              *PromotionService
	ReturnRefund           *ReturnRefundService
	ReviewRating           *ReviewRatingService
	Seller                 *SellerService
	SupplyChain            *SupplyChainService

	common service // what all services are

	core *core
	shop Shop
}

// service is what every service is converted from.
type service struct{ client *Client }

// core is shared by all clients made from one NewClient.
type core struct {
	appKey    string
	serviceID string
	secret    Secret
	tokens    TokenSource
	transport *transport.Transport
	limiter   Limiter
	baseURL   *url.URL
	basePath  string // of baseURL, as sent
	authURL   *url.URL
	consent   string
	userAgent string
	now       func() time.Time
	clock     *clock // of all clients that share it
}

// NewClient returns a client for app. Nothing is sent. Missing or malformed
// credentials and options are refused here, with the remedy in the error.
func NewClient(app App, opts ...Option) (*Client, error) {
	if err := app.validate(); err != nil {
		return nil, err
	}
	s := defaults()
	for i, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("tiktokshop: option %d is nil", i+1)
		}
		if err := opt(&s); err != nil {
			return nil, fmt.Errorf("tiktokshop: %w", err)
		}
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("tiktokshop: %w", err)
	}
	c := &Client{core: &core{
		appKey:    app.Key,
		serviceID: app.ServiceID,
		secret:    app.Secret,
		tokens:    s.tokens,
		limiter:   s.limiter,
		baseURL:   s.baseURL,
		basePath:  strings.TrimSuffix(s.baseURL.EscapedPath(), "/"),
		authURL:   s.authURL,
		consent:   s.consentURL,
		userAgent: s.UserAgent,
		now:       time.Now,
		clock:     new(clock),
		transport: s.Transport(),
	}}
	c.serve()
	return c, nil
}

// ForShop returns a client that sends its calls for shop: the cipher goes with
// every operation that takes one. Get shops from
// [AuthorizationService.GetAuthorizedShops] and read them again when a call
// fails with code 101000 or 106013. Connections, limits and tokens are shared
// with c.
func (c *Client) ForShop(shop Shop) (*Client, error) {
	switch {
	case strings.TrimSpace(shop.ID) == "":
		return nil, errors.New("tiktokshop: shop has no id: read it with Authorization.GetAuthorizedShops")
	case strings.TrimSpace(shop.Cipher) == "":
		return nil, fmt.Errorf("tiktokshop: shop %s has no cipher: read it with Authorization.GetAuthorizedShops", shop.ID)
	}
	return c.derive(c.core, shop), nil
}

// ForShopID is [Client.ForShop] for one of the shops that the tokens cover, which it
// reads. An empty id stands for the only one. The error names the shops that there
// are.
func (c *Client) ForShopID(ctx context.Context, id string) (*Client, error) {
	reply, err := c.Authorization.GetAuthorizedShops(ctx, nil)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, shop := range reply.Shops {
		if shop.ID == id || id == "" && len(reply.Shops) == 1 {
			return c.ForShop(shop)
		}
		names = append(names, shop.ID+" ("+shop.Name+")")
	}
	return nil, fmt.Errorf("tiktokshop: the tokens do not cover a shop with the id %q, they cover %d: %s", id, len(names), strings.Join(names, ", "))
}

// ForTokens returns a client that takes its access tokens from tokens, for the
// shops of another seller. The shop binding is dropped: a cipher belongs to the
// authorisation that listed it. A nil source gives a client whose calls fail for
// want of a token.
func (c *Client) ForTokens(tokens TokenSource) *Client {
	if tokens == nil {
		tokens = noTokens{}
	}
	shared := *c.core
	shared.tokens = tokens
	return c.derive(&shared, Shop{})
}

func (c *Client) derive(shared *core, shop Shop) *Client {
	d := &Client{core: shared, shop: shop}
	d.serve()
	return d
}

// Shop returns the shop that the client is bound to, zero if none.
func (c *Client) Shop() Shop { return c.shop }

// String names the client without its secrets.
func (c Client) String() string {
	if c.core == nil {
		return "tiktokshop.Client(not made by NewClient)"
	}
	return fmt.Sprintf("tiktokshop.Client(app %s, shop %s)", c.core.appKey, c.shop.ID)
}

// Format prints String for every verb; %+v would otherwise walk the fields.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String for slog.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// noTokens is the token source of a client that has none.
type noTokens struct{}

func (noTokens) Token(context.Context) (Token, error) {
	return Token{}, errors.New("no access token: give NewClient WithTokens, with the tokens of the shop's seller")
}
