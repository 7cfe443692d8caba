package labelpng_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/printing/labelpng"
)

// cacheDir is where PDFium is kept that one of the tests has compiled.
var cacheDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "labelpng")
	if err != nil {
		panic(err)
	}
	cacheDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var renderer = sync.OnceValues(func() (*labelpng.Renderer, error) {
	return labelpng.New(context.Background(), labelpng.Options{CacheDir: cacheDir})
})

// onPaper is the same with the paper of the printer.
var onPaper = sync.OnceValues(func() (*labelpng.Renderer, error) {
	return labelpng.New(context.Background(), labelpng.Options{Paper: labelpng.Inches4x6, ZPL: true, CacheDir: cacheDir})
})

func rasterise(t testing.TB, r func() (*labelpng.Renderer, error), pdf []byte, dpi int) []*image.Gray {
	t.Helper()
	renderer, err := r()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := renderer.Rasterise(t.Context(), pdf, dpi)
	if err != nil {
		t.Fatal(err)
	}
	var pictures []*image.Gray
	for _, p := range pages {
		picture, err := png.Decode(bytes.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, picture.(*image.Gray))
	}
	return pictures
}

// at is the shade at a place in points from the lower left corner, 0 for black.
func at(p *image.Gray, dpi int, x, y float64) uint8 {
	dots := func(points float64) int { return int(points / 72 * float64(dpi)) }
	return p.GrayAt(dots(x), p.Bounds().Dy()-1-dots(y)).Y
}

// TestPicture looks at what is drawn of labels of 4 by 6 inches and A6, at the
// resolutions of label printers.
func TestPicture(t *testing.T) {
	for _, test := range []struct {
		dpi           int
		size          [2]float64
		width, height int
	}{
		{203, inches4x6, 812, 1218}, {300, inches4x6, 1200, 1800}, {203, a6, 839, 1183}, {300, a6, 1240, 1748},
	} {
		t.Run(fmt.Sprintf("%.0f points at %d dpi", test.size[0], test.dpi), func(t *testing.T) {
			pages := rasterise(t, renderer, samplePDF(test.size, inches4x6), test.dpi)
			if len(pages) != 2 {
				t.Fatalf("got %d pages, want 2", len(pages))
			}
			p, height := pages[0], test.size[1]
			if got := p.Bounds().Size(); got != image.Pt(test.width, test.height) {
				t.Errorf("the picture has %v dots, want %d by %d", got, test.width, test.height)
			}
			for i, wide := range bars {
				left := 30 + 12*float64(i)
				if shade := at(p, test.dpi, left+wide/2, height/2+30); shade > 32 {
					t.Errorf("bar %d has the shade %d in its middle, want black", i, shade)
				}
				if shade := at(p, test.dpi, left+wide+(12-wide)/2, height/2+30); shade < 224 {
					t.Errorf("behind bar %d is the shade %d, want white", i, shade)
				}
			}
			if in, out := at(p, test.dpi, 40, 47), at(p, test.dpi, test.size[0]-40, 47); in > 32 || out < 224 {
				t.Errorf("the block at the lower left is %d, the place opposite %d; want black and white", in, out)
			}
			if dark := share(p, func(shade uint8) bool { return shade < 64 }); dark < 0.01 || dark > 0.2 {
				t.Errorf("%.3f of the label is black, want the bars and the text", dark)
			}
		})
	}
}

// share is what part of the dots are so.
func share(p *image.Gray, is func(uint8) bool) float64 {
	n := 0
	for _, shade := range p.Pix {
		if is(shade) {
			n++
		}
	}
	return float64(n) / float64(len(p.Pix))
}

// TestPaper checks that labels of other sizes are fitted to the paper of the printer,
// and stand upright on it.
func TestPaper(t *testing.T) {
	for name, size := range map[string][2]float64{"4x6": inches4x6, "A6": a6, "lying": lying, "small": {144, 216}, "wide": {288, 100}} {
		t.Run(name, func(t *testing.T) {
			p := rasterise(t, onPaper, samplePDF(size), 203)[0]
			if got := p.Bounds().Size(); got != image.Pt(812, 1218) {
				t.Fatalf("the picture has %v dots, want 812 by 1218", got)
			}
			// The block is at the lower left of the page: of one that was lying, and was
			// turned to the right, at the upper left of the paper.
			scale := min(288/min(size[0], size[1]), 432/max(size[0], size[1]))
			left := (288 - scale*min(size[0], size[1])) / 2
			bottom := (432 - scale*max(size[0], size[1])) / 2
			x, y := left+scale*40, bottom+scale*35
			if size[0] > size[1] {
				x, y = left+scale*35, 432-bottom-scale*40
			}
			if shade := at(p, 203, x, y); shade > 32 {
				t.Errorf("at %.0f, %.0f points is the shade %d, want the block", x, y, shade)
			}
		})
	}
}

