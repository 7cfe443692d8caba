package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/health"
)

// River says when which flow runs, and on which process; a lease sees to it that no flow of
// a shop runs twice at once. River's own uniqueness would do that too, but holds a flow
// whose process was killed for as long as River takes the dead job for a living one, which
// is an hour. So its jobs are unique within their pace only.

// flowArgs are a job: one run of one flow of a shop.
type flowArgs struct {
	Shop string `json:"shop"`
	Flow string `json:"flow"`
	// Woken jobs do not wait for the flow's next turn, and wait for a run that is under
	// way: it may have read the hints before.
	Woken bool `json:"woken,omitempty"`
}

// Kind implements [river.JobArgs].
func (flowArgs) Kind() string { return "flow" }

// paced are the options of a flow's regular jobs. What fails is not tried again by River:
// the next job does.
func paced(every time.Duration) *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: every}}
}

// woken are the options of woken jobs: one at a time, and one that was killed stands in the
// way for ten seconds at most.
func woken() *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: 10 * time.Second, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
}

// turns are the moments at which a flow's regular jobs begin: the same for all processes.
type turns time.Duration

// Next implements [river.PeriodicSchedule].
func (t turns) Next(now time.Time) time.Time {
	return now.Truncate(time.Duration(t)).Add(time.Duration(t))
}

// queue is a [river.Client] of either database.
type queue interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
	PeriodicJobs() *river.PeriodicJobBundle
}

