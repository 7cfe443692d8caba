package bridge

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Action is the next thing to do with an order.
type Action string

// The actions of a [StatusTable].
const (
	ActionReserve Action = "reserve" // count its units as sold, nothing else
	ActionSkip    Action = "skip"    // not ours to import
	ActionPark    Action = "park"    // import, parked
	ActionImport  Action = "import"  // import, ready
	ActionBook    Action = "book"    // import as shipped
	ActionRelease Action = "release" // let the warehouse pick it
	ActionWait    Action = "wait"    // nothing to do now
	ActionShip    Action = "ship"    // send tracking to the shop
	ActionLabel   Action = "label"   // get the shop's label, tracking to the warehouse
	ActionConfirm Action = "confirm" // compare tracking on both sides
	ActionCancel  Action = "cancel"  // cancel in the warehouse
	ActionDone    Action = "done"    // both sides agree for good
	ActionRaise   Action = "raise"   // a person has to look
)

// actions are the states of the warehouse that an action makes sense in.
var actions = map[Action][]WarehouseState{
	ActionReserve: {Absent},
	ActionSkip:    {Absent},
	ActionPark:    {Absent},
	ActionImport:  {Absent},
	ActionBook:    {Absent},
	ActionRelease: {Parked},
	ActionLabel:   {Open},
	ActionShip:    {Processed},
	ActionConfirm: {Open, Processed},
	ActionCancel:  {Parked, Open, Locked},
	ActionWait:    warehouseStates,
	ActionDone:    warehouseStates,
	ActionRaise:   warehouseStates,
}

// warehouseStates are the columns of a table.
var warehouseStates = []WarehouseState{Absent, Parked, Open, Locked, Processed, Dropped}

// sends are the actions that let goods go out.
var sends = []Action{ActionImport, ActionRelease, ActionShip, ActionLabel}

// unsuited says why no table may have the action in the cell.
func unsuited(c statusCell, a Action) error {
	states, known := actions[a]
	switch {
	case !known:
		return fmt.Errorf("%q is not an action", a)
	case !slices.Contains(states, c.state):
		return fmt.Errorf("%s makes no sense for an order that is %s in the warehouse", a, c.state)
	case !slices.Contains(sends, a):
		return nil
	case c.status == Unpaid || c.status == OnHold || c.status == Cancelled:
		return fmt.Errorf("%s would send an order that is %s", a, c.status)
	case c.model == FulfilledByTikTok:
		return fmt.Errorf("%s would send what the platform's warehouse sends", a)
	}
	return nil
}

// anyStatus is the row of a model that serves statuses without their own.
const anyStatus OrderStatus = "*"

// StatusTable maps shipping model, shop status and warehouse state to the next
// action. It is total: what it does not know is raised.
type StatusTable struct {
	cells map[statusCell]Action
	text  string
}

type statusCell struct {
	model  ShippingModel
	status OrderStatus
	state  WarehouseState
}

//go:embed status.txt
var defaultStatusText string

var defaultStatusTable = func() *StatusTable {
	t, err := ReadStatusTable(strings.NewReader(defaultStatusText))
	if err != nil {
		panic("the table shipped with the package: " + err.Error())
	}
	return t
}()

// DefaultStatusTable is the table that the primitives use unless their options
// bring another. Print it to read it.
func DefaultStatusTable() *StatusTable { return defaultStatusTable }

