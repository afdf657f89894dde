package team

import (
	"cmp"
	"slices"
	"time"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// loadBalance gives the hash program to the kernel, and enables the ports whose link
// is up.
type loadBalance struct {
	leaveToKernel
	r        *runner
	balancer *balancer // nil if the ports share the hashes evenly
}

func newLoadBalance(r *runner) *loadBalance {
	b := &loadBalance{r: r}
	if r.config.Balancer != nil {
		b.balancer = &balancer{r: r, traffic: map[optionKey]*counter{}}
	}
	return b
}

func (b *loadBalance) options() []teamnl.Option {
	hash := appendProgram([]byte{}, TxHash(b.r.config.TxHash...))
	all := []teamnl.Option{{Name: "bpf_hash_func", Value: hash, Index: -1}}
	if b.balancer == nil {
		return append(all, teamnl.Option{Name: "lb_tx_method", Value: string(ByHash), Index: -1})
	}
	interval := cmp.Or(b.r.config.Balancer.Interval, defaultBalancing)
	return append(all, teamnl.Option{Name: "lb_tx_method", Value: string(ByMapping), Index: -1},
		teamnl.Option{Name: "lb_stats_refresh_interval", Value: uint32(interval / (100 * time.Millisecond)), Index: -1})
}

func (b *loadBalance) added(p *port) error {
	if err := b.r.setAddress(p, b.r.address); err != nil {
		return err
	}
	if p.LinkUp {
		return nil
	}
	return b.r.set(optionOf(p, "enabled", false))
}

// decide enables the port if its link is up: in this mode the kernel does not
// consider the link itself.
func (b *loadBalance) decide(p *port) {
	if up := p.up(); p.begun && up != b.r.enabled(p) {
		b.r.attempt(p, b.r.set(optionOf(p, "enabled", up)))
	}
}

func (b *loadBalance) addressChanged() {
	for _, p := range b.r.ports {
		b.r.attempt(p, b.r.setAddress(p, b.r.address))
	}
}

func (b *loadBalance) portAddressChanged(p *port) {
	b.r.attempt(p, b.r.setAddress(p, b.r.address))
}

// optionsChanged restores the decisions about which ports are enabled, and passes
// new numbers to the balancer.
func (b *loadBalance) optionsChanged(options []teamnl.Option) {
	if slices.ContainsFunc(options, func(o teamnl.Option) bool { return o.Name == "enabled" && b.differs(o) }) {
		b.r.look()
		for _, p := range b.r.ports {
			b.decide(p)
		}
	}
	if b.balancer != nil {
		b.balancer.take(options)
	}
}

// differs reports whether an option enables or disables a port contrary to the
// decision about it.
func (b *loadBalance) differs(o teamnl.Option) bool {
	p := b.r.port(o.Port)
	return p != nil && p.begun && o.Value != p.up()
}
