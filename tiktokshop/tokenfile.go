package tiktokshop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// FileTokens is a [TokenStore] in a file of its own, for the processes of one
// machine. Several may use the file at once: an update holds a lock of the
// operating system on a file beside it, whose name ends in .lock, and a process
// that ends in the middle of one lets go of it. Network file systems may not
// keep such locks apart: use a local disk. On systems without file locks
// (anything but Unix and Windows) updates fail with [errors.ErrUnsupported].
//
// Only the owner may read the file. It is replaced as a whole, and what was saved
// is on the disk when UpdateToken returns: a crash at any moment leaves the old
// pair or the new one. A new pair that was written out but not yet put in place
// is put in place by the next one who reads.
type FileTokens struct {
	path string

	crash func(step string) // for tests, nil otherwise
}

// lockPause is the time between two looks at a lock that somebody else holds.
const lockPause = 20 * time.Millisecond

// errLocked says that somebody else holds the lock.
var errLocked = errors.New("another update is under way")

// maxTokenFile bounds what is read of a token file.
const maxTokenFile = 1 << 20

// tokenFile is what the file holds: JSON, so that a person can mend it.
type tokenFile struct {
	AccessToken    string    `json:"access_token"`
	AccessExpires  time.Time `json:"access_expires,omitzero"`
	RefreshToken   string    `json:"refresh_token"`
	RefreshExpires time.Time `json:"refresh_expires,omitzero"`
	OpenID         string    `json:"open_id,omitzero"`
	SellerName     string    `json:"seller_name,omitzero"`
	SellerRegion   string    `json:"seller_region,omitzero"`
	UserType       int       `json:"user_type,omitzero"`
	Scopes         []string  `json:"scopes,omitzero"`
}

// NewFileTokens returns a store in the file at path. The file need not exist,
// its folder must. A file that others may read and one that is damaged are
// refused here and by every call, with the path and the remedy.
func NewFileTokens(path string) (*FileTokens, error) {
	if strings.TrimSpace(path) == "" {
		return nil, errors.New("tiktokshop: NewFileTokens needs a path")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("tiktokshop: NewFileTokens: %w", err)
	}
	folder, err := os.Stat(filepath.Dir(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("tiktokshop: the folder of token file %s does not exist: make it with mkdir -m 700", path)
	case err != nil:
		return nil, fmt.Errorf("tiktokshop: token file %s: %w", path, err)
	case !folder.IsDir():
		return nil, fmt.Errorf("tiktokshop: token file %s: %s is not a folder", path, filepath.Dir(path))
	}
	f := &FileTokens{path: path}
	if _, err := f.LoadToken(context.Background()); err != nil {
		return nil, err
	}
	return f, nil
}

// Format names the file.
func (f *FileTokens) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "tiktokshop.FileTokens("+f.path+")")
}

// LoadToken reads the file; one that does not exist holds the zero Token.
func (f *FileTokens) LoadToken(context.Context) (Token, error) {
	// What lies beside it is of an update that is under way, whose lock is taken,
	// or was cut off.
	if _, err := os.Lstat(f.next()); err == nil {
		if unlock, err := f.tryLock(); err == nil {
			defer unlock()
			if err := f.finish(); err != nil {
				return Token{}, err
			}
		}
	}
	return f.read()
}

// read reads the file as it is.
func (f *FileTokens) read() (Token, error) {
	t, err := readTokenFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Token{}, nil
	}
	return t, err
}

// finish completes an update that was cut off. A complete file beside the old one
// was written later; an incomplete one is nothing. The lock is held.
func (f *FileTokens) finish() error {
	if _, err := readTokenFile(f.next()); err != nil {
		return nil //nolint:nilerr // the next write removes it
	}
	return f.replace()
}

// UpdateToken writes what update makes of the token to a new file beside the old
// one and puts it in its place. It waits for its turn until ctx ends.
func (f *FileTokens) UpdateToken(ctx context.Context, update func(Token) (Token, error)) error {
	unlock, err := f.lock(ctx)
	if err != nil {
		return fmt.Errorf("tiktokshop: locking token file %s: %w", f.path, err)
	}
	defer unlock()
	if err := f.finish(); err != nil {
		return err
	}
	current, err := f.read()
	if err != nil {
		return err
	}
	t, err := update(current)
	if err != nil {
		return err
	}
	return f.save(t)
}

// lock waits for its turn.
func (f *FileTokens) lock(ctx context.Context) (unlock func(), err error) {
	for ctx.Err() == nil {
		if unlock, err = f.tryLock(); !errors.Is(err, errLocked) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(lockPause):
		}
	}
	return nil, ctx.Err()
}

