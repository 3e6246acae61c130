package ui_test

import (
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
