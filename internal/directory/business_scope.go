package directory

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable"
)

// businessQuery is the condition of a query over businesses b: its text grows together
// with the arguments that it names.
type businessQuery struct {
	text strings.Builder
	args []any
}

// and adds a condition in which each ? stands for an argument.
func (q *businessQuery) and(condition string, args ...any) {
	if q.text.Len() > 0 {
		q.text.WriteString(" AND ")
	}
	q.write(condition, args...)
}

func (q *businessQuery) write(condition string, args ...any) {
	for i, part := range strings.Split(condition, "?") {
		if i > 0 {
			q.args = append(q.args, args[i-1])
			q.text.WriteString("$" + strconv.Itoa(len(q.args)))
		}
		q.text.WriteString(part)
	}
}

// places is a list of so many arguments. Their number is rounded up, so that texts have
// few distinct forms to prepare.
func places[T any](list []T) (text string, args []any) {
	size := 1
	for size < len(list) {
		size *= 2
	}
	for i := range size {
		args = append(args, list[min(i, len(list)-1)])
	}
	return "(" + strings.TrimSuffix(strings.Repeat("?, ", size), ", ") + ")", args
}

// andIn narrows to the values of a list. None: nothing is left.
func (q *businessQuery) andIn(column string, list []string) {
	if len(list) == 0 {
		q.and("1 = 0")
		return
	}
	text, args := places(list)
	q.and(column+" IN "+text, args...)
}

// andReadable narrows to the READ scope of the caller (section 2): one condition, which
// an index answers.
func (q *businessQuery) andReadable(o *operation) {
	user := o.actor.User
	if user.Role == roundtable.Provider {
		q.and("b.org_id IN (SELECT id FROM orgs WHERE provider_id = ?)", o.facts.Orgs[user.OrgID].ProviderID)
		return
	}
	q.and("b.org_id = ?", user.OrgID)
	switch user.Role {
	case roundtable.OrgAdmin, roundtable.OrgManager:
	case roundtable.GroupManager:
		q.andCovered(user.OrgID, user.Accesses, o.facts.Groups)
	case roundtable.BusinessManager:
		q.and("b.id IN (SELECT business_id FROM user_businesses WHERE user_id = ?)", user.ID)
	case roundtable.Publisher:
		q.and("b.presence_management")
	default:
		q.and("1 = 0")
	}
}

// andCovered narrows to the businesses that access sets reach, as roundtable.Reach has
// it: groups of a section widen a set, sections narrow it, sets add up.
func (q *businessQuery) andCovered(orgID int64, accesses [][]int64, groups map[int64]roundtable.Group) {
	sets := roundtable.NewReach(orgID, accesses, groups).Merged()
	if len(sets) == 0 {
		q.and("1 = 0")
		return
	}
	q.and("b.id IN (")
	for i, set := range sets {
		if i > 0 {
			q.write(" UNION ")
		}
		q.writeSet(set)
	}
	q.write(")")
}

// writeSet selects the businesses of one set: those that carry a group of the section
// that names the fewest groups, and of these the ones that carry one of each other
// section. The sign keeps an engine from trying group after group instead of
// looking at the few that a business has.
func (q *businessQuery) writeSet(set map[int64][]int64) {
	sections := slices.SortedFunc(maps.Keys(set), func(a, b int64) int {
		return cmp.Or(len(set[a])-len(set[b]), cmp.Compare(a, b))
	})
	for i, section := range sections {
		text, args := places(set[section])
		if i == 0 {
			q.write("SELECT m.business_id FROM business_groups m WHERE m.group_id IN "+text, args...)
			continue
		}
		q.write(" AND EXISTS (SELECT 1 FROM business_groups n WHERE n.business_id = m.business_id AND +n.group_id IN "+text+")", args...)
	}
}
