package iplink

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/uapi"
)

// String returns the link in two lines in the manner of `ip -d link show`: its name, flags
// and state, then its addresses, its kind and its port settings, as far as the kernel
// reported them. Other links have their indexes in place of names, such as "if7".
// Counters, and attributes that this library does not know, are left out. Keys are never
// printed.
func (l *Link) String() string {
	w := linkText{link: l}
	w.headline()
	w.b = append(w.b, "\n   "...)
	w.addresses()
	w.settings()
	return string(w.b)
}

// LogValue returns a group with the index, name, kind, state, address, parent and master of
// the link, and "settings" for its kind and its port in iproute2's words. Keys are never
// printed.
func (l *Link) LogValue() slog.Value {
	w := linkText{link: l}
	w.settings()
	all := []slog.Attr{
		slog.Int("index", l.Index),
		slog.String("name", attr.Printable(l.Name)),
		slog.String("kind", attr.Printable(l.Kind)),
		slog.String("flags", l.Flags.String()),
		slog.String("state", l.OperState.String()),
		slog.Uint64("mtu", uint64(l.MTU)),
	}
	if len(l.Address) > 0 {
		all = append(all, slog.String("address", l.AddressText()))
	}
	if l.Parent != 0 {
		all = append(all, slog.Int("parent", l.Parent))
	}
	if l.Master != 0 {
		all = append(all, slog.Int("master", l.Master))
	}
	if len(w.b) > 0 {
		all = append(all, slog.String("settings", strings.TrimSpace(string(w.b))))
	}
	return slog.GroupValue(all...)
}

// linkText appends the words for a link, each after a space.
type linkText struct {
	c    attr.Codec
	b    []byte
	link *Link
}

func (w *linkText) add(words ...string) {
	for _, word := range words {
		w.b = append(append(w.b, ' '), word...)
	}
}

// headline appends the line that `ip link show` begins with.
func (w *linkText) headline() {
	l := w.link
	w.b = fmt.Appendf(w.b, "%d: %s%s: <%s>", l.Index, attr.Printable(l.Name), l.atLower(), strings.ReplaceAll(l.Flags.String(), "|", ","))
	w.add("mtu", strconv.FormatUint(uint64(l.MTU), 10))
	if l.QDisc != "" {
		w.add("qdisc", attr.Printable(l.QDisc))
	}
	if l.Master != 0 {
		w.add("master", "if"+strconv.Itoa(l.Master))
	}
	w.add("state", strings.ToUpper(l.OperState.String()), "mode", strings.ToUpper(l.LinkMode.String()),
		"group", strconv.FormatUint(uint64(l.Group), 10), "qlen", strconv.FormatUint(uint64(l.TxQueueLen), 10))
}

// atLower returns the link below or the other end, after an @ sign.
func (l *Link) atLower() string {
	switch {
	case l.Parent != 0:
		return "@if" + strconv.Itoa(l.Parent)
	case l.raw.common.Has(uapi.IFLA_LINK):
		return "@NONE"
	}
	return ""
}

// addresses appends the names and addresses of the link, and the namespace of the link
// below.
func (w *linkText) addresses() {
	l := w.link
	w.add("link/"+l.Type.String(), l.AddressText())
	if len(l.Broadcast) > 0 {
		w.add("brd", (&Link{Type: l.Type, Address: l.Broadcast}).AddressText())
	}
	if l.NetNSID >= 0 {
		w.add("link-netnsid", strconv.Itoa(int(l.NetNSID)))
	}
	if l.ProtoDown {
		w.add("protodown", "on")
	}
	if l.Alias != "" {
		w.add("alias", attr.Quote(l.Alias))
	}
	for _, name := range l.AltNames {
		w.add("altname", attr.Quote(name))
	}
}

// settings appends the kind and its settings, and the settings as a port.
func (w *linkText) settings() {
	l := w.link
	if l.Kind != "" {
		w.add(attr.Printable(l.Kind))
		w.info(l.Info, l.raw.info)
	}
	if l.PortKind != "" {
		w.add(attr.Printable(l.PortKind) + "_slave")
		w.info(l.PortInfo, l.raw.port)
	}
}

// info appends the settings that the kernel reported with the link. Settings of generic
// netlink, such as keys, come by other means.
func (w *linkText) info(from any, set attr.Set) {
	i, ok := from.(info)
	if !ok {
		return
	}
	switch generic := i.(type) {
	case mixedInfo:
		set = set.Minus(generic.genericSet())
	case genericInfo:
		return
	}
	w.b = appendRows(&w.c, w.b, set, i.attrs)
}

