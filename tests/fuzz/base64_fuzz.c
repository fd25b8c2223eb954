/* Base64: what is encoded comes back, what is decoded was the only way to write it. */
#include "base/base64.h"
#include "fuzz.h"
#include "proto/mcp_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size);
    for (int kind = BASE64; kind <= BASE64_URL; kind++) {
        struct buf text = BUF_INIT(SIZE_MAX), back = BUF_INIT(SIZE_MAX);
        base64_put(&text, (enum base64_kind)kind, in);
        MUST(base64_decode((enum base64_kind)kind, buf_slice(&text), &back) == ERR_OK);
        MUST(slice_eq(buf_slice(&back), in));
        buf_clear(&text);
        buf_clear(&back);
        if (base64_decode((enum base64_kind)kind, in, &back) == ERR_OK) {
            base64_put(&text, (enum base64_kind)kind, buf_slice(&back));
            MUST(slice_eq(buf_slice(&text), in));
            struct buf any = BUF_INIT(SIZE_MAX);
            MUST(base64_decode_any(in, &any) == ERR_OK);
            MUST(slice_eq(buf_slice(&any), buf_slice(&back)));
            buf_free(&any);
        }
        buf_free(&text);
        buf_free(&back);
    }
    struct buf header = BUF_INIT(SIZE_MAX), plain = BUF_INIT(SIZE_MAX);
    mcp_header_encode(&header, in);
    MUST(http_is_field_value(buf_slice(&header)));
    if (mcp_header_decode(buf_slice(&header), &plain) == ERR_OK)
        MUST(slice_eq(buf_slice(&plain), in));
    buf_free(&header);
    buf_free(&plain);
    return 0;
}
