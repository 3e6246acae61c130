package apitest_test

import (
	"net/http"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

func TestKnown(t *testing.T) {
	t.Parallel()
	known := apitest.Known{}
	known.Learn([]byte(`{"id": 10000000000000001, "api_key": "rt_1", "list": ["x"], "none": null}`))
	known.Learn([]byte(`[]`))
	call := apitest.Call{
		Target: "/v2/api_keys/{{id}}?a={{list}}", Header: http.Header{"X-Apikey": {"{{api_key}}"}}, Body: []byte(`{"label": "{{api_key}} {{none}}"}`),
	}
	got := known.Fill(call)
	if got.Target != "/v2/api_keys/10000000000000001?a={{list}}" || got.Header.Get("X-Apikey") != "rt_1" || string(got.Body) != `{"label": "rt_1 {{none}}"}` {
		t.Errorf("%+v %s", got, got.Body)
	}
	if call.Header.Get("X-Apikey") != "{{api_key}}" {
		t.Error("the call itself has changed")
	}
	if empty := known.Fill(apitest.Call{}); empty.Body != nil {
		t.Error("a call without a body has got one")
	}
}
