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

// A sample is the measurement of one run of one entrant.
type sample struct {
	who    string
	round  int
	links  int
	wall   time.Duration
	user   time.Duration // of this process and its finished children
	system time.Duration
	allocs uint64  // of this process
	bytes  float64 // of resident memory for each link, if that is measured
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

// A stopwatch is a running measurement.
type stopwatch struct {
	at     time.Time
	usage  usage
	allocs uint64
}

type usage struct{ user, system time.Duration }

func begin() stopwatch {
	return stopwatch{allocs: mallocs(), usage: spent(), at: time.Now()}
}

// uncollected is the number of bytes of garbage that are negligible.
const uncollected = 1 << 20

// collect collects garbage, so that no entrant pays for the garbage of another. It
// does nothing if there is hardly any. After a collection that finds nothing, the
// runtime returns the memory to the system page by page, and the next entrant has to
// fetch it again. A program that does one thing for a while does not behave like
// that.
func collect() {
	if heap()-collected > uncollected {
		runtime.GC()
		collected = heap()
	}
}

// collected is the memory in use after the last collection.
var collected int64

// heap returns the memory in use, including garbage.
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

// self selects the processor time to count. In the floor's process it is the time of
// its only thread, because the other threads belong to the Go runtime.
var self = unix.RUSAGE_SELF

// spent returns the processor time of this process and its finished children.
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

// A result is the set of all samples of a workload.
type result struct {
	*workload
	samples []sample
	err     error   // reason of a failure
	lack    lacking // reason why the kernel cannot do it; not a failure
}

func (r *result) of(who string) []sample {
	return slices.DeleteFunc(slices.Clone(r.samples), func(s sample) bool { return s.who != who })
}

// floor returns the samples to which the others are compared: those of the fastest
// way to do the work with raw bytes.
func (r *result) floor() []sample {
	return r.fastest(floorName, pipelined, oneByOne)
}

// bestPeer returns the samples of the faster one of the Go peers, or none if no Go
// peer takes part.
func (r *result) bestPeer() []sample {
	return r.fastest(vishName, jsimName)
}

// fastest returns the samples of the fastest of the named contestants.
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

// median returns the median of a value over all samples.
func median(all []sample, of func(sample) float64) float64 {
	var values []float64
	for _, s := range all {
		values = append(values, of(s))
	}
	return middle(values)
}

// ratio returns the median of the ratios of all rounds.
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

// A record is a file of samples. Each sample is written immediately, so that the
// samples of an aborted run are kept too.
type record struct {
	file *os.File
	csv  *csv.Writer
}

// columns is the first line of a record.
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
