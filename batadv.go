package iplink

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/batadvnl"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

var batadvKind = kind{
	config: "BATMAN_ADV",
	info:   func() info { return &BatadvInfo{bare: true} },
	mtu:    [2]uint32{68, 65503},
	driver: "B.A.T.M.A.N. advanced",
	noPort: "a port of a mesh is an Ethernet link that does not sit on a batadv link",
	reason: batadvReason,
	saved:  func() savable { return new(BatadvInfo) },

	defaultsOf: batadvDefaults,
}

// BatadvInfo has the settings of a mesh of batman-adv. Link.Info has them only in the
// results of a builder that sets one of them. Otherwise its fields have no values, because
// only requests of another type report the settings; batadv.Open returns them.
type BatadvInfo struct {
	// Algorithm is the routing algorithm (IFLA_BATADV_ALGO_NAME,
	// BATADV_ATTR_ALGO_NAME). It never changes.
	Algorithm BatadvAlgorithm
	// AggregatedOGMs sends several originator messages in one packet
	// (BATADV_ATTR_AGGREGATED_OGMS_ENABLED).
	AggregatedOGMs bool
	// APIsolation keeps wireless clients from talking to each other, for frames without
	// a VLAN tag (BATADV_ATTR_AP_ISOLATION_ENABLED).
	APIsolation bool
	// IsolationMark and IsolationMask identify packets of isolated clients: those whose
	// mark is IsolationMark in the bits of IsolationMask (BATADV_ATTR_ISOLATION_MARK,
	// BATADV_ATTR_ISOLATION_MASK). A mask of 0 turns that off.
	IsolationMark, IsolationMask uint32
	// Bonding sends over several ports by turns (BATADV_ATTR_BONDING_ENABLED).
	Bonding bool
	// BridgeLoopAvoidance breaks loops over a bridge that several nodes share
	// (BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED).
	BridgeLoopAvoidance bool
	// DistributedARPTable answers ARP requests from a table that the nodes share
	// (BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED).
	DistributedARPTable bool
	// Fragmentation divides packets that do not fit a port
	// (BATADV_ATTR_FRAGMENTATION_ENABLED).
	Fragmentation bool
	// GWBandwidthDown and GWBandwidthUp are the bandwidths that a gateway announces, in
	// units of 100 kbit/s (BATADV_ATTR_GW_BANDWIDTH_DOWN, BATADV_ATTR_GW_BANDWIDTH_UP).
	GWBandwidthDown, GWBandwidthUp uint32
	// GWMode is the role of the node in the choice of gateways to the Internet
	// (BATADV_ATTR_GW_MODE).
	GWMode BatadvGWMode
	// GWSelClass is the criterion of a client for choosing its gateway
	// (BATADV_ATTR_GW_SEL_CLASS). With BATMAN_IV it is 1 to 255: 1 weighs bandwidth and
	// link quality, 2 stays with the gateway, 3 always takes the best link, and a larger
	// one is the advantage in link quality that another gateway needs. With BATMAN_V it
	// is an advantage in bandwidth, in units of 100 kbit/s.
	GWSelClass uint32
	// HopPenalty makes paths through this node worse, 0 to 255
	// (BATADV_ATTR_HOP_PENALTY).
	HopPenalty uint8
	// LogLevel is a mask of subjects about which the kernel logs, 0 to 255
	// (BATADV_ATTR_LOG_LEVEL). Only kernels built for debugging have it.
	LogLevel uint32
	// MulticastForceflood sends all multicast packets to all nodes
	// (BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED).
	MulticastForceflood bool
	// MulticastFanout is the number of unicast packets up to which a multicast packet is
	// sent to each receiver (BATADV_ATTR_MULTICAST_FANOUT).
	MulticastFanout uint32
	// NetworkCoding combines packets, which the receivers separate again
	// (BATADV_ATTR_NETWORK_CODING_ENABLED). Linux 7.3 does not have it.
	NetworkCoding bool
	// OrigInterval is the interval of originator messages, at least 40 ms, in whole
	// milliseconds (BATADV_ATTR_ORIG_INTERVAL).
	OrigInterval time.Duration

	reported attr.Set // by generic netlink

	bare bool // only route netlink's part, which is empty in reports
}

// A BatadvAlgorithm is a routing algorithm, by the kernel's name.
type BatadvAlgorithm string

