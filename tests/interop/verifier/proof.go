package main

// proof.go reads .tlog-proof files (c2sp.org/tlog-proof) whose extra line holds the entry and the openings (docs/protocol.md 12.3).

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const commitCountDomain = "hufu/commit-count/v1\x00"

// fieldNames is the table of docs/protocol.md 10.3: what an outsider has.
var fieldNames = map[uint64]string{}

func readFieldNames(document string) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	_, table, ok := strings.Cut(string(text), "| Number | Field | Meaning |\n")
	if !ok {
		return fmt.Errorf("%s has no table of private fields", document)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	for _, m := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1) {
		number, err := strconv.ParseUint(m[1], 10, 32)
		if err != nil {
			return err
		}
		fieldNames[number] = m[2]
	}
	return nil
}

type proof struct {
	extra, checkpoint []byte
	index             int64
	path              tlog.RecordProof
}

// strict base64: no two texts for the same bytes.
func decode64(s string) ([]byte, error) {
	return base64.StdEncoding.Strict().DecodeString(s)
}

func parseProof(text []byte) (*proof, error) {
	head, checkpoint, ok := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("not a tlog-proof")
	}
	p := &proof{checkpoint: checkpoint}
	var err error
	if !strings.HasPrefix(lines[1], "extra ") {
		return nil, errors.New("extra: there is no entry to prove")
	}
	if p.extra, err = decode64(lines[1][len("extra "):]); err != nil {
		return nil, fmt.Errorf("extra: %w", err)
	}
	if !strings.HasPrefix(lines[2], "index ") {
		return nil, errors.New("index: missing")
	}
	index := lines[2][len("index "):]
	p.index, err = strconv.ParseInt(index, 10, 64)
	if err != nil || p.index < 0 || strconv.FormatInt(p.index, 10) != index {
		return nil, fmt.Errorf("index: %q is none", index)
	}
	for _, line := range lines[3:] {
		b, err := decode64(line)
		if err != nil || len(b) != tlog.HashSize {
			return nil, fmt.Errorf("path: %q is no hash", line)
		}
		var h tlog.Hash
		copy(h[:], b)
		p.path = append(p.path, h)
	}
	return p, nil
}

// verifyProof returns what the entry was shown to say.
func (p *policy) verifyProof(text []byte) (map[string]string, error) {
	f, err := parseProof(text)
	if err != nil {
		return nil, err
	}
	parts, err := fields(f.extra)
	if err != nil {
		return nil, fmt.Errorf("extra: %w", err)
	}
	var data []byte
	var shown, hidden [][]byte
	index := uint64(0)
	for _, part := range parts {
		switch part.number {
		case 1:
			index = part.value
		case 2:
			data = part.bytes
		case 3:
			shown = append(shown, part.bytes)
		case 4:
			hidden = append(hidden, part.bytes)
		default:
			return nil, fmt.Errorf("extra: field %d", part.number)
		}
	}
	tree, err := p.openCheckpoint(f.checkpoint)
	if err != nil {
		return nil, err
	}
	if index != uint64(f.index) {
		return nil, fmt.Errorf("index: %d, but the entry is number %d", f.index, index)
	}
	if err := tlog.CheckRecord(f.path, tree.N, tree.Hash, f.index, tlog.RecordHash(data)); err != nil {
		return nil, fmt.Errorf("entry %d: %w", f.index, err)
	}
	e, err := readEntry(data)
	if err != nil || e.origin != p.log.Name() || e.index != index {
		return nil, fmt.Errorf("entry %d: it says that it is entry %d of %s", f.index, e.index, e.origin)
	}
	return checkOpening(e, shown, hidden)
}
