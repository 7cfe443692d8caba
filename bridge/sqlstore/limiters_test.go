package sqlstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// sent are the moments of the calls of all processes, as the server would count them.
type sent struct {
	mu sync.Mutex
	at []time.Time
}

func (s *sent) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, time.Now())
}

// between counts the calls of some time.
func (s *sent) between(from, to time.Time) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.at {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// most is how many calls the fullest window has.
func (s *sent) most(window time.Duration) (most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.at, time.Time.Compare)
	from := 0
	for i, at := range s.at {
		for at.Sub(s.at[from]) >= window {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// check holds what was sent against the promise of a shared budget.
func (s *sent) check(t *testing.T, from, to time.Time, calls int, window time.Duration) {
	t.Helper()
	share := float64(s.between(from, to)) * window.Seconds() / float64(calls) / to.Sub(from).Seconds()
	most := s.most(window)
	t.Logf("%.1f %% of the quota was used in %v, and %d of %d calls in the fullest window", 100*share, to.Sub(from), most, calls)
	if share < 0.95 {
		t.Errorf("%.1f %% of the quota was used, want at least 95 %%", 100*share)
	}
	if most > calls {
		t.Errorf("%d calls in a window of %v, want at most %d", most, window, calls)
	}
}

// processes are the four that share budgets: each has a connection of its own, and no two
// have the same clock, nor that of the database.
func processes(t *testing.T, place func(testing.TB) string) []*sqlstore.DB {
	t.Helper()
	c := sqlstore.Config{URL: place(t), Connections: 4}
	list := make([]*sqlstore.DB, 4)
	for i := range list {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(i-2) * time.Hour) }
		list[i] = open(t, c)
		list[i].SetClock(func() int64 { return time.Now().Add(-26 * time.Hour).UnixMicro() })
	}
	return list
}

// Four processes have all of the quota and no more, however the demand is spread.
func TestSharedBudget(t *testing.T) {
	const minutes = 3
	call := linnworks.LimitKey{Application: "a", Operation: "Orders.CreateOrders", PerMinute: 150}
	for name, place := range places {
		for demand, work := range map[string]func(ctx context.Context, process int, call func(context.Context)){
			"all the same": func(ctx context.Context, _ int, call func(context.Context)) { workers(ctx, 5, 0, call) },
			"one has it all": func(ctx context.Context, process int, call func(context.Context)) {
				if process == 2 {
					workers(ctx, 20, 0, call)
				}
			},
			"one by one": func(ctx context.Context, _ int, call func(context.Context)) {
				workers(ctx, 1, 20*time.Millisecond, call)
			},
			"now here, now there": func(ctx context.Context, process int, call func(context.Context)) {
				for turn := 0; ctx.Err() == nil; turn++ {
					ctx, cancel := context.WithTimeout(ctx, 7*time.Second)
					if turn%4 == process {
						workers(ctx, 10, 0, call)
					}
					<-ctx.Done()
					cancel()
				}
			},
			"uneven and urgent": func(ctx context.Context, process int, call func(context.Context)) {
				switch process {
				case 0:
					workers(linnworks.Bulk(ctx), 30, 0, call)
				case 1:
					workers(linnworks.Urgent(ctx), 1, 3*time.Second, call)
				default:
					workers(ctx, process, time.Second, call)
				}
			},
		} {
			t.Run(name+"/"+demand, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var s sent
					var running sync.WaitGroup
					from := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), minutes*time.Minute)
					defer cancel()
					for i, db := range processes(t, place) {
						limiter := db.LinnworksLimiter(nil)
						running.Go(func() {
							work(ctx, i, func(ctx context.Context) {
								err := limiter.Wait(ctx, call)
								if err == nil {
									s.add()
									return
								}
								if !errors.Is(err, context.DeadlineExceeded) {
									t.Error(err)
								}
								<-ctx.Done() // the next would be told so, too
							})
						})
					}
					<-ctx.Done()
					running.Wait()
					s.check(t, from, from.Add(minutes*time.Minute), 150, time.Minute)
				})
			})
		}
	}
}

