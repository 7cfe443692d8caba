package tiktokshoptest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// position is where an item stands in a sorted search.
type position struct {
	key int64
	id  string
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.key, q.key), cmp.Compare(p.id, q.id))
}

// page sorts items and returns those after the token, at most size, and the
// token of the next page, empty at the end. A page begins behind the position
// of the last item, wherever that item has moved since.
func page[T any](items []T, at func(T) position, descending bool, size int, token string) (out []T, next string, err error) {
	direction := 1
	if descending {
		direction = -1
	}
	slices.SortFunc(items, func(a, b T) int { return direction * at(a).compare(at(b)) })
	if token != "" {
		last, err := readToken(token)
		if err != nil {
			return nil, "", err
		}
		items = slices.DeleteFunc(items, func(item T) bool { return direction*at(item).compare(last) <= 0 })
	}
	if len(items) <= size {
		return items, "", nil
	}
	items = items[:size]
	return items, writeToken(at(items[size-1])), nil
}

// Tokens hold the characters that break when they are not encoded in a query.
const tokenHead, tokenTail = "t+/", "=="

func writeToken(p position) string {
	return tokenHead + base64.RawStdEncoding.EncodeToString(fmt.Appendf(nil, "%d|%s", p.key, p.id)) + tokenTail
}

func readToken(token string) (position, error) {
	refused := invalid("page_token", "it is not a token of this search")
	inner, head := strings.CutPrefix(token, tokenHead)
	inner, tail := strings.CutSuffix(inner, tokenTail)
	raw, err := base64.RawStdEncoding.DecodeString(inner)
	if !head || !tail || err != nil {
		return position{}, refused
	}
	key, id, _ := strings.Cut(string(raw), "|")
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return position{}, refused
	}
	return position{n, id}, nil
}

// pageSize reads page_size. A fallback of 0 makes it required.
func pageSize(q url.Values, fallback, most int) (int, error) {
	value := q.Get("page_size")
	if value == "" && fallback > 0 {
		return fallback, nil
	}
	if err := required("page_size", value); err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > most {
		return 0, invalid("page_size", fmt.Sprintf("it must be from 1 to %d", most))
	}
	return n, nil
}
