package topology

import (
	"fmt"
	"strings"
)

// look is the style of the picture, for light and for dark backgrounds.
const look = `<style>
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre }
.ns { font-weight: bold }
.box { fill: #f6f8fa; stroke: #8c959f }
.link { fill: #ffffff; stroke: #8c959f }
.down { stroke-dasharray: 2 2 }
.edge { fill: none; stroke: #57606a; stroke-width: 1.2 }
.on { stroke-dasharray: 2 3 }
.to { stroke: #0969da; stroke-width: 2 }
.over { stroke: #57606a; stroke-dasharray: 5 3 }
.tunnel { stroke: #bf3989; stroke-width: 2; stroke-dasharray: 1 4; stroke-linecap: round }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.box { fill: #161b22; stroke: #6e7681 }
.link { fill: #0d1117; stroke: #6e7681 }
.edge, .over { stroke: #8b949e }
.to { stroke: #58a6ff }
.tunnel { stroke: #f778ba }
}
</style>
`

// classes are the classes of the relations in look.
var classes = [...]string{isPort: "edge", sitsOn: "edge on", isPeer: "edge to", runsOver: "edge over", leadsTo: "edge tunnel"}

// SVG returns the topology as an image: a box for each namespace with its links,
// ports below their master and links below their parent. Solid lines join the ends
// of pairs, dashed ones lead to the underlay of a tunnel, dotted ones to the parent
// of a link and to the other end of a tunnel. The image is legible on light and on
// dark backgrounds, and has no external references.
func (t *Topology) SVG() string {
	l := t.graph().layout()
	missing := strings.TrimSpace(t.missing())
	if missing != "" {
		l.h += lineHeight
		l.w = max(l.w, textWidth(missing)+2*margin)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img">`+"\n", l.w, l.h, l.w, l.h)
	b.WriteString("<title>Network links and namespaces</title>\n" + look)
	for i := range l.boxes {
		l.drawBox(&b, i)
	}
	for _, e := range l.edges {
		l.drawEdge(&b, e)
	}
	if missing != "" {
		drawText(&b, margin, l.h-margin, "", missing)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (l *layout) drawBox(b *strings.Builder, netns int) {
	box := &l.boxes[netns]
	drawRect(b, box.rect, "box")
	drawText(b, box.x+padding, box.y+padding+12, "ns", l.NetNS[netns].title())
	for _, n := range box.rows {
		class, r := "link", l.rows[n]
		if !l.nodes[n].Up {
			class += " down"
		}
		drawRect(b, r, class)
		for i, line := range l.lines[n] {
			drawText(b, r.x+padding, r.y+15+float64(i)*lineHeight, "", line)
		}
	}
}

func drawRect(b *strings.Builder, r rect, class string) {
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4" class="%s"/>`+"\n", r.x, r.y, r.w, r.h, class)
}

func drawText(b *strings.Builder, x, y float64, class, text string) {
	if class != "" {
		class = fmt.Sprintf(` class="%s"`, class)
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f"%s>%s</text>`+"\n", x, y, class, xmlText(text))
}

// drawEdge draws an elbow to the node that a node is drawn under, and a curve from
// side to side to other nodes.
func (l *layout) drawEdge(b *strings.Builder, e edge) {
	from, to := l.rows[e.from], l.rows[e.to]
	var path string
	switch a, z := l.boxes[l.nodes[e.from].netns].column, l.boxes[l.nodes[e.to].netns].column; {
	case l.nodes[e.from].under == e.to && e.relation <= sitsOn:
		path = fmt.Sprintf("M%.1f %.1f V%.1f H%.1f", to.x+indent/2, to.bottom(), from.middle(), from.x)
	case a == z:
		const bulge = 32
		path = curve(from.right(), from.middle(), to.right(), to.middle(), bulge, bulge)
	case a < z:
		path = curve(from.right(), from.middle(), to.x, to.middle(), columnGap/2, -columnGap/2)
	default:
		path = curve(from.x, from.middle(), to.right(), to.middle(), -columnGap/2, columnGap/2)
	}
	fmt.Fprintf(b, `<path d="%s" class="%s"/>`+"\n", path, classes[e.relation])
}

// curve returns a Bézier curve that starts and ends horizontally.
func curve(x1, y1, x2, y2, leave, arrive float64) string {
	return fmt.Sprintf("M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", x1, y1, x1+leave, y1, x2+arrive, y2, x2, y2)
}
