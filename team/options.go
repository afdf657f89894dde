package team

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/teamnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Options are all options of a team. Options that the team does not have in its mode
// are zero.
type Options struct {
	// Mode is the way the ports share the frames; "*NOMODE*" if none was set.
	Mode iplink.TeamMode
	// NotifyPeersCount is the number of notifications of peers when a port comes
	// into use, and NotifyPeersInterval the time between them.
	NotifyPeersCount    uint32
	NotifyPeersInterval time.Duration
	// MCastRejoinCount is the number of multicast group joins when a port comes into
	// use, and MCastRejoinInterval the time between them.
	MCastRejoinCount    uint32
	MCastRejoinInterval time.Duration

	// ActivePort is the interface index of the port in use, 0 if there is none; in
	// mode ActiveBackup.
	ActivePort int

	// HashFunc is the program that hashes a frame, and TxMethod the way a port is
	// selected for the hash; in mode LoadBalance.
	HashFunc []Instruction
	TxMethod TxMethod
	// HashToPort has the interface index of the port for each of the 256 hashes, 0
	// if none was set. HashStats has the bytes sent for each hash, updated every
	// StatsRefreshInterval. Both are for mode LoadBalance.
	HashToPort           []int
	HashStats            []uint64
	StatsRefreshInterval time.Duration

	// Ports are the options of the ports, by interface index.
	Ports map[int]PortOptions
	// Unknown are options that this library does not know, from a newer kernel.
	Unknown []Option
}

// PortOptions are the options of a port.
type PortOptions struct {
	// Enabled reports whether the port receives and sends; RxEnabled and TxEnabled
	// are its halves, which equal it if the kernel does not have them.
	Enabled, RxEnabled, TxEnabled bool
	// UserLinkUp is the state of the link according to a program, which is in effect
	// if UserLinkUpEnabled is true.
	UserLinkUp, UserLinkUpEnabled bool
	// Priority is the priority, and QueueID the transmit queue, 0 for none.
	Priority int32
	QueueID  uint16
	// TxBytes is the number of bytes sent, in mode LoadBalance, as of the last
	// refresh.
	TxBytes uint64
}

// Options returns the present values of all options.
func (t *Team) Options(ctx context.Context) (*Options, error) {
	all, err := teamnl.Options(ctx, t.nl, t.link.Index)
	if err != nil {
		return nil, t.failed("options of", "", err)
	}
	return collect(all), nil
}

// collect assigns each option to its field. The halves of "enabled" come after it.
func collect(all []teamnl.Option) *Options {
	o := &Options{Ports: map[int]PortOptions{}}
	for _, raw := range all {
		option := typed(raw)
		switch d, known := definitions[option.Name]; {
		case !known:
			o.Unknown = append(o.Unknown, option)
		case d.scope == perPort:
			p := o.Ports[option.Port]
			p.take(option)
			o.Ports[option.Port] = p
		case d.scope == perHash:
			o.takeElement(option)
		default:
			o.take(option)
		}
	}
	return o
}

// assign sets to to an option's value if it has the type.
func assign[T any](to *T, o Option) {
	if v, ok := o.Value.(T); ok {
		*to = v
	}
}

func (o *Options) take(option Option) {
	switch option.Name {
	case "mode":
		assign(&o.Mode, option)
	case "notify_peers_count":
		assign(&o.NotifyPeersCount, option)
	case "notify_peers_interval":
		assign(&o.NotifyPeersInterval, option)
	case "mcast_rejoin_count":
		assign(&o.MCastRejoinCount, option)
	case "mcast_rejoin_interval":
		assign(&o.MCastRejoinInterval, option)
	case "activeport":
		assign(&o.ActivePort, option)
	case "bpf_hash_func":
		assign(&o.HashFunc, option)
	case "lb_tx_method":
		assign(&o.TxMethod, option)
	case "lb_stats_refresh_interval":
		assign(&o.StatsRefreshInterval, option)
	}
}

func (o *Options) takeElement(option Option) {
	if option.Index < 0 || option.Index > 255 {
		return
	}
	if o.HashToPort == nil {
		o.HashToPort, o.HashStats = make([]int, 256), make([]uint64, 256)
	}
	if option.Name == "lb_hash_stats" {
		assign(&o.HashStats[option.Index], option)
	} else {
		assign(&o.HashToPort[option.Index], option)
	}
}

func (p *PortOptions) take(option Option) {
	switch option.Name {
	case "enabled":
		assign(&p.Enabled, option)
		p.RxEnabled, p.TxEnabled = p.Enabled, p.Enabled
	case "rx_enabled":
		assign(&p.RxEnabled, option)
	case "tx_enabled":
		assign(&p.TxEnabled, option)
	case "user_linkup":
		assign(&p.UserLinkUp, option)
	case "user_linkup_enabled":
		assign(&p.UserLinkUpEnabled, option)
	case "priority":
		assign(&p.Priority, option)
	case "queue_id":
		assign(&p.QueueID, option)
	case "lb_port_stats":
		assign(&p.TxBytes, option)
	}
}

