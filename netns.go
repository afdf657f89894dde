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
	"github.com/iplink-go/iplink/internal/rtnl"
)

// netNSDir is where `ip netns` keeps the named namespaces, see ip-netns(8).
const netNSDir = "/run/netns"

// NetNS is an open network namespace. It owns a file descriptor, which keeps
// the namespace alive until Close; a namespace also lives as long as it has a
// name, a process or a socket. A method called after Close fails with an error
// that matches [os.ErrClosed]; on a NetNS that none of the functions below
// returned, with one that matches [fs.ErrInvalid] as well. A NetNS may be used by many goroutines.
type NetNS struct {
	file  *os.File
	name  string // empty unless it is one of `ip netns`
	label string // what String says: the name, the path or net:[inode]
}

// CreateNetNS makes a named network namespace and opens it, as `ip netns add`
// does: the two see each other's namespaces. The name stays, in /run/netns,
// until [DeleteNetNS]. Its loopback interface is down. The calling thread
// stays where it is. A name that is taken is an error that matches
// [fs.ErrExist]; a failure leaves neither file nor mount behind, except that
// /run/netns may have become the shared mount that `ip` makes of it. It needs
// CAP_SYS_ADMIN, without which the error matches [fs.ErrPermission]. A name
// has 1 to 255 bytes, no slash and no NUL, and is neither "." nor ".."; any
// other is an error that matches [fs.ErrInvalid].
func CreateNetNS(name string) (*NetNS, error) {
	if err := checkNetNSName("create", name); err != nil {
		return nil, err
	}
	ns, err := createNetNS(name)
	return ns, netNSError("create", name, err)
}

// NewNetNS makes a network namespace without a name, which is gone with its
// last user: the NetNS, a process, a socket or a mount. Its loopback interface
// is down. The calling thread stays where it is. It needs CAP_SYS_ADMIN,
// without which the error matches [fs.ErrPermission].
func NewNetNS() (*NetNS, error) {
	ns, err := newNetNS()
	return ns, netNSError("create", "", err)
}

// OpenNetNS opens a named network namespace, one of `ip netns` or of
// [CreateNetNS]. A name that does not exist is an error that matches
// [fs.ErrNotExist].
func OpenNetNS(name string) (*NetNS, error) {
	if err := checkNetNSName("open", name); err != nil {
		return nil, err
	}
	ns, err := openNetNS(netNSDir + "/" + name)
	if err != nil {
		return nil, netNSError("open", name, err)
	}
	ns.name, ns.label = name, name
	return ns, nil
}

// NetNSOfPID opens the network namespace that the process pid is in; of a
// process whose threads are in different ones, that of its first thread.
// Without such a process the error matches [fs.ErrNotExist]. Another user's
// process needs CAP_SYS_PTRACE.
func NetNSOfPID(pid int) (*NetNS, error) {
	return NetNSAtPath(pidNetNSPath(pid))
}

// NetNSAtPath opens the network namespace whose file is at path, such as
// /proc/1/ns/net or one that a container engine has bind-mounted. Any other
// kind of file is an error.
func NetNSAtPath(path string) (*NetNS, error) {
	ns, err := openNetNS(path)
	if err != nil {
		return nil, netNSError("open", path, err)
	}
	ns.label = path
	return ns, nil
}

// CurrentNetNS opens the network namespace of the calling thread: inside
// [NetNS.Do] the one that was entered, elsewhere that of the process, unless
// the program itself has moved the thread.
func CurrentNetNS() (*NetNS, error) {
	ns, err := openNetNS(threadNetNSPath)
	return ns, netNSError("open", "", err)
}

// ListNetNS returns the names of the named network namespaces, sorted. Like
// `ip netns list` it reads the directory and opens nothing: a name may turn
// out to be stale. It needs no privilege.
func ListNetNS() ([]string, error) {
	names, err := listNetNS()
	return names, netNSError("list", "", err)
}

// DeleteNetNS removes the name of a network namespace, as `ip netns del` does,
// and any stale file of that name. The namespace itself lives on until its
// last process, socket and open NetNS are gone. A name that does not exist is
// an error that matches [fs.ErrNotExist]. It needs CAP_SYS_ADMIN.
func DeleteNetNS(name string) error {
	if err := checkNetNSName("delete", name); err != nil {
		return err
	}
	return netNSError("delete", name, deleteNetNS(name))
}

