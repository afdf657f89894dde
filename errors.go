package iplink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
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

// kernelError completes e with the details of a failed request.
func kernelError(e *Error, err error) *Error {
	refused, ok := errors.AsType[*rtnl.Errno](err)
	if !ok {
		e.Err = bareErr(err)
		if _, netns := errors.AsType[closedNetNS](err); errors.Is(err, os.ErrClosed) && !netns && e.Message == "" {
			e.Message = "by Close: open another"
		}
		return e
	}
	e.Err = refused.Errno
	if refused.Message != "" {
		e.Message, e.FromKernel = refused.Message, true
	}
	if refused.Errno == syscall.EPERM && e.Message == "" && !rtnl.HasNetAdmin() {
		e.Message = rtnl.NeedsNetAdmin
	}
	return e
}

// bareErr returns the errno in err, without the name of the system call. It returns
// err itself if there is no errno, or if err also has a text of this library.
func bareErr(err error) error {
	_, worded := errors.AsType[unsupported](err)
	if _, refused := errors.AsType[*invalid.Error](err); worded || refused {
		return err
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}

// failed returns an error about a setting of s.
func (s *spec) failed(op, attr string, err error) *Error {
	e := &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: attr}
	if inner, ok := errors.AsType[*Error](err); ok {
		e.Message, e.FromKernel, e.Hint = inner.Message, inner.FromKernel, inner.Hint
		err = inner.Err
	}
	return kernelError(e, err)
}

// isRefusal reports whether err is a reply of the kernel.
func isRefusal(err error) bool {
	_, ok := errors.AsType[*rtnl.Errno](err)
	return ok
}

func isGone(err error) bool {
	return errors.Is(err, syscall.ENODEV)
}

// explain converts the refusal of a step to an error that names the link, the
// setting and, if the kernel gives none, the reason.
func (t *transaction) explain(ctx context.Context, step step, p *nsConn, i int, err error) error {
	s := step.job.spec
	e := kernelError(&Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: step.subject()}, err)
	refused, ok := errors.AsType[*rtnl.Errno](err)
	if !ok {
		return e
	}
	if ended := step.job.under.ended(ctx, err); ended != nil {
		return s.failed(t.op, "link-netns", ended)
	}
	if e.Attr == "" {
		e.Attr = cmp.Or(s.nameAt(p.batch.Bytes(i), refused.Offset), s.nameOnly(p.batch.Bytes(i)))
	}
	switch {
	case step.what == stepCreate && refused.Errno == syscall.EOPNOTSUPP && strings.Contains(refused.Message, "Unknown device type"):
		e.Message, e.FromKernel = missingDriver(s.Kind), false
	case step.what == stepObject:
		e.advise(step.objectReason(refused.Errno))
	case step.what >= stepAddr && step.what <= stepNeigh:
		t.adviseLayer3(ctx, e, step)
	default:
		t.consult(ctx, e, &step, refused.Errno)
	}
	if refused.Message == "" && e.Message == "" {
		t.guess(ctx, e, step, refused.Errno)
	}
	return e
}

// subject returns the object of a step, if it has a single one.
func (s *step) subject() string {
	switch s.what {
	case stepAltName:
		return "altname " + s.text
	case stepAddr:
		return "address " + s.text
	case stepRoute:
		return "route " + s.text
	case stepNeigh:
		return "neigh " + s.text
	}
	return s.text
}

// guess looks for the reason of an errno without a message.
func (t *transaction) guess(ctx context.Context, e *Error, step step, errno syscall.Errno) {
	s := step.job.spec
	switch {
	case errno == syscall.EAFNOSUPPORT && !s.inet6Set.Empty():
		e.Attr, e.Message = "addrgenmode", step.job.lacksIPv6(ctx, true)
	case errno == syscall.EOPNOTSUPP && step.what <= stepChange && s.lacksOption(e):
	case errno == syscall.EOPNOTSUPP && step.what <= stepChange && step.job.master() != 0:
		e.Message = step.job.masterRefusal(ctx)
	case errno == syscall.EINVAL && step.what == stepChange && step.job.linkSet.Has(uapi.IFLA_MASTER) && step.job.refusesPort(ctx, e):
	case step.what == stepChange && errno == syscall.EINVAL && step.job.linkSet.Has(uapi.IFLA_MTU) && t.overUnderlay(ctx, step.job) != "":
		e.Attr, e.Message = "mtu", t.overUnderlay(ctx, step.job)
	case step.what == stepChange && !step.job.portSet.Empty() && kindOf(s.port.Kind).portReason != nil:
		e.Message = kindOf(s.port.Kind).portReason(errno)
	case step.what != stepCreate:
	case errno == syscall.EEXIST && t.taken(step.job):
		e.Message = step.job.holder(ctx)
	case errno == syscall.EEXIST && step.job.takenBelow():
		e.Message = "a link of this name exists in the parent's namespace, from where this kernel moves the new one"
	case errno == syscall.EBUSY && step.job.linkNSID >= 0 && step.job.under.indexOwner(ctx, step.job.index) != "":
		e.Err = takenErr{errno}
		e.Message = "the index " + step.job.under.indexOwner(ctx, step.job.index) + " in the parent's namespace, from where this kernel moves the new link"
	case errno == syscall.EEXIST && step.job.peerTakesName():
		e.Attr, e.Message = "peer", "the kernel gives this name to the other end, which has none: name that with Peer"
	case step.job.peer != nil && (errno == syscall.EEXIST || errno == syscall.EBUSY):
		step.job.peer.explainTaken(ctx, e, errno)
	case s.kind().reason != nil:
		e.Message = s.kind().reason(errno)
	}
}

