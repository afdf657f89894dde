package iplink

var netdevsimKind = kind{
	config: "NETDEVSIM",
	maker:  "a netdevsim link is a port of a simulated device: echo '1 1' >/sys/bus/netdevsim/new_device makes device 1 with one port",
	taker:  "a netdevsim link goes with its simulated device: echo 1 >/sys/bus/netdevsim/del_device removes device 1",
}
