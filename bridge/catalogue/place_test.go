package catalogue_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// places are those of one side, or why it cannot be asked.
type places struct {
	list []catalogue.Place
	err  error
}

func (p places) Places(context.Context) ([]catalogue.Place, error) { return p.list, p.err }

func TestCheckPlaces(t *testing.T) {
	there := places{list: []catalogue.Place{{ID: "7F3A-01", Name: "Leeds"}, {ID: "8b11-02", Name: "Hull"}}}
	away := errors.New("no answer")
	for name, tc := range map[string]struct {
		source  catalogue.PlaceSource
		ids     []string
		want    string // empty: no error
		unknown bool
	}{
		"all known":       {source: there, ids: []string{"7f3a-01", "8B11-02"}},
		"none asked for":  {source: there},
		"unchecked":       {ids: []string{"x"}},
		"a side is away":  {source: places{err: away}, ids: []string{"x"}, want: "listing each place: no answer"},
		"nothing there":   {source: places{}, ids: []string{"x"}, want: `no place is called "x"; there are none`, unknown: true},
		"mistyped":        {source: there, ids: []string{"8b11-20", "7f3a-01"}, want: `no place is called "8b11-20" (did you mean 8b11-02 (Hull)?); there are 7F3A-01 (Leeds), 8b11-02 (Hull)`, unknown: true},
		"a name as an id": {source: there, ids: []string{"leeds", ""}, want: `no place is called "", "leeds" (did you mean 7F3A-01 (Leeds)?); there are`, unknown: true},
	} {
		err := catalogue.CheckPlaces(t.Context(), tc.source, "place", tc.ids...)
		if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) || errors.Is(err, catalogue.ErrUnknownPlace) != tc.unknown {
			t.Errorf("%s: got %v, want %q, beyond repeating %t", name, err, tc.want, tc.unknown)
		}
	}
}
