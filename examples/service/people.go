package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/appeal"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/notify"
	"github.com/linnbridge/linnbridge/bridge/opspage"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// People see what needs them on a page, /ops/ of the private address, and are told in
// chat and by mail, as a file says.

// people is how they are told; nil: by the page alone.
type people struct {
	page    string
	options notify.Options
}

// readPeople reads who is told. The error has everything that is wrong.
func readPeople(getenv func(string) string) (*people, error) {
	name := getenv("PEOPLE")
	if name == "" {
		if getenv("HEARTBEAT_URL") != "" {
			return nil, errors.New("HEARTBEAT_URL is called by who tells people: set PEOPLE too")
		}
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("PEOPLE: %w", err)
	}
	file, err := notify.ReadPeople(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("PEOPLE: %s: %w", name, err)
	}
	p := &people{page: file.Page}
	p.options, err = file.Options(func(r notify.Person) (notify.Sender, error) {
		switch {
		case r.WebhookEnv == "":
			return mailer(getenv, r.MailTo)
		case getenv(r.WebhookEnv) == "":
			return nil, fmt.Errorf("the environment has no %s", r.WebhookEnv)
		}
		return notify.Webhook{URL: getenv(r.WebhookEnv), Format: r.Format}, nil
	})
	p.options.Heartbeat = getenv("HEARTBEAT_URL")
	// What the notifier itself finds wrong is to be known before anything is started.
	if err == nil {
		_, err = notify.New(notify.Ports{Cases: new(exceptions.Memory), Memory: new(bridge.Memory).Shop("check")}, p.options)
	}
	if err != nil {
		return nil, fmt.Errorf("PEOPLE: %s: %w", name, err)
	}
	return p, nil
}

// checkPeople finds shops that nobody has: who is to be told of one that is misspelt would
// never be told.
func (c config) checkPeople() error {
	if c.people == nil {
		return nil
	}
	names := map[string]bool{}
	for _, shop := range c.shops {
		names[shop.settings.Shop] = true
	}
	if names[""] { // of a file that cannot be read
		return nil
	}
	var errs []error
	for _, r := range c.people.options.Recipients {
		for _, shop := range r.Shops {
			if !names[shop] {
				errs = append(errs, fmt.Errorf("PEOPLE: recipient %q: there is no shop %q: there are %q", r.Name, shop, slices.Sorted(maps.Keys(names))))
			}
		}
	}
	return errors.Join(errs...)
}

// untold are the teams of whose cases nobody is told at once.
func (c config) untold() (teams []string) {
	for _, owner := range exceptions.Owners {
		if c.people == nil || !slices.ContainsFunc(c.people.options.Recipients, func(r notify.Recipient) bool {
			return r.After == 0 && (len(r.Teams) == 0 || slices.Contains(r.Teams, owner))
		}) {
			teams = append(teams, string(owner))
		}
	}
	return teams
}

// mailer sends by the server that the environment names.
func mailer(getenv func(string) string, to []string) (notify.Mail, error) {
	m := notify.Mail{Addr: getenv("SMTP_SERVER"), From: getenv("MAIL_FROM"), To: to}
	host, _, err := net.SplitHostPort(m.Addr)
	if err != nil || m.From == "" {
		return m, errors.New("for mail the environment needs SMTP_SERVER (host:port) and MAIL_FROM")
	}
	if user := getenv("SMTP_USER"); user != "" {
		m.Auth = smtp.PlainAuth("", user, getenv("SMTP_PASSWORD"), host)
	}
	return m, nil
}

const (
	tellEvery   = time.Minute
	sampleEvery = 5 * time.Minute
)

