package own

import (
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/words"
)

// An ObjectReader reads objects of a link into the settings of the link, or of the link as a
// port. self says that they are of the link itself.
type ObjectReader struct {
	// Words reads the arguments of `bridge` for an object, such as "vid 7 pvid".
	Words func(s *Settings, self bool, verb string, args *words.Args) error
	// Key is the name of the objects in JSON, such as "vlans", and List reads them. If only
	// is set, the link is to have no others.
	Key  string
	List func(s *Settings, self, only bool, n *jsonform.Node) error
	// Sample is a list of such objects, whose type package jsonform describes.
	Sample any
}

// A Lister is Objects with a JSON form: a list, whose name in JSON is key. If only is set,
// the link is to have no others.
type Lister interface {
	Objects
	JSON() (key string, only bool, list any)
}
