package team

import (
	"cmp"
	"slices"

	"github.com/iplink-go/iplink/internal/teamnl"
	"github.com/iplink-go/iplink/internal/wire"
)

// hashes is the number of hash values.
const hashes = 256

// balancer moves hashes between ports so that each sends the same amount. Whenever
// the kernel reports traffic, or a port that was enabled or disabled, the hash with
// the most new bytes goes to the port with the fewest bytes so far, then the next
// hash.
type balancer struct {
	r       *runner
	traffic map[optionKey]*counter // by the option that reports it
}

// A counter is the number of bytes sent, in the present and in the previous report.
type counter struct{ last, now uint64 }

func (c *counter) delta() uint64 {
	if c == nil {
		return 0
	}
	return c.now - c.last
}

// take examines options that the kernel has reported as changed.
func (b *balancer) take(options []teamnl.Option) {
	if !slices.ContainsFunc(options, triggers) {
		return
	}
	for _, c := range b.traffic {
		c.last = c.now
	}
	for _, o := range options {
		if data, ok := o.Value.([]byte); ok && o.Name == "lb_hash_stats" && len(data) >= 8 {
			b.count(keyOf(o), wire.Order.Uint64(data))
		}
	}
	b.rebalance()
}

func triggers(o teamnl.Option) bool {
	return o.Name == "lb_hash_stats" || o.Name == "lb_port_stats" || o.Name == "enabled"
}

func (b *balancer) count(key optionKey, bytes uint64) {
	c, known := b.traffic[key]
	if !known {
		b.traffic[key] = &counter{bytes, bytes}
		return
	}
	c.now = bytes
}

// A share is the load assigned to a port.
type share struct {
	port  *port
	bytes uint64
}

func (b *balancer) rebalance() {
	var shares []*share
	for _, p := range slices.Backward(b.r.ports) {
		if b.r.enabled(p) && p.begun {
			shares = append(shares, &share{port: p})
		}
	}
	for _, hash := range b.byTraffic() {
		bytes := b.of(hash).delta()
		if b.portOf(hash) != nil && bytes == 0 {
			continue
		}
		for len(shares) > 0 {
			least := slices.MinFunc(shares, func(s, t *share) int { return cmp.Compare(s.bytes, t.bytes) })
			if b.assign(hash, least.port) {
				least.bytes += bytes
				break
			}
			shares = slices.DeleteFunc(shares, func(s *share) bool { return s == least })
		}
	}
}

// byTraffic returns the hashes, those with the most new bytes first.
func (b *balancer) byTraffic() []int {
	all := make([]int, hashes)
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, func(i, j int) int { return cmp.Compare(b.of(j).delta(), b.of(i).delta()) })
	return all
}

func (b *balancer) of(hash int) *counter {
	return b.traffic[optionKey{"lb_hash_stats", 0, hash}]
}

// portOf returns the port for a hash, or nil if there is none.
func (b *balancer) portOf(hash int) *port {
	index, _ := b.r.seen[optionKey{"lb_tx_hash_to_port_mapping", 0, hash}].(uint32)
	return b.r.port(int(index))
}

// assign gives a hash to a port, and reports whether the kernel has accepted it.
func (b *balancer) assign(hash int, p *port) bool {
	if b.portOf(hash) == p {
		return true
	}
	return b.r.set(teamnl.Option{Name: "lb_tx_hash_to_port_mapping", Value: uint32(p.Index), Index: hash}) == nil
}
