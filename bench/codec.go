package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	vish "github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/wire"
)

const needsSocket = "encodes and decodes only on its way to a socket"

// encoding is the workload of encoding a request for a VXLAN with twelve settings,
// and decoding is the workload of decoding the kernel's answer about a VXLAN.
func encoding() *workload {
	return &workload{
		name: "encode a VXLAN with 12 settings", links: 1, few: 1, target: target{ratio: 2, zero: true},
		entrants: []entrant{
			{who: floorName, start: inTest("HandRequest")},
			{who: ourName, start: inTest("CodecRequest")},
			{who: vishName, start: encodeVish},
			{who: jsimName, start: encodeJsim},
			cannot(ipName, needsSocket),
		},
	}
}

func decoding() *workload {
	return &workload{
		name: "decode a VXLAN, every attribute", links: 1, few: 1, target: target{ratio: 3, allocs: 3},
		entrants: []entrant{
			{who: floorName, start: inTest("HandLink")},
			{who: ourName, start: inTest("CodecLink/vxlan")},
			{who: vishName, start: decodeVish},
			{who: jsimName, start: decodeJsim},
			cannot(ipName, needsSocket),
		},
	}
}

// inTest starts a benchmark in package iplink's tests, which prepare has compiled.
func inTest(name string) func(*lab) (work, error) {
	return func(*lab) (work, error) {
		dir, binary, err := prepared()
		return func() (*sample, error) { return benchmark(dir, binary, name) }, err
	}
}

// benchmark runs one benchmark and reads its line of results.
func benchmark(dir, binary, name string) (*sample, error) {
	out, err := command(dir, binary, "-test.run=^$", "-test.bench=^Benchmark"+strings.ReplaceAll(name, "/", "$/^")+"$",
		"-test.benchtime=50ms", "-test.benchmem")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 8 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		runs, _ := strconv.Atoi(f[1])
		each, _ := strconv.ParseFloat(f[2], 64)
		allocs, _ := strconv.ParseUint(f[6], 10, 64)
		wall := time.Duration(each * float64(runs))
		return &sample{links: runs, wall: wall, user: wall, allocs: allocs * uint64(runs)}, nil
	}
	return nil, errors.New("no results in: " + out)
}

// repeatedly returns a work that repeats a function for a while.
func repeatedly(f func() error) work {
	return func() (*sample, error) {
		m := begin()
		n := 0
		for time.Since(m.at) < 50*time.Millisecond {
			for range 100 {
				if err := f(); err != nil {
					return nil, err
				}
			}
			n += 100
		}
		s := m.end()
		s.links = n
		return &s, nil
	}
}

var (
	remote6 = net.ParseIP("2001:db8::2")
	local6  = net.ParseIP("2001:db8::1")
)

// addVxlanAttrs is the encoder for VXLAN settings in vishvananda/netlink.
//
//go:linkname addVxlanAttrs github.com/vishvananda/netlink.addVxlanAttrs
func addVxlanAttrs(vxlan *vish.Vxlan, linkInfo *nl.RtAttr)

// encodeVish repeats the encoding that the peer's LinkAdd does before it writes to
// the socket.
func encodeVish(*lab) (work, error) {
	return repeatedly(func() error {
		v := &vish.Vxlan{LinkAttrs: vishAttrs("vx0"), VxlanId: 0x1234, VtepDevIndex: 0x56, SrcAddr: local6, Group: remote6,
			TTL: 12, TOS: 0x2c, FlowBased: false, Port: vxlanPort, PortLow: 0x8000, PortHigh: 0x9000, Age: 4660, UDP6ZeroCSumTx: true}
		v.MTU = attachMTU
		req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
		msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
		msg.Flags, msg.Change = unix.IFF_UP, unix.IFF_UP
		req.AddData(msg)
		req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(v.Name)))
		req.AddData(nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(v.MTU))))
		info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
		info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated(v.Type()))
		addVxlanAttrs(v, info)
		req.AddData(info)
		if len(req.Serialize()) < 100 {
			return errors.New("a short request")
		}
		return nil
	}), nil
}

func encodeJsim(*lab) (work, error) {
	return repeatedly(func() error {
		v := &jsimVXLAN{whole: true, id: 0x1234, dev: 0x56, ageing: 4660, remote6: remote6, local6: local6,
			low: 0x8000, high: 0x9000, port: vxlanPort, ttl: 12, tos: 0x2c, label: 0x12345, zero6Tx: true}
		m := &rtnetlink.LinkMessage{Flags: unix.IFF_UP, Change: unix.IFF_UP, Attributes: &rtnetlink.LinkAttributes{
			Name: "vx0", MTU: attachMTU, Info: &rtnetlink.LinkInfo{Kind: "vxlan", Data: v}}}
		data, err := m.MarshalBinary()
		if err != nil {
			return err
		}
		header := netlink.Header{Length: uint32(wire.HeaderLen + len(data)), Type: unix.RTM_NEWLINK}
		_, err = netlink.Message{Header: header, Data: data}.MarshalBinary()
		return err
	}), nil
}

// answer returns a kernel's answer about a VXLAN, from package iplink's own
// benchmark.
func answer() ([]byte, error) {
	dir, _, err := prepared()
	if err != nil {
		return nil, err
	}
	file, err := os.ReadFile(filepath.Join(dir, "testdata", "fuzz", "FuzzParseLink", "vxlan"))
	if err != nil {
		return nil, err
	}
	_, literal, _ := strings.Cut(string(file), "\n[]byte(")
	text, err := strconv.Unquote(strings.TrimSuffix(literal, ")\n"))
	return []byte(text), err
}

func decodeVish(*lab) (work, error) {
	data, err := answer()
	return repeatedly(func() error {
		link, err := vish.LinkDeserialize(&unix.NlMsghdr{}, data)
		if err == nil && link.(*vish.Vxlan).Port == 0 {
			err = errors.New("no port")
		}
		return err
	}), err
}

func decodeJsim(*lab) (work, error) {
	data, err := answer()
	if err == nil {
		err = rtnetlink.RegisterDriver(&jsimVXLAN{})
	}
	return repeatedly(func() error {
		var m rtnetlink.LinkMessage
		err := m.UnmarshalBinary(data)
		if err == nil && m.Attributes.Info.Data.(*jsimVXLAN).port == 0 {
			err = errors.New("no port")
		}
		return err
	}), err
}
