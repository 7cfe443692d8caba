package transport

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// A body is read to its end, whatever length it is said to have.
func TestReadAll(t *testing.T) {
	t.Parallel()
	errCut := errors.New("cut off")
	for _, said := range []int64{-1, 0, 1, 4, 9, 10, 11, 100, 1 << 21} {
		for name, reader := range map[string]func() io.Reader{
			"at once":      func() io.Reader { return strings.NewReader("0123456789") },
			"byte by byte": func() io.Reader { return iotest.OneByteReader(strings.NewReader("0123456789")) },
			"with its end": func() io.Reader { return iotest.DataErrReader(strings.NewReader("0123456789")) },
		} {
			if got, err := ReadAll(reader(), said); string(got) != "0123456789" || err != nil {
				t.Errorf("%s, said to have %d bytes: %q, %v; want all ten", name, said, got, err)
			}
			broken := io.MultiReader(reader(), iotest.ErrReader(errCut))
			if got, err := ReadAll(broken, said); !bytes.HasPrefix([]byte("0123456789"), got) || !errors.Is(err, errCut) {
				t.Errorf("%s, said to have %d bytes, cut off: %q, %v; want the error", name, said, got, err)
			}
		}
	}
}
