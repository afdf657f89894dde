package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// NetNS is an open network namespace. It owns a file descriptor, which keeps the
// namespace alive until Close; a namespace also lives as long as it has a name, a
// process or a socket. A method called after Close fails with an error that matches
// [os.ErrClosed]. On a NetNS that was not returned by a function of this package,
// the error matches [fs.ErrInvalid] as well. A NetNS is safe for concurrent use by
// several goroutines.
type NetNS struct {
	file  *os.File
	name  string // empty unless it is a namespace of `ip netns`
	label string // the result of String: the name, the path or net:[inode]

	known *netNSID // set if only an id of the namespace is known
}

// CreateNetNS makes a named network namespace and opens it. Names are shared with
// `ip netns`: each sees the namespaces of the other. The name stays in /run/netns
// until [DeleteNetNS]. The loopback interface is down. The calling thread stays in
// its namespace. If the name is taken, the error matches [fs.ErrExist]. A failure
// leaves neither file nor mount behind, except that /run/netns may have become a
// shared mount, as `ip` makes it. CreateNetNS needs CAP_SYS_ADMIN, without which the
// error matches [fs.ErrPermission]. A name has 1 to 255 bytes, no slash and no NUL,
// and is neither "." nor ".."; for any other name the error matches [fs.ErrInvalid].
func CreateNetNS(name string) (*NetNS, error) {
	if err := checkNetNSName("create", name); err != nil {
		return nil, err
	}
	file, err := netns.Create(name)
	if err != nil {
		return nil, netNSError("create", name, err)
	}
	return &NetNS{file: file, name: name, label: name}, nil
}

// NewNetNS makes a network namespace without a name, which exists until its last
// user is gone: the NetNS, a process, a socket or a mount. Its loopback interface is
// down. The calling thread stays in its namespace. NewNetNS needs CAP_SYS_ADMIN,
// without which the error matches [fs.ErrPermission].
func NewNetNS() (*NetNS, error) {
	ns, err := netNSOf(netns.New())
	return ns, netNSError("create", "", err)
}

// OpenNetNS opens a named network namespace, made by `ip netns` or by [CreateNetNS].
// If the name does not exist, the error matches [fs.ErrNotExist].
func OpenNetNS(name string) (*NetNS, error) {
	if err := checkNetNSName("open", name); err != nil {
		return nil, err
	}
	ns, err := netNSOf(netns.Open(netns.Named(name)))
	if err != nil {
		return nil, netNSError("open", name, err)
	}
	ns.name, ns.label = name, name
	return ns, nil
}

// NetNSOfPID opens the network namespace of the process pid, or of its first thread
// if its threads are in different namespaces. If there is no such process, the error
// matches [fs.ErrNotExist]. Another user's process needs CAP_SYS_PTRACE.
func NetNSOfPID(pid int) (*NetNS, error) {
	return NetNSAtPath(netns.OfPID(pid))
}

// NetNSAtPath opens the network namespace whose file is at path, such as
// /proc/1/ns/net or a bind mount made by a container engine. Any other kind of file
// is an error.
func NetNSAtPath(path string) (*NetNS, error) {
	ns, err := netNSOf(netns.Open(path))
	if err != nil {
		return nil, netNSError("open", path, err)
	}
	ns.label = path
	return ns, nil
}

// CurrentNetNS opens the network namespace of the calling thread. Inside [NetNS.Do]
// it is the namespace that was entered; elsewhere it is the process's namespace,
// unless the program itself has moved the thread.
func CurrentNetNS() (*NetNS, error) {
	ns, err := netNSOf(netns.Open(netns.OfThread))
	return ns, netNSError("open", "", err)
}

// ListNetNS returns the names of the named network namespaces, sorted. Like `ip
// netns list` it reads the directory and opens no file, so a name may be stale. It
// needs no privilege.
func ListNetNS() ([]string, error) {
	names, err := netns.List()
	return names, netNSError("list", "", err)
}

// DeleteNetNS removes the name of a network namespace, as `ip netns del` does, and
// any stale file of that name. The namespace itself exists until its last process,
// socket and open NetNS are gone. If the name does not exist, the error matches
// [fs.ErrNotExist]. DeleteNetNS needs CAP_SYS_ADMIN.
func DeleteNetNS(name string) error {
	if err := checkNetNSName("delete", name); err != nil {
		return err
	}
	return netNSError("delete", name, netns.Delete(name))
}

// netNSOf returns the NetNS of a namespace that was opened, with its label.
func netNSOf(file *os.File, label string, err error) (*NetNS, error) {
	if err != nil {
		return nil, err
	}
	return &NetNS{file: file, label: label}, nil
}

// socketNetNS opens the namespace of a socket.
func socketNetNS(rt *rtnl.Conn) (*NetNS, error) {
	ns := &NetNS{}
	err := rt.Control(func(fd int) (err error) {
		ns.file, ns.label, err = netns.OfSocket(fd)
		return err
	})
	switch {
	case errors.Is(err, os.ErrClosed):
		return nil, err
	case err != nil:
		return nil, &Error{Op: "open", Kind: "netns", Err: err}
	}
	return ns, nil
}

