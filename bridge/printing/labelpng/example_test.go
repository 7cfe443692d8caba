package labelpng_test

import (
	"bytes"
	"context"
	"fmt"
	"image/png"

	"github.com/linnbridge/linnbridge/bridge/printing/labelpng"
)

// A label of A6 on the paper of a printer for 4 by 6 inches.
func Example() {
	ctx := context.Background()
	renderer, err := labelpng.New(ctx, labelpng.Options{Paper: labelpng.Inches4x6, CacheDir: cacheDir})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = renderer.Close() }()
	pages, err := renderer.Rasterise(ctx, samplePDF(a6), 203)
	if err != nil {
		fmt.Println(err)
		return
	}
	size, err := png.DecodeConfig(bytes.NewReader(pages[0]))
	fmt.Println(len(pages), "page of", size.Width, "by", size.Height, "dots", err)
	// Output: 1 page of 812 by 1218 dots <nil>
}
