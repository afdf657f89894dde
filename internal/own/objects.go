package own

import (
	"cmp"
	"context"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// Objects are the objects of one sort that a builder wants on its link and that are no
// attributes of the link, such as the VLANs of a port. A value does not change after a
// setter has stored it, so that copies of a builder share it.
type Objects interface {
	// Word is the name of the objects in errors and differences, such as "vlan".
	Word() string
	// Fault returns the setter with an impossible argument and the reason, or empty
	// strings.
	Fault() (setter, text string)
	// Requests returns the requests that give a new link all objects.
	Requests() []Request
	// Compare returns the differences of an existing link and the requests that
	// resolve them.
	Compare(ctx context.Context, conn *rtnl.Conn, index int) ([]Change, error)
	// Commands returns the arguments of the `bridge` commands that are equivalent to
	// Requests. dev is the link's name, quoted for a shell.
	Commands(dev string) []string
}

// Late are Objects that name ports of the link, which the same call may make. When all
// links are there, Compare finds their requests; it leaves out objects whose port does
// not exist. Requests is not called.
type Late interface {
	Objects
	// Ports returns the name of the setter, and the names of the ports.
	Ports() (setter string, names []string)
}

// A Request adds or removes objects of a link.
type Request struct {
	Text       string // the objects, such as "vid 7"
	Type, Flag uint16 // of the message
	// Append appends the part after the header for the link with an index.
	Append func(b []byte, index int) []byte
	// Reason returns why the kernel answers with an errno, or an empty string. It may
	// be nil.
	Reason func(syscall.Errno) string
	// Holds are the errnos of a request whose result was there already.
	Holds []syscall.Errno
	// Object takes the place of Text and Append unless it is nil.
	Object Object
}

// An Object is the object of a request.
type Object interface {
	// String returns the object in words.
	String() string
	// Append is Request.Append for an object that may name other links.
	Append(b []byte, index int, indexOf func(name string) int) []byte
}

// A Namer is Objects that name other links, in the namespace of their own link.
type Namer interface {
	Names() []string
}

// A Follower is Objects that need the other objects of the link and come after them.
type Follower interface {
	Follows()
}

// An Excluder is Objects that may be the only ones of their sort on the link, which Commands
// does not express. Excludes returns that in words, or an empty string if others may be
// there.
type Excluder interface {
	Excludes() string
}

// A Change is a difference, in words, and the requests that resolve it. The requests of
// several changes may be part of the first one.
type Change struct {
	Have, Want string
	Requests   []Request
}

// SetObjects stores the objects of a sort, in place of those that were stored before.
func (s *Settings) SetObjects(o Objects) {
	all := slices.Clone(s.Objects)
	i := slices.IndexFunc(all, func(had Objects) bool { return had.Word() == o.Word() })
	if i >= 0 {
		all[i] = o
		s.Objects = all
		return
	}
	if i = len(all); !isFollower(o) {
		i = cmp.Or(slices.IndexFunc(all, isFollower)+1, i+1) - 1
	}
	s.Objects = slices.Insert(all, i, o)
}

func isFollower(o Objects) bool {
	_, ok := o.(Follower)
	return ok
}

// FindObjects returns the stored objects of a type, or its zero value.
func FindObjects[T Objects](s *Settings) T {
	for _, o := range s.Objects {
		if found, ok := o.(T); ok {
			return found
		}
	}
	var none T
	return none
}
