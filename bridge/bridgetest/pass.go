package bridgetest

import (
	"context"
	"errors"
	"fmt"
)

// pass runs every primitive once, as a small program would. Stock is pushed only
// when the intake has seen the orders: without that the ledger is blind.
func (l *lab) pass(ctx context.Context) error {
	l.report.Passes++
	l.truth.newPass(l)
	l.tiktok.SendWebhooks(ctx)
	alive, kill := context.WithCancel(ctx)
	defer kill()
	l.kill = kill
	err := l.work(alive)
	if alive.Err() == nil || ctx.Err() != nil {
		return err
	}
	return errors.Join(err, l.restart(ctx))
}

// work is what the bridge does in a pass.
func (l *lab) work(ctx context.Context) error {
	taken, takeErr := l.intake.Run(ctx)
	pending, pendingErr := l.ports.Cancellations.PendingCancellations(ctx, nil)
	_, cancelErr := l.canceller.Cancel(ctx, pending...)

	_, referenceErr := l.references.Write(ctx)

	_, dispatchErr := l.dispatch.Run(ctx)
	_, deadlineErr := l.deadlines.Check(ctx)

	if taken.Failed > 0 {
		takeErr = errors.Join(takeErr, fmt.Errorf("the intake: %s", taken))
	}
	errs := []error{takeErr, pendingErr, cancelErr, referenceErr, dispatchErr, deadlineErr}
	if taken.Complete() {
		_, pushErr := l.stock.Push(ctx)
		errs = append(errs, pushErr)
	}
	return errors.Join(errs...)
}

// restart begins a new process on what the last one has stored.
func (l *lab) restart(ctx context.Context) error {
	if err := l.connect(ctx); err != nil {
		return err
	}
	return l.assemble()
}
