package linnworks

import (
	"fmt"
	"slices"
	"testing"
)

func TestPastLastPage(t *testing.T) {
	t.Parallel()
	var got []int
	for item, err := range numberedPages(1, 2, func(page int) ([]int, int, error) {
		if page == 2 {
			return nil, 0, fmt.Errorf("page 2: %w", &Error{HTTPStatus: 400, Message: "No items found with given filter."})
		}
		return []int{1, 2}, 0, nil
	}) {
		if err != nil {
			t.Fatalf("the end of the pages is no error: %v", err)
		}
		got = append(got, item)
	}
	if !slices.Equal(got, []int{1, 2}) {
		t.Errorf("got %v", got)
	}
	for _, err := range numberedPages(1, 2, func(int) ([]int, int, error) {
		return nil, 0, &Error{HTTPStatus: 429, Message: "no items found"}
	}) {
		if err == nil {
			t.Error("a throttle ended the pages silently")
		}
	}
}
