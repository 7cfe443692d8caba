package linnworks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SetStockLevelVerified is [StockService.SetStockLevel] that lets unknown SKUs
// not keep the others from being set: Linnworks refuses the whole call for one.
// They come in a [*PartialError], each with the code "unknown SKU". Levels that
// the reply shows otherwise than they were set are a [*NotAppliedError]; of those
// that it leaves out the outcome is unknown.
//
// It costs one call, or two if there are unknown SKUs.
func (s *StockService) SetStockLevelVerified(ctx context.Context, req *SetStockLevelRequest, opts ...CallOption) ([]StockItemLevel, error) {
	const op = "Stock.SetStockLevel"
	r := valueOf(req)
	for i, u := range r.StockLevels {
		if strings.TrimSpace(u.SKU) == "" || u.LocationID == "" {
			return nil, fmt.Errorf("linnworks: %s: level %d lacks its SKU or its location", op, i)
		}
	}
	response, opts := captured(opts)
	var unknown []ItemError
	for len(r.StockLevels) > 0 {
		levels, err := s.SetStockLevel(ctx, &r, opts...)
		if IsNotFound(err) {
			if skus := unknownSKUs(response.Body, r.StockLevels); len(skus) > 0 {
				for _, sku := range skus {
					unknown = append(unknown, ItemError{Key: sku, Index: -1, Code: "unknown SKU"})
				}
				// It ends: every SKU of the list was sent.
				r.StockLevels = slices.DeleteFunc(slices.Clone(r.StockLevels), func(u StockLevelUpdate) bool {
					return slices.ContainsFunc(skus, func(sku string) bool { return strings.EqualFold(sku, strings.TrimSpace(u.SKU)) })
				})
				continue
			}
		}
		if err != nil {
			return levels, also(err, unknownError(op, unknown))
		}
		return levels, also(levelsDiffer(op, r.StockLevels, levels), unknownError(op, unknown))
	}
	return nil, unknownError(op, unknown)
}

func unknownError(op string, items []ItemError) error {
	if len(items) == 0 {
		return nil
	}
	return &PartialError{Operation: op, Items: items}
}

// levelsDiffer compares the levels of a reply with those that were set. Of a SKU
// and location that is set twice, the last counts.
func levelsDiffer(op string, set []StockLevelUpdate, levels []StockItemLevel) error {
	type place struct {
		sku string
		at  GUID
	}
	shown := map[place]int{}
	for _, l := range levels {
		shown[place{strings.ToLower(strings.TrimSpace(l.SKU)), l.Location.StockLocationID.lower()}] = l.StockLevel
	}
	var differ, left []ItemError
	seen := map[place]bool{}
	for i, u := range slices.Backward(set) {
		key := place{strings.ToLower(strings.TrimSpace(u.SKU)), u.LocationID.lower()}
		got, ok := shown[key]
		switch {
		case seen[key]:
		case !ok:
			left = append(left, ItemError{Key: u.SKU, Index: i, Message: "at location " + string(u.LocationID)})
		case got != u.Level:
			differ = append(differ, ItemError{Key: u.SKU, Index: i, Message: fmt.Sprintf("the level at location %s is %d, not %d", u.LocationID, got, u.Level)})
		}
		seen[key] = true
	}
	slices.Reverse(differ)
	slices.Reverse(left)
	var err error
	if len(differ) > 0 {
		err = &NotAppliedError{Operation: op, Items: differ}
	}
	if len(left) > 0 {
		err = also(err, &Error{
			Operation: op, Class: ClassDecode, OutcomeUnknown: true, Err: errors.New("the reply does not show the level of " + listItems(left)),
		})
	}
	return err
}

// unknownText comes before the SKUs that Linnworks does not know, which it lists
// with commas.
const unknownText = "no item found for the following skus:"

// unknownSKUs reads the SKUs that an error reply lists as unknown, as far as
// they were sent: a SKU may hold a comma. It returns none where a part of the list
// was not sent, because then it was not understood.
func unknownSKUs(body []byte, sent []StockLevelUpdate) (skus []string) {
	var reply struct{ Message string }
	if json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &reply) != nil {
		return nil
	}
	i := strings.Index(strings.ToLower(reply.Message), unknownText)
	if i < 0 || len(reply.Message) < i+len(unknownText) {
		return nil
	}
	for rest := strings.TrimSpace(reply.Message[i+len(unknownText):]); rest != ""; {
		longest := ""
		for _, u := range sent {
			sku := strings.TrimSpace(u.SKU)
			if len(sku) <= len(longest) || len(sku) > len(rest) || !strings.EqualFold(rest[:len(sku)], sku) {
				continue
			}
			if after := strings.TrimLeft(rest[len(sku):], " "); after == "" || strings.ContainsAny(after[:1], ",.;") {
				longest = sku
			}
		}
		if longest == "" {
			return nil
		}
		skus = append(skus, longest)
		rest = strings.TrimLeft(rest[len(longest):], " ,.;\r\n\t")
	}
	return skus
}
