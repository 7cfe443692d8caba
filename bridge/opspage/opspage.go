package opspage

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/appeal"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Ports are what a [Handler] shows. Desk is required, and at least one shop.
type Ports struct {
	Desk  exceptions.Desk
	Shops []Shop
}

// Shop is what is shown of one shop. What is nil is not shown, and the page says so.
type Shop struct {
	// Name is that of its cases and its memory.
	Name string
	// Orders is the memory of its orders, such as what [bridge.NewSync] got.
	Orders Orders
	// Health returns how its flows go, by their names.
	Health func(context.Context) (map[string]health.Flow, error)
	// Deadlines returns what the last check of its clocks found.
	Deadlines func(context.Context) (bridge.DeadlineReport, error)
	// Stock returns what it shows: see [StockReader].
	Stock StockReader
	// Audit returns the report of its last audit, false if there was none: [audit.Last] of
	// its memory.
	Audit func(context.Context) (report audit.Report, found bool, err error)
	// Payouts returns what the last comparison of its payouts with its orders has found,
	// false if there was none: [finance.Last] of its memory.
	Payouts func(context.Context) (report finance.WatchReport, found bool, err error)
	// Totals returns how its SKUs stand, for the plot, such as [stock.Book.Totals]; an error
	// if this process does not know.
	Totals func(context.Context) (stock.Totals, error)
	// Values keep what [Handler.Sample] notes, such as the memory of the shop: with it the
	// plots outlast the process. Nil: they begin with it.
	Values store.Values
	// Tracking returns the ids of the orders that were sent under a tracking number, such as
	// linnworksadapter.Warehouse.OrdersByTracking. Nil: numbers are found in cases alone.
	Tracking func(ctx context.Context, number string) (orderIDs []string, err error)
	// Number returns the ids of the orders that have a number in Linnworks, as its staff know
	// them, such as linnworksadapter.Warehouse.OrdersByNumber. Nil: as Tracking.
	Number func(ctx context.Context, number string) (orderIDs []string, err error)
	// Warehouse returns what became of orders in Linnworks, by their ids there, such as
	// linnworksadapter.Warehouse.TraceOrders. Nil: the page of an order has the ids alone.
	Warehouse func(ctx context.Context, ids []string) (map[string][]bridge.WarehouseOrder, error)
	// Appeal collects what is on record about an order, for a question of the shop's:
	// [appeal.Collect], without the buyer.
	Appeal func(ctx context.Context, orderID string) (*appeal.Pack, error)
	// Manifest lists what was shipped on the day that a moment is in, in the moment's own
	// zone: [appeal.Shipped].
	Manifest func(ctx context.Context, day time.Time) (appeal.Manifest, error)
}

// Orders is the part of a [bridge.Store] that is read.
type Orders interface {
	// RecordsOf returns the records that there are of the orders given, by order id.
	RecordsOf(ctx context.Context, orderIDs ...string) (records map[string]store.Record, since time.Time, err error)
	// ReservationsOf returns the reservations that there are of the orders given.
	ReservationsOf(ctx context.Context, orderIDs ...string) (map[string]store.Reservation, error)
}

// StockReader says what a shop shows and should show.
type StockReader interface {
	// StockOf returns up to limit lines of the listings whose SKU or title has the text, in
	// capitals or not, all for an empty text, in the order of their SKUs. after is the
	// SKU id of the last line of the page before, empty for the first.
	StockOf(ctx context.Context, text, after string, limit int) ([]StockLine, error)
}

// StockLine is one SKU in one of the shop's warehouses.
type StockLine struct {
	ProductID   string `json:"product_id"`
	SKUID       string `json:"sku_id"`
	SKU         string `json:"sku"`
	Title       string `json:"title"`
	WarehouseID string `json:"warehouse_id"`
	// Warehouse is its name as people know it, empty if that is not known.
	Warehouse string `json:"warehouse,omitempty"`
	// Shown is what the shop is believed to show, Wanted what it should, Free what the
	// warehouse has free. They mean nothing if Unknown says why not.
	Shown   int    `json:"shown"`
	Wanted  int    `json:"wanted"`
	Free    int    `json:"free"`
	Unknown string `json:"unknown,omitempty"`
	// Why are the steps from Free to Wanted, in words.
	Why []string `json:"why"`
}

