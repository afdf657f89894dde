package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/vxlan"
)

// The entries lead to one remote end point.
var entryDst = [4]byte{192, 0, 2, 77}

// entryMAC returns the address of an entry.
func entryMAC(i int) net.HardwareAddr {
	return net.HardwareAddr{2, 0x12, 0x34, byte(i >> 16), byte(i >> 8), byte(i)}
}

// entries is the workload of making a VXLAN link with many forwarding entries.
func entries() *workload {
	return &workload{name: "create a vxlan with 100000 FDB entries", links: 100_000, few: 3000, rounds: 5, check: hasEntries, after: deleteAll, entrants: []entrant{
		{who: pipelined, start: func(l *lab) (work, error) {
			link, all := createVXLANs([]string{"x0"}), entryMessages(l.n)
			return do(func() error {
				if err := l.raw.pipeline(link); err != nil {
					return err
				}
				index, err := net.InterfaceByName("x0")
				if err != nil {
					return err
				}
				all.address(index.Index)
				return l.raw.pipeline(all)
			}), nil
		}},
		{who: ourName, start: func(l *lab) (work, error) {
			conn, err := dialOurs(l)
			return do(func() error { return createEntries(conn, l.n) }), err
		}},
		{who: ipName, start: func(l *lab) (work, error) {
			run, err := l.entryBatch()
			return do(func() error { _, err := run(); return err }), err
		}},
	}}
}

// entryMemory is the same workload, and measures the most memory that a process for it
// had resident.
func entryMemory() *workload {
	return &workload{name: "create a vxlan with 100000 FDB entries, resident memory for each", links: 100_000, few: 3000, rounds: 3, check: hasEntries, after: deleteAll,
		entrants: residents("entries "+ourName, (*lab).entryBatch)}
}

// residents returns the entrants of a workload that measures the most memory which a
// process had resident: this library's in the given child, and iproute2's.
func residents(child string, batch func(*lab) (func() (*exec.Cmd, error), error)) []entrant {
	each := func(l *lab, cmd *exec.Cmd) *sample {
		return &sample{links: l.n, bytes: mostResident(cmd) / float64(l.n)}
	}
	return []entrant{
		{who: ourName, start: func(l *lab) (work, error) {
			return func() (*sample, error) {
				p, err := spawn(child, l.n)
				if err != nil {
					return nil, err
				}
				_, err = p.wait()
				return each(l, p.cmd), err
			}, nil
		}},
		{who: ipName, start: func(l *lab) (work, error) {
			run, err := batch(l)
			return func() (*sample, error) {
				cmd, err := run()
				return each(l, cmd), err
			}, err
		}},
	}
}

// mostResident returns the most bytes that an ended process had resident.
func mostResident(cmd *exec.Cmd) float64 {
	if cmd.ProcessState == nil {
		return 0 // it was not started
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return float64(usage.Maxrss) * 1024
}

func entriesOurs(n int, ready func()) error {
	conn, err := iplink.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	ready()
	return createEntries(conn, n)
}

func createEntries(conn *iplink.Conn, n int) error {
	all := make([]fdb.Entry, n)
	for i := range all {
		all[i] = fdb.Entry{MAC: entryMAC(i), Dst: netip.AddrFrom4(entryDst)}
	}
	_, err := conn.Create(background, vxlan.New("x0").VNI(1).Port(vxlanPort).FDB(all...))
	return err
}

// entryBatch writes the files for `ip` and for `bridge -batch`, and returns a function
// that runs both and returns the process of the second one.
func (l *lab) entryBatch() (func() (*exec.Cmd, error), error) {
	add, err := l.batch("entries", []string{"link add x0 type vxlan id 1 dstport 4789"})
	if err != nil {
		return nil, err
	}
	text := strings.Join(lines(l.n, func(i int) string {
		return fmt.Sprintf("fdb replace %s dev x0 dst %s self permanent", entryMAC(i), netip.AddrFrom4(entryDst))
	}), "\n")
	run, err := l.bridgeBatch("entries", text+"\n")
	return func() (*exec.Cmd, error) {
		if err := add(); err != nil {
			return new(exec.Cmd), err
		}
		return run()
	}, err
}

// bridgeBatch writes a file for `bridge -batch`, and returns a function that runs it and
// returns the process.
func (l *lab) bridgeBatch(name, text string) (func() (*exec.Cmd, error), error) {
	path := filepath.Join(l.dir, name+".bridge")
	return func() (*exec.Cmd, error) {
		cmd := exec.Command("bridge", "-batch", path)
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("bridge -batch: %w: %s", err, out)
		}
		return cmd, err
	}, os.WriteFile(path, []byte(text), 0o600)
}

// entryMessages returns the requests for n entries of the link with the index 0.
func entryMessages(n int) *messages {
	m := &messages{}
	for i := range n {
		m.write(uapi.RTM_NEWNEIGH, uapi.NLM_F_CREATE|uapi.NLM_F_REPLACE, func(b []byte) []byte {
			b = append(b, uapi.AF_BRIDGE, 0, 0, 0, 0, 0, 0, 0)
			b = wire.Order.AppendUint16(b, uapi.NUD_NOARP|uapi.NUD_PERMANENT)
			b = wire.AppendAttr(append(b, uint8(fdb.Self), 0), uapi.NDA_LLADDR, entryMAC(i))
			return wire.AppendAttr(b, uapi.NDA_DST, entryDst[:])
		})
	}
	return m
}

// address fills the index of a link into the requests for its entries.
func (m *messages) address(index int) {
	at := 0
	for _, end := range m.ends {
		wire.Order.PutUint32(m.bytes[at+wire.HeaderLen+4:], uint32(index))
		at = end
	}
}

// hasEntries fails unless the link has all entries.
func hasEntries(l *lab) error {
	link, err := net.InterfaceByName("x0")
	if err != nil {
		return err
	}
	m := &messages{}
	m.add(uapi.RTM_GETNEIGH, uapi.NLM_F_DUMP, func(b []byte) []byte {
		b = wire.Order.AppendUint32(append(b, uapi.AF_BRIDGE, 0, 0, 0), uint32(link.Index))
		return append(b, 0, 0, 0, 0)
	})
	n := 0
	err = l.raw.each(m.bytes, func(wire.Message) { n++ })
	if err == nil && n != l.n {
		err = fmt.Errorf("%d entries, want %d", n, l.n)
	}
	return err
}
