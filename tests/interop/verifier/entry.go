package main

// entry.go reads the few fields of an entry and of its opening that bind it to its place (docs/protocol.md 11), straight from the
// protobuf encoding.

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

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

// checkOpening: shown fields and the commitments of the hidden ones are together what the entry is committed to. Returns the shown
// values by name.
func checkOpening(e entry, shown, hidden [][]byte) (map[string]string, error) {
	values := map[string]string{}
	of := map[uint64][]byte{}
	var numbers []uint64
	add := func(number uint64, commitment []byte) error {
		if of[number] != nil || len(commitment) != sha256.Size {
			return fmt.Errorf("opening: field %d twice, or without a hash", number)
		}
		of[number] = commitment
		numbers = append(numbers, number)
		return nil
	}
	for _, h := range hidden {
		list, err := fields(h)
		if err != nil || len(list) != 2 || list[0].number != 1 || list[1].number != 2 {
			return nil, errors.New("opening: not number and hash")
		}
		if err := add(list[0].value, list[1].bytes); err != nil {
			return nil, err
		}
	}
	for _, s := range shown {
		number, name, salt, value, err := readField(s)
		if err != nil {
			return nil, err
		}
		values[name] = string(value)
		if err := add(number, commit(name, salt, value)); err != nil {
			return nil, err
		}
	}
	sort.Slice(numbers, func(i, j int) bool { return numbers[i] < numbers[j] })
	commitments := make([][]byte, len(numbers))
	for i, n := range numbers {
		commitments[i] = of[n]
	}
	root, err := commitRoot(numbers, commitments)
	if err != nil || !bytes.Equal(root, e.commitment) {
		return nil, errors.New("opening: not what the entry is committed to")
	}
	return values, nil
}

func readField(data []byte) (number uint64, name string, salt, value []byte, err error) {
	parts, err := fields(data)
	for _, part := range parts {
		switch part.number {
		case 1:
			number = part.value
		case 2:
			salt = part.bytes
		case 3:
			value = part.bytes
		default:
			err = fmt.Errorf("opening: field %d of a field", part.number)
		}
	}
	name, ok := fieldNames[number]
	if err == nil && (!ok || len(salt) != 32) {
		err = fmt.Errorf("opening: no field has the number %d", number)
	}
	return number, name, salt, value, err
}
