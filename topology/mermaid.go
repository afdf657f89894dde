package topology

import (
	"fmt"
	"strings"
)

// arrows are the Mermaid arrows for the relations: lines within a machine, dotted
// for tunnels.
var arrows = [...]string{isPort: "-->", sitsOn: "-->|on|", isPeer: "---", runsOver: "-.->|over|", leadsTo: "<-.->"}

// Mermaid returns the topology as a flowchart in the language of Mermaid
// (https://mermaid.js.org), which GitHub and many other sites render. It has a box
// for each namespace, with its links. An arrow leads from a port to its master and
// from a link to its parent; a line joins the ends of a pair, and a dotted double
// arrow the ends of a tunnel.
func (t *Topology) Mermaid() string {
	g := t.graph()
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i := range t.NetNS {
		fmt.Fprintf(&b, "  subgraph n%d[\"%s\"]\n", i, mermaidText(t.NetNS[i].title()))
		g.mermaidNodes(&b, i)
		b.WriteString("  end\n")
	}
	for _, e := range g.edges {
		fmt.Fprintf(&b, "  l%d %s l%d\n", e.from, arrows[e.relation], e.to)
	}
	if missing := strings.TrimSpace(t.missing()); missing != "" {
		fmt.Fprintf(&b, "  missing[\"%s\"]\n", mermaidText(missing))
	}
	return b.String()
}

// mermaidNodes writes the links of a namespace. Mermaid does not draw an empty box
// as a box, so an empty namespace gets a blank node.
func (g *graph) mermaidNodes(b *strings.Builder, netns int) {
	if len(g.NetNS[netns].Links) == 0 {
		fmt.Fprintf(b, "    e%d[\" \"]\n", netns)
	}
	for n := range g.nodes {
		if g.nodes[n].netns == netns {
			fmt.Fprintf(b, "    l%d[\"%s\"]\n", n, strings.Join(escaped(g.lines(n), mermaidText), "<br/>"))
		}
	}
}

// escaped returns the lines with escape applied to each.
func escaped(lines []string, escape func(string) string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = escape(line)
	}
	return all
}