// appendRows appends the words for the rows of a table, each after a space. Rows that `ip`
// has no word for appear under their own name.
func appendRows(c *attr.Codec, b []byte, set attr.Set, t attr.Table) []byte {
	b, absent := c.Print(b, set, nil, t)
	if len(absent) == 0 {
		return b
	}
	for typ := range set.All() {
		if name := rowName(t, typ); slices.Contains(absent, name) {
			b = append(append(b, ' '), name...)
			b = append(append(b, ' '), c.Value(typ, nil, t)...)
		}
	}
	return b
}

// MarshalJSON returns the link as the kernel reported it, as an object in the words of the
// builders' JSON: enumerations are words, numbers are in the units of `ip -d link`, and
// other links have their indexes. "flags" is a list of words, "info" has the settings of
// the kind, "port" the kind of the master with the settings as its port, "inet6" the
// settings of IPv6, "stats" the counters, and "peer" the other end of a pair that Create
// made. Attributes that the kernel did not report, or that this library does not know, are
// left out, and so are settings that only generic netlink reports, such as the peers of WireGuard,
// the settings of batadv, the contexts of GTP and the associations of MACsec: Get and List do not ask
// for them, and even a link that has them, from a verb, is written without. The Open of the
// kind's package returns them. Keys are never written.
func (l Link) MarshalJSON() ([]byte, error) {
	w := jsonform.Writer{Printable: attr.Printable}
	l.writeJSON(&w)
	return w.B, w.Err
}

func (l *Link) writeJSON(w *jsonform.Writer) {
	var c attr.Codec
	w.Open('{')
	w.Key("index")
	w.Int(int64(l.Index))
	w.Key("name")
	w.Text(l.Name)
	w.Key("kind")
	w.Text(l.Kind)
	w.Key("flags")
	w.Words(strings.FieldsFunc(l.Flags.String(), func(r rune) bool { return r == '|' }))
	w.Key("type")
	w.Text(l.Type.String())
	writeID(w, "portid", l.Hardware.PhysPortID)
	writeID(w, "switchid", l.Hardware.PhysSwitchID)
	apart := attr.SetOf(uapi.IFLA_IFNAME, uapi.IFLA_LINKINFO, uapi.IFLA_AF_SPEC)
	if l.XDP.Attached == 0 {
		apart.Add(uapi.IFLA_XDP)
	}
	c.ReportJSON(w, l.raw.common.Minus(apart), l.attrs)
	l.writeIP(w)
	if l.raw.common.Has(uapi.IFLA_STATS64) {
		w.Key("stats")
		w.Value(&l.Stats)
	}
	l.writeKinds(w)
	if l.Err != nil {
		w.Key("error")
		w.Text(l.Err.Error())
	}
	w.Close('}')
}

// writeID writes the bytes that identify a port or a switch.
func writeID(w *jsonform.Writer, key string, id []byte) {
	if len(id) > 0 {
		w.Key(key)
		w.Text(hex.EncodeToString(id))
	}
}

// writeIP writes the settings of IPv6.
func (l *Link) writeIP(w *jsonform.Writer) {
	if len(l.INET6.Conf()) > 0 {
		var c attr.Codec
		w.Key("inet6")
		w.Open('{')
		c.ReportJSON(w, attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE, uapi.IFLA_INET6_FLAGS, uapi.IFLA_INET6_TOKEN, uapi.IFLA_INET6_RA_MTU), l.INET6.attrs)
		w.Close('}')
	}
}

// writeKinds writes the settings of the kind and those as a port, and the other end.
func (l *Link) writeKinds(w *jsonform.Writer) {
	if i, ok := l.Info.(info); ok {
		w.Key("info")
		w.Open('{')
		writeReport(w, i, l.raw.info)
		w.Close('}')
	}
	if l.PortKind != "" {
		w.Key("port")
		w.Open('{')
		w.Key("kind")
		w.Text(l.PortKind)
		if i, ok := l.PortInfo.(info); ok {
			writeReport(w, i, l.raw.port)
		}
		w.Close('}')
	}
	if l.Peer != nil {
		peer := *l.Peer
		peer.Peer = nil // which may be this one
		w.Key("peer")
		peer.writeJSON(w)
	}
}

// writeReport writes the settings that the kernel reported with the link. Settings of
// generic netlink, such as keys, come by other means.
func writeReport(w *jsonform.Writer, i info, set attr.Set) {
	switch generic := i.(type) {
	case mixedInfo:
		set = set.Minus(generic.genericSet())
	case genericInfo:
		return
	}
	var c attr.Codec
	c.ReportJSON(w, set, i.attrs)
}
