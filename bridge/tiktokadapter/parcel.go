package tiktokadapter

import (
	"math"
	"slices"
	"strconv"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Parcel is a parcel's size and weight.
type Parcel struct {
	// LengthCM, WidthCM and HeightCM are whole centimetres, WeightGrams whole grams.
	LengthCM, WidthCM, HeightCM, WeightGrams int
	// ServiceID is the id of one of TikTok's shipping services; without it TikTok takes
	// the order's default.
	//
	// https://partner.tiktokshop.com/docv2/page/get-eligible-shipping-service-202309
	ServiceID string
}

// ParcelOf packs items into one parcel: as heavy as all of them, as long and wide as
// the largest, as high as all on top of each other, in whole grams and centimetres,
// rounded up. fallback is the least that is declared where a weight, or a size, of any
// unit is missing, since too little declared is charged later. Its ServiceID is that
// of the parcel.
func ParcelOf(items []catalogue.Packed, fallback Parcel) Parcel {
	var all catalogue.Measures
	weighed, sized := len(items) > 0, len(items) > 0
	for _, i := range items {
		weighed = weighed && i.Each.Grams > 0
		sides := []float64{i.Each.LengthCM, i.Each.WidthCM, i.Each.HeightCM}
		sized = sized && slices.Min(sides) > 0
		slices.Sort(sides) // it lies flat
		units := float64(i.Units)
		all.LengthCM, all.WidthCM = max(all.LengthCM, sides[2]), max(all.WidthCM, sides[1])
		all.HeightCM += units * max(sides[0], 0)
		all.Grams += units * max(i.Each.Grams, 0)
	}
	p := fallback
	p.WeightGrams = known(all.Grams, weighed, p.WeightGrams)
	p.LengthCM, p.WidthCM, p.HeightCM = known(all.LengthCM, sized, p.LengthCM), known(all.WidthCM, sized, p.WidthCM), known(all.HeightCM, sized, p.HeightCM)
	return p
}

// known is a measure of which all is known, or else the fallback, or what is known of
// it if that is more.
func known(v float64, all bool, fallback int) int {
	n, ok := whole(v)
	switch {
	case !ok:
		return fallback
	case all:
		return n
	}
	return max(n, fallback)
}

// whole rounds up to a whole number that can be: no parcel is longer than a lorry or
// heavier than a ton. What floats add is taken off first.
func whole(v float64) (int, bool) {
	v = math.Ceil(v - 1e-9)
	return int(v), v >= 1 && v <= 1_000_000
}

// declare sets what is known of a parcel. TikTok wants all three sides, or none.
func (p Parcel) declare(r *tiktokshop.CreatePackagesRequest) {
	if p.LengthCM > 0 && p.WidthCM > 0 && p.HeightCM > 0 {
		r.Dimension = &tiktokshop.Dimensions{
			Length: strconv.Itoa(p.LengthCM), Width: strconv.Itoa(p.WidthCM), Height: strconv.Itoa(p.HeightCM), Unit: tiktokshop.LengthUnitCm,
		}
	}
	if p.WeightGrams > 0 {
		r.Weight = &tiktokshop.Weight{Value: strconv.Itoa(p.WeightGrams), Unit: tiktokshop.WeightUnitGram}
	}
	if p.ServiceID != "" {
		r.ShippingServiceID = new(p.ServiceID)
	}
}
