package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// control is the hands of everybody who is not the program under test: buyers, the
// warehouse, the carrier, TikTok, and whatever breaks.
type control struct {
	*madeup.World

	// lasting work, such as a LIVE, ends with ctx.
	ctx  context.Context //nolint:containedctx // it is the program's, and ends what a request has begun
	work sync.WaitGroup
}

// command is one thing that somebody does. Its fields come as a form, as curl -d sends it.
type command struct {
	name, what string
	// fields are those that it takes, with a value as an example; one with a question mark
	// behind its name can be left out.
	fields []string
	do     func(*control, url.Values) (any, error)
}

// seller SKUs of the made-up shop, and their ids.
var skuIDs = map[string]string{
	"MUG-RED": "1729592969712207101", "MUG-BLUE": "1729592969712207102", "TEA-EARL": "1729592969712207201",
	"GIFT-MUG-TEA": "1729592969712207301", "LAMP-OAK": "1729592969712207401", "TEA-FOR-TWO": "1729592969712207501",
}

// productIDs are the products of the same.
var productIDs = map[string]string{
	"MUG-RED": "1729592969712207001", "MUG-BLUE": "1729592969712207001", "TEA-EARL": "1729592969712207002",
	"GIFT-MUG-TEA": "1729592969712207003", "LAMP-OAK": "1729592969712207004", "TEA-FOR-TWO": "1729592969712207005",
}

// commands are all there are, in the order of an order's life.
var commands = []command{
	{"place", "a buyer orders", []string{"sku=MUG-RED", "quantity?=1", "state?=UNPAID", "shipping?=TIKTOK"}, func(c *control, v url.Values) (any, error) {
		id, err := c.place(v)
		return map[string]string{"order": id}, err
	}},
	{"pay", "the buyer pays", order, onOrder((*tiktokshoptest.Fake).Pay)},
	{"release", "the hour in which a buyer may cancel is over", order, onOrder((*tiktokshoptest.Fake).ReleaseHold)},
	{"cancel", "the buyer cancels, before the order may be shipped", order, onOrder(func(f *tiktokshoptest.Fake, id string) error { return f.CancelByBuyer(id, "") })},
	{"ask", "the buyer asks to cancel", order, func(c *control, v url.Values) (any, error) {
		id, err := c.Shop.RequestCancellation(v.Get("order"), "")
		return map[string]string{"cancellation": id}, err
	}},
	{"pick", "the warehouse puts the order on a pick list", order, inWarehouse(func(f *linnworkstest.Fake, id linnworks.GUID) error { return f.StartPicking(id) })},
	{"track", "the warehouse enters a tracking number", []string{"order=576...", "tracking=RM123456789GB"}, func(c *control, v url.Values) (any, error) {
		return inWarehouse(func(f *linnworkstest.Fake, id linnworks.GUID) error {
			return f.SetTracking(id, c.RoyalMail, v.Get("tracking"))
		})(c, v)
	}},
	{"print", "the warehouse prints the label", order, inWarehouse((*linnworkstest.Fake).PrintLabel)},
	{"process", "the warehouse sends the order", order, inWarehouse((*linnworkstest.Fake).Process)},
	{"park", "the warehouse parks the order", order, inWarehouse(func(f *linnworkstest.Fake, id linnworks.GUID) error { return f.Park(id, true) })},
	{"delete", "the warehouse cancels the order", order, inWarehouse((*linnworkstest.Fake).Cancel)},
	{"collect", "the carrier scans the parcel", order, onOrder((*tiktokshoptest.Fake).Collect)},
	{"deliver", "the carrier delivers it", order, onOrder((*tiktokshoptest.Fake).Deliver)},
	{"return", "the buyer asks for the money back, or to send it back", []string{"order=576...", "type?=RETURN_AND_REFUND"}, func(c *control, v url.Values) (any, error) {
		id, err := c.Shop.RequestReturn(v.Get("order"), tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnType(v.Get("type"))})
		return map[string]string{"return": id}, err
	}},
	{"complete", "the order is complete, and will be in the next statement", order, onOrder((*tiktokshoptest.Fake).Complete)},
	{"settle", "TikTok makes a statement of what is due", nil, func(c *control, _ url.Values) (any, error) {
		id := c.Shop.Settle()
		if id == "" {
			return nil, errors.New("nothing is due: deliver and complete an order first")
		}
		return map[string]string{"statement": id}, nil
	}},
	{"stock", "somebody counts the shelf of Leeds", []string{"sku=MUG-RED", "units=3"}, func(c *control, v url.Values) (any, error) {
		n, err := number(v, "units", -1, 100_000)
		if err != nil {
			return nil, err
		}
		return nil, c.Warehouse.SetOnHand(v.Get("sku"), linnworks.ZeroGUID, n)
	}},
	{"live", "a LIVE begins: orders come in for a while", []string{"sku=MUG-RED", "per_second=5", "seconds=60"}, (*control).live},
	{"seller", "TikTok stops the seller, or lets it trade again", []string{"active=false"}, func(c *control, v url.Values) (any, error) {
		active, err := strconv.ParseBool(v.Get("active"))
		if err == nil {
			c.Shop.SetSellerActive(active)
		}
		return nil, err
	}},
	{"limit", "the shop reaches its order limit: buyers find everything sold out until midnight UTC, or until it is lifted", []string{"reached=true"}, func(c *control, v url.Values) (any, error) {
		reached, err := strconv.ParseBool(v.Get("reached"))
		if err != nil {
			return nil, err
		}
		var until time.Time
		if reached {
			until = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
		}
		c.Shop.ReachOrderLimit(until)
		return nil, nil
	}},
	{"expire", "every token and session is no longer good", nil, func(c *control, _ url.Values) (any, error) {
		c.Shop.ExpireTokens()
		c.Warehouse.ExpireSessions()
		return nil, nil
	}},
	{"break", "the next calls to one side fail, after they had their effect or before", []string{"side=tiktokshop", "calls=10", "after?=true"}, (*control).breaks},
	{"lose", "the next webhooks are lost", []string{"webhooks=5"}, func(c *control, v url.Values) (any, error) {
		n, err := number(v, "webhooks", 1, 1000)
		if err == nil {
			c.Shop.DisturbWebhooks(func(tiktokshoptest.Delivery) bool { return true }, n, tiktokshoptest.Disturbance{Lose: true})
		}
		return nil, err
	}},
}