// workers make calls, each one after the other, with up to that pause between them.
func workers(ctx context.Context, n int, pause time.Duration, call func(context.Context)) {
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			for ctx.Err() == nil {
				call(ctx)
				if pause > 0 {
					time.Sleep(rand.N(pause))
				}
			}
		})
	}
	running.Wait()
}

// An urgent call of one process overtakes what others wait for, and bulk calls have one
// in five however many others there are.
func TestSharedUrgency(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				list := processes(t, place)
				key := tiktokshop.LimitKey{App: "a", Shop: "7495"}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				var running sync.WaitGroup
				counts := make([]int, 4)
				var mu sync.Mutex
				work := func(process, n int, pause time.Duration, ctx context.Context) {
					limiter := list[process].TikTokLimiter(nil)
					running.Go(func() {
						workers(ctx, n, pause, func(ctx context.Context) {
							if limiter.Wait(ctx, key) == nil {
								mu.Lock()
								counts[process]++
								mu.Unlock()
							}
						})
					})
				}
				work(0, 50, 0, tiktokshop.Bulk(ctx))
				time.Sleep(5 * time.Second)
				limiter := list[3].TikTokLimiter(nil)
				worst := time.Duration(0)
				for range 20 {
					begin := time.Now()
					if err := limiter.Wait(tiktokshop.Urgent(ctx), key); err != nil {
						t.Fatal(err)
					}
					worst = max(worst, time.Since(begin))
					time.Sleep(700 * time.Millisecond)
				}
				t.Logf("beside a sweep of another process an urgent call waited for at most %v", worst)
				if worst > 800*time.Millisecond {
					t.Errorf("beside a sweep of another process an urgent call waited for %v, want at most half a second more than in one", worst)
				}
				work(1, 50, 0, tiktokshop.Urgent(ctx))
				time.Sleep(time.Second)
				mu.Lock()
				clear(counts)
				mu.Unlock()
				time.Sleep(20 * time.Second)
				mu.Lock()
				bulk, urgent := counts[0], counts[1]
				mu.Unlock()
				t.Logf("in 20 seconds %d bulk calls and %d urgent ones of another process", bulk, urgent)
				if part := float64(bulk) / float64(bulk+urgent); part < 0.17 || part > 0.23 {
					t.Errorf("bulk calls were %.2f of all, want a fifth", part)
				}
				cancel()
				running.Wait()
			})
		})
	}
}

// What one process has no use for any more, another has; a call whose turn comes too late
// is told so at once; a refusal that one process hears of holds all.
func TestSharedBudgetOfTwo(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				list := processes(t, place)
				key := linnworks.LimitKey{Application: "a", Operation: "x", PerMinute: 6}
				one, two := list[0].LinnworksLimiter(nil), list[1].LinnworksLimiter(nil)
				wait := func(l linnworks.Limiter, timeout time.Duration) (time.Duration, error) {
					begin := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), timeout)
					defer cancel()
					err := l.Wait(ctx, key)
					return time.Since(begin), err
				}
				if took, err := wait(one, time.Hour); err != nil || took > time.Second {
					t.Fatalf("the first call: %v after %v", err, took)
				}
				took, err := wait(two, 5*time.Second)
				late, ok := errors.AsType[*linnworks.LimitError](err)
				if !ok || took > 0 || late.Wait < 8*time.Second || late.Left != 5*time.Second {
					t.Errorf("a call with 5 seconds left: got %v after %v, want at once that its turn comes in about 9", err, took)
				}
				// One waits until its slot is given, and ends.
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- one.Wait(ctx, key) }()
				time.Sleep(9*time.Second + 200*time.Millisecond)
				cancel()
				if err := <-ended; !errors.Is(err, context.Canceled) {
					t.Errorf("a call that was cancelled: got %v", err)
				}
				time.Sleep(50 * time.Millisecond)
				if took, err := wait(two, 3*time.Second); err != nil || took > 2*time.Second {
					t.Errorf("the slot that was given back: %v after %v", err, took)
				}
				if held := one.(linnworks.LimitLearner).Learn(key, linnworks.Feedback{Admitted: time.Now(), RetryAfter: 40 * time.Second}); held != 40*time.Second {
					t.Errorf("held for %v, want 40 s", held)
				}
				time.Sleep(time.Second)
				if took, err := wait(two, time.Hour); err != nil || took < 39*time.Second || took > 50*time.Second {
					t.Errorf("after another process was refused: %v after %v, want after 40 seconds", err, took)
				}
			})
		})
	}
}

