package signin

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Bounds of a response.
const (
	maxResponse   = 256 << 10
	maxDepth      = 32
	maxElements   = 5_000
	maxAttributes = 30 // of one element
)

const (
	samlProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	samlAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	xmlSignature  = "http://www.w3.org/2000/09/xmldsig#"
)

// checkResponse refuses whatever a plain response to a sign-in has no need of, before
// anything is verified: one response, one assertion in it, a signature as the child of
// either and nowhere else, with ids that are given once. So there is no second assertion,
// and no second element of the same id, that a signature could be shown to be of.
func checkResponse(text []byte) error {
	if len(text) > maxResponse {
		return errors.New("the response is too long")
	}
	form := responseForm{ids: make(map[string]bool)}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return form.end()
		}
		if err == nil {
			err = form.take(token)
		}
		if err != nil {
			return err
		}
	}
}

// responseForm is how far a response was read.
type responseForm struct {
	path       []openElement
	ids        map[string]bool
	elements   int
	assertions int
}

// openElement is an element that has not ended, and what it has had so far.
type openElement struct {
	name       xml.Name
	id         string
	signatures int
	references int
}

func (f *responseForm) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		if err := f.open(token); err != nil {
			return fmt.Errorf("element %s: %w", token.Name.Local, err)
		}
	case xml.EndElement:
		f.path = f.path[:len(f.path)-1]
	case xml.Directive:
		return errors.New("the response has a document type")
	case xml.Comment:
		return errors.New("the response has comments")
	case xml.ProcInst:
		if token.Target != "xml" || f.elements > 0 {
			return errors.New("the response has processing instructions")
		}
	}
	return nil
}

func (f *responseForm) open(element xml.StartElement) error {
	f.elements++
	if f.elements > maxElements || len(f.path) >= maxDepth || len(element.Attr) > maxAttributes {
		return errors.New("too much")
	}
	opened := openElement{name: element.Name}
	for _, attribute := range element.Attr {
		switch attribute.Name.Local {
		case "ID", "Id", "id":
			if attribute.Value == "" || f.ids[attribute.Value] {
				return errors.New("an id is empty or given twice")
			}
			f.ids[attribute.Value], opened.id = true, attribute.Value
		}
	}
	if err := f.place(element, &opened); err != nil {
		return err
	}
	f.path = append(f.path, opened)
	return nil
}

// place judges an element by where it stands.
func (f *responseForm) place(element xml.StartElement, opened *openElement) error {
	var parent *openElement
	if len(f.path) > 0 {
		parent = &f.path[len(f.path)-1]
	}
	switch element.Name.Local {
	case "Response":
		if parent != nil || element.Name.Space != samlProtocol {
			return errors.New("out of place")
		}
	case "EncryptedAssertion":
		return errors.New("encrypted assertions are not taken")
	case "Assertion":
		f.assertions++
		if len(f.path) != 1 || element.Name.Space != samlAssertion || opened.id == "" || f.assertions > 1 {
			return errors.New("out of place, or not the only one")
		}
	case "Signature":
		if parent == nil || element.Name.Space != xmlSignature || parent.signatures > 0 ||
			parent.name.Local != "Assertion" && parent.name.Local != "Response" {
			return errors.New("out of place, or not the only one")
		}
		parent.signatures++
	case "Reference":
		return f.placeReference(element, parent)
	case "Object", "Manifest":
		return errors.New("out of place")
	case "SignatureMethod", "DigestMethod":
		if !slices.Contains(samlAlgorithms(), attributeOf(element, "Algorithm")) {
			return errors.New("not an algorithm that is taken")
		}
	}
	if parent == nil && element.Name.Local != "Response" {
		return errors.New("not a response")
	}
	return nil
}

// placeReference wants a signature to be of the very element that it stands in, once:
// SignedInfo, Signature and that element are open.
func (f *responseForm) placeReference(element xml.StartElement, parent *openElement) error {
	if len(f.path) < 3 || parent.name.Local != "SignedInfo" || f.path[len(f.path)-2].name.Local != "Signature" {
		return errors.New("out of place")
	}
	signed := f.path[len(f.path)-3]
	if parent.references++; parent.references > 1 || signed.id == "" || attributeOf(element, "URI") != "#"+signed.id {
		return errors.New("not of the element that it stands in")
	}
	return nil
}

func (f *responseForm) end() error {
	if f.assertions != 1 {
		return errors.New("the response holds no assertion")
	}
	return nil
}

func attributeOf(element xml.StartElement, name string) string {
	for _, attribute := range element.Attr {
		if attribute.Name.Local == name {
			return attribute.Value
		}
	}
	return ""
}

// samlAlgorithms are those of signatures and digests. SHA-1 is not among them.
func samlAlgorithms() []string {
	return []string{
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
		"http://www.w3.org/2001/04/xmlenc#sha256",
		"http://www.w3.org/2001/04/xmldsig-more#sha384",
		"http://www.w3.org/2001/04/xmlenc#sha512",
	}
}
