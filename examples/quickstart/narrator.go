package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// A narrator tells what is happening, in the style of a shell session.
type narrator struct {
	io.Writer
}

func (n narrator) heading(format string, args ...any) {
	fmt.Fprintf(n, "\n"+format+"\n\n", args...)
}

func (n narrator) line(format string, args ...any) {
	fmt.Fprintf(n, "  "+format+"\n", args...)
}

// step writes the commands of `ip` that do the same as do, does it, and adds
// how long it took. The prompt is the namespace in which they would be typed.
func (n narrator) step(ctx context.Context, prompt, commands string, do func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	prompt = "\n  " + prompt + "$ "
	fmt.Fprint(n, prompt[1:]+strings.ReplaceAll(commands, " && ", prompt))
	start := time.Now()
	if err := do(); err != nil {
		fmt.Fprintln(n, "  # failed")
		return err
	}
	fmt.Fprintln(n, "  # took", ms(time.Since(start)))
	return nil
}

// ms returns a duration as milliseconds, which is what all of them are about.
func ms(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
}
