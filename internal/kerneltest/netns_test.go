package kerneltest_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
)

func TestNetNSNamesAreChecked(t *testing.T) {
	calls := map[string]func(name string) error{
		"create": func(name string) error { _, err := iplink.CreateNetNS(name); return err },
		"open":   func(name string) error { _, err := iplink.OpenNetNS(name); return err },
		"delete": iplink.DeleteNetNS,
	}
	for _, c := range []struct{ name, says string }{
		{"", "a network namespace needs a name"},
		{".", "are no names"},
		{"..", "are no names"},
		{"../etc", "no slash"},
		{"a/b", "no slash"},
		{"/", "no slash"},
		{"a\x00b", "no NUL"},
		{strings.Repeat("n", 256), "at most 255 bytes"},
	} {
		for op, call := range calls {
			err := call(c.name)
			e, ok := errors.AsType[*iplink.Error](err)
			if !ok || e.Op != op || e.Kind != "netns" || e.Name != c.name {
				t.Errorf("%s %q: error %#v", op, c.name, err)
				continue
			}
			if !errors.Is(err, fs.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s %q: %v, want %q", op, c.name, err, c.says)
			}
		}
	}
}

func TestNetNSThatNothingReturned(t *testing.T) {
	for _, ns := range []*iplink.NetNS{nil, {}} {
		if err := ns.Close(); !errors.Is(err, os.ErrClosed) || err.Error() != "use: NetNS: invalid argument (it is nil or zero: OpenNetNS and others return one)" {
			t.Errorf("Close: %v", err)
		}
		if ns.Equal(ns) || ns.Name() != "" || ns.String() != "" {
			t.Errorf("%#v has an identity: %q", ns, ns)
		}
	}
}
