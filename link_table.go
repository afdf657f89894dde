package iplink

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

// attrs is the table of the attributes that every link has. The rows that requests
// contain come first, named after the words of `ip link`.
func (l *Link) attrs(c *attr.Codec) {
	l.settable(c)
	l.reported(c)
	attr.Nest(c.NoEvent(), uapi.IFLA_LINKINFO, "linkinfo", l.linkInfo)
	attr.Nest(c.NoEvent(), uapi.IFLA_AF_SPEC, "af_spec", l.afSpec)
	attr.Strings(c.Key("altnames"), uapi.IFLA_PROP_LIST, uapi.IFLA_ALT_IFNAME, "altname", &l.AltNames)
	l.Hardware.attrs(c)
}

func (l *Link) settable(c *attr.Codec) {
	attr.Text(c, uapi.IFLA_IFNAME, "name", &l.Name, uapi.IFNAMSIZ-1)
	attr.Index(c.CreateOnly(), uapi.IFLA_LINK, "link", &l.Parent)
	attr.Text(c.CreateOnly(), uapi.IFLA_PARENT_DEV_NAME, "parentdev", &l.Hardware.ParentDev, 255)
	attr.Hardware(c, uapi.IFLA_ADDRESS, "address", &l.Address)
	attr.Hardware(c.Takes("brd"), uapi.IFLA_BROADCAST, "broadcast", &l.Broadcast)
	attr.U32(c, uapi.IFLA_MTU, "mtu", &l.MTU, 0, math.MaxInt32)
	attr.U32(c.Takes("txqlen qlen"), uapi.IFLA_TXQLEN, "txqueuelen", &l.TxQueueLen, 0, math.MaxInt16)
	attr.U32(c.CreateOnly(), uapi.IFLA_NUM_TX_QUEUES, "numtxqueues", &l.TxQueues, 1, 4096)
	attr.U32(c.CreateOnly(), uapi.IFLA_NUM_RX_QUEUES, "numrxqueues", &l.RxQueues, 1, 4096)
	attr.U32(c.Takes("default=0"), uapi.IFLA_GROUP, "group", &l.Group)
	attr.Index(c.Takes("vrf"), uapi.IFLA_MASTER, "master", &l.Master)
	attr.Bytes(c, uapi.IFLA_IFALIAS, "alias", &l.Alias, uapi.IFALIASZ-1)
	attr.OnOff(c, uapi.IFLA_CARRIER, "carrier", &l.Carrier)
	attr.OnOff(c, uapi.IFLA_PROTO_DOWN, "protodown", &l.ProtoDown)
	attr.Custom(c.Nested(), uapi.IFLA_PROTO_DOWN_REASON, "protodown_reason", (*protoDownReasons)(l))
	attr.Enum(c.Key("operstate"), uapi.IFLA_OPERSTATE, "state", &l.OperState, operStates)
	attr.Enum(c.Key("linkmode"), uapi.IFLA_LINKMODE, "mode", &l.LinkMode, linkModes)
	l.Offload.attrs(c)
}

func (o *Offload) attrs(c *attr.Codec) {
	attr.U32(c, uapi.IFLA_GSO_MAX_SIZE, "gso_max_size", &o.GSOMaxSize)
	attr.U32(c, uapi.IFLA_GSO_MAX_SEGS, "gso_max_segs", &o.GSOMaxSegs, 0, 65535)
	attr.U32(c, uapi.IFLA_GRO_MAX_SIZE, "gro_max_size", &o.GROMaxSize, 0, 524280)
	attr.U32(c.Since(6, 3), uapi.IFLA_GSO_IPV4_MAX_SIZE, "gso_ipv4_max_size", &o.GSOMaxIPv4Size)
	attr.U32(c.Since(6, 3), uapi.IFLA_GRO_IPV4_MAX_SIZE, "gro_ipv4_max_size", &o.GROMaxIPv4Size, 0, 524280)
	attr.U32(c.ReadOnly(), uapi.IFLA_TSO_MAX_SIZE, "tso_max_size", &o.TSOMaxSize)
	attr.U32(c.ReadOnly(), uapi.IFLA_TSO_MAX_SEGS, "tso_max_segs", &o.TSOMaxSegs)
}

