package iplink

import (
	"fmt"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

var (
	greKind = kind{
		config: "NET_IPGRE", info: func() info { return new(GREInfo) }, wholeChange: true,
		address: noAddress, addrLen: 4, fallback: "gre0", fixed: tunnelFixed(uapi.IFLA_GRE_REMOTE), defaults: greDefaults + " " + withoutARP,
	}
	gretapKind = kind{
		config: "NET_IPGRE", info: func() info { return new(GREInfo) }, wholeChange: true,
		fallback: "gretap0", defaults: greDefaults,
	}
	erspanKind = kind{
		config: "NET_IPGRE", info: func() info { return new(ERSPANInfo) }, wholeChange: true,
		fallback: "erspan0", defaults: greDefaults + " erspan_ver 1 erspan 0",
	}
	ip6greKind = kind{
		config: "IPV6_GRE", info: func() info { return new(IP6GREInfo) }, wholeChange: true,
		address: noAddress, addrLen: 16, fallback: "ip6gre0", spelled: overIPv6Spelled, defaults: greDefaults + " " + withoutARP,
	}
	ip6gretapKind = kind{
		config: "IPV6_GRE", info: func() info { return new(IP6GREInfo) }, wholeChange: true,
		tunnelTable: ip6greTable, spelled: overIPv6Spelled, defaults: greDefaults,
	}
	ip6erspanKind = kind{
		config: "IPV6_GRE", info: func() info { return new(IP6ERSPANInfo) }, wholeChange: true,
		tunnelTable: ip6greTable, spelled: overIPv6Spelled, defaults: greDefaults + " erspan_ver 1 erspan 0",
	}
)

const greDefaults = tunnelDefaults + " ikey 0 okey 0 noikey nookey noiseq nooseq noicsum noocsum noignore-df"

// ip6greTable is the table that holds the tunnels with Ethernet frames over IPv6.
const ip6greTable = "ip6gre ether"

var overIPv6Spelled = attr.SetOf(uapi.IFLA_GRE_TTL, uapi.IFLA_GRE_ENCAP_LIMIT)

var greTunnel = &tunnelNumbers{
	uapi.IFLA_GRE_LINK, uapi.IFLA_GRE_LOCAL, uapi.IFLA_GRE_REMOTE, uapi.IFLA_GRE_COLLECT_METADATA, uapi.IFLA_GRE_FWMARK,
	uapi.IFLA_GRE_TTL, uapi.IFLA_GRE_TOS, uapi.IFLA_GRE_PMTUDISC, uapi.IFLA_GRE_ENCAP_LIMIT, uapi.IFLA_GRE_FLOWINFO, uapi.IFLA_GRE_FLAGS,
	uapi.IFLA_GRE_ENCAP_TYPE, uapi.IFLA_GRE_ENCAP_FLAGS, uapi.IFLA_GRE_ENCAP_SPORT, uapi.IFLA_GRE_ENCAP_DPORT,
}

// GREKeys holds the optional fields of GRE headers, RFC 2890, for received (I) and sent
// (O) packets.
type GREKeys struct {
	// IKey and OKey are the keys, and IKeyed and OKeyed report whether packets have one
	// (IFLA_GRE_IKEY, IFLA_GRE_OKEY, and GRE_KEY in IFLA_GRE_IFLAGS, IFLA_GRE_OFLAGS).
	IKey, OKey     uint32
	IKeyed, OKeyed bool
	// ISeq and OSeq report sequence numbers, ICsum and OCsum checksums (GRE_SEQ and
	// GRE_CSUM in IFLA_GRE_IFLAGS, IFLA_GRE_OFLAGS).
	ISeq, OSeq, ICsum, OCsum bool
}

// attrs has the rows of the keys, which are at most most.
func (v *GREKeys) attrs(c *attr.Codec, most uint64) {
	in, out := attr.PackedBE16(uapi.IFLA_GRE_IFLAGS), attr.PackedBE16(uapi.IFLA_GRE_OFLAGS)
	attr.BE32(c, uapi.IFLA_GRE_IKEY, "ikey", &v.IKey, 0, most)
	attr.BE32(c, uapi.IFLA_GRE_OKEY, "okey", &v.OKey, 0, most)
	in.Unless(c, own.TunnelIKeyed, uapi.GRE_KEY, "noikey", &v.IKeyed)
	in.Bit(c, own.TunnelISeq, uapi.GRE_SEQ, "iseq", &v.ISeq)
	if most != mostSession { // ERSPAN has no checksums
		in.Bit(c, own.TunnelICsum, uapi.GRE_CSUM, "icsum", &v.ICsum)
	}
	out.Unless(c, own.TunnelOKeyed, uapi.GRE_KEY, "nookey", &v.OKeyed)
	out.Bit(c, own.TunnelOSeq, uapi.GRE_SEQ, "oseq", &v.OSeq)
	if most != mostSession {
		out.Bit(c, own.TunnelOCsum, uapi.GRE_CSUM, "ocsum", &v.OCsum)
	}
}

// readWord reads the words for both directions: "key", "seq" and "csum".
func (v *GREKeys) readWord(s *own.Settings, word string, args *words.Args) (bool, error) {
	name, on := strings.CutPrefix(word, "no")
	on = !on
	switch name {
	case "key":
		return true, v.readKey(s, on, args)
	case "seq":
		s.Set = s.Set.Or(attr.SetOf(own.TunnelISeq, own.TunnelOSeq))
		v.ISeq, v.OSeq = on, on
	case "csum":
		s.Set = s.Set.Or(attr.SetOf(own.TunnelICsum, own.TunnelOCsum))
		v.ICsum, v.OCsum = on, on
	default:
		return false, nil
	}
	return true, nil
}

func (v *GREKeys) readKey(s *own.Settings, keyed bool, args *words.Args) error {
	s.Set = s.Set.Or(attr.SetOf(uapi.IFLA_GRE_IKEY, uapi.IFLA_GRE_OKEY, own.TunnelIKeyed, own.TunnelOKeyed))
	v.IKeyed, v.OKeyed = keyed, keyed
	if !keyed {
		v.IKey, v.OKey = 0, 0
		return nil
	}
	return readBothKeys(args, &v.IKey, &v.OKey)
}

// readBothKeys reads the key of both directions.
func readBothKeys(args *words.Args, in, out *uint32) error {
	text, err := args.Value()
	if err != nil {
		return err
	}
	key, ok := words.Key(text)
	if !ok {
		return args.Faultf("%q is not a key", text)
	}
	*in, *out = key, key
	return nil
}

// moreWords returns the words of readWord.
func (v *GREKeys) moreWords() []string {
	return []string{"key", "nokey", "seq", "noseq", "csum", "nocsum"}
}

// afterWords gives packets the keys that are named alone.
func (v *GREKeys) afterWords(s *own.Settings) {
	for _, direction := range []struct {
		key, keyed uint16
		is         *bool
	}{{uapi.IFLA_GRE_IKEY, own.TunnelIKeyed, &v.IKeyed}, {uapi.IFLA_GRE_OKEY, own.TunnelOKeyed, &v.OKeyed}} {
		if s.Set.Has(direction.key) && !s.Set.Has(direction.keyed) {
			s.Set.Add(direction.keyed)
			*direction.is = true
		}
	}
}

// keys is the mark of a tunnel that is found by its IKey, too.
func (v *GREKeys) keys() *GREKeys { return v }

// identityWith returns the identity of a tunnel with keys.
func (v *GREKeys) identityWith(t *Tunnel) tunnelIdentity {
	id := t.identity()
	if v.IKeyed && !id.external {
		id.key, id.keyed = v.IKey, true
	}
	return id
}

// GREInfo is the kernel's report of a gre link, IP in GRE, or of a gretap link, Ethernet in
// GRE, RFC 2784.
type GREInfo struct {
	Tunnel
	TunnelIPv4
	GREKeys
	// IgnoreDF sends outer packets in fragments even if the inner packet has the
	// don't-fragment bit (IFLA_GRE_IGNORE_DF).
	IgnoreDF bool
}

func (v *GREInfo) attrs(c *attr.Codec) {
	v.attrsWith(c, 1<<32-1)
}

// attrsWith has the rows for a kind whose keys are at most most.
func (v *GREInfo) attrsWith(c *attr.Codec, most uint64) {
	v.Tunnel.ends(c, greTunnel, attr.Addr4)
	v.GREKeys.attrs(c, most)
	v.TunnelIPv4.attrs(c, greTunnel)
	attr.Bool(c, uapi.IFLA_GRE_IGNORE_DF, "ignore-df", &v.IgnoreDF)
	v.Encap.attrs(c, greTunnel)
	attr.Flag(c.CreateOnly(), uapi.IFLA_GRE_COLLECT_METADATA, "external", &v.External)
}

func (v *GREInfo) identity() tunnelIdentity { return v.identityWith(&v.Tunnel) }

// validate applies the rules of the gre driver.
func (v *GREInfo) validate(op string, s *spec) error {
	if fault := v.fault(s); fault != nil {
		return fault
	}
	group := now(s, uapi.IFLA_GRE_REMOTE, func(v tunnelInfo) bool { return v.identity().remote.IsMulticast() }, false)
	local := now(s, uapi.IFLA_GRE_LOCAL, func(v tunnelInfo) bool { return v.identity().local.IsValid() }, false)
	if group && !local && s.Kind == KindGRE && (op == "create" || s.Set.Has(uapi.IFLA_GRE_LOCAL)) {
		return &attr.Error{Name: "local", Text: "a Remote that is a group needs a Local"}
	}
	return nil
}

// fault returns a fault of a tunnel with GRE over IPv4, or nil.
func (v *GREInfo) fault(s *spec) *attr.Error {
	if fault := v.externalFault(s, greTunnel); fault != nil {
		return fault
	}
	if fault := v.encapFault(s, greTunnel); fault != nil {
		return fault
	}
	pmtu := now(s, uapi.IFLA_GRE_PMTUDISC, func(v overIPv4) bool { return v.outer().PMTUDiscovery }, true)
	ignore := now(s, uapi.IFLA_GRE_IGNORE_DF, func(v greOverIPv4) bool { return v.gre().IgnoreDF }, false)
	if pmtu && ignore && (s.Set.Has(uapi.IFLA_GRE_PMTUDISC) || s.Set.Has(uapi.IFLA_GRE_IGNORE_DF)) {
		return &attr.Error{Name: "ignore-df", Text: "needs PMTUDiscovery(false)"}
	}
	return nil
}

// greOverIPv4 is the info of a tunnel with GRE over IPv4.
type greOverIPv4 interface{ gre() *GREInfo }

func (v *GREInfo) gre() *GREInfo      { return v }
func (v *GREInfo) outer() *TunnelIPv4 { return &v.TunnelIPv4 }

// IP6GREInfo is the kernel's report of an ip6gre link, IP in GRE over IPv6, or of an
// ip6gretap link, Ethernet in GRE over IPv6, RFC 7676.
type IP6GREInfo struct {
	Tunnel
	TunnelIPv6
	GREKeys
}

func (v *IP6GREInfo) attrs(c *attr.Codec) {
	v.attrsWith(c, 1<<32-1)
}

// attrsWith has the rows for a kind whose keys are at most most.
func (v *IP6GREInfo) attrsWith(c *attr.Codec, most uint64) {
	v.Tunnel.ends(c, greTunnel, attr.Addr6)
	v.GREKeys.attrs(c, most)
	v.TunnelIPv6.attrs(c, greTunnel)
	v.Encap.attrs(c, greTunnel)
	attr.Flag(c.CreateOnly(), uapi.IFLA_GRE_COLLECT_METADATA, "external", &v.External)
}

// afterWords completes the keys, and makes values replace inherited ones.
func (v *IP6GREInfo) afterWords(s *own.Settings) {
	v.GREKeys.afterWords(s)
	v.notInherited(s, greTunnel)
}

// ipDefaults sets the limits.
func (v *IP6GREInfo) ipDefaults(missing attr.Set) { v.limits(missing, greTunnel) }

func (v *IP6GREInfo) identity() tunnelIdentity { return v.identityWith(&v.Tunnel) }

// validate applies the rules of the ip6gre driver.
func (v *IP6GREInfo) validate(_ string, s *spec) error {
	if fault := v.externalFault(s, greTunnel); fault != nil {
		return fault
	}
	if fault := v.encapFault(s, greTunnel); fault != nil {
		return fault
	}
	return nil
}

// ERSPAN holds the settings of mirrored frames.
type ERSPAN struct {
	// Version is the version of the header: 1 for type II, 2 for type III, 0 for none
	// (IFLA_GRE_ERSPAN_VER).
	Version uint8
	// Index is the number of the mirrored port, 20 bits, of version 1
	// (IFLA_GRE_ERSPAN_INDEX).
	Index uint32
	// Direction and HWID are the direction of the mirrored frames and the number of the
	// mirroring engine, 6 bits, of version 2 (IFLA_GRE_ERSPAN_DIR,
	// IFLA_GRE_ERSPAN_HWID).
	Direction ERSPANDirection
	HWID      uint16
}

// An ERSPANDirection is the direction of mirrored frames.
type ERSPANDirection uint8

// Directions.
const (
	ERSPANIngress ERSPANDirection = iota // received
	ERSPANEgress                         // sent
)

var erspanDirections = attr.Words{"ingress", "egress"}

// String returns the word of iproute2.
func (d ERSPANDirection) String() string {
	return attr.Word(erspanDirections, d)
}

// MarshalText returns the result of String.
func (d ERSPANDirection) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (d *ERSPANDirection) UnmarshalText(text []byte) error {
	return attr.ReadWord(erspanDirections, "ERSPAN direction", text, d)
}

// mostSession is the largest session ID, which is the key of the tunnel.
const mostSession = 1<<10 - 1

func (v *ERSPAN) attrs(c *attr.Codec, least uint64) {
	attr.U8(c, uapi.IFLA_GRE_ERSPAN_VER, "erspan_ver", &v.Version, least, 2)
	attr.U32(c.Optional(), uapi.IFLA_GRE_ERSPAN_INDEX, "erspan", &v.Index, 0, 1<<20-1)
	attr.Enum(c.Optional().Takes("in=0 out=1"), uapi.IFLA_GRE_ERSPAN_DIR, "erspan_dir", &v.Direction, erspanDirections)
	attr.U16(c.Optional(), uapi.IFLA_GRE_ERSPAN_HWID, "erspan_hwid", &v.HWID, 0, 63)
}

func (v *ERSPAN) erspan() *ERSPAN { return v }

// fault returns a fault of an ERSPAN tunnel, or nil.
func (v *ERSPAN) fault(op string, s *spec) *attr.Error {
	has := s.Set.Has
	version := now(s, uapi.IFLA_GRE_ERSPAN_VER, func(v interface{ erspan() *ERSPAN }) uint8 { return v.erspan().Version }, 1)
	for _, row := range []struct {
		typ     uint16
		version uint8
	}{{uapi.IFLA_GRE_ERSPAN_INDEX, 1}, {uapi.IFLA_GRE_ERSPAN_DIR, 2}, {uapi.IFLA_GRE_ERSPAN_HWID, 2}} {
		if has(row.typ) && version != row.version {
			return &attr.Error{Name: rowName(s.info().attrs, row.typ), Text: fmt.Sprintf("only version %d has it, and the version is %d", row.version, version)}
		}
	}
	keyed := has(own.TunnelIKeyed) && has(own.TunnelOKeyed)
	if op == "create" && version != 0 && !keyed && !has(uapi.IFLA_GRE_COLLECT_METADATA) {
		return &attr.Error{Name: "key", Text: "there is no default for it: set Key, the session ID"}
	}
	return nil
}

// ERSPANInfo is the kernel's report of an erspan link: mirrored Ethernet frames in GRE.
type ERSPANInfo struct {
	GREInfo
	ERSPAN
}

func (v *ERSPANInfo) attrs(c *attr.Codec) {
	v.GREInfo.attrsWith(c, mostSession)
	v.ERSPAN.attrs(c, 0)
}

// validate applies the rules of the erspan driver.
func (v *ERSPANInfo) validate(op string, s *spec) error {
	if fault := v.GREInfo.fault(s); fault != nil {
		return fault
	}
	if fault := v.ERSPAN.fault(op, s); fault != nil {
		return fault
	}
	return nil
}

// IP6ERSPANInfo is the kernel's report of an ip6erspan link: mirrored Ethernet frames in
// GRE over IPv6.
type IP6ERSPANInfo struct {
	IP6GREInfo
	ERSPAN
}

func (v *IP6ERSPANInfo) attrs(c *attr.Codec) {
	v.IP6GREInfo.attrsWith(c, mostSession)
	v.ERSPAN.attrs(c, 1)
}

// validate applies the rules of the ip6erspan driver.
func (v *IP6ERSPANInfo) validate(op string, s *spec) error {
	if err := v.IP6GREInfo.validate(op, s); err != nil {
		return err
	}
	if fault := v.ERSPAN.fault(op, s); fault != nil {
		return fault
	}
	return nil
}
