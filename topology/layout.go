package topology

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Sizes in pixels. Text is monospaced, 12 pixels high; 7.3 is the width of a
// character in the widest of the usual fonts.
const (
	glyph      = 7.3
	lineHeight = 17.0
	padding    = 10.0
	indent     = 20.0
	rowGap     = 6.0
	boxGap     = 26.0
	columnGap  = 110.0
	margin     = 16.0
)

// A rect is the place of an object in the drawing.
type rect struct{ x, y, w, h float64 }

func (r rect) right() float64  { return r.x + r.w }
func (r rect) bottom() float64 { return r.y + r.h }
func (r rect) middle() float64 { return r.y + r.h/2 }

// A box is a namespace with its links in rows, each indented below the link that it
// is drawn under.
type box struct {
	rect
	column int
	rows   []int // the nodes, from top to bottom
}

// A layout holds the positions of all objects: connected namespaces from left to
// right, unconnected ones below each other.
type layout struct {
	*graph
	boxes []box  // by namespace
	rows  []rect // by node
	lines [][]string
	links [][]int // by namespace, the neighbours that an edge leads to
	w, h  float64
}

func (g *graph) layout() *layout {
	l := &layout{graph: g, boxes: make([]box, len(g.NetNS)), rows: make([]rect, len(g.nodes)), lines: make([][]string, len(g.nodes))}
	for n := range g.nodes {
		l.lines[n] = g.lines(n)
	}
	l.connect()
	for i := range l.boxes {
		l.fill(i)
	}
	l.w, l.h = margin, margin
	for _, component := range l.components() {
		l.place(component)
	}
	l.w += margin
	return l
}

// connect finds the neighbours of each namespace.
func (l *layout) connect() {
	l.links = make([][]int, len(l.boxes))
	for _, e := range l.edges {
		a, b := l.nodes[e.from].netns, l.nodes[e.to].netns
		if a != b && !slices.Contains(l.links[a], b) {
			l.links[a] = append(l.links[a], b)
			l.links[b] = append(l.links[b], a)
		}
	}
}

// fill puts the rows of a namespace into its box, relative to 0, 0.
func (l *layout) fill(netns int) {
	b := &l.boxes[netns]
	b.w = textWidth(l.NetNS[netns].title())
	b.h = padding + lineHeight
	l.fillUnder(b, netns, -1, 0)
	b.w += 2 * padding
	b.h += padding
	for _, n := range b.rows {
		l.rows[n].w = b.w - padding - l.rows[n].x
	}
}

func (l *layout) fillUnder(b *box, netns, above int, depth float64) {
	for _, n := range l.children(netns, above) {
		r := &l.rows[n]
		*r = rect{x: padding + depth*indent, y: b.h + rowGap, h: float64(len(l.lines[n]))*lineHeight + 6}
		for _, line := range l.lines[n] {
			b.w = max(b.w, depth*indent+textWidth(line)+2*padding)
		}
		b.h = r.bottom()
		b.rows = append(b.rows, n)
		l.fillUnder(b, netns, n, depth+1)
	}
}

func textWidth(s string) float64 {
	return glyph * float64(utf8.RuneCountInString(s))
}

// components returns the groups of connected namespaces, in order.
func (l *layout) components() (all [][]int) {
	seen := make([]bool, len(l.boxes))
	for i := range l.boxes {
		if !seen[i] {
			component := l.reach(i, func(n int) bool { return !seen[n] })
			for _, n := range component {
				seen[n] = true
			}
			all = append(all, component)
		}
	}
	return all
}

// reach returns the namespaces that can be reached from one through namespaces that
// pass, the nearest first, and sets their columns to their distances.
func (l *layout) reach(from int, pass func(int) bool) []int {
	l.boxes[from].column = 0
	found := []int{from}
	for i := 0; i < len(found); i++ {
		for _, n := range l.links[found[i]] {
			if pass(n) && !slices.Contains(found, n) {
				l.boxes[n].column = l.boxes[found[i]].column + 1
				found = append(found, n)
			}
		}
	}
	return found
}

