package iplink

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Sysctls sets settings of IP on the link, in net.ipv4.conf.NAME and net.ipv6.conf.NAME:
//
//	Sysctls(inet.IPv4().RPFilter(inet.RPFilterLoose), inet.IPv6().AcceptRA(0).DADTransmits(0))
//
// A new link has them before it comes up and before it gets addresses. Settings of IPv4
// are sent over route netlink (IFLA_INET_CONF). Linux has no request for the settings of
// IPv6, which are written to /proc/sys/net/ipv6/conf in the namespace of the link: in
// a namespace other than the caller's this takes CAP_SYS_ADMIN, and in some
// containers /proc/sys is mounted read-only. All are read back over route netlink.
func (b *Common[Self]) Sysctls(all ...inet.Sysctls) *Self {
	fault := ""
	var merged []inet.Sysctl
	for _, list := range append([]inet.Sysctls{sysctls(b.spec.sysctls)}, all...) {
		if isNil(list) {
			fault = "it is nil: give settings, such as inet.IPv4().Forwarding(true)"
			break
		}
		for _, s := range list.Sysctls() {
			merged = append(slices.DeleteFunc(merged, func(had inet.Sysctl) bool { return sameSysctl(had, s) }), s)
		}
	}
	if b.spec.Judge("Sysctls", fault) {
		b.spec.sysctls = merged
	}
	return b.me()
}

// sysctls are the settings of a spec.
type sysctls []inet.Sysctl

func (all sysctls) Sysctls() []inet.Sysctl { return all }

func sameSysctl(a, b inet.Sysctl) bool { return a.Family == b.Family && a.Name == b.Name }

// checkSysctls refuses settings that no link can have.
func (s *spec) checkSysctls(op string) error {
	for _, c := range s.sysctls {
		if fault := inetnl.SysctlFault(c); fault != "" {
			return s.invalid(op, "Sysctls", fault)
		}
		if fault := inetnl.SysctlLinkFault(s.finalName()); fault != "" {
			return s.invalid(op, "Sysctls", fault)
		}
	}
	return nil
}

// driftOfSysctls finds the settings of IP that differ on a link.
func (t *transaction) driftOfSysctls(_ context.Context, j *job, have *Link, p *pending) (diffs []Difference, err error) {
	s := j.spec
	if len(s.sysctls) > 0 && j.at.isRemote() {
		return nil, s.onlyInside(t.op, "Sysctls")
	}
	for _, want := range s.sysctls {
		value, known := have.sysctl(want)
		if known && value == want.Value {
			continue
		}
		d := Difference{Attr: inetnl.SysctlName(want, cmp.Or(s.finalName(), have.Name)), Want: strconv.Itoa(want.Value)}
		if known {
			d.Have = strconv.Itoa(value)
		}
		diffs = append(diffs, d)
		p.sysctls = append(p.sysctls, want)
	}
	return diffs, nil
}

// sysctl returns the value of a setting, and false if the kernel does not report it.
func (l *Link) sysctl(s inet.Sysctl) (int, bool) {
	if s.Family == "ipv4" {
		return inetnl.SysctlIn(s, l.INET.Conf())
	}
	return inetnl.SysctlIn(s, l.INET6.Conf())
}

// setSysctls sets the pending settings of IP of a link: IPv4 by a request that is sent
// later, IPv6 at once, after the requests so far. If the MTU of an existing link is about
// to make IP possible, the settings wait for the next round.
func (t *transaction) setSysctls(ctx context.Context, j *job) error {
	if len(j.pending.sysctls) == 0 || j.waitsForIP() {
		return nil
	}
	t.addSysctls4(j)
	if !slices.ContainsFunc(j.pending.sysctls, isIPv6) {
		return nil
	}
	if err := t.flush(ctx, j.at); err != nil {
		return err
	}
	return t.writeSysctls6(ctx, j)
}

func isIPv6(s inet.Sysctl) bool { return s.Family == "ipv6" }

// waitsForIP reports whether an existing link lacks one of the settings for now.
func (j *job) waitsForIP() bool {
	return j.have != nil && !j.made && j.linkSet.Has(uapi.IFLA_MTU) && slices.ContainsFunc(j.pending.sysctls, func(s inet.Sysctl) bool {
		_, known := j.have.sysctl(s)
		return !known
	})
}

