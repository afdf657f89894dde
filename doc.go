// Package iplink is `ip link` as a library: it creates, changes, reads and
// removes Linux network links of every kind, and the namespaces they live in.
//
//	link, err := vxlan.New("vx0").VNI(100).Local(a).Remote(b).Dev("eth0").Port(4789).Up().Create(ctx)
//
// There are five things to know: a builder describes a link, a verb makes it so,
// a [Link] is what the kernel says, a [NetNS] is where it is, and an [Error] is
// why not.
//
// # Builders
//
// Each kind of link has a package with a function New, which returns a builder:
// a description of a link, made by chained setters in iproute2's words. A
// setter never fails and sends nothing; only what a setter was called for is
// sent, and false and 0 are sent when they were set. A builder is a pointer,
// so that a setter may also be called on its own, as in
//
//	v := veth.New("ve0").Peer(veth.New("ve1"))
//	if jumbo {
//		v.MTU(9000)
//	}
//
// and Clone is the way to make a template serve twice. String returns the `ip`
// command that does the same, so that printing a builder shows what would be
// done. Every builder is a [Spec], for calls that take several.
//
// # Verbs
//
// Create makes a link, all or nothing: on an error, also when the context ends,
// nothing is left behind. Update changes a link that exists, and refuses with
// [ErrImmutable] what cannot change. Both return the Link as the kernel describes
// it afterwards, and compare it with what was asked for: a setting that the
// kernel took and did not apply is [ErrNotApplied], not a surprise.
//
// Ensure makes a link if it is missing, changes what differs if it is there, and
// only looks if nothing differs; Diff tells what it would change. [Get], [List]
// and [Delete] do what they say, and [Device] names a link of any kind, hardware
// included, for Update and Ensure.
//
// # Conns and goroutines
//
// A verb on a builder dials for itself, in the namespace of the calling thread.
// A [Conn], from [Dial], saves that for many operations; many goroutines may use
// one. Its Create makes many links at once, all or nothing, of which later ones
// may name earlier ones; its Ensure puts them in order. A builder is for one
// goroutine at a time. Every call returns when its context ends, and leaves a
// Conn that can be used. There is no state beside these.
//
// # Links
//
// A Link is a snapshot: it does not follow the link, and it is no request. What
// only its kind has is in its field Info, such as a *[VXLANInfo], and what it
// has as a port in PortInfo. What a newer kernel reports and this library does
// not know is kept in Unknown.
//
// # Namespaces and threads
//
// A NetNS is an open network namespace. The setter NetNS says where a link is
// to be, on either end of a pair too; names of parents and underlays mean those
// of the Conn's namespace, unless LinkNetNS says otherwise, and names of
// masters those of the link's own. [NetNS.Dial] opens a Conn there and [NetNS.Do]
// runs a function there. A namespace belongs to a thread, which goroutines
// share: no call leaves the calling thread in another one, and nobody need lock
// a thread to use this library.
//
// # Watching
//
// [Watch] is an iteration over what becomes of links: a snapshot, then every link
// that is added, changed or removed, with how it was and how it is. It loses
// nothing between the two, nor when the consumer is slow, and leaving the loop
// closes its socket. Filters narrow it, and [AllNetNS] widens it to other
// namespaces. [Wait] returns as soon as a [Condition] holds of one link, such as
// [Carrier], without polling.
//
// # Errors
//
// Every error of the kernel's is an *Error that names the operation, the kind,
// the link and, where it is known, the setting; it holds the kernel's own
// message, or the likely reason where the kernel gives none. Names, ranges and
// contradictions are refused before anything is sent, with an error that
// matches fs.ErrInvalid. errors.Is finds fs.ErrExist, fs.ErrNotExist,
// fs.ErrPermission and errors.ErrUnsupported as well as the errno.
//
// # Privilege
//
// Reading needs none. Changing links needs CAP_NET_ADMIN in the user namespace
// that owns the network namespace, and entering a namespace CAP_SYS_ADMIN.
// Package iplinktest gives tests both without root.
//
// # Other libraries
//
// [Raw] makes links of kinds that are not known here. Package rtnldriver makes a
// builder a driver for package github.com/jsimonetti/rtnetlink/v2, and a driver of
// that package a builder.
package iplink
