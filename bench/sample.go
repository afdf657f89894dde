package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A sample is what one run of one entrant took.
type sample struct {
	who    string
	round  int
	links  int
	wall   time.Duration
	user   time.Duration // of this process and of those it waited for
	system time.Duration
	allocs uint64  // of this process
	bytes  float64 // of resident memory for each link, where that is what is measured
}

func (s sample) String() string {
	if s.bytes != 0 {
		return fmt.Sprintf("%-22s %10.0f bytes a link", s.who, s.bytes)
	}
	return fmt.Sprintf("%-22s %12v a link, %12v of it on a processor, %.1f allocations",
		s.who, s.each(s.wall), s.each(s.cpu()), float64(s.allocs)/float64(s.links))
}

func (s sample) cpu() time.Duration {
	return s.user + s.system
}

func (s sample) each(d time.Duration) time.Duration {
	return d / time.Duration(max(1, s.links))
}

// A stopwatch is a sample that has begun.
type stopwatch struct {
	at     time.Time
	usage  usage
	allocs uint64
}

type usage struct{ user, system time.Duration }

func begin() stopwatch {
	return stopwatch{allocs: mallocs(), usage: spent(), at: time.Now()}
}

// uncollected is how many bytes nobody minds paying for.
const uncollected = 1 << 20

// collect collects garbage, so that nobody pays for another's; but not if there is
// next to none. A collection that finds nothing has the runtime give the memory back
// to the system, page by page, and whoever comes next fetch it again. That is not
// how a program runs that does one thing for a while.
func collect() {
	if heap()-collected > uncollected {
		runtime.GC()
		collected = heap()
	}
}

// collected is how much memory was in use after the last collection.
var collected int64

// heap is how much memory is in use, garbage included.
func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (m stopwatch) end() sample {
	s := sample{wall: time.Since(m.at)}
	now := spent()
	s.user, s.system = now.user-m.usage.user, now.system-m.usage.system
	s.allocs = mallocs() - m.allocs
	return s
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// self is whose processor time counts: in the floor's process that of its one
// thread, for the others are Go's.
var self = unix.RUSAGE_SELF

// spent is the processor time of this process and of those it waited for.
func spent() usage {
	var u usage
	for _, who := range []int{self, unix.RUSAGE_CHILDREN} {
		var r unix.Rusage
		if err := unix.Getrusage(who, &r); err == nil {
			u.user += time.Duration(r.Utime.Nano())
			u.system += time.Duration(r.Stime.Nano())
		}
	}
	return u
}

// A result is all samples of a workload.
type result struct {
	*workload
	samples []sample
	err     error // why it did not reach its end
}

func (r *result) of(who string) []sample {
	return slices.DeleteFunc(slices.Clone(r.samples), func(s sample) bool { return s.who != who })
}

// floor returns the samples that the others are compared with: of the faster of
// the ways to do the work with raw bytes.
func (r *result) floor() []sample {
	return r.fastest(floorName, pipelined, oneByOne)
}

// bestPeer returns the samples of the faster one of the Go peers, none if there is
// none.
func (r *result) bestPeer() []sample {
	return r.fastest(vishName, jsimName)
}

// fastest returns the samples of the fastest one of these.
func (r *result) fastest(names ...string) (best []sample) {
	for _, who := range names {
		s := r.of(who)
		if len(best) == 0 || len(s) > 0 && median(s, wallEach) < median(best, wallEach) {
			best = s
		}
	}
	return best
}

func wallEach(s sample) float64   { return float64(s.wall) / float64(s.links) }
func cpuEach(s sample) float64    { return float64(s.cpu()) / float64(s.links) }
func allocsEach(s sample) float64 { return float64(s.allocs) / float64(s.links) }
func bytesEach(s sample) float64  { return s.bytes }

// median of what of each sample.
func median(all []sample, of func(sample) float64) float64 {
	var values []float64
	for _, s := range all {
		values = append(values, of(s))
	}
	return middle(values)
}

// ratio is the median of the ratios of each round.
func ratio(all, floor []sample, of func(sample) float64) float64 {
	var values []float64
	for i := range min(len(all), len(floor)) {
		values = append(values, of(all[i])/of(floor[i]))
	}
	return middle(values)
}

func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.SortFunc(values, cmp.Compare)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}

// A record is a file of samples. It has each as soon as that was taken, so that
// the samples of a run that breaks off are kept too.
type record struct {
	file *os.File
	csv  *csv.Writer
}

// columns are the first line of a record.
var columns = []string{"workload", "contestant", "round", "links", "wall_ns", "user_ns", "system_ns", "allocations", "bytes_per_link"}

func newRecord(dir, name string) (*record, error) {
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	r := &record{file, csv.NewWriter(file)}
	return r, r.write(columns)
}

func (r *record) add(workload string, s sample) error {
	return r.write(s.row(workload))
}

func (r *record) write(row []string) error {
	if err := r.csv.Write(row); err != nil {
		return err
	}
	r.csv.Flush()
	return r.csv.Error()
}

func (r *record) close() error {
	return r.file.Close()
}

func (s sample) row(workload string) []string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []string{workload, s.who, number(int64(s.round)), number(int64(s.links)), number(int64(s.wall)),
		number(int64(s.user)), number(int64(s.system)), number(int64(s.allocs)), strconv.FormatFloat(s.bytes, 'f', 0, 64)}
}