// place gives each namespace of a component its column and its position in the
// column.
func (l *layout) place(component []int) {
	columns := l.columns(component)
	order := l.fromLargest(columns)
	top, left := l.h, margin
	height := 0.0
	for _, column := range columns {
		height = max(height, l.columnHeight(column))
	}
	placed := map[int]bool{}
	for _, c := range order {
		l.stack(columns[c], top+(height-l.columnHeight(columns[c]))/2, placed)
	}
	for _, column := range columns {
		width := 0.0
		for _, n := range column {
			l.shiftX(n, left)
			width = max(width, l.boxes[n].w)
		}
		l.w = max(l.w, left+width)
		left += width + columnGap
	}
	l.h = top + height + boxGap
}

// columns lists a component's namespaces by column. Namespaces with several
// neighbours are lined up from one end to the other. Those with one neighbour go to
// the outside at the left end, otherwise to the right of their neighbour.
func (l *layout) columns(component []int) [][]int {
	inner := func(n int) bool { return len(l.links[n]) > 1 }
	first := 0
	if i := slices.IndexFunc(component, inner); i >= 0 {
		first = i
	}
	core := l.reach(component[first], inner)
	ends := l.reach(core[len(core)-1], func(n int) bool { return slices.Contains(core, n) })
	core = l.reach(min(ends[0], ends[len(ends)-1]), func(n int) bool { return slices.Contains(core, n) })
	last := l.boxes[core[len(core)-1]].column
	for _, n := range component {
		if !slices.Contains(core, n) {
			l.boxes[n].column = l.boxes[l.links[n][0]].column + 1
			if l.boxes[n].column == 1 && last > 0 {
				l.boxes[n].column = -1
			}
		}
	}
	return l.byColumn(component)
}

func (l *layout) byColumn(component []int) [][]int {
	lowest, highest := 0, 0
	for _, n := range component {
		lowest, highest = min(lowest, l.boxes[n].column), max(highest, l.boxes[n].column)
	}
	columns := make([][]int, highest-lowest+1)
	for _, n := range slices.Sorted(slices.Values(component)) {
		l.boxes[n].column -= lowest
		columns[l.boxes[n].column] = append(columns[l.boxes[n].column], n)
	}
	return columns
}

// fromLargest returns the numbers of the columns, starting with the one that has the
// largest box and going outward, so that the order in the others follows from that
// one.
func (l *layout) fromLargest(columns [][]int) (order []int) {
	largest, links := 0, -1
	for c, column := range columns {
		for _, n := range column {
			if len(l.boxes[n].rows) > links {
				largest, links = c, len(l.boxes[n].rows)
			}
		}
	}
	for c := largest; c >= 0; c-- {
		order = append(order, c)
	}
	for c := largest + 1; c < len(columns); c++ {
		order = append(order, c)
	}
	return order
}

func (l *layout) columnHeight(column []int) float64 {
	height := -boxGap
	for _, n := range column {
		height += l.boxes[n].h + boxGap
	}
	return height
}

// stack places the boxes of a column below each other, ordered by the boxes that
// they are joined with and that are already placed.
func (l *layout) stack(column []int, top float64, placed map[int]bool) {
	heights := map[int]float64{}
	for _, n := range column {
		heights[n] = l.pull(n, placed)
	}
	slices.SortStableFunc(column, func(a, b int) int { return cmp.Compare(heights[a], heights[b]) })
	for _, n := range column {
		l.boxes[n].y = top
		for _, row := range l.boxes[n].rows {
			l.rows[row].y += top
		}
		top += l.boxes[n].h + boxGap
		placed[n] = true
	}
}

// pull returns the average height of the placed ends that a namespace is joined
// with.
func (l *layout) pull(netns int, placed map[int]bool) float64 {
	sum, count := 0.0, 0.0
	for _, e := range l.edges {
		for _, ends := range [][2]int{{e.from, e.to}, {e.to, e.from}} {
			if l.nodes[ends[0]].netns == netns && placed[l.nodes[ends[1]].netns] {
				sum += l.rows[ends[1]].middle()
				count++
			}
		}
	}
	return sum / max(count, 1)
}

func (l *layout) shiftX(netns int, x float64) {
	l.boxes[netns].x = x
	for _, n := range l.boxes[netns].rows {
		l.rows[n].x += x
	}
}
