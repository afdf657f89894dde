# Reads what `go test -v` prints and says of each package that failed why: its
# first failing test, or subtest, and the last message of that, of up to eight lines, without
# the commands that tests log; or the panic, or the last line, if no test failed.

$1 == "===" && ($2 == "RUN" || $2 == "NAME" || $2 == "CONT") { test = $3; next }
$1 == "===" { next }

$1 == "---" {
	if ($2 == "FAIL:" && (first == "" || index($3, first "/") == 1)) first = $3
	next
}

$1 == "FAIL" && NF > 1 {
	reason = crash
	if (reason == "" && first != "") reason = first ": " (first in said ? said[first] : "no message")
	if (reason == "") reason = last ($3 ~ /^\[/ ? (last == "" ? "" : " ") $3 " " $4 : "")
	print "  " $2 ": " reason
	forget()
	next
}

$1 == "ok" && NF > 1 { forget(); next }

/^(panic|fatal error): / && crash == "" { crash = (test == "" ? "" : test ": ") $0 }

/^ +[^ ]+\.go:[0-9]+: / {
	message = $0
	sub(/^ +/, "", message)
	command = message ~ /^[^ ]+\.go:[0-9]+: (ip|\$) /
	if (!command) {
		said[test] = message
		lines[test] = 1
	}
	next
}

/^        / && test in said && !command && lines[test] < 8 {
	said[test] = said[test] "\n  " $0
	lines[test]++
	next
}

NF > 0 && $1 != "FAIL" && $1 != "exit" { last = $0 }

function forget() {
	test = first = crash = last = ""
	delete said
	delete lines
}