// Routing algorithms.
const (
	BatadvIV BatadvAlgorithm = "BATMAN_IV" // compares paths by lost packets
	BatadvV  BatadvAlgorithm = "BATMAN_V"  // compares paths by throughput
)

// A BatadvGWMode is the role of a node in the choice of gateways to the Internet.
type BatadvGWMode uint8

// Roles of a node.
const (
	BatadvGWOff    BatadvGWMode = iota // none
	BatadvGWClient                     // it chooses a gateway for DHCP requests
	BatadvGWServer                     // it is a gateway
)

var batadvGWModes = attr.Words{"off", "client", "server"}

// String returns the word of batctl.
func (m BatadvGWMode) String() string {
	return attr.Word(batadvGWModes, m)
}

// MarshalText returns the result of String.
func (m BatadvGWMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *BatadvGWMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(batadvGWModes, "batadv gateway mode", text, m)
}

func (v *BatadvInfo) attrs(c *attr.Codec) {
	attr.Text(c.WriteOnly().CreateOnly(), uapi.IFLA_BATADV_ALGO_NAME, "ra", (*string)(&v.Algorithm), 19)
	if !v.bare {
		v.mesh(c)
	}
}

// MeshTable returns the rows of the family batadv about a mesh. It is for package batadv.
func (v *BatadvInfo) MeshTable() attr.Table {
	return func(c *attr.Codec) {
		attr.Text(c.CreateOnly(), uapi.BATADV_ATTR_ALGO_NAME, "ra", (*string)(&v.Algorithm), 19)
		v.mesh(c)
	}
}

// batctlSwitch are the words of batctl for a setting that is on or off.
const batctlSwitch = "enable=1 enabled=1 disable=0 disabled=0 "

// mesh are the rows in generic netlink. Their names are words of batctl, where it has one.
func (v *BatadvInfo) mesh(c *attr.Codec) {
	attr.Bool01(c.NoKeyword().Takes(batctlSwitch+"ag"), uapi.BATADV_ATTR_AGGREGATED_OGMS_ENABLED, "aggregation", &v.AggregatedOGMs)
	attr.Bool01(c.NoKeyword().Takes(batctlSwitch+"ap"), uapi.BATADV_ATTR_AP_ISOLATION_ENABLED, "ap_isolation", &v.APIsolation)
	attr.U32(c.NoKeyword().Hex(), uapi.BATADV_ATTR_ISOLATION_MARK, "isolation_mark", &v.IsolationMark)
	attr.U32(c.NoKeyword().Hex(), uapi.BATADV_ATTR_ISOLATION_MASK, "isolation_mask", &v.IsolationMask)
	attr.Bool01(c.NoKeyword().Takes(batctlSwitch+"b"), uapi.BATADV_ATTR_BONDING_ENABLED, "bonding", &v.Bonding)
	attr.Bool01(c.NoKeyword().Takes(batctlSwitch+"bl"), uapi.BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED, "bridge_loop_avoidance", &v.BridgeLoopAvoidance)
	attr.Bool01(c.NoKeyword().Takes(batctlSwitch+"dat"), uapi.BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED, "distributed_arp_table", &v.DistributedARPTable)
	attr.Bool01(c.NoKeyword().Takes(batctlSwitch+"f"), uapi.BATADV_ATTR_FRAGMENTATION_ENABLED, "fragmentation", &v.Fragmentation)
	attr.U32(c.NoKeyword(), uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN, "gw_bandwidth_down", &v.GWBandwidthDown)
	attr.U32(c.NoKeyword(), uapi.BATADV_ATTR_GW_BANDWIDTH_UP, "gw_bandwidth_up", &v.GWBandwidthUp)
	attr.Enum(c.NoKeyword(), uapi.BATADV_ATTR_GW_MODE, "gw_mode", &v.GWMode, batadvGWModes)
	attr.U32(c.NoKeyword(), uapi.BATADV_ATTR_GW_SEL_CLASS, "gw_sel_class", &v.GWSelClass, 1, 1<<32-1)
	attr.U8(c.NoKeyword().Takes("hp"), uapi.BATADV_ATTR_HOP_PENALTY, "hop_penalty", &v.HopPenalty)
	attr.U32(c.NoKeyword().Hex(), uapi.BATADV_ATTR_LOG_LEVEL, "loglevel", &v.LogLevel, 0, 255)
	attr.Bool01(c.NoKeyword().Takes(batctlSwitch+"mff"), uapi.BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED, "multicast_forceflood", &v.MulticastForceflood)
	attr.U32(c.NoKeyword().Takes("mo"), uapi.BATADV_ATTR_MULTICAST_FANOUT, "multicast_fanout", &v.MulticastFanout)
	attr.Bool01(c.NoKeyword().Takes(batctlSwitch+"nc"), uapi.BATADV_ATTR_NETWORK_CODING_ENABLED, "network_coding", &v.NetworkCoding)
	attr.Millis(c.NoKeyword().Takes("it"), uapi.BATADV_ATTR_ORIG_INTERVAL, "orig_interval", &v.OrigInterval, 40*time.Millisecond, (1<<31-1)*time.Millisecond)
}

