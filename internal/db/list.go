package db

import (
	"encoding/json"
	"strconv"
)

// Lists are stored as JSON text. These three are the lists that are written in
// every batch; other slices go through encoding/json.

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, item)
	}
	return append(b, ']')
}

func appendStrings(b []byte, list []string) []byte { return appendList(b, list, appendQuoted) }

func appendInts(b []byte, list []int64) []byte {
	return appendList(b, list, func(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) })
}

func appendSets(b []byte, sets [][]int64) []byte { return appendList(b, sets, appendInts) }

// appendQuoted appends s as a JSON string. Only plain ASCII takes the short way.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // a string always has a form
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
