// Package architecture owns the rules about the shape of the repository, as
// tests: who may import whom, how long files and functions may grow, what may
// stand at package level, which dependency is accounted for. It reads the
// sources as text and must know nothing of what they do.
package architecture