// openQueue prepares River: in PostgreSQL beside the tables of the bridge, in SQLite in a
// file of its own, because its writes would keep those of the bridge waiting. What is in it
// is not worth a backup: every process puts the jobs in that are due.
func (s *service) openQueue(ctx context.Context) (queue, func(), error) {
	path := sqlitePath(s.config.database)
	if path == "" {
		pool, err := pgxpool.New(ctx, s.config.database)
		if err != nil {
			return nil, nil, fmt.Errorf("the queue: %w", err) // pgx leaves the password out
		}
		q, err := newQueue(ctx, s, riverpgxv5.New(pool))
		if err != nil {
			pool.Close()
		}
		return q, pool.Close, err
	}
	path, err := filepath.Abs(strings.TrimSuffix(path, ".db") + "-jobs.db")
	if err != nil {
		return nil, nil, fmt.Errorf("the queue: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // beside the database that the operator has named
	if err != nil {
		return nil, nil, fmt.Errorf("the queue: %w", err)
	}
	_ = file.Close() // it was only made
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		return nil, nil, fmt.Errorf("the queue: %w", err)
	}
	pool.SetMaxOpenConns(1) // as River's driver wants it
	q, err := newQueue(ctx, s, riversqlite.New(pool))
	if err != nil {
		_ = pool.Close()
	}
	return q, func() { _ = pool.Close() }, err
}

func newQueue[TTx any](ctx context.Context, s *service, driver riverdriver.Driver[TTx]) (queue, error) {
	log := slog.New(quiet{s.log.Handler()})
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return nil, fmt.Errorf("the queue: %w", err)
	}
	// One process at a time: River does not see to that.
	held, unlock, err := s.db.Shop("service").Lock(ctx, "migrating the queue")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, err := migrator.Migrate(held, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("the queue: bringing its tables up to date: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &flowWorker{service: s})
	client, err := river.NewClient(driver, &river.Config{
		Logger: log, Workers: workers, JobTimeout: -1, SoftStopTimeout: stopWithin / 2,
		// All flows may run at once: mostly they wait for the other sides.
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: min(10*len(s.shops), 1000)}},
		CompletedJobRetentionPeriod: time.Hour, DiscardedJobRetentionPeriod: 24 * time.Hour, CancelledJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("the queue: %w", err)
	}
	return client, nil
}

// quiet leaves out what River says of every job.
type quiet struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (quiet) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// schedule has the flows of a shop run at their paces from now on.
func (s *service) schedule(ctx context.Context, shop *shop, flows []bridge.Flow) error {
	var errs []error
	for _, f := range flows {
		args := flowArgs{Shop: shop.name, Flow: f.Name}
		s.queue.PeriodicJobs().Add(river.NewPeriodicJob(turns(f.Every), func() (river.JobArgs, *river.InsertOpts) { return args, paced(f.Every) }, nil))
		// River's leader does that; after a crash there is none for some seconds.
		if _, err := s.queue.Insert(ctx, args, paced(f.Every)); err != nil {
			errs = append(errs, fmt.Errorf("flow %s: %w", f.Name, err))
		}
	}
	return errors.Join(errs...)
}

// wake has the flow of orders run at once, as often as hints were noted.
func (s *service) wake(ctx context.Context, shop *shop) {
	for {
		select {
		case <-shop.hinted:
		case <-ctx.Done():
			return
		}
		for {
			job, err := s.queue.Insert(ctx, flowArgs{Shop: shop.name, Flow: bridge.FlowOrders, Woken: true}, woken())
			if err == nil && (!job.UniqueSkippedAsDuplicate || job.Job.State == rivertype.JobStateAvailable) {
				break // it has not begun: it sees the hint
			}
			if sleep(ctx, time.Second) != nil {
				return // the hint is noted
			}
		}
	}
}

// flowWorker runs the jobs.
type flowWorker struct {
	river.WorkerDefaults[flowArgs]

	service *service
}

// Work implements [river.Worker].
func (w *flowWorker) Work(ctx context.Context, job *river.Job[flowArgs]) error {
	shop := w.service.shop(job.Args.Shop)
	if shop == nil {
		return river.JobCancel(fmt.Errorf("this process was not told of the shop %q", job.Args.Shop))
	}
	bound := shop.bound.Load()
	if bound == nil {
		return river.JobSnooze(time.Second) // it is about to be, here or in another process
	}
	held, taken, unlock, err := shop.memory.TryLock(ctx, "service/flow/"+job.Args.Flow)
	if err != nil {
		return err
	}
	defer unlock()
	switch {
	case len(taken) == 0 && job.Args.Woken:
		return river.JobSnooze(time.Second)
	case len(taken) == 0:
		return nil // it is running
	}
	defer w.service.progress(held, shop.name, job.Args.Flow, bound.sync)()
	run, err := bound.sync.RunFlow(held, job.Args.Flow)
	if held.Err() != nil {
		return context.Cause(held) // cut short: that says nothing about the flow
	}
	if report, ok := run.Result.(bridge.DeadlineReport); ok && err == nil {
		err = shop.noteDeadlines(held, report)
	}
	return errors.Join(err, shop.noteRun(held, job.Args.Flow, run.Start, err))
}

// progressEvery is how often the log has that a flow is still running.
const progressEvery = time.Minute

// progress says that a flow is still running, until the function it returns is called.
func (s *service) progress(ctx context.Context, shop, flow string, b *bridge.Sync) (done func()) {
	ctx, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() {
		for began := time.Now(); sleep(ctx, progressEvery) == nil; {
			waiting := map[string]int{}
			for part, h := range b.Health().Parts {
				if h.Backlog > 0 {
					waiting[part] = h.Backlog
				}
			}
			s.log.InfoContext(ctx, "a flow is still running", "shop", shop, "flow", flow, "for", time.Since(began).Round(time.Second).String(), "waiting", waiting)
		}
	})
	return func() {
		cancel()
		telling.Wait()
	}
}

// state is how a flow went last, and its runs so far, whichever processes ran them.
type state struct {
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	Success time.Time `json:"success,omitzero"`
	Error   string    `json:"error,omitempty"` // of the last run
	By      string    `json:"by"`              // the process

	// Live stock has no runs: it goes on without an end.
	Runs     int             `json:"runs,omitempty"`
	Failures int             `json:"failures,omitempty"`
	Failed   time.Time       `json:"failed,omitzero"` // when a run last did
	Why      string          `json:"why,omitempty"`   // it did
	Took     []time.Duration `json:"took,omitempty"`  // the last of them, in nanoseconds
}

