package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// workloads returns the rows of the table, in order.
func workloads() []*workload {
	var all []*workload
	for _, m := range makers {
		all = append(all, m.creation())
	}
	all = append(all, attaching(), attachingRead(), attachingOne())
	for _, m := range makers[1:] {
		all = append(all, m.deletion())
	}
	return append(all, listing(), getting(), encoding(), decoding(), ensuring(), watching(), mirroring(), entries(), entryMemory(), vlans(), vlanMemory(),
		mirroringAddrs(), mirroringRoutes(), mirroringNeighs(), mirroringVLANs(), mirroringGroups())
}

// printTable prints the results as one table in Markdown.
func printTable(out io.Writer, all []result) {
	fmt.Fprintf(out, "Linux %s, %d processors, %s. Ratios to the floor: time · processor time (allocations).\n\n",
		release(), runtime.NumCPU(), runtime.Version())
	fmt.Fprintf(out, "| workload | floor | %s | target | met |\n", strings.Join(peerNames, " | "))
	fmt.Fprintln(out, "|---|---|"+strings.Repeat("---|", len(peerNames))+"---|---|")
	for i := range all {
		fmt.Fprintln(out, all[i].line())
	}
	for _, why := range reasons(all) {
		fmt.Fprintln(out, "\n"+why)
	}
}

func release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "?"
	}
	return unix.ByteSliceToString(u.Release[:])
}

// line returns one row of the table.
func (r *result) line() string {
	cells := []string{r.name, r.floorCell()}
	for _, who := range peerNames {
		cells = append(cells, r.cell(who))
	}
	return "| " + strings.Join(append(cells, r.target.String(), r.verdict()), " | ") + " |"
}

func (r *result) floorCell() string {
	floor := r.floor()
	switch {
	case len(floor) == 0:
		return "–"
	case r.target.cpu:
		return precise(median(floor, cpuEach)) + " of a processor"
	}
	way := strings.TrimPrefix(floor[0].who, "floor")
	return precise(median(floor, wallEach)) + way
}

// precise formats nanoseconds with three digits.
func precise(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	}
	return fmt.Sprintf("%.3g ms", ns/1e6)
}

// cell returns the table cell of one contestant.
func (r *result) cell(who string) string {
	s := r.of(who)
	if len(s) == 0 {
		return "–"
	}
	if s[0].bytes != 0 {
		return fmt.Sprintf("%.0f B", median(s, bytesEach))
	}
	floor := r.floor()
	text := fmt.Sprintf("%.2f · %.2f", ratio(s, floor, wallEach), ratio(s, floor, cpuEach))
	if r.target.cpu {
		text = fmt.Sprintf("%.2f", ratio(s, floor, cpuEach))
	}
	if allocs := median(s, allocsEach); who != ipName && !r.target.cpu {
		text += fmt.Sprintf(" (%.3g)", allocs)
	}
	return text
}

func (t target) String() string {
	text := "–"
	if t.ratio != 0 {
		text = fmt.Sprintf("≤ %v", t.ratio)
	}
	if t.peer != 0 {
		text += fmt.Sprintf(", ≤ %v of the best Go peer", t.peer)
	}
	if t.allocs != 0 {
		text += fmt.Sprintf(", ≤ %v allocations", t.allocs)
	}
	if t.zero {
		text += ", 0 allocations"
	}
	return text
}

// verdict returns "yes" or "no" for a target that this library meets or misses, or
// reports that the workload failed.
func (r *result) verdict() string {
	s, of := r.of(ourName), wallEach
	if r.err != nil {
		return "failed"
	}
	if r.target.cpu {
		of = cpuEach
	}
	if r.target.ratio == 0 || len(s) == 0 {
		return "–"
	}
	if ratio(s, r.floor(), of) > r.target.ratio {
		return "no"
	}
	if r.target.peer != 0 && ratio(s, r.bestPeer(), of) > r.target.peer {
		return "no"
	}
	if allocs := median(s, allocsEach); r.target.allocs != 0 && allocs > r.target.allocs || r.target.zero && allocs >= 0.5 {
		return "no"
	}
	return "yes"
}

// reasons explains the absence of contestants and the failures of workloads.
func reasons(all []result) (lines []string) {
	for _, r := range all {
		if r.err != nil {
			lines = append(lines, fmt.Sprintf("– %s failed: %v.", r.name, r.err))
		}
		if r.lack != "" {
			lines = append(lines, fmt.Sprintf("– %s is left out: %v.", r.name, r.lack))
		}
		for _, e := range r.entrants {
			if e.why != "" {
				lines = append(lines, fmt.Sprintf("– %s, %s: %s.", r.name, e.who, e.why))
			}
		}
	}
	return lines
}
