package tracenl

import "github.com/iplink-go/iplink/internal/uapi"

// The attributes of addresses, routes and neighbours. The packages inet and fdb have the
// words for whole ones; these are for filters, and for parts that do not make up a whole.

var addrFields = []field{
	{typ: uapi.IFA_ADDRESS, name: "peer", form: address},
	{typ: uapi.IFA_LOCAL, name: "local", form: address},
	{typ: uapi.IFA_LABEL, name: "label", form: text},
	{typ: uapi.IFA_BROADCAST, name: "broadcast", form: address},
	{typ: uapi.IFA_CACHEINFO, form: silent},
	{typ: uapi.IFA_FLAGS, name: "flags", form: hexadecimal},
	{typ: uapi.IFA_RT_PRIORITY, name: "metric"},
	{typ: uapi.IFA_PROTO, name: "proto"},
}

var routeFields = []field{
	{typ: uapi.RTA_DST, name: "to", form: address},
	{typ: uapi.RTA_OIF, name: "dev", form: ifindex},
	{typ: uapi.RTA_GATEWAY, name: "via", form: address},
	{typ: uapi.RTA_PRIORITY, name: "metric"},
	{typ: uapi.RTA_PREFSRC, name: "src", form: address},
	{typ: uapi.RTA_METRICS, form: silent},
	{typ: uapi.RTA_MULTIPATH, form: silent},
	{typ: uapi.RTA_CACHEINFO, form: silent},
	{typ: uapi.RTA_PREF, form: silent},
	{typ: uapi.RTA_TABLE, name: "table"},
	{typ: uapi.RTA_VIA, name: "via", form: digits},
	{typ: uapi.RTA_NH_ID, name: "nhid"},
}

var neighFields = []field{
	{typ: uapi.NDA_DST, name: "dst", form: address},
	{typ: uapi.NDA_LLADDR, name: "lladdr", form: hardware},
	{typ: uapi.NDA_CACHEINFO, form: silent},
	{typ: uapi.NDA_VLAN, name: "vlan"},
	{typ: uapi.NDA_PORT, name: "port", form: big},
	{typ: uapi.NDA_VNI, name: "vni"},
	{typ: uapi.NDA_IFINDEX, name: "dev", form: ifindex},
	{typ: uapi.NDA_MASTER, name: "master", form: ifindex},
	{typ: uapi.NDA_LINK_NETNSID, name: "link-netnsid", form: signed},
	{typ: uapi.NDA_SRC_VNI, name: "src_vni"},
	{typ: uapi.NDA_NH_ID, name: "nhid"},
	{typ: uapi.NDA_FDB_EXT_ATTRS, form: silent},
	{typ: uapi.NDA_FLAGS_EXT, name: "ext_flags", form: hexadecimal},
	{typ: uapi.NDA_NDM_STATE_MASK, name: "state_mask", form: hexadecimal},
	{typ: uapi.NDA_NDM_FLAGS_MASK, name: "flags_mask", form: hexadecimal},
}

var nsidFields = []field{
	{typ: uapi.NETNSA_NSID, name: "nsid", form: signed},
	{typ: uapi.NETNSA_PID, name: "pid"},
	{typ: uapi.NETNSA_FD, name: "fd"},
	{typ: uapi.NETNSA_TARGET_NSID, name: "target-nsid", form: signed},
}
