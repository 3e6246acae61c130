package roundtable

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ownTables are the fields that are no column of the user's row, with their tables.
func ownTables() map[string]string {
	return map[string]string{"accesses": "user_accesses", "business_ids": "user_businesses", "password": "passwords"}
}

// schema is the text of all migrations.
func schema(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("internal/db/migrations/sqlite/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations: %q, %v", files, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// hasColumn reports whether the migrations give the table users a column.
func hasColumn(schema, column string) bool {
	_, users, _ := strings.Cut(schema, "CREATE TABLE users (")
	users, _, _ = strings.Cut(users, "\n)")
	return regexp.MustCompile(`(?m)^\s+`+column+`\s`).MatchString(users) ||
		regexp.MustCompile(`(?i)ALTER TABLE users ADD (COLUMN )?`+column+`\s`).MatchString(schema)
}

// TestEveryFieldIsWhole: a field of the patch has a row of rules, a member of the user of
// the same name, and a place where it is stored.
func TestEveryFieldIsWhole(t *testing.T) {
	t.Parallel()
	sql := schema(t)
	patch, user := reflect.TypeFor[UserPatch](), reflect.TypeFor[User]()
	members := make(map[string]reflect.StructField)
	for _, member := range reflect.VisibleFields(user) {
		name, _, _ := strings.Cut(member.Tag.Get("json"), ",")
		members[name] = member
	}
	if len(userFields) != patch.NumField() {
		t.Errorf("%d rows for %d fields", len(userFields), patch.NumField())
	}
	for i, field := range reflect.VisibleFields(patch) {
		name := field.Tag.Get("json")
		if name == "" || i >= len(userFields) || userFields[i].name != name {
			t.Errorf("field %s: row %d of the rules is not about it", name, i)
			continue
		}
		if table, own := ownTables()[name]; own {
			if !strings.Contains(sql, "CREATE TABLE "+table+" (") {
				t.Errorf("field %s: no table %s", name, table)
			}
			if userFields[i].column() || hasColumn(sql, name) {
				t.Errorf("field %s: a column beside a table of its own", name)
			}
		} else if member := members[name]; member.Tag.Get("db") != name || !userFields[i].column() || !hasColumn(sql, name) {
			t.Errorf("field %s: member tagged %q, column of the rules %v, of the schema %v", name, member.Tag, userFields[i].column(), hasColumn(sql, name))
		}
		if name != "password" && members[name].Name != field.Name {
			t.Errorf("field %s: %s of the patch is %q of the user", name, field.Name, members[name].Name)
		}
	}
}

// TestEveryStoredMemberHasAColumn: the row itself, from the side of the user.
func TestEveryStoredMemberHasAColumn(t *testing.T) {
	t.Parallel()
	sql := schema(t)
	for _, member := range reflect.VisibleFields(reflect.TypeFor[User]()) {
		if column, stored := member.Tag.Lookup("db"); stored && !hasColumn(sql, column) {
			t.Errorf("%s: no column %s", member.Name, column)
		}
	}
	if hasColumn(sql, "nonsense") || hasColumn(sql, "label") {
		t.Error("columns are found that are not there")
	}
}

// TestEveryRowReadsItsOwnField: given and value of a row look at the field it is named
// after, and at no other.
func TestEveryRowReadsItsOwnField(t *testing.T) {
	t.Parallel()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[UserPatch]()) {
		var patch UserPatch
		reflect.ValueOf(&patch).Elem().FieldByIndex(field.Index).FieldByName("Set").SetBool(true)
		name := field.Tag.Get("json")
		expected := []string{name}
		if name == "org_id" {
			expected = append(expected, "sso_only") // a move may carry it to where it cannot be
		}
		var given, shown []string
		full := fullUser()
		for _, row := range userFields {
			if row.given(&patch) {
				given = append(given, row.name)
			}
			if row.value == nil {
				continue
			}
			one := new(User)
			if member := reflect.ValueOf(one).Elem().FieldByName(field.Name); member.IsValid() {
				member.Set(reflect.ValueOf(full).Elem().FieldByName(field.Name))
			}
			if !reflect.DeepEqual(row.value(one), row.value(new(User))) {
				shown = append(shown, row.name)
			}
		}
		if !slices.Equal(given, expected) {
			t.Errorf("patch of %s: given says %q", name, given)
		}
		if name != "password" && !slices.Equal(shown, []string{name}) {
			t.Errorf("member %s: value shows %q", field.Name, shown)
		}
	}
}

// fullUser has no member that is zero.
func fullUser() *User {
	u := new(User)
	for _, member := range reflect.VisibleFields(reflect.TypeFor[User]()) {
		v := reflect.ValueOf(u).Elem().FieldByIndex(member.Index)
		switch v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int64:
			v.SetInt(7)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
		default:
			panic("a member of kind " + v.Kind().String())
		}
	}
	return u
}

// TestEveryFieldIsTold: a change of any member that a patch can name is in the diff, and in
// the columns if it is one.
func TestEveryFieldIsTold(t *testing.T) {
	t.Parallel()
	full := fullUser()
	for _, row := range userFields {
		if row.value == nil {
			continue
		}
		before, after := new(User), new(User)
		for _, member := range reflect.VisibleFields(reflect.TypeFor[User]()) {
			if name, _, _ := strings.Cut(member.Tag.Get("json"), ","); name == row.name {
				reflect.ValueOf(after).Elem().FieldByIndex(member.Index).Set(reflect.ValueOf(full).Elem().FieldByIndex(member.Index))
			}
		}
		if changes := diff(before, after); len(changes) != 1 || changes[0].Field != row.name {
			t.Errorf("%s: %+v", row.name, changes)
		}
		if _, own := ownTables()[row.name]; slices.Contains(ChangedColumns(before, after), row.name) == own {
			t.Errorf("%s: columns %q", row.name, ChangedColumns(before, after))
		}
	}
}

// TestIgnoredMembers: section 1 lists them, and none is a field of the patch.
func TestIgnoredMembers(t *testing.T) {
	t.Parallel()
	want := []string{
		"id", "provider", "available_features", "created_at", "shadow_user_id", "permissions", "reports",
		"preferences", "sidebar_products", "group_id", "review_management_weekly", "review_management_monthly", "custom_role", "send_invitation",
	}
	got := IgnoredUserMembers()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, row := range userFields {
		if slices.Contains(got, row.name) {
			t.Errorf("%s is ignored and has rules", row.name)
		}
	}
	// Whatever GET answers can be posted back.
	for _, member := range reflect.VisibleFields(reflect.TypeFor[User]()) {
		name, _, _ := strings.Cut(member.Tag.Get("json"), ",")
		known := name == "-" || slices.Contains(got, name) || slices.ContainsFunc(userFields, func(f userField) bool { return f.name == name })
		if !known {
			t.Errorf("%s is answered and cannot be posted", name)
		}
	}
}
