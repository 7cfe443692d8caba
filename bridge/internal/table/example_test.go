package table_test

import (
	"fmt"

	"github.com/linnbridge/linnbridge/bridge/internal/table"
)

func Example() {
	type item struct {
		id    string
		units int
	}
	items := table.New(func(it *item) string { return it.id }, 2)
	items.Add(item{"mug", 3})
	items.Add(item{"lid", 5})
	if n, have := items.Find("lid"); have {
		items.At(n).units++
		fmt.Println(n, items.At(n).units, len(items.List))
	}
	// Output: 1 6 2
}