// Close releases the file descriptor, as soon as the calls in progress no longer
// need it. It does not delete the name. A second Close returns an error that matches
// [os.ErrClosed].
func (ns *NetNS) Close() error {
	if ns.open().Close() != nil { // this fails only for a second Close
		return ns.closed()
	}
	return nil
}

// Name returns the name under which the namespace was created or opened, or "" if
// there was none. It does not check whether the name has been deleted since.
func (ns *NetNS) Name() string {
	if ns == nil {
		return ""
	}
	return ns.name
}

// String returns the name, or the path that the namespace was opened from, or the
// kernel's notation with the inode number, as in net:[4026531840]. Characters that
// are not printable are escaped as in Go strings; Name returns the name unescaped.
func (ns *NetNS) String() string {
	if ns == nil {
		return ""
	}
	return attr.Printable(ns.label)
}

// Equal reports whether both are the same namespace, however they were opened. A
// closed NetNS is not equal to any.
func (ns *NetNS) Equal(other *NetNS) bool {
	same, err := ns.same(other)
	return same && err == nil
}

// Do runs fn in the namespace and returns its error. fn has a goroutine and a thread
// of its own. Files and sockets that it opens (such as /proc/thread-self/net) belong
// to the namespace, and so do processes that it starts, whereas goroutines that it
// starts run outside. Only the network namespace changes, not the user namespace nor
// the mount namespace, so /sys/class/net still shows the previous one. Afterwards
// the thread returns to its namespace; if the kernel does not permit that, the
// thread is discarded.
//
// Do waits for fn. A panic in fn continues in the caller with the same value, and
// runtime.Goexit, hence also the FailNow of a test, ends the caller too. If the
// namespace cannot be entered, fn is not called. Entering it takes CAP_SYS_ADMIN,
// here and in the user namespace that owns the network namespace.
func (ns *NetNS) Do(fn func() error) error {
	if fn == nil {
		return (&fault{"function", "it is nil: give Do one to run"}).in("enter")
	}
	var o outcome
	if err := netns.Enter(ns.use, func() { o.record(fn) }); err != nil {
		return netNSError("enter", ns.String(), err)
	}
	return o.replay()
}

// outcome carries the way a function ended from one goroutine to another.
type outcome struct {
	err      error
	panicked any
	exited   bool // by runtime.Goexit
}

func (o *outcome) record(fn func() error) {
	o.exited = true
	defer func() { o.panicked = recover() }()
	o.err = fn()
	o.exited = false
}

func (o *outcome) replay() error {
	if o.panicked != nil {
		panic(o.panicked)
	}
	if o.exited {
		runtime.Goexit()
	}
	return o.err
}

// use lends the file descriptor to fn. Until fn returns, the number refers to the
// namespace, even if Close is called.
func (ns *NetNS) use(fn func(fd int) error) error {
	conn, err := ns.open().SyscallConn()
	if err != nil {
		return ns.closed()
	}
	var failed error
	if conn.Control(func(fd uintptr) { failed = fn(int(fd)) }) != nil {
		return ns.closed()
	}
	return failed
}

// same compares device and inode, which identify a namespace while it is open.
func (ns *NetNS) same(other *NetNS) (bool, error) {
	a, err := ns.stat()
	if err != nil {
		return false, err
	}
	b, err := other.stat()
	return err == nil && os.SameFile(a, b), err
}

func (ns *NetNS) stat() (os.FileInfo, error) {
	info, err := ns.open().Stat()
	if err != nil {
		return nil, ns.closed()
	}
	return info, nil
}

// open returns the file, or a nil *os.File, whose methods return errors rather than
// panic.
func (ns *NetNS) open() *os.File {
	if ns == nil {
		return nil
	}
	return ns.file
}

// closed returns the error for a NetNS that is closed, or that no function has
// returned.
func (ns *NetNS) closed() error {
	if ns.open() != nil {
		return closedNetNS(ns.label)
	}
	return &Error{Op: "use", Attr: "NetNS", Message: "it is nil or zero: OpenNetNS and others return one", Err: notOpen{}}
}

// notOpen is the cause for a NetNS that no function has returned. It matches both an
// invalid argument and a closed file.
type notOpen struct{}

func (notOpen) Error() string { return fs.ErrInvalid.Error() }

func (notOpen) Unwrap() []error {
	return []error{invalid.Argument(syscall.EINVAL), os.ErrClosed}
}

// closedNetNS is the error for a NetNS that is used after Close. Its text is the
// result of String.
type closedNetNS string

func (c closedNetNS) Error() string {
	return strings.Join(strings.Fields("network namespace "+attr.Printable(string(c))+" is closed"), " ")
}

func (c closedNetNS) Unwrap() error { return os.ErrClosed }

// checkNetNSName returns an error for a name that cannot be a file name.
func checkNetNSName(op, name string) error {
	if message := netns.NameFault(name); message != "" {
		return &Error{Op: op, Kind: "netns", Name: name, Err: fs.ErrInvalid, Message: message}
	}
	return nil
}