func (l *Link) reported(c *attr.Codec) {
	attr.S32(c.ReadOnly(), uapi.IFLA_LINK_NETNSID, "link-netnsid", &l.NetNSID)
	attr.U32(c.ReadOnly(), uapi.IFLA_MIN_MTU, "minmtu", &l.MinMTU)
	attr.U32(c.ReadOnly(), uapi.IFLA_MAX_MTU, "maxmtu", &l.MaxMTU)
	attr.Hardware(c.ReadOnly(), uapi.IFLA_PERM_ADDRESS, "permaddr", &l.PermAddress)
	attr.Text(c.ReadOnly(), uapi.IFLA_QDISC, "qdisc", &l.QDisc, 0)
	attr.U32(c.ReadOnly().NoEvent(), uapi.IFLA_CARRIER_CHANGES, "carrier_changes", &l.CarrierChanges)
	attr.U32(c.ReadOnly().NoEvent(), uapi.IFLA_CARRIER_UP_COUNT, "carrier_up_count", &l.CarrierUps)
	attr.U32(c.ReadOnly().NoEvent(), uapi.IFLA_CARRIER_DOWN_COUNT, "carrier_down_count", &l.CarrierDowns)
	attr.U32(c.ReadOnly(), uapi.IFLA_PROMISCUITY, "promiscuity", &l.Promiscuity)
	attr.U32(c.ReadOnly(), uapi.IFLA_ALLMULTI, "allmulti", &l.AllMulti)
	attr.U32(c.ReadOnly().NoEvent(), uapi.IFLA_EVENT, "event", &l.Event)
	attr.S32(c.ReadOnly().NoEvent(), uapi.IFLA_NEW_NETNSID, "new-netnsid", &l.NewNetNSID)
	attr.Index(c.ReadOnly().NoEvent(), uapi.IFLA_NEW_IFINDEX, "new-ifindex", &l.NewIndex)
	attr.Bool(c.ReadOnly().Since(6, 15), uapi.IFLA_NETNS_IMMUTABLE, "netns-immutable", &l.NetNSImmutable)
	attr.Nest(c, uapi.IFLA_XDP, "xdp", l.XDP.attrs)
	attr.Skip(c, uapi.IFLA_STATS, uapi.IFLA_PAD, uapi.IFLA_TARGET_NETNSID)
	l.Stats.attrs(c)
}

func (h *Hardware) attrs(c *attr.Codec) {
	attr.Raw(c, uapi.IFLA_MAP, "map", &h.Map)
	attr.Raw(c, uapi.IFLA_PHYS_PORT_ID, "portid", &h.PhysPortID)
	attr.Text(c.ReadOnly(), uapi.IFLA_PHYS_PORT_NAME, "portname", &h.PhysPortName, 0)
	attr.Raw(c, uapi.IFLA_PHYS_SWITCH_ID, "switchid", &h.PhysSwitchID)
	attr.Text(c.ReadOnly(), uapi.IFLA_PARENT_DEV_BUS_NAME, "parentbus", &h.ParentBus, 0)
	attr.U32(c.ReadOnly(), uapi.IFLA_NUM_VF, "numvf", &h.NumVF)
	attr.Raw(c.Since(6, 2), uapi.IFLA_DEVLINK_PORT, "devlink-port", &h.DevlinkPort)
	attr.Raw(c.Since(6, 7), uapi.IFLA_DPLL_PIN, "dpll-pin", &h.DPLLPin)
	attr.Nanos(c.ReadOnly().Since(6, 13), uapi.IFLA_MAX_PACING_OFFLOAD_HORIZON, "max_pacing_offload_horizon", &h.PacingHorizon)
	attr.U16(c.ReadOnly().Since(6, 18), uapi.IFLA_HEADROOM, "headroom", &h.Headroom)
	attr.U16(c.ReadOnly().Since(6, 18), uapi.IFLA_TAILROOM, "tailroom", &h.Tailroom)
}

func (l *Link) linkInfo(c *attr.Codec) {
	attr.Text(c.ReadOnly(), uapi.IFLA_INFO_KIND, "kind", &l.Kind, 0)
	attr.InPlace(c, uapi.IFLA_INFO_DATA, "info", &l.raw.data)
	attr.InPlace(c, uapi.IFLA_INFO_XSTATS, "xstats", &l.raw.xstats)
	attr.Text(c.ReadOnly(), uapi.IFLA_INFO_SLAVE_KIND, "port kind", &l.PortKind, 0)
	attr.InPlace(c, uapi.IFLA_INFO_SLAVE_DATA, "port", &l.raw.portData)
}

