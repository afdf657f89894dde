package fdbnl

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// explain adds the likely reason to an error for which the kernel gives none.
func (r *request) explain(err error) error {
	refused, ok := errors.AsType[*iplink.Error](err)
	if !ok {
		return err
	}
	if refused.Err == error(syscall.EPERM) && r.bridge && !r.learns() {
		openlink.Say(refused, r.port.Name+" takes no frames now, and learns no address: bring it up, or make the entry static")
	}
	err = openlink.Because(err, syscall.EINVAL, r.invalidReason())
	return openlink.Because(err, syscall.EOPNOTSUPP, r.unsupportedReason())
}

// learns reports whether the port is in a state in which it learns addresses. It
// returns true if the kernel did not report the state.
func (r *request) learns() bool {
	state := wire.Find(r.port.PortData, uapi.IFLA_BRPORT_STATE)
	return len(state) != 1 || state[0] == uint8(iplink.BridgePortLearning) || state[0] == uint8(iplink.BridgePortForwarding)
}

func (r *request) invalidReason() string {
	filter := r.flags&fdb.Self != 0 && !r.host && r.port.Kind != iplink.KindVXLAN
	switch {
	case filter && r.e.State != fdb.Permanent:
		return "the address filter of " + r.port.Name + " has only permanent entries"
	case filter && r.e.VLAN != 0 && !r.bridge:
		return "the address filter of " + r.port.Name + " has no VLANs"
	case r.bridge && r.e.VLAN != 0:
		return fmt.Sprintf("%s takes no part in VLAN %d: AddVLANs makes it", r.port.Name, r.e.VLAN)
	}
	return ""
}

func (r *request) unsupportedReason() string {
	switch {
	case r.flags&fdb.Self == 0:
		return ""
	case r.port.Kind == iplink.KindMacvlan || r.port.Kind == iplink.KindMacvtap:
		return r.port.Name + " has no filter for addresses of hosts except in mode passthru"
	}
	return r.port.Name + " has no filter for such an address"
}

// explainFlush adds the reason if a kernel cannot flush the table, or cannot filter
// by an attribute.
func (t Table) explainFlush(err error) error {
	refused, ok := errors.AsType[*iplink.Error](err)
	if ok && !t.ofBridge() && (refused.Err == error(syscall.EOPNOTSUPP) || refused.Message == "Unsupported attribute") {
		refused.Err = syscall.EOPNOTSUPP
		openlink.Say(refused, "a VXLAN link's entries can be flushed since Linux 6.7: list them, and delete each")
	}
	return err
}
