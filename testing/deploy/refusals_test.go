package deploy

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// configuration is the shortest one.
const configuration = "relay: orders\nsource: { sqlite: { path: /shop/shop.db, tables: all } }\nstream: { embedded: { path: /events/e.db } }\n"

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("values/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// indented makes a text the content of `config: |`.
func indented(text string) string { return "      " + strings.ReplaceAll(text, "\n", "\n      ") }

// asText is the values of one relay whose configuration is a text, asMap of one whose configuration is YAML.
func asText(config string) string {
	return "relays:\n  orders:\n    config: |\n" + indented(config) + "\n"
}
func asMap(config string) string {
	return "relays:\n  orders:\n    config:\n" + indented(config) + "\n"
}

func checkRefused(t *testing.T, release, values string, words ...string) {
	t.Helper()
	_, _, err := render(release, values)
	if err == nil {
		t.Fatalf("it is rendered:\n%s", values)
	}
	for _, each := range words {
		if !strings.Contains(err.Error(), each) {
			t.Errorf("the message has no %q: %v", each, err)
		}
	}
}

func TestTheShortestConfigurationIsAccepted(t *testing.T) {
	for _, values := range []string{asText(configuration), asMap(configuration)} {
		checkRelays(t, rendered(t, values), 1)
	}
}

func TestTheSchemaRefuses(t *testing.T) {
	relay := asMap(configuration)
	for name, values := range map[string]string{
		"replicas":            relay + "replicas: 1\n",
		"replicaCount":        relay + "replicaCount: 1\n",
		"replicas of a relay": relay + "    replicas: 1\n",
		"strategy":            relay + "    strategy: { type: RollingUpdate }\n",
		"autoscaling":         relay + "autoscaling: { enabled: true }\n",
		"tabels":              relay + "    envs: {}\n",
		"no config":           "relays: { orders: {} }\n",
		"config as a list":    "relays: { orders: { config: [] } }\n",
		"an open value":       relay + "    env: { PASSWORD: { value: abc } }\n",
		"a plain value":       relay + "    env: { PASSWORD: abc }\n",
		"a relative path":     relay + "    secrets: [{ secret: a, path: tls }]\n",
		"root":                relay + "user: 0\n",
		"upper case":          "relays: { Orders: { config: { relay: a } } }\n",
		"probes":              relay + "    livenessProbe: {}\n",
	} {
		t.Run(name, func(t *testing.T) {
			checkRefused(t, "shop", values, "values don't meet the specifications of the schema")
		})
	}
}

func TestSecretsInTheOpenAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ stream, path, variable string }{
		"a password":        {"redis: { url: redis://r, password: abc }", "relays.orders.config.stream.redis.password", "PASSWORD"},
		"a number":          {"redis: { url: redis://r, password: 1234 }", "relays.orders.config.stream.redis.password", "PASSWORD"},
		"a token":           {"nats: { url: nats://n, token: abc }", "relays.orders.config.stream.nats.token", "TOKEN"},
		"half a password":   {"nats: { url: nats://n, password: 'a${B}' }", "relays.orders.config.stream.nats.password", "PASSWORD"},
		"an escape":         {"nats: { url: nats://n, password: '$${B}' }", "relays.orders.config.stream.nats.password", "PASSWORD"},
		"in a URL":          {"redis: { url: 'redis://u:abc@r:6379/0' }", "relays.orders.config.stream.redis.url", "URL"},
		"in a URL, no user": {"redis: { url: 'redis://:abc@r' }", "relays.orders.config.stream.redis.url", "URL"},
		"in a list":         {"nats: { url: ['nats://a', 'nats://u:abc@b'] }", "relays.orders.config.stream.nats.url[1]", "URL"},
		"of librdkafka":     {"kafka: { brokers: k, properties: { sasl.password: abc } }", "relays.orders.config.stream.kafka.properties.sasl.password", "SASL_PASSWORD"},
		"of libpq":          {"x: { uri: 'host=db password=abc' }", "relays.orders.config.stream.x.uri", "URI"},
		"in a query":        {"x: { uri: 'postgresql://u@db/x?password=abc' }", "relays.orders.config.stream.x.uri", "URI"},
	} {
		config := "relay: orders\nsource: { sqlite: { path: /shop/shop.db, tables: all } }\nstream: { " + test.stream + " }\n"
		for kind, values := range map[string]string{"text": asText(config), "map": asMap(config)} {
			t.Run(name+", as a "+kind, func(t *testing.T) {
				checkRefused(t, "shop", values, test.path+" ", "in the open: write ", `"${`+test.variable+`}" instead`,
					"env: { "+test.variable+": { secret: NAME, key: KEY } }", "kubectl create secret generic NAME --from-literal=KEY=")
			})
		}
	}
}

