package inetnl

import (
	"cmp"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// SysctlDir6 is the directory of the settings of IPv6 of links.
const SysctlDir6 = "/proc/sys/net/ipv6/conf/"

// SysctlLinkFault returns the reason why a link with a name cannot have settings, or an
// empty string. The names "all" and "default" in SysctlDir6 do not stand for a link.
func SysctlLinkFault(link string) string {
	if link != "all" && link != "default" {
		return ""
	}
	return "net.ipv6.conf." + link + " does not belong to a link: rename the link"
}

// UsualSysctls returns the settings that new links have in the namespace of the thread. It
// leaves out those that the kernel does not have.
func UsualSysctls() (all []inet.Sysctl, err error) {
	for _, s := range AllSysctls() {
		text, err := os.ReadFile("/proc/sys/net/" + s.Family + "/conf/default/" + s.Name)
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			s.Value, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// errRenamed means that the link got another name while its setting was written.
var errRenamed = errors.New("the link was renamed meanwhile")

// WriteSysctl6 writes one setting of IPv6 of the link with an index, in the namespace of
// the thread, which is that of the socket. The file belongs to the link that has the name
// when it is opened, and cannot be written once that link has another name. Therefore the
// name is looked up again in between.
func WriteSysctl6(rt rtnl.Socket, index int, s inet.Sysctl) error {
	const attempts = 10
	for range attempts {
		name, err := rtnl.NameOf(rt, index)
		if err == nil && SysctlLinkFault(name) != "" {
			return errors.New(SysctlLinkFault(name))
		}
		if err == nil {
			err = writeSysctlOf(rt, index, name, s)
		}
		if now, lost := rtnl.NameOf(rt, index); err == nil || lost != nil || now == name && err != errRenamed {
			return cmp.Or(err, lost)
		}
	}
	return errRenamed
}

func writeSysctlOf(rt rtnl.Socket, index int, name string, s inet.Sysctl) error {
	file, err := os.OpenFile(SysctlDir6+name+"/"+s.Name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if now, err := rtnl.NameOf(rt, index); err != nil || now != name {
		return cmp.Or(err, errRenamed)
	}
	_, err = file.WriteString(strconv.Itoa(s.Value))
	return err
}
