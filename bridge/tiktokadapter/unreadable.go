package tiktokadapter

import (
	"errors"

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
