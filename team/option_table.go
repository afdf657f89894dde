package team

import (
	"fmt"
	"slices"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/teamnl"
	"github.com/iplink-go/iplink/internal/wire"
)

// A definition describes a known option.
type definition struct {
	scope    scope
	format   format
	mode     iplink.TeamMode // the only mode that has it; empty for all modes
	readOnly bool
}

// scope is the object that an option belongs to.
type scope uint8

const (
	perTeam scope = iota
	perPort
	perHash // an array of 256
)

// A format converts a value into the form for a request, or returns the reason why
// the value is invalid, and converts it back.
type format struct {
	encode func(any) (any, string)
	decode func(any) any
}

var definitions = map[string]definition{
	"mode":                       {format: text[iplink.TeamMode](Broadcast, RoundRobin, Random, ActiveBackup, LoadBalance)},
	"notify_peers_count":         {format: plain[uint32]()},
	"notify_peers_interval":      {format: duration(time.Millisecond)},
	"mcast_rejoin_count":         {format: plain[uint32]()},
	"mcast_rejoin_interval":      {format: duration(time.Millisecond)},
	"enabled":                    {scope: perPort, format: plain[bool]()},
	"rx_enabled":                 {scope: perPort, format: plain[bool]()},
	"tx_enabled":                 {scope: perPort, format: plain[bool]()},
	"user_linkup":                {scope: perPort, format: plain[bool]()},
	"user_linkup_enabled":        {scope: perPort, format: plain[bool]()},
	"priority":                   {scope: perPort, format: plain[int32]()},
	"queue_id":                   {scope: perPort, format: queue},
	"activeport":                 {format: portIndex, mode: ActiveBackup},
	"bpf_hash_func":              {format: program, mode: LoadBalance},
	"lb_tx_method":               {format: text(ByHash, ByMapping), mode: LoadBalance},
	"lb_tx_hash_to_port_mapping": {scope: perHash, format: portIndex, mode: LoadBalance},
	"lb_hash_stats":              {scope: perHash, format: stats, mode: LoadBalance, readOnly: true},
	"lb_port_stats":              {scope: perPort, format: stats, mode: LoadBalance, readOnly: true},
	"lb_stats_refresh_interval":  {format: duration(100 * time.Millisecond), mode: LoadBalance},
}

// mistyped returns the message for a value with the wrong type.
func mistyped[T any](value any) string {
	return fmt.Sprintf("takes a %T, not a %T", *new(T), value)
}

// plain is the format of a value that is sent unchanged.
func plain[T any]() format {
	return format{
		encode: func(v any) (any, string) {
			if _, ok := v.(T); !ok {
				return nil, mistyped[T](v)
			}
			return v, ""
		},
		decode: func(v any) any { return v },
	}
}

// text is the format of one of several words.
func text[T ~string](words ...T) format {
	return format{
		encode: func(v any) (any, string) {
			word, ok := v.(T)
			switch {
			case !ok:
				return nil, mistyped[T](v)
			case !slices.Contains(words, word):
				return nil, fmt.Sprintf("%q is not one of %v", string(word), words)
			}
			return string(word), ""
		},
		decode: decoder(func(s string) any { return T(s) }),
	}
}

// decoder leaves values unchanged that do not have the kernel's type for an option.
func decoder[T any](f func(T) any) func(any) any {
	return func(v any) any {
		if v, ok := v.(T); ok {
			return f(v)
		}
		return v
	}
}

// duration is the format of a time in one of the kernel's units.
func duration(unit time.Duration) format {
	return format{
		encode: func(v any) (any, string) {
			d, ok := v.(time.Duration)
			switch {
			case !ok:
				return nil, mistyped[time.Duration](v)
			case d < 0 || d%unit != 0 || d/unit > 1<<32-1:
				return nil, fmt.Sprintf("%v is not 0 to %d times %v", d, uint32(1<<32-1), unit)
			}
			return uint32(d / unit), ""
		},
		decode: decoder(func(n uint32) any { return time.Duration(n) * unit }),
	}
}

var portIndex = format{
	encode: func(v any) (any, string) {
		index, ok := v.(int)
		switch {
		case !ok:
			return nil, mistyped[int](v)
		case index <= 0 || index > 1<<31-1:
			return nil, fmt.Sprintf("%d is not an interface index", index)
		}
		return uint32(index), ""
	},
	decode: decoder(func(n uint32) any { return int(n) }),
}

// queue is sent in 32 bits, of which the kernel would use only 16.
var queue = format{
	encode: func(v any) (any, string) {
		id, ok := v.(uint16)
		if !ok {
			return nil, mistyped[uint16](v)
		}
		return uint32(id), ""
	},
	decode: decoder(func(n uint32) any { return uint16(n) }),
}

const (
	instructionLen   = 8    // struct sock_filter
	mostInstructions = 4096 // BPF_MAXINSNS
)

var program = format{
	encode: func(v any) (any, string) {
		p, ok := v.([]Instruction)
		switch {
		case !ok:
			return nil, mistyped[[]Instruction](v)
		case len(p) > mostInstructions:
			return nil, fmt.Sprintf("%d instructions, where at most %d fit", len(p), mostInstructions)
		}
		return appendProgram([]byte{}, p), ""
	},
	decode: decoder(func(b []byte) any { return parseProgram(b) }),
}

func appendProgram(b []byte, program []Instruction) []byte {
	for _, i := range program {
		b = wire.Order.AppendUint16(b, i.Op)
		b = append(b, i.JT, i.JF)
		b = wire.Order.AppendUint32(b, i.K)
	}
	return b
}

func parseProgram(b []byte) []Instruction {
	var program []Instruction
	for ; len(b) >= instructionLen; b = b[instructionLen:] {
		program = append(program, Instruction{wire.Order.Uint16(b), b[2], b[3], wire.Order.Uint32(b[4:])})
	}
	return program
}

// stats is the number of bytes sent (struct lb_stats).
var stats = format{
	encode: func(any) (any, string) { return nil, "cannot be set" },
	decode: decoder(func(b []byte) any {
		if len(b) < 8 {
			return uint64(0)
		}
		return wire.Order.Uint64(b)
	}),
}

// typed returns an option from the kernel, with its value in the type that this
// library uses.
func typed(o teamnl.Option) Option {
	value := o.Value
	if d, ok := definitions[o.Name]; ok {
		value = d.format.decode(value)
	}
	return Option{Name: o.Name, Value: value, Port: o.Port, Index: o.Index}
}

// fault returns the reason why an option has the wrong kind of address, or an empty
// string.
func (d definition) fault(o Option) string {
	port := o.Port != 0 || o.PortName != ""
	switch {
	case d.readOnly:
		return "cannot be set: the kernel counts it"
	case d.scope == perPort && !port:
		return "is about a port: name it"
	case d.scope != perPort && port:
		return "is about the team, not about a port"
	case d.scope == perHash && (o.Index < 0 || o.Index > 255):
		return fmt.Sprintf("the hash %d is not in 0…255", o.Index)
	case d.scope != perHash && o.Index >= 0:
		return "is not an array"
	case o.Port < 0 || o.Port > 1<<31-1:
		return fmt.Sprintf("%d is not an interface index", o.Port)
	case o.Port != 0 && o.PortName != "":
		return "names a port twice, by name and by index"
	}
	return ""
}
