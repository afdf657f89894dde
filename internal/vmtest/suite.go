package vmtest

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// jobFile is the name of a collected job's description, beside the test binary.
const jobFile = "job.json"

// Collect keeps a test binary, with its arguments, below a directory for RunAll. It
// moves the file if it can, because `go test` has no more use for it. A package can be kept
// more than once, with other arguments each time.
func Collect(dir string, job Job) error {
	info, err := buildinfo.ReadFile(job.Command[0])
	if err != nil {
		return err
	}
	job.Name = strings.TrimSuffix(info.Path, ".test")
	own, err := jobDir(filepath.Join(dir, strings.ReplaceAll(job.Name, "/", "_")))
	if err != nil {
		return err
	}
	binary := filepath.Join(own, filepath.Base(job.Command[0]))
	if err := moveFile(job.Command[0], binary); err != nil {
		return err
	}
	job.Command[0] = binary
	b, err := json.Marshal(job)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(own, jobFile), b, 0o644)
}

// jobDir makes a directory with the name, and a number if there is one already.
func jobDir(name string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", err
	}
	own := name
	for n := 2; ; n++ {
		err := os.Mkdir(own, 0o755)
		if !errors.Is(err, fs.ErrExist) {
			return own, err
		}
		own = fmt.Sprint(name, ".", n)
	}
}

// moveFile renames a file, or copies it to another file system.
func moveFile(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}

// Collected returns the jobs below a directory whose names are in the list, or all if
// that is empty, the largest test binaries first: they take the longest.
func Collected(dir string, names []string) ([]Job, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", jobFile))
	if err != nil {
		return nil, err
	}
	var jobs []Job
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var job Job
		if err := json.Unmarshal(b, &job); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if len(names) == 0 || slices.Contains(names, job.Name) {
			jobs = append(jobs, job)
		}
	}
	if len(jobs) == 0 {
		return nil, fmt.Errorf("no such test binaries in %s", dir)
	}
	slices.SortStableFunc(jobs, func(a, b Job) int { return cmp.Compare(fileSize(b.Command[0]), fileSize(a.Command[0])) })
	return jobs, nil
}

func fileSize(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// RunAll runs jobs in one guest, and reports each as `go test -v` reports a package.
// After a crash it boots again for the jobs that had not been started. It returns 0 if
// all jobs passed.
func (c *Cache) RunAll(ctx context.Context, o Options, jobs []Job) (int, error) {
	s := suite{Options: o}
	for len(jobs) > 0 {
		s.jobs = jobs
		results, err := c.boot(ctx, o, jobs, s.done)
		if results == nil {
			return 0, err
		}
		next := s.remaining(results, err)
		if len(next) == len(jobs) || ctx.Err() != nil {
			return ExitCrashed, err
		}
		jobs = next
	}
	return s.code, nil
}

// A suite prints the results of the jobs of one guest.
type suite struct {
	Options
	jobs []Job
	code int
}

func (s *suite) done(r *result) {
	job := s.jobs[r.number]
	s.Stdout.Write(r.output)
	if r.log != "" {
		report(s.Options, r.log)
	}
	switch complained := r.log != "" && !s.AllowWarn; {
	case r.code != 0:
		s.failed(job, fmt.Sprintf("exit status %d", r.code))
	case complained:
		s.failed(job, "the test passed, but kernel "+s.Kernel.Name+" complained")
	default:
		fmt.Fprintf(s.Stdout, "ok  \t%s\t%.3fs\n", job.Name, r.took.Seconds())
	}
}

func (s *suite) failed(job Job, reason string) {
	s.code = 1
	fmt.Fprintf(s.Stdout, "%s\nFAIL\t%s\n", reason, job.Name)
}

// remaining returns the jobs that a guest has not started, and reports those that it
// did not end.
func (s *suite) remaining(results []result, err error) []Job {
	var next []Job
	for i := range results {
		switch r := &results[i]; {
		case r.ended:
		case r.started:
			s.failed(s.jobs[i], fmt.Sprintf("the guest ended before the test did: %v", err))
		default:
			next = append(next, s.jobs[i])
		}
	}
	return next
}
