package iplink

import (
	"fmt"
	"strings"
	"unicode"
)

// nameFault says what is wrong with the name of a link, in at most limit bytes;
// empty if nothing is.
func nameFault(name string, limit int) string {
	switch {
	case name == "":
		return "the name is empty"
	case len(name) > limit:
		return fmt.Sprintf("%q has %d bytes, at most %d fit", name, len(name), limit)
	case name == "." || name == "..":
		return fmt.Sprintf("%q is not allowed as a name", name)
	case strings.ContainsAny(name, "/:"):
		return fmt.Sprintf(`%q holds "/" or ":"`, name)
	case strings.ContainsFunc(name, unicode.IsSpace):
		return fmt.Sprintf("%q holds white space", name)
	case strings.ContainsRune(name, 0):
		return fmt.Sprintf("%q holds a NUL byte", name)
	case strings.ContainsRune(name, '%'):
		return fmt.Sprintf(`%q holds "%%", which the kernel would take for a template: choose the name yourself`, name)
	}
	return ""
}