func TestSecretsElsewhereAreAccepted(t *testing.T) {
	for _, stream := range []string{
		"redis: { url: 'redis://${USER}:${REDIS_PASSWORD}@r', user: relay }",
		"redis: { url: 'redis://u@r:6379/0', key: orders }",
		"nats: { url: nats://n, password: '${file:/redis/password}' }",
		"nats: { url: nats://n, token: '${TOKEN}', credentials: /tls/relay.creds }",
		"kafka: { brokers: k, properties: { sasl.mechanism: PLAIN, sasl.username: u, sasl.password: '${P}' } }",
		"x: { uri: 'host=db user=u password=${P}' }",
		"x: { uri: 'mongodb://m/?tls=true&tlsCertificateKeyFile=/tls/key.pem' }",
	} {
		config := "relay: orders\nsource: { sqlite: { path: /shop/shop.db, tables: all } }\nstream: { " + stream + " }\n"
		variables := "    env: { USER: { secret: a }, REDIS_PASSWORD: { secret: a }, TOKEN: { secret: a }, P: { secret: a } }\n"
		t.Run(stream, func(t *testing.T) { checkRelays(t, rendered(t, asText(config)+variables), 1) })
	}
}

func TestMissingVariablesAreRefused(t *testing.T) {
	two := strings.Replace(configuration, "/shop/shop.db", "'/${A_1}/${B}/$${C}/${file:/D}'", 1) + "# ${E}\n"
	set := "    env: { A_1: { secret: a }, B: { secret: b } }\n"
	checkRelays(t, rendered(t, asText(two)+set), 1)
	for _, missing := range []string{"A_1", "B"} {
		checkRefused(t, "shop", asText(two)+strings.Replace(set, missing+":", "X:", 1), "relays.orders.config needs ${"+missing+"}, which nothing sets",
			"env: { "+missing+": { secret: NAME, key: KEY } }")
	}
	checkRefused(t, "shop", asMap(two), "needs ${A_1}, which nothing sets")
}

func TestOtherConfigurationsAreRefused(t *testing.T) {
	checkRefused(t, "shop", "", "there is no relay in the values: write `relays: { NAME: { config: … } }`")
	several := "relays:\n  - { relay: a }\n  - { relay: b }\n"
	checkRefused(t, "shop", asText(several), "relays.orders.config holds `relays`: write an entry of its own")
	checkRefused(t, "shop", asText("relay: [\n"), "relays.orders.config is not YAML: ", "headwater check -c FILE")
	checkRefused(t, "shop", asText("- relay\n"), "relays.orders.config is not YAML: ")
	for _, key := range []string{"relay", "source", "stream"} {
		without := strings.Replace(configuration, key+":", "x:", 1)
		checkRefused(t, "shop", asText(without), fmt.Sprintf("relays.orders.config has no `%s`", key))
	}
}

func TestNamesThatAServiceCannotHaveAreRefused(t *testing.T) {
	for _, release := range []string{"1st", "with.dot", strings.Repeat("long", 15)} {
		checkRefused(t, release, asText(configuration), release+"-orders cannot be the name of a Service", "choose another name")
	}
}