// netNSError adds the attempted operation to err. The error of a closed namespace
// needs no addition.
func netNSError(op, name string, err error) error {
	_, closed := errors.AsType[closedNetNS](err)
	if _, never := errors.AsType[notOpen](err); err == nil || closed || never {
		return err
	}
	return &Error{Op: op, Kind: "netns", Name: name, Err: err, Message: netns.Reason(op, name, err)}
}

// Cmd is an [exec.Cmd] whose process starts in a network namespace. It has the
// fields and the other methods of exec.Cmd.
type Cmd struct {
	*exec.Cmd
	ns *NetNS
}

// Command returns the command that runs the named program in the namespace, like
// [exec.CommandContext]. The program starts as with `ip netns exec`, in a mount
// namespace of its own: /sys shows the network namespace, without other file systems
// below /sys, and the files of /etc/netns/NAME are mounted over the files of /etc, if
// the NetNS has a name. The mounts end with the program. Where a user namespace or a
// container forbids them, ns.Do(cmd.Start) changes the network namespace alone.
//
// The NetNS must be open until the process has started. SysProcAttr.Pdeathsig is
// refused, because the thread that starts the process ends at once.
func (ns *NetNS) Command(ctx context.Context, name string, args ...string) *Cmd {
	if ctx == nil {
		cmd := exec.Command(name, args...)
		cmd.Err = noContext.in("run")
		return &Cmd{cmd, ns}
	}
	return &Cmd{exec.CommandContext(ctx, name, args...), ns}
}

// Start is like the method of [exec.Cmd], in the namespace. It may also return the error
// of a namespace that cannot be entered, or of a mount.
func (c *Cmd) Start() error { return c.inView(c.Cmd.Start) }

// inView calls start on a thread from which a process starts in the namespace, with its
// /sys and /etc.
func (c *Cmd) inView(start func() error) error {
	if netns.EndsWithThread(c.Cmd) {
		return &Error{Op: "run in", Kind: "netns", Name: c.ns.String(), Attr: "Pdeathsig", Err: fs.ErrInvalid,
			Message: "the thread that starts the process ends at once, and the process with it"}
	}
	var o outcome
	if err := netns.EnterView(c.ns.use, c.ns.Name(), func() { o.record(start) }); err != nil {
		return viewError(c.ns.String(), err)
	}
	return o.replay()
}

// viewError adds the remedy to the error of a mount.
func viewError(name string, err error) error {
	e, ok := netNSError("run in", name, err).(*Error)
	if _, mounts := errors.AsType[*fs.PathError](err); ok && mounts {
		e.Message = "the program cannot get its own view of /sys and /etc: ns.Do(cmd.Start) changes the network namespace alone"
		return e
	}
	return netNSError("run in", name, err)
}

// Run is like the method of [exec.Cmd], in the namespace.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output is like the method of [exec.Cmd], in the namespace.
func (c *Cmd) Output() ([]byte, error) { return c.collect(c.Cmd.Output) }

// CombinedOutput is like the method of [exec.Cmd], in the namespace.
func (c *Cmd) CombinedOutput() ([]byte, error) { return c.collect(c.Cmd.CombinedOutput) }

// collect keeps a thread in the namespace until the process has ended, because
// exec.Cmd starts and waits in one method.
func (c *Cmd) collect(run func() ([]byte, error)) (out []byte, err error) {
	err = c.inView(func() error {
		out, err = run()
		return err
	})
	return out, err
}

// word returns the argument of `ip` after the word netns: the name, or a path. A
// namespace without either is reached through this process, as long as it is open
// here; so is one whose path is a different file for each process.
func (ns *NetNS) word() string {
	return attr.Quote(ns.plainWord())
}

// plainWord is word without quotes.
func (ns *NetNS) plainWord() string {
	const self, threadSelf = "/proc/self/", "/proc/thread-self/"
	own := strings.HasPrefix(ns.label, self) || strings.HasPrefix(ns.label, threadSelf)
	if ns.name != "" || strings.HasPrefix(ns.label, "/") && !own {
		return ns.label
	}
	path := "closed"
	_ = ns.use(func(fd int) error {
		path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
		return nil
	})
	return path
}

// ownNetNS returns the word for the namespace of this process.
func ownNetNS() string {
	return netns.OfPID(os.Getpid())
}

// command returns the command that runs `ip` in the namespace; nil is the caller's.
func (ns *NetNS) command() string {
	switch {
	case ns == nil, ns.isID():
		return "ip"
	case ns.name != "":
		return "ip -n " + attr.Quote(ns.name)
	}
	return "nsenter --net=" + ns.word() + " ip"
}

// ID returns the id of ns in the calling thread's namespace, as used by
// Link.NetNSID. The kernel assigns one if there is none yet.
func (ns *NetNS) ID(ctx context.Context) (int, error) {
	return withConn(func(c *Conn) (id int, err error) {
		err = ns.use(func(fd int) error {
			n, err := rtnl.FindOrMakeNSID(ctx, c.rt, fd)
			id = int(n)
			return err
		})
		if err != nil {
			return 0, kernelError(&Error{Op: "find the id of", Kind: "netns", Name: ns.String()}, err)
		}
		return id, nil
	})
}
