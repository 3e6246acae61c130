package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const ticksASec = 100 // of /proc/PID/stat on Linux

// cpu is the processor time that the server's processes have used.
func (s *server) cpu() (time.Duration, error) {
	own, err := sumOver(s.process.Process.Pid, cpuOf)
	if err != nil || s.database == "" {
		return own, err
	}
	database, err := cpuWithin(s.database)
	return own + database, err
}

// cpuWithin is the processor time of the processes that work in a folder.
func cpuWithin(folder string) (sum time.Duration, err error) {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return 0, err
	}
	for _, link := range links {
		at, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(at, folder) {
			continue // it has ended, or is another's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			return 0, err
		}
		used, err := cpuOf(pid)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// rssAnon is the memory in bytes that the server's processes alone occupy.
func (s *server) rssAnon() (int64, error) {
	return sumOver(s.process.Process.Pid, rssAnonOf)
}

// sumOver adds what a process and those that it started have used. None of those may
// have ended, as it would be left out.
func sumOver[N time.Duration | int64](pid int, used func(pid int) (N, error)) (N, error) {
	sum, err := used(pid)
	if err != nil {
		return 0, err
	}
	children, err := childrenOf(pid)
	for _, child := range children {
		n, err := used(child)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, err
}

// childrenOf asks each thread of the process, as any of them may have started one.
func childrenOf(pid int) (children []int, err error) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if errors.Is(err, os.ErrNotExist) { // the thread has ended, its children are another's
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, err
			}
			children = append(children, child)
		}
	}
	return children, nil
}

func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, which may hold anything, ends at the last parenthesis; utime and stime
	// are the twelfth and thirteenth field after it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksASec, nil
}

func rssAnonOf(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if text, found := strings.CutPrefix(line, "RssAnon:"); found {
			kilobytes, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("no RssAnon in /proc/PID/status")
}
