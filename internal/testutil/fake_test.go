package testutil

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// fake is a test whose end another test looks at.
type fake struct {
	testing.TB
	outcome string // "failed: …" or "skipped: …", empty if it just returned
}

// play runs test as a test of its own would be.
func play(t *testing.T, test func(testing.TB)) string {
	f := &fake{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(f)
	}()
	<-done
	return f.outcome
}

func (f *fake) Helper()                           {}
func (f *fake) Name() string                      { return "TestFake" }
func (f *fake) Fatal(args ...any)                 { f.end("failed: ", fmt.Sprint(args...)) }
func (f *fake) Fatalf(format string, args ...any) { f.end("failed: ", fmt.Sprintf(format, args...)) }
func (f *fake) Skip(args ...any)                  { f.end("skipped: ", fmt.Sprint(args...)) }

func (f *fake) end(how, why string) {
	f.outcome = how + why
	runtime.Goexit()
}

func wantOutcome(t *testing.T, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) || want == "" && got != "" {
		t.Errorf("the test ended with %q, want %q", got, want)
	}
}
