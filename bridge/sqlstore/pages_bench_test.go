package sqlstore_test

import (
	"database/sql"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/opspage"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var pagesOrders = flag.Int("pages-orders", 5000, "how many `orders` are on record in BenchmarkPages; 100000 is what the pages are made for")

// The pages that people see, over 1,000 open cases, 1,000 closed ones and the orders of -pages-orders:
// each is to take less than 200 ms.
func BenchmarkPages(b *testing.B) {
	eachDatabase(b, func(b *testing.B, db *sqlstore.DB, _ *sql.DB) {
		ctx, shop := b.Context(), db.Shop("uk")
		for n := 0; n < *pagesOrders; n += batch {
			list := make([]store.Record, batch)
			for i := range list {
				list[i] = record(n + i)
			}
			_, err := shop.PutRecords(ctx, list...)
			must(b, err)
		}
		kinds := exceptions.AllKinds()
		for n := range 2000 {
			object := exceptions.ForOrder(record(n).OrderID)
			must(b, shop.Raise(ctx, exceptions.New(kinds[n%len(kinds)], object, noon, "seen: a text of the length that they have, with what was expected and what was found", "what to do about it, step by step")))
			if n%2 == 1 {
				must(b, shop.Clear(ctx, object, kinds[n%len(kinds)]))
			}
		}
		page, err := opspage.New(opspage.Ports{Desk: db, Shops: []opspage.Shop{{Name: "uk", Orders: shop}}}, opspage.Options{Now: func() time.Time { return noon }})
		must(b, err)
		must(b, page.Sample(ctx)) // as a program does every five minutes
		id := record(0).OrderID
		for _, path := range []string{"/", "/cases", "/case?key=" + strings.ReplaceAll(fmt.Sprintf("uk|%s|order %s", kinds[0], id), " ", "+"), "/orders", "/order?id=" + id, "/search?q=" + id, "/search?q=text"} {
			name, _, _ := strings.Cut(path, "=")
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w := httptest.NewRecorder()
					page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
					if w.Code != http.StatusOK {
						b.Fatal(w.Code, w.Body)
					}
				}
			})
		}
	})
}
