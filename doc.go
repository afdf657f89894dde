// Package iplink is `ip link` as a library: it creates, changes, reads and
// removes Linux network links of every kind, and the namespaces they live in.
//
//	link, err := vxlan.New("vx0").VNI(100).Local(a).Remote(b).Dev("eth0").Port(4789).Up().Create(ctx)
//
// The package has five central concepts: a builder describes a link, a verb brings
// the link into the described state, a [Link] is the kernel's description of a link,
// a [NetNS] is a namespace of links, and an [Error] explains a failure.
//
// # Builders
//
// Each kind of link has a package with a function New, which returns a builder: a
// description of a link, written with chained setters that are named after
// iproute2's words. A setter never fails and sends nothing. The request contains
// only settings whose setter was called, including those set to false or 0. A
// builder is a pointer, so that a setter may also be called on its own, as in
//
//	v := veth.New("ve0").Peer(veth.New("ve1"))
//	if jumbo {
//		v.MTU(9000)
//	}
//
// Use Clone to use a template more than once. String returns the equivalent `ip`
// command, so that printing a builder shows its effect. Every builder is a [Spec],
// for calls that accept several.
//
// # Verbs
//
// Create creates a link, or leaves nothing behind on an error, also when the context
// ends. Update changes an existing link, and returns [ErrImmutable] for settings
// that cannot change. Both return the Link as the kernel describes it afterwards,
// and compare it with the request: a setting that the kernel accepted but did not
// apply results in [ErrNotApplied].
//
// Ensure creates a link if it is missing, changes the settings that differ if it
// exists, and only reads if none differs. Diff returns the changes that Ensure would
// make. [Get], [List] and [Delete] read and delete links, and [Device] names a link
// of any kind, including hardware, for Update and Ensure.
//
// # Conns and goroutines
//
// A verb of a builder opens a socket of its own, in the namespace of the calling
// thread. A [Conn], from [Dial], is a socket for many operations, and many
// goroutines may use it. [Conn.Create] creates many links at once, or none of them; a
// link may refer to earlier ones. [Conn.Ensure] puts the links in the required order.
// A builder must not be used by several goroutines at once. Every call returns when
// its context ends, and leaves the Conn usable. The package keeps no other state.
//
// # Links
//
// A Link is a snapshot: it does not follow the link, and changing it does not change
// the link. Its field Info holds the settings that only its kind has, such as a
// *[VXLANInfo], and PortInfo its settings as a port. Attributes of newer kernels that
// this library does not know are kept in Unknown.
//
// # Namespaces and threads
//
// A NetNS is an open network namespace. The setter NetNS chooses the namespace of a
// link, also for each end of a pair. Names of parents and underlays refer to the
// namespace of the Conn, unless LinkNetNS chooses another; names of masters refer to
// the namespace of the link. [NetNS.Dial] opens a Conn in the namespace and
// [NetNS.Do] runs a function in it. A namespace belongs to a thread, which
// goroutines share. No call leaves the calling thread in another namespace, and
// callers do not need to lock a thread.
//
// # Watching
//
// [Watch] is an iterator over changes of links. It yields a snapshot, then every
// link that is added, changed or removed, with its previous and present state. No
// change is lost between the two. If the consumer is so slow that the kernel drops
// announcements, the links are listed again: steps in between may be lost then, but
// never the result. Leaving the loop closes the socket. Filters restrict the links,
// and [AllNetNS] includes other namespaces. [Wait] returns as soon as a link meets a [Condition], such as
// [UntilCarrier], without polling.
//
// # Errors
//
// Every kernel error is returned as an *Error that names the operation, the kind,
// the link and, if known, the setting. It contains the kernel's message, or the
// likely reason if the kernel gives none. Invalid names, values out of range and
// contradictions are refused before anything is sent, with an error that matches
// fs.ErrInvalid. errors.Is finds fs.ErrExist, fs.ErrNotExist, fs.ErrPermission and
// errors.ErrUnsupported as well as the errno.
//
// # Privilege
//
// Reading needs no privilege. Changing links needs CAP_NET_ADMIN in the user
// namespace that owns the network namespace, and entering a namespace needs
// CAP_SYS_ADMIN. Package iplinktest gives both to tests without root.
//
// # Other libraries
//
// [Raw] creates links of kinds that this library does not know. Package rtnldriver
// converts a builder to a driver for package github.com/jsimonetti/rtnetlink/v2, and
// a driver of that package to a builder.
package iplink
