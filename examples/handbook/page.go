package main

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

// style makes the page readable on a phone, in the dark and on paper.
const style = `:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; break-after: avoid; }
h2 { border-bottom: 1px solid; padding-bottom: .2em; margin-top: 2em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid #8888; padding: .3em .6em; text-align: left; vertical-align: top; }
pre { font-size: .8rem; }
code { overflow-wrap: anywhere; }
@media print { body { font-size: 10pt; max-width: none; } h2 { break-before: page; } pre { white-space: pre-wrap; } a { color: inherit; text-decoration: none; } tr, li { break-inside: avoid; } }
`

// toHTML turns the book into one page. It knows the Markdown that this program writes and no
// more: headings, paragraphs, lists, tables, fenced text, and within a line emphasis, code
// and links to headings. All text is escaped.
func toHTML(markdown string) []byte {
	var b strings.Builder
	title := "Operations handbook"
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n", title, style)
	lines := strings.Split(markdown, "\n")
	for i := 0; i < len(lines); {
		line := lines[i]
		switch {
		case strings.TrimSpace(line) == "":
			i++
		case strings.HasPrefix(line, "```"):
			end := i + 1
			for end < len(lines) && !strings.HasPrefix(lines[end], "```") {
				end++
			}
			fmt.Fprintf(&b, "<div class=\"wide\"><pre>%s</pre></div>\n", html.EscapeString(strings.Join(lines[i+1:end], "\n")))
			i = end + 1
		case strings.HasPrefix(line, "#"):
			text := strings.TrimLeft(line, "#")
			level := len(line) - len(text)
			text = strings.TrimSpace(text)
			fmt.Fprintf(&b, "<h%d id=\"%s\">%s</h%d>\n", level, html.EscapeString(anchor(text)), inline(text), level)
			i++
		case strings.HasPrefix(line, "|"):
			i = table(&b, lines, i)
		case marker.MatchString(line):
			i = list(&b, lines, i)
		default:
			end := i
			for end < len(lines) && strings.TrimSpace(lines[end]) != "" && !block(lines[end]) {
				end++
			}
			fmt.Fprintf(&b, "<p>%s</p>\n", inline(strings.Join(lines[i:end], "\n")))
			i = end
		}
	}
	b.WriteString("</body>\n</html>\n")
	return []byte(b.String())
}

// block reports whether a line begins something other than a paragraph.
func block(line string) bool {
	return strings.HasPrefix(line, "```") || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "|") || marker.MatchString(line)
}

// marker is how an entry of a list begins.
var marker = regexp.MustCompile(`^( *)(\*|\d+\.) `)

// list writes a list with the lists in it, and returns the line behind it.
func list(b *strings.Builder, lines []string, i int) int {
	first := marker.FindStringSubmatch(lines[i])
	depth, tag := len(first[1]), "ul"
	if first[2] != "*" {
		tag = "ol"
	}
	fmt.Fprintf(b, "<%s>\n", tag)
	for i < len(lines) {
		m := marker.FindStringSubmatch(lines[i])
		if m == nil || len(m[1]) != depth {
			break
		}
		text := []string{lines[i][len(m[0]):]}
		for i++; i < len(lines) && strings.TrimSpace(lines[i]) != "" && !block(lines[i]); i++ {
			text = append(text, strings.TrimSpace(lines[i]))
		}
		fmt.Fprintf(b, "<li>%s", inline(strings.Join(text, "\n")))
		if nested(lines, i, depth) {
			b.WriteString("\n")
			i = list(b, lines, i)
		}
		b.WriteString("</li>\n")
	}
	fmt.Fprintf(b, "</%s>\n", tag)
	return i
}

func nested(lines []string, i, depth int) bool {
	if i >= len(lines) {
		return false
	}
	m := marker.FindStringSubmatch(lines[i])
	return m != nil && len(m[1]) > depth
}

// table writes a table, whose first line is its head, and returns the line behind it.
func table(b *strings.Builder, lines []string, i int) int {
	b.WriteString("<div class=\"wide\"><table>\n")
	for n := 0; i < len(lines) && strings.HasPrefix(lines[i], "|"); n, i = n+1, i+1 {
		if n == 1 { // the line under the head
			continue
		}
		tag := "td"
		if n == 0 {
			tag = "th"
		}
		b.WriteString("<tr>")
		for _, c := range cells(lines[i]) {
			fmt.Fprintf(b, "<%s>%s</%s>", tag, inline(c), tag)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table></div>\n")
	return i
}

// cells are those of a line of a table; a bar with a backslash is no border.
func cells(line string) []string {
	const bar = "\x00"
	line = strings.Trim(strings.ReplaceAll(strings.TrimSpace(line), `\|`, bar), "|")
	list := strings.Split(line, "|")
	for i := range list {
		list[i] = strings.TrimSpace(strings.ReplaceAll(list[i], bar, "|"))
	}
	return list
}

var (
	codeText = regexp.MustCompile("`([^`]*)`")
	strong   = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	emphasis = regexp.MustCompile(`\*([^*\s][^*]*)\*`)
	toLink   = regexp.MustCompile(`\[([^\]]*)\]\((#[^)]*)\)`)
)

// inline writes what stands within a line. Nothing in code is emphasis or a link.
func inline(text string) string {
	var b strings.Builder
	for {
		at := codeText.FindStringSubmatchIndex(text)
		if at == nil {
			b.WriteString(marked(text))
			return b.String()
		}
		b.WriteString(marked(text[:at[0]]))
		b.WriteString("<code>" + html.EscapeString(text[at[2]:at[3]]) + "</code>")
		text = text[at[1]:]
	}
}

func marked(text string) string {
	text = html.EscapeString(text)
	text = toLink.ReplaceAllString(text, `<a href="$2">$1</a>`)
	text = strong.ReplaceAllString(text, "<strong>$1</strong>")
	return emphasis.ReplaceAllString(text, "<em>$1</em>")
}
