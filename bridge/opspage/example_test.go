package opspage_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/opspage"
)

// A page over the cases of one shop, for a person whom the program has signed in.
func ExampleNew() {
	desk := new(exceptions.Memory)
	e := exceptions.New(exceptions.NoTracking, "order 576461413038785752", time.Time{}, "it was processed without a tracking number", "add the number in Linnworks")
	if err := desk.Shop("UK").Raise(context.Background(), e); err != nil {
		fmt.Println(err)
	}
	page, err := opspage.New(opspage.Ports{Desk: desk, Shops: []opspage.Shop{{Name: "UK"}}}, opspage.Options{
		User: func(*http.Request) opspage.User { return opspage.User{Name: "Ann"} },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/cases?team=warehouse", nil))
	fmt.Println(w.Code, strings.Contains(w.Body.String(), "add the number in Linnworks"))
	// Output: 200 true
}
