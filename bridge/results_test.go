package bridge_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// What the parts return can be served as it is: names, errors as text, no nulls
// for lists, no zero times, and no order in a permit.
func TestResultsAsJSON(t *testing.T) {
	results := bridge.OrderResults{
		{OrderID: "1", Outcome: bridge.OutcomeShipped, Deadline: world.Noon.In(time.FixedZone("CET", 3600))},
		{OrderID: "2", Outcome: bridge.OutcomeFailed, Err: errors.New("down")},
	}
	order := world.AnOrder("1", "MUG")
	for name, test := range map[string]struct {
		of   any
		want string
	}{
		"orders": {results, `[{"order_id":"1","outcome":"shipped","warehouse_order":"","detail":"","deadline":"2026-11-27T12:00:00Z","unseen":false,"err":null},` +
			`{"order_id":"2","outcome":"failed","warehouse_order":"","detail":"","unseen":false,"err":"down"}]`},
		"no orders": {bridge.OrderResults(nil), `[]`},
		"permit": {bridge.Permit{OrderID: "1", Granted: true, Order: order, At: world.Noon, ValidUntil: world.Noon.Add(time.Minute)},
			`{"order_id":"1","granted":true,"reason":"","status":"AWAITING_SHIPMENT","at":"2026-11-27T12:00:00Z","valid_until":"2026-11-27T12:01:00Z","unasked":false,"blind":false,"decision":""}`},
		"intake": {bridge.IntakeResult{To: world.Noon, Polled: 2}, `{"to":"2026-11-27T12:00:00Z","early":false,"polled":2,"unchanged":0,"hinted":0,"revisited":0,"requested":0,"swept":0,` +
			`"results":[],"failed":0,"unseen":0,"waiting":0}`},
		"dispatch": {bridge.DispatchReport{}, `{"listed":0,"unchanged":0,"retried":0,"swept":false,"fallback":"","results":[],"waiting":0}`},
		"deadlines": {bridge.DeadlineReport{At: world.Noon, AtRisk: []bridge.Deadline{{OrderID: "1", Clock: bridge.ClockShip, At: world.Noon, Left: time.Hour, AtRisk: true, Severity: exceptions.Urgent}}},
			`{"at":"2026-11-27T12:00:00Z","open":0,"at_risk":[{"order_id":"1","clock":"ship by","at":"2026-11-27T12:00:00Z","left":"1h0m0s","at_risk":true,"severity":"urgent"}],` +
				`"next":{"order_id":"","clock":"","left":"0s","at_risk":false,"severity":"notice"},"later":[],"rates":[]}`},
		"stock": {stock.Result{Published: 1, Plan: stock.Plan{Products: []stock.ProductStock{{ProductID: "p", SKUs: []stock.SKUStock{{SKU: catalogue.SKU{ID: "s"}}}}}}},
			`{"plan":{"products":[{"product_id":"p","skus":[{"product_id":"","id":"s","seller_sku":"","stock":[],"shown":[]}],"urgent":false}],` +
				`"unchanged":0,"skipped":0,"problems":[]},"published":1,"refused":0}`},
		"check":  {stock.CheckResult{Checked: 1}, `{"checked":1,"right":0,"calls":0,"drifts":[],"catalogue_stale":false,"stopped":false,"closed":""}`},
		"health": {health.Flow{Runs: 1, P99: time.Second}, `{"runs":1,"failures":0,"last_error":"","last":"0s","max":"0s","p50":"0s","p99":"1s","backlog":0}`},
		"flow": {bridge.FlowRun{Shop: "UK", Flow: "orders", Took: time.Second, Result: results[:1], Err: errors.New("half")},
			`{"shop":"UK","flow":"orders","took":"1s","result":[{"order_id":"1","outcome":"shipped","warehouse_order":"","detail":"","deadline":"2026-11-27T12:00:00Z","unseen":false,"err":null}],"err":"half"}`},
	} {
		if got, err := json.Marshal(test.of); err != nil || string(got) != test.want {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", name, got, err, test.want)
		}
	}
}
