package directory

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// maxKnownPlans bounds the memory of plans.
const maxKnownPlans = 1_000

// knownPlans remembers what stored texts of plans come to on a day: many
// organisations have the same, and every update reads one.
type knownPlans struct {
	mu     sync.Mutex
	day    string
	byText map[string]*roundtable.Subscriptions
}

func (k *knownPlans) read(text string, now time.Time) (*roundtable.Subscriptions, error) {
	day := now.UTC().Format(time.DateOnly)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byText == nil || k.day != day || len(k.byText) >= maxKnownPlans {
		k.day, k.byText = day, make(map[string]*roundtable.Subscriptions)
	}
	if known := k.byText[text]; known != nil {
		return known, nil
	}
	var plans []roundtable.Plan
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		return nil, err
	}
	k.byText[text] = roundtable.NewSubscriptions(plans, day)
	return k.byText[text], nil
}
