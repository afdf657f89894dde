package main

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

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
func residents(child string, batch func(*lab) (func() (*peak, error), error)) []entrant {
	return []entrant{
		{who: ourName, start: func(l *lab) (work, error) {
			return func() (*sample, error) {
				p, err := spawn(child, l.n)
				if err != nil {
					return nil, err
				}
				most := follow(p.cmd.Process.Pid)
				_, err = p.wait()
				return most.sample(l), err
			}, nil
		}},
		{who: ipName, start: func(l *lab) (work, error) {
			run, err := batch(l)
			return func() (*sample, error) {
				most, err := run()
				if most == nil {
					return nil, err
				}
				return most.sample(l), err
			}, err
		}},
	}
}

// A peak follows the most memory that a process has resident. For a process
// that has ended, the kernel reports at least as much as its parent had (ru_maxrss).
type peak struct {
	bytes float64
	ended chan struct{}
}

// follow looks at a process until it has ended.
func follow(pid int) *peak {
	p := &peak{ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		for kib, ok := highWater(pid); ok; kib, ok = highWater(pid) {
			p.bytes = kib * 1024
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return p
}

// highWater returns the most KiB that a process has had resident, unless it has ended.
func highWater(pid int) (kib float64, ok bool) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	fmt.Sscan(rest, &kib)
	return kib, ok
}

// sample returns the result once the process has ended.
func (p *peak) sample(l *lab) *sample {
	<-p.ended
	return &sample{links: l.n, bytes: p.bytes / float64(l.n)}
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
// that runs both and returns the peak of the second one.
func (l *lab) entryBatch() (func() (*peak, error), error) {
	add, err := l.batch("entries", []string{"link add x0 type vxlan id 1 dstport 4789"})
	if err != nil {
		return nil, err
	}
	text := strings.Join(lines(l.n, func(i int) string {
		return fmt.Sprintf("fdb replace %s dev x0 dst %s self permanent", entryMAC(i), netip.AddrFrom4(entryDst))
	}), "\n")
	run, err := l.bridgeBatch("entries", text+"\n")
	return func() (*peak, error) {
		if err := add(); err != nil {
			return nil, err
		}
		return run()
	}, err
}

// bridgeBatch writes a file for `bridge -batch`, and returns a function that runs it and
// returns its peak.
func (l *lab) bridgeBatch(name, text string) (func() (*peak, error), error) {
	path := filepath.Join(l.dir, name+".bridge")
	return func() (*peak, error) {
		var out bytes.Buffer
		cmd := exec.Command("bridge", "-batch", path)
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		most := follow(cmd.Process.Pid)
		if err := cmd.Wait(); err != nil {
			return most, fmt.Errorf("bridge -batch: %w: %s", err, &out)
		}
		return most, nil
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
