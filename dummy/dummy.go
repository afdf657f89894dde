// Package dummy makes dummy links: links that drop what is sent, for addresses
// that must always be there, and for tests.
package dummy

import "github.com/iplink-go/iplink"

// New returns the builder for a dummy link of that name.
func New(name string) *iplink.Dummy {
	return iplink.NewDummy(name)
}
