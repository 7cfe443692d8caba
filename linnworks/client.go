package linnworks

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Credentials identify one installation of an application in one Linnworks
// account. All three are GUIDs.
//
// https://apidocs.linnworks.net/docs/generating-an-api-key
type Credentials struct {
	// ApplicationID and ApplicationSecret come from the developer portal.
	ApplicationID     string
	ApplicationSecret Secret
	// Token is the installation token. It is permanent until the application is
	// removed from the account.
	Token Secret
}

var guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$`)

// validate says what is wrong with the credentials without showing them.
func (c Credentials) validate() error {
	for _, f := range []struct{ name, value, source string }{
		{"application id", c.ApplicationID, "the developer portal shows it"},
		{"application secret", string(c.ApplicationSecret), "the developer portal shows it"},
		{"installation token", string(c.Token), "installing the application in the account shows it"},
	} {
		switch {
		case f.value == "":
			return fmt.Errorf("linnworks: %s is empty: %s", f.name, f.source)
		case strings.HasPrefix(strings.ToLower(f.value), "bearer "):
			return fmt.Errorf("linnworks: %s starts with Bearer: give the GUID alone", f.name)
		case !guidForm.MatchString(f.value):
			return fmt.Errorf("linnworks: %s is not a GUID: %s", f.name, f.source)
		}
	}
	return nil
}

// Client calls the Linnworks API for one installation. It is safe for
// concurrent use. The session is opened by the first call, kept, and opened
// anew when Linnworks refuses it.
type Client struct {
	services

	credentials Credentials
	transport   *transport.Transport
	limiter     Limiter
	hosts       hosts
	session     sessions
	userAgent   string
	now         func() time.Time
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
		if err := opt(&s); err != nil {
			return nil, fmt.Errorf("linnworks: %w", err)
		}
	}
	c := &Client{
		credentials: credentials,
		transport:   s.Transport(),
		limiter:     s.limiter,
		hosts:       s.hosts,
		session:     sessions{turn: make(chan struct{}, 1)},
		userAgent:   s.UserAgent,
		now:         time.Now,
	}
	c.services = newServices(c)
	return c, nil
}

// String names the client without its secrets.
func (c *Client) String() string {
	return fmt.Sprintf("linnworks.Client(application %s)", c.credentials.ApplicationID)
}

// GoString is String, so that %#v keeps quiet too.
func (c *Client) GoString() string { return c.String() }

// Format prints String for every verb; %+v would otherwise walk the fields.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, c.String()) }

// LogValue is String for slog.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
