package apitest

import (
	"context"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roundtable-directory/roundtable/api"
)

// Document reads the contract and validates it, its examples included.
func Document() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	if err := doc.Validate(context.Background(), openapi3.IsOpenAPI31OrLater(), openapi3.EnableMultiError()); err != nil {
		return nil, fmt.Errorf("validate the contract: %w", err)
	}
	return doc, nil
}

// example returns the value of a named example of a JSON body.
func example(content openapi3.Content, name string) (any, bool) {
	body := content["application/json"]
	if body == nil || body.Examples[name] == nil {
		return nil, false
	}
	return body.Examples[name].Value.Value, true
}
