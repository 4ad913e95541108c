// Package discovery has the names of client-go's discovery that Helm's engine uses: ../README.md.
package discovery

import (
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// Client never exists.
type Client struct{}

// NewDiscoveryClientForConfig fails: there is no cluster.
func NewDiscoveryClientForConfig(*rest.Config) (*Client, error) {
	return nil, errors.New("there is no cluster")
}

// ServerResourcesForGroupVersion is never reached.
func (*Client) ServerResourcesForGroupVersion(string) (*metav1.APIResourceList, error) {
	return nil, errors.New("there is no cluster")
}
