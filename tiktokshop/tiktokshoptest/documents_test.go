package tiktokshoptest

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"testing"
)

// A viewer finds the objects of a file by the offsets in its table.
func TestDocumentsAreCompletePDFs(t *testing.T) {
	t.Parallel()
	file := pdf("A6", []string{`Order (1) \ "2"`, "Tracking AB1"})
	if !bytes.HasPrefix(file, []byte("%PDF-1.4\n")) || !bytes.HasSuffix(file, []byte("%%EOF\n")) {
		t.Fatalf("got %q", file)
	}
	start, err := strconv.Atoi(string(regexp.MustCompile(`startxref\n(\d+)\n`).FindSubmatch(file)[1]))
	if err != nil || !bytes.HasPrefix(file[start:], []byte("xref\n")) {
		t.Fatalf("the table is not at %d", start)
	}
	entries := regexp.MustCompile(`(\d{10}) 00000 n \n`).FindAllSubmatch(file[start:], -1)
	if len(entries) != 5 {
		t.Fatalf("got %d objects", len(entries))
	}
	for i, entry := range entries {
		offset, err := strconv.Atoi(string(entry[1]))
		if err != nil || !bytes.HasPrefix(file[offset:], fmt.Appendf(nil, "%d 0 obj\n", i+1)) {
			t.Errorf("object %d is not at %d", i+1, offset)
		}
	}
	stream := regexp.MustCompile(`(?s)/Length (\d+) >>\nstream\n(.*)endstream`).FindSubmatch(file)
	if length, err := strconv.Atoi(string(stream[1])); err != nil || length != len(stream[2]) {
		t.Errorf("the stream has %d bytes, not %s", len(stream[2]), stream[1])
	}
	if !bytes.Contains(file, []byte(`(Order \(1\) \\ "2") Tj`)) {
		t.Error("text is not escaped")
	}
}
