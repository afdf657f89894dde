package iplink

import (
	"context"
	"slices"

	"github.com/iplink-go/iplink/internal/uapi"
)

// driftOfRoutes finds out which routes a link lacks. A route that a person made
// in the place of a wanted one, to another gateway, is taken away.
func (t *transaction) driftOfRoutes(ctx context.Context, j *job, have *Link) ([]Difference, error) {
	s := j.spec
	j.routes, j.rivals = nil, nil
	if len(s.routes) == 0 {
		return nil, nil
	}
	if up := have.Up() && s.change&^s.flags&uapi.IFF_UP == 0; !up && s.flags&s.change&uapi.IFF_UP == 0 && t.op != "diff" {
		return nil, s.invalid(t.op, "route", "only a link that is up has routes: add Up")
	}
	all, err := readRoutes(ctx, j.at.rt, j.index)
	if err != nil {
		return nil, s.failed(t.op, "route", err)
	}
	var diffs []Difference
	for _, want := range s.routes {
		if slices.ContainsFunc(all, func(had Route) bool { return want.holds(&had) }) {
			continue
		}
		j.routes = append(j.routes, want)
		d := Difference{Attr: "route", Want: want.String()}
		if i := slices.IndexFunc(all, func(had Route) bool { return want.supplants(&had) }); i >= 0 {
			j.rivals = append(j.rivals, all[i])
			d.Have = all[i].String()
		}
		diffs = append(diffs, d)
	}
	return diffs, nil
}

// holds reports whether a route that the link has is as wanted.
func (r *Route) holds(had *Route) bool {
	return r.rivals(had) && r.Via == had.Via &&
		(!r.Src.IsValid() || r.Src == had.Src) &&
		(r.Proto == 0 || r.Proto == had.Proto) &&
		(!r.OnLink || had.OnLink)
}

// supplants reports whether a route that the link has makes room for the one
// wanted: those of the kernel and of other programs stay.
func (r *Route) supplants(had *Route) bool {
	byPerson := had.Proto == RouteProtoBoot || had.Proto == RouteProtoStatic || had.Proto == r.Proto
	return byPerson && r.rivals(had)
}
