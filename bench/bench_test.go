package main

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/rootless"
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

func TestMain(m *testing.M) {
	rootless.Main()
	os.Exit(m.Run())
}

// TestGoesOn measures a workload that fails in its second round, one that fails
// before its first, and one that does not fail.
func TestGoesOn(t *testing.T) {
	dir := t.TempDir()
	rounds := 0
	failing := do(func() error {
		if rounds++; rounds == 2 {
			return errors.New("out of links")
		}
		return nil
	})
	fine := entrant{who: ourName, start: func(*lab) (work, error) { return do(func() error { return nil }), nil }}
	all := []*workload{
		{name: "breaks", links: 1, entrants: []entrant{{who: ourName, start: func(*lab) (work, error) { return failing, nil }}}},
		{name: "never", links: 1, entrants: []entrant{fine}, world: func(*lab) error { return errors.New("no world") }},
		{name: "works", links: 1, entrants: []entrant{fine}},
	}
	any := regexp.MustCompile("")
	var out bytes.Buffer
	results, err := measureTable(options{rounds: 3, run: any, only: any, dir: dir}, &out, all)
	if err != nil || len(results) != 3 {
		t.Fatalf("%d results, error %v", len(results), err)
	}
	var got []string
	for _, row := range rows(t, filepath.Join(dir, "samples.csv"))[1:] {
		got = append(got, row[0]+" "+row[2])
	}
	if want := []string{"breaks 0", "works 0", "works 1", "works 2"}; !slices.Equal(got, want) {
		t.Errorf("samples %q, want %q", got, want)
	}
	for _, want := range []string{"| failed |\n| never ", "| – | – |\n\n– breaks failed: iplink: out of links.", "– never failed: making the world: no world."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in the table:\n%s", want, &out)
		}
	}
	if kept, err := os.ReadFile(filepath.Join(dir, "table.md")); err != nil || !strings.HasSuffix(string(kept), "no world.\n") {
		t.Errorf("kept table:\n%s, error %v", kept, err)
	}
	want := "2 of 3 workloads failed:\nbreaks: iplink: out of links\nnever: making the world: no world"
	if err := failures(results); err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
	if err := failures(results[2:]); err != nil {
		t.Error(err)
	}
}

// TestPrepare measures the codec where no go command is found once it is prepared,
// and so none that would have to fetch something from within a namespace.
func TestPrepare(t *testing.T) {
	t.Setenv(sourceEnv, "")
	t.Setenv(testsEnv, "")
	o := options{rounds: 1, once: true, run: regexp.MustCompile("VXLAN"), only: regexp.MustCompile("floor|iplink|netlink")}
	if _, _, err := prepared(); err == nil {
		t.Error("prepared without preparation")
	}
	clean, err := prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "")
	o.keep = func(string, sample) error { return nil }
	for _, w := range []*workload{encoding(), decoding()} {
		if r := w.attempt(o); r.err != nil || len(r.samples) != 4 {
			t.Errorf("%s: %d samples, error %v", w.name, len(r.samples), r.err)
		}
	}
	_, tests, _ := prepared()
	if err := clean(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(tests); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v, want it gone", tests, err)
	}
}

// TestSamplesAreKept reads a record that is still being written.
func TestSamplesAreKept(t *testing.T) {
	dir := t.TempDir()
	r, err := newRecord(dir, "samples.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	for i, s := range slowing().samples {
		if err := r.add("work, slowly", s); err != nil {
			t.Fatal(err)
		}
		got := rows(t, filepath.Join(dir, "samples.csv"))
		if len(got) != i+2 || got[0][4] != "wall_ns" || got[i+1][0] != "work, slowly" || got[i+1][1] != s.who {
			t.Errorf("rows %q", got)
		}
	}
}

func rows(t *testing.T, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
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
