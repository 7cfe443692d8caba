package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/printing/labelpng"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// environment is what every program reads, in the order of the help.
const environment = `
environment (secrets stand here and nowhere else):
  TIKTOK_APP_KEY, TIKTOK_APP_SECRET   the app in TikTok Shop Partner Center
  TIKTOK_SERVICE_ID                   of the app, for -authorise
  LINNWORKS_APPLICATION_ID, LINNWORKS_APPLICATION_SECRET, LINNWORKS_TOKEN
                                      the application and its installation
  DATABASE_URL    path of a SQLite file, or postgres://...; default bridge.db
  WEBHOOK_URL     where TikTok's webhooks reach this service, with https: set at every
                  start for every shop; empty: left as they are in Partner Center
  LISTEN          address for webhooks and the redirect of -authorise; default 127.0.0.1:8080
  PRINT_ACCOUNTS  ids of the Linnworks accounts that may install the print button, with
                  commas; empty: it is not served
  CHANNEL_ACCOUNTS  ids of the Linnworks accounts that may install the channel integration,
                  with commas; needed by shops whose settings have linnworks_pulls
  PRINT_PAPER     what the label printers print on: 4x6 (inches), A6, or empty for labels
                  in the size that TikTok gives them
  PRINT_DPI       the resolution of the label printers in dots per inch; default 203
  PRIVATE_LISTEN  address for health, metrics and cases; default 127.0.0.1:8081
  PRIVATE_TOKEN   what who asks there has to know, as bearer token or as password of any
                  user; required if other machines can reach PRIVATE_LISTEN
  PEOPLE          file that says who is told of cases: see "Who is told" in README.md
  HEARTBEAT_URL   called every minute while the bridge works, to be watched from outside
  SMTP_SERVER, SMTP_USER, SMTP_PASSWORD, MAIL_FROM   for those who are told by mail
  TIKTOK_URL, LINNWORKS_URL           other hosts than the real ones, such as the fakes: for
                                      API, tokens and consent
`

// config is all that the service is told.
type config struct {
	shops []shopConfig

	app                     tiktokshop.App
	account                 linnworks.Credentials
	database                string // may hold a password
	webhookURL              string
	printAccounts           []linnworks.GUID
	channelAccounts         []linnworks.GUID
	paper                   labelpng.Paper // zero: as large as TikTok's page
	dpi                     int
	listen, private         string
	token                   tiktokshop.Secret // for private; empty: nobody is asked
	tiktokURL, linnworksURL string
	people                  *people       // nil: nobody is told, but by the page
	sampleEvery             time.Duration // of the plots; zero: every five minutes
}

// shopConfig is one shop.
type shopConfig struct {
	file     string
	settings bridge.Settings
	err      error // why the settings cannot be used
	places   places

	tiktokID string // TikTok's id of the shop; empty: the only one of the seller
	seller   string // whose tokens are used
}

// places are the settings that name what the other sides have. They are read although
// others are wrong, so that -check can compare them all the same.
type places struct {
	Locations        map[string][]string  `json:"locations"`
	DefaultLocation  string               `json:"default_location"`
	PlatformLocation string               `json:"platform_location"`
	Services         map[string]string    `json:"services"`
	Carriers         map[string]string    `json:"carriers"`
	ShippingRules    policy.ShippingRules `json:"shipping_rules"`
}

// listFile names several shops. Paths are relative to the file.
//
//	{"shops": [{"settings": "uk.json", "tiktok_shop": "7494049642642441621", "seller": "maple"}]}
type listFile struct {
	Shops []struct {
		Settings   string `json:"settings"`
		TikTokShop string `json:"tiktok_shop"`
		Seller     string `json:"seller"`
	} `json:"shops"`
}

// defaultSeller is whose tokens are used if no list says so.
const defaultSeller = "seller"

