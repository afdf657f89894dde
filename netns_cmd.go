package iplink

import (
	"context"
	"os/exec"
)

// Cmd is an [exec.Cmd] whose process starts in a network namespace. Its fields
// and other methods are those of exec.Cmd.
type Cmd struct {
	*exec.Cmd
	ns *NetNS
}

// Command returns the command that runs the program name in the namespace,
// like [exec.CommandContext]. Unlike `ip netns exec` it changes only the
// network namespace, not the mount namespace: /sys still shows the former
// network namespace, and /etc/netns/NAME is not mounted over /etc. The NetNS
// must be open until the process has started.
func (ns *NetNS) Command(ctx context.Context, name string, args ...string) *Cmd {
	if ctx == nil {
		cmd := exec.Command(name, args...)
		cmd.Err = noContext.in("run")
		return &Cmd{cmd, ns}
	}
	return &Cmd{exec.CommandContext(ctx, name, args...), ns}
}

// Start is that of [exec.Cmd], in the namespace. Its error may also be one of
// [NetNS.Do].
func (c *Cmd) Start() error { return c.ns.Do(c.Cmd.Start) }

// Run is that of [exec.Cmd], in the namespace.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output is that of [exec.Cmd], in the namespace.
func (c *Cmd) Output() ([]byte, error) { return c.collect(c.Cmd.Output) }

// CombinedOutput is that of [exec.Cmd], in the namespace.
func (c *Cmd) CombinedOutput() ([]byte, error) { return c.collect(c.Cmd.CombinedOutput) }

// collect keeps a thread in the namespace until the process has ended, for
// exec.Cmd starts and waits in one method.
func (c *Cmd) collect(run func() ([]byte, error)) (out []byte, err error) {
	err = c.ns.Do(func() error {
		out, err = run()
		return err
	})
	return out, err
}