// User is who looks at a page.
type User struct {
	// Name is what decisions are noted under. Without one the pages can only be read.
	Name string
	// Shops are those that the user may see; none: all.
	Shops []string
}

// Options configure a [Handler].
type Options struct {
	// User says who made a request. It is called after the embedder's middleware has let
	// it in. Nil: nobody has a name, and the pages can only be read.
	User func(*http.Request) User
	// Zone is the time zone of the people who look. Default UTC.
	Zone *time.Location
	// Escalation is how cases become more severe.
	Escalation exceptions.Escalation
	// Now replaces time.Now.
	Now func() time.Time
}

// Handler serves the pages. It is safe for concurrent use.
type Handler struct {
	ports   Ports
	options Options
	mux     http.Handler
	refusal *template.Template // the page that says what was not done

	sampling sync.Mutex // held by one Sample at a time

	mu    sync.Mutex
	noted noted
}

//go:embed page
var files embed.FS

// New returns a Handler, or an error that names everything that is missing.
func New(p Ports, o Options) (*Handler, error) {
	errs := []error{part.Required("opspage: New", map[string]any{"Desk": p.Desk})}
	if len(p.Shops) == 0 {
		errs = append(errs, errors.New("opspage: New: Shops: none"))
	}
	names := map[string]bool{}
	for i, s := range p.Shops {
		if err := exceptions.CheckShop(s.Name); err != nil {
			errs = append(errs, fmt.Errorf("opspage: New: Shops[%d]: %w", i, err))
		}
		if names[s.Name] {
			errs = append(errs, fmt.Errorf("opspage: New: Shops[%d]: %q is given twice", i, s.Name))
		}
		names[s.Name] = true
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if o.User == nil {
		o.User = func(*http.Request) User { return User{} }
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	o.Now = part.Clock(o.Now)
	h := &Handler{ports: p, options: o}
	h.refusal = h.template("failed")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", h.style)
	mux.HandleFunc("POST /decide", func(w http.ResponseWriter, r *http.Request) { h.decide(r.Context(), w, h.begin(w, r)) })
	mux.HandleFunc("GET /appeal.html", h.appealPage)
	mux.HandleFunc("GET /appeal.json", h.appealJSON)
	for ending, kind := range manifestKinds {
		mux.HandleFunc("GET /manifest."+ending, h.manifest(ending, kind))
	}
	for name, page := range map[string]func(*request) (any, error){
		"": h.home, "cases": h.cases, "case": h.oneCase, "orders": h.orders, "order": h.order, "stock": h.stock, "health": h.health, "audit": h.audits, "search": h.search,
	} {
		mux.HandleFunc("GET /"+name+map[bool]string{true: "{$}"}[name == ""], h.page(cmp.Or(name, "home"), page))
		mux.HandleFunc("GET /"+cmp.Or(name, "home")+".json", h.json(page))
	}
	h.mux = http.NewCrossOriginProtection().Handler(mux)
	return h, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	if !readable(r.URL.Query()) {
		http.Error(w, errUnreadable.Error(), http.StatusBadRequest)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// errUnreadable is why a request is not looked at.
var errUnreadable = fmt.Errorf("%w: there are bytes in it that are no text", errBad)

// readable reports whether all that was sent is text. Databases refuse other bytes, each in
// its own way.
func readable(sent url.Values) bool {
	for name, values := range sent {
		for _, text := range append(values, name) {
			if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
				return false
			}
		}
	}
	return true
}

// request is a request and who made it.
type request struct {
	*http.Request
	user User
	now  time.Time
}

// sees reports whether the user may see a shop.
func (r *request) sees(shop string) bool {
	return len(r.user.Shops) == 0 || slices.Contains(r.user.Shops, shop)
}

// shops are those that the user may see.
func (h *Handler) shops(r *request) []Shop {
	var list []Shop
	for _, s := range h.ports.Shops {
		if r.sees(s.Name) {
			list = append(list, s)
		}
	}
	return list
}

// shop returns the shop that a request names, or the only one.
func (h *Handler) shop(r *request) (Shop, error) {
	list := h.shops(r)
	name := r.FormValue("shop")
	for _, s := range list {
		if s.Name == name || name == "" && len(list) == 1 {
			return s, nil
		}
	}
	return Shop{}, errNotFound
}

// errNotFound is what a page returns that there is not, or not for this user.
var errNotFound = errors.New("there is no such page")

// maxBody is how many bytes a form may have: a thousand keys of cases fit.
const maxBody = 1 << 20

func (h *Handler) begin(w http.ResponseWriter, r *http.Request) *request {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return &request{Request: r, user: h.options.User(r), now: h.options.Now()}
}

// view is what the templates get.
type view struct {
	Page  string
	User  User
	Now   time.Time
	Shops []Shop
	Data  any
	Error string
}

// page serves a page as HTML.
func (h *Handler) page(name string, read func(*request) (any, error)) http.HandlerFunc {
	pages := h.template(name)
	return func(w http.ResponseWriter, raw *http.Request) {
		r := h.begin(w, raw)
		data, err := read(r)
		v := view{Page: name, User: r.user, Now: r.now, Shops: h.shops(r), Data: data}
		status := statusOf(err)
		if err != nil {
			v.Error = err.Error()
		}
		h.write(w, pages, status, v)
	}
}

func (h *Handler) template(name string) *template.Template {
	return template.Must(template.New("").Funcs(h.functions()).ParseFS(files, "page/layout.html", "page/"+name+".html"))
}

// write renders first and answers then, so that nothing half-rendered leaves.
func (h *Handler) write(w http.ResponseWriter, pages *template.Template, status int, v view) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, "layout", v); err != nil {
		http.Error(w, "the page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader that has left is nobody's loss
}

// json serves the data of a page.
func (h *Handler) json(read func(*request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, raw *http.Request) {
		data, err := read(h.begin(w, raw))
		status := statusOf(err)
		if err != nil {
			data = map[string]string{"error": err.Error()}
		}
		text, failed := json.Marshal(data)
		if failed != nil {
			status, text = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written"}`)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(text)
	}
}

func statusOf(err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, errNotFound), errors.Is(err, exceptions.ErrNoCase):
		return http.StatusNotFound
	case errors.Is(err, errBad):
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}

// errBad is wrapped by what is wrong with a request.
var errBad = errors.New("that cannot be asked for")

func (h *Handler) style(w http.ResponseWriter, _ *http.Request) {
	text, err := files.ReadFile("page/style.css")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write(text)
}

// when is a moment in the time zone of those who look.
func (h *Handler) when(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	return t.In(h.options.Zone).Format("Mon 2 Jan 15:04 MST")
}

// stamp is a moment in the same zone with its year; empty if it is not known.
func (h *Handler) stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(h.options.Zone).Format("2006-01-02 15:04 MST")
}

// functions are what the templates can call.
func (h *Handler) functions() template.FuncMap {
	return template.FuncMap{
		"when": h.when,
		// exact is when a page was read, as its forms send it back.
		"exact": func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"left":  left,
		"took":  took,
		"short": func(s string) string {
			return part.Short(s)
		},
		"count": part.Count,
		"class": func(object string) string { // an order's id is one word
			_, is := exceptions.OrderOf(object)
			return map[bool]string{true: "id"}[is]
		},
		"info":   func(k exceptions.Kind) exceptions.Info { info, _ := k.Info(); return info },
		"owners": func() []exceptions.Owner { return exceptions.Owners },
		"plot":   plot,
		"units":  unitsPlot,
		"bar":    rateBar,
		"title":  func(s string) string { return strings.ToUpper(s[:1]) + s[1:] },
	}
}

// took rounds how long something took to what a reader takes in.
func took(d time.Duration) string {
	unit := time.Second
	switch {
	case d < time.Second:
		unit = time.Millisecond
	case d < time.Minute:
		unit = 100 * time.Millisecond
	}
	return d.Round(unit).String()
}

// left says how much time is left, or how late it is.
func left(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	d, word := at.Sub(now), "left"
	if d < 0 {
		d, word = -d, "late"
	}
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days %s", d/(24*time.Hour), word)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h %s", d/time.Hour, word)
	default:
		return fmt.Sprintf("%d min %s", d/time.Minute, word)
	}
}
