package labelpng_test

import (
	"bytes"
	"fmt"
	"strings"
)

// label is what a sample label has on it: a frame, bars as of a code, a block that is
// on one side only, and text. Lengths are in points from the lower left corner.
func label(width, height float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "2 w 10 10 %g %g re S\n", width-20, height-20)
	for i, wide := range bars {
		fmt.Fprintf(&b, "%g %g %g 60 re f\n", 30+12*float64(i), height/2, wide)
	}
	fmt.Fprintf(&b, "20 20 40 30 re f\n") // lower left
	fmt.Fprintf(&b, "BT /F1 14 Tf 80 30 Td (TIKTOK %.0f x %.0f) Tj ET\n", width, height)
	return b.String()
}

var bars = []float64{2, 4, 6, 8, 3, 5, 9, 2}

// samplePDF is a PDF with pages of sizes in points.
func samplePDF(sizes ...[2]float64) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), fmt.Sprintf(format, args...))
	}
	b.WriteString("%PDF-1.4\n")
	var kids []string
	for i := range sizes {
		kids = append(kids, fmt.Sprintf("%d 0 R", 4+2*i))
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(sizes))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for i, size := range sizes {
		content := label(size[0], size[1])
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>", size[0], size[1], 5+2*i)
		object("<< /Length %d >>\nstream\n%sendstream", len(content), content)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

var (
	inches4x6 = [2]float64{288, 432}
	a6        = [2]float64{297.64, 419.53}
	lying     = [2]float64{432, 288}
)
