package iplink

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
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