// genericSet returns the settings in generic netlink.
func (v *BatadvInfo) genericSet() (set attr.Set) {
	new(attr.Codec).Describe(v.mesh, func(r attr.Row) { set.Add(r.Type) })
	return set
}

// reportedApart returns the algorithm, which only generic netlink reports.
func (v *BatadvInfo) reportedApart() attr.Set { return attr.SetOf(uapi.IFLA_BATADV_ALGO_NAME) }

func (v *BatadvInfo) addTo(l *Link) { l.Info = v }

func (v *BatadvInfo) validate(_ string, s *spec) error {
	if s.Set.Has(uapi.IFLA_BATADV_ALGO_NAME) && v.Algorithm == "" {
		return &attr.Error{Name: "ra", Text: "the empty string is not an algorithm: leave Algorithm out for the module's default"}
	}
	return nil
}

// apply sends the settings in set in one request, unless the kernel would ignore one.
func (v *BatadvInfo) apply(ctx context.Context, netns, index int, set attr.Set) error {
	c, err := dialBatadv(ctx, netns)
	if err != nil {
		return err
	}
	defer c.Close()
	var have BatadvInfo
	reported, err := c.Read(ctx, batadvnl.Mesh(index), have.MeshTable())
	if err != nil {
		return err
	}
	fault := batadvnl.Lacking(set, reported, v.MeshTable())
	if fault == nil && set.Has(uapi.BATADV_ATTR_GW_SEL_CLASS) {
		fault = batadvnl.CheckClass(string(have.Algorithm), v.GWSelClass)
	}
	if fault != nil {
		return &Error{Attr: fault.Name, Message: fault.Text, Err: invalid.Argument(cmp.Or(fault.Errno, syscall.EINVAL))}
	}
	return c.Write(ctx, batadvnl.Mesh(index), set, v.MeshTable())
}

func (v *BatadvInfo) read(ctx context.Context, netns, index int) (genericInfo, error) {
	c, err := dialBatadv(ctx, netns)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	have := new(BatadvInfo)
	have.reported, err = c.Read(ctx, batadvnl.Mesh(index), have.MeshTable())
	return have, err
}

// saveTo is part of savable. The algorithm is saved always, since its default is a
// parameter of the module.
func (v *BatadvInfo) saveTo(s *spec) {
	s.Info = v
	s.Set = unusual(v.reported.And(v.genericSet()), v.mesh, s.defaults())
	for _, together := range []attr.Set{
		attr.SetOf(uapi.BATADV_ATTR_ISOLATION_MARK, uapi.BATADV_ATTR_ISOLATION_MASK),
		attr.SetOf(uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN, uapi.BATADV_ATTR_GW_BANDWIDTH_UP),
	} {
		if !s.Set.And(together).Empty() {
			s.Set = s.Set.Or(together)
		}
	}
	s.Set.Add(uapi.IFLA_BATADV_ALGO_NAME)
}

// batadvDefaults returns the settings of a new mesh.
func batadvDefaults(i info) string {
	class := "gw_sel_class 20"
	if i.(*BatadvInfo).Algorithm == BatadvV {
		class = "gw_sel_class 50"
	}
	return class + " aggregation 1 ap_isolation 0 isolation_mark 0x0 isolation_mask 0x0 bonding 0 bridge_loop_avoidance 1 distributed_arp_table 1 fragmentation 1 " +
		"gw_bandwidth_down 100 gw_bandwidth_up 20 gw_mode off hop_penalty 30 loglevel 0x0 multicast_forceflood 0 multicast_fanout 16 network_coding 0 orig_interval 1000"
}

func dialBatadv(ctx context.Context, netns int) (*batadvnl.Conn, error) {
	c, err := batadvnl.Dial(ctx, netns)
	return c, withoutFamily(KindBatadv, err)
}

