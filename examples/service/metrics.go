package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// metrics are what Prometheus is told. Counters are of this process; what the gauges of
// flows and cases say is the same in all.
type metrics struct {
	meter    audit.Meter
	registry *prometheus.Registry
	runs     *prometheus.CounterVec
	took     *prometheus.HistogramVec
	hooks    *prometheus.CounterVec
	calls    *prometheus.CounterVec
	waited   *prometheus.CounterVec
	live     *prometheus.GaugeVec
}

func newMetrics(s *service) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		runs:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "linnbridge_flow_runs_total", Help: "Runs of a flow in this process."}, []string{"shop", "flow", "outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "linnbridge_flow_duration_seconds", Help: "How long runs of a flow took in this process.", Buckets: prometheus.ExponentialBuckets(0.05, 3, 10),
		}, []string{"shop", "flow"}),
		hooks:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "linnbridge_webhooks_total", Help: "Webhooks by the status that they were answered with."}, []string{"status"}),
		calls:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "linnbridge_api_calls_total", Help: "Attempts of calls by side, operation and HTTP status; 0 without an answer."}, []string{"side", "operation", "status"}),
		waited: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "linnbridge_api_wait_seconds_total", Help: "Time that calls waited for the rate limits."}, []string{"side"}),
		live:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "linnbridge_live_stock", Help: "1 in the process that publishes the shop's stock."}, []string{"shop"}),
	}
	m.registry.MustRegister(m.runs, m.took, m.hooks, m.calls, m.waited, m.live, stored{s},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, Timeout: 2 * patience})
}

// flowRan counts the run of a flow.
func (m *metrics) flowRan(ctx context.Context, run bridge.FlowRun) {
	outcome := "success"
	switch {
	case ctx.Err() != nil:
		outcome = "cut short"
	case run.Err != nil:
		outcome = "failure"
	}
	m.runs.WithLabelValues(run.Shop, run.Flow, outcome).Inc()
	m.took.WithLabelValues(run.Shop, run.Flow).Observe(run.Took.Seconds())
}

func (m *metrics) tiktokCall(_ context.Context, e tiktokshop.Event) {
	m.meter.Saw("TikTok Shop", e.Operation, e.Status)
	m.calls.WithLabelValues("tiktok", e.Operation, strconv.Itoa(e.Status)).Inc()
	m.waited.WithLabelValues("tiktok").Add(e.Wait.Seconds())
}

func (m *metrics) linnworksCall(_ context.Context, e linnworks.Event) {
	m.meter.Saw("Linnworks", e.Operation, e.Status)
	m.calls.WithLabelValues("linnworks", e.Operation, strconv.Itoa(e.Status)).Inc()
	m.waited.WithLabelValues("linnworks").Add(e.Wait.Seconds())
}

// webhooks counts the answers of a handler.
func (m *metrics) webhooks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		m.hooks.WithLabelValues(strconv.Itoa(answer.status)).Inc()
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// stored are the gauges that are read from the database when they are asked for.
type stored struct{ service *service }

var (
	healthyDesc = prometheus.NewDesc("linnbridge_flow_healthy", "1 if the flow's last run went well and none is overdue, in whichever process.", []string{"shop", "flow"}, nil)
	successDesc = prometheus.NewDesc("linnbridge_flow_last_success_timestamp_seconds", "When the flow last went well, in whichever process.", []string{"shop", "flow"}, nil)
	shopDesc    = prometheus.NewDesc("linnbridge_shop_healthy", "1 if all of the shop's flows are healthy.", []string{"shop"}, nil)
	backlogDesc = prometheus.NewDesc("linnbridge_backlog", "What was left to do for a part after its last run in this process.", []string{"shop", "part"}, nil)
	casesDesc   = prometheus.NewDesc("linnbridge_cases", "Open cases.", []string{"shop", "owner", "severity", "kind"}, nil)
	storeDesc   = prometheus.NewDesc("linnbridge_database_up", "1 if the database has answered.", nil, nil)
)

// Describe implements [prometheus.Collector].
func (stored) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{healthyDesc, successDesc, shopDesc, backlogDesc, casesDesc, storeDesc} {
		out <- d
	}
}

// Collect implements [prometheus.Collector]. What cannot be read is left out: it is not
// zero.
func (c stored) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	is := map[bool]float64{true: 1}
	up := true
	for _, shop := range c.service.shops {
		if b := shop.bound.Load(); b != nil {
			for part, h := range b.sync.Health().Parts {
				gauge(backlogDesc, float64(h.Backlog), shop.name, part)
			}
		}
		h, err := c.service.health(ctx, shop, time.Now())
		if up = up && err == nil; err != nil {
			continue
		}
		gauge(shopDesc, is[h.Healthy], shop.name)
		for name, f := range h.Flows {
			gauge(healthyDesc, is[f.Healthy], shop.name, name)
			if !f.Success.IsZero() {
				gauge(successDesc, float64(f.Success.UnixMilli())/1000, shop.name, name)
			}
		}
	}
	list, err := c.service.db.Cases(ctx, exceptions.Filter{})
	up = up && err == nil
	counts := map[[4]string]float64{}
	for _, one := range list {
		counts[[4]string{one.Shop, string(one.Owner), one.Severity.String(), string(one.Kind)}]++
	}
	for labels, n := range counts {
		gauge(casesDesc, n, labels[:]...)
	}
	gauge(storeDesc, is[up])
}
