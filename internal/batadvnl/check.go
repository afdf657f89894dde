package batadvnl

import (
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Lacking returns an error for the first setting in set that the kernel does not report.
// It would accept and ignore such a setting.
func Lacking(set, reported attr.Set, t attr.Table) *attr.Error {
	for typ := range set.Minus(reported).All() {
		return &attr.Error{Name: nameOf(typ, t), Text: reasonOf(typ), Errno: syscall.EOPNOTSUPP}
	}
	return nil
}

func nameOf(typ uint16, t attr.Table) (name string) {
	new(attr.Codec).Describe(t, func(r attr.Row) {
		if r.Type == typ {
			name = r.Name
		}
	})
	return name
}

// reasonOf returns the reason why a kernel does not report a setting.
func reasonOf(typ uint16) string {
	option := map[uint16]string{
		uapi.BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED: "BLA",
		uapi.BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED: "DAT",
		uapi.BATADV_ATTR_LOG_LEVEL:                     "DEBUG",
		uapi.BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED:  "MCAST",
		uapi.BATADV_ATTR_MULTICAST_FANOUT:              "MCAST",
		uapi.BATADV_ATTR_NETWORK_CODING_ENABLED:        "NC",
		uapi.BATADV_ATTR_ELP_INTERVAL:                  "BATMAN_V",
		uapi.BATADV_ATTR_THROUGHPUT_OVERRIDE:           "BATMAN_V",
	}[typ]
	switch {
	case option == "NC":
		return "this kernel's batman-adv has no network coding (CONFIG_BATMAN_ADV_NC, which Linux 7.3 does not have)"
	case option != "":
		return fmt.Sprintf("this kernel's batman-adv is built without it (CONFIG_BATMAN_ADV_%s)", option)
	}
	return "this kernel's batman-adv does not report it for this link"
}

// mostTQ is the largest selection class of BATMAN_IV, where it is a quality of the path.
const mostTQ = 255

// CheckClass refuses a selection class of gateways that the routing algorithm would
// ignore.
func CheckClass(algorithm string, class uint32) *attr.Error {
	if algorithm == "BATMAN_IV" && class > mostTQ {
		return &attr.Error{Name: "gw_sel_class", Text: fmt.Sprintf("%d is not in 1…%d, the classes of BATMAN_IV", class, mostTQ)}
	}
	return nil
}
