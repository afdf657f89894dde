package iplink

import (
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// unwatched are the attributes that a watcher does not keep, for no event tells
// of them and they are half of what the kernel says: counters, and the values of
// sysctl. IFLA_STATS64 is kept as the numbers that Link.Stats has room for.
var (
	unwatched      = attr.SetOf(uapi.IFLA_STATS, uapi.IFLA_STATS64)
	unwatchedINET  = attr.SetOf(uapi.IFLA_INET_CONF)
	unwatchedINET6 = attr.SetOf(uapi.IFLA_INET6_CONF, uapi.IFLA_INET6_STATS, uapi.IFLA_INET6_ICMP6STATS)
)

// parse decodes an announcement or an answer, which the Link outlives, without
// what is unwatched. What is broken is kept as it is, for the Link to tell.
func (w *watcher) parse(m wire.Message) *Link {
	message, overlong := legible(m.Data)
	l := w.parseLegible(message)
	l.addErr("", overlong)
	l.noteUndescribed(m)
	return l
}

func (w *watcher) parseLegible(message []byte) *Link {
	watched, ok := appendWatched(w.watched[:0], message)
	if !ok {
		l := parseLink(&w.codec, message)
		l.finish(nil)
		l.raw.image = wholeImage(slices.Clone(message))
		return l
	}
	shown := len(watched)
	if stats := wire.Find(message[wire.LinkLen:], uapi.IFLA_STATS64); stats != nil {
		watched = wire.AppendAttr(watched, uapi.IFLA_STATS64, stats)
	}
	w.watched = watched
	l := parseLink(&w.codec, watched)
	l.raw.image = w.imageOf(l, watched[:shown])
	l.finish(nil)
	return l
}

// finish lets go of the message that the link was decoded from, but for a copy of
// the nest of its kind.
func (l *Link) finish(data []byte) {
	l.raw.data, l.raw.xstats, l.raw.portData = data, nil, nil
}

// appendWatched appends a message without what is unwatched, and reports whether
// it could be read.
func appendWatched(b, message []byte) ([]byte, bool) {
	if len(message) < wire.LinkLen {
		return b, false
	}
	return appendFiltered(append(b, message[:wire.LinkLen]...), message[wire.LinkLen:], func(b []byte, a wire.Attr) ([]byte, bool) {
		switch {
		case has(unwatched, a.Type):
			return b, true
		case a.Type == uapi.IFLA_AF_SPEC:
			return appendNest(b, a, appendFamily)
		}
		return wire.AppendAttr(b, a.Type, a.Data), true
	})
}

// appendFamily appends what is watched of the settings of IPv4 or IPv6.
func appendFamily(b []byte, family wire.Attr) ([]byte, bool) {
	drop := unwatchedINET
	if family.Type == uapi.AF_INET6 {
		drop = unwatchedINET6
	}
	return appendNest(b, family, func(b []byte, a wire.Attr) ([]byte, bool) {
		if has(drop, a.Type) {
			return b, true
		}
		return wire.AppendAttr(b, a.Type, a.Data), true
	})
}

// An attributeFilter appends what is to be kept of an attribute, and reports
// whether it could be read.
type attributeFilter func([]byte, wire.Attr) ([]byte, bool)

func appendNest(b []byte, nest wire.Attr, keep attributeFilter) ([]byte, bool) {
	b, at := wire.Begin(b, nest.Type)
	b, ok := appendFiltered(b, nest.Data, keep)
	return wire.End(b, at), ok
}

func appendFiltered(b, attrs []byte, keep attributeFilter) ([]byte, bool) {
	for a, err := range wire.Attrs(attrs) {
		if err != nil {
			return b, false
		}
		var ok bool
		if b, ok = keep(b, a); !ok {
			return b, false
		}
	}
	return b, true
}
