package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Whole makes Save describe links wholly: also with the settings that every new link has and
// with link-layer addresses that the kernel chose, and so that Ensure removes addresses,
// routes, neighbours and alternative names that came since. It is for going back to a former
// state of links that still exist. VLANs and entries of databases that came since stay.
func Whole() SaveOption {
	return func(s *saving) { s.whole = true }
}

// describeWhole is describeAsIs with all settings that a link can be given again. Settings
// of the kind that no verb takes together are left out if every new link has them.
func describeWhole(l *Link, name func(int) string) *copyBuilder {
	s := specOf(l)
	s.index = 0
	s.linkSet = s.linkSet.Or(attr.SetOf(uapi.IFLA_MASTER, uapi.IFLA_IFALIAS)).Minus(attr.SetOf(uapi.IFLA_NUM_TX_QUEUES, uapi.IFLA_NUM_RX_QUEUES))
	if s.kind().address != "" || l.Kind == "" { // which cannot be set, or not in all drivers
		s.linkSet.Remove(uapi.IFLA_BROADCAST)
	}
	if l.Parent == 0 || l.Kind == "" {
		s.linkSet.Remove(uapi.IFLA_LINK)
	}
	if len(l.INET6.Conf()) > 0 && l.INET6.AddrGenMode != AddrGenStableSecret {
		s.inet6Set = attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE)
	}
	s.linkRefs = refsByName(s.linkSet, s.link.settable, name)
	if s.Info != nil {
		s.Set = unusual(s.Set, s.info().attrs, "")
		if s.check("update") != nil {
			s.Set = unusual(s.Set, s.info().attrs, s.defaults())
		}
		s.Refs = refsByName(s.Set, s.info().attrs, name)
	}
	s.called |= calledOnly
	b := newCopy(s)
	if l.NetNSID >= 0 && (l.Parent != 0 || s.kind().tunnel) {
		b.LinkNetNSID(int(l.NetNSID))
	}
	return b
}
