package topology

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/iplink-go/iplink"
)

// A described is a link whose references are not resolved yet, and the key by which
// the ends of a tunnel are matched.
type described struct {
	Link
	tunnel endpoint
	ports  []Ref // of a link that the kernel may not report as their master
}

// An endpoint is one end of a tunnel.
type endpoint struct {
	kind          string
	local, remote netip.Addr
	vni           uint32
	port          uint16
}

// other returns the endpoint that the other end should have, and false if this end
// is not specific enough.
func (e endpoint) other() (endpoint, bool) {
	sure := e.local.IsValid() && e.remote.IsValid() && !e.remote.IsMulticast() && !e.local.IsUnspecified()
	return endpoint{e.kind, e.remote, e.local, e.vni, e.port}, sure
}

// A namer returns the ID of a namespace for an id in another one; -1 is the other
// one itself.
type namer func(nsid int32) string

// describe converts the kernel's report of a link into a Link.
func describe(l *iplink.Link, name namer) described {
	d := described{Link: Link{
		Index: l.Index, Name: l.Name, Kind: l.Kind, Up: l.Up(), Detail: detail(l),
		Master: ref(name, -1, l.Master),
	}}
	if d.Kind == "" {
		d.Kind = l.Type.String()
	}
	below := ref(name, l.NetNSID, l.Parent)
	switch info := l.Info.(type) {
	case *iplink.VXLANInfo:
		d.Dev = ref(name, l.NetNSID, info.Dev)
		d.tunnel = endpoint{l.Kind, info.Local, info.Remote, info.VNI, info.Port}
	case *iplink.GeneveInfo:
		d.tunnel = endpoint{l.Kind, info.Local, info.Remote, info.VNI, info.Port}
	case *iplink.XfrmInfo:
		d.Dev = ref(name, l.NetNSID, info.Dev)
	case *iplink.HSRInfo:
		d.ports = []Ref{ref(name, -1, info.Slave1), ref(name, -1, info.Slave2), ref(name, -1, info.Interlink)}
	case *iplink.AMTInfo:
		d.Dev = ref(name, l.NetNSID, info.Dev)
	default:
		local, remote, key, ok := tunnelEnds(l)
		switch {
		case ok:
			d.Dev, d.tunnel = below, endpoint{kind: l.Kind, local: local, remote: remote, vni: key}
		case pairs[l.Kind]:
			d.Peer = below
		default:
			d.Parent = below
		}
	}
	return d
}

// tunnelEnds returns the addresses of an IP tunnel and the key of the packets that it
// receives, and false for other links.
func tunnelEnds(l *iplink.Link) (local, remote netip.Addr, key uint32, ok bool) {
	switch info := l.Info.(type) {
	case *iplink.IPIPInfo:
		return info.Local, info.Remote, 0, true
	case *iplink.SITInfo:
		return info.Local, info.Remote, 0, true
	case *iplink.IP6TnlInfo:
		return info.Local, info.Remote, 0, true
	case *iplink.GREInfo:
		return info.Local, info.Remote, info.IKey, true
	case *iplink.IP6GREInfo:
		return info.Local, info.Remote, info.IKey, true
	case *iplink.ERSPANInfo:
		return info.Local, info.Remote, info.IKey, true
	case *iplink.IP6ERSPANInfo:
		return info.Local, info.Remote, info.IKey, true
	case *iplink.VTIInfo:
		return info.Local, info.Remote, info.IKey, true
	case *iplink.VTI6Info:
		return info.Local, info.Remote, info.IKey, true
	}
	return local, remote, 0, false
}

// pairs are the kinds whose links come in pairs. The kernel reports the other end as
// it reports a parent (IFLA_LINK).
var pairs = map[string]bool{iplink.KindVeth: true, iplink.KindVXCAN: true, iplink.KindNetkit: true}

