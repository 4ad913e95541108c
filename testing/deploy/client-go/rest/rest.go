// Package rest has the one name of client-go's rest that Helm's engine uses: ../README.md.
package rest

// Config would say how to reach a cluster.
type Config struct{}
