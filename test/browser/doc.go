// Package browser proves the pages in a real browser, Debian's Chromium, against the program
// as it is shipped: what people see and do, with the mouse or the keyboard alone, and that
// an automatic check of accessibility finds nothing. It must not know how pages are made.
package browser
