/*
 * Turns files into C arrays, so that a binary needs no file at run time.
 *
 *     embed OUT.h NAME FILE [NAME FILE]...
 *
 * writes, per file, "static const unsigned char NAME[] = {...};" with a NUL after the last byte,
 * and "enum { NAME_n = bytes };" without it. Runs at build time only.
 */
#include <stdio.h>
#include <stdlib.h>

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void embed(FILE *out, const char *name, const char *path)
{
    FILE *in = fopen(path, "rb");
    size_t n = 0;
    int c = 0;

    if (!in)
        die(path);
    fprintf(out, "static const unsigned char %s[] = {", name);
    while ((c = getc(in)) != EOF)
        fprintf(out, "%s%d,", n++ % 20 == 0 ? "\n    " : "", c);
    if (ferror(in))
        die(path);
    fprintf(out, "\n    0};\nenum { %s_n = %zu };\n", name, n);
    fclose(in);
}

int main(int argc, char **argv)
{
    FILE *out = NULL;

    if (argc < 4 || argc % 2 != 0) {
        fprintf(stderr, "usage: embed OUT.h NAME FILE [NAME FILE]...\n");
        return 2;
    }
    out = fopen(argv[1], "w");
    if (!out)
        die(argv[1]);
    fprintf(out, "/* Made by tools/embed.c. */\n");
    for (int i = 2; i < argc; i += 2)
        embed(out, argv[i], argv[i + 1]);
    if (fclose(out) != 0)
        die(argv[1]);
    return 0;
}
