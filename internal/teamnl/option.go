package teamnl

import (
	"context"
	"errors"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An Option is an option of a team, or of one of its ports.
type Option struct {
	Name string
	// Value is an int32, a uint32, a bool, a string or a []byte; nil if the kernel
	// uses another type for it.
	Value   any
	Port    int // interface index of the option's port, 0 for an option of the team
	Index   int // index of an array element; -1 if the option is not an array
	Changed bool
	Removed bool
}

// Dial opens a socket for teams in the network namespace of the descriptor netns, or
// in the caller's if netns is rtnl.Here. The error matches rtnl.ErrFamily if the
// kernel does not have the family team.
func Dial(ctx context.Context, netns int) (*rtnl.Family, error) {
	return rtnl.DialFamily(ctx, netns, uapi.TEAM_GENL_NAME)
}

// Set changes options of the team with the given index, in order, and stops at the
// first one that the kernel rejects. If no process listens to the team's events, the
// kernel returns ESRCH after it has applied the first option, and ignores the
// others.
func Set(ctx context.Context, f *rtnl.Family, team int, options ...Option) error {
	err := f.Change(ctx, uapi.TEAM_CMD_OPTIONS_SET, AppendSet(nil, team, options...))
	if len(options) == 1 && errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// AppendSet appends the attributes of the request that changes options.
func AppendSet(b []byte, team int, options ...Option) []byte {
	b = wire.AppendU32(b, uapi.TEAM_ATTR_TEAM_IFINDEX, uint32(team))
	b, list := wire.Begin(b, uapi.TEAM_ATTR_LIST_OPTION|uapi.NLA_F_NESTED)
	for _, o := range options {
		b = appendItem(b, o)
	}
	return wire.End(b, list)
}

func appendItem(b []byte, o Option) []byte {
	b, item := wire.Begin(b, uapi.TEAM_ATTR_ITEM_OPTION|uapi.NLA_F_NESTED)
	b = wire.AppendString(b, uapi.TEAM_ATTR_OPTION_NAME, o.Name)
	if o.Port != 0 {
		b = wire.AppendU32(b, uapi.TEAM_ATTR_OPTION_PORT_IFINDEX, uint32(o.Port))
	}
	if o.Index >= 0 {
		b = wire.AppendU32(b, uapi.TEAM_ATTR_OPTION_ARRAY_INDEX, uint32(o.Index))
	}
	return wire.End(appendValue(b, o.Value), item)
}

// appendValue appends the type and the value. A flag is true if its attribute is
// present.
func appendValue(b []byte, value any) []byte {
	typ := func(n uint8) []byte { return wire.AppendU8(b, uapi.TEAM_ATTR_OPTION_TYPE, n) }
	switch v := value.(type) {
	case uint32:
		return wire.AppendU32(typ(uapi.NLA_U32), uapi.TEAM_ATTR_OPTION_DATA, v)
	case int32:
		return wire.AppendU32(typ(uapi.NLA_S32), uapi.TEAM_ATTR_OPTION_DATA, uint32(v))
	case string:
		return wire.AppendString(typ(uapi.NLA_STRING), uapi.TEAM_ATTR_OPTION_DATA, v)
	case []byte:
		return wire.AppendAttr(typ(uapi.NLA_BINARY), uapi.TEAM_ATTR_OPTION_DATA, v)
	case bool:
		b = typ(uapi.NLA_FLAG)
		if v {
			b = wire.AppendFlag(b, uapi.TEAM_ATTR_OPTION_DATA)
		}
	}
	return b
}

// Options requests all options of a team.
func Options(ctx context.Context, f *rtnl.Family, team int) ([]Option, error) {
	var all []Option
	err := list(ctx, f, uapi.TEAM_CMD_OPTIONS_GET, team, func(attrs []byte) {
		all = append(all, ParseOptions(attrs)...)
	})
	return all, err
}

func list(ctx context.Context, f *rtnl.Family, command uint8, team int, each func(attrs []byte)) error {
	query := wire.AppendU32(nil, uapi.TEAM_ATTR_TEAM_IFINDEX, uint32(team))
	err := f.List(ctx, command, query, func(m wire.Message) { each(rtnl.GenericAttrs(m)) })
	if errors.Is(err, syscall.EINVAL) {
		return syscall.ENODEV // only the team's index in the request can be invalid
	}
	return err
}

// Team returns the index of the team that a message is about, or 0 if the message
// does not contain it.
func Team(attrs []byte) int {
	index := 0
	walk(attrs, func(a wire.Attr) {
		if a.Type == uapi.TEAM_ATTR_TEAM_IFINDEX {
			index = int(u32(a.Data))
		}
	})
	return index
}

// ParseOptions returns the options in the attributes of a message.
func ParseOptions(attrs []byte) []Option {
	var all []Option
	items(attrs, uapi.TEAM_ATTR_LIST_OPTION, func(item []byte) { all = append(all, parseOption(item)) })
	return all
}

func parseOption(item []byte) Option {
	o := Option{Index: -1}
	var typ uint8
	var data []byte
	has := false
	walk(item, func(a wire.Attr) {
		switch a.Type {
		case uapi.TEAM_ATTR_OPTION_NAME:
			o.Name = strings.Clone(wire.CString(a.Data))
		case uapi.TEAM_ATTR_OPTION_CHANGED:
			o.Changed = true
		case uapi.TEAM_ATTR_OPTION_REMOVED:
			o.Removed = true
		case uapi.TEAM_ATTR_OPTION_TYPE:
			typ = u8(a.Data)
		case uapi.TEAM_ATTR_OPTION_DATA:
			data, has = a.Data, true
		case uapi.TEAM_ATTR_OPTION_PORT_IFINDEX:
			o.Port = int(u32(a.Data))
		case uapi.TEAM_ATTR_OPTION_ARRAY_INDEX:
			o.Index = int(u32(a.Data))
		}
	})
	o.Value = parseValue(typ, data, has)
	return o
}

func parseValue(typ uint8, data []byte, has bool) any {
	switch typ {
	case uapi.NLA_U32:
		return u32(data)
	case uapi.NLA_S32:
		return int32(u32(data))
	case uapi.NLA_STRING:
		return strings.Clone(wire.CString(data))
	case uapi.NLA_FLAG:
		return has
	case uapi.NLA_BINARY:
		return append([]byte{}, data...)
	}
	return nil
}

// items calls each for every item of the lists of the given type.
func items(attrs []byte, list uint16, each func(item []byte)) {
	walk(attrs, func(a wire.Attr) {
		if a.Type == list {
			walk(a.Data, func(item wire.Attr) { each(item.Data) })
		}
	})
}

// walk calls each for every attribute up to the first invalid one.
func walk(attrs []byte, each func(wire.Attr)) {
	for a, err := range wire.Attrs(attrs) {
		if err != nil {
			return
		}
		each(a)
	}
}

func u32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return wire.Order.Uint32(b)
}

func u8(b []byte) uint8 {
	if len(b) < 1 {
		return 0
	}
	return b[0]
}
