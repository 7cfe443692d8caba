package bridgetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// pass runs every primitive of every shop once, as a small program would. A process
// that dies is started again, and begins with a pass.
func (l *lab) pass(ctx context.Context) error { return l.passOf(ctx, (*shop).work) }

func (l *lab) passOf(ctx context.Context, work func(*shop, context.Context) error) error {
	if l.rates != (Rates{}) && l.rand.IntN(40) == 0 { // somebody updates the program
		l.report.Restarts++
		if err := l.boot(ctx); err != nil {
			return err
		}
	}
	for {
		alive, err := l.tryPass(ctx, work)
		if alive || ctx.Err() != nil {
			return err
		}
		if err := l.boot(ctx); err != nil {
			return err
		}
	}
}

// tryPass runs a pass and reports whether the process lived to its end.
func (l *lab) tryPass(ctx context.Context, work func(*shop, context.Context) error) (alive bool, err error) {
	process, kill := context.WithCancel(ctx)
	defer kill()
	l.kill = kill
	var errs []error
	for _, s := range l.shops {
		l.report.Passes++
		s.beginPass()
		s.tiktok.SendWebhooks(ctx)
		errs = append(errs, work(s, process))
		l.passing = nil
		if process.Err() != nil {
			return false, errors.Join(errs...)
		}
	}
	return true, errors.Join(errs...)
}

// work is what the bridge does in a pass.
func (s *shop) work(ctx context.Context) error {
	s.print(ctx, true)
	taken, takeErr := s.takeIn(ctx)
	_, referenceErr := s.references.Write(ctx)
	_, revokeErr := s.revoker.Run(ctx)
	s.print(ctx, false)
	_, dispatchErr := s.dispatch.Run(ctx)
	var deadlineErr error
	if !time.Now().Before(s.nextCheck) { // every quarter of an hour, and again if it fails
		if _, deadlineErr = s.deadlines.Check(ctx); deadlineErr == nil {
			s.nextCheck = time.Now().Add(15*time.Minute - s.config.Every/2)
		}
	}

	// That poisoned orders fail is meant; anything else in the error is not.
	if e, ok := errors.AsType[*bridge.OrdersError](takeErr); ok && takeErr.Error() == "bridge: intake: "+e.Error() &&
		!slices.ContainsFunc(e.Failed, func(r bridge.OrderResult) bool { return !s.truth.poisoned(r.OrderID) }) {
		takeErr = nil
	}
	for _, r := range taken.Results {
		if r.Err != nil && !s.truth.poisoned(r.OrderID) {
			takeErr = errors.Join(takeErr, fmt.Errorf("the intake: order %s: %w", r.OrderID, r.Err))
		}
	}
	_, pushErr := s.stock.Push(ctx)
	s.judgeCuts(pushErr)
	if pushErr == nil && !s.truth.blind {
		s.approached()
	}
	return errors.Join(takeErr, referenceErr, revokeErr, dispatchErr, deadlineErr, pushErr)
}

// errDead is the error of an intake that takes nothing in.
var errDead = errors.New("the intake is dead")

// takeIn runs the intake.
func (s *shop) takeIn(ctx context.Context) (bridge.IntakeResult, error) {
	if time.Now().Before(s.deadUntil) {
		return bridge.IntakeResult{}, errDead
	}
	return s.intake.Run(ctx)
}

// hint has the intake look at an order again.
func (s *shop) hint(ctx context.Context, orderID string) error { return s.intake.Hint(ctx, orderID) }

// seeOrders takes in what the shop has sold by now: without that the ledger is blind.
func (s *shop) seeOrders(ctx context.Context) error {
	taken, err := s.takeIn(ctx)
	if !taken.Complete() {
		s.truth.blind = true
		return fmt.Errorf("the intake: %s: %w", taken, cmp.Or(err, errors.New("orders wait for another try")))
	}
	s.truth.counted = s.truth.known
	return nil
}
