package tiktokshop_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// slowRoad takes 200 ms to the shop and as long back.
type slowRoad struct{ next http.RoundTripper }

func (r slowRoad) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(200 * time.Millisecond)
	reply, err := r.next.RoundTrip(req)
	time.Sleep(200 * time.Millisecond)
	return reply, err
}

// The clock of the machine is wrong. Calls get through, at most one is repeated for it,
// and the client says by how much it is wrong; also when somebody sets it right, or wrong
// the other way.
func TestClockOfTheMachineIsWrong(t *testing.T) {
	for _, tc := range []struct {
		name     string
		ahead    []time.Duration // TikTok's clock, of ours, in turn
		attempts []int           // of the first call since then
	}{
		{"right", []time.Duration{0}, []int{1}},
		{"90 seconds ahead", []time.Duration{-90 * time.Second}, []int{2}},
		{"90 seconds behind", []time.Duration{90 * time.Second}, []int{1}},
		{"10 minutes behind", []time.Duration{10 * time.Minute}, []int{2}},
		{"90 seconds ahead, then set right, then behind", []time.Duration{-90 * time.Second, 0, 10 * time.Minute, 0}, []int{2, 1, 2, 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ahead time.Duration
				shop := tiktokshoptest.New(tiktokshoptest.WithClock(func() time.Time { return time.Now().Add(ahead) }))
				c, err := shop.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: slowRoad{shop.RoundTripper()}}))
				if err != nil {
					t.Fatal(err)
				}
				if _, _, ok := c.ClockAhead(); ok {
					t.Error("before the first reply the clock is known")
				}
				for i := range tc.ahead {
					ahead = tc.ahead[i]
					for call := range 10 {
						want := 1
						if call == 0 {
							want = tc.attempts[i]
						}
						var reply tiktokshop.Response
						if _, err := c.Logistics.GetWarehouseList(t.Context(), nil, tiktokshop.WithResponse(&reply)); err != nil || reply.Attempts != want {
							t.Fatalf("%s ahead, call %d: %d attempts, want %d; %v", ahead, call, reply.Attempts, want, err)
						}
						time.Sleep(137 * time.Millisecond)
					}
					got, within, ok := c.ClockAhead()
					if off := (got - ahead).Abs(); !ok || off > within || within > 700*time.Millisecond {
						t.Errorf("measured %s ± %s, %v; want %s, ± 700ms at most", got, within, ok, ahead)
					}
				}
			})
		})
	}
}

// A secret that is wrong stays wrong: no clock is blamed twice.
func TestClockIsNotBlamedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := tiktokshoptest.New(tiktokshoptest.WithClock(func() time.Time { return time.Now().Add(-90 * time.Second) }))
		shop.Fail(tiktokshoptest.On("Logistics.GetWarehouseList"), 5, tiktokshoptest.Fault{Status: http.StatusUnauthorized, Code: 106001, Message: "Invalid sign"})
		c, err := shop.Client()
		if err != nil {
			t.Fatal(err)
		}
		var reply tiktokshop.Response
		if _, err = c.Logistics.GetWarehouseList(t.Context(), nil, tiktokshop.WithResponse(&reply)); err == nil || reply.Attempts != 2 {
			t.Errorf("%d attempts, %v; want 2 and an error", reply.Attempts, err)
		}
	})
}
