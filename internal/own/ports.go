package own

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Ports are the links that are to be ports of the link of a builder, a master.
type Ports struct {
	down          bool // the master takes only links that are down, and brings them up
	only, atLeast bool
	names         []string
	twice         string
}

// AddPorts adds ports to the settings of a master. If down is set, it takes only links
// that are down, and brings them up. If only is set, it is to have no others.
func AddPorts(s *Settings, down, only bool, names []string) {
	o := Ports{down: down}
	if had := FindObjects[*Ports](s); had != nil {
		o = *had
	}
	o.only, o.atLeast = o.only || only, o.atLeast || !only
	o.names = slices.Clone(o.names)
	for _, name := range names {
		if slices.Contains(o.names, name) {
			o.twice = name
		}
		o.names = append(o.names, name)
	}
	s.SetObjects(&o)
}

// Word is part of Objects.
func (o *Ports) Word() string {
	return "port"
}

// Ports is part of Late.
func (o *Ports) Ports() (setter string, names []string) {
	if o.only {
		return "OnlyPorts", o.names
	}
	return "Ports", o.names
}

// Has reports whether a link of a name is to be a port. The receiver may be nil.
func (o *Ports) Has(name string) bool {
	return o != nil && slices.Contains(o.names, name)
}

// Fault is part of Objects.
func (o *Ports) Fault() (setter, text string) {
	setter, names := o.Ports()
	switch {
	case o.only && o.atLeast:
		return setter, "Ports and OnlyPorts exclude each other"
	case o.twice != "":
		return setter, fmt.Sprintf("%q is named twice", o.twice)
	case slices.Contains(names, ""):
		return setter, "the name of a port is empty"
	}
	return "", ""
}

// Requests is not called: the ports come when all links of the call are there.
func (o *Ports) Requests() []Request {
	return nil
}

// Commands returns nothing: the ports take commands of `ip`.
func (o *Ports) Commands(string) []string {
	return nil
}

// Excludes is part of Excluder.
func (o *Ports) Excludes() string {
	if !o.only {
		return ""
	}
	return "no other ports"
}

// LinkCommands returns the arguments of the `ip` commands that make the links ports. dev
// is the name of the master, quoted for a shell.
func (o *Ports) LinkCommands(dev string) (all []string) {
	for _, name := range o.names {
		link := "link set dev " + attr.Quote(name)
		if o.down {
			all = append(all, link+" down")
		}
		all = append(all, link+" master "+dev)
	}
	return all
}

// Compare finds the wanted ports that are not ports of the link and, for OnlyPorts, its
// other ports. A wanted port that does not exist is a difference without a request.
func (o *Ports) Compare(ctx context.Context, conn *rtnl.Conn, index int) (changes []Change, err error) {
	var have []rtnl.Link
	body := func(b []byte) []byte {
		b = wire.AppendU32(wire.AppendLink(b, wire.Link{}), uapi.IFLA_MASTER, uint32(index))
		return wire.AppendU32(b, uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS)
	}
	err = conn.Dump(ctx, uapi.RTM_GETLINK, body, func() { have = nil }, func(m wire.Message) {
		if l, ok := rtnl.ParseLink(m.Data); ok && l.Master == index {
			have = append(have, l)
		}
	})
	if err != nil {
		return nil, err
	}
	wanted, err := o.find(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, l := range have {
		if o.only && !slices.ContainsFunc(wanted, func(w rtnl.Link) bool { return w.Index == l.Index }) {
			changes = append(changes, Change{Have: l.Name, Requests: []Request{join(&l, 0)}})
		}
	}
	for i := range wanted {
		if l := &wanted[i]; l.Index == 0 || l.Master != index {
			changes = append(changes, Change{Want: o.names[i], Requests: o.joining(l, index)})
		}
	}
	return changes, nil
}

// find reads the wanted ports. The index of a link that does not exist is 0.
func (o *Ports) find(ctx context.Context, conn *rtnl.Conn) ([]rtnl.Link, error) {
	all := make([]rtnl.Link, len(o.names))
	var b rtnl.Batch
	for i, name := range o.names {
		b.Get(uapi.RTM_GETLINK, func(m wire.Message) { all[i], _ = rtnl.ParseLink(m.Data) }, func(b []byte) []byte {
			return wire.AppendU32(rtnl.AppendKey(b, 0, name), uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS)
		})
	}
	if b.Len() == 0 {
		return nil, nil
	}
	if err := conn.Do(ctx, &b); err != nil {
		return nil, err
	}
	for i := range all {
		if err := b.Err(i); err != nil && !errors.Is(err, syscall.ENODEV) {
			return nil, err
		}
	}
	return all, nil
}

// joining returns the requests that make a link a port of the link with an index.
func (o *Ports) joining(l *rtnl.Link, index int) []Request {
	switch {
	case l.Index == 0:
		return nil
	case o.down && l.Flags&uapi.IFF_UP != 0:
		return []Request{takeDown(l), join(l, index)}
	}
	return []Request{join(l, index)}
}

// takeDown returns the request that takes a link down.
func takeDown(l *rtnl.Link) Request {
	header := wire.Link{Index: int32(l.Index), Change: uapi.IFF_UP}
	return Request{Text: l.Name + " down", Type: uapi.RTM_NEWLINK, Append: func(b []byte, _ int) []byte { return wire.AppendLink(b, header) }}
}

// join returns the request that gives a link a master, or none if the index is 0.
func join(l *rtnl.Link, master int) Request {
	header := wire.Link{Index: int32(l.Index)}
	return Request{Text: l.Name, Type: uapi.RTM_NEWLINK, Append: func(b []byte, _ int) []byte {
		return wire.AppendU32(wire.AppendLink(b, header), uapi.IFLA_MASTER, uint32(master))
	}}
}

// JSON is part of Lister.
func (o *Ports) JSON() (key string, only bool, list any) {
	return "ports", o.only, &o.names
}
