package main

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMiddle(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{9, 1, 4}, 4},
		{[]float64{9, 1, 4, 6}, 5},
	} {
		if got := middle(c.values); got != c.want {
			t.Errorf("the middle of %v is %v, want %v", c.values, got, c.want)
		}
	}
}

// result of two floors and two contestants, where the machine was twice as slow
// in the second round and hiccuped in the third.
func slowing() result {
	r := result{workload: &workload{name: "work", target: target{ratio: 1.5}}}
	for who, times := range map[string][]time.Duration{
		pipelined: {100, 200, 100}, oneByOne: {150, 300, 150}, ourName: {120, 240, 900}, ipName: {400, 800, 400},
	} {
		for round, d := range times {
			r.samples = append(r.samples, sample{who: who, round: round, links: 1, wall: d, user: d})
		}
	}
	return r
}

// TestRatio compares what ran in the same round, with the faster floor.
func TestRatio(t *testing.T) {
	r := slowing()
	if floor := r.floor(); len(floor) != 3 || floor[0].who != pipelined {
		t.Fatalf("the floor is %v", floor)
	}
	if got := ratio(r.of(ourName), r.floor(), wallEach); got != 1.2 {
		t.Errorf("ratio %v, want 1.2", got)
	}
	if got, want := r.line(), "| work | 100 ns, pipelined | 1.20 · 1.20 (0) | – | – | 4.00 · 4.00 | ≤ 1.5 | yes |"; got != want {
		t.Errorf("the table says\n%s, want\n%s", got, want)
	}
	for _, d := range []time.Duration{200, 400, 200} {
		r.samples = append(r.samples, sample{who: vishName, links: 1, wall: d, user: d})
	}
	for peer, want := range map[float64]string{0.5: "no", 0.7: "yes"} { // it is 0.6
		if r.target.peer = peer; r.verdict() != want {
			t.Errorf("verdict %q on 0.6 of the best peer where %v is wanted", r.verdict(), peer)
		}
	}
	r.target.ratio = 1.1
	if got := r.verdict(); got != "no" {
		t.Errorf("verdict %q on 1.2 where 1.1 is wanted", got)
	}
}

func TestSamplesAreKept(t *testing.T) {
	dir := t.TempDir()
	if err := writeSamples(dir, "samples.csv", []result{slowing()}); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(dir, "samples.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) != 13 || rows[0][4] != "wall_ns" {
		t.Errorf("%d rows, the first %v, error %v", len(rows), rows[0], err)
	}
}

// TestPlot looks whether the plot is XML and has a dot for each point.
func TestPlot(t *testing.T) {
	c := curve{title: "create", name: ourName}
	c.add(10, 1e5)
	c.add(1000, 2e7)
	svg := plot([]string{"create", "list"}, []curve{c})
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(string(svg), "<circle"); n != 2 {
		t.Errorf("%d dots, want 2", n)
	}
}
