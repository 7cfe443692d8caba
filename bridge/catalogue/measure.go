package catalogue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Measures are what one unit of an item weighs and measures. Zero is not known.
type Measures struct {
	// Grams is the weight. The sides are in centimetres, in any order.
	Grams                       float64
	LengthCM, WidthCM, HeightCM float64
}

// MeasureSource knows what items weigh and measure.
type MeasureSource interface {
	// ItemMeasures returns the measures of items by item id; those that nobody knows
	// are zero or left out. It may remember them for a while.
	ItemMeasures(ctx context.Context, itemIDs []string) (map[string]Measures, error)
}

// Packed are equal units in a parcel.
type Packed struct {
	Units int
	Each  Measures
}

// WeightUnit is what the weights of a warehouse are written in.
type WeightUnit string

// The units of weight.
const (
	Grams     WeightUnit = "g"
	Kilograms WeightUnit = "kg"
	Ounces    WeightUnit = "oz"
	Pounds    WeightUnit = "lb"
)

var grams = map[WeightUnit]float64{"": 1, Grams: 1, Kilograms: 1000, Ounces: 28.349523125, Pounds: 453.59237}

// LengthUnit is what the sides of items are written in.
type LengthUnit string

// The units of length.
const (
	Centimetres LengthUnit = "cm"
	Millimetres LengthUnit = "mm"
	Metres      LengthUnit = "m"
	Inches      LengthUnit = "in"
)

var centimetres = map[LengthUnit]float64{"": 1, Centimetres: 1, Millimetres: 0.1, Metres: 100, Inches: 2.54}

// Units are those of a warehouse, which does not name them itself. Empty means grams
// and centimetres.
type Units struct {
	Weight WeightUnit `json:"weight,omitempty"`
	Length LengthUnit `json:"length,omitempty"`
}

// Check returns an error that names the units there are if one of these is another.
func (u Units) Check() error {
	var errs []error
	if grams[u.Weight] == 0 {
		errs = append(errs, fmt.Errorf("weight: want one of %s", named(grams)))
	}
	if centimetres[u.Length] == 0 {
		errs = append(errs, fmt.Errorf("length: want one of %s", named(centimetres)))
	}
	return errors.Join(errs...)
}

func named[T ~string](units map[T]float64) string {
	var names []string
	for _, u := range slices.Sorted(maps.Keys(units)) {
		if u != "" {
			names = append(names, string(u))
		}
	}
	return strings.Join(names, ", ")
}

// Measures returns what a weight and three sides in these units are. What is not
// positive is not known, nor is a weight below a gram: that is one in kilograms that is
// taken for grams.
func (u Units) Measures(weight, length, width, height float64) Measures {
	m := Measures{
		Grams:    positive(weight * grams[u.Weight]),
		LengthCM: positive(length * centimetres[u.Length]),
		WidthCM:  positive(width * centimetres[u.Length]),
		HeightCM: positive(height * centimetres[u.Length]),
	}
	if m.Grams < 1 {
		m.Grams = 0
	}
	return m
}

// positive is v, or zero for what no measure can be.
func positive(v float64) float64 {
	if v > 0 && v < 1e9 { // no NaN either
		return v
	}
	return 0
}
