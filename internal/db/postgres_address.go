package db

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// maxConnect is how long one host may take to let us in, unless the address says
// connect_timeout.
const maxConnect = 2 * time.Second

// address is where a PostgreSQL database is, and how to speak to it.
type address struct {
	config *pgxpool.Config
	asked  url.Values // what the address says itself
	name   string     // without a password
}

// parseAddress reads a postgres:// address. An error does not repeat it: it may hold a
// password.
func parseAddress(text string) (*address, error) {
	bad := errors.New("the address of the PostgreSQL database is not valid; it is written postgres://user:password@host:5432,otherhost:5432/name?sslmode=verify-full")
	_, query, _ := strings.Cut(text, "?")
	asked, err := url.ParseQuery(query)
	if err != nil {
		return nil, bad
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, bad
	}
	a := &address{config: config, asked: asked}
	a.name = "PostgreSQL database " + config.ConnConfig.Database + " at " + strings.Join(hosts(&config.ConnConfig.Config), ", ")
	if !asked.Has("connect_timeout") {
		config.ConnConfig.ConnectTimeout = maxConnect
	}
	config.ConnConfig.DialFunc = dialer(config.ConnConfig.ConnectTimeout).DialContext
	config.MaxConnLifetimeJitter = config.MaxConnLifetime / 10
	config.PingTimeout = maxConnect
	return a, nil
}

// hosts are the servers of an address, each once.
func hosts(c *pgconn.Config) []string {
	names := []string{hostPort(c.Host, c.Port)}
	for _, f := range c.Fallbacks {
		if name := hostPort(f.Host, f.Port); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func hostPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// forWriting connects to whatever server lets us write.
func (a *address) forWriting(o Options) *pgxpool.Config {
	config := a.limited(o)
	config.MaxConns = 8
	if o.Writers > 0 {
		config.MaxConns = int32(o.Writers)
	}
	for _, plan := range []string{"enable_hashjoin", "enable_mergejoin"} { // batches look up rows, each by its key
		if _, said := config.ConnConfig.RuntimeParams[plan]; !said {
			config.ConnConfig.RuntimeParams[plan] = "off"
		}
	}
	if !a.asked.Has("target_session_attrs") {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	return config
}

// forReading connects to the same server as forWriting, so that what was written is
// read: also while that one refuses writes.
func (a *address) forReading(o Options) *pgxpool.Config {
	config := a.limited(o)
	switch {
	case o.Readers > 0:
		config.MaxConns = int32(o.Readers)
	case !a.asked.Has("pool_max_conns"):
		config.MaxConns = int32(min(max(8, 4*runtime.NumCPU()), 64))
	}
	config.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	if attrs := a.asked.Get("target_session_attrs"); attrs == "" || attrs == "read-write" {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	return config
}

// limited has the server itself end what takes too long, unless the address has
// limits of its own.
func (a *address) limited(o Options) *pgxpool.Config {
	config := a.config.Copy()
	limit := o.Timeout
	if limit <= 0 {
		limit = 30 * time.Second
	}
	for name, value := range map[string]string{
		"application_name":                    "roundtable",
		"plan_cache_mode":                     "force_generic_plan",
		"jit":                                 "off",
		"statement_timeout":                   fmt.Sprint(limit.Milliseconds()),
		"lock_timeout":                        fmt.Sprint(min(limit, 5*time.Second).Milliseconds()),
		"idle_in_transaction_session_timeout": fmt.Sprint(limit.Milliseconds()),
	} {
		if _, said := config.ConnConfig.RuntimeParams[name]; !said {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	return config
}

// dialer finds out soon that the other side is gone, also when it has not said so.
func dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{
		Timeout:         timeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
		Control:         limitUnacknowledged,
	}
}
