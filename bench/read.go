package main

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/vxlan"
)

// manyLinks makes VXLANs and veth pairs, half of each.
func manyLinks(l *lab) error {
	half := l.all / 2
	if err := l.raw.pipeline(createVXLANs(names("x", half))); err != nil {
		return err
	}
	return l.raw.pipeline(createVeths(names("v", (l.all-half)/2)))
}

// listing is the workload of reading all links into each contestant's own types.
func listing() *workload {
	return &workload{
		name: "list 5000 links", links: 5000, few: 8, target: target{ratio: 1.25, allocs: 2}, reads: true,
		world: manyLinks,
		entrants: []entrant{
			{who: floorName, start: listRaw},
			{who: ourName, start: listOurs},
			{who: vishName, start: listVish},
			{who: jsimName, start: listJsim},
			{who: ipName, start: listIP},
		},
	}
}

func listRaw(l *lab) (work, error) {
	request := listLinks()
	return do(func() error { return l.raw.dump(request) }), nil
}

func listOurs(l *lab) (work, error) {
	conn, err := dialOurs(l)
	return do(func() error {
		links, err := conn.List(background)
		return enough(l, len(links), err)
	}), err
}

func listVish(l *lab) (work, error) {
	h, err := dialVish(l)
	return do(func() error {
		links, err := h.LinkList()
		return enough(l, len(links), err)
	}), err
}

func listJsim(l *lab) (work, error) {
	conn, err := dialJsim(l)
	return do(func() error {
		links, err := conn.Link.List()
		return enough(l, len(links), err)
	}), err
}

func listIP(l *lab) (work, error) {
	run, err := l.batch("list", []string{"link show"}, "-details")
	return do(run), err
}

// enough returns an error unless the expected number of links was read, including
// lo.
func enough(l *lab, have int, err error) error {
	if err == nil && have != l.n+1 {
		err = fmt.Errorf("%d links, not %d", have, l.n+1)
	}
	return err
}

// lookUps is the number of links that are looked up.
const lookUps = 1000

// getting is the workload of looking up links by name, one at a time.
func getting() *workload {
	return &workload{
		name: "get one of 5000 by name", links: 5000, few: 8, target: target{ratio: 1.3, allocs: 6}, often: 5, reads: true,
		world: manyLinks,
		entrants: []entrant{
			{who: floorName, start: getRaw},
			{who: ourName, start: getOurs},
			{who: vishName, start: getVish},
			{who: jsimName, start: getJsimLinks},
			{who: ipName, start: getIP},
		},
	}
}

// choice returns the names of the links to look up, the same for all contestants.
func choice(l *lab) []string {
	random := rand.New(rand.NewPCG(0x1234, 0x5678))
	all := make([]string, lookUps)
	for i := range all {
		all[i] = fmt.Sprintf("x%d", random.IntN(l.all/2))
	}
	return all
}

// each returns a work that calls f for one element after another. Each element
// counts as one link.
func each[T any](all []T, f func(T) error) work {
	return times(len(all), func() error {
		for _, one := range all {
			if err := f(one); err != nil {
				return err
			}
		}
		return nil
	})
}

// times returns a work that counts as n links.
func times(n int, f func() error) work {
	return func() (*sample, error) {
		m := begin()
		err := f()
		s := m.end()
		s.links = n
		return &s, err
	}
}

func getRaw(l *lab) (work, error) {
	var requests [][]byte
	for _, name := range choice(l) {
		requests = append(requests, getLink(name))
	}
	return each(requests, l.raw.get), nil
}

func getOurs(l *lab) (work, error) {
	conn, err := dialOurs(l)
	return each(choice(l), func(name string) error {
		link, err := conn.Get(background, name)
		if err == nil && link.Name != name {
			err = errors.New("another link")
		}
		return err
	}), err
}

func getVish(l *lab) (work, error) {
	h, err := dialVish(l)
	return each(choice(l), func(name string) error {
		_, err := h.LinkByName(name)
		return err
	}), err
}

func getJsimLinks(l *lab) (work, error) {
	conn, err := dialJsim(l)
	return each(choice(l), func(name string) error {
		_, err := getJsim(conn, name)
		return err
	}), err
}

func getIP(l *lab) (work, error) {
	all := choice(l)
	run, err := l.batch("get", lines(len(all), func(i int) string { return "link show dev " + all[i] }), "-details")
	return times(len(all), run), err
}

// ensuring is the workload of ensuring links that need no change, compared with a
// single list of all links.
func ensuring() *workload {
	const none = "has no such operation"
	return &workload{
		name: "ensure 300 links that are as wanted", links: 300, few: 6, target: target{ratio: 1.3}, often: 30, reads: true,
		world: func(l *lab) error { return l.raw.pipeline(createVXLANs(names("x", l.all))) },
		entrants: []entrant{
			{who: floorName, start: listRaw},
			{who: ourName, start: ensureOurs},
			cannot(vishName, none), cannot(jsimName, none), cannot(ipName, none),
		},
	}
}

func ensureOurs(l *lab) (work, error) {
	conn, err := dialOurs(l)
	all := names("x", l.n)
	return do(func() error {
		specs := make([]iplink.Spec, len(all))
		for i, name := range all {
			specs[i] = vxlan.New(name).VNI(uint32(i + 1)).Port(vxlanPort)
		}
		changes, err := conn.Ensure(background, specs...)
		for _, c := range changes {
			if c.Changed() {
				err = errors.New("a link was not as wanted")
			}
		}
		return err
	}), err
}
