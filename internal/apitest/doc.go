// Package apitest reads the contract for tests: the document, to hold answers
// against, and the calls it promises, to make them. It must not know the code
// that answers, and no program imports it.
package apitest
