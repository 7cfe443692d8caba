package tiktokadapter_test

import (
	"math"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
)

func TestParcelOf(t *testing.T) {
	t.Parallel()
	packed := func(units int, grams, length, width, height float64) catalogue.Packed {
		return catalogue.Packed{Units: units, Each: catalogue.Measures{Grams: grams, LengthCM: length, WidthCM: width, HeightCM: height}}
	}
	mug, poster := packed(1, 350, 10, 12, 9), packed(1, 200, 2, 60, 40)
	fallback := tiktokadapter.Parcel{LengthCM: 30, WidthCM: 20, HeightCM: 10, WeightGrams: 2000, ServiceID: "express"}
	for _, tc := range []struct {
		name  string
		items []catalogue.Packed
		want  tiktokadapter.Parcel
	}{
		{"nothing", nil, fallback},
		{"one", []catalogue.Packed{mug}, tiktokadapter.Parcel{LengthCM: 12, WidthCM: 10, HeightCM: 9, WeightGrams: 350, ServiceID: "express"}},
		{"three and a flat one", []catalogue.Packed{packed(3, 350, 10, 12, 9), poster}, tiktokadapter.Parcel{LengthCM: 60, WidthCM: 40, HeightCM: 29, WeightGrams: 1250, ServiceID: "express"}},
		{"rounded up", []catalogue.Packed{packed(1, 453.592, 10.16, 7.62, 2.54)}, tiktokadapter.Parcel{LengthCM: 11, WidthCM: 8, HeightCM: 3, WeightGrams: 454, ServiceID: "express"}},
		{"what floats add is taken off", []catalogue.Packed{packed(3, 0.1*1000, 10, 10, 0.1+0.2)}, tiktokadapter.Parcel{LengthCM: 10, WidthCM: 10, HeightCM: 1, WeightGrams: 300, ServiceID: "express"}},
		{"a weight is missing", []catalogue.Packed{mug, packed(1, 0, 1, 1, 1)}, tiktokadapter.Parcel{LengthCM: 12, WidthCM: 10, HeightCM: 10, WeightGrams: 2000, ServiceID: "express"}},
		{"a weight of heavy ones is missing", []catalogue.Packed{packed(9, 350, 10, 12, 9), packed(1, 0, 1, 1, 1)}, tiktokadapter.Parcel{LengthCM: 12, WidthCM: 10, HeightCM: 82, WeightGrams: 3150, ServiceID: "express"}},
		{"a side is missing", []catalogue.Packed{mug, packed(1, 100, 1, 1, 0)}, tiktokadapter.Parcel{LengthCM: 30, WidthCM: 20, HeightCM: 10, WeightGrams: 450, ServiceID: "express"}},
		{"a side of a large one is missing", []catalogue.Packed{poster, packed(1, 0, 50, 50, 0)}, tiktokadapter.Parcel{LengthCM: 60, WidthCM: 50, HeightCM: 10, WeightGrams: 2000, ServiceID: "express"}},
		{"no number", []catalogue.Packed{packed(1, math.Inf(1), math.NaN(), 1, 1)}, fallback},
		{"less than nothing", []catalogue.Packed{packed(1, -1, -1, 1, 1)}, fallback},
	} {
		if got := tiktokadapter.ParcelOf(tc.items, fallback); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
		}
	}
}
