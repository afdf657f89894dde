package team

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"syscall"
)

// Control makes Run answer the program teamdctl, and others that use libteamdctl, as
// teamd does: through a Unix socket of the type SOCK_SEQPACKET, which only the owner of
// the process may use (mode 0700). The items of the state and their values are teamd's;
// setup.pid_file is empty.
//
// teamdctl can change the same as with teamd: it adds and removes ports, replaces the
// configuration of a port, and sets the items runner.active_port (the port to be used
// until the next decision), ports.NAME.runner.aggregator.selected, and
// setup.debug_level, which has no effect. A configuration that ParseTeamd would reject is
// rejected; otherwise the priority changes at once, and the rest when the port joins.
type Control struct {
	// Dir is the directory of the socket, an absolute path; if it is empty,
	// /var/run/teamd, where teamdctl looks for it. It is made if it is missing, and
	// then removed in the end. The socket is the file NAME.sock, with the name of the
	// team. If it belongs to a program that is running, such as teamd, Run returns an
	// error that matches syscall.EADDRINUSE; one that was left behind is replaced.
	Dir string
	// Config is the text of the configuration file for teamdctl to show. ParseTeamd
	// must accept it and return this Runner, apart from Control, Destroy and Log. If it
	// is nil, the settings of the Runner that differ from their defaults are shown.
	Config []byte
}

const controlDir = "/var/run/teamd"

// inspectControl rejects a configuration that is not the one of the Runner.
func (r Runner) inspectControl(bad report) {
	c := r.Control
	if c == nil {
		return
	}
	if c.Dir != "" && !filepath.IsAbs(c.Dir) {
		bad("Control.Dir", "%q is not an absolute path", c.Dir)
	}
	if c.Config == nil {
		return
	}
	parsed, err := ParseTeamd(c.Config)
	if err != nil {
		bad("Control.Config", "%v", err)
		return
	}
	r.Control, r.Destroy, r.Log = nil, false, nil
	if !reflect.DeepEqual(parsed.Runner, r) {
		bad("Control.Config", "is not the configuration of this Runner")
	}
}

// configDocument returns the configuration with the settings that teamd adds.
func (r Runner) configDocument(name string) document {
	d := r.document()
	if r.Control != nil && r.Control.Config != nil {
		if v, err := parseJSON(r.Control.Config); err == nil && v.kind == objectKind {
			d = v.document().(document)
		}
	}
	d["device"] = name
	d.object("runner").add("name", string(RoundRobin))
	switch r.Mode {
	case ActiveBackup:
		d.object("notify_peers").add("count", 1)
		d.object("mcast_rejoin").add("count", 1)
	case LoadBalance, LACP:
		d.object("runner").add("tx_hash", words(r.withDefaults().TxHash))
	}
	return d
}

// add adds a value unless there is one.
func (d document) add(key string, value any) {
	if _, ok := d[key]; !ok {
		d[key] = value
	}
}

// control is the part of a runner that teamdctl sees and changes. Except for the
// methods in controlMethods, it belongs to the runner's loop.
type control struct {
	r      *runner
	ports  portChanger
	config document
	debug  int32
}

// A portChanger is the part of a Team that changes its ports.
type portChanger interface {
	AddPort(ctx context.Context, name string, flags ...AddFlag) error
	RemovePort(ctx context.Context, name string) error
	exists(ctx context.Context, name string) error
}

func (t *Team) exists(ctx context.Context, name string) error {
	_, err := t.lookUp(ctx, "look up port of", name)
	return err
}

// A controlError is an error for teamdctl.
type controlError struct{ code, text string }

func (e *controlError) Error() string { return e.code + ": " + e.text }

// Errors of teamd.
var (
	errNoDevice    = &controlError{"NoSuchDev", "No such device."}
	errNoItem      = &controlError{"PathDoesNotExist", "Item path does not exist."}
	errItemGet     = &controlError{"ItemValueGetFail", "Failed to get item value."}
	errItemSet     = &controlError{"ItemValueSetFail", "Failed to set item value."}
	errNotSettable = &controlError{"OpNotSupp", "Operation not supported."}
	errConfigDump  = &controlError{"ConfigDumpFail", "Failed to dump config."}
)

// Errors that teamd does not report.
var (
	errMessage = &controlError{"InvalidMessage", "The message is not a request."}
	errMethod  = &controlError{"NoSuchMethod", "There is no such method."}
	errArgs    = &controlError{"InvalidArgs", "Did not receive correct message arguments."}
	errEnded   = &controlError{"Ended", "The team is not being run any more."}
	errLong    = &controlError{"TooLong", "The message is too long."}
)

// A controlMethod is called by a client.
type controlMethod struct {
	args    int
	changes bool
	call    func(c *control, ctx context.Context, args []string) (string, error)
}

