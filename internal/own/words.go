package own

import "github.com/iplink-go/iplink/internal/words"

// An ObjectReader reads the arguments of `bridge` for an object of a link, such as "vid 7
// pvid", into the settings of the link, or of the link as a port. self says that the
// object is of the link itself.
type ObjectReader func(s *Settings, self bool, verb string, args *words.Args) error

// readers are the readers of the objects of `bridge`, by their word. The packages of the
// objects add them when the program starts.
var readers = map[string]ObjectReader{}

// ReadObjects makes a function read the objects that a word of `bridge` names. It is called
// by init functions alone.
func ReadObjects(word string, read ObjectReader) {
	readers[word] = read
}

// ReaderOf returns the reader of the objects that a word of `bridge` names, or nil if the
// program does not contain the package of the objects.
func ReaderOf(word string) ObjectReader {
	return readers[word]
}
