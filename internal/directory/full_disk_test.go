package directory

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// An operation that finds the disk full halfway is told to come back, and leaves
// nothing; so are those that share its batch.
func TestSQLiteOperationOnAFullDisk(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{Log: slog.New(slog.DiscardHandler)})
	d.exec(t, "PRAGMA max_page_count = 1") // as many as there are
	var err error
	d.wantUnchanged(t, "an operation without room", func() {
		_, err = changing(t.Context(), d.Directory, d.caller(arthur), 1, func(o *operation) (int, error) {
			_, err := o.tx.Exec(`INSERT INTO providers (id, label) WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
			SELECT i, i || hex(randomblob(500)) FROM n`)
			return 0, err
		})
	})
	refusal, ok := errors.AsType[*roundtable.Error](err)
	if !ok || refusal.Code != roundtable.CodeUnavailable || refusal.RetryAfter == 0 || !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	d.exec(t, "PRAGMA max_page_count = 100000")
	section := roundtable.GroupEdit{Name: some("Season")}
	if _, err := d.CreateSection(t.Context(), d.caller(arthur), section); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
