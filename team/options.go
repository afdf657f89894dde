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

// Options are all options of a team. What the team does not have in its mode is
// zero.
type Options struct {
	// Mode is how the ports share the frames; "*NOMODE*" if none was set.
	Mode iplink.TeamMode
	// NotifyPeersCount is how often peers are notified when a port comes into use,
	// and NotifyPeersInterval the time in between.
	NotifyPeersCount    uint32
	NotifyPeersInterval time.Duration
	// MCastRejoinCount is how often multicast groups are joined anew when a port
	// comes into use, and MCastRejoinInterval the time in between.
	MCastRejoinCount    uint32
	MCastRejoinInterval time.Duration

	// ActivePort is the interface index of the port in use, 0 if there is none;
	// in mode ActiveBackup.
	ActivePort int

	// HashFunc is the program that hashes a frame, and TxMethod how a port is found
	// for the hash; in mode LoadBalance.
	HashFunc []Instruction
	TxMethod TxMethod
	// HashToPort has, for each of the 256 hashes, the interface index of the port,
	// 0 if none was set, and HashStats the bytes sent, which are reported anew
	// each StatsRefreshInterval; in mode LoadBalance.
	HashToPort           []int
	HashStats            []uint64
	StatsRefreshInterval time.Duration

	// Ports are the options of the ports, by interface index.
	Ports map[int]PortOptions
	// Unknown are options that this library does not know: a newer kernel's.
	Unknown []Option
}

// PortOptions are the options of a port.
type PortOptions struct {
	// Enabled says whether the port receives and sends; RxEnabled and TxEnabled
	// are its halves, which equal it where the kernel does not have them.
	Enabled, RxEnabled, TxEnabled bool
	// UserLinkUp is what a program finds of the link, which counts if
	// UserLinkUpEnabled.
	UserLinkUp, UserLinkUpEnabled bool
	// Priority is the priority, and QueueID the transmit queue, 0 for none.
	Priority int32
	QueueID  uint16
	// TxBytes is how much was sent, in mode LoadBalance, as of the last
	// refresh.
	TxBytes uint64
}

// Options returns all options as they are.
func (t *Team) Options(ctx context.Context) (*Options, error) {
	all, err := teamnl.Options(ctx, t.nl, t.link.Index)
	if err != nil {
		return nil, t.failed("options of", "", err)
	}
	return collect(all), nil
}

// collect gives each option its place. Halves of "enabled" come after it.
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

// SetOption changes one option, such as Priority("eth0", 10). What cannot be
// right is refused before anything is sent, with an error that matches
// fs.ErrInvalid. An option that this library does not know goes out as it is.
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

// encode gives raw the value that goes out, and says what is wrong with o.
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

// valueFault says if a value does not fit a request.
func valueFault(bytes int) string {
	const most = 1<<16 - 256
	if bytes <= most {
		return ""
	}
	return fmt.Sprintf("a value of %d bytes, where %d fit a request", bytes, most)
}

// subject names an option and what it is about.
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

// explain turns the bare errno of a refusal into an error with the reason.
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

// missingMode says what the kernel's EINVAL means for a mode that the team does
// not have yet.
func missingMode(mode string) string {
	return fmt.Sprintf("this kernel has no team mode %s (CONFIG_NET_TEAM_MODE_%s)", mode, strings.ToUpper(mode))
}

// absent says why the kernel finds no such option: it looks for one of that
// name, type, port and element.
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
		return "that is no port of the team"
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
