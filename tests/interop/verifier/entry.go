package main

// entry.go reads the few fields of an entry and of its opening that bind it to its place (docs/protocol.md 11), straight from the
// protobuf encoding.

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

type field struct {
	number uint64
	value  uint64 // of a varint
	bytes  []byte // of a length-delimited field
}

// fields splits a protobuf message whose fields are varints and byte strings.
func fields(msg []byte) ([]field, error) {
	var list []field
	for len(msg) > 0 {
		tag, n := binary.Uvarint(msg)
		if n <= 0 {
			return nil, errors.New("broken tag")
		}
		msg = msg[n:]
		value, n := binary.Uvarint(msg)
		if n <= 0 {
			return nil, errors.New("broken number")
		}
		msg = msg[n:]
		f := field{number: tag >> 3, value: value}
		switch tag & 7 {
		case 0:
		case 2:
			if value > uint64(len(msg)) {
				return nil, errors.New("cut off")
			}
			f.bytes, msg = msg[:value], msg[value:]
		default:
			return nil, fmt.Errorf("wire type %d", tag&7)
		}
		list = append(list, f)
	}
	return list, nil
}

type entry struct {
	origin           string
	index            uint64
	prev, commitment []byte
}

func readEntry(data []byte) (entry, error) {
	var e entry
	list, err := fields(data)
	for _, f := range list {
		switch f.number {
		case 3:
			e.origin = string(f.bytes)
		case 4:
			e.index = f.value
		case 6:
			e.prev = f.bytes
		case 9:
			e.commitment = f.bytes
		}
	}
	return e, err
}

// checkEntry: the entry says of itself that it stands there, after that one.
func checkEntry(data []byte, origin string, index int64, prev tlog.Hash) error {
	e, err := readEntry(data)
	if err != nil {
		return err
	}
	if e.origin != origin || e.index != uint64(index) {
		return fmt.Errorf("it says that it is entry %d of %s", e.index, e.origin)
	}
	if !bytes.Equal(e.prev, prev[:]) {
		return errors.New("it does not follow the one before it")
	}
	return nil
}

// ---- openings: which private fields an entry was committed to ----

// commit is the commitment of one field.
func commit(name string, salt, value []byte) []byte {
	h := sha256.New()
	h.Write([]byte("hufu/commit/v1\x00"))
	h.Write(salt)
	binary.Write(h, binary.BigEndian, uint16(len(name)))
	h.Write([]byte(name))
	binary.Write(h, binary.BigEndian, uint32(len(value)))
	h.Write(value)
	return h.Sum(nil)
}

// commitRoot is the root over the commitments of all fields, each with its number, and their count.
func commitRoot(numbers []uint64, commitments [][]byte) ([]byte, error) {
	var tree hashes
	for i, c := range commitments {
		leaf := binary.BigEndian.AppendUint32(nil, uint32(numbers[i]))
		more, err := tlog.StoredHashes(int64(i), append(leaf, c...), tree)
		if err != nil {
			return nil, err
		}
		tree = append(tree, more...)
	}
	root, err := tlog.TreeHash(int64(len(commitments)), tree)
	sum := binary.BigEndian.AppendUint32([]byte(commitCountDomain), uint32(len(commitments)))
	whole := sha256.Sum256(append(sum, root[:]...))
	return whole[:], err
}

// checkOpening: the shown fields are among those that the entry is committed to. Returns the shown values by name.
func checkOpening(e entry, opening []byte) (map[string]string, error) {
	list, err := fields(opening)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	var commitments [][]byte
	of := map[uint64][]byte{}
	origin, index := "", uint64(0)
	for _, f := range list {
		switch f.number {
		case 1:
			origin = string(f.bytes)
		case 2:
			index = f.value
		case 4:
			hash, err := fields(f.bytes)
			if err != nil || len(hash) != 2 || hash[0].number != 1 || hash[1].number != 2 {
				return nil, errors.New("opening: not number and hash")
			}
			numbers = append(numbers, hash[0].value)
			commitments = append(commitments, hash[1].bytes)
			of[hash[0].value] = hash[1].bytes
		case 3:
		default:
			return nil, fmt.Errorf("opening: field %d", f.number)
		}
	}
	if origin != e.origin || index != e.index {
		return nil, errors.New("opening: of another entry")
	}
	root, err := commitRoot(numbers, commitments)
	if err != nil || !bytes.Equal(root, e.commitment) {
		return nil, errors.New("opening: not what the entry is committed to")
	}
	return showFields(list, of)
}

func showFields(list []field, of map[uint64][]byte) (map[string]string, error) {
	shown := map[string]string{}
	for _, f := range list {
		if f.number != 3 {
			continue
		}
		var number uint64
		var salt, value []byte
		parts, err := fields(f.bytes)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			switch part.number {
			case 1:
				number = part.value
			case 2:
				salt = part.bytes
			case 3:
				value = part.bytes
			default:
				return nil, fmt.Errorf("opening: field %d of a field", part.number)
			}
		}
		name, ok := fieldNames[number]
		if !ok || len(salt) != 32 || !bytes.Equal(commit(name, salt, value), of[number]) {
			return nil, fmt.Errorf("opening: field %d is not what the entry is committed to", number)
		}
		shown[name] = string(value)
	}
	return shown, nil
}