// lacksOption adds to e the setting that a kernel without an option refuses, if the
// description has one.
func (s *spec) lacksOption(e *Error) bool {
	for typ, text := range s.kind().optional {
		if s.Set.Has(typ) {
			e.Attr, e.Message = rowName(s.info().attrs, typ), text
			return true
		}
	}
	return false
}

// taken reports whether the name or the index of a link to be created is in use.
func (t *transaction) taken(j *job) bool {
	if _, err := rtnl.NameOf(j.at.rt, j.index); j.index != 0 && err == nil {
		return true
	}
	_, err := rtnl.ShortIndexOf(j.at.rt, j.spec.Name)
	return err == nil
}

// peerTakesName reports whether the other end has no name, and the kernel may name it, as
// the first of the two, as this link is to be called.
func (j *job) peerTakesName() bool {
	return j.kind.peerName != "" && completed(j.kind.peerName+"%d", j.spec.Name) && (j.peer == nil || j.peer.spec.Name == "")
}

// explainTaken adds which name or index of the peer another link has.
func (j *job) explainTaken(ctx context.Context, e *Error, errno syscall.Errno) {
	if owner := j.at.indexOwner(ctx, j.index); owner != "" {
		e.Attr, e.Err = "peer", takenErr{errno}
		e.Message = fmt.Sprintf("the index of %s %s: choose another Index", cmp.Or(j.spec.Name, "the peer"), owner)
	} else if errno == syscall.EEXIST {
		e.Attr, e.Message = "peer", fmt.Sprintf("a link named %q exists already where the peer is to be", j.spec.Name)
	}
}

// indexOwner describes the link that has an index, such as "7 is that of lo". It
// returns an empty string if the index is free or 0.
func (p *nsConn) indexOwner(ctx context.Context, index int) string {
	if p == nil || index == 0 {
		return ""
	}
	l, err := p.readIndex(ctx, index)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d is that of %s", index, l.Name)
}

// holder describes the link that has the name or the index of a link to be created.
func (j *job) holder(ctx context.Context) string {
	owner, err := j.at.readName(ctx, j.spec.Name)
	switch {
	case err == nil && owner.Name != j.spec.Name:
		return owner.holding(j.spec.Name, nil) + ": choose another"
	case isGone(err) && j.at.indexOwner(ctx, j.index) != "":
		return "the index " + j.at.indexOwner(ctx, j.index) + ": choose another Index"
	}
	return "a link of this name or index exists already"
}

// masterRefusal returns the reason if the master accepts no ports, or an empty
// string if the cause may be another one.
func (j *job) masterRefusal(ctx context.Context) string {
	master, err := readIndex(ctx, j.at.rt, j.master())
	if err != nil || kindOf(master.Kind).takesPorts() {
		return ""
	}
	return master.Name + " is a " + master.Kind + " and takes no ports"
}

// refusesPort reports whether the master may have refused the link as a port for a reason
// of its kind, and writes the reason into e.
func (j *job) refusesPort(ctx context.Context, e *Error) bool {
	master, err := readIndex(ctx, j.at.rt, j.master())
	if err != nil || kindOf(master.Kind).noPort == "" {
		return false
	}
	e.Message = kindOf(master.Kind).noPort
	return true
}

// takenBelow reports whether the name is in use in the namespace of the parent.
func (j *job) takenBelow() bool {
	if j.under == nil || j.linkNSID < 0 {
		return false
	}
	_, err := rtnl.ShortIndexOf(j.under.rt, j.spec.Name)
	return err == nil
}

func missingDriver(kind string) string {
	text := "this kernel has no " + kind + " driver"
	k := kindOf(kind)
	switch {
	case k.since != attr.Version{}:
		text += fmt.Sprintf(" (CONFIG_%s, since Linux %v)", k.config, k.since)
	case k.config != "":
		text += " (CONFIG_" + k.config + ")"
	}
	return text
}

// nameAt returns the name of the attribute at an offset of a request, or an empty
// string if the attribute is unknown or the offset is unreliable: the vxlan driver
// looks up its own settings among the common ones.
func (s *spec) nameAt(request []byte, offset int) string {
	if offset < wire.HeaderLen+wire.LinkLen || offset >= len(request) {
		return ""
	}
	path := wire.Path(request[wire.HeaderLen+wire.LinkLen:], offset-wire.HeaderLen-wire.LinkLen,
		uapi.IFLA_LINKINFO, uapi.IFLA_INFO_DATA, uapi.IFLA_INFO_SLAVE_DATA)
	switch {
	case len(path) == 1 && !s.kind().tunnel:
		return rowName(s.link.attrs, path[0])
	case len(path) == 3 && path[1] == uapi.IFLA_INFO_DATA && s.Info != nil:
		return rowName(s.info().attrs, path[2])
	case len(path) == 3 && path[1] == uapi.IFLA_INFO_SLAVE_DATA && s.port != nil:
		return rowName(infoOf(s.port).attrs, path[2])
	}
	return ""
}

// nameOnly returns the name of the setting that a request changes, or an empty
// string if there are several or if it is in a nest.
func (s *spec) nameOnly(request []byte) string {
	name := ""
	for a, err := range wire.Attrs(request[wire.HeaderLen+wire.LinkLen:]) {
		if err != nil || name != "" || a.Type == uapi.IFLA_LINKINFO || a.Type == uapi.IFLA_AF_SPEC {
			return ""
		}
		name = rowName(s.link.settable, a.Type)
	}
	return name
}
