package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A curve is the duration of an operation against the number of links.
type curve struct {
	title string // of its panel
	name  string
	x, y  []float64 // links and nanoseconds
}

func (c *curve) add(n int, ns float64) {
	c.x, c.y = append(c.x, float64(n)), append(c.y, ns)
}

// The dimensions of the plot in pixels.
const (
	panelWidth, panelHeight = 220, 260
	left, top               = 52, 40
	innerWidth, innerHeight = panelWidth - left - 14, panelHeight - top - 46
)

// Both axes are logarithmic, in powers of ten: numbers of links, and times from 10
// µs to 100 s. A linear cost rises by one decade for each decade of links, parallel
// to the grey line.
const (
	leastLinks, mostLinks = 1, 5 // decades
	leastTime, mostTime   = 3, 11
)

// plot draws one panel for each title, with the curves of that title.
func plot(titles []string, curves []curve) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n",
		panelWidth*len(titles), panelHeight)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i, title := range titles {
		fmt.Fprintf(&b, `<g transform="translate(%d 0)">`+"\n", i*panelWidth)
		axes(&b, title)
		for _, c := range curves {
			if c.title == title {
				c.draw(&b)
			}
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func px(n float64) float64 {
	return left + (math.Log10(n)-leastLinks+0.5)/(mostLinks-leastLinks)*innerWidth
}

func py(ns float64) float64 {
	return top + (mostTime-math.Log10(max(ns, 1)))/(mostTime-leastTime)*innerHeight
}

// axes draws the frame of a panel, its labels and the line of linear growth.
func axes(b *strings.Builder, title string) {
	fmt.Fprintf(b, `<text x="%d" y="16" font-weight="bold">%s</text>`+"\n", left, title)
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#999"/>`+"\n", left, top, innerWidth, innerHeight)
	for _, n := range linkCounts {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", px(float64(n)), top+innerHeight+14, n)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">links</text>`+"\n", left+innerWidth/2, top+innerHeight+30)
	for decade := leastTime; decade <= mostTime; decade += 2 {
		ns := math.Pow10(decade)
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end">%v</text>`+"\n", left-4, py(ns)+4, time.Duration(ns))
	}
	fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ccc" stroke-dasharray="3 3"/>`+"\n",
		px(10), py(1e5), px(1e4), py(1e8))
}

// colours of the curves, by name.
var colours = map[string]string{floorName: "#888", ourName: "#06c"}

func (c *curve) draw(b *strings.Builder) {
	var points []string
	for i := range c.x {
		points = append(points, fmt.Sprintf("%.1f,%.1f", px(c.x[i]), py(c.y[i])))
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.Join(points, " "), colours[c.name])
	for i := range c.x {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"><title>%s: %.0f links, %v</title></circle>`+"\n",
			px(c.x[i]), py(c.y[i]), colours[c.name], c.name, c.x[i], time.Duration(c.y[i]))
	}
	y := 28
	x := left
	if c.name == ourName {
		x += 50
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", x, y, colours[c.name], c.name)
}
