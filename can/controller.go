package can

import (
	"context"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
)

// Stats counts the events of a controller.
type Stats = iplink.CANStats

// Get returns the current settings and state of the CAN controller with the given
// name, in the network namespace of the calling thread or where iplink.In, iplink.On
// and iplink.Index say. The error matches
// fs.ErrNotExist if there is no such link, and iplink.ErrKind if the link is not a
// controller, for example a vcan link.
func Get(ctx context.Context, name string, options ...iplink.OpenOption) (*iplink.CANInfo, error) {
	r, err := openlink.Read(ctx, "get", iplink.KindCAN, name, options)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	info, ok := Info(r.Link)
	if !ok {
		return nil, &iplink.Error{Op: "get", Kind: iplink.KindCAN, Name: name, Message: described(r.Link.Kind), Err: iplink.ErrKind}
	}
	return info, r.Link.Err
}

func described(kind string) string {
	if kind == "" {
		return "it is hardware for something else"
	}
	return "it is a " + kind + " link"
}

// Restart makes a controller recover from BusOff immediately, as RestartDelay does
// after a delay. The options say where it is, as for Get. The error matches fs.ErrInvalid and gives the reason if the
// controller is in another state, is down, or has a RestartDelay. It matches
// errors.ErrUnsupported if the driver does not support a restart (IFLA_CAN_RESTART).
func Restart(ctx context.Context, name string, options ...iplink.OpenOption) error {
	r, err := openlink.Read(ctx, "update", iplink.KindCAN, name, options)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = r.Update(ctx, New(r.Link.Name).Index(r.Link.Index).Restart())
	return err
}
