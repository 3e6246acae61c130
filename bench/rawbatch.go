package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

const (
	rawBatchSize = 64               // what 64 connections can share at best
	rawCallers   = 2 * rawBatchSize // one batch is full while the other is written
	rawAtOnce    = 50 * rawBatchSize
)

// rawCall is an update below HTTP and JSON, with the caller already known.
type rawCall struct {
	caller directory.Caller
	target string
	update roundtable.Update
	want   int
}

// rawDirectory calls the update path in-process.
type rawDirectory struct {
	db        *db.DB
	directory *directory.Directory
	callers   map[user]directory.Caller
}

// newRawBatch is the subject that measures full batches without HTTP.
func newRawBatch(ctx context.Context, m mode, path string, f *feed) (*subject, error) {
	database, err := db.Open(ctx, db.Options{Path: path})
	if err != nil {
		return nil, err
	}
	r := &rawDirectory{
		db: database, directory: directory.New(database, directory.Options{MaxBatch: rawBatchSize}),
		callers: make(map[user]directory.Caller),
	}
	run := func(ctx context.Context, seconds int) (sample, error) {
		return r.run(ctx, f, time.Duration(seconds)*time.Second)
	}
	stop := func() error {
		r.directory.Close()
		return r.db.Close()
	}
	return &subject{mode: m, run: run, stop: stop}, nil
}

// run applies updates until they have taken so long. Making them is not counted.
func (r *rawDirectory) run(ctx context.Context, f *feed, length time.Duration) (sample, error) {
	var took time.Duration
	var got sample
	applied := 0
	for took < length {
		calls := make([]rawCall, rawAtOnce)
		for i := range calls {
			call, err := r.call(ctx, f.next())
			if err != nil {
				return sample{}, err
			}
			calls[i] = call
		}
		begin := time.Now()
		errs := r.apply(ctx, calls)
		took += time.Since(begin)
		applied += len(calls)
		for i, err := range errs {
			if statusOf(err) != calls[i].want {
				got.faults++
			}
		}
	}
	got.rate = float64(applied) / took.Seconds()
	return got, nil
}

// apply hands the calls to the write path, always enough of them that a batch is full, and
// returns their errors in order.
func (r *rawDirectory) apply(ctx context.Context, calls []rawCall) []error {
	errs := make([]error, len(calls))
	var taken atomic.Int64
	var group sync.WaitGroup
	for range rawCallers {
		group.Go(func() {
			for i := int(taken.Add(1)) - 1; i < len(calls); i = int(taken.Add(1)) - 1 {
				call := &calls[i]
				_, errs[i] = r.directory.UpdateUser(ctx, call.caller, call.target, call.update)
			}
		})
	}
	group.Wait()
	return errs
}

// call makes of a request what the API would hand on. Callers are looked up once.
func (r *rawDirectory) call(ctx context.Context, u update) (rawCall, error) {
	caller, known := r.callers[u.caller]
	if !known {
		var err error
		from := roundtable.Origin{Now: time.Now(), Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Loopback: true}
		caller, err = r.directory.Authenticate(ctx, u.caller.key(), from, "bench")
		if err != nil {
			return rawCall{}, err
		}
		r.callers[u.caller] = caller
	}
	patch, err := patchOf(u.body)
	return rawCall{caller: caller, target: u.target.id(), update: roundtable.Update{Patch: patch}, want: u.want}, err
}

// patchOf reads a body by the JSON names of the patch; ours are well-formed.
func patchOf(body []byte) (roundtable.UserPatch, error) {
	var patch roundtable.UserPatch
	members := make(map[string]json.RawMessage)
	if err := json.Unmarshal(body, &members); err != nil {
		return patch, err
	}
	fields := reflect.ValueOf(&patch).Elem()
	for i := range fields.NumField() {
		text, given := members[fields.Type().Field(i).Tag.Get("json")]
		if !given {
			continue
		}
		fields.Field(i).FieldByName("Set").SetBool(true)
		if err := json.Unmarshal(text, fields.Field(i).FieldByName("Value").Addr().Interface()); err != nil {
			return patch, fmt.Errorf("%s: %w", text, err)
		}
	}
	return patch, nil
}

// statusOf is the status that the API answers with, as far as the mix goes.
func statusOf(err error) int {
	refusal, ok := errors.AsType[*roundtable.Error](err)
	switch {
	case err == nil:
		return http.StatusOK
	case ok && refusal.Code == roundtable.CodeForbidden:
		return http.StatusForbidden
	case ok && len(refusal.Fields) > 0:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}