// readConfig reads the settings and the environment. The error has everything that is
// wrong; what could be read is returned beside it.
func readConfig(file string, getenv func(string) string) (config, error) {
	c := config{
		app: tiktokshop.App{Key: getenv("TIKTOK_APP_KEY"), Secret: tiktokshop.NewSecret(getenv("TIKTOK_APP_SECRET")), ServiceID: getenv("TIKTOK_SERVICE_ID")},
		account: linnworks.Credentials{
			ApplicationID: getenv("LINNWORKS_APPLICATION_ID"), ApplicationSecret: linnworks.NewSecret(getenv("LINNWORKS_APPLICATION_SECRET")),
			Token: linnworks.NewSecret(getenv("LINNWORKS_TOKEN")),
		},
		database:   cmp.Or(getenv("DATABASE_URL"), "bridge.db"),
		token:      tiktokshop.NewSecret(getenv("PRIVATE_TOKEN")),
		webhookURL: getenv("WEBHOOK_URL"), printAccounts: accounts(getenv("PRINT_ACCOUNTS")), channelAccounts: accounts(getenv("CHANNEL_ACCOUNTS")),
		listen: cmp.Or(getenv("LISTEN"), "127.0.0.1:8080"), private: cmp.Or(getenv("PRIVATE_LISTEN"), "127.0.0.1:8081"),
		tiktokURL: getenv("TIKTOK_URL"), linnworksURL: getenv("LINNWORKS_URL"),
	}
	var errs []error
	var known bool
	if c.paper, known = papers[strings.ToLower(getenv("PRINT_PAPER"))]; !known {
		errs = append(errs, errors.New("PRINT_PAPER is neither 4x6 nor A6 nor empty"))
	}
	if text := getenv("PRINT_DPI"); text != "" {
		var err error
		if c.dpi, err = strconv.Atoi(text); err != nil || c.dpi < 72 || c.dpi > 1200 {
			errs = append(errs, errors.New("PRINT_DPI is no number from 72 to 1200"))
		}
	}
	for _, name := range []string{"TIKTOK_APP_KEY", "TIKTOK_APP_SECRET", "LINNWORKS_APPLICATION_ID", "LINNWORKS_APPLICATION_SECRET", "LINNWORKS_TOKEN"} {
		if getenv(name) == "" {
			errs = append(errs, fmt.Errorf("the environment has no %s", name))
		}
	}
	if u, err := url.Parse(c.webhookURL); c.webhookURL != "" && (err != nil || u.Host == "") {
		errs = append(errs, errors.New("WEBHOOK_URL is no URL"))
	}
	switch n := len(c.token.Reveal()); {
	case n == 0 && !loopback(c.private):
		errs = append(errs, fmt.Errorf("PRIVATE_LISTEN: other machines may reach %s: set PRIVATE_TOKEN, or listen on 127.0.0.1", c.private))
	case n > 0 && n < leastToken:
		errs = append(errs, fmt.Errorf("PRIVATE_TOKEN has %d characters, which can be guessed: give it %d or more, such as openssl rand -hex 32 prints", n, leastToken))
	}
	var err, wrong error
	c.shops, err = readShops(file)
	c.people, wrong = readPeople(getenv)
	return c, errors.Join(append(errs, err, wrong, c.checkPeople(), c.checkChannel())...)
}

// papers are what PRINT_PAPER may be.
var papers = map[string]labelpng.Paper{"": {}, "4x6": labelpng.Inches4x6, "a6": labelpng.A6}

// leastToken is how short PRIVATE_TOKEN may be.
const leastToken = 16

