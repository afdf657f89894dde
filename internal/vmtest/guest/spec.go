package guest

// Where the host's half puts things in the initial RAM file system, and on
// which serial port the guest's half answers. The first port is the console.
const (
	SpecPath     = "/vmtest/spec.json"
	OutputPort   = "/dev/ttyS1" // what the test prints
	ResultPort   = "/dev/ttyS2" // a tar archive: the exit code and the files to take home
	ModulesDir   = "/usr/lib/modules/"
	IndexName    = "vmtest.index"
	ModprobePath = "/usr/sbin/modprobe"
)

// Names of the members of the result archive. The host asked for files and
// directories by position, so the guest names them by position: it never
// chooses a path on the host.
const (
	ExitMember = "exit"       // the exit code, in decimal
	LogMember  = "kernel.log" // the kernel's log, only when there was trouble
	FileMember = "file"       // file/0, file/1, …
	DirMember  = "dir"        // dir/0/name, …
)

// A Spec says what one run of the guest does.
type Spec struct {
	Args  []string // the command; Args[0] is a path or a name to look up in PATH
	Env   []string // its whole environment
	Dir   string   // its working directory
	Files []string // files to take home afterwards, those that exist
	Dirs  []string // directories to take home, with everything in them
	UID   int      // the user it runs as, 0 for root

	// Coldplug has the drivers of all devices loaded before the command runs.
	Coldplug bool
}