// batadvReason returns the meaning of an errno without a message of the kernel.
func batadvReason(errno syscall.Errno) string {
	if errno == syscall.EINVAL {
		return "this kernel does not have the routing algorithm that Algorithm names: batman-adv has BATMAN_IV and, with CONFIG_BATMAN_ADV_BATMAN_V, BATMAN_V"
	}
	return ""
}

// addCommands writes commands of batctl. The marks need each other, and so do the
// bandwidths of a gateway.
func (v *BatadvInfo) addCommands(w *commandWriter, s *spec) {
	set := s.genericPart(s.Set)
	add := func(word, value string, covers ...uint16) {
		w.commands = append(w.commands, fmt.Sprintf("%s meshif %s %s %s", s.home().runs("batctl"), attr.Quote(s.finalName()), word, value))
		set = set.Minus(attr.SetOf(covers...))
	}
	marks := attr.SetOf(uapi.BATADV_ATTR_ISOLATION_MARK, uapi.BATADV_ATTR_ISOLATION_MASK)
	if set.And(marks) == marks {
		add("isolation_mark", fmt.Sprintf("%#x/%#x", v.IsolationMark, v.IsolationMask), uapi.BATADV_ATTR_ISOLATION_MARK, uapi.BATADV_ATTR_ISOLATION_MASK)
	}
	bandwidths := attr.SetOf(uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN, uapi.BATADV_ATTR_GW_BANDWIDTH_UP)
	if set.And(bandwidths) == bandwidths && set.Has(uapi.BATADV_ATTR_GW_MODE) && v.GWMode == BatadvGWServer {
		add("gw_mode", fmt.Sprintf("server %dkbit/%dkbit", uint64(v.GWBandwidthDown)*100, uint64(v.GWBandwidthUp)*100),
			uapi.BATADV_ATTR_GW_MODE, uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN, uapi.BATADV_ATTR_GW_BANDWIDTH_UP)
	}
	for typ := range set.All() {
		switch name := rowName(v.mesh, typ); {
		case marks.Has(typ), bandwidths.Has(typ), typ == uapi.BATADV_ATTR_GW_SEL_CLASS:
			w.absent = append(w.absent, name)
		case typ == uapi.BATADV_ATTR_LOG_LEVEL:
			add(name, v.logWords())
		default:
			add(name, w.c.Value(typ, nil, v.mesh))
		}
	}
}

// batadvLogs are the words of batctl for the bits of LogLevel.
var batadvLogs = attr.Words{"batman", "routes", "tt", "bla", "dat", "nc", "mcast", "tp"}

// logWords returns the words for LogLevel.
func (v *BatadvInfo) logWords() string {
	switch v.LogLevel {
	case 0:
		return "none"
	case 255:
		return "all"
	}
	return attr.BitWords(v.LogLevel, batadvLogs, " ")
}

// batctlDefault is the link of commands that name none.
const batctlDefault = "bat0"

// batctlCommand reads a command of batctl that changes a setting of a mesh.
func (p *parsing) batctlCommand(at place, args *words.Args) (err error) {
	name := batctlDefault
	if args.Take("meshif") || args.Take("-m") {
		if name, err = args.Value(); err != nil {
			return err
		}
	}
	d, err := p.linkOf(KindBatadv, at, name, args)
	if err != nil {
		return err
	}
	if err := readBatadv(&d.s.Settings, args); err != nil || !args.More() {
		return err
	}
	args.Next()
	return args.Unknown(nil)
}

// batadvByHand are the rows whose words are not the name and a value.
var batadvByHand = attr.SetOf(uapi.BATADV_ATTR_ISOLATION_MARK, uapi.BATADV_ATTR_ISOLATION_MASK, uapi.BATADV_ATTR_GW_MODE,
	uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN, uapi.BATADV_ATTR_GW_BANDWIDTH_UP, uapi.BATADV_ATTR_GW_SEL_CLASS, uapi.BATADV_ATTR_LOG_LEVEL)

// readBatadv reads a setting and its value.
func readBatadv(s *own.Settings, args *words.Args) error {
	word, err := args.Value()
	if err != nil {
		return err
	}
	switch word {
	case "isolation_mark", "mark":
		return readBatadvMark(s, args)
	case "gw_mode", "gw":
		return readBatadvGateway(s, args)
	case "loglevel", "ll":
		return readBatadvLog(s, args)
	}
	info, _ := s.Info.(*BatadvInfo)
	table := attr.NewReader(&s.Set, &s.Refs, info.mesh, attr.Scope{Without: batadvByHand, Bare: true})
	if !table.Knows(word) { // batctl takes no abbreviations
		return args.Unknown(append(table.Words(), "isolation_mark", "gw_mode", "loglevel"))
	}
	_, _, err = table.Read(word, args)
	return err
}

