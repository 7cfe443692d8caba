package bridgetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// On one day of four the warehouse prints through the bridge: the print button for orders of
// the shop's own carrier, and for all others a view in Linnworks that they are let into with
// a permit.

// viewFolder is what the view goes by.
const viewFolder = "Ready to print"

// bench is where a shop's labels are printed. Button and release die with the process.
type bench struct {
	button  *printing.Button
	release *release.Release
	// life is how long a permit of the view lives.
	life time.Duration
	rand *rand.Rand
	// early reports whether people press print before the bridge looks at anything in this
	// pass, and not between its intake and its dispatch.
	early bool
}

// prints reports whether people print through the bridge on the day of a seed.
func prints(seed uint64) bool { return rand.New(rand.NewPCG(seed, 0x9417)).IntN(4) == 0 }

// openBench puts the print button and the view together from the ports.
func (s *shop) openBench(gate bridge.PermitSource, reads bridge.OrderSource) error {
	if s.bench == nil {
		s.bench = &bench{life: 4 * s.config.Every, rand: rand.New(rand.NewPCG(s.config.Seed, 0xbe7c))}
		s.report.PrintDays++
	}
	p := s.ports
	lasting, err := bridge.NewGate(bridge.GatePorts{Orders: reads, Cancellations: p.Cancellations}, bridge.GateOptions{Lifetime: s.bench.life})
	if err != nil {
		return err
	}
	s.bench.release, err = release.New(release.Ports{View: p.View, Gate: lasting, Values: p.Store, Locks: p.Store, Exceptions: p.Exceptions}, release.Options{Every: s.config.Every})
	if err != nil {
		return err
	}
	s.bench.button, err = printing.NewButton(printing.Ports{Finder: p.Finder, Dispatch: bridge.DispatchPorts{
		Gate: gate, Orders: p.Orders, Shipper: p.Shipper, OrderBook: p.OrderBook, Tracking: p.Tracking, Locks: p.Store, Exceptions: p.Exceptions,
		Reader: p.Reader, Catalogue: p.Catalogue, Documents: p.Documents, Labels: p.Store, Records: p.Store,
	}}, printing.Options{HandOnPDF: true})
	return err
}

// print has people press print, and lets orders into the view. It is called twice in a
// pass, and does it once: before anything else, when the bridge knows of nothing that has
// happened since the last pass, or of orders that are new and have no label yet.
func (s *shop) print(ctx context.Context, early bool) {
	if s.bench == nil {
		return
	}
	if early {
		s.bench.early = s.bench.rand.IntN(2) == 0
	}
	if early != s.bench.early {
		return
	}
	result, err := s.bench.release.Run(ctx)
	s.report.Released += result.New
	s.report.PulledBack += result.PulledBack
	if err == nil && ctx.Err() == nil {
		s.judgeView(ctx)
	}
	for _, o := range s.unprocessed() {
		button := propertyOf(o, "tiktok.shipping_model") == "tiktok"
		if refs := s.refsOf(o); (button || slices.Contains(o.FolderName, viewFolder)) && s.bench.rand.IntN(8) == 0 && !s.quiet {
			s.changeMind(refs[len(refs)-1].order) // a moment before it is printed
		}
		if button && ctx.Err() == nil {
			s.press(ctx, o)
		}
	}
}

// sendNobody has the carrier not come for one order of three whose label is printed at the
// bench: TikTok cancels it then, with its label in the drawer.
func (s *shop) sendNobody(spec *tiktokshoptest.OrderSpec) {
	if s.bench != nil && spec.ShippingType == tiktokshop.ShippingTypeTikTok && s.bench.rand.IntN(3) == 0 {
		due := time.Hour + time.Duration(20+s.bench.rand.IntN(60))*time.Minute
		// Not when the day is about to end: what it frees is on sale with the next pass.
		if time.Now().Add(due).Before(s.start.Add(s.config.Trading + quietFrom)) {
			spec.Deadlines.CollectionDue = due
		}
	}
}

