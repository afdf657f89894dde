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

// ErrImmutable means that a setting cannot change on an existing link: delete the
// link and create it again. Error.Attr names the setting. It matches
// errors.ErrUnsupported and syscall.EOPNOTSUPP, the errno by which kernels refuse
// such a change.
var ErrImmutable error = unsupported("cannot change on a link that exists")

// ErrNotApplied means that the kernel accepted a setting but did not apply it.
// Kernels treat attributes that they do not know in this way. Error.Attr names the
// setting.
var ErrNotApplied = errors.New("not applied by this kernel")

// ErrKind means that a link is of another kind than the requested one. It matches
// errors.ErrUnsupported and syscall.EOPNOTSUPP, the errno by which kernels refuse
// it.
var ErrKind error = unsupported("the link is of another kind")

// unsupported is the text of an error that unwraps to syscall.EOPNOTSUPP.
type unsupported string

func (u unsupported) Error() string { return string(u) }

func (u unsupported) Unwrap() error { return syscall.EOPNOTSUPP }

// An Error is the error of every operation on a link or a namespace. Fields that are
// unknown are empty.
//
// errors.Is finds the kernel's errno as a syscall.Errno, and fs.ErrExist,
// fs.ErrNotExist, fs.ErrPermission and errors.ErrUnsupported if the errno
// corresponds to one of them. For a request that was refused before anything was
// sent, it finds fs.ErrInvalid, and the errno by which the kernel would refuse it,
// usually syscall.EINVAL. It also finds ErrImmutable, ErrNotApplied and ErrKind, and
// the error of a context that ended.
type Error struct {
	Op      string // the operation, such as "create"
	Kind    string // the kind of the link, such as "vxlan"
	Name    string // the name of the link
	Attr    string // the setting that caused the error, in iproute2's word
	Message string // the explanation by the kernel or by this library
	Err     error  // the cause

	// FromKernel reports that Message is the verbatim text of the kernel's extended
	// acknowledgement. Otherwise Message is by this library; for an errno without a
	// text it is the likely reason.
	FromKernel bool

	// Hint is this library's addition to a message from the kernel: the likely
	// reason, or a remedy.
	Hint string
}

// Error returns all fields in one line, such as "create vxlan vx0: df: invalid
// argument (Invalid DF attribute)". Characters that are not printable, which names
// may contain, are escaped as in Go strings.
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

// printableLines escapes the unprintable characters of a text, which may hold
// several errors, one per line.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = attr.Printable(line)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the cause. A cause that is fs.ErrInvalid also matches
// syscall.EINVAL.
func (e *Error) Unwrap() error {
	return invalid.Complete(e.Err)
}

// Is reports whether the cause is an errno that means target. The kernel reports a
// missing link by other errnos than a missing file.
func (e *Error) Is(target error) bool {
	errno, ok := errors.AsType[syscall.Errno](e.Err)
	return ok && target == fs.ErrNotExist && (errno == syscall.ENODEV || errno == syscall.ENOENT)
}

// takenErr is an errno that means that another link has the name or the index.
type takenErr struct{ syscall.Errno }

// Unwrap returns the errno.
func (e takenErr) Unwrap() error { return e.Errno }

// Is reports whether target is fs.ErrExist or corresponds to the errno.
func (e takenErr) Is(target error) bool {
	return target == fs.ErrExist || e.Errno.Is(target)
}

// invalid returns an error for a request that is refused before anything is sent.
func (s *spec) invalid(op, attr, message string) *Error {
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: attr, Message: message, Err: fs.ErrInvalid}
}

// refuse is like invalid, for faults that the kernel may refuse by another errno
// than EINVAL.
func (s *spec) refuse(op string, fault *attr.Error) *Error {
	e := s.invalid(op, fault.Name, fault.Text)
	e.Err = invalid.Argument(cmp.Or(fault.Errno, syscall.EINVAL))
	return e
}

// invalidAttrs converts the errors of a table's check to one error per setting.
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
