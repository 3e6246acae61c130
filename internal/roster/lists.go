package roster

// lists are a list of numbers for each slot, one after the other in one piece of
// memory, each behind its length.
type lists struct {
	at   []uint32 // 0: an empty one
	data []uint32
	dead int // numbers of lists that were replaced
}

func (l *lists) get(slot uint32) []uint32 {
	if int(slot) >= len(l.at) || l.at[slot] == 0 {
		return nil
	}
	at := l.at[slot]
	return l.data[at+1 : at+1+l.data[at]]
}

func (l *lists) set(slot uint32, list []uint32) {
	for int(slot) >= len(l.at) {
		l.at = append(l.at, 0)
	}
	if old := l.get(slot); old != nil {
		l.dead += 1 + len(old)
	}
	l.at[slot] = 0
	if len(list) == 0 {
		return
	}
	if len(l.data) == 0 {
		l.data = append(l.data, 0)
	}
	l.at[slot] = uint32(len(l.data))
	l.data = append(append(l.data, uint32(len(list))), list...)
}

func (l *lists) wasteful() bool {
	return l.dead > 4096+len(l.data)/2 || cap(l.data) > 4096+len(l.data)*9/8
}

// rewrite drops the dead ones.
func (l *lists) rewrite() {
	fresh := lists{at: make([]uint32, 0, len(l.at)), data: make([]uint32, 0, len(l.data)-l.dead)}
	for slot := range l.at {
		fresh.set(uint32(slot), l.get(uint32(slot)))
	}
	fresh.at, fresh.data = exact(fresh.at), exact(fresh.data)
	*l = fresh
}

func (l *lists) bytes() int { return 4*cap(l.at) + 4*cap(l.data) }
