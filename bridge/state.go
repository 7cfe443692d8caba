package bridge

// StateOf is the state of a shop order whose warehouse orders are found: the
// least advanced part that is not cancelled, [Absent] if there is none.
func StateOf(found []WarehouseOrder) WarehouseState { return stateOf(found) }
