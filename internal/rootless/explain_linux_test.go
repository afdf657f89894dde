package rootless

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"
)

func TestExplain(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	allowed := map[string]string{
		"proc/self/ns/user": "", "proc/self/status": "Name:\tx\nSeccomp:\t0\n", "proc/sys/user/max_user_namespaces": "31\n",
		"proc/sys/kernel/unprivileged_userns_clone": "1\n", "proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0\n",
	}
	for path, change := range map[string]struct{ content, want string }{
		"none": {"", "no setting that forbids it was found"},
		"proc/sys/kernel/unprivileged_userns_clone":             {"0\n", "sysctl -w kernel.unprivileged_userns_clone=1"},
		"proc/sys/kernel/apparmor_restrict_unprivileged_userns": {"1\n", "apparmor_restrict_unprivileged_userns=0"},
		"proc/sys/user/max_user_namespaces":                     {"0\n", "sysctl -w user.max_user_namespaces=15000"},
		"proc/sys/user/max_net_namespaces":                      {"0\n", "user.max_net_namespaces is 0"},
		"proc/self/status":                                      {"Seccomp:\t2\n", "seccomp filter"},
	} {
		system := fstest.MapFS{path: file(change.content)}
		for p, content := range allowed {
			if p != path {
				system[p] = file(content)
			}
		}
		err := explain(unix.EPERM, system)
		if !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), change.want) || strings.Count(err.Error(), ";") > 2 {
			t.Errorf("%s: %v, want %q", path, err, change.want)
		}
	}
}

func TestExplainKernelWithoutUserNamespaces(t *testing.T) {
	system := fstest.MapFS{"proc/self/ns/net": &fstest.MapFile{}}
	if err := explain(unix.EINVAL, system); !strings.Contains(err.Error(), "CONFIG_USER_NS") {
		t.Error(err)
	}
	if err := explain(unix.EINVAL, fstest.MapFS{}); !strings.Contains(err.Error(), "/proc is not mounted") {
		t.Error(err)
	}
	if err := explain(nil, system); err != nil {
		t.Error(err)
	}
}
