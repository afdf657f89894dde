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
	for _, f := range []*family{&wireGuard, &macSec, &team, &fou, &batAdv} {
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
