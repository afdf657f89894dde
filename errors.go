package iplink

import (
	"cmp"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
)

// ErrImmutable says that a setting cannot change on a link that exists: delete
// the link and create it anew. Error.Attr names the setting. It matches
// errors.ErrUnsupported and syscall.EOPNOTSUPP, as which kernels refuse it.
var ErrImmutable error = unsupported("cannot change on a link that exists")

// ErrNotApplied says that the kernel took a setting and did not apply it, as
// kernels do with attributes that are newer than they are. Error.Attr names
// the setting.
var ErrNotApplied = errors.New("not applied by this kernel")

// ErrKind says that a link is of another kind than the one asked for. It matches
// errors.ErrUnsupported and syscall.EOPNOTSUPP, as which kernels refuse it.
var ErrKind error = unsupported("the link is of another kind")

// unsupported is the text of an error that means syscall.EOPNOTSUPP.
type unsupported string

func (u unsupported) Error() string { return string(u) }

func (u unsupported) Unwrap() error { return syscall.EOPNOTSUPP }

// An Error is the error of every operation on a link or a namespace. Which
// parts are set depends on what is known.
//
// errors.Is finds the kernel's errno as a syscall.Errno, and fs.ErrExist,
// fs.ErrNotExist, fs.ErrPermission and errors.ErrUnsupported where the errno
// means that; fs.ErrInvalid for what was refused before anything was sent, and
// the errno as well by which the kernel would refuse it, mostly syscall.EINVAL;
// ErrImmutable, ErrNotApplied and ErrKind; and the error of a context that
// ended.
type Error struct {
	Op      string // what was being done, such as "create"
	Kind    string // of the link, such as "vxlan"
	Name    string // of the link
	Attr    string // the setting at fault, in iproute2's word
	Message string // what the kernel, or this library, says about it
	Err     error  // the cause

	// FromKernel says that Message is the kernel's text (its extended
	// acknowledgement) word for word. Otherwise the words are this library's,
	// and of an errno without a text they are the likely reason.
	FromKernel bool

	// Hint is what this library adds to a text of the kernel's: the likely
	// reason, or what to do.
	Hint string
}

// Error returns all that is known in one line, such as
// "create vxlan vx0: df: invalid argument (Invalid DF attribute)". Characters that
// do not print, which names may hold, are escaped as in Go's strings.
func (e *Error) Error() string {
	var b strings.Builder
	for i, word := range []string{e.Op, attr.Printable(e.Kind), attr.Printable(e.Name)} {
		if i > 0 && word != "" && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	if e.Attr != "" {
		b.WriteString(": " + attr.Printable(e.Attr))
	}
	if e.Err != nil {
		b.WriteString(": " + printableLines(e.Err.Error()))
	}
	switch {
	case e.Message != "" && e.Hint != "":
		b.WriteString(" (" + attr.Printable(e.Message+"; "+e.Hint) + ")")
	case e.Message != "":
		b.WriteString(" (" + attr.Printable(e.Message) + ")")
	}
	return b.String()
}

// printableLines escapes what does not print in a text that may be that of several
// errors, one a line.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = attr.Printable(line)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the cause. One that is fs.ErrInvalid matches syscall.EINVAL as
// well.
func (e *Error) Unwrap() error {
	return invalid.Complete(e.Err)
}

// Is reports whether the cause is an errno that means target: what the kernel
// says of a link that is missing is not what it says of a file.
func (e *Error) Is(target error) bool {
	errno, ok := errors.AsType[syscall.Errno](e.Err)
	return ok && target == fs.ErrNotExist && (errno == syscall.ENODEV || errno == syscall.ENOENT)
}

// takenErr is an errno that stands for a name or an index that another link has.
type takenErr struct{ syscall.Errno }

// Unwrap returns the errno.
func (e takenErr) Unwrap() error { return e.Errno }

// Is reports whether target is fs.ErrExist, or what the errno means.
func (e takenErr) Is(target error) bool {
	return target == fs.ErrExist || e.Errno.Is(target)
}

// invalid returns an error for what was refused before anything was sent.
func (s *spec) invalid(op, attr, message string) *Error {
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: attr, Message: message, Err: fs.ErrInvalid}
}

// refuse is invalid for what the kernel may refuse by another errno than EINVAL.
func (s *spec) refuse(op string, fault *attr.Error) *Error {
	e := s.invalid(op, fault.Name, fault.Text)
	e.Err = invalid.Argument(cmp.Or(fault.Errno, syscall.EINVAL))
	return e
}

// invalidAttrs turns what a table's check found into one error a setting.
func (s *spec) invalidAttrs(op string, err error) error {
	switch err := err.(type) {
	case interface{ Unwrap() []error }:
		var all []error
		for _, err := range err.Unwrap() {
			all = append(all, s.invalidAttrs(op, err))
		}
		if len(all) == 1 {
			return all[0]
		}
		return errors.Join(all...)
	case *attr.Error:
		return s.refuse(op, err)
	}
	return s.invalid(op, "", err.Error())
}
