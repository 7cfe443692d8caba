package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/bridge/printing/labelpng"
)

// renderer is a [labelpng.Renderer].
type renderer interface {
	Rasterise(ctx context.Context, pdf []byte, dpi int) ([][]byte, error)
	Close() error
}

// drawing makes pictures of TikTok's labels. PDFium takes some seconds to start, during
// which the service does everything else. If it does not start, that is tried again every
// minute; until then who presses print is told so.
type drawing struct {
	tried chan struct{} // closed when it has started, or has not, for the first time
	ended chan struct{} // closed once nobody starts it again

	mu       sync.Mutex
	renderer renderer // nil: it has not started
	err      error    // why not
}

// drawAgain is the wait before PDFium is started again.
const drawAgain = time.Minute

// startDrawing starts PDFium and tells how that went, whenever it was tried. Close it.
func startDrawing(ctx context.Context, start func(context.Context) (renderer, error), tell func(context.Context, error) error) *drawing {
	d := &drawing{tried: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(d.ended)
		for first := true; ; first = false {
			made, err := d.state()
			if made == nil {
				made, err = start(ctx)
			}
			d.mu.Lock()
			d.renderer, d.err = made, err
			d.mu.Unlock()
			if first {
				close(d.tried)
			}
			if ctx.Err() != nil {
				return
			}
			if told := tell(ctx, err); err == nil && told == nil || sleep(ctx, drawAgain) != nil {
				return
			}
		}
	}()
	return d
}

func (d *drawing) state() (renderer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.renderer, d.err
}

// startPDFium starts what draws on a paper.
func startPDFium(paper labelpng.Paper) func(context.Context) (renderer, error) {
	return func(ctx context.Context) (renderer, error) {
		o := labelpng.Options{Paper: paper}
		if dir, err := os.UserCacheDir(); err == nil { // the next start is quick
			o.CacheDir = filepath.Join(dir, "linnbridge-service")
		}
		r, err := labelpng.New(ctx, o)
		if err != nil && o.CacheDir != "" {
			o.CacheDir = "" // nothing can be written there
			r, err = labelpng.New(ctx, o)
		}
		if err != nil {
			return nil, err
		}
		return r, nil
	}
}

// Rasterise waits until PDFium has started, or has not.
func (d *drawing) Rasterise(ctx context.Context, pdf []byte, dpi int) ([][]byte, error) {
	select {
	case <-d.tried:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r, err := d.state()
	if r == nil {
		return nil, &printing.NotPrintedError{
			Text: "TikTok has made the label, but the bridge cannot draw it for the label printer. Print it in Seller Center, or press print again in some minutes. The integrator has been told.",
			Err:  err,
		}
	}
	return r.Rasterise(ctx, pdf, dpi)
}

// trouble is why labels cannot be drawn, nil if they can or nobody knows yet.
func (d *drawing) trouble() error {
	_, err := d.state()
	return err
}

// Close waits for what is drawn, and a while for PDFium if it is just starting, which ends
// with the context that it was started with.
func (d *drawing) Close() error {
	select {
	case <-d.ended:
	case <-time.After(stopWithin / 4):
		return errors.New("PDFium has not finished starting")
	}
	if r, _ := d.state(); r != nil {
		return r.Close()
	}
	return nil
}

// tellDrawing raises that labels cannot be drawn on this machine, in each shop that prints,
// and closes that once they can.
func (s *service) tellDrawing(ctx context.Context, failed error) error {
	host, _ := os.Hostname()
	object := "drawing labels on " + host
	if failed != nil {
		s.log.ErrorContext(ctx, "labels cannot be drawn, so that those that TikTok gives as PDF are not printed; it is tried again", "after", drawAgain.String(), "err", failed)
	}
	var errs []error
	for _, shop := range s.shops {
		if failed == nil {
			errs = append(errs, shop.memory.Clear(ctx, object, exceptions.RunFailing))
			continue
		}
		e := exceptions.New(exceptions.RunFailing, object, time.Time{},
			fmt.Sprintf("PDFium does not start on %s, so that TikTok's labels cannot be printed from there: %v", host, failed),
			"tell the bench to print TikTok's labels in Seller Center meanwhile; look at the memory and the disk of the machine, then start the service anew")
		e.Severity = exceptions.Urgent
		errs = append(errs, shop.memory.Raise(ctx, e))
	}
	err := errors.Join(errs...)
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "whether labels can be drawn could not be noted as a case", "err", err)
	}
	return err
}
