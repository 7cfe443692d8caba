// Package labelpng draws labels: it makes pictures of the pages of a PDF, for label
// printers that want PNG, as Linnworks' print button does. It is pure Go: PDFium,
// compiled to WebAssembly, runs inside the program.
//
//	renderer, err := labelpng.New(ctx, labelpng.Options{Paper: labelpng.Inches4x6})
//	defer renderer.Close()
//	button, err := printing.NewButton(ports, printing.Options{Rasterise: renderer.Rasterise, DPI: 203})
//
// Making a [Renderer] compiles PDFium, which takes some seconds: make one when the
// program starts, and keep it, or have it start at once the next time with
// [Options].CacheDir. A label then takes some tens of milliseconds. It is a
// module of its own, for its weight: some 15 MB of program.
//
// A label in ZPL needs no drawing, and is handed back as it is where [Options].ZPL asks
// for it: only for printers that are sent what comes out as it is. Linnworks wants
// pictures.
package labelpng

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"sync"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Paper is what is printed on, upright. The zero Paper is as large as the page.
type Paper struct {
	// Width and Height are in inches.
	Width, Height float64
}

// The papers of TikTok's labels.
var (
	Inches4x6 = Paper{4, 6}
	A6        = Paper{105 / mmPerInch, 148 / mmPerInch}
)

const (
	mmPerInch     = 25.4
	pointsPerInch = 72
)

// Options configure a [Renderer].
type Options struct {
	// Paper is what the printer prints on: a page is made as large as fits, turned if it
	// lies on its side, and stands in the middle. The zero Paper prints each page in its
	// own size.
	Paper Paper
	// AtOnce is how many labels are drawn at once, each with some 30 MB of memory.
	// Default 2.
	AtOnce int
	// CacheDir is a directory of this program's own where the compiled PDFium is kept, so
	// that the next start takes no seconds. Default: it is compiled at each start.
	CacheDir string
	// ZPL hands labels in ZPL back as they are, as the only page. Without it they are an
	// error.
	ZPL bool
}

// The bounds of what is drawn: a label is far from them.
const (
	maxBytes = 16 << 20
	maxPages = 50
	maxSide  = 30 // inches
	minDPI   = 72
	maxDPI   = 1200
)

var (
	// ErrNotPDF means that a document is no PDF, or not one that can be read.
	ErrNotPDF = errors.New("labelpng: the document is not a PDF that can be read")
	// ErrTooLarge means that a document is larger than a label can be.
	ErrTooLarge = errors.New("labelpng: the document is too large for a label")
	// ErrClosed means that the Renderer is closed.
	ErrClosed = errors.New("labelpng: the renderer is closed")
)

// Renderer draws pages. It is safe for concurrent use.
type Renderer struct {
	options Options
	pool    pdfium.Pool
	cache   wazero.CompilationCache
	cancel  context.CancelFunc
	slots   chan struct{} // one for each label that may be drawn now

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup
}

// New returns a Renderer, after some seconds, or an error that says what is wrong with
// the options. It keeps the values of ctx, not its end.
func New(ctx context.Context, o Options) (*Renderer, error) {
	for _, side := range []float64{o.Paper.Width, o.Paper.Height} {
		if !(side >= 0 && side <= maxSide) || (o.Paper.Width == 0) != (o.Paper.Height == 0) {
			return nil, fmt.Errorf("labelpng: New: the paper has %v by %v inches, may have up to %d", o.Paper.Width, o.Paper.Height, maxSide)
		}
	}
	if o.Paper.Width > o.Paper.Height {
		return nil, errors.New("labelpng: New: the paper stands upright: its width must not be more than its height")
	}
	if o.AtOnce < 0 {
		return nil, fmt.Errorf("labelpng: New: AtOnce is negative: %d", o.AtOnce)
	}
	o.AtOnce = cmp.Or(o.AtOnce, 2)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cache := wazero.NewCompilationCache()
	if o.CacheDir != "" {
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(o.CacheDir); err != nil {
			return nil, fmt.Errorf("labelpng: New: CacheDir: %w", err)
		}
	}
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &Renderer{options: o, cache: cache, cancel: cancel, slots: make(chan struct{}, o.AtOnce)}
	var err error
	r.pool, err = webassembly.Init(webassembly.Config{
		Context: inner, MaxIdle: o.AtOnce, MaxTotal: o.AtOnce,
		// PDFium sees no file of this machine, and writes nothing: a document is from outside.
		FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard,
		RuntimeConfig: wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).WithCompilationCache(cache),
	})
	if err != nil {
		return nil, fmt.Errorf("labelpng: New: starting PDFium: %w", errors.Join(err, r.release(inner)))
	}
	return r, nil
}

// release gives back what is not the pool's.
func (r *Renderer) release(ctx context.Context) error {
	defer r.cancel()
	return r.cache.Close(ctx)
}

// Close waits for what is being drawn, and gives the memory back. It may be called more
// than once.
func (r *Renderer) Close() error {
	r.mu.Lock()
	was := r.closed
	r.closed = true
	r.mu.Unlock()
	r.work.Wait()
	if was {
		return nil
	}
	if err := errors.Join(r.pool.Close(), r.release(context.Background())); err != nil {
		return fmt.Errorf("labelpng: Close: %w", err)
	}
	return nil
}