// loopback reports whether only this machine reaches an address to listen on.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// readShops reads a settings file, or a list of them.
func readShops(file string) ([]shopConfig, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("-config: %w", err)
	}
	var keys map[string]json.RawMessage
	if _ = json.Unmarshal(text, &keys); keys["shops"] == nil { // what is no JSON is told as that of a shop
		shop := readShop(file, text)
		shop.seller = defaultSeller
		return []shopConfig{shop}, shop.err
	}
	var list listFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: something comes behind the object", file)
	}
	if len(list.Shops) == 0 {
		return nil, fmt.Errorf("%s: shops: none", file)
	}
	var shops []shopConfig
	var errs []error
	seen := map[string]string{}
	once := func(at, what, value string) {
		key := what + " " + strings.ToLower(value)
		if before := seen[key]; before != "" && value != "" {
			errs = append(errs, fmt.Errorf("%s: %s: %s %q is that of %s too", file, at, what, value, before))
		}
		seen[key] = at
	}
	for i, s := range list.Shops {
		at := fmt.Sprintf("shops[%d]", i)
		if len(list.Shops) > 1 && s.TikTokShop == "" {
			errs = append(errs, fmt.Errorf("%s: %s.tiktok_shop: empty: several shops are told apart by TikTok's ids, which -check lists", file, at))
		}
		name := filepath.Join(filepath.Dir(file), s.Settings)
		if filepath.IsAbs(s.Settings) {
			name = s.Settings
		}
		var shop shopConfig
		if text, err := os.ReadFile(name); err != nil {
			shop = shopConfig{file: name, err: fmt.Errorf("%s: %s.settings: %w", file, at, err)}
		} else {
			shop = readShop(name, text)
		}
		shop.tiktokID, shop.seller = s.TikTokShop, cmp.Or(s.Seller, defaultSeller)
		errs = append(errs, shop.err)
		once(at, "tiktok_shop", s.TikTokShop)
		if shop.err == nil {
			once(at, "the name", shop.settings.Shop)
			once(at, "the sub_source", shop.settings.SubSource)
		}
		shops = append(shops, shop)
	}
	return shops, errors.Join(errs...)
}

func readShop(file string, text []byte) shopConfig {
	shop := shopConfig{file: file}
	_ = json.Unmarshal(text, &shop.places) // as far as it goes: the next says what is wrong
	if shop.settings, shop.err = bridge.ReadSettings(bytes.NewReader(text)); shop.err != nil {
		shop.err = fmt.Errorf("%s: %w", file, shop.err)
	} else if shop.settings.SubSource == "" {
		shop.err = fmt.Errorf("%s: sub_source: empty: name the shop in Linnworks, for good", file)
	}
	return shop
}

// sqlitePath is the file of a database in SQLite; empty for another one.
func sqlitePath(address string) string {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return ""
	}
	path, named := strings.CutPrefix(address, "sqlite:")
	if named {
		path = strings.TrimPrefix(path, "//")
	}
	return path
}

// clients make the clients of both sides. The one of TikTok has no tokens yet. With a
// database they share the limits of both sides with all processes on it.
func (c config) clients(m *metrics, shared *sqlstore.DB) (*tiktokshop.Client, *linnworks.Client, error) {
	forTikTok := append(given(c.tiktokURL, tiktokshop.WithBaseURL(c.tiktokURL), tiktokshop.WithAuthURL(c.tiktokURL),
		tiktokshop.WithConsentURL(c.tiktokURL+"/open/authorize")), tiktokshop.WithObserver(m.tiktokCall))
	forLinnworks := append(given(c.linnworksURL, linnworks.WithAuthURL(c.linnworksURL), linnworks.WithV2URL(c.linnworksURL)), linnworks.WithObserver(m.linnworksCall))
	if shared != nil {
		forTikTok = append(forTikTok, tiktokshop.WithLimiter(shared.TikTokLimiter(nil)))
		forLinnworks = append(forLinnworks, linnworks.WithLimiter(shared.LinnworksLimiter(nil)))
	}
	tiktok, shopErr := tiktokshop.NewClient(c.app, forTikTok...)
	linn, err := linnworks.NewClient(c.account, forLinnworks...)
	return tiktok, linn, errors.Join(shopErr, err)
}

// given returns options if they have something to say.
func given[T any](value string, options ...T) []T {
	if value == "" {
		return nil
	}
	return options
}
