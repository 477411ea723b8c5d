// Makes src/cel/re2/golden.jsonl: patterns, and what Go's regexp, whose syntax is that of RE2, says of them.
//
//	go run re2-golden.go > ../src/cel/re2/golden.jsonl
//
// The first line has the texts; each other one a pattern with a + or a - for each of them, or with null where Go refuses it. Left out is
// where Go (1.26) goes another way than RE2: its names of \p{…} are loose, and C has the unassigned characters.
package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
)

var texts = []string{
	"", "a", "b", "k", "A", "K", "s", "x", "C", "E", "0", "7", "_", "-", "&", "~", "[", "]", "^", ".", "|", "{", "}", "#", "<", " ", "\t", "\n", "\v", "\f",
	"\r", "\x00", "\x7f", "\u00a0", "\u0085", "\u2028", "é", "É", "ß", "ẞ", "٣", "α", "Σ", "σ", "ς", "中", "😀", "\u212a", "\u017f", "\u0300", "ab", "AB", "aB",
	"a b", "a\n", "\na", "a\nb", "a-b", "a&b", "a]", "ab]", "foo", "éfoo", "foo٣", " foo ", "xfoo", "aa", "aaa", "aaaa", "aaaaa", "a.b", "axb", "a*", "a{,2}", "a{01}", "[a",
	"Q٣1中c", "a a ٣", "u0041", "b{start}", "\\", "a\\Eb", "(a)", "1001",
}

