package iplink

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var amtKind = kind{
	config:      "AMT",
	info:        func() info { return new(AMTInfo) },
	required:    attr.SetOf(uapi.IFLA_AMT_MODE, uapi.IFLA_AMT_LINK, uapi.IFLA_AMT_LOCAL_IP),
	afterCreate: attr.SetOf(uapi.IFLA_MTU),
	underlayOf:  func(i info) int { return i.(*AMTInfo).Dev },
	defaults:    "relay_port 2268 gateway_port 2268 discovery 0.0.0.0 max_tunnels 128",
}

// AMTInfo is the kernel's report of an amt link, automatic multicast tunneling, RFC 7450.
type AMTInfo struct {
	// Mode is the end of the tunnel that the link is (IFLA_AMT_MODE).
	Mode AMTMode
	// RelayPort and GatewayPort are the UDP ports of the two ends (IFLA_AMT_RELAY_PORT,
	// IFLA_AMT_GATEWAY_PORT).
	RelayPort, GatewayPort uint16
	// Dev is the interface index of the link that the packets of the tunnel go through
	// (IFLA_AMT_LINK).
	Dev int
	// Local is the source address of these packets (IFLA_AMT_LOCAL_IP).
	Local netip.Addr
	// Discovery is the address at which a gateway looks for a relay
	// (IFLA_AMT_DISCOVERY_IP). It is 0.0.0.0 for a relay.
	Discovery netip.Addr
	// Remote is the relay that answered, and the zero Addr while none has and for a
	// relay (IFLA_AMT_REMOTE_IP).
	Remote netip.Addr
	// MaxTunnels is the maximum number of gateways of a relay (IFLA_AMT_MAX_TUNNELS).
	MaxTunnels uint32
}

func (v *AMTInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly(), uapi.IFLA_AMT_MODE, "mode", &v.Mode, amtModes)
	attr.BE16(c.CreateOnly(), uapi.IFLA_AMT_RELAY_PORT, "relay_port", &v.RelayPort, 1, 65535)
	attr.BE16(c.CreateOnly(), uapi.IFLA_AMT_GATEWAY_PORT, "gateway_port", &v.GatewayPort, 1, 65535)
	attr.Index(c.CreateOnly(), uapi.IFLA_AMT_LINK, "dev", &v.Dev)
	attr.Addr4(c.CreateOnly(), uapi.IFLA_AMT_LOCAL_IP, "local", &v.Local)
	attr.Addr4(c.CreateOnly(), uapi.IFLA_AMT_DISCOVERY_IP, "discovery", &v.Discovery)
	attr.ReportedAddr(c, uapi.IFLA_AMT_REMOTE_IP, "remote", &v.Remote)
	attr.U32(c.CreateOnly(), uapi.IFLA_AMT_MAX_TUNNELS, "max_tunnels", &v.MaxTunnels, 1, 1<<32-1)
}

// An AMTMode is an end of a tunnel.
type AMTMode uint32

// Ends of a tunnel.
const (
	AMTGateway AMTMode = iota // asks a relay for multicast
	AMTRelay                  // sends multicast to gateways
)

var amtModes = attr.Words{"gateway", "relay"}

// String returns the word of iproute2.
func (m AMTMode) String() string {
	return attr.Word(amtModes, m)
}

// MarshalText returns the result of String.
func (m AMTMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *AMTMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(amtModes, "AMT mode", text, m)
}

// validate applies the rules of amt_validate and amt_newlink in the kernel.
func (v *AMTInfo) validate(op string, s *spec) error {
	has := s.Set.Has
	if fault := unicastFault("local", v.Local, has(uapi.IFLA_AMT_LOCAL_IP)); fault != nil {
		return fault
	}
	if fault := unicastFault("discovery", v.Discovery, has(uapi.IFLA_AMT_DISCOVERY_IP)); fault != nil {
		return fault
	}
	if !has(uapi.IFLA_AMT_MODE) {
		return nil
	}
	const gateways, relays = "only a Gateway has it", "only a Relay has it"
	switch gateway := v.Mode == AMTGateway; {
	case gateway && op == "create" && !has(uapi.IFLA_AMT_DISCOVERY_IP):
		return &attr.Error{Name: "discovery", Text: "a Gateway has no default for it"}
	case gateway && has(uapi.IFLA_AMT_MAX_TUNNELS):
		return &attr.Error{Name: "max_tunnels", Text: relays}
	case !gateway && has(uapi.IFLA_AMT_DISCOVERY_IP):
		return &attr.Error{Name: "discovery", Text: gateways}
	case !gateway && has(uapi.IFLA_AMT_GATEWAY_PORT):
		return &attr.Error{Name: "gateway_port", Text: gateways}
	}
	return nil
}

// unicastFault rejects an address that is set and that no host has.
func unicastFault(name string, a netip.Addr, set bool) *attr.Error {
	if set && a.Is4() && (a.As4()[0] == 0 || a.IsLoopback() || a.IsMulticast()) {
		return &attr.Error{Name: name, Text: fmt.Sprintf("%v is not an address of a host", a)}
	}
	return nil
}

// streamRefused explains why the kernel does not accept the Dev of an amt link, and finds
// the owner of its UDP port. The kernel's own message names another setting.
func (t *transaction) streamRefused(ctx context.Context, s *step, errno syscall.Errno) fact {
	v, ok := s.job.spec.Info.(*AMTInfo)
	switch {
	case s.what > stepChange:
	case errno == syscall.EADDRINUSE:
		return t.relayPortTaken(ctx, s)
	case ok && s.what == stepCreate && errno == syscall.EINVAL && !t.isEthernet(ctx, s.job, v):
		return fact{"dev", "an amt link sends through an Ethernet link"}
	}
	return fact{}
}

// isEthernet reports whether the Dev of a new amt link is Ethernet, or unknown.
func (t *transaction) isEthernet(ctx context.Context, j *job, v *AMTInfo) bool {
	index, _ := refIndex(j.infoRefs, uapi.IFLA_AMT_LINK, v.Dev)
	below, err := j.at.readIndex(ctx, index)
	return err != nil || below.Type == HardwareEther
}

// relayPort is the default UDP port of both ends (RFC 7450, section 7.2).
const relayPort = 2268

// relayPortTaken finds the owner of the UDP port on which an amt link is to receive. It is
// the port of the relay at both ends.
func (t *transaction) relayPortTaken(ctx context.Context, s *step) fact {
	v, ok := s.job.spec.Info.(*AMTInfo)
	if s.what != stepCreate {
		link, err := s.job.at.readIndex(ctx, s.job.index)
		if err != nil {
			return fact{}
		}
		v, ok = link.Info.(*AMTInfo)
	}
	if !ok {
		return fact{}
	}
	port := cmp.Or(v.RelayPort, relayPort)
	return fact{"relay_port", fmt.Sprintf("UDP port %d is taken by %s, and both ends receive on it: give both another RelayPort",
		port, t.portOwner(ctx, s.job.at, s.job.index, port))}
}
