/* connections, revoke, upstream: what is stored for whom, and ending it. */
#include "cli/client.h"

#include <stdio.h>

static void show_connection(struct cli *x, const struct msg_ctl_connection_row *m)
{
    struct buf id = BUF_INIT(ID_TEXT);
    char used[24], left[16];

    ID_PUT(&id, m->connection);
    cli_time(m->last_used, used, sizeof(used));
    if (m->uses_left == UINT32_MAX)
        snprintf(left, sizeof(left), "-");
    else
        snprintf(left, sizeof(left), "%u", m->uses_left);
    printf("%.*s  %-16.*s  %-16s  %-9s  %-5s  %5s  %-20s  %.*s\n", (int)id.n, (const char *)id.p,
           (int)m->user_name.n, (const char *)m->user_name.p, cli_upstream_name(x, m->upstream),
           connection_state_name(m->state), lease_kind_name(m->lease), left, used,
           (int)m->client_label.n, (const char *)m->client_label.p);
    buf_free(&id);
}

int verb_connections(struct cli *x)
{
    static const struct client_rows rows = {
        .header = "ID                                USER              UPSTREAM          STATE     "
                  " LEASE   LEFT  LAST USED             CLIENT",
        .connection = show_connection};
    struct msg_ctl_connection_list m = {slice_str(x->user ? x->user : "")};

    return client_ask(x, MSG_CTL_CONNECTION_LIST, &m, &rows);
}

static void show_revoked(UNUSED struct cli *x, const struct msg_ctl_done *m)
{
    printf("Revoked %u connection%s.\n", m->count, m->count == 1 ? "" : "s");
}

int verb_revoke(struct cli *x)
{
    static const struct client_rows rows = {.done = show_revoked};
    struct msg_ctl_revoke m = {0};
    int given = (x->argument != NULL) + (x->user != NULL) + (x->upstream != NULL) + x->all;

    if (given != 1)
        return cli_fail("say which%s: an ID of 'sidegate connections', --user NAME, --upstream "
                        "NAME or --all",
                        given > 1 ? ", and only one" : "");
    if (x->argument) {
        m.scope = CTL_SCOPE_CONNECTION;
        if (!id_parse(slice_str(x->argument), m.connection.b, sizeof(m.connection.b)))
            return cli_fail("'%s' is not an id; 'sidegate connections' shows them", x->argument);
    } else if (x->user) {
        m.scope = CTL_SCOPE_USER;
        m.name = slice_str(x->user);
    } else if (x->upstream) {
        m.scope = CTL_SCOPE_UPSTREAM;
        m.name = slice_str(x->upstream);
    } else {
        m.scope = CTL_SCOPE_ALL;
    }
    return client_ask(x, MSG_CTL_REVOKE, &m, &rows);
}

static void show_upstream(UNUSED struct cli *x, const struct msg_ctl_upstream_row *m)
{
    char seen[24];

    cli_time(m->seen, seen, sizeof(seen));
    printf("%-16.*s  %-10s  %11u  %-20s  %.*s\n", (int)m->name.n, (const char *)m->name.p,
           m->needs_credential ? "needed" : "none", m->connections, seen, (int)m->title.n,
           (const char *)m->title.p);
}

int verb_upstream_list(struct cli *x)
{
    static const struct client_rows rows = {
        .header = "NAME              CREDENTIAL  CONNECTIONS  LISTS SEEN            TITLE",
        .upstream = show_upstream};
    struct msg_ctl_upstream_list m = {0};

    return client_ask(x, MSG_CTL_UPSTREAM_LIST, &m, &rows);
}

int verb_upstream_probe(struct cli *x)
{
    struct msg_ctl_upstream_probe m = {slice_str(x->argument)};

    return cli_done(client_ask(x, MSG_CTL_UPSTREAM_PROBE, &m, NULL),
                    "%s answered; its lists are stored.\n", x->argument);
}