func ref(name namer, nsid int32, index int) Ref {
	if index == 0 {
		return Ref{}
	}
	return Ref{name(nsid), index}
}

// detail returns the property that distinguishes a link from others of its kind.
func detail(l *iplink.Link) string {
	switch info := l.Info.(type) {
	case *iplink.VLANInfo:
		return fmt.Sprint(info.ID)
	case *iplink.VXLANInfo:
		return tunnelDetail(info.VNI, info.Remote, info.External)
	case *iplink.GeneveInfo:
		return tunnelDetail(info.VNI, info.Remote, info.External)
	case *iplink.XfrmInfo:
		return xfrmDetail(info)
	case *iplink.AMTInfo:
		return info.Mode.String()
	case *iplink.BareUDPInfo:
		return fmt.Sprintf("%v on port %d", info.EtherType, info.Port)
	case *iplink.RMNetInfo:
		return fmt.Sprint("mux ", info.MuxID)
	case *iplink.VRFInfo:
		return fmt.Sprint("table ", info.Table)
	case *iplink.BondInfo:
		return info.Mode.String()
	case *iplink.TeamInfo:
		return string(info.Mode)
	case *iplink.MacvlanInfo:
		return info.Mode.String()
	case *iplink.IPvlanInfo:
		return strings.TrimSpace(info.Mode.String() + " " + info.Flags.String())
	case *iplink.NetkitInfo:
		return info.Mode.String()
	case *iplink.TunInfo:
		if info.Type == iplink.TunEthernet { // the word of the others is the kind
			return info.Type.String()
		}
	case *iplink.WWANInfo:
		return fmt.Sprint("session ", info.LinkID)
	case *iplink.IPoIBInfo:
		return fmt.Sprintf("%#04x", info.PKey)
	case *iplink.HSRInfo:
		return hsrDetail(info)
	}
	return tunnelText(l)
}

// tunnelText returns the remote address of an IP tunnel and its key, if it has them.
func tunnelText(l *iplink.Link) string {
	_, remote, key, ok := tunnelEnds(l)
	switch {
	case !ok || !remote.IsValid() || remote.IsUnspecified():
		return ""
	case key != 0:
		return fmt.Sprintf("%d to %s", key, remote)
	}
	return "to " + remote.String()
}

func tunnelDetail(vni uint32, remote netip.Addr, external bool) string {
	switch {
	case external:
		return "external"
	case remote.IsValid() && !remote.IsUnspecified():
		return fmt.Sprintf("%d to %s", vni, remote)
	}
	return fmt.Sprint(vni)
}

func xfrmDetail(info *iplink.XfrmInfo) string {
	if info.External {
		return "external"
	}
	return fmt.Sprintf("if_id %#x", info.IfID)
}

// tunnels finds the other end of each tunnel. If there are several candidates, as in
// namespaces that are not connected with each other, it names none.
func tunnels(all map[Ref]described) map[Ref]Ref {
	ends, found := map[endpoint][]Ref{}, map[Ref]Ref{}
	for at, d := range all {
		ends[d.tunnel] = append(ends[d.tunnel], at)
	}
	for at, d := range all {
		other, sure := d.tunnel.other()
		if sure && len(ends[d.tunnel]) == 1 && len(ends[other]) == 1 {
			found[at] = ends[other][0]
		}
	}
	return found
}

// hsrDetail returns the protocol with the version of HSR, which older kernels do not report.
func hsrDetail(info *iplink.HSRInfo) string {
	switch {
	case info.Protocol == iplink.HSRProtocolPRP:
		return info.Protocol.String()
	case info.Version != 0:
		return fmt.Sprint("version ", info.Version)
	}
	return ""
}

// masters returns the masters that the kernel does not report, by port.
func masters(all map[Ref]described) map[Ref]Ref {
	found := map[Ref]Ref{}
	for at, d := range all {
		for _, port := range d.ports {
			found[port] = at
		}
	}
	return found
}
