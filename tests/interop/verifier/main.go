package main

// main.go: hufu-interop-verify ledger|proof PATH --policy FILE --names FILE checks one export or proof;
// hufu-interop-verify campaign DIR checks all that ledgers.c wrote into DIR, and that no changed bit of it is accepted. The campaign
// prints one line "ok NAME" or "FAIL NAME reason" for each claim.

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"
)

var (
	policyFile = flag.String("policy", "", "the keys and quorum that one was told (c2sp.org/tlog-policy)")
	names      = flag.String("names", "docs/protocol.md", "the document with the names of private fields")
	seed       = flag.Int64("seed", 1, "of the sampled changes")
	full       = flag.Bool("full", false, "every bit of every size up to 257 and of every proof")
)

func main() {
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: hufu-interop-verify [--policy FILE] [--seed N] [--full] ledger|proof|campaign PATH")
		os.Exit(2)
	}
	command, path := flag.Arg(0), flag.Arg(1)
	if command == "campaign" && *policyFile == "" {
		*policyFile = filepath.Join(path, "policy")
	}
	text, err := os.ReadFile(*policyFile)
	must(err)
	p, err := readPolicy(string(text))
	must(err)
	must(readFieldNames(*names))
	switch command {
	case "ledger":
		files, err := readFolder(path)
		must(err)
		tree, _, err := p.verifyFolder(files)
		must(err)
		fmt.Printf("%s: %d entries verified\n", path, tree.N)
	case "proof":
		text, err := os.ReadFile(path)
		must(err)
		shown, err := p.verifyProof(text)
		must(err)
		fmt.Printf("%s: verified, event %s\n", path, shown["event"])
	case "campaign":
		os.Exit(campaign(p, path))
	default:
		fmt.Fprintf(os.Stderr, "hufu-interop-verify: there is no command %q\n", command)
		os.Exit(2)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "hufu-interop-verify:", err)
		os.Exit(1)
	}
}

var failed = 0

func say(name string, err error) {
	if err != nil {
		failed = 1
		fmt.Printf("FAIL %s %v\n", name, err)
		return
	}
	fmt.Printf("ok %s\n", name)
}

func campaign(p *policy, dir string) int {
	list, err := os.ReadDir(dir)
	must(err)
	var sizes []int64
	for _, d := range list {
		if size, err := strconv.ParseInt(d.Name(), 10, 64); err == nil {
			sizes = append(sizes, size)
		}
	}
	sort.Slice(sizes, func(i, j int) bool { return sizes[i] < sizes[j] })
	rng := rand.New(rand.NewSource(*seed))
	all := map[int64]folder{}
	for _, size := range sizes {
		files, err := readFolder(filepath.Join(dir, strconv.FormatInt(size, 10)))
		must(err)
		all[size] = files
		say(fmt.Sprintf("interop/accepts-%d", size), accept(p, files, size, rng))
		say(fmt.Sprintf("interop/refuses-flips-%d", size), flips(p, files, size, rng))
		if size <= 70000 {
			say(fmt.Sprintf("interop/refuses-mutations-%d", size), mutations(p, files, size))
		}
	}
	proofs(p, filepath.Join(dir, "proofs"), rng)
	if len(sizes) == 0 {
		say("interop/sizes", fmt.Errorf("%s holds no export", dir))
	}
	return failed
}

// accept: the folder verifies, and proofs of sampled entries can be made from its tiles alone.
func accept(p *policy, files folder, size int64, rng *rand.Rand) error {
	tree, all, err := p.verifyFolder(files)
	if err != nil {
		return err
	}
	if tree.N != size {
		return fmt.Errorf("its size is %d", tree.N)
	}
	for i := 0; size > 0 && i < 20; i++ {
		index := rng.Int63n(size)
		if i == 0 {
			index = size - 1
		}
		if err := proveFromTiles(tree, files, index, all[tlog.StoredHashIndex(0, index)]); err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
	}
	return nil
}

// ---- one changed bit ----

type flip struct {
	name string
	bit  int
}

// flipsOf: every bit of a small export; else so many from each kind of file, so that none goes unseen behind the many entries.
func flipsOf(files folder, size int64, rng *rand.Rand) []flip {
	kinds := map[string][]string{}
	for name := range files {
		if name != "descriptors.dsse" { // Hufu's own; hufu-verify checks it
			kind := regexp.MustCompile(`^(tile/[^/]*|[^/]*)`).FindString(name)
			kinds[kind] = append(kinds[kind], name)
		}
	}
	var order []string
	for kind := range kinds {
		sort.Strings(kinds[kind])
		order = append(order, kind)
	}
	sort.Strings(order)
	count := 300
	if size > 1000 {
		count = 4
	}
	if size > 100000 {
		count = 1
	}
	var list []flip
	for _, kind := range order {
		if size <= 2 || *full && size <= 257 {
			for _, name := range kinds[kind] {
				for bit := 0; bit < 8*len(files[name]); bit++ {
					list = append(list, flip{name, bit})
				}
			}
			continue
		}
		for i := 0; i < count; i++ {
			name := kinds[kind][rng.Intn(len(kinds[kind]))]
			list = append(list, flip{name, rng.Intn(8 * len(files[name]))})
		}
	}
	return list
}

