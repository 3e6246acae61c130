// Package transfer moves a directory from one database to another, of the same engine
// or not, and proves that it arrived. It must not know what the tables mean.
package transfer