// protoDownReasons are the bits of ProtoDownReason. A builder sets some of them, a report
// has all of them.
type protoDownReasons Link

// AppendPayload appends the bits with the mask of those to change, or without a mask all
// bits.
func (p *protoDownReasons) AppendPayload(b []byte) []byte {
	if p.raw.reasons != 0 {
		b = wire.AppendU32(b, uapi.IFLA_PROTO_DOWN_REASON_MASK, p.raw.reasons)
	}
	return wire.AppendU32(b, uapi.IFLA_PROTO_DOWN_REASON_VALUE, p.ProtoDownReason)
}

// ParsePayload reads the bits.
func (p *protoDownReasons) ParsePayload(b []byte) error {
	value := wire.Find(b, uapi.IFLA_PROTO_DOWN_REASON_VALUE)
	if err := attr.Width(value, 4); err != nil {
		return err
	}
	p.ProtoDownReason = wire.Order.Uint32(value)
	return nil
}

// Within reports whether the link has the bits as the builder sets them.
func (p *protoDownReasons) Within(have attr.Payload) bool {
	h, ok := have.(*protoDownReasons)
	return ok && h.ProtoDownReason&cmp.Or(p.raw.reasons, math.MaxUint32) == p.ProtoDownReason
}

// Same compares all bits.
func (p *protoDownReasons) Same(have attr.Payload) bool {
	return p.ProtoDownReason == have.(*protoDownReasons).ProtoDownReason
}

// AppendWords appends each bit that the builder sets, or that the link has, such as
// "3 on".
func (p *protoDownReasons) AppendWords(b []byte) []byte {
	return append(b, strings.Join(p.words(), " ")...)
}

// ReadWords reads the number of a bit and a switch.
func (p *protoDownReasons) ReadWords(_ string, args *words.Args) error {
	bit, err := args.Number(32)
	if err != nil {
		return err
	}
	if bit > 31 {
		return args.Faultf("%d is not in 0…31", bit)
	}
	on, err := attr.ReadSwitch(args)
	p.setReason(uint32(1)<<bit, on)
	return err
}

// JSONValue returns the bits.
func (p *protoDownReasons) JSONValue() any { return p }

// WriteJSON writes an object with each bit that the builder sets, or that the link has.
func (p *protoDownReasons) WriteJSON(w *jsonform.Writer) {
	w.Open('{')
	mask := cmp.Or(p.raw.reasons, p.ProtoDownReason)
	for bit := range 32 {
		if mask&(1<<bit) != 0 {
			w.Key(strconv.Itoa(bit))
			w.Bool(p.ProtoDownReason&(1<<bit) != 0)
		}
	}
	w.Close('}')
}

// ReadJSON reads an object with the numbers of bits and switches.
func (p *protoDownReasons) ReadJSON(n *jsonform.Node) error {
	for i := range n.Members {
		m := &n.Members[i]
		bit, ok := words.Number(m.Name, 32)
		if !ok || bit > 31 {
			return n.MemberFault(m, "a bit is not in 0…31")
		}
		on, err := m.Value.Switch()
		if err != nil {
			return err
		}
		p.setReason(uint32(1)<<bit, on)
	}
	return n.Want(jsonform.Object)
}

// setReason sets the bits of mask to a value.
func (p *protoDownReasons) setReason(mask uint32, on bool) {
	p.raw.reasons |= mask
	p.ProtoDownReason &^= mask
	if on {
		p.ProtoDownReason |= mask
	}
}

// Schema describes the object.
func (p *protoDownReasons) Schema() *jsonform.Schema {
	return &jsonform.Schema{Type: "object", Additional: jsonform.Switch(), Description: "numbers of bits, 0 to 31, each with a switch"}
}

func (p *protoDownReasons) words() (all []string) {
	mask := cmp.Or(p.raw.reasons, p.ProtoDownReason)
	for bit := range 32 {
		if mask&(1<<bit) != 0 {
			all = append(all, fmt.Sprint(bit, " ", map[bool]string{true: "on", false: "off"}[p.ProtoDownReason&(1<<bit) != 0]))
		}
	}
	return all
}

// Check accepts all bits.
func (p *protoDownReasons) Check() error { return nil }