// readBatadvMark reads a mark in any base and, in base 16, its mask.
func readBatadvMark(s *own.Settings, args *words.Args) error {
	text, err := args.Value()
	if err != nil {
		return err
	}
	number, bits, masked := strings.Cut(text, "/")
	mark, ok := words.Number(number, 32)
	mask := uint64(1<<32 - 1)
	if masked && ok {
		mask, ok = words.Hex(bits, 32)
	}
	if !ok {
		return args.Faultf("%q is not a mark of 32 bits, with or without a mask", text)
	}
	own.Put[BatadvInfo](s, uapi.BATADV_ATTR_ISOLATION_MARK).IsolationMark = uint32(mark & mask)
	own.Put[BatadvInfo](s, uapi.BATADV_ATTR_ISOLATION_MASK).IsolationMask = uint32(mask)
	return nil
}

// readBatadvGateway reads the mode of a gateway, and the class of a client or the
// bandwidths of a server.
func readBatadvGateway(s *own.Settings, args *words.Args) error {
	word, err := args.Value()
	if err != nil {
		return err
	}
	mode := slices.Index(batadvGWModes, word)
	if mode < 0 {
		return args.Unknown(batadvGWModes)
	}
	info := own.Put[BatadvInfo](s, uapi.BATADV_ATTR_GW_MODE)
	info.GWMode = BatadvGWMode(mode)
	switch {
	case !args.More():
		return nil
	case info.GWMode == BatadvGWClient:
		return info.readClass(s, args)
	case info.GWMode == BatadvGWServer:
		return info.readBandwidths(s, args)
	}
	return nil
}

// readClass reads the class of a client, which is a bandwidth with BATMAN_V.
func (v *BatadvInfo) readClass(s *own.Settings, args *words.Args) (err error) {
	class := uint64(0)
	if v.Algorithm != BatadvV {
		class, err = args.Number(32)
	} else {
		class, err = bandwidth(args.Next(), args)
	}
	v.GWSelClass = uint32(class)
	s.Set.Add(uapi.BATADV_ATTR_GW_SEL_CLASS)
	return err
}

// readBandwidths reads the bandwidth to a server's clients and, after "/", the one from
// them.
func (v *BatadvInfo) readBandwidths(s *own.Settings, args *words.Args) error {
	down, up, both := strings.Cut(args.Next(), "/")
	n, err := bandwidth(down, args)
	v.GWBandwidthDown = uint32(n)
	s.Set.Add(uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN)
	if err != nil || !both {
		return err
	}
	n, err = bandwidth(up, args)
	v.GWBandwidthUp = uint32(n)
	s.Set.Add(uapi.BATADV_ATTR_GW_BANDWIDTH_UP)
	return err
}

// bandwidth reads a bandwidth in kbit/s or, with "mbit", in Mbit/s, and returns it in
// units of 100 kbit/s.
func bandwidth(text string, args *words.Args) (uint64, error) {
	lower := strings.ToLower(text)
	number, mega := strings.CutSuffix(lower, "mbit")
	n, ok := words.Number(strings.TrimSuffix(number, "kbit"), 39)
	if mega {
		n *= 10
	} else {
		n /= 100
	}
	if !ok || n >= 1<<32 {
		return 0, args.Faultf("%q is not a bandwidth, such as 10mbit or 500kbit", text)
	}
	return n, nil
}

// readBatadvLog reads the subjects about which the kernel logs.
func readBatadvLog(s *own.Settings, args *words.Args) error {
	if !args.More() {
		_, err := args.Value()
		return err
	}
	info := own.Put[BatadvInfo](s, uapi.BATADV_ATTR_LOG_LEVEL)
	info.LogLevel = 0
	for args.More() {
		word := args.Next()
		bit := slices.Index(batadvLogs, word)
		switch {
		case word == "none" || word == "all":
			info.LogLevel = map[string]uint32{"all": 255}[word]
			return nil
		case bit < 0:
			return args.Unknown(append(slices.Clone(batadvLogs), "none", "all"))
		}
		info.LogLevel |= 1 << bit
	}
	return nil
}
