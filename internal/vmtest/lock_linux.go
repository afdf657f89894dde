package vmtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lockPoll is how often a lock that another process has is tried again:
// flock itself cannot be interrupted by a context.
const lockPoll = 100 * time.Millisecond

// lock waits for the file's lock and returns the function that gives it up.
// The kernel gives it up too when the process ends, however it ends.
func lock(ctx context.Context, name string) (unlock func() error, err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			break
		}
		select {
		case <-time.After(lockPoll):
			continue
		case <-ctx.Done():
			err = ctx.Err()
		}
		break
	}
	return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
}
