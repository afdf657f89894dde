package can

import (
	"context"

	"github.com/iplink-go/iplink"
)

// Stats count what happened to a controller.
type Stats = iplink.CANStats

// Get returns what the kernel says of the CAN controller of that name now, in the
// network namespace of the calling thread. Without such a link the error matches
// fs.ErrNotExist; if it is no controller, a vcan link among others,
// iplink.ErrKind.
func Get(ctx context.Context, name string) (*iplink.CANInfo, error) {
	link, err := iplink.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	info, ok := Info(link)
	if !ok {
		return nil, &iplink.Error{Op: "get", Kind: iplink.KindCAN, Name: name, Message: described(link.Kind), Err: iplink.ErrKind}
	}
	return info, link.Err
}

func described(kind string) string {
	if kind == "" {
		return "it is hardware for something else"
	}
	return "it is a " + kind + " link"
}

// Restart brings a controller back from BusOff now, as RestartDelay does after a
// time. The error matches fs.ErrInvalid, and says why, if it is in another state,
// down, or has a RestartDelay; and errors.ErrUnsupported if its driver cannot
// (IFLA_CAN_RESTART).
func Restart(ctx context.Context, name string) error {
	_, err := New(name).Restart().Update(ctx)
	return err
}
