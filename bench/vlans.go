package main

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/veth"
)

// vlanPorts is the number of ports that get VLANs.
const vlanPorts = 100

// lacking is the reason why a kernel cannot do a workload. It is not a failure.
type lacking string

func (l lacking) Error() string { return string(l) }

// vlans is the workload of giving VLANs to the ports of a bridge. Every second VLAN is
// untagged, so that no two of them are a range.
func vlans() *workload {
	return &workload{name: "4094 VLANs for each of 100 ports", links: vlanPorts * 4094, few: vlanPorts * 20, rounds: 5,
		world: makeFiltering, check: hasVLANs, after: deleteVLANs, entrants: []entrant{
			{who: pipelined, start: func(l *lab) (work, error) {
				all, err := vlanMessages(l.n)
				return do(func() error { return l.raw.pipeline(all) }), err
			}},
			{who: ourName, start: func(l *lab) (work, error) {
				conn, err := dialOurs(l)
				return do(func() error { return addVLANs(conn, l.n) }), err
			}},
			{who: ipName, start: func(l *lab) (work, error) {
				run, err := l.vlanBatch()
				return do(func() error { _, err := run(); return err }), err
			}},
		}}
}

// vlanMemory is the same workload, and measures the most memory that a process for it had
// resident.
func vlanMemory() *workload {
	return &workload{name: "4094 VLANs for each of 100 ports, resident memory for each", links: vlanPorts * 4094, few: vlanPorts * 20, rounds: 3,
		world: makeFiltering, check: hasVLANs, after: deleteVLANs, entrants: residents("vlans "+ourName, (*lab).vlanBatch)}
}

func vlanPort(i int) string { return fmt.Sprintf("port%d", i) }

// vlanPortIndexes returns the interface indexes of the ports, in one list: a look-up of
// each by name would read all links each time.
func vlanPortIndexes() ([]int32, error) {
	links, err := net.Interfaces()
	byName := map[string]int32{}
	for _, l := range links {
		byName[l.Name] = int32(l.Index)
	}
	all := make([]int32, vlanPorts)
	for i := range all {
		if all[i] = byName[vlanPort(i)]; all[i] == 0 && err == nil {
			err = fmt.Errorf("there is no link %s", vlanPort(i))
		}
	}
	return all, err
}

// makeFiltering makes the bridge and its ports, which have no VLANs.
func makeFiltering(l *lab) error {
	conn, err := dialOurs(l)
	if err != nil {
		return err
	}
	_, err = conn.Create(background, bridge.New("br0").VLANFiltering(true).VLANDefaultPVID(0))
	if errors.Is(err, errors.ErrUnsupported) {
		return lacking("this kernel's bridge does not filter VLANs")
	}
	specs := make([]iplink.Spec, vlanPorts)
	for i := range specs {
		specs[i] = veth.New(vlanPort(i)).Master("br0").Peer(veth.New("end" + vlanPort(i)))
	}
	if err == nil {
		_, err = conn.Create(background, specs...)
	}
	return err
}

// wantedVLANs returns the VLANs of a port, 1 to n.
func wantedVLANs(n int) []bridge.VLAN {
	all := make([]bridge.VLAN, n)
	for i := range all {
		all[i] = bridge.VLAN{ID: uint16(i + 1), Untagged: i%2 == 1}
	}
	return all
}

func addVLANs(conn *iplink.Conn, n int) error {
	specs := make([]iplink.Spec, vlanPorts)
	for i := range specs {
		specs[i] = iplink.Device(vlanPort(i)).PortSettings(bridge.Port().VLANs(wantedVLANs(n / vlanPorts)...))
	}
	_, err := conn.Update(background, specs...)
	return err
}

func vlansOurs(n int, ready func()) error {
	conn, err := iplink.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	ready()
	return addVLANs(conn, n)
}

// vlanBatch gives the VLANs to the ports by `bridge -batch`.
func (l *lab) vlanBatch() (func() (*peak, error), error) {
	var text strings.Builder
	for i := range vlanPorts {
		for _, v := range wantedVLANs(l.n / vlanPorts) {
			fmt.Fprintf(&text, "vlan add dev %s vid %d", vlanPort(i), v.ID)
			if v.Untagged {
				text.WriteString(" untagged")
			}
			text.WriteByte('\n')
		}
	}
	return l.bridgeBatch("vlans", text.String())
}

// vlanMessages returns one request for each port, with all its VLANs.
func vlanMessages(n int) (*messages, error) {
	m := &messages{}
	ports, err := vlanPortIndexes()
	if err != nil {
		return nil, err
	}
	for _, index := range ports {
		m.write(uapi.RTM_SETLINK, 0, func(b []byte) []byte {
			b, at := wire.Begin(wire.AppendLink(b, wire.Link{Family: uapi.AF_BRIDGE, Index: index}), uapi.IFLA_AF_SPEC)
			for _, v := range wantedVLANs(n / vlanPorts) {
				b = appendVLAN(b, v, 0)
			}
			return wire.End(b, at)
		})
	}
	return m, nil
}

func appendVLAN(b []byte, v bridge.VLAN, flags uint16) []byte {
	if v.Untagged {
		flags |= uapi.BRIDGE_VLAN_INFO_UNTAGGED
	}
	info := wire.Order.AppendUint16(wire.Order.AppendUint16(nil, flags), v.ID)
	return wire.AppendAttr(b, uapi.IFLA_BRIDGE_VLAN_INFO, info)
}

// deleteVLANs takes the ports from the bridge, with all their VLANs, and gives them back. To
// delete a VLAN from a port, the kernel walks all forwarding entries of the bridge:
// one for each VLAN of each port.
func deleteVLANs(l *lab) error {
	bridge, err := net.InterfaceByName("br0")
	if err != nil {
		return err
	}
	ports, err := vlanPortIndexes()
	if err != nil {
		return err
	}
	m := &messages{}
	for _, master := range []int{0, bridge.Index} {
		for _, index := range ports {
			m.write(uapi.RTM_SETLINK, 0, func(b []byte) []byte {
				return wire.AppendU32(wire.AppendLink(b, wire.Link{Index: index}), uapi.IFLA_MASTER, uint32(master))
			})
		}
	}
	return l.raw.pipeline(m)
}

// hasVLANs fails unless `bridge` shows the VLANs of the last port.
func hasVLANs(l *lab) error {
	out, err := exec.Command("bridge", "-o", "vlan", "show", "dev", vlanPort(vlanPorts-1)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("bridge vlan show: %w: %s", err, out)
	}
	if untagged := strings.Count(string(out), "Untagged"); untagged != l.n/vlanPorts/2 {
		return fmt.Errorf("%d untagged VLANs, want %d", untagged, l.n/vlanPorts/2)
	}
	return nil
}