// ReadStatusTable reads a table in the form that [StatusTable.String] prints:
// a heading that names the states, then a row per model and status. Lines that
// start with # are comments. A missing state, a cell given twice, an action that
// is unknown or does not suit the state, and one that would send what nobody may
// send are errors that name the line. To change a few cells of a table, see
// [StatusTable.Override].
func ReadStatusTable(r io.Reader) (*StatusTable, error) {
	t := &StatusTable{cells: map[statusCell]Action{}}
	var heading []string
	text, err := part.Rows(r, "status table", func(words []string) error {
		if heading == nil {
			heading = words
			return checkHeading(words)
		}
		if len(words) != len(heading) {
			return fmt.Errorf("%d columns, the heading has %d", len(words), len(heading))
		}
		for i, word := range words[2:] {
			action := Action(word)
			cell := statusCell{ShippingModel(words[0]), OrderStatus(words[1]), WarehouseState(heading[i+2])}
			if err := unsuited(cell, action); err != nil {
				return err
			}
			if _, twice := t.cells[cell]; twice {
				return fmt.Errorf("%s %s is given twice", cell.model, cell.status)
			}
			t.cells[cell] = action
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case heading == nil:
		return nil, errors.New("status table: it is empty")
	}
	t.text = text
	return t, nil
}

func checkHeading(fields []string) error {
	if len(fields) < 2 || fields[0] != "model" || fields[1] != "status" {
		return errors.New("the heading must start with model and status")
	}
	for _, s := range warehouseStates {
		if !slices.Contains(fields[2:], string(s)) {
			return fmt.Errorf("the heading lacks the state %s", s)
		}
	}
	if len(fields) != len(warehouseStates)+2 {
		return errors.New("the heading has a state too many")
	}
	return nil
}

// Override returns the table with cells changed by lines of the form
//
//	model status state action
//
// where * as the state means every state of the row. Lines that start with # are
// comments. A row that the table does not have is added; all its states must be
// given then, because it may as well be a typing error. What was changed is told
// by comments at the end of the text of the new table.
func (t *StatusTable) Override(r io.Reader) (*StatusTable, error) {
	changed := map[statusCell]Action{}
	var order []statusCell
	_, err := part.Rows(r, "status override", func(words []string) error {
		if len(words) != 4 {
			return fmt.Errorf("%d words, not model, status, state and action", len(words))
		}
		states := []WarehouseState{WarehouseState(words[2])}
		if words[2] == "*" {
			states = warehouseStates
		} else if !slices.Contains(warehouseStates, states[0]) {
			return fmt.Errorf("%q is not a state of the warehouse", words[2])
		}
		for _, state := range states {
			cell, action := statusCell{ShippingModel(words[0]), OrderStatus(words[1]), state}, Action(words[3])
			if err := unsuited(cell, action); err != nil {
				return err
			}
			if _, twice := changed[cell]; twice {
				return fmt.Errorf("%s %s %s is given twice", cell.model, cell.status, cell.state)
			}
			changed[cell] = action
			order = append(order, cell)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t.changed(changed, order)
}

// changed writes the table anew and reads it, so that both stay the same thing.
func (t *StatusTable) changed(cells map[statusCell]Action, order []statusCell) (*StatusTable, error) {
	var text, added, notes strings.Builder
	heading := []string{"model", "status"}
	for _, s := range warehouseStates {
		heading = append(heading, string(s))
	}
	row := func(model ShippingModel, status OrderStatus) (columns []string, err error) {
		columns = []string{string(model), string(status)}
		for _, state := range warehouseStates {
			c := statusCell{model, status, state}
			action, ok := cells[c]
			if !ok {
				if action, ok = t.cells[c]; !ok {
					return nil, fmt.Errorf("status override: the table has no row %s %s, and a new one needs the state %s", model, status, state)
				}
			}
			columns = append(columns, string(action))
		}
		return columns, nil
	}
	done := map[statusCell]bool{}
	for line := range strings.Lines(t.text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
			text.WriteString(line)
		case fields[0] == heading[0] && fields[1] == heading[1]:
			writeColumns(&text, heading)
		default:
			model, status := ShippingModel(fields[0]), OrderStatus(fields[1])
			columns, err := row(model, status)
			if err != nil {
				return nil, err
			}
			done[statusCell{model: model, status: status}] = true
			writeColumns(&text, columns)
		}
	}
	for _, c := range order {
		before := "new"
		if a, ok := t.cells[c]; ok {
			before = string(a)
		}
		fmt.Fprintf(&notes, "# overridden: %s %s %s: %s, was %s\n", c.model, c.status, c.state, cells[c], before)
		if key := (statusCell{model: c.model, status: c.status}); !done[key] {
			columns, err := row(c.model, c.status)
			if err != nil {
				return nil, err
			}
			done[key] = true
			writeColumns(&added, columns)
		}
	}
	return ReadStatusTable(strings.NewReader(text.String() + added.String() + notes.String()))
}

func writeColumns(b *strings.Builder, columns []string) {
	line := fmt.Sprintf("%-7s %-20s", columns[0], columns[1])
	for i, c := range columns[2:] {
		line += fmt.Sprintf(" %-*s", max(8, len(warehouseStates[i])), c)
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// Action returns what to do. known is false when the table has no cell for the
// combination; the action is then [ActionRaise].
func (t *StatusTable) Action(model ShippingModel, status OrderStatus, state WarehouseState) (action Action, known bool) {
	for _, s := range []OrderStatus{status, anyStatus} {
		if a, ok := t.cells[statusCell{model, s, state}]; ok {
			return a, true
		}
	}
	return ActionRaise, false
}

// String prints the table as it was read, comments included.
func (t *StatusTable) String() string { return t.text }