var order = []string{"order=576..."}

// onOrder is what is done to an order in the shop.
func onOrder(do func(*tiktokshoptest.Fake, string) error) func(*control, url.Values) (any, error) {
	return func(c *control, v url.Values) (any, error) { return nil, do(c.Shop, v.Get("order")) }
}

// inWarehouse is what is done to an order in the warehouse, by the shop's id.
func inWarehouse(do func(*linnworkstest.Fake, linnworks.GUID) error) func(*control, url.Values) (any, error) {
	return func(c *control, v url.Values) (any, error) {
		id, found := v.Get("order"), 0
		var at linnworks.GUID
		for _, o := range c.Warehouse.Orders() {
			if o.GeneralInfo.ReferenceNum == id {
				at = o.OrderID
				found++
			}
		}
		if found != 1 || id == "" {
			return nil, fmt.Errorf("%d orders with the reference %q in the warehouse: has a bridge imported it?", found, id)
		}
		return nil, do(c.Warehouse, at)
	}
}

func (c *control) place(v url.Values) (string, error) {
	sku := skuIDs[v.Get("sku")]
	if sku == "" {
		return "", fmt.Errorf("the shop has no SKU %q", v.Get("sku"))
	}
	quantity := 1
	if v.Get("quantity") != "" {
		var err error
		if quantity, err = number(v, "quantity", 1, 100); err != nil {
			return "", err
		}
	}
	spec := tiktokshoptest.OrderOf(tiktokshoptest.Units(sku, quantity))
	spec.State, spec.ShippingType = tiktokshop.OrderStatus(v.Get("state")), tiktokshop.ShippingType(v.Get("shipping"))
	return c.Shop.PlaceOrder(spec)
}

