package iplink

import (
	"errors"
	"io/fs"
	"testing"
)

func TestTeamModeMissing(t *testing.T) {
	want := "this kernel has no team mode activebackup (CONFIG_NET_TEAM_MODE_ACTIVEBACKUP)"
	if got := TeamActiveBackup.missing(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var s spec
	if err := s.failed("create", "mode", &Error{Message: want, Err: fs.ErrInvalid}); err.Message != want || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}
