package patroni

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// object is a mapping of a configuration.
type object = map[string]any

// add makes the folder and the configuration of a node.
func (c *Cluster) add(n *node) (err error) {
	if n.port, err = pgtest.FreePort(); err != nil {
		return err
	}
	if n.apiPort, err = pgtest.FreePort(); err != nil {
		return err
	}
	if err := c.folder.Make(n.name); err != nil {
		return err
	}
	text, err := json.MarshalIndent(c.config(n), "", " ") // which YAML understands
	if err != nil {
		return err
	}
	_, err = c.folder.Write(n.name+"/config.yml", string(text))
	return err
}

func (c *Cluster) config(n *node) object {
	at := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	role := func(name string) object { return object{"username": name, "password": c.password} }
	return object{
		"scope": "roundtable", "name": n.name,
		"restapi": object{"listen": at(n.apiPort), "connect_address": at(n.apiPort)},
		c.dialect: object{"host": at(c.etcd)},
		"bootstrap": object{
			"dcs":    c.agreed(),
			"initdb": []any{object{"encoding": "UTF8"}, object{"locale": "C"}, "data-checksums"},
		},
		"postgresql": object{
			"listen": at(n.port), "connect_address": at(n.port), "bin_dir": c.programs,
			"data_dir": "data", "pgpass": "pgpass",
			"authentication": object{"superuser": role(owner), "replication": role("replicator"), "rewind": role("rewinder")},
			"basebackup":     object{"checkpoint": "fast"},
			"pg_hba":         []string{"host all all 127.0.0.1/32 md5", "host replication all 127.0.0.1/32 md5"},
			"parameters":     object{"unix_socket_directories": "", "password_encryption": "md5", "shared_buffers": "64MB", "max_connections": 200, "log_min_messages": "fatal"},
		},
	}
}

// agreed is what all nodes share. A primary that cannot renew its lock gives up
// before it expires, so its attempts must fit into that time.
func (c *Cluster) agreed() object {
	const wait = 1
	return object{
		"ttl": int(c.ttl / time.Second), "loop_wait": wait, "retry_timeout": max(1, int(c.ttl/time.Second)-wait) / 2,
		"maximum_lag_on_failover": 1 << 20, "synchronous_mode": true,
		"postgresql": object{"use_pg_rewind": true},
	}
}