// TestAgainstPoppler compares with what poppler draws of the same PDF: the same size,
// and no dot, but for a few at edges, that one has black and the other white.
func TestAgainstPoppler(t *testing.T) {
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Skip("pdftoppm is not installed: it is in the package poppler-utils")
	}
	for _, size := range [][2]float64{inches4x6, a6} {
		for _, dpi := range []int{203, 300} {
			pdf, dir := samplePDF(size), t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "label.pdf"), pdf, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), "pdftoppm", "-r", fmt.Sprint(dpi), "-png", "-gray", "-singlefile", filepath.Join(dir, "label.pdf"), filepath.Join(dir, "label")).CombinedOutput()
			if err != nil {
				t.Fatalf("pdftoppm: %v: %s", err, out)
			}
			file, err := os.ReadFile(filepath.Join(dir, "label.png"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := png.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			got := rasterise(t, renderer, pdf, dpi)[0]
			if d := got.Bounds().Size().Sub(want.Bounds().Size()); d.X < -1 || d.X > 1 || d.Y < -1 || d.Y > 1 {
				t.Fatalf("%v points at %d dpi: drawn as %v dots, by poppler as %v", size, dpi, got.Bounds().Size(), want.Bounds().Size())
			}
			opposite, black := 0, 0
			for y := range min(got.Bounds().Dy(), want.Bounds().Dy()) {
				for x := range min(got.Bounds().Dx(), want.Bounds().Dx()) {
					theirs, _, _, _ := want.At(x, y).RGBA()
					ours := got.GrayAt(x, y).Y
					if theirs>>8 < 64 {
						black++
					}
					if ours < 64 && theirs>>8 > 192 || ours > 192 && theirs>>8 < 64 {
						opposite++
					}
				}
			}
			if opposite*20 > black { // a label moved by one dot differs in every edge
				t.Errorf("%v points at %d dpi: %d dots are black in one picture and white in the other, of %d black ones", size, dpi, opposite, black)
			}
		}
	}
}

// TestRefused checks what no picture can be made of.
func TestRefused(t *testing.T) {
	r, err := renderer()
	if err != nil {
		t.Fatal(err)
	}
	good := samplePDF(inches4x6)
	zpl := []byte("^XA^FO50,50^A0N,36,20^FDlabel^FS^XZ")
	for name, test := range map[string]struct {
		document []byte
		dpi      int
		want     error
	}{
		"nothing":        {nil, 203, labelpng.ErrNotPDF},
		"a page of HTML": {[]byte("<html>"), 203, labelpng.ErrNotPDF},
		"cut off":        {good[:40], 203, labelpng.ErrNotPDF},
		"rubbish":        {[]byte("%PDF-1.4\nrubbish"), 203, labelpng.ErrNotPDF},
		"ZPL":            {zpl, 203, labelpng.ErrNotPDF},
		"huge page":      {samplePDF([2]float64{10000, 10000}), 203, labelpng.ErrTooLarge},
		"many pages":     {samplePDF(make([][2]float64, 51)...), 203, labelpng.ErrTooLarge},
		"many bytes":     {append([]byte("%PDF-1.4\n"), make([]byte, 16<<20)...), 203, labelpng.ErrTooLarge},
	} {
		if pages, err := r.Rasterise(t.Context(), test.document, test.dpi); !errors.Is(err, test.want) || pages != nil {
			t.Errorf("%s: got %d pages and %v, want %v", name, len(pages), err, test.want)
		}
	}
	if _, err := r.Rasterise(t.Context(), good, 10); err == nil || !strings.Contains(err.Error(), "10 dpi") {
		t.Errorf("10 dpi: got %v, want it refused", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Rasterise(ctx, good, 203); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if pages := rasterise(t, renderer, good, 203); len(pages) != 1 {
		t.Error("after what was refused a good label is not drawn")
	}
	p, err := onPaper()
	if err != nil {
		t.Fatal(err)
	}
	if pages, err := p.Rasterise(t.Context(), zpl, 203); err != nil || len(pages) != 1 || !bytes.Equal(pages[0], zpl) {
		t.Errorf("ZPL was not handed back as it is: %v", err)
	}
}

// TestTogether draws more labels at once than there are PDFiums.
func TestTogether(t *testing.T) {
	pdf := samplePDF(inches4x6)
	r, err := renderer()
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	pictures := make([][][]byte, 6)
	for i := range pictures {
		wait.Go(func() {
			var err error
			if pictures[i], err = r.Rasterise(t.Context(), pdf, 203); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for i, p := range pictures {
		if len(p) != 1 || !bytes.Equal(p[0], pictures[0][0]) {
			t.Errorf("label %d is drawn otherwise than the first", i)
		}
	}
}

func TestNewAndClose(t *testing.T) {
	for _, paper := range []labelpng.Paper{{Width: 4}, {Width: 6, Height: 4}, {Width: -1, Height: 1}, {Width: 40, Height: 60}} {
		if _, err := labelpng.New(t.Context(), labelpng.Options{Paper: paper}); err == nil {
			t.Errorf("paper %v is not refused", paper)
		}
	}
	if _, err := labelpng.New(t.Context(), labelpng.Options{AtOnce: -1}); err == nil {
		t.Error("AtOnce -1 is not refused")
	}
	if _, err := labelpng.New(t.Context(), labelpng.Options{CacheDir: "labelpng.go"}); err == nil || !strings.Contains(err.Error(), "CacheDir") {
		t.Errorf("a file as CacheDir: got %v", err)
	}
	r, err := labelpng.New(t.Context(), labelpng.Options{AtOnce: 1, CacheDir: cacheDir})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.Rasterise(t.Context(), samplePDF(inches4x6), 203); !errors.Is(err, labelpng.ErrClosed) {
		t.Errorf("a closed renderer returned %v, want ErrClosed", err)
	}
}

// FuzzRasterise draws anything that calls itself a PDF: nothing panics, and what is
// drawn can be decoded.
func FuzzRasterise(f *testing.F) {
	f.Add(samplePDF(inches4x6))
	f.Add(samplePDF(lying)[:300])
	f.Add([]byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj"))
	f.Fuzz(func(t *testing.T, document []byte) {
		r, err := onPaper()
		if err != nil {
			t.Fatal(err)
		}
		pages, err := r.Rasterise(t.Context(), document, 72)
		if err == nil && len(pages) == 0 {
			t.Error("neither pages nor an error")
		}
	})
}

func BenchmarkLabel(b *testing.B) {
	pdf := samplePDF(inches4x6)
	rasterise(b, renderer, pdf, 203)
	for b.Loop() {
		rasterise(b, renderer, pdf, 203)
	}
}
