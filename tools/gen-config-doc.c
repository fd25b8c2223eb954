/* Writes docs/configuration.md from keys.def and limits.def, so that the reference cannot drift
 * from the parser. */
#include "base/limits.h"
#include "config/config.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *section, *where;
} sections[] = {
    {"root", "Top level"},
    {"log", "`log`"},
    {"gateway", "`gateway`"},
    {"surface", "`surface`"},
    {"upstream", "`upstreams.NAME`"},
    {"credential", "`upstreams.NAME.credential`"},
    {"field", "`upstreams.NAME.credential.fields[]`"},
    {"place", "`upstreams.NAME.credential.place[]`"},
    {"lease", "`upstreams.NAME.credential.lease`"},
    {"rule", "`upstreams.NAME.credential.stale[]`: exactly one of"},
    {"verify", "`upstreams.NAME.credential.verify`"},
};

static void put_section(const char *section, const char *where)
{
    const struct config_key_row *row;
    size_t i;

    printf("\n## %s\n\n| key | | default | what |\n|---|---|---|---|\n", where);
    for (i = 0; (row = config_key_row(i)) != NULL; i++) {
        if (strcmp(row->section, section) == 0)
            printf("| `%s` | %s | %s | %s |\n", row->name, row->must, row->def, row->text);
    }
}

int main(void)
{
    size_t i;

    printf("# Configuration\n\nMade from `src/config/keys.def` and `src/base/limits.def` by `make "
           "gen`. One YAML file; "
           "[etc/sidegate.yaml](../etc/sidegate.yaml) is a complete\nexample. `sidegate config "
           "check` reads it "
           "and says what is wrong, with the line. Unknown keys are errors.\n");
    for (i = 0; i < ARRAY_LEN(sections); i++)
        put_section(sections[i].section, sections[i].where);
    printf("\n## `limits`\n\nTimes are milliseconds, or have a unit: 500ms, 30s, 10m, 8h, 7d.\n\n"
           "| key | default | least | most | unit | what |\n|---|---|---|---|---|---|\n");
    for (i = 0; i < SET_COUNT; i++) {
        const struct limit_row *l = limit_row((enum limit)i);

        printf("| `%s` | %llu | %llu | %llu | %s | %s |\n", l->text, (unsigned long long)l->def,
               (unsigned long long)l->min, (unsigned long long)l->max, l->unit, l->why);
    }
    printf(
        "\nNot settable: of each process the log takes %d lines at once and %d a second in the "
        "long "
        "run, of which %d at once are for warnings and errors alone; at level debug ten times as "
        "many.\nThe line `log_lines_dropped` says how many more there were.\n",
        LIM_LOG_BURST, LIM_LOG_RATE, LIM_LOG_KEPT);
    return 0;
}
