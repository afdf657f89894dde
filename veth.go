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

// afterDecode takes the other end from where the kernel puts it.
func (v *VethInfo) afterDecode(l *Link) {
	v.Peer, v.PeerNetNSID = l.Parent, l.NetNSID
}
