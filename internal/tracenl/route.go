package tracenl

import (
	"strconv"

	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A kind is a kind of messages of route netlink, with four types in a row: RTM_NEW, RTM_DEL,
// RTM_GET and RTM_SET.
type kind struct {
	name   string
	header int     // the length of the struct before the attributes
	index  int     // the offset of the index of a link in it, 0 for none
	fields []field // of the attributes
	parsed Speller // appends nothing for a body that it cannot read, such as a filter
}

// kindOf returns the kind of a message. Messages about links have only a name.
func kindOf(m wire.Message) (k kind, ok bool) {
	switch m.Type &^ 3 {
	case uapi.RTM_NEWLINK:
		k = kind{name: "LINK"}
	case uapi.RTM_NEWLINKPROP:
		k = kind{name: "LINKPROP"}
	case uapi.RTM_NEWADDR:
		k = kind{"ADDR", 8, 4, addrFields, spellAddr}
	case uapi.RTM_NEWROUTE:
		k = kind{"ROUTE", 12, 0, routeFields, spellRoute}
	case uapi.RTM_NEWNEIGH:
		k = kind{"NEIGH", 12, 4, neighFields, spellNeigh}
	case uapi.RTM_NEWMDB:
		k = kind{"MDB", 8, 4, mdbFields, nil}
		if m.Flags&uapi.NLM_F_REQUEST == 0 {
			k.fields = mdbReport
		}
	case uapi.RTM_NEWNSID:
		k = kind{"NSID", 4, 0, nsidFields, nil}
	case uapi.RTM_NEWVLAN:
		k = kind{"VLAN", 8, 4, vlanFields, nil}
	case uapi.RTM_NEWTUNNEL:
		k = kind{"TUNNEL", 8, 4, tunnelFields, nil}
	case uapi.RTM_GETSTATS &^ 3:
		k = kind{"STATS", 12, 4, nil, nil}
	default:
		return k, false
	}
	return k, true
}

// verbs are the first words of the four types of a kind, and the flags that they have.
var verbs = [4]struct {
	name  string
	flags []word
}{{"RTM_NEW", newFlags}, {"RTM_DEL", delFlags}, {"RTM_GET", getFlags}, {"RTM_SET", nil}}

// route describes a message of route netlink.
func route(m wire.Message, link Speller) Message {
	verb := verbs[m.Type&3]
	d := Message{Flags: spellBits(uint32(m.Flags), verb.flags, sharedFlags)}
	k, ok := kindOf(m)
	switch {
	case !ok:
		d.Type = "type " + strconv.Itoa(int(m.Type))
		d.Text = spelled(appendLength, m.Data)
		return d
	case k.header == 0 && isOfBridge(m.Data):
		d.Text = spelled(spellBridgeLink, m.Data)
	case k.header == 0:
		d.Text = spelled(link, m.Data)
	default:
		d.Text = spelled(k.spell, m.Data)
	}
	d.Type = verb.name + k.name
	return d
}

// spell appends the words for a body.
func (k *kind) spell(b, body []byte) []byte {
	if len(body) < k.header {
		return append(b, malformed...)
	}
	if k.parsed != nil {
		if with := k.parsed(b, body); len(with) > len(b) {
			return with
		}
	}
	switch body[0] {
	case uapi.AF_INET:
		b = append(b, " inet"...)
	case uapi.AF_INET6:
		b = append(b, " inet6"...)
	}
	if k.index != 0 {
		b = appendDev(b, int(int32(wire.Order.Uint32(body[k.index:]))))
	}
	return appendFields(b, body[k.header:], k.fields)
}

// appendDev appends the index of a link unless it is 0.
func appendDev(b []byte, index int) []byte {
	if index == 0 {
		return b
	}
	return strconv.AppendInt(append(b, " dev if"...), int64(index), 10)
}

func appendText(b []byte, text string) []byte {
	return append(append(b, ' '), text...)
}

func spellAddr(b, body []byte) []byte {
	a, index, ok := inetnl.ParseAddr(body)
	if !ok {
		return b
	}
	return appendOthers(appendDev(appendText(b, a.String()), index), body[8:], addrFields)
}

func spellRoute(b, body []byte) []byte {
	bits, typ, attrs := body[1], body[7], body[12:]
	if bits == 0 && typ == 0 && wire.Find(attrs, uapi.RTA_GATEWAY) == nil && wire.Find(attrs, uapi.RTA_VIA) == nil {
		return b // a filter
	}
	for _, r := range inetnl.ParseRoute(body) {
		b = appendDev(appendText(b, r.String()), r.Index)
	}
	return appendOthers(b, attrs, routeFields)
}

func spellNeigh(b, body []byte) []byte {
	if body[0] == uapi.AF_BRIDGE {
		return spellFDB(b, body)
	}
	n, index, ok := inetnl.ParseNeigh(body)
	if !ok {
		return b
	}
	return appendOthers(appendDev(appendText(b, n.String()), index), body[12:], neighFields)
}

func spellFDB(b, body []byte) []byte {
	e, ok := fdbmsg.Parse(body, func(int) string { return "" })
	if !ok {
		return b
	}
	return appendOthers(appendText(b, e.String()), body[12:], neighFields)
}

// appendOthers appends the attributes that are not among the fields.
func appendOthers(b, attrs []byte, fields []field) []byte {
	for a, err := range wire.Attrs(attrs) {
		if err != nil {
			return append(b, malformed...)
		}
		if !has(fields, a.Type) {
			b = AppendUnknown(b, a)
		}
	}
	return b
}

func has(fields []field, typ uint16) bool {
	for _, f := range fields {
		if f.typ == typ {
			return true
		}
	}
	return false
}
