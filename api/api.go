// Package api is the contract as a file: what every call takes and answers,
// written by hand in openapi.yaml. It must not know the code that fulfils it.
package api

import _ "embed"

// OpenAPI is the contract, an OpenAPI 3.1 document in YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte
