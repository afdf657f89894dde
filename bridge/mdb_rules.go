package bridge

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
)

// fault is the name of a setting and the reason why it is invalid, or nil if it is
// valid.
type fault []string

// keyFault checks the fields that identify an entry.
func (e *MDBEntry) keyFault() fault {
	switch {
	case e.VLAN > mostVID:
		return fault{"vid", fmt.Sprintf("%d is not in 1…%d", e.VLAN, mostVID)}
	case e.Group.IsValid() == (len(e.MAC) > 0):
		return fault{"grp", "an IP address or an Ethernet address is due, one of them"}
	case len(e.MAC) > 0:
		return e.macFault()
	case !plain(e.Group) || !e.Group.IsMulticast():
		return fault{"grp", e.Group.String() + " is not the address of a group"}
	case !e.Source.IsValid():
		return nil
	}
	return e.sourceFault("src", e.Source)
}

// portFault checks that a port is named.
func (e *MDBEntry) portFault() fault {
	if e.Port == "" && e.PortIndex == 0 {
		return fault{"port", "name the port, or the bridge where the machine itself joins"}
	}
	return nil
}

// macFault checks a group outside IP.
func (e *MDBEntry) macFault() fault {
	switch {
	case len(e.MAC) != 6 || e.MAC[0]&1 == 0:
		return fault{"grp", e.MAC.String() + " is not the address of a group"}
	case e.Source.IsValid() || len(e.Sources) > 0 || e.Include:
		return fault{"src", "only groups of IP have sources"}
	}
	return nil
}

// sourceFault checks a source of the group.
func (e *MDBEntry) sourceFault(word string, a netip.Addr) fault {
	switch {
	case !plain(a) || a.IsMulticast() || a.IsUnspecified():
		return fault{word, a.String() + " is not the address of a sender"}
	case a.Is4() != e.Group.Is4():
		return fault{word, fmt.Sprintf("%s and the group %s are of different families", a, e.Group)}
	}
	return nil
}

// plain reports whether an address can be sent to the kernel unchanged.
func plain(a netip.Addr) bool {
	return a.IsValid() && a.Zone() == "" && !a.Is4In6()
}

// membersFault checks the remaining fields of an entry to be added. host reports
// whether the entry is for the bridge itself.
func (e *MDBEntry) membersFault(host bool) fault {
	switch {
	case len(e.MAC) > 0 && !e.Permanent:
		return fault{"permanent", "a group that is not one of IP has to be permanent"}
	case e.Source.IsValid() && len(e.Sources) > 0:
		return fault{"source_list", "an entry with a source has no list of them"}
	case host && (e.Source.IsValid() || e.sendsMode() || e.sendsProtocol()):
		return fault{"port", "where the machine itself joins, no source, filter mode or protocol can be given"}
	case e.sendsMode() && len(e.Sources) == 0:
		return fault{"source_list", "to include none is to have no entry"}
	case len(e.Sources) > mostSources:
		return fault{"source_list", fmt.Sprintf("%d are given, and the kernel takes %d", len(e.Sources), mostSources)}
	}
	for _, source := range e.Sources {
		if fault := e.sourceFault("source_list", source.Addr); fault != nil {
			return fault
		}
	}
	return nil
}

// mostSources is the maximum number of sources of a group on a port, the kernel's
// PG_SRC_ENT_LIMIT.
const mostSources = 32

// explain adds the reason for the kernel's rejection of an entry.
func (e *MDBEntry) explain(err error, replaces bool) error {
	refused, ok := errors.AsType[*iplink.Error](err)
	switch {
	case !ok:
		return err
	case replaces && errors.Is(err, syscall.EEXIST):
		openlink.Say(refused, "an entry can be replaced since Linux 6.3: delete this one before")
	case refused.Message != "Unknown attribute type":
	case e.sendsMode():
		refused.Attr = "source_list"
		openlink.Say(refused, "lists of sources and filter modes are taken since Linux 6.3: an entry with Source includes one")
	case e.sendsProtocol():
		refused.Attr = "proto"
		openlink.Say(refused, "a protocol is taken since Linux 6.3: leave it out")
	}
	return unsnooped(err)
}

// unsnooped adds the reason for the error of a kernel without a multicast database.
func unsnooped(err error) error {
	if refused, ok := errors.AsType[*iplink.Error](err); ok && errors.Is(err, syscall.EOPNOTSUPP) {
		openlink.Say(refused, "this kernel's bridge knows no groups (CONFIG_BRIDGE_IGMP_SNOOPING)")
	}
	return err
}
