/* The configuration: what is accepted, and for each refusal its line and what it says to do. */
#include "config/config.h"
#include "proto/mcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD  "data: /d/data\nrun: /d/run\n"
#define UP    HEAD "upstreams:\n  a:\n    url: https://h.example/mcp\n"
#define CRED  UP "    credential:\n      fields: [{name: key}]\n"
#define PLACE CRED "      place:\n        - "

struct refused_file {
    const char *name, *text, *wanted; /* wanted: a part of the error */
};

static const struct refused_file refusals[] = {
    {"empty", "", "f:1: the file is empty"},
    {"not yaml", "a: [", "f:2: this is not valid YAML"},
    {"root list", "- a\n", "f:1:1: keys with values are wanted"},
    {"missing key", "data: x\n", "'run' is missing"},
    {"unknown key", HEAD "dta: x\n", "f:3:1: 'dta' is not a key here; did you mean 'data'?"},
    {"far unknown key", HEAD "something: x\n", "see docs/configuration.md"},
    {"doubled key", HEAD "run: x\n", "f:3:1: 'run' stands here twice"},
    {"empty value", "data: ''\nrun: r\n", "the value is empty"},
    {"list for value", "data: [a]\nrun: r\n", "one value is wanted"},
    {"long path",
     "data: /"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789\nrun: r\n",
     "longer than 255"},
    {"control character", "data: \"a\\tb\"\nrun: r\n", "control character"},
    {"level", HEAD "log: {level: loud}\n",
     "f:3:14: 'loud' is not known here; write one of: error, warn"},
    {"public listener", HEAD "gateway: {listen: 0.0.0.0:80}\n", "only loopback addresses"},
    {"no port", HEAD "gateway: {listen: 127.0.0.1}\n", "write an address and a port"},
    {"name as listener", HEAD "gateway: {listen: localhost:80}\n", "only loopback"},
    {"same port", HEAD "gateway: {listen: 127.0.0.1:8401}\n", "same address and port"},
    {"same host", HEAD "surface: {url: http://127.0.0.1:8401}\n", "same host name"},
    {"same host by hosts", HEAD "gateway: {hosts: [LOCALHOST:8402]}\n", "same host name"},
    {"url with path", HEAD "surface: {url: http://localhost/x}\n", "scheme, host and port alone"},
    {"origin", HEAD "gateway: {origins: ['*']}\n", "scheme, host and port alone"},
    {"processes", HEAD "gateway: {processes: 0}\n", "whole number from 1 to 16"},
    {"keys in data", "data: /d\nkeys: /d/keys\nrun: /r\n", "'keys' lies inside 'data'"},
    {"unknown limit", HEAD "limits: {speed: 1}\n", "there is no limit 'speed'"},
    {"limit range", HEAD "limits: {clients: 1}\n", "from 8 to 65536"},
    {"limit time range", HEAD "limits: {hold_time: 2h}\n", "from 200 to 55000 milliseconds"},
    {"limit unit", HEAD "limits: {hold_time: 5y}\n", "write a time"},
    {"limit twice", HEAD "limits: {clients: 9, clients: 9}\n", "twice"},
    {"upstream name", HEAD "upstreams: {A_b: {url: 'https://h/'}}\n",
     "lower-case letters, digits and '-'"},
    {"upstream twice", HEAD "upstreams: {a: {url: 'https://h/'}, a: {url: 'https://h/'}}\n",
     "two upstreams 'a'"},
    {"no url", HEAD "upstreams: {a: {title: x}}\n", "'url' is missing"},
    {"bad url", HEAD "upstreams: {a: {url: 'ftp://h/'}}\n", "write an http or https URL"},
    {"user in url", HEAD "upstreams: {a: {url: 'https://u:p@h/'}}\n", "write an http or https URL"},
    {"plain http", HEAD "upstreams: {a: {url: 'http://h/'}}\n", "reached without TLS"},
    {"range", HEAD "upstreams: {a: {url: 'https://h/', allow_addresses: [10.0.0.0/33]}}\n",
     "address range"},
    {"protocol", HEAD "upstreams: {a: {url: 'https://h/', protocols: [2024-11-05]}}\n",
     "2026-07-28, 2025-11-25"},
    {"no protocols", HEAD "upstreams: {a: {url: 'https://h/', protocols: []}}\n",
     "empty list of protocols"},
    {"credential without place", CRED, "'place' is missing"},
    {"no fields", UP "    credential: {fields: [], place: [{in: header, name: X, format: x}]}\n",
     "no fields to ask for"},
    {"field twice", UP "    credential: {fields: [{name: k}, {name: k}], place: []}\n",
     "two fields 'k'"},
    {"field name", UP "    credential: {fields: [{name: 'K y'}], place: []}\n",
     "lower-case letters"},
    {"nine fields",
     UP "    credential: {fields: [{name: a},{name: b},{name: c},{name: d},{name: e},{name: f},"
        "{name: g},{name: h},{name: i}], place: []}\n",
     "more than 8 entries"},
    {"place kind", PLACE "{in: body, name: x}\n", "header, basic, query"},
    {"place name", PLACE "{in: header}\n", "'name' is missing"},
    {"reserved header", PLACE "{in: header, name: Host}\n", "not a header that a credential"},
    {"mcp header", PLACE "{in: header, name: mcp-session-id}\n", "not a header that a credential"},
    {"header token", PLACE "{in: header, name: 'X Y'}\n", "not a header that a credential"},
    {"unknown field", PLACE "{in: header, name: X, format: 'Bearer {kex}'}\n",
     "f:9: format names {kex}"},
    {"format without field", PLACE "{in: header, name: X, format: Bearer}\n", "no {field}"},
    {"open brace", PLACE "{in: header, name: X, format: 'Bearer {key'}\n", "single brace"},
    {"non-ascii format", PLACE "{in: header, name: X, format: 'é {key}'}\n", "printable ASCII"},
    {"basic without user", PLACE "{in: basic, password: key}\n", "needs 'user' and 'password'"},
    {"basic unknown user", PLACE "{in: basic, user: u, password: key}\n",
     "must be names of fields"},
    {"basic with name", PLACE "{in: basic, name: X, user: key, password: key}\n",
     "takes no 'name'"},
    {"user in header", PLACE "{in: header, name: X, user: key}\n", "go with 'in: basic' alone"},
    {"two places one name", PLACE "{in: header, name: X}\n        - {in: header, name: x}\n",
     "two places use"},
    {"verify effect", PLACE "{in: header, name: X}\n      verify: {method: tools/call}\n",
     "tools/list"},
    {"rule of two", PLACE "{in: header, name: X}\n      stale: [{status: 403, text: x}]\n",
     "exactly one of"},
    {"rule status", PLACE "{in: header, name: X}\n      stale: [{status: 200}]\n", "400 to 599"},
    {"rule code", PLACE "{in: header, name: X}\n      stale: [{code: x}]\n", "JSON-RPC error code"},
    {"lease kind", PLACE "{in: header, name: X}\n      lease: {kind: long}\n", "once, task, keep"},
    {"lease without kind", PLACE "{in: header, name: X}\n      lease: {uses: 3}\n",
     "'kind' is missing"},
    {"lease time", PLACE "{in: header, name: X}\n      lease: {kind: task, time: 1}\n",
     "write a time"},
    {"lease once with uses", PLACE "{in: header, name: X}\n      lease: {kind: once, uses: 3}\n",
     "f:10:27: a lease of kind once takes no 'uses'"},
    {"lease keep with time", PLACE "{in: header, name: X}\n      lease: {time: 3m, kind: keep}\n",
     "f:10:15: a lease of kind keep takes no 'time'"},
    {"lease keep with uses", PLACE "{in: header, name: X}\n      lease: {kind: keep, uses: 3}\n",
     "f:10:27: a lease of kind keep takes no 'uses'"},
};