// unprocessed are the shop's orders of the bridge that somebody may print, by their numbers.
func (s *shop) unprocessed() []linnworks.OrderDetails {
	list := slices.DeleteFunc(s.linn.Orders(), func(o linnworks.OrderDetails) bool {
		ours := slices.ContainsFunc(s.refsOf(o), func(r ref) bool { return r.shop == s.name })
		return !ours || o.Processed || o.GeneralInfo.HoldOrCancel || o.GeneralInfo.IsParked || s.byHand[o.OrderID] != ""
	})
	slices.SortFunc(list, func(a, b linnworks.OrderDetails) int { return a.NumOrderID - b.NumOrderID })
	return list
}

// stoppedAt is when an order was cancelled in the shop, or its buyer asked for it and has
// no answer yet; zero if it may be printed.
func (s *shop) stoppedAt(id string) time.Time {
	o, ok := s.tiktok.Order(id)
	switch {
	case ok && o.Status == tiktokshop.OrderStatusCancelled:
		return s.ours(o.CancelTime.Time())
	case ok && s.pending(id):
		return s.ours(o.RequestCancelTime.Time())
	}
	return time.Time{}
}

// stoppedIn returns the first order of the shop in one of Linnworks that must not be
// printed, and since when; empty if there is none.
func (s *shop) stoppedIn(o linnworks.OrderDetails) (id string, at time.Time) {
	for _, r := range s.refsOf(o) {
		if at := s.stoppedAt(r.order); r.shop == s.name && !at.IsZero() {
			return r.order, at
		}
	}
	return "", time.Time{}
}

// judgeView looks at the view after a run of the release that went well: what was stopped
// longer ago than a permit lives must not stand there, unless somebody was told.
func (s *shop) judgeView(ctx context.Context) {
	for _, o := range s.unprocessed() {
		id, at := s.stoppedIn(o)
		// Nothing changes a locked order, and nobody prints one: the bridge has a permit's life
		// from when it was unlocked.
		if until := s.truth.lockedUntil[id]; until.After(at) {
			at = until
		}
		if !slices.Contains(o.FolderName, viewFolder) || id == "" || time.Since(at) <= s.bench.life {
			continue
		}
		open, err := s.queue.Open(ctx)
		told := slices.ContainsFunc(open, func(e exceptions.Exception) bool {
			return e.Kind == exceptions.NotPulledBack && isAbout(e, id)
		})
		if err == nil && !told {
			s.violate("order %s was stopped in the shop %s ago, and still stands in the printing view", id, time.Since(at).Round(time.Second))
		}
	}
}

// press presses print for an order of the shop's own carrier.
func (s *shop) press(ctx context.Context, o linnworks.OrderDetails) {
	stopped, _ := s.stoppedIn(o)
	s.report.Pressed++
	labels, err := s.bench.button.Press(ctx, strconv.Itoa(o.NumOrderID))
	_, refused := errors.AsType[*printing.NotPrintedError](err)
	switch {
	case err == nil && stopped != "":
		s.violate("order %s was stopped in the shop before print was pressed, and got its label", stopped)
	case err == nil && len(labels) > 0:
		s.report.Labels++
	case err == nil:
		s.violate("Linnworks order %d got neither a label nor an error", o.NumOrderID)
	case refused && stopped != "":
		s.report.LabelsRefused++
	}
}

// inView reports whether an order may be printed by those who print from the view, which is
// every order on other days.
func (l *lab) inView(o linnworks.OrderDetails) bool {
	for _, s := range l.shops {
		mine := slices.ContainsFunc(l.refsOf(o), func(r ref) bool { return r.shop == s.name })
		if mine && s.bench != nil && propertyOf(o, "tiktok.shipping_model") != "tiktok" && l.made[o.OrderID] == nil {
			return slices.Contains(o.FolderName, viewFolder)
		}
	}
	return true
}
