/* The configuration parser: any bytes give a configuration or an error with a text. */
#include "base/defs.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *c = NULL;
    struct config_error error = {""};
    enum err e = config_parse(slice_of(data, size), "f", "/folder", &c, &error);

    BUG_IF((e == ERR_OK) != (c != NULL));
    BUG_IF(e != ERR_OK && error.text[0] == '\0');
    config_free(c);
    return 0;
}
