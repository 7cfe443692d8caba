//go:build !darwin && !dragonfly && !freebsd && !illumos && !linux && !netbsd && !openbsd && !windows

package tiktokshop

import (
	"errors"
	"fmt"
	"os"
)

// openLocked fails: this system has no file locks that end with their process.
func openLocked(string) (*os.File, error) {
	return nil, fmt.Errorf("no file locks on this system: use another TokenStore: %w", errors.ErrUnsupported)
}
