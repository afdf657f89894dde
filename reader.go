package iplink

import (
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// A reader decodes what the kernel answers about links. The Links outlive the
// messages.
type reader struct {
	codec  attr.Codec
	common *pool // what links hold alike; nil if each keeps a copy of its message
	data   bool  // the kind's attributes are also kept as bytes, for a RawLink
}

// share has links from now on hold what they have alike in common, in p, and not
// keep their messages.
func (r *reader) share(p *pool) {
	r.common = p
	r.codec.Keep(p.copy)
}

func (r *reader) parse(m wire.Message) *Link {
	if r.common == nil {
		return parseLink(&r.codec, slices.Clone(m.Data))
	}
	return r.fill(newLink(), m)
}

// fill is parse into a blank link, of a reader that shares.
func (r *reader) fill(l *Link, m wire.Message) *Link {
	l.parse(&r.codec, m.Data)
	l.noteUndescribed(m)
	var data []byte
	if r.data {
		data = r.common.copy(l.raw.data)
	}
	l.finish(data)
	return l
}