// page is /ops/: the cases, orders, stock, audits and health of all shops.
func (s *service) page() (*opspage.Handler, error) {
	ports := opspage.Ports{Desk: s.db}
	for _, shop := range s.shops {
		ports.Shops = append(ports.Shops, opspage.Shop{
			Name: shop.name, Orders: shop.memory, Values: shop.memory, Deadlines: shop.deadlines, Stock: shelves{shop},
			Health:  func(ctx context.Context) (map[string]health.Flow, error) { return s.flows(ctx, shop) },
			Audit:   func(ctx context.Context) (audit.Report, bool, error) { return audit.Last(ctx, shop.memory) },
			Payouts: func(ctx context.Context) (finance.WatchReport, bool, error) { return finance.Last(ctx, shop.memory) },
			Totals:  shelves{shop}.totals,
			Tracking: func(ctx context.Context, number string) ([]string, error) {
				b := shop.bound.Load()
				if b == nil {
					return nil, errors.New("both sides were not asked yet")
				}
				return b.warehouse.OrdersByTracking(ctx, number)
			},
			Number: func(ctx context.Context, number string) ([]string, error) {
				b := shop.bound.Load()
				if b == nil {
					return nil, errors.New("both sides were not asked yet")
				}
				return b.warehouse.OrdersByNumber(ctx, number)
			},
			Warehouse: func(ctx context.Context, ids []string) (map[string][]bridge.WarehouseOrder, error) {
				b := shop.bound.Load()
				if b == nil {
					return nil, errors.New("both sides were not asked yet")
				}
				return b.warehouse.TraceOrders(ctx, ids)
			},
			Appeal: func(ctx context.Context, id string) (*appeal.Pack, error) {
				ports := appeal.Ports{Records: shop.memory, Cases: s.db}
				if b := shop.bound.Load(); b != nil {
					ports.Orders = b.tiktok
				}
				return appeal.Collect(ctx, ports, appeal.Options{Shop: shop.name}, id)
			},
			Manifest: func(ctx context.Context, day time.Time) (appeal.Manifest, error) {
				b := shop.bound.Load()
				if b == nil {
					return appeal.Manifest{}, errors.New("both sides were not asked yet")
				}
				return appeal.Shipped(ctx, b.tiktok, shop.name, day, time.Now())
			},
		})
	}
	return opspage.New(ports, opspage.Options{Zone: s.zone(), User: func(r *http.Request) opspage.User {
		name, _, _ := r.BasicAuth() // whom the browser has asked for the token
		return opspage.User{Name: cmp.Or(name, "somebody at "+host(r.RemoteAddr))}
	}})
}

// zone is the time zone of the people who look: the one that the settings of the shops
// agree on, else UTC.
func (s *service) zone() *time.Location {
	var name string
	for _, shop := range s.shops {
		one := shop.settings.Zone
		if c := shop.settings.Collections; one == "" && c != nil {
			one = c.Zone
		}
		if one == "" {
			continue
		}
		if name != "" && one != name {
			return time.UTC
		}
		name = one
	}
	zone, err := time.LoadLocation(name)
	if err != nil { // the settings were checked
		return time.UTC
	}
	return zone
}

// shelves are the stock of a shop, as the process has it that publishes it.
type shelves struct{ *shop }

// StockOf implements [opspage.StockReader].
func (s shelves) StockOf(ctx context.Context, text, after string, limit int) ([]opspage.StockLine, error) {
	b := s.bound.Load()
	if b == nil {
		return nil, errors.New("both sides were not asked yet")
	}
	lines := b.sync.Stock.Book().Lines(text, after, limit)
	if !s.publishes.Load() || len(lines) == 0 && text == "" && after == "" {
		return nil, errElsewhere
	}
	names := s.places.read(ctx, b.tiktok)
	list := []opspage.StockLine{}
	for _, l := range lines {
		list = append(list, opspage.StockLine{
			ProductID: l.ProductID, SKUID: l.ID, SKU: l.SellerSKU, Title: l.Title, WarehouseID: l.WarehouseID, Warehouse: names[l.WarehouseID],
			Shown: l.Shown, Wanted: l.Wanted, Free: l.Free, Unknown: l.Unknown, Why: l.Why,
		})
	}
	return list, nil
}

// placeNames are the names of a shop's warehouses by their ids, for the page.
type placeNames struct {
	reading sync.Mutex
	last    atomic.Pointer[namesRead]
}

// namesRead are names as they were read.
type namesRead struct {
	names map[string]string
	at    time.Time
}

// placesFor is how long names are kept.
const placesFor = time.Hour

// read returns the names. While they cannot be read, or somebody else reads them, it returns
// those that were read last: people can work with the ids.
func (p *placeNames) read(ctx context.Context, source catalogue.PlaceSource) map[string]string {
	last := p.last.Load()
	if last == nil {
		last = new(namesRead)
	}
	if last.names != nil && time.Since(last.at) < placesFor || !p.reading.TryLock() {
		return last.names
	}
	defer p.reading.Unlock()
	list, err := source.Places(ctx)
	if err != nil {
		return last.names
	}
	fresh := &namesRead{map[string]string{}, time.Now()}
	for _, place := range list {
		fresh.names[place.ID] = place.Name
	}
	p.last.Store(fresh)
	return fresh.names
}