func changed(data []byte, bit int) []byte {
	data = append([]byte(nil), data...)
	data[bit/8] ^= 1 << (bit % 8)
	return data
}

func with(files folder, name string, data []byte) folder {
	other := make(folder, len(files))
	for n, d := range files {
		other[n] = d
	}
	if data == nil {
		delete(other, name)
	} else {
		other[name] = data
	}
	return other
}

// named: does the reason say where the change is?
func named(reason, file string) bool {
	if strings.HasPrefix(reason, file+":") {
		return true
	}
	if !strings.HasPrefix(file, "tile/entries/") && !strings.HasPrefix(file, "tile/0/") {
		return false
	}
	var index int64
	if n, err := fmt.Sscanf(reason, "entry %d:", &index); n != 1 || err != nil {
		return false
	}
	path := regexp.MustCompile(`^tile/(entries|0)/`).ReplaceAllString(file, "tile/8/0/")
	tile, err := tlog.ParseTilePath(path)
	return err == nil && index>>tileHeight == tile.N
}

func flips(p *policy, files folder, size int64, rng *rand.Rand) error {
	list := flipsOf(files, size, rng)
	var next int64 = -1
	var wg sync.WaitGroup
	wrong := make(chan error, len(list))
	for w := 0; w < runtime.NumCPU(); w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := atomic.AddInt64(&next, 1); i < int64(len(list)); i = atomic.AddInt64(&next, 1) {
				f := list[i]
				_, _, err := p.verifyFolder(with(files, f.name, changed(files[f.name], f.bit)))
				if err == nil {
					wrong <- fmt.Errorf("bit %d of %s changed: accepted", f.bit, f.name)
				} else if !named(err.Error(), f.name) {
					wrong <- fmt.Errorf("bit %d of %s changed: the reason is %q", f.bit, f.name, err)
				}
			}
		}()
	}
	wg.Wait()
	close(wrong)
	return <-wrong
}

// ---- whole files missing, added, exchanged ----

func mutations(p *policy, files folder, size int64) error {
	var names []string
	for name := range files {
		if name != "descriptors.dsse" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	if len(names) > 40 { // the key files, the checkpoint, the first bundles; the last and topmost tiles
		names = append(names[:6:6], names[len(names)-6:]...)
	}
	for _, name := range names {
		if _, _, err := p.verifyFolder(with(files, name, nil)); err == nil {
			return fmt.Errorf("%s taken away: accepted", name)
		}
		if _, _, err := p.verifyFolder(with(files, name, append(files[name][:len(files[name]):len(files[name])], 0))); err == nil {
			return fmt.Errorf("%s made longer: accepted", name)
		}
		if _, _, err := p.verifyFolder(with(files, name, files[name][:len(files[name])-1])); err == nil {
			return fmt.Errorf("%s made shorter: accepted", name)
		}
	}
	if _, _, err := p.verifyFolder(with(files, "tile/0/999", []byte("x"))); err == nil {
		return fmt.Errorf("a file too many: accepted")
	}
	if size > 512 {
		exchanged := with(with(files, "tile/entries/000", files["tile/entries/001"]), "tile/entries/001", files["tile/entries/000"])
		exchanged = with(with(exchanged, "tile/0/000", files["tile/0/001"]), "tile/0/001", files["tile/0/000"])
		if _, _, err := p.verifyFolder(exchanged); err == nil {
			return fmt.Errorf("bundles and tiles exchanged: accepted")
		}
	}
	return nil
}

// ---- proofs ----

func proofs(p *policy, dir string, rng *rand.Rand) {
	list, err := filepath.Glob(filepath.Join(dir, "*.tlog-proof"))
	must(err)
	if len(list) == 0 {
		say("interop/proofs", fmt.Errorf("%s holds no proof", dir))
	}
	for _, path := range list {
		text, err := os.ReadFile(path)
		must(err)
		say("interop/proof-"+strings.TrimSuffix(filepath.Base(path), ".tlog-proof"), checkProof(p, text, rng))
	}
}

func checkProof(p *policy, text []byte, rng *rand.Rand) error {
	shown, err := p.verifyProof(text)
	if err != nil {
		return err
	}
	if shown["event"] == "" {
		return fmt.Errorf("the event is not shown")
	}
	count := 8 * len(text)
	for i := 0; i < count; i++ {
		bit := i
		if !*full {
			bit = rng.Intn(count)
			if i == 400 {
				break
			}
		}
		if _, err := p.verifyProof(changed(text, bit)); err == nil {
			return fmt.Errorf("bit %d changed: accepted", bit)
		}
	}
	return nil
}
