/*
 * What of a typed value is looked for. A row has the value and its parts, one a line: "=" a secret
 * of its own, "~" the last one in another form, "*" the whole value; what is secret of it stands in
 * braces, bytes that are no ASCII text as \xXX.
 */
#include "unit.h"

#include "base/buf.h"
#include "base/limits.h"
#include "screen/parts.h"
#include "screen/screen.h"

static void put_plain(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= ' ' && s.p[i] < 0x7f)
            buf_put_u8(out, s.p[i]);
        else
            buf_printf(out, "\\x%02x", s.p[i]);
    }
}

/* What came of one value. */
struct seen {
    struct slice value;
    struct buf text;
};

static void put_part(void *ctx, const struct parts_part *part)
{
    struct seen *seen = ctx;
    struct buf *out = &seen->text;

    assert_true(part->from <= part->to && part->to <= part->bytes.n);
    assert_true(part->bytes.n >= SCREEN_VALUE_MIN);
    buf_put_u8(out, (uint8_t) "=~*"[part->kind]);
    if (part->kind == PARTS_MADE) {
        assert_true(slice_eq(part->bytes, seen->value));
        assert_int_equal(part->from, part->to);
        buf_put_u8(out, '\n');
        return;
    }
    put_plain(out, slice_sub(part->bytes, 0, part->from));
    if (part->from < part->to) {
        buf_put_u8(out, '{');
        put_plain(out, slice_sub(part->bytes, part->from, part->to));
        buf_put_u8(out, '}');
    }
    put_plain(out, slice_sub(part->bytes, part->to, part->bytes.n));
    buf_put_u8(out, '\n');
}

static void check(struct slice value, size_t most, const char *parts)
{
    struct seen seen = {value, BUF_INIT(SIZE_MAX)};
    size_t n = parts_of(value, most, put_part, &seen), lines = 0;

    if (!slice_eq_str(buf_slice(&seen.text), parts))
        fail_msg("%.*s has\n%.*s", (int)value.n, (const char *)value.p, (int)seen.text.n,
                 (const char *)seen.text.p);
    for (size_t i = 0; i < seen.text.n; i++)
        lines += seen.text.p[i] == '\n';
    assert_int_equal(n, lines);
    buf_free(&seen.text);
}

