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

	peerName: "veth",
}

// VethInfo is the kernel's report of a veth link.
type VethInfo struct {
	// Peer is the interface index of the other end, in the namespace PeerNetNSID if
	// that is not -1.
	Peer int
	// PeerNetNSID is the id that the link's namespace uses for the namespace of the
	// other end; -1 if both ends are in the same namespace.
	PeerNetNSID int32
}

// attrs is empty: the kernel reports no attributes of its own for a veth.
func (v *VethInfo) attrs(*attr.Codec) {}

// afterDecode copies the other end from the attributes in which the kernel reports
// it.
func (v *VethInfo) afterDecode(l *Link) {
	v.Peer, v.PeerNetNSID = l.Parent, l.NetNSID
}