// Close releases the file descriptor, as soon as the calls under way no longer
// need it. It deletes no name. A second Close is an error that matches
// [os.ErrClosed].
func (ns *NetNS) Close() error {
	if ns.open().Close() != nil { // closing twice is the one way in which this fails
		return ns.closed()
	}
	return nil
}

// Name returns the name under which the namespace was created or opened, or ""
// if it was by none. Whether the name has been deleted since is not looked at.
func (ns *NetNS) Name() string {
	if ns == nil {
		return ""
	}
	return ns.name
}

// String returns the name, or else the path it was opened from, or else the
// kernel's own notation with the inode number, as in net:[4026531840]. What does
// not print is escaped as in Go's strings; Name has the name as it is.
func (ns *NetNS) String() string {
	if ns == nil {
		return ""
	}
	return attr.Printable(ns.label)
}

// Equal reports whether both are the same namespace, however they were opened.
// A closed one equals none.
func (ns *NetNS) Equal(other *NetNS) bool {
	same, err := ns.same(other)
	return same && err == nil
}

// Do runs fn in the namespace and returns its error. fn has a goroutine and a
// thread for itself: what it opens (sockets, /proc/thread-self/net) belongs to
// the namespace, and so do the processes it starts, whereas the goroutines
// that it starts run outside. Only the network namespace changes, neither the
// user nor the mount namespace, so that /sys/class/net still shows the former
// one. Afterwards the thread goes back, or if the kernel refuses that, is
// thrown away.
//
// Do waits for fn. A panic in fn goes on in the caller with the same value,
// and runtime.Goexit, thus also the FailNow of a test, ends the caller too. If
// the namespace cannot be entered fn is not called; that takes CAP_SYS_ADMIN,
// here and in the user namespace that the network namespace belongs to.
func (ns *NetNS) Do(fn func() error) error {
	if fn == nil {
		return (&fault{"function", "it is nil: give Do one to run"}).in("enter")
	}
	var o outcome
	if err := ns.enter(func() { o.record(fn) }); err != nil {
		return netNSError("enter", ns.String(), err)
	}
	return o.replay()
}

// outcome carries the way in which a function ended from one goroutine to
// another.
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

// use lends the file descriptor to fn. Until fn returns the number stays that
// of the namespace, even if Close is called.
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

// open returns the file, or a nil *os.File, whose methods all fail, in place
// of a panic.
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

// notOpen is the cause for a NetNS that no function has returned. It is no argument
// to go by, and it is not open.
type notOpen struct{}

func (notOpen) Error() string { return fs.ErrInvalid.Error() }

func (notOpen) Unwrap() []error {
	return []error{invalid.Argument(syscall.EINVAL), os.ErrClosed}
}

// closedNetNS is the error of a NetNS that is used after Close; its text is
// what String said.
type closedNetNS string

func (c closedNetNS) Error() string {
	return strings.Join(strings.Fields("network namespace "+attr.Printable(string(c))+" is closed"), " ")
}

func (c closedNetNS) Unwrap() error { return os.ErrClosed }

var errNoNetNS = errors.New("the file is not a network namespace")

// checkNetNSName returns an error for what cannot be a file's name. `ip` has
// the same rules.
func checkNetNSName(op, name string) error {
	var message string
	switch {
	case name == "":
		message = "a network namespace needs a name"
	case name == "." || name == "..":
		message = `"." and ".." are no names`
	case strings.ContainsAny(name, "/\x00"):
		message = "a name has no slash and no NUL"
	case len(name) > 255:
		message = "a name has at most 255 bytes"
	default:
		return nil
	}
	return &Error{Op: op, Kind: "netns", Name: name, Err: fs.ErrInvalid, Message: message}
}

// netNSError says what was attempted; a closed namespace has said enough
// itself.
func netNSError(op, name string, err error) error {
	_, closed := errors.AsType[closedNetNS](err)
	if _, never := errors.AsType[notOpen](err); err == nil || closed || never {
		return err
	}
	return &Error{Op: op, Kind: "netns", Name: name, Err: err, Message: netNSReason(op, name, err)}
}

