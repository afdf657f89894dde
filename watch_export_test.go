package iplink

// ReceiveBuffer makes Watch ask for a receive buffer of so many bytes, for the
// system's default if it is 0.
func ReceiveBuffer(bytes int) Filter {
	return func(f *filter) { f.buffer = bytes }
}

// Differences names what Watch would report as changed.
var Differences = changes
