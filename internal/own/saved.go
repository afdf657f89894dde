package own

import (
	"context"
	"net"
	"net/netip"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// A Saved is a link whose builder is made from the kernel's reports.
type Saved struct {
	Index, Master int
	Below         int // the index of the link below, or 0
	Address       net.HardwareAddr
	Info          any       // the settings that only its kind has, as the kernel reports them, or nil
	Link          *Settings // of its builder
	Port          *Settings // the same as a port, or nil
	Flood         *Flood    // nil if the kernel makes no such entries, or others
}

// A Flood is the destination of a link's frames to addresses without a forwarding entry, for
// which the kernel makes one.
type Flood struct {
	Remote netip.Addr
	VNI    uint32
}

// A Saver reads the objects of a sort that programs have given the links of a namespace,
// and stores them in the settings, as the setters of the builders do. It leaves out objects
// that the kernel makes by itself. The links are known by their indexes.
type Saver func(ctx context.Context, conn *rtnl.Conn, links map[int]*Saved) error

// NameOf returns the name of the link with an index, or an empty string if it is not saved.
func NameOf(links map[int]*Saved, index int) string {
	if l := links[index]; l != nil {
		return l.Link.Name
	}
	return ""
}
