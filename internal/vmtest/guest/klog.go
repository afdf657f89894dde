package guest

import (
	"regexp"
	"slices"
	"strings"
)

// trouble matches the first line of every report of a fault in the kernel itself,
// rather than in the program under test.
const trouble = `WARNING: (CPU|possible|suspicious|held lock|inconsistent|bad unlock|.* at )` +
	`|\bBUG: |kernel BUG at|\bOops\b|general protection fault|unable to handle|Kernel panic` +
	`|INFO: task .* blocked for more|self-detected stall|detected stalls on CPUs|soft lockup` +
	`|unregister_netdevice: waiting for|refcount_t: |list_(add|del) corruption|UBSAN:|KASAN:|kmemleak:` +
	`|[Mm]emory leak|Out of memory: Killed|page allocation failure`

// contextLines is the number of log lines shown after the first line of a report:
// enough for its call trace.
const contextLines = 40

// A test that makes the kernel warn of its own fault, since there is no other way to
// reach what it tests, writes a line to /dev/kmsg before that and one afterwards:
// one of these prefixes, followed by the function that warns. Such a warning in
// between is not reported.
const (
	WarningExpected = "vmtest: a warning is expected in "
	WarningOver     = "vmtest: no more warning is expected in "
)

// Trouble returns the reports of kernel trouble in a log, each with the lines that
// follow it. It returns nil for a log without trouble.
func Trouble(log string) []string {
	return reportsIn(log, map[string]bool{})
}

var firstLine = regexp.MustCompile(trouble)

// reportsIn is Trouble for a part of a log. The functions that are expected to warn when it
// begins are in expected, and afterwards those when it ends.
func reportsIn(log string, expected map[string]bool) []string {
	lines := strings.Split(strings.ReplaceAll(log, "\r", ""), "\n")
	var reports []string
	for i := 0; i < len(lines); i++ {
		if _, in, ok := strings.Cut(lines[i], WarningExpected); ok {
			expected[in] = true
		} else if _, in, ok := strings.Cut(lines[i], WarningOver); ok {
			delete(expected, in)
		}
		if !firstLine.MatchString(lines[i]) || isExpected(lines[i], expected) {
			continue
		}
		end := min(len(lines), i+contextLines)
		if stop := slices.IndexFunc(lines[i:end], func(l string) bool { return strings.Contains(l, "---[ end") }); stop >= 0 {
			end = i + stop + 1
		}
		reports = append(reports, strings.TrimRight(strings.Join(lines[i:end], "\n"), "\n"))
		i = end - 1
	}
	return reports
}

// A watchedLog distinguishes new trouble from reported trouble. It searches each line once:
// to search a log of some megabytes takes an emulated processor several seconds.
type watchedLog struct {
	last     string          // the last line that was searched
	expected map[string]bool // the functions that are expected to warn after it
	reported map[string]bool
	taint    uint64
}

// fresh returns the part of a log that was not searched before: all if the last line has
// left the log.
func (w *watchedLog) fresh(log string) string {
	from := 0
	if i := strings.LastIndex(log, w.last); i >= 0 && w.last != "" {
		from = i + len(w.last)
	}
	whole := strings.TrimRight(log, "\n")
	w.last = whole[strings.LastIndexByte(whole, '\n')+1:]
	return log[from:]
}

// troubled reports whether a log has a report that it did not have before, or whether
// the kernel's taint has a new bit of those that only a fault sets
// (Documentation/admin-guide/tainted-kernels.rst). Loading an out-of-tree module sets
// others. The bit of a warning says nothing if one was expected.
func (w *watchedLog) troubled(log string, taint uint64) bool {
	const machineCheck, badPage, died, warned, softLockup = 1 << 4, 1 << 5, 1 << 7, 1 << 9, 1 << 14
	faults := uint64(machineCheck | badPage | died | softLockup)
	if !strings.Contains(log, WarningExpected) {
		faults |= warned
	}
	found := taint&faults&^w.taint != 0
	w.taint |= taint & faults
	if w.expected == nil {
		w.expected, w.reported = map[string]bool{}, map[string]bool{}
	}
	for _, report := range reportsIn(w.fresh(log), w.expected) {
		first, _, _ := strings.Cut(report, "\n") // has the time, which distinguishes equal reports
		if !w.reported[first] {
			found = true
			w.reported[first] = true
		}
	}
	return found
}

// isExpected reports whether a line is the first of a warning in one of the functions.
func isExpected(line string, functions map[string]bool) bool {
	for in := range functions {
		if strings.Contains(line, "WARNING: ") && strings.Contains(line, " "+in+"+0x") {
			return true
		}
	}
	return false
}

// Tail returns the last n lines of a log without surrounding blank lines.
func Tail(log string, n int) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(log, "\r", "")), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
