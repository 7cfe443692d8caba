package tiktokadapter

import (
	"cmp"
	"math"
	"strconv"

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

// Measured is one of the units in a parcel, as the catalogue describes it: Linnworks
// names no units for what its items measure and weigh. Zero is not known.
type Measured struct {
	Length, Width, Height, Weight float64
}

// Units are those of a catalogue.
type Units struct {
	// GramsEach is how many grams one unit of weight has: 1000 for kilograms. CMEach is
	// how many centimetres one of length has: 2.54 for inches. Zero means grams and
	// centimetres.
	GramsEach, CMEach float64
}

// ParcelOf packs units into one parcel: as heavy as all of them, as long and wide as
// the largest, as high as all on top of each other, in whole grams and centimetres,
// rounded up. fallback is the least that is declared where a weight, or a size, of any
// unit is missing, since too little declared is charged later. Its ServiceID is that
// of the parcel.
func ParcelOf(items []Measured, units Units, fallback Parcel) Parcel {
	var all Measured
	weighed, sized := len(items) > 0, len(items) > 0
	for _, i := range items {
		weighed = weighed && i.Weight > 0
		sides := [...]float64{i.Length, i.Width, i.Height}
		for _, s := range sides {
			sized = sized && s > 0
		}
		length, height := max(sides[0], sides[1], sides[2]), min(sides[0], sides[1], sides[2]) // it lies flat
		width := sides[0] + sides[1] + sides[2] - length - height
		all = Measured{max(all.Length, length), max(all.Width, width), all.Height + max(height, 0), all.Weight + max(i.Weight, 0)}
	}
	p := fallback
	grams, cm := cmp.Or(units.GramsEach, 1), cmp.Or(units.CMEach, 1)
	p.WeightGrams = known(all.Weight*grams, weighed, p.WeightGrams)
	p.LengthCM, p.WidthCM, p.HeightCM = known(all.Length*cm, sized, p.LengthCM), known(all.Width*cm, sized, p.WidthCM), known(all.Height*cm, sized, p.HeightCM)
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
