package tiktokadapter_test

import (
	"math"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
)

func TestParcelOf(t *testing.T) {
	mug, poster := tiktokadapter.Measured{Length: 10, Width: 12, Height: 9, Weight: 0.35}, tiktokadapter.Measured{Length: 2, Width: 60, Height: 40, Weight: 0.2}
	fallback := tiktokadapter.Parcel{LengthCM: 30, WidthCM: 20, HeightCM: 10, WeightGrams: 2000, ServiceID: "express"}
	kilograms := tiktokadapter.Units{GramsEach: 1000}
	for _, tc := range []struct {
		name  string
		items []tiktokadapter.Measured
		units tiktokadapter.Units
		want  tiktokadapter.Parcel
	}{
		{"nothing", nil, kilograms, fallback},
		{"one", []tiktokadapter.Measured{mug}, kilograms, tiktokadapter.Parcel{LengthCM: 12, WidthCM: 10, HeightCM: 9, WeightGrams: 350, ServiceID: "express"}},
		{"three and a flat one", []tiktokadapter.Measured{mug, mug, mug, poster}, kilograms, tiktokadapter.Parcel{LengthCM: 60, WidthCM: 40, HeightCM: 29, WeightGrams: 1250, ServiceID: "express"}},
		{"inches and pounds, rounded up", []tiktokadapter.Measured{{Length: 4, Width: 3, Height: 1, Weight: 1}}, tiktokadapter.Units{GramsEach: 453.592, CMEach: 2.54}, tiktokadapter.Parcel{LengthCM: 11, WidthCM: 8, HeightCM: 3, WeightGrams: 454, ServiceID: "express"}},
		{"grams and centimetres if nothing is said", []tiktokadapter.Measured{{Length: 1, Width: 2, Height: 3, Weight: 5}}, tiktokadapter.Units{}, tiktokadapter.Parcel{LengthCM: 3, WidthCM: 2, HeightCM: 1, WeightGrams: 5, ServiceID: "express"}},
		{"a weight is missing", []tiktokadapter.Measured{mug, {Length: 1, Width: 1, Height: 1}}, kilograms, tiktokadapter.Parcel{LengthCM: 12, WidthCM: 10, HeightCM: 10, WeightGrams: 2000, ServiceID: "express"}},
		{"a side is missing", []tiktokadapter.Measured{mug, {Length: 1, Width: 1, Weight: 0.1}}, kilograms, tiktokadapter.Parcel{LengthCM: 30, WidthCM: 20, HeightCM: 10, WeightGrams: 450, ServiceID: "express"}},
		{"a side of a large one is missing", []tiktokadapter.Measured{poster, {Length: 50, Width: 50}}, kilograms, tiktokadapter.Parcel{LengthCM: 60, WidthCM: 50, HeightCM: 10, WeightGrams: 2000, ServiceID: "express"}},
		{"no number", []tiktokadapter.Measured{{Length: math.NaN(), Width: 1, Height: 1, Weight: math.Inf(1)}}, kilograms, fallback},
		{"less than nothing", []tiktokadapter.Measured{{Length: -1, Width: 1, Height: 1, Weight: -1}}, kilograms, fallback},
	} {
		if got := tiktokadapter.ParcelOf(tc.items, tc.units, fallback); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
		}
	}
}