static void refuses(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refused_file *r = &refusals[i];
        struct config *c = NULL;
        struct config_error error = {""};
        enum err e = config_parse(slice_str(r->text), "f", "/folder", &c, &error);

        if (e != ERR_CONFIG || strstr(error.text, r->wanted) == NULL)
            fail_msg("%s: wanted '%s', got %s '%s'", r->name, r->wanted, err_name(e), error.text);
        assert_null(c);
    }
}

static void fills_defaults(void **state)
{
    struct config *c = NULL;
    struct config_error error;

    (void)state;
    assert_int_equal(config_parse(SLICE_LIT("data: d\nrun: r\n"), "f", "/folder", &c, &error),
                     ERR_OK);
    assert_string_equal(c->data, "/folder/d");
    assert_string_equal(c->keys, "/folder/keys");
    assert_string_equal(c->hosts[0].s, "127.0.0.1:8402");
    assert_string_equal(c->surface_url, "http://localhost:8401");
    assert_int_equal(c->limits[SET_HOLD_TIME], 50000);
    assert_int_equal(c->upstreams_n, 0);
    config_free(c);
}

static void reads_the_reference(void **state)
{
    struct config *c = NULL;
    struct config_error error = {""};
    const struct config_upstream *u;

    (void)state;
    if (config_load(REFERENCE, &c, &error) != ERR_OK)
        fail_msg("%s", error.text);
    assert_int_equal(c->upstreams_n, 2);
    u = &c->upstreams[config_upstream_find(c, "weather")];
    assert_int_equal(u->port, 9000);
    assert_string_equal(u->path, "/mcp");
    assert_false(u->tls);
    assert_int_equal(u->protocols, ERAS_BOTH);
    assert_string_equal(u->places[0].format, "Bearer {key}");
    assert_int_equal(u->rules_n, 3);
    assert_string_equal(u->rules[1].value, "-32001");
    assert_int_equal(u->lease_ms, 600000);
    assert_string_equal(u->verify_method, "tools/list");
    u = &c->upstreams[config_upstream_find(c, "archive")];
    assert_int_equal(u->places[0].in, PLACE_BASIC);
    assert_string_equal(u->places[0].name, "Authorization");
    assert_int_equal(u->lease, LEASE_KIND_ONCE);
    assert_false(u->fields[0].secret);
    assert_int_equal(config_upstream_find(c, "nothing"), c->upstreams_n);
    config_free(c);
}

static void a_missing_file_says_so(void **state)
{
    struct config *c = NULL;
    struct config_error error = {""};

    (void)state;
    assert_int_equal(config_load("/nonexistent/sidegate.yaml", &c, &error), ERR_IO);
    assert_non_null(strstr(error.text, "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(fills_defaults),
        cmocka_unit_test(reads_the_reference),
        cmocka_unit_test(a_missing_file_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
