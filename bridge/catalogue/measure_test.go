package catalogue_test

import (
	"math"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

func TestUnitsMeasures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		units catalogue.Units
		in    [4]float64
		want  catalogue.Measures
	}{
		"grams and centimetres":          {catalogue.Units{}, [4]float64{350, 10, 12, 9}, catalogue.Measures{Grams: 350, LengthCM: 10, WidthCM: 12, HeightCM: 9}},
		"kilograms and millimetres":      {catalogue.Units{Weight: catalogue.Kilograms, Length: catalogue.Millimetres}, [4]float64{0.25, 100, 20, 10}, catalogue.Measures{Grams: 250, LengthCM: 10, WidthCM: 2, HeightCM: 1}},
		"pounds and inches":              {catalogue.Units{Weight: catalogue.Pounds, Length: catalogue.Inches}, [4]float64{2, 1, 2, 10}, catalogue.Measures{Grams: 907.18474, LengthCM: 2.54, WidthCM: 5.08, HeightCM: 25.4}},
		"ounces and metres":              {catalogue.Units{Weight: catalogue.Ounces, Length: catalogue.Metres}, [4]float64{16, 1, 0.5, 0.25}, catalogue.Measures{Grams: 453.59237, LengthCM: 100, WidthCM: 50, HeightCM: 25}},
		"nothing is not known":           {catalogue.Units{}, [4]float64{}, catalogue.Measures{}},
		"less than nothing, no number":   {catalogue.Units{}, [4]float64{-1, math.NaN(), math.Inf(1), 5}, catalogue.Measures{HeightCM: 5}},
		"kilograms that pass for grams":  {catalogue.Units{}, [4]float64{0.35, 1, 1, 1}, catalogue.Measures{LengthCM: 1, WidthCM: 1, HeightCM: 1}},
		"a gram is the least that there": {catalogue.Units{}, [4]float64{1, 0, 0, 0}, catalogue.Measures{Grams: 1}},
		"a unit that there is not":       {catalogue.Units{Weight: "stone", Length: "yd"}, [4]float64{1, 1, 1, 1}, catalogue.Measures{}},
	} {
		if got := tc.units.Measures(tc.in[0], tc.in[1], tc.in[2], tc.in[3]); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestUnitsCheck(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		units catalogue.Units
		want  string
	}{
		{catalogue.Units{}, ""},
		{catalogue.Units{Weight: catalogue.Pounds, Length: catalogue.Inches}, ""},
		{catalogue.Units{Weight: "KG", Length: "yd"}, "weight: want one of g, kg, lb, oz\nlength: want one of cm, in, m, mm"},
	} {
		got := ""
		if err := tc.units.Check(); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%+v: got %q, want %q", tc.units, got, tc.want)
		}
	}
}
