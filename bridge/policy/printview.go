package policy

import (
	"errors"
	"strings"
)

// PrintView is by what the warehouse's printing view knows the orders that may be
// printed. One of them is set.
type PrintView struct {
	// Identifier is the tag of an identifier that the view's orders have.
	Identifier string `json:"identifier,omitempty"`
	// Folder is the name of the folder that the view's orders are in.
	Folder string `json:"folder,omitempty"`
	// Parked has orders come in parked, which no view for printing shows.
	Parked bool `json:"parked,omitempty"`
}

// Check reports what is wrong and can be known without a call.
func (v PrintView) Check() error {
	set := 0
	for _, is := range []bool{v.Identifier != "", v.Folder != "", v.Parked} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return errors.New("choose one of identifier, folder and parked")
	case strings.TrimSpace(v.Identifier) != v.Identifier || strings.TrimSpace(v.Folder) != v.Folder:
		return errors.New("the name has a blank at an end")
	}
	return nil
}