func (x *XDP) attrs(c *attr.Codec) {
	attr.U8(c.ReadOnly(), uapi.IFLA_XDP_ATTACHED, "attached", &x.Attached)
	attr.U32(c.ReadOnly(), uapi.IFLA_XDP_PROG_ID, "prog_id", &x.ProgID)
	attr.U32(c.ReadOnly(), uapi.IFLA_XDP_DRV_PROG_ID, "drv_prog_id", &x.DrvProgID)
	attr.U32(c.ReadOnly(), uapi.IFLA_XDP_SKB_PROG_ID, "skb_prog_id", &x.SkbProgID)
	attr.U32(c.ReadOnly(), uapi.IFLA_XDP_HW_PROG_ID, "hw_prog_id", &x.HWProgID)
}

func (l *Link) afSpec(c *attr.Codec) {
	attr.Nest(c, uapi.AF_INET, "inet", l.INET.attrs)
	attr.Nest(c, uapi.AF_INET6, "inet6", l.INET6.attrs)
}

func (i *INET) attrs(c *attr.Codec) {
	attr.InPlace(c, uapi.IFLA_INET_CONF, "conf", &i.conf)
}

func (i *INET6) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_INET6_ADDR_GEN_MODE, "addrgenmode", &i.AddrGenMode, addrGenModes)
	attr.U32(c.ReadOnly(), uapi.IFLA_INET6_FLAGS, "flags", &i.Flags)
	attr.ReportedAddr(c, uapi.IFLA_INET6_TOKEN, "token", &i.Token)
	attr.U32(c.ReadOnly(), uapi.IFLA_INET6_RA_MTU, "ra_mtu", &i.RAMTU)
	attr.U32s(c, uapi.IFLA_INET6_CACHEINFO, "cacheinfo",
		&i.MaxReasmLen, &i.Timestamp, &i.ReachableTime, &i.RetransTime)
	attr.InPlace(c, uapi.IFLA_INET6_CONF, "conf", &i.conf)
	attr.InPlace(c, uapi.IFLA_INET6_STATS, "stats", &i.stats)
	attr.InPlace(c, uapi.IFLA_INET6_ICMP6STATS, "icmp6stats", &i.icmp6)
}

func (s *Stats) attrs(c *attr.Codec) {
	attr.U64s(c.NoEvent(), uapi.IFLA_STATS64, "stats64",
		&s.RxPackets, &s.TxPackets, &s.RxBytes, &s.TxBytes,
		&s.RxErrors, &s.TxErrors, &s.RxDropped, &s.TxDropped,
		&s.Multicast, &s.Collisions,
		&s.RxLengthErrors, &s.RxOverErrors, &s.RxCRCErrors, &s.RxFrameErrors, &s.RxFIFOErrors, &s.RxMissedErrors,
		&s.TxAbortedErrors, &s.TxCarrierErrors, &s.TxFIFOErrors, &s.TxHeartbeatErrors, &s.TxWindowErrors,
		&s.RxCompressed, &s.TxCompressed, &s.RxNoHandler, &s.RxOtherHostDropped)
}

// newLink returns a blank link.
func newLink() *Link {
	return new(Link).blank()
}

// blank marks the fields of a zero link as unknown, where that is not zero.
func (l *Link) blank() *Link {
	l.NetNSID, l.NewNetNSID = -1, -1
	return l
}

// numbers reads an array of numbers in the host's byte order.
func numbers[T uint32 | int32 | uint64](b []byte) []T {
	size := int(unsafe.Sizeof(T(0)))
	all := make([]T, 0, len(b)/size)
	for ; len(b) >= size; b = b[size:] {
		if size == 8 {
			all = append(all, T(wire.Order.Uint64(b)))
		} else {
			all = append(all, T(wire.Order.Uint32(b)))
		}
	}
	return all
}

// A HardwareType is an ARPHRD_* number, which determines the frame format of a link.
type HardwareType uint16