// live places orders until its time is over, the program ends, or nothing is left.
func (c *control) live(v url.Values) (any, error) {
	rate, err := number(v, "per_second", 1, 50)
	seconds, wrong := number(v, "seconds", 1, 3600)
	if err := errors.Join(err, wrong); err != nil {
		return nil, err
	}
	order := url.Values{"sku": {v.Get("sku")}}
	if skuIDs[v.Get("sku")] == "" {
		return nil, fmt.Errorf("the shop has no SKU %q", v.Get("sku"))
	}
	id, err := c.Shop.StartLive("LIVE of "+v.Get("sku"), productIDs[v.Get("sku")])
	if err != nil {
		return nil, err
	}
	c.work.Go(func() {
		defer func() { _ = c.Shop.EndLive(id) }() // it goes on until here
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for range rate * seconds {
			select {
			case <-c.ctx.Done():
				return
			case <-tick.C:
			}
			if _, err := c.place(order); err != nil {
				return // sold out
			}
		}
	})
	return map[string]string{"live": id}, nil
}

func (c *control) breaks(v url.Values) (any, error) {
	calls, err := number(v, "calls", 1, 10_000)
	if err != nil {
		return nil, err
	}
	after := false
	if v.Get("after") != "" {
		if after, err = strconv.ParseBool(v.Get("after")); err != nil {
			return nil, errors.New("after is true or false")
		}
	}
	switch v.Get("side") {
	case "tiktokshop":
		c.Shop.Fail(func(tiktokshoptest.Call) bool { return true }, calls, tiktokshoptest.Fault{Drop: true, After: after})
	case "linnworks":
		fault := linnworkstest.CutBefore()
		if after {
			fault = linnworkstest.CutAfter()
		}
		c.Warehouse.Fail("*", calls, fault)
	default:
		return nil, fmt.Errorf("side is tiktokshop or linnworks, not %q", v.Get("side"))
	}
	return nil, nil
}

func number(v url.Values, field string, least, most int) (int, error) {
	n, err := strconv.Atoi(v.Get(field))
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s is a number from %d to %d, not %q", field, least, most, v.Get(field))
	}
	return n, nil
}

// ServeHTTP lists the commands, and does one.
func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" {
		_, _ = fmt.Fprint(w, manual("http://"+r.Host))
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	for _, cmd := range commands {
		if cmd.name != name {
			continue
		}
		if r.Method != http.MethodPost {
			answer(w, http.StatusMethodNotAllowed, nil, errors.New("use POST: curl -d does"))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		if err := r.ParseForm(); err != nil {
			answer(w, http.StatusBadRequest, nil, err)
			return
		}
		if err := cmd.check(r.PostForm); err != nil {
			answer(w, http.StatusBadRequest, nil, err)
			return
		}
		result, err := cmd.do(c, r.PostForm)
		status := http.StatusOK
		if err != nil {
			status = http.StatusConflict
		}
		answer(w, status, result, err)
		return
	}
	answer(w, http.StatusNotFound, nil, fmt.Errorf("there is no command %q: / lists them", name))
}

// check refuses fields that the command does not know, and misses those that it needs.
func (cmd command) check(v url.Values) error {
	known := map[string]bool{}
	for _, f := range cmd.fields {
		name, _, _ := strings.Cut(f, "=")
		bare := strings.TrimSuffix(name, "?")
		known[bare] = true
		if bare == name && v.Get(bare) == "" {
			return fmt.Errorf("%s needs the field %s", cmd.name, bare)
		}
	}
	for name := range v {
		if !known[name] {
			return fmt.Errorf("%s knows no field %q", cmd.name, name)
		}
	}
	return nil
}

func answer(w http.ResponseWriter, status int, result any, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err != nil {
		result = map[string]string{"error": err.Error()}
	}
	if result == nil {
		result = map[string]bool{"done": true}
	}
	_ = json.NewEncoder(w).Encode(result) // a reader that has left is nobody's loss
}

// manual lists the commands as lines for a shell.
func manual(at string) string {
	var b strings.Builder
	for _, cmd := range commands {
		line := "curl"
		for _, f := range cmd.fields {
			line += " -d " + strings.Replace(f, "?", "", 1)
		}
		if len(cmd.fields) == 0 {
			line += " -X POST"
		}
		fmt.Fprintf(&b, "%s %s/%s\n    # %s", line, at, cmd.name, cmd.what)
		var optional []string
		for _, f := range cmd.fields {
			if name, _, _ := strings.Cut(f, "="); strings.HasSuffix(name, "?") {
				optional = append(optional, strings.TrimSuffix(name, "?"))
			}
		}
		if len(optional) > 0 {
			fmt.Fprintf(&b, " (%s can be left out)", strings.Join(optional, ", "))
		}
		b.WriteString("\n")
	}
	return b.String()
}
