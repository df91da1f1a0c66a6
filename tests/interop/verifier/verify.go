// verify.go checks an exported ledger and a .tlog-proof the way a program of somebody else would: with the transparency-log packages of
// the Go project (golang.org/x/mod/sumdb/note and tlog, as Debian ships them) and the published formats, and with nothing of Hufu's code.
//
// What it is told beforehand is a policy (c2sp.org/tlog-policy): the log's key, the witnesses' keys and the quorum. The folder's own key
// files and the descriptor chain are not trusted; log.vkey and witness.vkeys must say the same as the policy.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// ---- the policy ----

// A cosigner is a note.Verifier for Ed25519 cosignatures (c2sp.org/tlog-cosignature, type 0x04), which package note does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	if time > 1<<63-1 {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func newCosigner(vkey string) (*cosigner, error) {
	f := strings.SplitN(vkey, "+", 3)
	if len(f) != 3 || f[0] == "" || len(f[1]) != 8 {
		return nil, fmt.Errorf("%q is no verifier key", vkey)
	}
	hash, err1 := hex.DecodeString(f[1])
	key, err2 := base64.StdEncoding.DecodeString(f[2])
	if err1 != nil || err2 != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, fmt.Errorf("%q is no cosigner's key", vkey)
	}
	sum := sha256.Sum256(append([]byte(f[0]+"\n"), key...))
	if !bytes.Equal(sum[:4], hash) {
		return nil, fmt.Errorf("the key id of %q does not fit its key", vkey)
	}
	return &cosigner{f[0], binary.BigEndian.Uint32(hash), key[1:]}, nil
}

type policy struct {
	log       note.Verifier
	logKey    string
	witnesses []string // verifier keys, in the order of the policy, which is the descriptor's
	known     note.Verifiers
	quorum    int
}

// readPolicy understands what is needed here: one log, witnesses, one group k of n that is the quorum.
func readPolicy(text string) (*policy, error) {
	p := &policy{}
	var known []note.Verifier
	groups := map[string]int{}
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		var err error
		switch {
		case len(f) == 0 || strings.HasPrefix(f[0], "#"):
		case f[0] == "log" && len(f) == 2 && p.log == nil:
			p.logKey = f[1]
			p.log, err = note.NewVerifier(f[1])
			known = append(known, p.log)
		case f[0] == "witness" && len(f) == 3:
			var c *cosigner
			c, err = newCosigner(f[2])
			p.witnesses = append(p.witnesses, f[2])
			known = append(known, c)
		case f[0] == "group" && len(f) > 3:
			groups[f[1]], err = strconv.Atoi(f[2])
		case f[0] == "quorum" && len(f) == 2:
			p.quorum = groups[f[1]]
		default:
			err = fmt.Errorf("the policy has the line %q", line)
		}
		if err != nil {
			return nil, err
		}
	}
	if p.log == nil || p.quorum < 1 {
		return nil, errors.New("the policy names no log or no quorum")
	}
	p.known = note.VerifierList(known...)
	return p, nil
}

// ---- the checkpoint ----

// openCheckpoint checks log signature, cosignatures and quorum, and that every line is of a key of the policy.
func (p *policy) openCheckpoint(msg []byte) (tlog.Tree, error) {
	var tree tlog.Tree
	n, err := note.Open(msg, p.known)
	if err != nil {
		return tree, fmt.Errorf("checkpoint: %w", err)
	}
	if len(n.UnverifiedSigs) > 0 {
		return tree, fmt.Errorf("checkpoint: a line of %s+%08x, which the policy does not name", n.UnverifiedSigs[0].Name, n.UnverifiedSigs[0].Hash)
	}
	witnesses, logs := 0, 0
	for _, s := range n.Sigs {
		if s.Name == p.log.Name() && s.Hash == p.log.KeyHash() {
			logs++
		} else {
			witnesses++
		}
	}
	for _, s := range n.Sigs { // package note decodes base64 leniently
		if b, err := base64.StdEncoding.DecodeString(s.Base64); err != nil || base64.StdEncoding.EncodeToString(b) != s.Base64 {
			return tree, fmt.Errorf("checkpoint: the line of %s is not in the one form of base64", s.Name)
		}
	}
	if logs != 1 || witnesses < p.quorum {
		return tree, fmt.Errorf("checkpoint: %d lines of the log and %d of witnesses; the quorum is %d", logs, witnesses, p.quorum)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != p.log.Name() {
		return tree, errors.New("checkpoint: not three lines with the log's origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tree, fmt.Errorf("checkpoint: %q is no size", lines[1])
	}
	tree.N = size
	if tree.Hash, err = tlog.ParseHash(lines[2]); err != nil || tree.Hash.String() != lines[2] {
		return tree, fmt.Errorf("checkpoint: %q is no root", lines[2])
	}
	return tree, nil
}

// ---- the folder ----

// A folder is an export in memory: file names relative to it, and their bytes.
type folder map[string][]byte

func readFolder(dir string) (folder, error) {
	files := folder{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return files, err
}

// tilePath turns the path of package tlog ("tile/8/0/000", "tile/8/data/000") into that of c2sp.org/tlog-tiles.
func tilePath(t tlog.Tile) string {
	path := strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// tilesOf lists the tiles of a tree of that size and no others: full ones, and one partial a level.
func tilesOf(size int64) []tlog.Tile {
	var tiles []tlog.Tile
	last := map[int]tlog.Tile{}
	for _, t := range tlog.NewTiles(tileHeight, 0, size) {
		if t.W == 1<<tileHeight {
			tiles = append(tiles, t)
		} else {
			last[t.L] = t // the widest comes last
		}
	}
	for _, t := range last {
		tiles = append(tiles, t)
	}
	sort.Slice(tiles, func(i, j int) bool {
		a, b := tiles[i], tiles[j]
		return a.L < b.L || a.L == b.L && a.N < b.N
	})
	return tiles
}

// splitBundle returns the entries of a bundle.
func splitBundle(data []byte, width int) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || int(binary.BigEndian.Uint16(data)) > len(data)-2 {
			return nil, errors.New("it is cut off")
		}
		n := int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:2+n])
		data = data[2+n:]
	}
	if len(entries) != width {
		return nil, fmt.Errorf("it has %d entries, not %d", len(entries), width)
	}
	return entries, nil
}