var patterns = []string{
	// Classes of ASCII.
	`^\d+$`, `^\D$`, `^\w+$`, `^\W$`, `^\s$`, `^\S$`, `(?i)^\w$`, `(?i)^\W$`, `\bfoo\b`, `\Bfoo`, `^\B$`, `^a\b`, `中|\B`, `中|\B+a??`, `[^\W\d]`, `(?i)[\W]`,
	`^[[:alpha:]]$`, `^[[:^alpha:]]$`, `(?i)^[[:lower:]]$`, `^[[:space:]]$`, `^[[:word:]]$`, `^[[:punct:]]$`, `^[[:cntrl:]]$`, `^[[:print:]]$`, `^[[:graph:][:blank:]]$`,
	`^[^[:ascii:]]$`, `[[:foo:]]`, `[[:alpha:]`, `[:alpha:]`, `[[=a=]]`, `[[.a.]]`, `[[:\d:]]`,
	// Classes are no sets, and hold no classes.
	`^[a&&b]$`, `^[\w--a]$`, `^[a~~b]$`, `^[[a]b]$`, `[[a]]`, `^[a||b]$`, `^[]a]$`, `^[^]a]$`, `[]`, `[^]`, `^[a-]$`, `^[-a]$`, `[z-a]`, `[a-\d]`, `^[\d-z]$`, `^[a-c-e]$`,
	`^[+--]$`, `[a`, `[a\`, `[\b]`, `[\Qa\E]`, `^[\x{d7ff}-\x{e000}a]$`, `[\x{d800}]`, `^[^\x{d800}-\x{dfff}]$`, `^[^a]$`, `(?i)^[^k]$`, `(?i)^[j-l]$`, `^[\]\[\^\-]$`, `^[.*$|^]$`,
	// Properties.
	`^\pN$`, `^\PN$`, `^\pL+$`, `^\p{Lu}$`, `(?i)^\p{Lu}$`, `(?i)^\P{Lu}$`, `^\p{Greek}$`, `^\P{Greek}$`, `^\p{^Greek}$`, `^\P{^Greek}$`, `^[\p{Greek}\pN]$`, `^\p{Han}$`, `^\pM$`,
	`^\pZ$`, `^\p{Any}$`, `^\P{Any}$`, `\p`, `\p{`, `\p{Foo}`, `\p{}`, `\p{^}`, `\p^`, `\p{sc=Greek}`, `\p{Alphabetic}`, `\p{Cs}`,
	// Case.
	`(?i)^k$`, `(?i)^S$`, `(?i)^σ$`, `(?i)^ß$`, `(?i)^é$`, `(?i:a)b`, `a(?i)b`, `(?i)a(?-i)b`, `(a(?i)b)b|b`, `^(?:a(?i)|B)$`,
	// Escapes.
	`^\x41$`, `^\x{41}$`, `^\x{00000000000041}$`, `^\x{1F600}$`, `\x{110000}`, `\x{}`, `\x4`, `\x{4`, `\xgg`, `\x`, `^\0$`, `^\01$`, `^\101$`, `^\12$`, `^\018$`, `\1`, `\8`, `(a)\1`, `^\v$`, `^\f$`, `^\a$`,
	`\u0041`, `\u{41}`, `\U00000041`, `\h`, `\R`, `\X`, `\G`, `\K`, `\N`, `\cA`, `\e`, `\E`, `\C`, `\Z`, `a\z`, `\Aa`, `\é`, `\y`, `\`, `^\_$`, `\<`, `\&`, `\#`, `a\ b`,
	`^\Qa.b\E$`, `\Qa*`, `^\Qa\E*$`, `\Q\E*`, `^a*\Q\E*$`, `\Q\`, `^\Q\\E$`, `\b{start}`, `a\b{1}`,
	// Ends and lines.
	`a$`, `^a`, `(?m)a$`, `(?m)^a`, `(?m)^$`, `(?s)a$`, `^.$`, `(?s)^.$`, `a.b`, `(?s)a.b`, `(?s:a.)b`, `(?ms)^b$`, `$`, `$a`, `^*a`, `a\z$`, `(?m)a\z`,
	// Groups and flags.
	`(?P<n>a)`, `(?<n>a)`, `(?P<n>a)|(?P<n>b)`, `(?P<1>a)`, `(?P<>a)`, `(?P<a-b>a)`, `(?P<n`, `(?P<n>a`, `(?P=n)`, `(?P>n)`, `(?'n'a)`, `(?=a)`, `(?!a)`, `(?<=a)`, `(?<!a)`, `(?>a)`,
	`(?#c)`, `(?|a)`, `(?x)a b`, `(?R)a`, `(?u)a`, `(?a)`, `(?)a`, `(?:)`, `(?-)a`, `(?i-)a`, `(?-i)a`, `(?--i)a`, `(?i-s:A)`, `(?U)^a+$`, `(?iU-ms)^A+?$`, `(?i`, `(?`, `(`, `)`, `a)`, `(a`, `()`,
	`(|a)+$`, `a|`, `^(?:|b)$`, `a||b`,
	// Repetitions.
	`^a{2}$`, `^a{2,}$`, `^a{2,3}$`, `^a{0}$`, `^a{,2}$`, `^a{01}$`, `a{`, `^a{,$`, `{2}`, `*`, `+a`, `a|*`, `(*a)`, `(?:+)`, `(?i)*`, `^a(?i)*$`, `a**`, `a*+`, `a+*`, `a??`, `a???`, `a{2}{3}`, `a{2}*`,
	`^(?:a{2}){2}$`, `a{2,1}`, `a{1000}`, `a{1001}`, `a{1001,}`, `a{1,1001}`, `a{99999999999}`, `(a{40}){25}`, `(a{40}){26}`, `(?:a{1000}){0}`, `(?:a{1000}){1,}`, `(?:(?:a{10}){10}){10}`,
	`(?:(?:a{10}){10}){11}`, `(?:(?:a{10}b|c{2}){10}){10}`, `^(?:a{0,2}){2,}$`, `^$*`, `\b+a`, `^a{2}?$`, `^}$`, `^]$`, `^a]$`,
}

func main() {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	write := func(line any) {
		if err := out.Encode(line); err != nil {
			panic(err)
		}
	}
	write(texts)
	for _, pattern := range patterns {
		expression, err := regexp.Compile(pattern)
		if err != nil {
			write([]any{pattern, nil})
			continue
		}
		var said strings.Builder
		for _, text := range texts {
			if expression.MatchString(text) {
				said.WriteByte('+')
			} else {
				said.WriteByte('-')
			}
		}
		write([]any{pattern, said.String()})
	}
}
