//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package tiktokshop

import (
	"errors"
	"os"
	"syscall"
)

// openLocked opens the file at path, which it makes if need be, and locks it until
// it is closed, or fails with errLocked. The lock belongs to the open file: it
// works between goroutines as between processes, and ends with the process.
func openLocked(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return file, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, &os.PathError{Op: "lock", Path: path, Err: err}
}
