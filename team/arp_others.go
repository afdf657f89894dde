//go:build !linux

package team

import "errors"

type arpSocket struct{}

func openARP(int, *uint16) (*arpSocket, error) { return nil, errors.ErrUnsupported }

func (*arpSocket) send(arpMessage) error    { return errors.ErrUnsupported }
func (*arpSocket) receive(func(arpMessage)) {}
func (*arpSocket) close()                   {}
