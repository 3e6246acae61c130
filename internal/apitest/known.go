package apitest

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Known is what earlier answers told, by name. {{name}} stands for it in later calls.
type Known map[string]string

// Learn keeps the texts and numbers among the members of an answer's body.
func (k Known) Learn(body []byte) {
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&members) != nil {
		return
	}
	for name, value := range members {
		switch value := value.(type) {
		case string:
			k[name] = value
		case json.Number:
			k[name] = value.String()
		}
	}
}

// Fill returns a call with what is known in place of its names.
func (k Known) Fill(call Call) Call {
	call.Header = call.Header.Clone()
	for name, value := range k {
		written := func(s string) string { return strings.ReplaceAll(s, "{{"+name+"}}", value) }
		for _, values := range call.Header {
			for i := range values {
				values[i] = written(values[i])
			}
		}
		call.Target = written(call.Target)
		if call.Body != nil {
			call.Body = []byte(written(string(call.Body)))
		}
	}
	return call
}