// Hardware types of the links that this library creates, and of some others.
const (
	HardwareEther             HardwareType = 1      // Ethernet
	HardwareIEEE1394          HardwareType = 24     // IP over FireWire
	HardwareInfiniBand        HardwareType = 32     // IP over InfiniBand
	HardwareSLIP              HardwareType = 256    // IP on a serial line
	HardwareX25               HardwareType = 271    // X.25
	HardwareCAN               HardwareType = 280    // Controller Area Network
	HardwareMCTP              HardwareType = 290    // Management Component Transport Protocol
	HardwarePPP               HardwareType = 512    // Point-to-Point Protocol
	HardwareHDLC              HardwareType = 513    // Cisco HDLC
	HardwareRawIP             HardwareType = 519    // IP without a link layer, as many modems have it
	HardwareTunnel            HardwareType = 768    // IP in IPv4; addresses are IPv4 addresses
	HardwareTunnel6           HardwareType = 769    // IP in IPv6; addresses are IPv6 addresses
	HardwareLoopback          HardwareType = 772    // loopback
	HardwareSIT               HardwareType = 776    // IPv6 in IPv4; addresses are IPv4 addresses
	HardwareGRE               HardwareType = 778    // IP in GRE over IPv4; addresses are IPv4 addresses
	HardwarePIMReg            HardwareType = 779    // packets of a multicast router
	HardwareIEEE80211         HardwareType = 801    // frames of IEEE 802.11
	HardwarePrism             HardwareType = 802    // frames of IEEE 802.11 with a Prism header
	HardwareRadiotap          HardwareType = 803    // frames of IEEE 802.11 with a radiotap header
	HardwareIEEE802154        HardwareType = 804    // IEEE 802.15.4; addresses have 8 bytes
	HardwareIEEE802154Monitor HardwareType = 805    // frames of IEEE 802.15.4 as they are received
	HardwarePhonet            HardwareType = 820    // Phonet
	HardwarePhonetPipe        HardwareType = 821    // Phonet, for a GPRS connection
	HardwareCAIF              HardwareType = 822    // CAIF
	HardwareGRE6              HardwareType = 823    // IP in GRE over IPv6; addresses are IPv6 addresses
	HardwareNetlink           HardwareType = 824    // nlmon
	Hardware6LoWPAN           HardwareType = 825    // IPv6 over IEEE 802.15.4; addresses have 8 bytes
	HardwareVsockmon          HardwareType = 826    // vsockmon
	HardwareNone              HardwareType = 0xfffe // no link layer, such as VXLAN with GPE
	HardwareVoid              HardwareType = 0xffff // unknown
)

// hardwareWords are iproute2's words, and for the types that it has none for, a word like
// theirs.
var hardwareWords = map[HardwareType]string{
	HardwareEther: "ether", HardwareIEEE1394: "ieee1394", HardwareInfiniBand: "infiniband", HardwareSLIP: "slip",
	HardwareX25: "x25", HardwareCAN: "can", HardwareMCTP: "mctp", HardwarePPP: "ppp", HardwareHDLC: "hdlc",
	HardwareRawIP: "rawip", HardwareTunnel: "ipip", HardwareTunnel6: "tunnel6", HardwareLoopback: "loopback",
	HardwareSIT: "sit", HardwareGRE: "gre", HardwarePIMReg: "pimreg", HardwareIEEE80211: "ieee802.11",
	HardwarePrism: "ieee802.11/prism", HardwareRadiotap: "ieee802.11/radiotap", HardwareIEEE802154: "ieee802.15.4",
	HardwareIEEE802154Monitor: "ieee802.15.4/monitor", HardwarePhonet: "phonet", HardwarePhonetPipe: "phonet_pipe",
	HardwareCAIF: "caif", HardwareGRE6: "gre6", HardwareNetlink: "netlink", Hardware6LoWPAN: "6lowpan",
	HardwareVsockmon: "vsockmon", HardwareNone: "none", HardwareVoid: "void",
}

// String returns iproute2's word for the type, such as "ether", or the number.
func (t HardwareType) String() string {
	if word, ok := hardwareWords[t]; ok {
		return word
	}
	return strconv.Itoa(int(t))
}

// MarshalText returns the result of String.
func (t HardwareType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *HardwareType) UnmarshalText(text []byte) error {
	for _, known := range []HardwareType{HardwareEther, HardwareInfiniBand, HardwareCAN, HardwareTunnel, HardwareTunnel6,
		HardwareLoopback, HardwareSIT, HardwareGRE, HardwareGRE6, HardwareNetlink, HardwareNone} {
		if known.String() == string(text) {
			*t = known
			return nil
		}
	}
	return attr.ReadWord(nil, "hardware type", text, t)
}
