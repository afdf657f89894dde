package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// A narrator prints the steps of the program in the style of a shell session.
type narrator struct {
	io.Writer
}

func (n narrator) heading(format string, args ...any) {
	fmt.Fprintf(n, "\n"+format+"\n\n", args...)
}

func (n narrator) line(format string, args ...any) {
	fmt.Fprintf(n, "  "+format+"\n", args...)
}

// step prints the `ip` commands equivalent to do, calls do, and prints its duration.
// The prompt is the namespace for the commands.
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

// ms formats a duration in milliseconds.
func ms(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
}
