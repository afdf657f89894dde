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

// Trouble returns the reports of kernel trouble in a log, each with the lines that
// follow it. It returns nil for a log without trouble.
func Trouble(log string) []string {
	first := regexp.MustCompile(trouble)
	lines := strings.Split(strings.ReplaceAll(log, "\r", ""), "\n")
	var reports []string
	for i := 0; i < len(lines); i++ {
		if !first.MatchString(lines[i]) {
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

// Tail returns the last n lines of a log without surrounding blank lines.
func Tail(log string, n int) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(log, "\r", "")), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