// keepsTook is how many runs the durations are kept of.
const keepsTook = 100

// percentile is how long p percent of the last runs took at most.
func (s state) percentile(p int) time.Duration {
	return health.Percentile(slices.Sorted(slices.Values(s.Took)), p)
}

// noteRun keeps how a run of a flow went. Its lease is held, so nobody else counts.
func (s *shop) noteRun(ctx context.Context, flow string, began time.Time, failed error) error {
	return s.change(ctx, flow, began, failed, func(now *state) {
		now.Runs++
		now.Took = append(now.Took, now.Ended.Sub(now.Began))
		now.Took = now.Took[max(0, len(now.Took)-keepsTook):]
		if failed != nil {
			now.Failures++
		}
	})
}

// note keeps how a flow without an end is going.
func (s *shop) note(ctx context.Context, flow string, began time.Time, failed error) error {
	return s.change(ctx, flow, began, failed, func(*state) {})
}

func (s *shop) change(ctx context.Context, flow string, began time.Time, failed error, more func(*state)) error {
	now, err := s.state(ctx, flow)
	if err != nil {
		return err
	}
	now.Began, now.Ended, now.Error, now.By = began.UTC(), time.Now().UTC(), "", process
	if failed == nil {
		now.Success = now.Ended
	} else {
		now.Error = failed.Error()
		now.Failed, now.Why = now.Ended, now.Error
	}
	more(&now)
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return s.memory.PutValue(ctx, "service/flow/"+flow, text)
}

// state returns how a flow went last; the zero value if it never ran.
func (s *shop) state(ctx context.Context, flow string) (last state, err error) {
	text, known, err := s.memory.Value(ctx, "service/flow/"+flow)
	if err != nil || !known {
		return last, err
	}
	return last, json.Unmarshal(text, &last)
}

// liveEvery is how often the process that publishes stock says how it goes.
const liveEvery = 10 * time.Second

// live publishes the stock of a shop without a pause, on one process: the others wait for
// its lease. It has no end, so it is no job of River's.
func (s *service) live(ctx context.Context, shop *shop, sync *bridge.Sync) {
	for ctx.Err() == nil {
		held, unlock, err := shop.memory.Lock(ctx, "service/live stock")
		if err == nil {
			err = s.liveHere(held, shop, sync)
			unlock()
		}
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "live stock has stopped and will begin again", "shop", shop.name, "err", err)
			_ = sleep(ctx, time.Second)
		}
	}
}

// liveHere does it until ctx ends, which it also does when the lease is lost.
func (s *service) liveHere(ctx context.Context, shop *shop, b *bridge.Sync) error {
	s.metrics.live.WithLabelValues(shop.name).Set(1)
	defer s.metrics.live.WithLabelValues(shop.name).Set(0)
	shop.publishes.Store(true)
	defer shop.publishes.Store(false)
	var mu sync.Mutex
	var last error // that nothing has followed for a while counts as mended
	var at time.Time
	failed := func(err error) {
		s.log.WarnContext(ctx, "live stock: something failed and will be tried again", "shop", shop.name, "err", err)
		mu.Lock()
		defer mu.Unlock()
		last, at = err, time.Now()
	}
	var telling sync.WaitGroup
	defer telling.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	telling.Go(func() {
		for begin := time.Now(); ctx.Err() == nil; _ = sleep(ctx, liveEvery) {
			mu.Lock()
			err := last
			if time.Since(at) > 2*liveEvery {
				err = nil
			}
			mu.Unlock()
			_ = shop.note(ctx, bridge.FlowStock, begin, err) // without it the flow is soon overdue
		}
	})
	for {
		err := b.Check(ctx)
		if err == nil {
			break
		}
		failed(err)
		if err := sleep(ctx, 10*time.Second); err != nil {
			return err
		}
	}
	return b.Stock.Run(ctx, failed)
}

// sleep waits, but not longer than ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
