package topology

import (
	"fmt"
	"strings"
)

// styles are the attributes of DOT for the relations.
var styles = [...]string{
	isPort:   "",
	sitsOn:   ` [label="on"]`,
	isPeer:   ` [dir=none, penwidth=2, constraint=false]`,
	runsOver: ` [label="over", style=dashed]`,
	leadsTo:  ` [dir=both, style=dotted, penwidth=2, constraint=false]`,
}

// DOT returns the topology as a graph in the DOT language of Graphviz
// (https://graphviz.org), with the arrows of [Topology.Mermaid]. `dot -Tsvg`
// draws it.
func (t *Topology) DOT() string {
	g := t.graph()
	var b strings.Builder
	b.WriteString("digraph topology {\n\trankdir=LR\n\tnode [shape=box, fontname=monospace]\n")
	for i := range t.NetNS {
		fmt.Fprintf(&b, "\tsubgraph cluster_%d {\n\t\tlabel=\"%s\"\n", i, dotText(t.NetNS[i].title()))
		g.dotNodes(&b, i)
		b.WriteString("\t}\n")
	}
	for _, e := range g.edges {
		fmt.Fprintf(&b, "\tl%d -> l%d%s\n", e.from, e.to, styles[e.relation])
	}
	if missing := strings.TrimSpace(t.missing()); missing != "" {
		fmt.Fprintf(&b, "\tlabel=\"%s\"\n", dotText(missing))
	}
	b.WriteString("}\n")
	return b.String()
}

// dotNodes writes the links of a namespace. Graphviz omits a cluster without nodes,
// so an empty namespace gets an invisible node.
func (g *graph) dotNodes(b *strings.Builder, netns int) {
	if len(g.NetNS[netns].Links) == 0 {
		fmt.Fprintf(b, "\t\te%d [style=invis]\n", netns)
	}
	for n := range g.nodes {
		if g.nodes[n].netns == netns {
			fmt.Fprintf(b, "\t\tl%d [label=\"%s\"]\n", n, strings.Join(escaped(g.lines(n), dotText), `\n`))
		}
	}
}
