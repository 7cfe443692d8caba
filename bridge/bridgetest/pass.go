package bridgetest

import (
	"context"
	"errors"
	"fmt"
)

// pass runs every primitive once, as a small program would. A process that dies
// is started again, and begins with a pass.
func (l *lab) pass(ctx context.Context) error {
	for {
		alive, err := l.tryPass(ctx)
		if alive || ctx.Err() != nil {
			return err
		}
		if err := l.restart(ctx); err != nil {
			return err
		}
	}
}

// tryPass runs a pass and reports whether the process lived to its end.
func (l *lab) tryPass(ctx context.Context) (alive bool, err error) {
	l.report.Passes++
	l.truth.newPass(l)
	l.tiktok.SendWebhooks(ctx)
	process, kill := context.WithCancel(ctx)
	defer kill()
	l.kill = kill
	err = l.work(process)
	return process.Err() == nil, err
}

// work is what the bridge does in a pass. Stock is pushed only when the intake has
// seen the orders: without that the ledger is blind.
func (l *lab) work(ctx context.Context) error {
	taken, takeErr := l.intake.Run(ctx)
	_, referenceErr := l.references.Write(ctx)

	_, dispatchErr := l.dispatch.Run(ctx)
	_, deadlineErr := l.deadlines.Check(ctx)

	if taken.Failed > 0 {
		takeErr = errors.Join(takeErr, fmt.Errorf("the intake: %s", taken))
	}
	errs := []error{takeErr, referenceErr, dispatchErr, deadlineErr}
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