static const struct {
    const char *value, *parts;
} rows[] = {
    {"Bearer sk_live_4eC39HqLyjWDarjtT1zdp7dX", "=sk_live_{4eC39HqLyjWDarjtT1zdp7dX}\n"
                                                "*\n"},
    {"xoxb-123456789012-1234567890123-4eC39HqLyjWDarjtT1zdp7dX",
     "=xoxb-123456789012-1234567890123-{4eC39HqLyjWDarjtT1zdp7dX}\n"},
    {"token=hunter2!x", "={hunter2!x}\n"
                        "*\n"},
    {"token hunter2!x", "={hunter2!x}\n"
                        "*\n"},
    {"Basic YW5hOmh1bnRlcjIheA==", "={hunter2!x}\n"
                                   "*\n"},
    {"Authorization: Bearer sk-proj-9f8A7b", "=sk-proj-{9f8A7b}\n"
                                             "*\n"},
    {"Digest username=\"ana\", realm=\"shop\", response=\"x\", password=\"hunter2!x\"",
     "={hunter2!x}\n"
     "*\n"},
    {"Foo 9f8e7d6c5b4a3928", "={9f8e7d6c5b4a3928}\n"
                             "~{\\x9f\\x8e}l[J9(}\n"
                             "*\n"},
    {"export KEY=hunter2!x", "={hunter2!x}\n"
                             "*\n"},
    {"export API_KEY=\"Bearer hunter2!x\"", "={hunter2!x}\n"
                                            "*\n"},
    {"\"key\": \"hunter2!x\",", "={hunter2!x}\n"
                                "*\n"},
    {"'key': 'hunter2!x'", "={hunter2!x}\n"
                           "*\n"},
    {"X-Api-Key: hunter2!x", "={hunter2!x}\n"
                             "*\n"},
    {"a=1; session=hunter2!x; HttpOnly", "={hunter2!x}\n"
                                         "*\n"},
    {"key = Zk83hQ1mVt7xPw2Rb", "={Zk83hQ1mVt7xPw2Rb}\n"
                                "*\n"},
    {"key := Zk83hQ1mVt7xPw2Rb", "={Zk83hQ1mVt7xPw2Rb}\n"
                                 "*\n"},
    {"$env:KEY = \"Zk83hQ1mVt7xPw2Rb\"", "={Zk83hQ1mVt7xPw2Rb}\n"
                                         "*\n"},
    {"sid=Zk83hQ1mVt7xPw2Rb; csrftoken=f3A9c7Lq0Wd6TyUec", "={Zk83hQ1mVt7xPw2Rb}\n"
                                                           "={f3A9c7Lq0Wd6TyUec}\n"
                                                           "*\n"},
    {"password=Zk83hQ1mVt7xPw2Rb sslpassword=f3A9c7Lq0Wd6TyUec", "={Zk83hQ1mVt7xPw2Rb}\n"
                                                                 "={f3A9c7Lq0Wd6TyUec}\n"
                                                                 "*\n"},
    {"OAuth oauth_consumer_key=\"Zk83hQ1mVt7xPw2Rb\", oauth_token=\"f3A9c7Lq0Wd6TyUec\"",
     "={Zk83hQ1mVt7xPw2Rb}\n"
     "={f3A9c7Lq0Wd6TyUec}\n"
     "*\n"},
    {"export A_KEY=Zk83hQ1mVt7xPw2Rb B_KEY=f3A9c7Lq0Wd6TyUec", "={Zk83hQ1mVt7xPw2Rb}\n"
                                                               "={f3A9c7Lq0Wd6TyUec}\n"
                                                               "*\n"},
    {"Zk83hQ1mVt7xPw2Rb f3A9c7Lq0Wd6TyUec", "={Zk83hQ1mVt7xPw2Rb}\n"
                                            "={f3A9c7Lq0Wd6TyUec}\n"
                                            "*\n"},
    {"user=Zk83hQ1mVt7xPw2Rb token=f3A9c7Lq0Wd6TyUec", "={f3A9c7Lq0Wd6TyUec}\n"
                                                       "*\n"},
    {"SharedAccessKeyName=root; SharedAccessKey=f3A9c7Lq0Wd6TyUec", "={f3A9c7Lq0Wd6TyUec}\n"
                                                                    "*\n"},
    {"Zk83hQ1mVt7xPw2Rb://db.example/f3A9c7Lq0Wd6TyUec==", "={Zk83hQ1mVt7xPw2Rb}\n"
                                                           "={f3A9c7Lq0Wd6TyUec==}\n"
                                                           "*\n"},
    {"https://api.example/?Zk83hQ1mVt7xPw2Rb=1&api_key=f3A9c7Lq0Wd6TyUec", "={Zk83hQ1mVt7xPw2Rb}\n"
                                                                           "={f3A9c7Lq0Wd6TyUec}\n"
                                                                           "*\n"},
    {"ana:hunter2!x@Zk83hQ1mVt7xPw2Rb.example/shop", "={hunter2!x}\n"
                                                     "={Zk83hQ1mVt7xPw2Rb.example/shop}\n"
                                                     "*\n"},
    {"A_KEY=Zk83hQ1mVt7xPw2Rb\nB=-----BEGIN CERTIFICATE-----\nMIIB\n-----END "
     "CERTIFICATE-----\nC=1\nD_KEY=f3A9c7Lq0Wd6TyUec",
     "={Zk83hQ1mVt7xPw2Rb}\n"
     "={f3A9c7Lq0Wd6TyUec}\n"
     "*\n"},
    {"{\"sk_live_Zk83hQ1mVt7xPw2Rb\":\"x\"}", "=sk_live_{Zk83hQ1mVt7xPw2Rb}\n"
                                              "*\n"},
    {"  'hunter2!x'  ", "={hunter2!x}\n"
                        "*\n"},
    {"postgres://ana:hunter2!x@db.example:5432/shop?sslmode=require", "={hunter2!x}\n"
                                                                      "*\n"},
    {"DATABASE_URL=postgres://ana:hunter2!x@db.example/shop", "={hunter2!x}\n"
                                                              "*\n"},
    {"postgres://ana:p%40ss%2Fw@db.example/shop", "={p@ss/w}\n"
                                                  "*\n"},
    {"postgres://ana:p/ss@w0rd@db.example/shop", "={p/ss@w0rd}\n"
                                                 "*\n"},
    {"mongodb+srv://ana:monkey@a.example,b.example/shop", "={monkey}\n"
                                                          "*\n"},
    {"https://api.example:8443/v1/things", "=https://api.example:8443/v1/things\n"},
    {"https://ghp_4eC39HqLyjWDarjtT1zdp7dXabcd@git.example/x.git",
     "=ghp_{4eC39HqLyjWDarjtT1zdp7dXabcd}\n"
     "*\n"},
    {"https://9f8e7d6c5b4a39281706f5e4d3c2b1a0@sentry.example/42",
     "={9f8e7d6c5b4a39281706f5e4d3c2b1a0}\n"
     "~{\\x9f\\x8e}l[J9(\\x17\\x06\\xf5\\xe4\\xd3\\xc2\\xb1\\xa0}\n"
     "~{9f8e7d6c-5b4a-3928-1706-f5e4d3c2b1a0}\n"
     "~{9F8E7D6C-5B4A-3928-1706-F5E4D3C2B1A0}\n"
     "*\n"},
    {"https://api.example/v1/things?user=ana&api_key=hunter2!x&x=1", "={hunter2!x}\n"
                                                                     "*\n"},
    {"https://ana.example/c?sv=2020&sig=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8%3D",
     "={AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=}\n"
     "~{"
     "\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b\\x0c\\x0d\\x0e\\x0f\\x10\\x11\\x"
     "12\\x13\\x14\\x15\\x16\\x17\\x18\\x19\\x1a\\x1b\\x1c\\x1d\\x1e\\x1f}\n"
     "*\n"},
    {"https://hooks.example/services/T0AB12CD/B0AB12CD/x9Y8z7W6v5U4t3S2r1Q0",
     "={x9Y8z7W6v5U4t3S2r1Q0}\n"
     "~{\\xc7\\xd6<\\xcf\\xb5\\xba\\xbf\\x958\\xb7t\\xb6\\xafT4}\n"
     "*\n"},
    {"Server=tcp:db.example,1433;Initial Catalog=shop;User ID=ana;Password=hunter2!x;Encrypt=True;",
     "={hunter2!x}\n"
     "*\n"},
    {"DefaultEndpointsProtocol=https;AccountName=ana;AccountKey=AAECAwQFBgcICQoLDA0ODw==;"
     "EndpointSuffix=core.example",
     "={AAECAwQFBgcICQoLDA0ODw==}\n"
     "~{\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b\\x0c\\x0d\\x0e\\x0f}\n"
     "*\n"},
    {"Endpoint=sb://shop.example/;SharedAccessKeyName=RootKey;SharedAccessKey=hunter2!x",
     "={hunter2!x}\n"
     "*\n"},
    {"host=db.example port=5432 user=ana password=hunter2!x", "={hunter2!x}\n"
                                                              "*\n"},
    {"jdbc:sqlserver://db.example:1433;databaseName=shop;user=ana;password=hunter2!x",
     "={hunter2!x}\n"
     "*\n"},
    {"ana:hunter2!x", "={hunter2!x}\n"
                      "*\n"},
    {"ana@db.example:hunter2!x", "={hunter2!x}\n"
                                 "*\n"},
    {"ana:hunter2!x@tcp(db.example:3306)/shop", "={hunter2!x}\n"
                                                "*\n"},
    {"ana:p@ssword", "={p@ssword}\n"
                     "*\n"},
    {"ana:pw1", "={ana:pw1}\n"},
    {"sk_live_4eC39HqLyjWDarjtT1zdp7dX:", "=sk_live_{4eC39HqLyjWDarjtT1zdp7dX}\n"
                                          "*\n"},
    {"7f3a9b2c4d5e6f70:hunter2!x", "={7f3a9b2c4d5e6f70}\n"
                                   "~{\\x7f:\\x9b,M^op}\n"
                                   "={hunter2!x}\n"
                                   "*\n"},
    {"123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX", "={AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX}\n"
                                                      "*\n"},
    {"00112233445566778899aabbccddeeff",
     "={00112233445566778899aabbccddeeff}\n"
     "~{\\x00\\x11\"3DUfw\\x88\\x99\\xaa\\xbb\\xcc\\xdd\\xee\\xff}\n"
     "~{00112233-4455-6677-8899-aabbccddeeff}\n"
     "~{00112233-4455-6677-8899-AABBCCDDEEFF}\n"},
    {"00112233445566778899AABBCCDDEEFF0011",
     "={00112233445566778899AABBCCDDEEFF0011}\n"
     "~{\\x00\\x11\"3DUfw\\x88\\x99\\xaa\\xbb\\xcc\\xdd\\xee\\xff\\x00\\x11}\n"},
    {"0x00112233445566778899aabbccddeeff0011",
     "=0x{00112233445566778899aabbccddeeff0011}\n"
     "~{\\x00\\x11\"3DUfw\\x88\\x99\\xaa\\xbb\\xcc\\xdd\\xee\\xff\\x00\\x11}\n"},
    {"00112233-4455-6677-8899-AABBCCDDEEFF",
     "={00112233-4455-6677-8899-AABBCCDDEEFF}\n"
     "~{\\x00\\x11\"3DUfw\\x88\\x99\\xaa\\xbb\\xcc\\xdd\\xee\\xff}\n"
     "~{00112233-4455-6677-8899-aabbccddeeff}\n"},
    {"00112233445566778899aAbBccddeeff",
     "={00112233445566778899aAbBccddeeff}\n"
     "~{\\xd3Mu\\xdbm\\xf7\\xe3\\x8ey\\xeb\\xae\\xfb\\xf3\\xcf}h\\x06\\xc1q\\xc7]y\\xe7\\xdf}\n"},
    {"AAECAwQFBgcICQoLDA0ODw==",
     "={AAECAwQFBgcICQoLDA0ODw==}\n"
     "~{\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b\\x0c\\x0d\\x0e\\x0f}\n"},
    {"AAECAwQFBgcICQoLDA0ODw",
     "={AAECAwQFBgcICQoLDA0ODw}\n"
     "~{\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b\\x0c\\x0d\\x0e\\x0f}\n"},
    {"++//AAECAwQFBgcICQoLDA0O",
     "={++//AAECAwQFBgcICQoLDA0O}\n"
     "~{\\xfb\\xef\\xff\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b\\x0c\\x0d\\x0e}"
     "\n"},
    {"-_-_AAECAwQFBgcICQoLDA0O",
     "={-_-_AAECAwQFBgcICQoLDA0O}\n"
     "~{\\xfb\\xff\\xbf\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b\\x0c\\x0d\\x0e}"
     "\n"},
    {"eyJhcGlfa2V5IjoiaHVudGVyMiF4IiwidXNlciI6ImFuYSJ9", "={hunter2!x}\n"
                                                         "*\n"},
    {"12345678", "={12345678}\n"
                 "~{1.2345678}\n"},
    {"0012345678", "={0012345678}\n"
                   "~{12345678}\n"
                   "~{1.2345678}\n"},
    {"12000000", "={12000000}\n"},
    {"123456789012345678901", "={123456789012345678901}\n"
                              "~{1.23456789012345678901}\n"},
    {"12345", "={12345}\n"},
    {"correct horse battery staple", "={correct horse battery staple}\n"},
    {"hunter2!x", "={hunter2!x}\n"},
    {"p=q", ""},
    {"x9kd83jd/=", "={x9kd83jd/=}\n"},
    {"abcd", ""},
    {"", ""},
    {"eyJhbGciOiJIUzI1NiJ9."
     "eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiYW5hIiwianRpIjoiN2YzYTliMmM0ZDVlNmY3MDgxOTIiL"
     "CJleHAiOjE3MDAwMDAwMDB9.c2lnbmF0dXJlLXBhcnQtMDEyMzQ1Njc4OWFiY2RlZg",
     "={7f3a9b2c4d5e6f708192}\n"
     "~{\\x7f:\\x9b,M^op\\x81\\x92}\n"
     "=eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiYW5hIiwianRpIjoi{N2YzYTliMmM0ZDVlNmY3MDgxOT}"
     "IiLCJleHAiOjE3MDAwMDAwMDB9\n"
     "={c2lnbmF0dXJlLXBhcnQtMDEyMzQ1Njc4OWFiY2RlZg}\n"
     "~{signature-part-0123456789abcdef}\n"
     "*\n"},
    {"eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiYW5hIn0."
     "c2lnbmF0dXJlLXBhcnQtMDEyMzQ1Njc4OWFiY2RlZg",
     "=eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiYW5hIn0\n"
     "={c2lnbmF0dXJlLXBhcnQtMDEyMzQ1Njc4OWFiY2RlZg}\n"
     "~{signature-part-0123456789abcdef}\n"
     "*\n"},
    {"eyJhbGciOiJkaXIifQ..AAECAwQFBgcICQoL.y3VIpV6RxiJKZsmTTnyQlzI6bEZeNGJe.AAECAwQFBgcICQoLDA0ODw",
     "={AAECAwQFBgcICQoL}\n"
     "~{\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b}\n"
     "={y3VIpV6RxiJKZsmTTnyQlzI6bEZeNGJe}\n"
     "~{\\xcbuH\\xa5^\\x91\\xc6\"Jf\\xc9\\x93N|\\x90\\x972:lF^4b^}\n"
     "={AAECAwQFBgcICQoLDA0ODw}\n"
     "~{\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b\\x0c\\x0d\\x0e\\x0f}\n"
     "*\n"},
    {"{\"type\":\"service_account\",\"project_id\":\"shop-1\",\"private_key_id\":"
     "\"0123456789abcdef0123456789abcdef01234567\",\"private_key\":\"-----BEGIN PRIVATE "
     "KEY-----\\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYH\\nCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\\n-----END "
     "PRIVATE "
     "KEY-----\\n\",\"client_email\":\"ana@shop-1.iam.example\",\"client_id\":"
     "\"112233445566778899001\",\"auth_uri\":\"https://idp.example/"
     "auth\",\"client_x509_cert_url\":\"https://www.example/robot/v1/metadata/x509/"
     "ana%40shop-1.iam.example\"}",
     "={0123456789abcdef0123456789abcdef01234567}\n"
     "~{\\x01#Eg\\x89\\xab\\xcd\\xef\\x01#Eg\\x89\\xab\\xcd\\xef\\x01#Eg}\n"
     "=MC4CAQAwBQYDK2VwBCIEIA{ABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f}\n"
     "*\n"},
    {"{\"pin\":1234567,\"retries\":1234567,\"note\":\"token see the "
     "manual\",\"region\":\"a1b2c3d4e5f6g7\",\"nonce\":\"a1b2c3d4e5f6g7\",\"tokens\":[\"hunter2!"
     "x\",[\"monkey\"]],\"dsn\":\"postgres://ana:hunter2!y@h/d\"}",
     "={1234567}\n"
     "~{1.234567}\n"
     "={a1b2c3d4e5f6g7}\n"
     "={hunter2!x}\n"
     "={monkey}\n"
     "={hunter2!y}\n"
     "*\n"},
    {"[\"hunter2!x\"]", "={hunter2!x}\n"
                        "*\n"},
    {"{\"foo\":\"hunter2!x\",\"user\":\"ana.example\"}", "={hunter2!x}\n"
                                                         "*\n"},
    {"{\"environment\":\"production\"}", "={\"environment\":\"production\"}\n"},
    {"-----BEGIN PRIVATE KEY----- MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYH "
     "CAkKCwwNDg8QERITFBUWFxgZGhscHR4f -----END PRIVATE KEY-----",
     "=MC4CAQAwBQYDK2VwBCIEIA{ABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f}\n"
     "*\n"},
    {"-----BEGIN RSA PRIVATE "
     "KEY-----\\nMDQCAQACFADBAgMEBQYHCAkKCwwNDg8QERITAgMBAAECFADRAgMEBQYHCAkKCwwNDg8QERIT\\n-----"
     "END RSA PRIVATE KEY-----",
     "=MDQCAQACFADBAgMEBQYHCAkKCwwNDg8QERITAgMBAAECFA{DRAgMEBQYHCAkKCwwNDg8QERIT}\n"
     "*\n"},
    {"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----",
     "=-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\n"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(slice_str(rows[i].value), LIM_PARTS, rows[i].parts);
}

/* Of more parts than there is room for, it is one secret, and no part of it is lost. */
static void test_too_many(void **state)
{
    static const char value[] = "a_key=hunter2;b_key=hunter3;c_key=hunter4";

    (void)state;
    check(slice_str(value), 4, "={hunter2}\n={hunter3}\n={hunter4}\n*\n");
    check(slice_str(value), 3, "={hunter2}\n={hunter3}\n={hunter4}\n*\n");
    check(slice_str(value), 2, "={a_key=hunter2;b_key=hunter3;c_key=hunter4}\n");
    check(slice_str(value), 0, "={a_key=hunter2;b_key=hunter3;c_key=hunter4}\n");
}

static void ignore(void *ctx, const struct parts_part *part)
{
    *(size_t *)ctx += part->bytes.n;
}

/* Values that are all beginnings. Were the time quadratic, each of these would take hours. */
static void test_linear(void **state)
{
    static const char *const units[] = {
        "a",           "a=b;",     "a=b&",
        "a:b ",        "a b ",     "Bearer ",
        "set a=",      "\"",       "\"a\",",
        "[[",          "{\"a\":",  "eyJ.",
        "-----BEGIN ", "\\n",      "://a@",
        "/a?b=c@",     "=",        ":",
        "00",          "-",        "'",
        "export a='",  "%41",      "{",
        "Basic YW",    "YWJjOmRl", "-----BEGIN PRIVATE-----",
        "\xff",
    };
    enum { BYTES = 1 << 17 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        struct buf value = BUF_INIT(2 * BYTES);
        size_t told = 0;

        while (value.n < BYTES)
            buf_put_str(&value, units[i]);
        (void)parts_of(buf_slice(&value), LIM_PARTS, ignore, &told);
        assert_true(told >= value.n && told <= 4 * value.n);
        buf_free(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
