package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
)

const (
	checkedOneByOne = 200 // updates sent one after the other before the rounds
	readBack        = 8   // users read back after each run
	onTheirWay      = 50  // requests a connection that may overtake one another
)

// warm sends updates one by one and compares every status with the one wanted: under
// load the answers can only be counted.
func warm(ctx context.Context, s *server, f *feed) error {
	for range checkedOneByOne {
		u := f.next()
		status, body, err := s.ask(ctx, u)
		if err != nil {
			return err
		}
		if status != u.want {
			return fmt.Errorf("%.2000s\nis answered with %d, not %d: %s", u.appendRequest(nil), status, u.want, body)
		}
	}
	return nil
}

// verify reads some of the users that a run has changed and compares each field with what
// was sent last. Where several requests for a field may have overtaken one another, any of
// them may have come last. It also counts the events of each user.
func verify(ctx context.Context, s *server, sent []update, connections int) error {
	slack := min(onTheirWay*connections, len(sent)/2)
	certain := sent[:len(sent)-slack]
	if len(certain) == 0 {
		return nil
	}
	for range readBack {
		u := certain[rand.IntN(len(certain))]
		if u.path == signInPath {
			if err := s.verifySignedIn(ctx, u.target); err != nil {
				return err
			}
			continue
		}
		if !u.applies() {
			continue
		}
		if u.path != "" {
			if err := s.verifyCreated(ctx, u); err != nil {
				return err
			}
			continue
		}
		if err := s.verifyUser(ctx, u.target, sent, len(certain), slack); err != nil {
			return fmt.Errorf("user %s: %w", u.target.id(), err)
		}
	}
	return nil
}

func (s *server) verifyUser(ctx context.Context, target user, sent []update, certain, slack int) error {
	latest := make(map[string]int) // field to the last update of it that is certain
	events := 0
	var about []int
	for i, u := range sent {
		if u.target != target || !u.applies() {
			continue
		}
		about = append(about, i)
		if i < certain {
			for field := range u.fields() {
				latest[field] = i
			}
			if _, same := u.fields()["status"]; !same {
				events++
			}
		}
	}
	may := make(map[string][]any)
	for _, i := range about {
		for field, value := range sent[i].fields() {
			if last, known := latest[field]; known && i >= last-slack {
				may[field] = append(may[field], value)
			}
		}
	}
	delete(may, "password") // never shown
	if err := s.compare(ctx, target, may); err != nil {
		return err
	}
	return s.countEvents(ctx, target, events)
}

// compare gets a user and holds each field against the values that it may have.
func (s *server) compare(ctx context.Context, target user, may map[string][]any) error {
	stored := make(map[string]any)
	if err := s.get(ctx, target, "", &stored); err != nil {
		return err
	}
	for field, values := range may {
		found := false
		for _, value := range values {
			found = found || reflect.DeepEqual(stored[field], value)
		}
		if !found {
			return fmt.Errorf("%s is %.200v, and the last sent was %.200v", field, stored[field], values[len(values)-1])
		}
	}
	return nil
}

func (s *server) countEvents(ctx context.Context, target user, atLeast int) error {
	var history struct{ Count int }
	if err := s.get(ctx, target, "/history?per_page=1", &history); err != nil {
		return err
	}
	if history.Count < atLeast {
		return fmt.Errorf("%d events in the history after %d changes", history.Count, atLeast)
	}
	return nil
}

// get reads a user, or what lies under it, as an administrator of its organisation.
func (s *server) get(ctx context.Context, target user, under string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v2/user/"+target.id()+under, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("X-Apikey", user{target.org, 0}.key())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", request.URL.Path, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// fields is the body as a client reads it.
func (u update) fields() map[string]any {
	fields := make(map[string]any)
	if json.Unmarshal(u.body, &fields) != nil {
		return nil
	}
	return fields
}

// ask sends one request, byte for byte as the load does.
func (s *server) ask(ctx context.Context, u update) (status int, body []byte, err error) {
	method, content := http.MethodGet, io.Reader(http.NoBody)
	if u.body != nil {
		method, content = http.MethodPost, bytes.NewReader(u.body)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.url+u.url(), content)
	if err != nil {
		return 0, nil, err
	}
	for name, value := range u.header() {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(request) // a redirect is an answer, too
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}
