package topology

import (
	"fmt"
	"strings"
)

// Tree returns the topology as text for a terminal: each namespace, and in it each
// link under its master or its parent, if that is in the same namespace, with its
// other relations. Every line ends in a newline.
func (t *Topology) Tree() string {
	g := t.graph()
	var b strings.Builder
	for i := range t.NetNS {
		b.WriteString(t.NetNS[i].title() + "\n")
		g.branches(&b, i, -1, "")
	}
	b.WriteString(t.missing())
	return b.String()
}

// branches writes the nodes under node n, each with its own nodes below it.
func (g *graph) branches(b *strings.Builder, netns, n int, indent string) {
	children := g.children(netns, n)
	for i, m := range children {
		stem, below := "├─ ", "│  "
		if i == len(children)-1 {
			stem, below = "└─ ", "   "
		}
		b.WriteString(indent + stem + g.describe(m) + "\n")
		g.branches(b, netns, m, indent+below)
	}
}

// missing returns a line about processes that could not be examined, if any.
func (t *Topology) missing() string {
	switch t.Unreadable {
	case 0:
		return ""
	case 1:
		return "1 process could not be looked into.\n"
	}
	return fmt.Sprintf("%d processes could not be looked into.\n", t.Unreadable)
}
