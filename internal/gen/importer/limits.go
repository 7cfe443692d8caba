package importer

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// figure is a whole number, perhaps with separators of thousands. The longer
// reading comes first: "[1, 99,999]" ends at 99,999, while "[1,255]" has two
// numbers because a range needs both.
const figure = "`?" + `(\d{1,3}(?:,\d{3})+|\d+)` + "`?"

// unit is what follows a figure: a fraction, a unit or a noun.
const unit = `(\.\d|\s*[a-zA-Z%]+)?`

var (
	// rangeWords: "Valid range: [1, 99,999]", "the range is from 1-100",
	// "Length: 7 - 20 digits", "at least 1 character and no more than 255".
	rangeWords = regexp.MustCompile(`(?i)\b(?:range|length)(?: of [a-z ]+)?(?: is)?(?: in the range of)?:?\s*` + "`?" + `[\[(]?\s*` + figure + `\s*[-–,]\s*` + figure + unit)
	leastMost  = regexp.MustCompile(`(?i)at least ` + figure + ` characters? and no more than ` + figure + unit)
	// countWords bound a list, lengthWords a text, valueWords a number.
	countWords  = regexp.MustCompile(`(?i)\bmax(?:imum)?(?: (?:count|length|number|size))?(?: of (?:the list|ids|image uris|products(?: to delete at once)?|creators))?(?: ids| skus count)? ?(?::| is)?\s*` + figure + unit)
	lengthWords = regexp.MustCompile(`(?i)\b(?:max(?:imum)? (?:(?:string )?length|digits):?(?: is)?|length (?:must not exceed|is no more than)|character length can not exceed|can be up to|maximum character is|note: max)\s*` + figure + unit)
	valueWords  = regexp.MustCompile(`(?i)\b(?:max(?:imum)?(?: number)?(?: page[ _]size)?(?: value)?:?(?: is)?|less than or equal to)\s*` + figure + unit)
	// listWords are ways to say it that only count for lists.
	listWords = regexp.MustCompile(`(?i)(?:\bup to\s+|\bupper limit |\blength of (?:the array|product_ids) (?:must not exceed|should be less or equal than) |\blength (?:must not exceed|is no more than) |\blimit collection size )` + figure + unit)
	// notOnly marks a range that has a value outside of it, and advice.
	notOnly = regexp.MustCompile("-1`? for unlimited|(?i)specify up to")
)

// tiktokLimit reads how much a description allows: elements of a list,
// characters of a text, the range of a number.
func tiktokLimit(text string, out *spec.Schema) {
	if notOnly.MatchString(text) {
		return
	}
	for _, re := range limitWords(out.Kind) {
		if m := re.FindStringSubmatch(text); m != nil && measures(m[2], out.Kind) {
			out.Max = whole(m[1])
			return
		}
	}
	for _, re := range []*regexp.Regexp{rangeWords, leastMost} {
		if m := re.FindStringSubmatch(text); m != nil && measures(m[3], out.Kind) {
			out.Min, out.Max = whole(m[1]), whole(m[2])
			return
		}
	}
}

func limitWords(kind string) []*regexp.Regexp {
	switch kind {
	case spec.Array:
		return []*regexp.Regexp{countWords, listWords}
	case spec.String:
		return []*regexp.Regexp{lengthWords}
	}
	return []*regexp.Regexp{valueWords}
}

// measures reports whether a unit suits the kind of a value: a size in
// megabytes is no number of characters, and the length of a word no number of
// elements.
func measures(unit, kind string) bool {
	switch unit = strings.ToLower(strings.TrimSpace(unit)); {
	case strings.HasPrefix(unit, "."), unit == "mb", unit == "kb", unit == "px", unit == "x", unit == "%":
		return false
	case strings.HasPrefix(unit, "character"), strings.HasPrefix(unit, "digit"):
		return kind == spec.String
	}
	return true
}

func whole(s string) int {
	n, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	if err != nil {
		return 0 // too long for a limit
	}
	return n
}