// A database that is gone: a process uses what it has, then its calls fail and say why,
// and go on when it is back.
func TestBudgetWithoutDatabase(t *testing.T) {
	address, c := cutting(t, 0)
	db := open(t, sqlstore.Config{URL: address, Patience: time.Second})
	cut := func(every int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.every = every
	}
	wait := func() error { return db.WaitFor(t.Context(), "x", 1000, time.Second) }
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	cut(1)
	if err := wait(); !errors.Is(err, sqlstore.ErrNoBudget) {
		t.Errorf("the database is gone: got %v, want %v", err, sqlstore.ErrNoBudget)
	}
	cut(0)
	if err := wait(); err != nil {
		t.Errorf("it is back: got %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := wait(); err == nil {
		t.Error("a call with a database that is closed was let go")
	}
}

// callerOf names the database of a process that makes calls until it is killed.
const callerOf = "SQLSTORE_CALLER_OF"

const (
	realCalls  = 400
	realWindow = 20 * time.Second // of which a process may be held up for half a second
)

// beCaller says when it has made each call.
func beCaller(address string) {
	db, err := sqlstore.Open(context.Background(), address)
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	workers(context.Background(), 4, 0, func(ctx context.Context) {
		err := db.WaitFor(ctx, "x", realCalls, realWindow)
		at := time.Now()
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(at.UnixMicro())
	})
}

// Four processes of the machine share a budget, and one of them is killed.
func TestSharedBudgetOfProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: it takes half a minute for each database; the full run has it")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			address := place(t)
			open(t, sqlstore.Config{URL: address})
			var s sent
			var reading sync.WaitGroup
			var callers []*exec.Cmd
			for range 4 {
				caller := exec.CommandContext(t.Context(), self)
				caller.Env = append(os.Environ(), callerOf+"="+address)
				out, err := caller.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := caller.Start(); err != nil {
					t.Fatal(err)
				}
				callers = append(callers, caller)
				reading.Go(func() {
					for lines := bufio.NewScanner(out); lines.Scan(); {
						at, err := strconv.ParseInt(lines.Text(), 10, 64)
						if err != nil {
							t.Error(lines.Text())
							return
						}
						s.mu.Lock()
						s.at = append(s.at, time.UnixMicro(at))
						s.mu.Unlock()
					}
				})
			}
			kill := func(c *exec.Cmd) {
				if err := c.Process.Kill(); err != nil {
					t.Error(err)
				}
			}
			for deadline := time.Now().Add(time.Minute); s.between(time.Time{}, deadline) < realCalls/8 && time.Now().Before(deadline); {
				time.Sleep(100 * time.Millisecond)
			}
			from := time.Now()
			time.Sleep(realWindow / 2)
			killed := time.Now()
			kill(callers[0])
			time.Sleep(2*time.Second + realWindow/2)
			to := time.Now()
			for _, c := range callers[1:] {
				kill(c)
			}
			reading.Wait()
			for _, c := range callers {
				_ = c.Wait()
			}
			s.check(t, from, killed, realCalls, realWindow)
			s.check(t, killed.Add(2*time.Second), to, realCalls, realWindow) // when it is found to be dead
		})
	}
}
