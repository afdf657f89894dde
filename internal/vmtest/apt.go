package vmtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// mirrorVariable names a Debian mirror for machines whose package sources do not
// include one.
const mirrorVariable = "IPLINK_VMTEST_MIRROR"

// An apt runs apt with its own state: it ignores the packages installed on the
// machine, changes nothing there, and needs no privilege.
type apt struct {
	dir    string
	kernel Kernel
}

// A debPackage is one package of a plan.
type debPackage struct{ Name, Version string }

func (a apt) path(name ...string) string { return filepath.Join(append([]string{a.dir}, name...)...) }

func (a apt) run(ctx context.Context, program string, args ...string) ([]byte, error) {
	return a.runIn(ctx, a.path("debs"), program, args...)
}

// runIn runs a program of apt in a directory.
func (a apt) runIn(ctx context.Context, dir, program string, args ...string) ([]byte, error) {
	options := []string{
		"-o", "Dir::State=" + a.path("state"),
		"-o", "Dir::State::status=/dev/null",
		"-o", "Dir::Cache=" + a.path("cache"),
		"-o", "Dir::Etc::sourcelist=" + a.path("sources.list"),
		"-o", "Dir::Etc::sourceparts=/dev/null",
		"-o", "Dir::Etc::preferences=/dev/null",
		"-o", "Dir::Etc::preferencesparts=/dev/null",
		"-o", "APT::Architecture=amd64",
		"-o", "APT::Architectures=amd64",
		"-o", "APT::Sandbox::User=", // otherwise apt drops root for a user who cannot write here
		"-o", "Acquire::Languages=none",
		"-o", "Acquire::Retries=3",
		"-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
	}
	if a.kernel.Target != "" {
		options = append(options, "-t", a.kernel.Target)
	}
	return command(ctx, dir, program, append(options, args...)...)
}

// update creates the state and fetches the suites' package lists.
func (a apt) update(ctx context.Context) error {
	for _, dir := range []string{a.path("state", "lists", "partial"), a.path("cache", "archives", "partial"), a.path("debs")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	sources, err := a.sources(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(a.path("sources.list"), []byte(sources), 0o644); err != nil {
		return err
	}
	_, err = a.run(ctx, "apt-get", "update", "-q", "--error-on=any")
	return err
}

// sources returns the text of sources.list: the kernel's suites on the mirrors that
// the machine itself uses.
func (a apt) sources(ctx context.Context) (string, error) {
	main, security, err := mirrors(ctx)
	if err != nil {
		return "", err
	}
	const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
	options := ""
	if _, err := os.Stat(keyring); err == nil {
		options = "[signed-by=" + keyring + "] "
	}
	var b strings.Builder
	for _, suite := range a.kernel.Suites {
		mirror := main
		if strings.HasSuffix(suite, "-security") {
			mirror = security
		}
		if mirror != "" {
			fmt.Fprintf(&b, "deb %s%s %s main\n", options, mirror, suite)
		}
	}
	return b.String(), nil
}

// mirrors returns the addresses of the Debian archive and of its security archive.
// The latter is empty if the machine has none.
func mirrors(ctx context.Context) (main, security string, err error) {
	if m := os.Getenv(mirrorVariable); m != "" {
		return m, "", nil
	}
	out, err := command(ctx, "", "apt-get", "indextargets", "--format", "$(CREATED_BY) $(REPO_URI)")
	if err != nil {
		return "", "", err
	}
	main, security = parseMirrors(string(out))
	if main == "" {
		return "", "", unavailable("this machine's package sources name no Debian archive: set %s to the address of a mirror", mirrorVariable)
	}
	return main, security, nil
}

func parseMirrors(targets string) (main, security string) {
	for line := range strings.Lines(targets) {
		kind, uri, _ := strings.Cut(strings.TrimSpace(line), " ")
		uri = strings.TrimSuffix(uri, "/")
		switch {
		case kind != "Packages":
		case main == "" && strings.HasSuffix(uri, "/debian"):
			main = uri
		case security == "" && strings.HasSuffix(uri, "/debian-security"):
			security = uri
		}
	}
	return main, security
}

// plan returns the packages that apt would install for the given names on an empty
// system, in the versions of the kernel's suites, limited to those that keep
// accepts.
func (a apt) plan(ctx context.Context, keep *regexp.Regexp, names ...string) ([]debPackage, error) {
	out, err := a.run(ctx, "apt-get", append([]string{"install", "--simulate", "-y", "--no-install-recommends"}, names...)...)
	if err != nil {
		return nil, err
	}
	return parsePlan(string(out), keep), nil
}

// parsePlan reads lines such as "Inst libc6 (2.41-12 Debian:13.1/stable [amd64])".
func parsePlan(simulation string, keep *regexp.Regexp) []debPackage {
	var plan []debPackage
	for line := range strings.Lines(simulation) {
		f := strings.Fields(line)
		if len(f) > 2 && f[0] == "Inst" && keep.MatchString(f[1]) {
			plan = append(plan, debPackage{f[1], strings.TrimPrefix(f[2], "(")})
		}
	}
	return plan
}

// download fetches the packages into a directory. apt verifies them against the
// archive's signature.
func (a apt) download(ctx context.Context, dir string, packages []debPackage) error {
	args := []string{"download", "-q"}
	for _, p := range packages {
		args = append(args, p.Name+"="+p.Version)
	}
	_, err := a.runIn(ctx, dir, "apt-get", args...)
	return err
}
