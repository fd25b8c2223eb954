// simdjson behind a C function, for the differential test of the JSON reader. Test only: nothing of
// Sidegate links it.
#include "json_diff.h"

#include <simdjson.h>

#include <cstdlib>
#include <cstring>
#include <string>

using namespace simdjson;

static void put_string(std::string &out, std::string_view s)
{
    out += 's';
    out += std::to_string(s.size());
    out += ':';
    out.append(s.data(), s.size());
}

static void put_double(std::string &out, double v)
{
    uint64_t bits;
    if (v == 0)
        v = 0; // the sign of zero is not compared
    std::memcpy(&bits, &v, sizeof bits);
    out += 'd';
    out += std::to_string(bits);
    out += ';';
}

static void dump(std::string &out, dom::element e)
{
    switch (e.type()) {
    case dom::element_type::NULL_VALUE: out += 'z'; break;
    case dom::element_type::BOOL: out += bool(e) ? 't' : 'f'; break;
    case dom::element_type::INT64: out += 'i' + std::to_string(int64_t(e)) + ';'; break;
    case dom::element_type::UINT64: out += 'i' + std::to_string(uint64_t(e)) + ';'; break;
    case dom::element_type::DOUBLE: put_double(out, double(e)); break;
    case dom::element_type::STRING: put_string(out, std::string_view(e)); break;
    case dom::element_type::ARRAY:
        out += '[';
        for (dom::element x : dom::array(e))
            dump(out, x);
        out += ']';
        break;
    case dom::element_type::OBJECT:
        out += '{';
        for (dom::key_value_pair kv : dom::object(e)) {
            put_string(out, kv.key);
            dump(out, kv.value);
        }
        out += '}';
        break;
    }
}

extern "C" enum oracle simdjson_dump(const uint8_t *data, size_t size, char **ret, size_t *ret_n)
{
    static dom::parser parser;
    dom::element root;
    // Newer versions skip a byte order mark; 3.0.1 refuses it, as RFC 8259 lets it and as we do.
    if (size >= 3 && std::memcmp(data, "\xef\xbb\xbf", 3) == 0)
        return ORACLE_OTHER;
    error_code error = parser.parse(data, size).get(root);
    // Newer versions have a second code for whole numbers that do not fit, so the message is asked.
    if (error &&
        (std::strstr(error_message(error), "umber") || std::strstr(error_message(error), "nteger")))
        return ORACLE_NUMBER;
    if (error)
        return ORACLE_OTHER;
    std::string out;
    dump(out, root);
    *ret = static_cast<char *>(std::malloc(out.size() + 1));
    if (!*ret)
        std::abort();
    std::memcpy(*ret, out.data(), out.size());
    *ret_n = out.size();
    return ORACLE_OK;
}
