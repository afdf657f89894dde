package guest

// Paths in the initial RAM file system and the serial ports that the guest's half
// writes to. The first port is the console.
const (
	SpecPath     = "/vmtest/spec.json"
	OutputPort   = "/dev/ttyS1" // output of the one job of a guest
	ResultPort   = "/dev/ttyS2" // a tar archive: the result of each job
	ModulesDir   = "/usr/lib/modules/"
	IndexName    = "vmtest.index"
	ModprobePath = "/usr/sbin/modprobe"
)

// Names of the members of the result archive, each below the job's position: 0/start.
// The host requests files and directories by position, and the guest names them by
// position. The guest thus never chooses a path on the host.
const (
	StartMember  = "start"      // empty: the job has been started
	OutputMember = "output"     // the job's output, of guests with several jobs
	FileMember   = "file"       // file/0, file/1, …
	DirMember    = "dir"        // dir/0/name, …
	LogMember    = "kernel.log" // the kernel's log, only after new trouble
	ExitMember   = "exit"       // the exit code, in decimal: the last member of a job
)

// A Spec specifies the jobs of a guest.
type Spec struct {
	Jobs     []Job    // in the order of their start
	Parallel int      // jobs at a time
	Env      []string // the whole environment of each
	UID      int      // the user they run as, 0 for root

	// Coldplug loads the drivers of all devices before the first job runs.
	Coldplug bool
}

// A Job is one command of a guest.
type Job struct {
	Args  []string // the command; Args[0] is a path or a name to look up in PATH
	Dir   string   // its working directory
	Files []string // files to send to the host afterwards, if they exist
	Dirs  []string // directories to send to the host, with their contents
	Alone bool     // no other job runs at that time, and all that are not alone have ended
}
