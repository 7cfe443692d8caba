// Package contract holds the generated clients against the vendors' own
// descriptions: it calls every method once through an in-memory transport and
// has an OpenAPI validator judge the request and a sample reply. It is a module
// of its own because of the validator.
package contract
