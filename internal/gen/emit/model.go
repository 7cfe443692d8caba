// Package emit turns snapshots and a ledger into the generated files of a
// client. It never invents a name: what the ledger does not know is an error,
// unless the caller asked for proposals.
package emit

import (
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// API is one client to generate.
type API struct {
	Dialect
	Modules []*spec.Module
	Ledger  *ledger.Ledger
	Notes   ledger.Notes
	Propose bool // add what the ledger lacks instead of failing

	// Reserved are the names that the client has by hand, methods as Type.Method.
	Reserved []string
	// Published are the lines of the published surface by their subject, and Wire the
	// names on the wire of the fields, by type and Go name. They are for proposals.
	Published, Wire map[string]string
}

// Expr is the Go type of a value: "[]" and "map[string]" before a base.
type Expr struct {
	Prefix string
	Base   string
	Kind   exprKind
}

type exprKind int

const (
	text   exprKind = iota // string, and types whose zero value means absent
	number                 // bool and numbers, where zero is a value
	object                 // a generated struct
	raw                    // json.RawMessage
	file                   // an upload
	enum                   // a generated string type
	enumInt
)

func (e Expr) String() string { return e.Prefix + e.Base }

// inQuery reports whether the clients can send e in a query: a text, a number or a
// list of them, and any list where lists go as JSON.
func (e Expr) inQuery(jsonLists bool) bool {
	if jsonLists && strings.HasPrefix(e.Prefix, "[]") {
		return true
	}
	return (e.Prefix == "" || e.Prefix == "[]") && e.Kind != object && e.Kind != raw && e.Kind != file
}

// Field is one member of a struct.
type Field struct {
	Name       string // on the wire
	Go         string
	In         string // query, body, part or, for a body that is no object, whole
	Type       Expr
	Source     *spec.Schema
	Required   bool
	Deprecated string // what the vendor names instead, or [spec.Dropped]
	Pointer    bool   // set for objects that would contain themselves
	NoZero     bool   // set for numbers of which zero is no value
}

// Type is a generated struct.
type Type struct {
	Name    string
	Module  string
	Origin  string // for the comment
	Fields  map[string]*Field
	In, Out bool   // reachable from requests, from responses
	Top     bool   // the request of an operation: its fields say where they go
	Query   bool   // of a Top: some of them go to the query
	Reply   bool   // the reply of an operation
	Others  *Field // holds the members that have no field of their own

	coming []string // names on the wire of the place that is being added
}

// Enum is a generated named string or number.
type Enum struct {
	Name   string
	Module string
	Values []string // "NAME", or "NAME=1" of a number
	Out    bool

	Constants map[string]string // of the values
}

// Method is one operation.
type Method struct {
	*spec.Operation
	Ledger    *ledger.Op
	PathNames []string // placeholders in order
	Whole     bool     // the body is what the request has in Body
	Request   *Type
	Response  *Expr

	// Names of the request and of the reply. Where several operations have
	// equal ones these are other names of the one type.
	RequestName, ResponseName string

	Page    *Paging
	Newest  *Method // the newest version, if it is another one
	Batches []ledger.Batch
}

// Model is everything that is printed.
type Model struct {
	API     *API
	Methods []*Method
	Types   map[string]*Type
	Enums   map[string]*Enum

	uses map[string]*[2][]*Method // type -> methods that take it and that return it
}
