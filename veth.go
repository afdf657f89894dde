package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var vethKind = kind{
	config: "VETH",
	info:   func() info { return new(VethInfo) },
	mtu:    [2]uint32{68, 65535},
	peer:   uapi.VETH_INFO_PEER,
}

// VethInfo is what the kernel says of a veth link.
type VethInfo struct {
	// Peer is the interface index of the other end, in the namespace
	// PeerNetNSID where that is not -1.
	Peer int
	// PeerNetNSID is the id, as the link's namespace has it, of the namespace
	// where the other end is; -1 if it is the same.
	PeerNetNSID int32
}

// attrs is empty: the kernel reports nothing of its own for a veth.
func (v *VethInfo) attrs(*attr.Codec) {}

// complete takes the other end from where the kernel puts it.
func (v *VethInfo) complete(l *Link) {
	v.Peer, v.PeerNetNSID = l.Parent, l.NetNSID
}

// Veth is the builder for a pair of virtual Ethernet links: what goes in at one
// end comes out at the other.
type Veth struct {
	builder[Veth]
}

// NewVeth returns the builder for one end of a pair; see package veth.
func NewVeth(name string) *Veth {
	v := new(Veth)
	return v.start(v, KindVeth, name)
}

// Peer describes the other end: its name and any setting that links share. The
// kernel chooses the name if it is empty. Its namespace is that of the Conn
// unless its NetNS or the LinkNetNS of this end names another. Without Peer the
// kernel names the other end and gives it the settings of this one
// (VETH_INFO_PEER). It cannot change later.
func (v *Veth) Peer(peer *Veth) *Veth {
	var other *builder[Veth]
	if peer != nil {
		other = peer.base()
	}
	if v.judge("Peer", v.peerFault(other)) {
		v.spec.peer = peer
	}
	return v
}