// Rasterise returns a picture of each page, as PNG in shades of grey, at a resolution in
// dots per inch: 203 and 300 are those of label printers. The context is heeded while it
// waits and between pages. Nothing of the document is in an error.
//
// It fits Rasterise of the options of package printing.
func (r *Renderer) Rasterise(ctx context.Context, document []byte, dpi int) ([][]byte, error) {
	switch {
	case dpi < minDPI || dpi > maxDPI:
		return nil, fmt.Errorf("labelpng: the resolution is %d dpi, may be %d to %d", dpi, minDPI, maxDPI)
	case len(document) > maxBytes:
		return nil, fmt.Errorf("%w: it has %d bytes, may have %d", ErrTooLarge, len(document), maxBytes)
	case IsZPL(document) && r.options.ZPL:
		return [][]byte{bytes.Clone(document)}, nil
	case IsZPL(document):
		return nil, fmt.Errorf("%w: it is ZPL, and Options.ZPL is not set", ErrNotPDF)
	case !bytes.HasPrefix(document, []byte("%PDF-")):
		return nil, ErrNotPDF
	}
	if !r.begin() {
		return nil, ErrClosed
	}
	defer r.work.Done()
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return r.draw(ctx, document, dpi)
}

func (r *Renderer) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.work.Add(1)
	}
	return !r.closed
}

// draw draws the pages of a document in a PDFium of its own.
func (r *Renderer) draw(ctx context.Context, document []byte, dpi int) (pages [][]byte, err error) {
	instance, err := r.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("labelpng: getting PDFium: %w", err)
	}
	defer func() {
		if p := recover(); p != nil { // of a document that breaks it
			pages, err = nil, ErrNotPDF
		}
		if closing := instance.Close(); err == nil && closing != nil {
			err = fmt.Errorf("labelpng: giving PDFium back: %w", closing)
		}
	}()
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &document})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotPDF, err)
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrNotPDF, err)
	case count.PageCount < 1:
		return nil, fmt.Errorf("%w: it has no pages", ErrNotPDF)
	case count.PageCount > maxPages:
		return nil, fmt.Errorf("%w: it has %d pages, may have %d", ErrTooLarge, count.PageCount, maxPages)
	}
	for i := range count.PageCount {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		page := requests.Page{ByIndex: &requests.PageByIndex{Document: opened.Document, Index: i}}
		picture, err := r.page(instance, page, dpi)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", i+1, err)
		}
		pages = append(pages, picture)
	}
	return pages, nil
}

// page draws one page.
func (r *Renderer) page(instance pdfium.Pdfium, page requests.Page, dpi int) ([]byte, error) {
	size, err := instance.GetPageSize(&requests.GetPageSize{Page: page})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotPDF, err)
	}
	width, height := size.Width/pointsPerInch, size.Height/pointsPerInch
	if !(width > 0 && height > 0) {
		return nil, fmt.Errorf("%w: it has no size", ErrNotPDF)
	}
	if width > maxSide || height > maxSide {
		return nil, fmt.Errorf("%w: it has %.0f by %.0f inches, may have up to %d", ErrTooLarge, width, height, maxSide)
	}
	paper := image.Rect(0, 0, dots(width, dpi), dots(height, dpi))
	area := paper
	lying := false
	if r.options.Paper != (Paper{}) {
		paper = image.Rect(0, 0, dots(r.options.Paper.Width, dpi), dots(r.options.Paper.Height, dpi))
		lying = width > height
		if lying {
			width, height = height, width
		}
		area = fit(width/height, paper)
	}
	w, h := area.Dx(), area.Dy()
	if lying {
		w, h = h, w
	}
	drawn, err := instance.RenderPageInPixels(&requests.RenderPageInPixels{Page: page, Width: w, Height: h, ImageFormat: requests.RenderImageFormatGrayscale, RenderForm: false})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotPDF, err)
	}
	defer drawn.Cleanup()
	picture, ok := drawn.Result.RenderedImage.(*image.Gray)
	if !ok {
		return nil, fmt.Errorf("labelpng: PDFium drew a %T", drawn.Result.RenderedImage)
	}
	if lying {
		picture = turned(picture)
	}
	label := image.NewGray(paper)
	draw.Draw(label, paper, image.NewUniform(color.White), image.Point{}, draw.Src)
	at := image.Pt((paper.Dx()-picture.Bounds().Dx())/2, (paper.Dy()-picture.Bounds().Dy())/2)
	draw.Draw(label, picture.Bounds().Add(at), picture, picture.Bounds().Min, draw.Src)
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, label); err != nil {
		return nil, fmt.Errorf("labelpng: encoding: %w", err)
	}
	return b.Bytes(), nil
}

// dots is how many dots a length in inches has.
func dots(inches float64, dpi int) int { return max(int(math.Round(inches*float64(dpi))), 1) }

// fit is the largest area of a ratio of width to height in the middle of a paper.
func fit(ratio float64, paper image.Rectangle) image.Rectangle {
	w, h := paper.Dx(), paper.Dy()
	if float64(w)/float64(h) > ratio {
		w = max(int(math.Round(float64(h)*ratio)), 1)
	} else {
		h = max(int(math.Round(float64(w)/ratio)), 1)
	}
	return image.Rect(0, 0, w, h).Add(image.Pt((paper.Dx()-w)/2, (paper.Dy()-h)/2))
}

// turned is a picture turned to the right by a quarter.
func turned(p *image.Gray) *image.Gray {
	b := p.Bounds()
	out := image.NewGray(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.SetGray(b.Dy()-1-y, x, p.GrayAt(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

// IsZPL reports whether a document is a label in ZPL, the language of Zebra's printers.
func IsZPL(document []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(document, " \t\r\n\ufeff"), []byte("^XA"))
}
