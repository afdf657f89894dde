#!/bin/sh
# Counts, in the comments of Go files other than tests, ten expressions that a plain
# sentence does not need, and fails if there are more of them than the file words.max
# has. When there are fewer, lower the number there: it only goes down.
dir=$(dirname "$0")
max=$(cat "$dir/words.max")
find . -name '*.go' ! -name '*_test.go' ! -path './bin/*' -exec awk '
	function count(text, pattern,    n) {
		n = 0
		while (match(text, pattern)) {
			n++
			text = substr(text, RSTART + RLENGTH - 1)
		}
		return n
	}
	/(^|[ \t])\/\/ / {
		text = tolower($0)
		sub(/^.*\/\//, " ", text)
		words += split(text, unused, /[ \t]+/)
		gsub(/[^a-z]+/, " ", text)
		text = text " "
		n = count(text, " what ") + count(text, " (of|by|in) which ") + count(text, " those of ") + count(text, " that of ") \
			+ count(text, " (tell|tells|told|telling) ") + count(text, " (nobody|somebody) ") + count(text, " is no ") \
			+ count(text, " is none ") + count(text, " whatever ") + count(text, " (is|are) due ")
		if (n > 0) total[FILENAME] += n
	}
	END {
		for (f in total) print total[f], words, f
		print 0, words, "-"
	}' {} + | sort -rn | awk -v max="$max" '
	{ sum += $1; if ($2 > words) words = $2; if (NR <= 5) worst = worst "\n  " $1 " " $3 }
	END {
		printf "words: %d of ten expressions in %d words of comments, at most %d\n", sum, words, max
		if (sum > max) { print "too many; most are in:" worst; exit 1 }
		if (sum < max - 20) { print "lower internal/tools/words.max to " sum; exit 1 }
	}'