// netNSReason says what an error about a namespace means, and what to do; empty if it
// says so itself.
func netNSReason(op, name string, err error) string {
	ofProcess := strings.HasPrefix(name, "/proc/")
	file := netNSDir + "/" + name
	named := name != "" && !strings.HasPrefix(name, "/")
	switch {
	case errors.Is(err, syscall.EPERM):
		return "needs CAP_SYS_ADMIN"
	case errors.Is(err, syscall.EACCES) && ofProcess:
		return "the namespace of another user's process needs CAP_SYS_PTRACE"
	case errors.Is(err, fs.ErrNotExist) && ofProcess:
		return "there is no such process"
	case errors.Is(err, syscall.ENOSPC) && op == "create":
		return "the sysctl user.max_net_namespaces, or a full " + netNSDir + ", allows no more"
	case named:
		return namedNetNSReason(op, file, err)
	}
	return ""
}

// namedNetNSReason is netNSReason for a namespace that has, or is to have, a file in
// /run/netns.
func namedNetNSReason(op, file string, err error) string {
	makes := ""
	if op == "create" {
		makes = ", or use NewNetNS, which makes no file"
	}
	switch {
	case errors.Is(err, errNoNetNS):
		return "nothing is mounted on " + file + ": DeleteNetNS removes the name"
	case errors.Is(err, fs.ErrNotExist):
		return "there is no " + file + ": CreateNetNS and ip netns add make it"
	case errors.Is(err, syscall.EROFS):
		return "cannot change " + file + ": mount a tmpfs on " + netNSDir + makes
	case errors.Is(err, syscall.EACCES):
		return "cannot use " + file + ": run as root" + makes
	}
	return ""
}

// Cmd is an [exec.Cmd] whose process starts in a network namespace. Its fields
// and other methods are those of exec.Cmd.
type Cmd struct {
	*exec.Cmd
	ns *NetNS
}

// Command returns the command that runs the program name in the namespace,
// like [exec.CommandContext]. Unlike `ip netns exec` it changes only the
// network namespace, not the mount namespace: /sys still shows the former
// network namespace, and /etc/netns/NAME is not mounted over /etc. The NetNS
// must be open until the process has started.
func (ns *NetNS) Command(ctx context.Context, name string, args ...string) *Cmd {
	if ctx == nil {
		cmd := exec.Command(name, args...)
		cmd.Err = noContext.in("run")
		return &Cmd{cmd, ns}
	}
	return &Cmd{exec.CommandContext(ctx, name, args...), ns}
}

// Start is that of [exec.Cmd], in the namespace. Its error may also be one of
// [NetNS.Do].
func (c *Cmd) Start() error { return c.ns.Do(c.Cmd.Start) }

// Run is that of [exec.Cmd], in the namespace.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output is that of [exec.Cmd], in the namespace.
func (c *Cmd) Output() ([]byte, error) { return c.collect(c.Cmd.Output) }

// CombinedOutput is that of [exec.Cmd], in the namespace.
func (c *Cmd) CombinedOutput() ([]byte, error) { return c.collect(c.Cmd.CombinedOutput) }

// collect keeps a thread in the namespace until the process has ended, for
// exec.Cmd starts and waits in one method.
func (c *Cmd) collect(run func() ([]byte, error)) (out []byte, err error) {
	err = c.ns.Do(func() error {
		out, err = run()
		return err
	})
	return out, err
}

// word returns what `ip` is to be told after the word netns: the name, or a
// path. A namespace without either is reached through this process, as long as
// it has it open; and so is one whose path is another file for each process.
func (ns *NetNS) word() string {
	const self, threadSelf = "/proc/self/", "/proc/thread-self/"
	own := strings.HasPrefix(ns.label, self) || strings.HasPrefix(ns.label, threadSelf)
	if ns.name != "" || strings.HasPrefix(ns.label, "/") && !own {
		return attr.Quote(ns.label)
	}
	path := "closed"
	_ = ns.use(func(fd int) error {
		path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
		return nil
	})
	return path
}

// ownNetNS returns what word returns for the namespace of this process.
func ownNetNS() string {
	return fmt.Sprintf("/proc/%d/ns/net", os.Getpid())
}

// command returns the command that runs `ip` in the namespace; nil is the
// caller's.
func (ns *NetNS) command() string {
	switch {
	case ns == nil:
		return "ip"
	case ns.name != "":
		return "ip -n " + attr.Quote(ns.name)
	}
	return "nsenter --net=" + ns.word() + " ip"
}

// ID returns the id by which the calling thread's namespace knows ns, and which
// Link.NetNSID is about; the kernel makes one up if there is none yet.
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
