package iplink

import (
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

var (
	vtiKind = kind{
		config: "NET_IPVTI", info: func() info { return new(VTIInfo) }, wholeChange: true,
		address: noAddress, addrLen: 4, fallback: "ip_vti0", fixed: tunnelFixed(uapi.IFLA_VTI_REMOTE), defaults: vtiDefaults,
	}
	vti6Kind = kind{
		config: "IPV6_VTI", info: func() info { return new(VTI6Info) }, wholeChange: true,
		address: noAddress, addrLen: 16, fallback: "ip6_vti0", defaults: vtiDefaults,
	}
)

const vtiDefaults = withoutARP + " remote 0.0.0.0 local 0.0.0.0 remote :: local :: ikey 0 okey 0 fwmark 0x0"

// VTIInfo is the kernel's report of a vti link: IPsec over IPv4.
type VTIInfo struct {
	// Local and Remote are the addresses of the two ends; the unspecified address stands
	// for any (IFLA_VTI_LOCAL, IFLA_VTI_REMOTE).
	Local, Remote netip.Addr
	// Dev is the index of the link that the outer packets leave by, or 0
	// (IFLA_VTI_LINK).
	Dev int
	// IKey and OKey are the marks that the IPsec states and policies of the link have,
	// for received and for sent packets, 0 for none (IFLA_VTI_IKEY, IFLA_VTI_OKEY).
	IKey, OKey uint32
	// FwMark is a mark that routes no packets: the IPsec state does that. A new vti link
	// has the MTU of the route for it, and a vti6 link only reports it; 0 for none
	// (IFLA_VTI_FWMARK).
	FwMark uint32
}

func (v *VTIInfo) attrs(c *attr.Codec) { v.attrsWith(c, attr.Addr4) }

// attrsWith has the rows for addresses of one family: addr is attr.Addr4 or attr.Addr6.
func (v *VTIInfo) attrsWith(c *attr.Codec, addr func(*attr.Codec, uint16, string, *netip.Addr)) {
	addr(c, uapi.IFLA_VTI_REMOTE, "remote", &v.Remote)
	addr(c, uapi.IFLA_VTI_LOCAL, "local", &v.Local)
	attr.Index(c, uapi.IFLA_VTI_LINK, "dev", &v.Dev, "")
	attr.BE32(c, uapi.IFLA_VTI_IKEY, "ikey", &v.IKey)
	attr.BE32(c, uapi.IFLA_VTI_OKEY, "okey", &v.OKey)
	attr.U32(c.Hex(), uapi.IFLA_VTI_FWMARK, "fwmark", &v.FwMark)
}

// readWord reads "key", for both directions.
func (v *VTIInfo) readWord(s *own.Settings, word string, args *words.Args) (bool, error) {
	if word != "key" {
		return false, nil
	}
	s.Set = s.Set.Or(attr.SetOf(uapi.IFLA_VTI_IKEY, uapi.IFLA_VTI_OKEY))
	return true, readBothKeys(args, &v.IKey, &v.OKey)
}

// moreWords returns the words of readWord.
func (v *VTIInfo) moreWords() []string { return []string{"key"} }

// identity has no key: the driver finds a tunnel by its ends alone.
func (v *VTIInfo) identity() tunnelIdentity {
	return tunnelIdentity{local: attr.Specified(v.Local), remote: attr.Specified(v.Remote), dev: v.Dev}
}

// VTI6Info is the kernel's report of a vti6 link: IPsec over IPv6.
type VTI6Info struct {
	VTIInfo
}

func (v *VTI6Info) attrs(c *attr.Codec) { v.attrsWith(c, attr.Addr6) }

// identity has no Dev: the driver finds a tunnel by the two addresses.
func (v *VTI6Info) identity() tunnelIdentity {
	return tunnelIdentity{local: attr.Specified(v.Local), remote: attr.Specified(v.Remote)}
}

// identifiedBy names the settings of the identity.
func (v *VTI6Info) identifiedBy() string { return "Local and Remote" }
