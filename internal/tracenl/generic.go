package tracenl

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/teamnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A family is a generic netlink family.
type family struct {
	name     string
	commands attr.Words
	fields   []field
}

// familyOf returns the family of a message on a socket for the named one, without
// commands and fields if it is unknown.
func familyOf(name string, m wire.Message) *family {
	if m.Type == uapi.GENL_ID_CTRL {
		return &control
	}
	for _, f := range []*family{&wireGuard, &macSec, &team, &fou, &hsr, &gtp, &batAdv, &ovpn} {
		if f.name == name {
			return f
		}
	}
	return &family{name: name}
}

// generic describes a message of generic netlink.
func generic(name string, m wire.Message) Message {
	f := familyOf(name, m)
	d := Message{Type: f.name, Flags: spellBits(uint32(m.Flags), getFlags, sharedFlags)}
	if len(m.Data) < uapi.GENL_HDRLEN {
		d.Text = "(malformed)"
		return d
	}
	if command, ok := f.command(m.Data[0]); ok {
		d.Type += " " + command
	} else {
		d.Type += " command " + strconv.Itoa(int(m.Data[0]))
	}
	d.Text = spelled(func(b, body []byte) []byte { return appendFields(b, body, f.fields) }, rtnl.GenericAttrs(m))
	return d
}

func (f *family) command(number uint8) (string, bool) {
	if int(number) >= len(f.commands) || f.commands[number] == "" {
		return "", false
	}
	return f.commands[number], true
}

// control is the family that describes families.
var control = family{"nlctrl", attr.Words{1: "NEWFAMILY", uapi.CTRL_CMD_GETFAMILY: "GETFAMILY"}, []field{
	{typ: uapi.CTRL_ATTR_FAMILY_NAME, form: text},
	{typ: uapi.CTRL_ATTR_FAMILY_ID, name: "id"},
	{typ: uapi.CTRL_ATTR_VERSION, name: "version"},
	{typ: uapi.CTRL_ATTR_MCAST_GROUPS, name: "group", form: list, in: []field{
		{typ: uapi.CTRL_ATTR_MCAST_GRP_NAME, form: text},
		{typ: uapi.CTRL_ATTR_MCAST_GRP_ID, name: "id"},
	}},
}}

// team has the options and the ports of teams.
var team = family{uapi.TEAM_GENL_NAME, attr.Words{"NOOP", "OPTIONS_SET", "OPTIONS_GET", "PORT_LIST_GET"}, []field{
	{typ: uapi.TEAM_ATTR_TEAM_IFINDEX, name: "dev", form: ifindex},
	{typ: uapi.TEAM_ATTR_LIST_OPTION, form: teamOptions},
	{typ: uapi.TEAM_ATTR_LIST_PORT, name: "port", form: list, in: []field{
		{typ: uapi.TEAM_ATTR_PORT_IFINDEX, form: ifindex},
		{typ: uapi.TEAM_ATTR_PORT_CHANGED, name: "changed", form: flag},
		{typ: uapi.TEAM_ATTR_PORT_LINKUP, name: "up", form: flag},
		{typ: uapi.TEAM_ATTR_PORT_SPEED, name: "speed"},
		{typ: uapi.TEAM_ATTR_PORT_DUPLEX, name: "duplex"},
		{typ: uapi.TEAM_ATTR_PORT_REMOVED, name: "removed", form: flag},
	}},
}}

// spellTeamOptions spells a list of options: for each its name, the element of an array,
// its port and its value.
func spellTeamOptions(data []byte) (string, bool) {
	var all []string
	for _, o := range teamnl.ParseOptions(wire.AppendAttr(nil, uapi.TEAM_ATTR_LIST_OPTION, data)) {
		text := "option " + attr.Quote(o.Name)
		if o.Index >= 0 {
			text += " index " + strconv.Itoa(o.Index)
		}
		if o.Port != 0 {
			text += " port if" + strconv.Itoa(o.Port)
		}
		all = append(all, text+" "+teamValue(o.Value))
	}
	return strings.Join(all, " "), true
}

