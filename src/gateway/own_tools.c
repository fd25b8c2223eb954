/*
 * Names and descriptions of Sidegate's own tools, and the instructions for models. Run by the
 * gateway. What is written here is read by models: it says what to do, and never to ask for the
 * value.
 */
#include "gateway/own_tools.h"

#define NO_ARGUMENTS "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"

static const struct {
    const char *name;
    enum call_want want;
    const char *tool; /* as in tools/list */
} tools[] = {
    {"sidegate_connect", CALL_WANT_CONNECT,
     "{\"name\":\"sidegate_connect\",\"title\":\"Connect this server\",\"description\":\"Asks the "
     "person to give this server's credential on a page of Sidegate, out of your sight. Use it "
     "when other tools of this server are missing or say that something waits for the person. Tell "
     "the person, wait until they say that it is finished, then call the tool that you need. Never "
     "ask the person for a password, key or code, and never put one into an argument.\","
     "\"inputSchema\":" NO_ARGUMENTS
     ",\"annotations\":{\"readOnlyHint\":false,\"destructiveHint\":false,\"idempotentHint\":true,"
     "\"openWorldHint\":false}}"},
    {"sidegate_status", CALL_WANT_STATUS,
     "{\"name\":\"sidegate_status\",\"title\":\"Is this server connected?\",\"description\":\"Says "
     "whether Sidegate has what this server needs, or whether something waits for the person. It "
     "never shows the credential.\",\"inputSchema\":" NO_ARGUMENTS
     ",\"annotations\":{\"readOnlyHint\":true,\"openWorldHint\":false}}"},
};

const char own_instructions[] =
    "This server is reached through Sidegate, which keeps its credentials away from you. When a "
    "call says that something waits for the person: tell them, wait until they say that it is "
    "finished, then make the same call again. Never ask the person for a password, key or code, "
    "and never put one into an argument.";

bool own_tool_find(struct slice name, enum call_want *ret_want)
{
    for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
        if (slice_eq_str(name, tools[i].name)) {
            *ret_want = tools[i].want;
            return true;
        }
    }
    return false;
}

static bool is_ours(const struct json *j, uint32_t tool)
{
    uint32_t name = json_get(j, tool, "name");

    for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
        if (json_str_eq_c(j, name, tools[i].name))
            return true;
    }
    return false;
}

void own_tools_add(const struct json *j, uint32_t array, struct json_edits *e)
{
    for (uint32_t t = json_first(j, array); t != JSON_NONE; t = json_next(j, t)) {
        if (is_ours(j, t))
            json_edit_remove(e, t);
    }
    for (size_t i = 0; i < ARRAY_LEN(tools); i++)
        json_edit_add_element(e, array, slice_str(tools[i].tool));
}