func (s shelves) totals(context.Context) (stock.Totals, error) {
	if b := s.bound.Load(); b != nil && s.publishes.Load() {
		if t := b.sync.Stock.Book().Totals(); t.Listings > 0 {
			return t, nil
		}
	}
	return stock.Totals{}, errElsewhere
}

// errElsewhere is why a process knows no stock.
var errElsewhere = errors.New("this process does not publish it: ask the one whose linnbridge_live_stock is 1")

// host is an address without its port.
func host(address string) string {
	h, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return h
}

// flows are the flows of a shop as the page shows them, whichever process ran them.
func (s *service) flows(ctx context.Context, shop *shop) (map[string]health.Flow, error) {
	now := time.Now()
	h, err := s.health(ctx, shop, now)
	if err != nil {
		return nil, err
	}
	if h.Trouble != "" {
		return nil, errors.New(h.Trouble)
	}
	flows := map[string]health.Flow{}
	for name, f := range h.Flows {
		flow := health.Flow{
			Runs: f.Runs, Failures: f.Failures, LastSuccess: f.Success, LastFailure: f.Failed, LastError: f.Why,
			P50: f.percentile(50), P99: f.percentile(99), Max: f.percentile(100),
		}
		if f.Error != "" && flow.LastError == "" { // as an older version noted it
			flow.LastFailure, flow.LastError = cmp.Or(flow.LastFailure, f.Ended), f.Error
		}
		if n := len(f.state.Took); n > 0 {
			flow.Last = f.state.Took[n-1]
		}
		if f.Overdue {
			flow.Overdue = cmp.Or(f.Ended, s.began)
		}
		flows[name] = flow
	}
	return flows, nil
}

// deadlinesValue is where the report of the last check of a shop's clocks is kept, for the
// pages of all processes.
const deadlinesValue = "service/deadlines"

// noteDeadlines keeps the report of a check.
func (s *shop) noteDeadlines(ctx context.Context, report bridge.DeadlineReport) error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(report); err != nil {
		return fmt.Errorf("keeping the report of the deadlines: %w", err)
	}
	return s.memory.PutValue(ctx, deadlinesValue, b.Bytes())
}

// deadlines returns the report of the last check, the zero value if there was none.
func (s *shop) deadlines(ctx context.Context) (report bridge.DeadlineReport, err error) {
	text, known, err := s.memory.Value(ctx, deadlinesValue)
	if err != nil || !known {
		return report, err
	}
	return report, gob.NewDecoder(bytes.NewReader(text)).Decode(&report)
}

// tellPeople tells people until ctx ends, if the settings say whom. All processes try, and
// one at a time does it.
func (s *service) tellPeople(ctx context.Context) {
	p := s.config.people
	if p == nil {
		return
	}
	o := p.options
	o.Collections = map[string]*policy.Calendar{}
	for _, shop := range s.shops {
		if c := shop.settings.Collections; c != nil {
			if calendar, err := c.Calendar(); err == nil { // the settings were checked
				o.Collections[shop.name] = calendar
			}
		}
	}
	if p.page != "" {
		o.Link = func(c exceptions.Case) string { return p.page + "case?" + url.Values{"key": {c.Key()}}.Encode() }
	}
	o.Alive = func(ctx context.Context) error {
		for _, shop := range s.shops {
			h, err := s.health(ctx, shop, time.Now())
			if err != nil {
				return err
			}
			if h.Trouble != "" {
				return fmt.Errorf("%s: %s", shop.name, h.Trouble)
			}
			for name, f := range h.Flows {
				if f.Overdue {
					return fmt.Errorf("%s: the flow %s is overdue", shop.name, name)
				}
			}
		}
		return nil
	}
	notifier, err := notify.New(notify.Ports{Cases: s.db, Memory: s.db.Shop("people who are told")}, o)
	if err != nil {
		s.log.ErrorContext(ctx, "nobody is told of cases", "err", err)
		return
	}
	for {
		report, err := notifier.Run(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.WarnContext(ctx, "not everybody could be told", "err", err)
		case len(report.Sent) > 0:
			s.log.InfoContext(ctx, "people were told", "report", report.String())
		}
		if sleep(ctx, tellEvery) != nil {
			return
		}
	}
}

// sample notes how things stand, for the plots of this process's page, until ctx ends.
func (s *service) sample(ctx context.Context, page *opspage.Handler) {
	for {
		if err := page.Sample(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "the page's plots have a gap", "err", err)
		}
		if sleep(ctx, cmp.Or(s.config.sampleEvery, sampleEvery)) != nil {
			return
		}
	}
}
