package tiktokshop

import "cmp"

// Identifier returns the id of a package. The detail and the search send it
// under two names, so one of ID and PackageID is empty.
func (p *Package) Identifier() string { return cmp.Or(p.ID, p.PackageID) }

// State returns the status of a package. The detail and the search send it
// under two names, so one of Status and PackageStatus is empty.
func (p *Package) State() PackageStatus { return cmp.Or(p.PackageStatus, p.Status) }
