package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/iplink-go/iplink"
)

// show prints the links in each namespace, as reported by the kernel.
func (l *lab) show(ctx context.Context) error {
	l.heading("What the kernel has now, read back:")
	views, err := look(ctx, l.all)
	if err != nil {
		return err
	}
	for _, v := range views {
		l.line("%s", v.ns)
		for _, branch := range v.branches(0) {
			l.line("%s", branch)
		}
	}
	return nil
}

// A view is a snapshot of a namespace.
type view struct {
	ns     *iplink.NetNS
	links  []*iplink.Link
	addrs  map[int][]string // of the links, by index
	others map[int32]*view  // by the namespace's IDs of the others
}

func look(ctx context.Context, all []*iplink.NetNS) ([]*view, error) {
	var views []*view
	for _, ns := range all {
		views = append(views, &view{ns: ns, addrs: map[int][]string{}, others: map[int32]*view{}})
	}
	for _, v := range views {
		if err := v.ns.Do(func() error { return v.fill(ctx, views) }); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// fill reads the namespace of the calling thread.
func (v *view) fill(ctx context.Context, views []*view) (err error) {
	if v.links, err = iplink.List(ctx, iplink.IsUp()); err != nil {
		return err
	}
	slices.SortFunc(v.links, func(a, b *iplink.Link) int { return strings.Compare(a.Name, b.Name) })
	for _, link := range v.links {
		if v.addrs[link.Index], err = addresses(link.Index); err != nil {
			return err
		}
	}
	for _, other := range views {
		id, err := other.ns.ID(ctx)
		if err != nil {
			return err
		}
		v.others[int32(id)] = other
	}
	return nil
}

// addresses returns a link's addresses with a scope wider than the link.
func addresses(index int) (list []string, err error) {
	link, err := net.InterfaceByIndex(index)
	if err != nil {
		return nil, err
	}
	all, err := link.Addrs()
	for _, a := range all {
		if prefix, ok := a.(*net.IPNet); ok && prefix.IP.IsGlobalUnicast() {
			list = append(list, prefix.String())
		}
	}
	return list, err
}

// branches returns one line for each link with the given master, 0 for none. The
// lines of a link's ports follow it, indented.
func (v *view) branches(master int) (lines []string) {
	var links []*iplink.Link
	for _, link := range v.links {
		if link.Master == master {
			links = append(links, link)
		}
	}
	for i, link := range links {
		stem, below := "├─ ", "│  "
		if i == len(links)-1 {
			stem, below = "└─ ", "   "
		}
		lines = append(lines, stem+v.describe(link))
		for _, port := range v.branches(link.Index) {
			lines = append(lines, below+port)
		}
	}
	return lines
}

// describe returns a link's name, kind, remote end and addresses.
func (v *view) describe(link *iplink.Link) string {
	words := []string{link.Name + ":", link.Kind}
	switch info := link.Info.(type) {
	case *iplink.VXLANInfo:
		words = append(words, fmt.Sprintf("%d to %s port %d over %s", info.VNI, info.Remote, info.Port, v.name(info.Dev)))
	case *iplink.VethInfo:
		if peer := v.others[info.PeerNetNSID]; peer != nil {
			words = append(words, fmt.Sprintf("to %s in %s", peer.name(info.Peer), peer.ns))
		}
	}
	return strings.Join(slices.Concat(words, v.addrs[link.Index]), " ")
}

// name returns the name of the link with the given index.
func (v *view) name(index int) string {
	for _, link := range v.links {
		if link.Index == index {
			return link.Name
		}
	}
	return fmt.Sprintf("link %d", index)
}
