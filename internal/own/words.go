package own

import "github.com/iplink-go/iplink/internal/words"

// An ObjectReader reads the arguments of `bridge` for an object of a link, such as "vid 7
// pvid", into the settings of the link, or of the link as a port. self says that the
// object is of the link itself.
type ObjectReader func(s *Settings, self bool, verb string, args *words.Args) error
