// Command testcount reads the output of go test -json, shows what failed and
// what was skipped, and closes with one line: how many tests passed, failed and
// were skipped. It exits 1 when something failed, when a package could not be
// tested, or when no test ran at all. It knows nothing of the program under test.
//
//	go test -json ./... | go run ./internal/testcount
//
// With -no-skips a skipped test fails the run too: where everything that the
// suite needs must be there, a skip hides a missing piece.
package main
