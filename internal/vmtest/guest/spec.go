package guest

// Paths in the initial RAM file system and the serial ports that the guest's half
// writes to. The first port is the console.
const (
	SpecPath     = "/vmtest/spec.json"
	OutputPort   = "/dev/ttyS1" // output of the test
	ResultPort   = "/dev/ttyS2" // a tar archive: the exit code and the requested files
	ModulesDir   = "/usr/lib/modules/"
	IndexName    = "vmtest.index"
	ModprobePath = "/usr/sbin/modprobe"
)

// Names of the members of the result archive. The host requests files and
// directories by position, and the guest names them by position. The guest thus
// never chooses a path on the host.
const (
	ExitMember = "exit"       // the exit code, in decimal
	LogMember  = "kernel.log" // the kernel's log, only after trouble
	FileMember = "file"       // file/0, file/1, …
	DirMember  = "dir"        // dir/0/name, …
)

// A Spec specifies one run of the guest.
type Spec struct {
	Args  []string // the command; Args[0] is a path or a name to look up in PATH
	Env   []string // its whole environment
	Dir   string   // its working directory
	Files []string // files to send to the host afterwards, if they exist
	Dirs  []string // directories to send to the host, with their contents
	UID   int      // the user it runs as, 0 for root

	// Coldplug loads the drivers of all devices before the command runs.
	Coldplug bool
}
