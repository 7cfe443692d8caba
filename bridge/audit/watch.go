package audit

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// WatchPorts are what a [Watch] works on. Values is optional: without it the last report
// is not kept.
type WatchPorts struct {
	Ports
	Exceptions exceptions.Queue
	Values     store.Values
}

// WatchOptions configure a [Watch].
type WatchOptions struct {
	// Options are those of each audit, without OrdersFrom and OrdersTo.
	Options
	// OrderDays is that of a [Schedule].
	OrderDays int
}

// Watch audits a shop again and again, raises what somebody has to mend, and closes what
// a whole reading has shown to be mended. Run it as a flow beside a sync, once a day or so:
//
//	sync.Flows = append(sync.Flows, bridge.Flow{Name: "audit", Every: 24 * time.Hour,
//		Run: func(ctx context.Context) (fmt.Stringer, error) { return watch.Run(ctx) }})
//
// What the running bridge raises by itself ([Info].Raised) is in the report, and no case
// of its own.
type Watch struct {
	ports   WatchPorts
	options WatchOptions
	timings health.Timings
}

// NewWatch returns a Watch, or an error that names what is missing or wrong.
func NewWatch(p WatchPorts, o WatchOptions) (*Watch, error) {
	if err := part.Required("audit: NewWatch", map[string]any{"Listings": p.Listings, "Items": p.Items, "Exceptions": p.Exceptions}); err != nil {
		return nil, err
	}
	if o.OrderDays < 0 || o.OrderDays > MostOrderDays {
		return nil, fmt.Errorf("audit: NewWatch: OrderDays is %d, and must be from 0 to %d", o.OrderDays, MostOrderDays)
	}
	o.Now = part.Clock(o.Now)
	return &Watch{ports: p, options: o}, nil
}

// Health returns how the runs went so far.
func (w *Watch) Health() health.Flow { return w.timings.Health() }

// Run audits both sides once. What could be read is told of, also beside an error.
func (w *Watch) Run(ctx context.Context) (report Report, err error) {
	start := w.options.Now()
	defer func() { w.timings.Done(start, w.options.Now(), err) }()
	options := w.options.Options
	if days := w.options.OrderDays; days > 0 {
		options.OrdersTo = start.UTC().Truncate(24 * time.Hour)
		options.OrdersFrom = options.OrdersTo.AddDate(0, 0, -days)
	}
	report, err = Run(ctx, w.ports.Ports, options)
	if err != nil {
		return report, err
	}
	w.timings.Waiting(len(report.Findings), time.Time{})
	if !report.Complete() {
		err = fmt.Errorf("audit: not read: %s", strings.Join(report.Unread, "; "))
	}
	return report, errors.Join(err, report.Tell(ctx, w.ports.Exceptions), w.keep(ctx, report))
}

// lastValue is where the last report is kept.
const lastValue = "audit/last"

func (w *Watch) keep(ctx context.Context, report Report) error {
	if w.ports.Values == nil {
		return nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(report); err != nil {
		return fmt.Errorf("audit: keeping the report: %w", err)
	}
	if err := w.ports.Values.PutValue(ctx, lastValue, b.Bytes()); err != nil {
		return fmt.Errorf("audit: keeping the report: %w", err)
	}
	return nil
}

// Last returns the report of the last run of a [Watch], false if there was none: for a
// page. It may be of another process.
func Last(ctx context.Context, values store.Values) (report Report, found bool, err error) {
	text, found, err := values.Value(ctx, lastValue)
	if err != nil || !found {
		return Report{}, false, err
	}
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&report); err != nil {
		return Report{}, false, fmt.Errorf("audit: reading the last report: %w", err)
	}
	return report, true, nil
}

// maxCases is how many cases one rule makes. More are one case together: so many have one
// cause as a rule, and nobody reads them one by one.
const maxCases = 25

// manyObject is what the case of the others of a rule is about.
func manyObject(rule Rule) string { return string(rule) + ": more of them" }

// object is what the case of a finding is about: that of an order is the order.
func (f Finding) object() string {
	if _, ok := exceptions.OrderOf(f.Object); ok {
		return f.Object
	}
	if f.SKU != "" {
		return string(f.Rule) + ": " + f.Object + " (SKU id " + f.SKU + ")"
	}
	return string(f.Rule) + ": " + f.Object
}

// Tell raises what the running bridge does not raise by itself, a case for each finding, or
// for each order that is wrong, and closes the cases of what is right by now. A case
// about what this report has not seen, or not seen whole, stays as it is. So does one about
// an order that is older than the period.
func (r Report) Tell(ctx context.Context, queue exceptions.Queue) error {
	wanted := map[exceptions.Ref]exceptions.Exception{}
	wrong := map[exceptions.Ref]bool{} // also what is in a case with others
	count := map[Rule]int{}
	for _, f := range r.Findings {
		info, _ := f.Rule.Info()
		if info.Raised {
			continue
		}
		e := f.exception()
		wrong[e.Ref()] = true
		if old, ok := wanted[e.Ref()]; ok { // another rule that the order breaks: the first is the most severe
			old.Seen, old.Do = old.Seen+"; "+e.Seen, old.Do+"; "+e.Do
			wanted[e.Ref()] = old
			continue
		}
		if count[f.Rule]++; count[f.Rule] > maxCases {
			e = exceptions.New(exceptions.AuditFinding, manyObject(f.Rule), time.Time{}, fmt.Sprintf("%d more were found", count[f.Rule]-maxCases),
				"read the report of the audit: so many have one cause as a rule")
			e.Owner, e.Severity = f.Owner, f.Severity
		}
		wanted[e.Ref()] = e
	}
	list := make([]exceptions.Exception, 0, len(wanted))
	for _, e := range wanted {
		list = append(list, e)
	}
	slices.SortFunc(list, exceptions.Compare)
	if err := exceptions.Escalate(ctx, queue, list, exceptions.AuditFinding, exceptions.OrdersDiffer); err != nil {
		return fmt.Errorf("audit: telling of what was found: %w", err)
	}
	open, err := queue.Open(ctx, exceptions.AuditFinding, exceptions.OrdersDiffer)
	if err != nil {
		return fmt.Errorf("audit: reading the cases: %w", err)
	}
	for _, e := range open {
		if _, still := wanted[e.Ref()]; still || wrong[e.Ref()] || !r.right(e) {
			continue
		}
		if err := queue.Clear(ctx, e.Object, e.Kind); err != nil {
			return fmt.Errorf("audit: closing a case: %w", err)
		}
	}
	return nil
}

// exception is the case of a finding.
func (f Finding) exception() exceptions.Exception {
	kind, object := exceptions.AuditFinding, f.object()
	if object == f.Object {
		kind = exceptions.OrdersDiffer
	}
	do := f.Do
	if len(f.Enter) > 0 {
		do += ": " + strings.Join(f.Enter, ", ")
	}
	e := exceptions.New(kind, object, time.Time{}, f.Seen, do)
	e.Owner, e.Severity = f.Owner, f.Severity
	return e
}

// right reports whether the report has seen that what a case is about is right.
func (r Report) right(e exceptions.Exception) bool {
	if e.Kind == exceptions.OrdersDiffer {
		return r.sawOrders[e.Object]
	}
	rule, _, _ := strings.Cut(e.Object, ": ")
	_, known := Rule(rule).Info()
	return known && !r.unsure[Rule(rule)] && !r.unsureOf[e.Object]
}