// A tree holds every hash of the log, as package tlog stores them, computed from the entries alone.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(h)) {
			return nil, errors.New("no such hash")
		}
		list[i] = h[x]
	}
	return list, nil
}

// readEntries checks every entry's place and chain, and returns all hashes of the tree over them.
func (p *policy) readEntries(files folder, size int64) (hashes, error) {
	tree := make(hashes, 0, tlog.StoredHashCount(size))
	var prev tlog.Hash // the first entry follows 32 zero bytes
	for _, t := range tilesOf(size) {
		if t.L != 0 {
			continue
		}
		bundle := t
		bundle.L = -1
		name := tilePath(bundle)
		entries, err := splitBundle(files[name], t.W)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		leaves, ok := files[tilePath(t)]
		if !ok || len(leaves) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: missing, or not of its size", tilePath(t))
		}
		for i, e := range entries {
			index := t.N<<tileHeight + int64(i)
			leaf := tlog.RecordHash(e)
			if !bytes.Equal(leaf[:], leaves[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
				return nil, fmt.Errorf("entry %d: not the one that %s was made from", index, tilePath(t))
			}
			if err := checkEntry(e, p.log.Name(), index, prev); err != nil {
				return nil, fmt.Errorf("entry %d: %w", index, err)
			}
			prev = leaf
			more, err := tlog.StoredHashesForRecordHash(index, leaf, tree)
			if err != nil {
				return nil, err
			}
			tree = append(tree, more...)
		}
	}
	return tree, nil
}

// verifyFolder is the full check. The error names the file or the entry.
func (p *policy) verifyFolder(files folder) (tlog.Tree, hashes, error) {
	if err := p.checkKeys(files); err != nil {
		return tlog.Tree{}, nil, err
	}
	tree, err := p.openCheckpoint(files["checkpoint"])
	if err != nil {
		return tree, nil, err
	}
	// A checkpoint may name any size: nothing is reserved for entries that are not there.
	tiles := int64(0)
	for name := range files {
		if strings.HasPrefix(name, "tile/entries/") {
			tiles++
		}
	}
	if tiles != (tree.N+1<<tileHeight-1)>>tileHeight {
		return tree, nil, fmt.Errorf("tile/entries: %d bundles for %d entries", tiles, tree.N)
	}
	all, err := p.readEntries(files, tree.N)
	if err != nil {
		return tree, nil, err
	}
	expected := map[string]bool{"checkpoint": true, "log.vkey": true, "witness.vkeys": true, "descriptors.dsse": true}
	for _, t := range tilesOf(tree.N) {
		data, err := tlog.ReadTileData(t, all)
		if err != nil || !bytes.Equal(data, files[tilePath(t)]) {
			return tree, nil, fmt.Errorf("%s: not what the entries make", tilePath(t))
		}
		expected[tilePath(t)] = true
		if t.L == 0 {
			t.L = -1
			expected[tilePath(t)] = true
		}
	}
	if err := checkRoot(tree, all); err != nil {
		return tree, nil, err
	}
	for name := range files {
		if !expected[name] {
			return tree, nil, fmt.Errorf("%s: does not belong into the folder", name)
		}
	}
	return tree, all, nil
}

func checkRoot(tree tlog.Tree, all hashes) error {
	root := tlog.Hash(sha256.Sum256(nil)) // RFC 6962 2.1; package tlog has no hash for an empty tree
	if tree.N > 0 {
		var err error
		if root, err = tlog.TreeHash(tree.N, all); err != nil {
			return err
		}
	}
	if root != tree.Hash {
		return errors.New("checkpoint: the entries make another root")
	}
	return nil
}

func (p *policy) checkKeys(files folder) error {
	if string(files["log.vkey"]) != p.logKey+"\n" {
		return errors.New("log.vkey: not the log's key")
	}
	if string(files["witness.vkeys"]) != strings.Join(p.witnesses, "\n")+"\n" {
		return errors.New("witness.vkeys: not the witnesses' keys")
	}
	return nil
}

// A tileReader lets package tlog fetch tiles as a client of a published log would.
type tileReader struct{ files folder }

func (r tileReader) Height() int                     { return tileHeight }
func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var list [][]byte
	for _, t := range tiles {
		data, ok := r.files[tilePath(t)]
		if !ok {
			return nil, fmt.Errorf("%s is missing", tilePath(t))
		}
		list = append(list, data)
	}
	return list, nil
}

// proveFromTiles makes and checks the proof of one entry from nothing but checkpoint and tiles.
func proveFromTiles(tree tlog.Tree, files folder, index int64, leaf tlog.Hash) error {
	proof, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, tileReader{files}))
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf)
}
