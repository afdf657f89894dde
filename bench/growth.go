package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/vxlan"
)

// growths are the operations measured with growing numbers of links, and linkCounts
// are those numbers.
var (
	growths    = []string{"create", "list", "get", "ensure", "delete"}
	linkCounts = []int{10, 100, 1000, 10_000}
)

// measureGrowth measures the growth of cost with the number of links, and plots it.
func measureGrowth(o options) (all []result, err error) {
	r, err := newRecord(o.dir, "growth.csv")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	o.keep = r.add
	counts := linkCounts
	if o.once {
		counts = []int{2, 4}
	}
	o.rounds, o.once = min(o.rounds, 3), false
	var curves []curve
	for _, what := range growths {
		results, pair := growth(o, what, counts)
		all, curves = append(all, results...), append(curves, pair...)
	}
	return all, os.WriteFile(filepath.Join(o.dir, "growth.svg"), plot(growths, curves), 0o644)
}

// growth measures one operation with growing numbers of links. It returns the curves
// of the floor and of this library, without the failed measurements.
func growth(o options, what string, counts []int) (all []result, curves []curve) {
	ours, floor := curve{title: what, name: ourName}, curve{title: what, name: floorName}
	took := wallTotal
	if what == "get" {
		took = wallEach
	}
	for _, n := range counts {
		r := growing(what, n).attempt(o)
		all = append(all, r)
		if r.err == nil {
			ours.add(n, median(r.of(ourName), took))
			floor.add(n, median(r.of(floorName), took))
		}
	}
	return all, []curve{floor, ours}
}

func wallTotal(s sample) float64 { return float64(s.wall) }

// growing is the workload of one operation on n VXLANs.
func growing(what string, n int) *workload {
	m := makers[2]
	w := &workload{name: fmt.Sprintf("growth: %s, %d", what, n), links: n, few: n}
	entrants := func(floor, ours func(*lab) (work, error)) {
		w.entrants = []entrant{{who: floorName, start: floor}, {who: ourName, start: ours}}
	}
	w.world = func(l *lab) error { return l.raw.pipeline(createVXLANs(names("l", l.all))) }
	switch what {
	case "create":
		w.world, w.check, w.after = nil, hasLinks(1), deleteAll
		entrants(m.floor((*rawConn).pipeline), m.startOurs)
	case "list":
		entrants(listRaw, listOurs)
	case "get":
		entrants(getOneRaw, getOneOurs)
	case "ensure":
		entrants(listRaw, ensureAll)
	case "delete":
		w.world, w.before, w.check, w.after = nil, w.world, isEmpty, deleteAll
		entrants(m.deleteRaw, deleteOurs)
	}
	return w
}

// getOneRaw and getOneOurs look up the last link, as an example of one among many.
func getOneRaw(l *lab) (work, error) {
	request := getLink(fmt.Sprintf("l%d", l.n-1))
	return again(func() error { return l.raw.get(request) }), nil
}

func getOneOurs(l *lab) (work, error) {
	conn, err := dialOurs(l)
	name := fmt.Sprintf("l%d", l.n-1)
	return again(func() error {
		_, err := conn.Get(background, name)
		return err
	}), err
}

// again returns a work that repeats a short function a hundred times. Each
// repetition counts as one link.
func again(f func() error) work {
	return each(make([]struct{}, 100), func(struct{}) error { return f() })
}

// ensureAll ensures all links, none of which needs a change.
func ensureAll(l *lab) (work, error) {
	conn, err := dialOurs(l)
	all := names("l", l.n)
	return do(func() error {
		specs := make([]iplink.Spec, len(all))
		for i, name := range all {
			specs[i] = vxlan.New(name).VNI(uint32(i + 1)).Port(vxlanPort)
		}
		_, err := conn.Ensure(background, specs...)
		return err
	}), err
}
