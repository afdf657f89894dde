package iplink

import (
	"encoding/hex"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/uapi"
)

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
