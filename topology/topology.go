// Package topology shows how the links of a machine hang together, across all
// its network namespaces: which link sits on which, which is a port of which,
// what is at the other end of a pair, what a tunnel runs over and to.
//
//	t, err := topology.Read(ctx)
//	fmt.Print(t.Tree())
//
// The same snapshot can be drawn as a [Topology.Tree] for the terminal, a
// [Topology.Mermaid] flowchart, a [Topology.DOT] graph for Graphviz, or an
// [Topology.SVG] image. The same topology gives the same picture, byte by byte.
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

// A Topology is a snapshot of the links in a number of network namespaces. It
// is a plain value: Read makes one of what there is, and a program may make its
// own.
type Topology struct {
	// NetNS are the namespaces, in the order in which they are drawn. Read
	// sorts them: the current one, those with names, those of processes, and
	// those that only have an id.
	NetNS []NetNS
	// Unreadable is how many processes could not be looked into for want of
	// privilege. Namespaces that only they are in are missing.
	Unreadable int
}

// A NetNS is a network namespace and its links.
type NetNS struct {
	// ID tells the namespace from all others. Read makes it the kernel's own
	// notation, such as net:[4026531840]; for a namespace that has neither
	// name nor process, the id by which another one knows it.
	ID string
	// Names are those of `ip netns`, sorted.
	Names []string
	// PID is the first process in the namespace, 0 if none is known, and
	// Command its name, at most 15 bytes.
	PID     int
	Command string
	// Current says that the calling thread is in the namespace.
	Current bool
	// Err says why the links are not known; it is empty if they are.
	Err string
	// Links are all links but loopback interfaces, of which each namespace has
	// one. Read sorts them by name.
	Links []Link
}

// A Link is a link and what it hangs together with.
type Link struct {
	Index int    // unique within the namespace
	Name  string // at most 15 bytes
	Kind  string // such as "vxlan", or the type of frames, such as "ether", for hardware
	// Detail is what tells it from others of its kind, such as the VNI.
	Detail string
	Up     bool           // whether it is up
	Addrs  []netip.Prefix // its IP addresses but for link-local ones, sorted

	Master Ref // the bridge, bond, team or VRF that it is a port of
	Parent Ref // the link that it sits on; of IPoIB the kernel does not say in which namespace
	Peer   Ref // the other end of a pair
	Dev    Ref // the link that a tunnel runs over
	Tunnel Ref // the other end of a tunnel, if the addresses of both say so
}

// A Ref names a link by its namespace's ID and its index; the zero Ref names
// none. What it names may be missing in the Topology.
type Ref struct {
	NetNS string
	Index int
}

// Read returns a snapshot of all network namespaces that can be found: the
// caller's, those with a name in /run/netns, those of the processes in /proc,
// and those that any of these has an id for, which is the case if a link leads
// there. What cannot be entered says so in its Err. Links that come and go
// meanwhile may be there or not.
//
// Reading the caller's namespace needs no privilege, entering others needs
// CAP_SYS_ADMIN, and looking into processes of other users CAP_SYS_PTRACE.
// Elsewhere than on Linux the error matches errors.ErrUnsupported.
func Read(ctx context.Context) (*Topology, error) {
	return read(ctx)
}

// ReadNetNS is Read for a number of namespaces, in that order, and no other.
func ReadNetNS(ctx context.Context, namespaces ...*iplink.NetNS) (*Topology, error) {
	for _, ns := range namespaces {
		if ns.String() == "" { // no function has returned it
			return nil, ns.Close()
		}
	}
	return readNetNS(ctx, namespaces)
}

// String returns what a namespace is called in pictures: its names, or the
// process in it, or its ID.
func (n *NetNS) String() string {
	switch {
	case len(n.Names) > 0:
		return strings.Join(n.Names, "/") // which no name contains
	case n.PID != 0:
		return "process " + strconv.Itoa(n.PID) + " (" + n.Command + ")"
	}
	return n.ID
}

// title is String, and what else a heading says.
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

// sort puts namespaces and links in the order that is documented.
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

// sortLinks sorts by name, and by index those whose names are the same, which
// happens only while links are renamed.
func sortLinks(links []Link) {
	slices.SortFunc(links, func(a, b Link) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Index, b.Index))
	})
}
