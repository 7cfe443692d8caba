package tiktokadapter

import (
	"errors"
	"maps"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// unreadableRecords is unreadable for the client's error.
func unreadableRecords(err error) (map[string]string, error) {
	e, ok := errors.AsType[*tiktokshop.UnreadableError](err)
	if !ok {
		return nil, err
	}
	reasons := map[string]string{}
	for _, r := range e.Records {
		reasons[r.ID] = r.String()
	}
	return reasons, nil
}

// lostRecords are what a search did not read.
type lostRecords struct {
	reasons map[string]string
	other   error
}

func (l *lostRecords) add(err error) {
	l.note(unreadableRecords(err))
}

func (l *lostRecords) note(some map[string]string, err error) {
	if l.reasons == nil {
		l.reasons = map[string]string{}
	}
	maps.Copy(l.reasons, some)
	l.other = errors.Join(l.other, err)
}

// err is an [exceptions.UnreadableError] only if everything else was read.
func (l *lostRecords) err() error {
	if len(l.reasons) == 0 {
		return l.other
	}
	unreadable := &exceptions.UnreadableError{Reasons: l.reasons}
	if l.other != nil {
		return errors.Join(l.other, errors.New(unreadable.Error()))
	}
	return unreadable
}

// inParts reads what there is of many ids. What cannot be read of one part is in the error,
// and keeps none of the others; after any other error nothing more is read.
func inParts[T any](ids []string, read func(part []string) ([]T, error)) (list []T, unread error) {
	var lost lostRecords
	for _, part := range parts(ids, maxOrderIDs) {
		found, err := read(part)
		list = append(list, found...)
		if lost.note(exceptions.UnreadableIn(err)); lost.other != nil {
			break
		}
	}
	return list, lost.err()
}
