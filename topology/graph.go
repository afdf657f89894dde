package topology

import (
	"strconv"
	"strings"
)

// A relation is the way one link is connected with another.
type relation uint8

const (
	isPort   relation = iota // of a master
	sitsOn                   // a parent
	isPeer                   // of a peer
	runsOver                 // a device, as tunnels do
	leadsTo                  // the other end of a tunnel
)

// mutual reports whether the relation holds in both directions.
func (r relation) mutual() bool {
	return r == isPeer || r == leadsTo
}

// words are the names of the relations in pictures.
var words = [...]string{isPort: "port of", sitsOn: "on", isPeer: "to", runsOver: "over", leadsTo: "tunnel to"}

// A tie is one relation of a link. The order of ties is the order in a description.
type tie struct {
	relation
	to Ref
}

// ties returns the relations of a link, starting with its master.
func (l *Link) ties() (all []tie) {
	for r, to := range []Ref{isPort: l.Master, sitsOn: l.Parent, isPeer: l.Peer, runsOver: l.Dev, leadsTo: l.Tunnel} {
		if to != (Ref{}) {
			all = append(all, tie{relation(r), to})
		}
	}
	return all
}

// A graph is a topology with its links numbered: node n is nodes[n].
type graph struct {
	*Topology
	nodes []node
	at    map[Ref]int
	names map[string]*NetNS
	edges []edge
}

// A node is a link and its place in the drawing: under another link of its
// namespace, or -1.
type node struct {
	*Link
	netns int // the number of its namespace
	self  Ref
	under int
}

// An edge joins two nodes. A mutual relation has only one edge.
type edge struct {
	relation
	from, to int
}

func (t *Topology) graph() *graph {
	g := &graph{Topology: t, at: map[Ref]int{}, names: map[string]*NetNS{}}
	for i := range t.NetNS {
		ns := &t.NetNS[i]
		g.names[ns.ID] = ns
		for j := range ns.Links {
			self := Ref{ns.ID, ns.Links[j].Index}
			g.at[self] = len(g.nodes)
			g.nodes = append(g.nodes, node{&ns.Links[j], i, self, -1})
		}
	}
	g.hang()
	g.join()
	return g
}

// hang finds the node under which each node is drawn: its master, or otherwise its
// parent, if that is in the same namespace. A node that would close a cycle, which
// no kernel creates, is not drawn under another.
func (g *graph) hang() {
	for n := range g.nodes {
		for _, tie := range g.nodes[n].ties() {
			above, ok := g.at[tie.to]
			if ok && tie.relation <= sitsOn && g.nodes[above].netns == g.nodes[n].netns && !g.below(above, n) {
				g.nodes[n].under = above
				break
			}
		}
	}
}

// below reports whether node n is node m, or is drawn under it.
func (g *graph) below(n, m int) bool {
	for ; n >= 0; n = g.nodes[n].under {
		if n == m {
			return true
		}
	}
	return false
}

// join lists the edges in the order of their nodes. A pair is listed once, at its
// first node.
func (g *graph) join() {
	seen := map[edge]bool{}
	for n := range g.nodes {
		for _, tie := range g.nodes[n].ties() {
			m, ok := g.at[tie.to]
			if !ok || tie.mutual() && seen[edge{tie.relation, m, n}] {
				continue
			}
			e := edge{tie.relation, n, m}
			seen[e] = true
			g.edges = append(g.edges, e)
		}
	}
}

// children returns the nodes drawn under node n, or for -1 the top-level nodes of a
// namespace.
func (g *graph) children(netns, n int) (all []int) {
	for m := range g.nodes {
		if g.nodes[m].netns == netns && g.nodes[m].under == n {
			all = append(all, m)
		}
	}
	return all
}

// lines returns the text of a link in a picture with edges: its title, its
// addresses, and its relations to links that are missing in the picture.
func (g *graph) lines(n int) []string {
	node := &g.nodes[n]
	lines := []string{node.title()}
	for _, a := range node.Addrs {
		lines = append(lines, a.String())
	}
	for _, tie := range node.ties() {
		if _, ok := g.at[tie.to]; !ok {
			lines = append(lines, words[tie.relation]+" "+g.name(node.self.NetNS, tie.to))
		}
	}
	return lines
}

// title returns the name, the kind and the details of a link.
func (n *node) title() string {
	title := plain(n.Name) + ": " + plain(n.Kind)
	if n.Detail != "" {
		title += " " + plain(n.Detail)
	}
	if !n.Up {
		title += " (down)"
	}
	return title
}

// describe returns the title of a link, its relations and its addresses. It omits
// the relation between a port and the master that it is drawn under.
func (g *graph) describe(n int) string {
	node := &g.nodes[n]
	text := []string{node.title()}
	for _, tie := range node.ties() {
		if m, ok := g.at[tie.to]; ok && tie.relation == isPort && m == node.under {
			continue
		}
		text = append(text, words[tie.relation]+" "+g.name(node.self.NetNS, tie.to))
	}
	for _, a := range node.Addrs {
		text = append(text, a.String())
	}
	return strings.Join(text, ", ")
}

// name returns the name of a link, as seen from a namespace.
func (g *graph) name(from string, to Ref) string {
	name := "link " + strconv.Itoa(to.Index)
	if m, ok := g.at[to]; ok {
		name = plain(g.nodes[m].Name)
	}
	if to.NetNS == from {
		return name
	}
	if ns := g.names[to.NetNS]; ns != nil {
		return name + " in " + plain(ns.String())
	}
	return name + " in " + plain(to.NetNS)
}
