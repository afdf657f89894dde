package iplink

import (
	"fmt"
	"strings"
	"syscall"
	"unicode"

	"github.com/iplink-go/iplink/internal/attr"
)

// nameFault says what is wrong with the name of a link, in at most limit bytes;
// nil if nothing is. The word is that of the setting.
func nameFault(word, name string, limit int) *attr.Error {
	if len(name) > limit {
		return &attr.Error{Name: word, Text: fmt.Sprintf("%q has %d bytes, at most %d fit", name, len(name), limit), Errno: syscall.ERANGE}
	}
	if text := nameText(name); text != "" {
		return &attr.Error{Name: word, Text: text}
	}
	return nil
}

// nameText says what is wrong with a name of any length, empty if nothing is.
func nameText(name string) string {
	switch {
	case name == "":
		return "the name is empty"
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
