package can

import (
	"context"

	"github.com/iplink-go/iplink"
)

// Stats counts the events of a controller.
type Stats = iplink.CANStats

// Get returns the current settings and state of the CAN controller with the given
// name, in the network namespace of the calling thread. The error matches
// fs.ErrNotExist if there is no such link, and iplink.ErrKind if the link is not a
// controller, for example a vcan link.
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

// Restart makes a controller recover from BusOff immediately, as RestartDelay does
// after a delay. The error matches fs.ErrInvalid and gives the reason if the
// controller is in another state, is down, or has a RestartDelay. It matches
// errors.ErrUnsupported if the driver does not support a restart (IFLA_CAN_RESTART).
func Restart(ctx context.Context, name string) error {
	_, err := New(name).Restart().Update(ctx)
	return err
}
