// Package fake is imported by the engine's own tests. It is empty, and lets `go mod tidy` find it.
package fake