func teamValue(value any) string {
	switch v := value.(type) {
	case nil:
		return "(unknown)"
	case string:
		return attr.Quote(v)
	case []byte:
		return hex.EncodeToString(v)
	}
	return fmt.Sprint(value)
}

// fou has the UDP ports of tunnels.
var fou = family{uapi.FOU_GENL_NAME, attr.Words{uapi.FOU_CMD_ADD: "ADD", uapi.FOU_CMD_DEL: "DEL", uapi.FOU_CMD_GET: "GET"}, []field{
	{typ: uapi.FOU_ATTR_PORT, name: "port", form: big},
	{typ: uapi.FOU_ATTR_AF, name: "family"},
	{typ: uapi.FOU_ATTR_IPPROTO, name: "ipproto"},
	{typ: uapi.FOU_ATTR_TYPE, name: "type"},
	{typ: uapi.FOU_ATTR_REMCSUM_NOPARTIAL, name: "remcsum_nopartial", form: flag},
	{typ: uapi.FOU_ATTR_LOCAL_V4, name: "local", form: address},
	{typ: uapi.FOU_ATTR_LOCAL_V6, name: "local", form: address},
	{typ: uapi.FOU_ATTR_PEER_V4, name: "peer", form: address},
	{typ: uapi.FOU_ATTR_PEER_V6, name: "peer", form: address},
	{typ: uapi.FOU_ATTR_PEER_PORT, name: "peer_port", form: big},
	{typ: uapi.FOU_ATTR_IFINDEX, name: "dev", form: ifindex},
}}

// hsr has the nodes of a network of HSR or PRP.
var hsr = family{uapi.HSR_GENL_NAME, attr.Words{uapi.HSR_C_GET_NODE_STATUS: "GET_NODE_STATUS", uapi.HSR_C_SET_NODE_STATUS: "SET_NODE_STATUS",
	uapi.HSR_C_GET_NODE_LIST: "GET_NODE_LIST", uapi.HSR_C_SET_NODE_LIST: "SET_NODE_LIST"}, []field{
	{typ: uapi.HSR_A_IFINDEX, name: "dev", form: ifindex},
	{typ: uapi.HSR_A_NODE_ADDR, name: "node", form: hardware},
	{typ: uapi.HSR_A_NODE_ADDR_B, name: "node_b", form: hardware},
	{typ: uapi.HSR_A_ADDR_B_IFINDEX, name: "dev_b", form: ifindex},
	{typ: uapi.HSR_A_IF1_IFINDEX, name: "slave1", form: ifindex},
	{typ: uapi.HSR_A_IF1_AGE, name: "age1"},
	{typ: uapi.HSR_A_IF1_SEQ, name: "seq1"},
	{typ: uapi.HSR_A_IF2_IFINDEX, name: "slave2", form: ifindex},
	{typ: uapi.HSR_A_IF2_AGE, name: "age2"},
	{typ: uapi.HSR_A_IF2_SEQ, name: "seq2"},
}}

// gtp has the contexts of GTP links.
var gtp = family{uapi.GTP_GENL_NAME, attr.Words{"NEWPDP", "DELPDP", "GETPDP", "ECHOREQ"}, []field{
	{typ: uapi.GTPA_LINK, name: "dev", form: ifindex},
	{typ: uapi.GTPA_VERSION, name: "version"},
	{typ: uapi.GTPA_TID, name: "tid", form: hexadecimal},
	{typ: uapi.GTPA_PEER_ADDRESS, name: "peer", form: address},
	{typ: uapi.GTPA_MS_ADDRESS, name: "ms", form: address},
	{typ: uapi.GTPA_FLOW, name: "flow"},
	{typ: uapi.GTPA_I_TEI, name: "i_tei", form: hexadecimal},
	{typ: uapi.GTPA_O_TEI, name: "o_tei", form: hexadecimal},
	{typ: uapi.GTPA_PAD, form: silent},
	{typ: uapi.GTPA_PEER_ADDR6, name: "peer", form: address},
	{typ: uapi.GTPA_MS_ADDR6, name: "ms", form: address},
	{typ: uapi.GTPA_FAMILY, name: "family"},
}}