// tryLock locks the file beside the token file, or fails with errLocked. The file
// stays: to remove it would let two processes lock two of the same name.
func (f *FileTokens) tryLock() (unlock func(), err error) {
	file, err := openLocked(f.path + ".lock")
	if err != nil {
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}

// save writes t. The lock is held.
func (f *FileTokens) save(t Token) error {
	if t.AccessToken.IsZero() && t.RefreshToken.IsZero() {
		return fmt.Errorf("tiktokshop: token file %s: refusing to save a Token without tokens; to forget the old ones, delete the file", f.path)
	}
	out, err := json.MarshalIndent(tokenFile{
		AccessToken: t.AccessToken.Reveal(), AccessExpires: t.AccessExpires,
		RefreshToken: t.RefreshToken.Reveal(), RefreshExpires: t.RefreshExpires,
		OpenID: t.OpenID, SellerName: t.SellerName, SellerRegion: t.SellerRegion, UserType: t.UserType, Scopes: t.Scopes,
	}, "", "\t")
	if err != nil {
		return fmt.Errorf("tiktokshop: token file %s: %w", f.path, err)
	}
	if err := f.write(append(out, '\n')); err != nil {
		return fmt.Errorf("tiktokshop: token file %s was not replaced: %w", f.path, err)
	}
	f.at("written")
	return f.replace()
}

func (f *FileTokens) next() string { return f.path + ".new" }

// write makes the next file, complete and on the disk.
func (f *FileTokens) write(out []byte) (err error) {
	// What is there is of a crash and of no use, or finish had taken it. It
	// must not be written into: it may be a link, or readable by others.
	if err := os.Remove(f.next()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(f.next(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, file.Close())
		if err != nil {
			_ = os.Remove(f.next()) // incomplete
		}
	}()
	half := len(out) / 2
	if _, err := file.Write(out[:half]); err != nil {
		return err
	}
	f.at("writing")
	if _, err := file.Write(out[half:]); err != nil {
		return err
	}
	return file.Sync()
}

// replace puts the next file in the place of the old one, and syncs the folder
// so that the change of names is on the disk too.
func (f *FileTokens) replace() error {
	if err := os.Rename(f.next(), f.path); err != nil {
		return fmt.Errorf("tiktokshop: token file %s was not replaced; the new tokens are in %s: %w", f.path, f.next(), err)
	}
	folder, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return fmt.Errorf("tiktokshop: token file %s: %w", f.path, err)
	}
	defer func() { _ = folder.Close() }()
	if err := folder.Sync(); err != nil && runtime.GOOS != "windows" { // which cannot
		return fmt.Errorf("tiktokshop: token file %s: %w", f.path, err)
	}
	return nil
}

// at lets tests end the process.
func (f *FileTokens) at(step string) {
	if f.crash != nil {
		f.crash(step)
	}
}

// readTokenFile reads and checks a token file.
func readTokenFile(path string) (Token, error) {
	refuse := func(format string, args ...any) (Token, error) {
		return Token{}, fmt.Errorf("tiktokshop: token file %s "+format, append([]any{path}, args...)...)
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return refuse("cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return refuse("is not a regular file: give NewFileTokens the path of one, not of a link or folder")
	case info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows": // where the bits mean nothing
		return refuse("may be used by others (mode %04o): run chmod 600 on it, and have the seller authorise the app again if somebody may have read it",
			info.Mode().Perm())
	case info.Size() > maxTokenFile:
		return refuse("is too large to be one: check the path")
	}
	in, err := os.ReadFile(path)
	if err != nil {
		return refuse("cannot be read: %w", err)
	}
	var t tokenFile
	d := json.NewDecoder(bytes.NewReader(in))
	d.DisallowUnknownFields() // another program's file
	// The decoder's own error may repeat what the file holds.
	if d.Decode(&t) != nil || d.More() || t.AccessToken == "" && t.RefreshToken == "" {
		return refuse("is damaged or no token file: restore it from a backup, or delete it and have the seller authorise the app again")
	}
	return Token{
		AccessToken: NewSecret(t.AccessToken), AccessExpires: t.AccessExpires,
		RefreshToken: NewSecret(t.RefreshToken), RefreshExpires: t.RefreshExpires,
		OpenID: t.OpenID, SellerName: t.SellerName, SellerRegion: t.SellerRegion, UserType: t.UserType, Scopes: t.Scopes,
	}, nil
}
