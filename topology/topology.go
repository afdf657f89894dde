// Package topology shows the connections between the links of a machine, across all
// its network namespaces: parents, masters and ports, the ends of pairs, and the
// underlays and the other ends of tunnels.
//
//	t, err := topology.Read(ctx)
//	fmt.Print(t.Tree())
//
// The same snapshot can be drawn as a [Topology.Tree] for the terminal, a
// [Topology.Mermaid] flowchart, a [Topology.DOT] graph for Graphviz, or a
// [Topology.SVG] image. The same topology gives the same picture, byte for byte.
package topology

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink"
)

// A Topology is a snapshot of the links in a number of network namespaces. It is a
// plain value: Read makes one from the present state, and a program may construct
// its own.
type Topology struct {
	// NetNS are the namespaces, in the order in which they are drawn. Read sorts
	// them: the current one, those with names, those of processes, and those that
	// only have an id.
	NetNS []NetNS
	// Unreadable is the number of processes that could not be examined for lack of
	// privilege. Namespaces with only such processes are missing.
	Unreadable int
}

// A NetNS is a network namespace and its links.
type NetNS struct {
	// ID distinguishes the namespace from all others. Read uses the kernel's
	// notation, such as net:[4026531840]. For a namespace with neither name nor
	// process it uses the id of the namespace in another one.
	ID string
	// Names are the names in `ip netns`, sorted.
	Names []string
	// PID is the first process in the namespace, 0 if none is known, and Command its
	// name, at most 15 bytes.
	PID     int
	Command string
	// Current reports whether the calling thread is in the namespace.
	Current bool
	// Err is the reason why the links are unknown; it is empty if they are known.
	Err string
	// Links are all links except the loopback interface, which exists once in each
	// namespace. Read sorts them by name.
	Links []Link
}

// A Link is a link and its connections.
type Link struct {
	Index int    // unique within the namespace
	Name  string // at most 15 bytes
	Kind  string // such as "vxlan", or the type of frames, such as "ether", for hardware
	// Detail is a property that distinguishes it from others of its kind, such as
	// the VNI.
	Detail string
	Up     bool           // whether it is up
	Addrs  []netip.Prefix // its IP addresses except link-local ones, sorted

	Master Ref // the bridge, bond, team, VRF or mesh that it is a port of
	Parent Ref // the link that it sits on; for IPoIB and rmnet the kernel does not report its namespace
	Peer   Ref // the other end of a pair
	Dev    Ref // the link that a tunnel runs over
	Tunnel Ref // the other end of a tunnel, if the addresses of both ends match
}

// A Ref refers to a link by its namespace's ID and its index; the zero Ref refers to
// none. The link may be missing in the Topology.
type Ref struct {
	NetNS string
	Index int
}

// Read returns a snapshot of all network namespaces that it can find: the caller's,
// those with a name in /run/netns, those of the processes in /proc, and those for
// which any of these has an id, which is the case if a link leads there. A namespace
// that cannot be entered has the reason in its Err. A link that is created or
// deleted during the call may be present or missing.
//
// Reading the caller's namespace needs no privilege, entering others needs
// CAP_SYS_ADMIN, and examining processes of other users CAP_SYS_PTRACE. On systems
// other than Linux the error matches errors.ErrUnsupported.
func Read(ctx context.Context) (*Topology, error) {
	return read(ctx)
}

// ReadNetNS is Read for the given namespaces only, in the given order.
func ReadNetNS(ctx context.Context, namespaces ...*iplink.NetNS) (*Topology, error) {
	for _, ns := range namespaces {
		if ns.String() == "" { // not returned by any function
			return nil, ns.Close()
		}
	}
	return readNetNS(ctx, namespaces)
}

// String returns the label of a namespace in pictures: its names, or its first
// process, or its ID.
func (n *NetNS) String() string {
	switch {
	case len(n.Names) > 0:
		return strings.Join(n.Names, "/") // not possible in a name
	case n.PID != 0:
		return "process " + strconv.Itoa(n.PID) + " (" + n.Command + ")"
	}
	return n.ID
}

// title returns the heading: String with additional remarks.
func (n *NetNS) title() string {
	title := plain(n.String())
	if n.Current {
		title += " (current)"
	}
	if n.Err != "" {
		title += " (" + plain(n.Err) + ")"
	}
	return title
}

// sort puts namespaces and links into the documented order.
func (t *Topology) sort() {
	slices.SortFunc(t.NetNS, func(a, b NetNS) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), slices.Compare(a.Names, b.Names),
			cmp.Compare(a.PID, b.PID), cmp.Compare(a.ID, b.ID))
	})
}

func (n *NetNS) rank() int {
	switch {
	case n.Current:
		return 0
	case len(n.Names) > 0:
		return 1
	case n.PID != 0:
		return 2
	}
	return 3
}

// sortLinks sorts by name, and links with the same name by index. Equal names occur
// only while links are renamed.
func sortLinks(links []Link) {
	slices.SortFunc(links, func(a, b Link) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Index, b.Index))
	})
}