// addSysctls4 adds the request that sets the settings of IPv4.
func (t *transaction) addSysctls4(j *job) {
	all := slices.DeleteFunc(slices.Clone(j.pending.sysctls), isIPv6)
	if len(all) == 0 {
		return
	}
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = j.sysctlName(s)
	}
	t.addRequests(j, []objectRequest{{Request: own.Request{
		Text: strings.Join(names, ", "), Type: uapi.RTM_NEWLINK, Reason: noIPv4,
		Append: func(b []byte, index int) []byte {
			return inetnl.AppendSysctls4(wire.AppendLink(b, wire.Link{Index: int32(index)}), all)
		},
	}}})
}

// sysctlName returns the name of a setting of the link of a job.
func (j *job) sysctlName(s inet.Sysctl) string {
	name := j.spec.finalName()
	if name == "" && j.have != nil {
		name = j.have.Name
	}
	return inetnl.SysctlName(s, name)
}

// noIPv4 returns the reason why the kernel refuses settings of IPv4.
func noIPv4(errno syscall.Errno) string {
	if errno == syscall.EAFNOSUPPORT {
		return "the link has no IPv4, which needs an MTU of 68 or more"
	}
	return ""
}

// writeSysctls6 writes the pending settings of IPv6 in the namespace of the link.
func (t *transaction) writeSysctls6(ctx context.Context, j *job) error {
	t.acted = true
	for _, s := range j.pending.sysctls {
		if !isIPv6(s) {
			continue
		}
		if ctx.Err() != nil {
			return j.spec.failed(t.op, "", context.Cause(ctx))
		}
		if err := t.within(j.at, func() error { return inetnl.WriteSysctl6(j.at.rt, j.index, s) }); err != nil {
			return t.sysctlError(ctx, j, s, err)
		}
	}
	return nil
}

// within runs fn in a namespace. It does not enter the namespace of the calling thread
// again, which would take a privilege.
func (t *transaction) within(p *nsConn, fn func() error) error {
	fd, err := t.genericNetNS(p)
	switch {
	case err != nil:
		return err
	case fd == rtnl.Here:
		return fn()
	}
	return p.ns.Do(fn)
}

// sysctlError adds the reason and a remedy to the error of a write.
func (t *transaction) sysctlError(ctx context.Context, j *job, s inet.Sysctl, err error) error {
	e := j.spec.failed(t.op, j.sysctlName(s), bareErr(err))
	if e.Message != "" {
		return e
	}
	switch {
	case errors.Is(err, syscall.EROFS):
		e.Message = "/proc/sys is mounted read-only here: mount a writable /proc, or set it from outside of the container"
	case errors.Is(err, fs.ErrPermission):
		e.Message = "to write " + inetnl.SysctlDir6 + " needs CAP_NET_ADMIN in the user namespace of the network namespace, and the user id that owns the file"
	case errors.Is(err, fs.ErrNotExist):
		e.Message = cmp.Or(j.lacksIPv6(ctx, false), "there is no such file in "+inetnl.SysctlDir6+": this kernel lacks IPv6 or the setting, or /proc is not mounted")
	}
	return e
}

// setSysctls writes the command that sets settings of IP.
func (w *commandWriter) setSysctls(s *spec) {
	if len(s.sysctls) == 0 {
		return
	}
	if s.finalName() == "" {
		w.absent = append(w.absent, "sysctls of a link without a name")
		return
	}
	words := []string{strings.TrimSpace(s.home().execCommand() + " sysctl -w")}
	for _, c := range s.sysctls {
		words = append(words, attr.Quote(inetnl.SysctlName(c, s.finalName())+"="+strconv.Itoa(c.Value)))
	}
	w.commands = append(w.commands, strings.Join(words, " "))
}

// execCommand returns the words that run another command in the namespace.
func (ns *NetNS) execCommand() string {
	switch {
	case ns == nil:
		return ""
	case ns.name != "":
		return "ip netns exec " + attr.Quote(ns.name)
	}
	return "nsenter --net=" + ns.word()
}

// Sysctl returns a setting of net.ipv4.conf for the link by its name there, such as
// "rp_filter". It is false if the kernel does not report it, or if [inet.IPv4Conf] does
// not have it.
func (i *INET) Sysctl(name string) (value int, ok bool) {
	return inetnl.SysctlIn(inet.Sysctl{Family: "ipv4", Name: name}, i.Conf())
}

// Sysctl returns a setting of net.ipv6.conf for the link by its name there, such as
// "accept_ra". It is false if the kernel does not report it, or if [inet.IPv6Conf] does
// not have it.
func (i *INET6) Sysctl(name string) (value int, ok bool) {
	return inetnl.SysctlIn(inet.Sysctl{Family: "ipv6", Name: name}, i.Conf())
}
