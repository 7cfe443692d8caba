package bridge

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Action is the next thing to do with an order.
type Action string

// The actions of a [StatusTable].
const (
	ActionReserve Action = "reserve" // count its units as sold, nothing else
	ActionSkip    Action = "skip"    // not ours to import
	ActionPark    Action = "park"    // import, parked
	ActionImport  Action = "import"  // import, ready
	ActionRelease Action = "release" // let the warehouse pick it
	ActionWait    Action = "wait"    // nothing to do now
	ActionShip    Action = "ship"    // send tracking to the shop
	ActionLabel   Action = "label"   // get the shop's label, tracking to the warehouse
	ActionConfirm Action = "confirm" // compare tracking on both sides
	ActionCancel  Action = "cancel"  // cancel in the warehouse
	ActionDone    Action = "done"    // both sides agree for good
	ActionRaise   Action = "raise"   // a person has to look
)

var actions = []Action{
	ActionReserve, ActionSkip, ActionPark, ActionImport, ActionRelease, ActionWait,
	ActionShip, ActionLabel, ActionConfirm, ActionCancel, ActionDone, ActionRaise,
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
// start with # are comments. A missing state, a cell given twice and an unknown
// action are errors that name the line.
func ReadStatusTable(r io.Reader) (*StatusTable, error) {
	t := &StatusTable{cells: map[statusCell]Action{}}
	var heading []string
	var text strings.Builder
	scanner := bufio.NewScanner(r)
	n := 1
	for ; scanner.Scan(); n++ {
		text.WriteString(scanner.Text() + "\n")
		fields := strings.Fields(scanner.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if heading == nil {
			heading = fields
			if err := checkHeading(fields); err != nil {
				return nil, fmt.Errorf("status table, line %d: %w", n, err)
			}
			continue
		}
		if len(fields) != len(heading) {
			return nil, fmt.Errorf("status table, line %d: %d columns, the heading has %d", n, len(fields), len(heading))
		}
		for i, field := range fields[2:] {
			action := Action(field)
			cell := statusCell{ShippingModel(fields[0]), OrderStatus(fields[1]), WarehouseState(heading[i+2])}
			if !slices.Contains(actions, action) {
				return nil, fmt.Errorf("status table, line %d: %q is not an action", n, field)
			}
			if _, twice := t.cells[cell]; twice {
				return nil, fmt.Errorf("status table, line %d: %s %s is given twice", n, cell.model, cell.status)
			}
			t.cells[cell] = action
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("status table, line %d: %w", n, err)
	}
	if heading == nil {
		return nil, errors.New("status table: it is empty")
	}
	t.text = text.String()
	return t, nil
}

func checkHeading(fields []string) error {
	if len(fields) < 2 || fields[0] != "model" || fields[1] != "status" {
		return errors.New("the heading must start with model and status")
	}
	states := []WarehouseState{Absent, Parked, Open, Locked, Processed, Dropped}
	for _, s := range states {
		if !slices.Contains(fields[2:], string(s)) {
			return fmt.Errorf("the heading lacks the state %s", s)
		}
	}
	if len(fields) != len(states)+2 {
		return errors.New("the heading has a state too many")
	}
	return nil
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