const opSet = "set option of"

// SetOption changes one option, such as Priority("eth0", 10). Invalid values are
// rejected before a request is sent, with an error that matches fs.ErrInvalid. An
// option that this library does not know is sent unchanged.
func (t *Team) SetOption(ctx context.Context, o Option) error {
	raw := teamnl.Option{Name: o.Name, Value: o.Value, Port: o.Port, Index: o.Index}
	if fault := encode(&raw, o); fault != "" {
		return t.link.Invalid(opSet, subject(o), "%s", fault)
	}
	if o.PortName != "" {
		index, err := t.link.Resolve(ctx, opSet, o.Name+" of port", o.PortName, 0)
		if err != nil {
			return err
		}
		raw.Port = index
	}
	if o.Name == "mode" {
		if have, err := t.Options(ctx); err != nil || have.Mode == o.Value {
			return err
		}
	}
	if err := teamnl.Set(ctx, t.nl, t.link.Index, raw); err != nil {
		return t.explain(ctx, o, raw, err)
	}
	return nil
}

// encode sets raw to the value for the request, and returns the reason why o is
// invalid, or an empty string.
func encode(raw *teamnl.Option, o Option) string {
	if o.Name == "" || len(o.Name) >= uapi.TEAM_STRING_MAX_LEN {
		return fmt.Sprintf("a name has 1 to %d bytes", uapi.TEAM_STRING_MAX_LEN-1)
	}
	d, known := definitions[o.Name]
	if !known {
		switch v := o.Value.(type) {
		case int32, uint32, bool:
			return ""
		case string:
			return valueFault(len(v))
		case []byte:
			return valueFault(len(v))
		}
		return fmt.Sprintf("there is no type for a %T", o.Value)
	}
	if fault := d.fault(o); fault != "" {
		return fault
	}
	var fault string
	raw.Value, fault = d.format.encode(o.Value)
	return fault
}

// valueFault returns a message if a value does not fit a request.
func valueFault(bytes int) string {
	const most = 1<<16 - 256
	if bytes <= most {
		return ""
	}
	return fmt.Sprintf("a value of %d bytes, where %d fit a request", bytes, most)
}

// subject returns the name of an option and of its port or element.
func subject(o Option) string {
	switch {
	case o.PortName != "":
		return o.Name + " of port " + o.PortName
	case o.Port != 0:
		return fmt.Sprintf("%s of port %d", o.Name, o.Port)
	case o.Index >= 0:
		return fmt.Sprintf("%s %d", o.Name, o.Index)
	}
	return o.Name
}

// explain turns the bare errno of a rejected request into an error with the reason.
func (t *Team) explain(ctx context.Context, o Option, raw teamnl.Option, err error) error {
	e := t.failed(opSet, subject(o), err).(*iplink.Error)
	if e.Message == "" {
		e.Message = t.reason(ctx, raw, cause(err))
	}
	return e
}

func (t *Team) reason(ctx context.Context, o teamnl.Option, err error) string {
	switch {
	case err == syscall.ENOENT:
		return t.absent(ctx, o)
	case err == syscall.EBUSY && o.Name == "mode":
		return "changes only while the team has no ports"
	case err == syscall.EINVAL && o.Name == "mode":
		mode, _ := o.Value.(string)
		return missingMode(mode)
	case err == syscall.EINVAL && o.Name == "queue_id":
		return "the team has fewer transmit queues"
	case err == syscall.EINVAL && o.Name == "bpf_hash_func":
		return "the kernel refuses the program"
	case err == syscall.ENODEV && o.Name == "lb_tx_hash_to_port_mapping":
		return fmt.Sprintf("%v is the index of no enabled port of the team", o.Value)
	}
	return ""
}

// missingMode returns the meaning of the kernel's EINVAL for a mode that the team
// does not have yet.
func missingMode(mode string) string {
	return fmt.Sprintf("this kernel has no team mode %s (CONFIG_NET_TEAM_MODE_%s)", mode, strings.ToUpper(mode))
}

// absent returns the reason why the kernel finds no such option. The kernel looks
// for the name, type, port and element.
func (t *Team) absent(ctx context.Context, o teamnl.Option) string {
	all, err := teamnl.Options(ctx, t.nl, t.link.Index)
	if err != nil {
		return ""
	}
	there, port := false, false
	for _, have := range all {
		there = there || have.Name == o.Name
		port = port || have.Port == o.Port && o.Port != 0
	}
	switch d := definitions[o.Name]; {
	case o.Name == "activeport" && there:
		return fmt.Sprintf("%v is the index of no port of the team", o.Value)
	case o.Port != 0 && !port:
		return "that is not a port of the team"
	case !there && d.mode != "":
		return fmt.Sprintf("is there only in mode %s", d.mode)
	case !there:
		return "this kernel has no such option"
	}
	return ""
}

// isGone reports whether an option was not set because its port has left.
func isGone(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENODEV)
}