// controlMethods are the methods of teamd.
func controlMethods() map[string]controlMethod {
	return map[string]controlMethod{
		"ConfigDump": {call: inLoop(func(c *control, _ []string) (string, error) {
			return c.config.String(), nil
		})},
		"ConfigDumpActual": {call: inLoop(func(c *control, _ []string) (string, error) {
			return c.actual().String(), nil
		})},
		"StateDump": {call: inLoop(func(c *control, _ []string) (string, error) {
			return c.stateDocument().String(), nil
		})},
		"StateItemValueGet": {args: 1, call: inLoop(func(c *control, args []string) (string, error) {
			return c.getItem(args[0])
		})},
		"StateItemValueSet": {args: 2, changes: true, call: inLoop(func(c *control, args []string) (string, error) {
			return "", c.setItem(args[0], args[1])
		})},
		"PortAdd":          {args: 1, changes: true, call: (*control).addPort},
		"PortRemove":       {args: 1, changes: true, call: (*control).removePort},
		"PortConfigDump":   {args: 1, call: forDevice((*control).dumpPort)},
		"PortConfigUpdate": {args: 2, changes: true, call: forDevice((*control).updatePort)},
	}
}

// inLoop returns a method that the loop of the runner calls.
func inLoop(f func(*control, []string) (string, error)) func(*control, context.Context, []string) (string, error) {
	return func(c *control, _ context.Context, args []string) (text string, err error) {
		done := make(chan struct{})
		c.r.post(func() {
			text, err = f(c, args)
			close(done)
		})
		select {
		case <-done:
			return text, err
		case <-c.r.closed:
		}
		select { // the loop has called it before it ended, or never will
		case <-done:
			return text, err
		default:
			return "", errEnded
		}
	}
}

// forDevice returns a method for a link that exists.
func forDevice(f func(*control, []string) (string, error)) func(*control, context.Context, []string) (string, error) {
	return func(c *control, ctx context.Context, args []string) (string, error) {
		if err := c.ports.exists(ctx, args[0]); err != nil {
			return "", portError(err, "NoSuchDev")
		}
		return inLoop(f)(c, ctx, args)
	}
}

func (c *control) addPort(ctx context.Context, args []string) (string, error) {
	return "", portError(c.ports.AddPort(ctx, args[0]), "PortAddFail")
}

func (c *control) removePort(ctx context.Context, args []string) (string, error) {
	err := c.ports.RemovePort(ctx, args[0])
	if errors.Is(err, fs.ErrNotExist) {
		return "", errNoDevice
	}
	return "", portError(err, "PortRemoveFail")
}

// portError gives an error the code of teamd.
func portError(err error, code string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENODEV):
		return errNoDevice
	}
	return &controlError{code, err.Error()}
}

// actual returns the configuration with the present ports, and no others.
func (c *control) actual() document {
	d := maps.Clone(c.config)
	if _, listed := d["ports"]; !listed && len(c.r.ports) == 0 {
		return d
	}
	present := document{}
	for _, p := range c.r.ports {
		present[p.name] = c.portConfig(p.name)
	}
	d["ports"] = present
	return d
}

// portConfig returns the configuration of a port, which may be empty.
func (c *control) portConfig(name string) document {
	ports, _ := c.config["ports"].(document)
	if d, ok := ports[name].(document); ok {
		return d
	}
	return document{}
}

// usesDefaultWatch adds the link watch that a port has because the Runner has none for it.
func (c *control) usesDefaultWatch(p *port) {
	if c != nil {
		name, _ := Ethtool{}.settings()
		c.config.object("ports").object(p.name)["link_watch"] = document{"name": name}
	}
}

func (c *control) dumpPort(args []string) (string, error) {
	if c.r.named(args[0]) == nil {
		return "", errConfigDump
	}
	return c.portConfig(args[0]).String(), nil
}

// updatePort replaces the configuration of a port.
func (c *control) updatePort(args []string) (string, error) {
	name := args[0]
	config, d, err := parsePort(name, args[1], c.r.config)
	p := c.r.named(name)
	if _, set := d["prio"]; err == nil && p != nil && !set {
		err = errors.New("prio is missing")
	}
	if err == nil && p != nil {
		err = c.r.set(optionOf(p, "priority", config.Priority))
	}
	if err != nil {
		return "", &controlError{"ConfigUpdateFail", err.Error()}
	}
	ports := maps.Clone(c.r.config.Ports) // the map belongs to the caller of Run
	if ports == nil {
		ports = map[string]PortConfig{}
	}
	ports[name] = config
	c.r.config.Ports = ports
	c.config.object("ports")[name] = d
	return "", nil
}

// parsePort parses the configuration of one port.
func parsePort(name, text string, r Runner) (c PortConfig, d document, err error) {
	v, err := parseJSON([]byte(text))
	if err != nil {
		return c, nil, err
	}
	decoder := &configDecoder{c: &Config{}, r: &r}
	c = decoder.port(v)
	c.inspect(name, r.Mode, func(field, format string, args ...any) {
		if decoder.err == nil {
			decoder.err = configError(field, fs.ErrInvalid, format, args...)
		}
	})
	if decoder.err != nil {
		return c, nil, decoder.err
	}
	return c, v.document().(document), nil
}
