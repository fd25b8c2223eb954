import { call, code, exchange, post } from '../../lib/raw.mjs';

export const name = 'requests that are not what the protocol asks for get one clear error each that says what to do, never reach the server, and harm nobody else';

const body = JSON.stringify(call());
const without = (key) => { const c = call(); delete c.params._meta[`io.modelcontextprotocol/${key}`]; return c; };

// what: [request options or body, wanted status, wanted code]
const rows = {
    'not JSON': ['{"jsonrpc":"2.0"', 400, -32700],
    'bytes after the value': [`${body}{}`, 400, -32700],
    'invalid UTF-8': [Buffer.concat([Buffer.from(body.slice(0, -3)), Buffer.from([0xff]), Buffer.from(body.slice(-3))]).toString('latin1'), 400, undefined],
    'a key twice': [body.replace('"id":1', '"id":1,"id":2'), 400, undefined],
    'a key twice, once escaped': [body.replace('"name":', '"na\\u006de":"note","name":'), 400, undefined],
    'nested too deeply': [body.replace('"harbour"', `${'['.repeat(2000)}${']'.repeat(2000)}`), 400, undefined],
    'too large': [body.replace('"harbour"', JSON.stringify('x'.repeat(5_000_000))), 413, undefined],
    'a batch': [`[${body}]`, 400, undefined],
    'a number': ['42', 400, undefined],
    'no jsonrpc': [body.replace('"jsonrpc":"2.0",', ''), 400, undefined],
    'jsonrpc 1.0': [body.replace('"2.0"', '"1.0"'), 400, undefined],
    'an id that is null': [body.replace('"id":1', '"id":null'), 400, undefined],
    'an id that is an object': [body.replace('"id":1', '"id":{}'), 400, undefined],
    'params that are an array': [{ ...call(), params: [] }, 400, undefined],
    'no _meta': [{ ...call(), params: { name: 'weather', arguments: {} } }, 400, -32602],
    'no version in _meta': [without('protocolVersion'), 400, -32602],
    'no capabilities in _meta': [without('clientCapabilities'), 400, -32602],
    'a version nobody knows': [call(1, 'weather', {}, '2099-01-01'), 400, -32022, { headers: { 'MCP-Protocol-Version': '2099-01-01' } }],
    'header and body of different versions': [call(), 400, -32020, { headers: { 'MCP-Protocol-Version': '2025-11-25' } }],
    'no version header': [call(), 400, -32020, { headers: { 'MCP-Protocol-Version': null } }],
    'header and body of different methods': [call(), 400, -32020, { headers: { 'Mcp-Method': 'tools/list' } }],
    'no method header': [call(), 400, -32020, { headers: { 'Mcp-Method': null } }],
    'header and body of different names': [call(), 400, -32020, { headers: { 'Mcp-Name': 'note' } }],
    'no name header': [call(), 400, -32020, { headers: { 'Mcp-Name': null } }],
    'a method nobody knows': [{ ...call(), method: 'tools/cook' }, 404, -32601],
    'no content type': [call(), 415, undefined, { headers: { 'Content-Type': null } }],
    'another content type': [call(), 415, undefined, { headers: { 'Content-Type': 'text/plain' } }],
    'no accept that we can meet': [call(), 406, undefined, { headers: { Accept: 'text/html' } }],
    'an unknown upstream': [call(), 404, undefined, { path: '/mcp/nowhere' }],
    'another path': [call(), 404, undefined, { path: '/' }],
    'PUT': [undefined, 405, undefined, { method: 'PUT' }],
    'a foreign origin': [call(), 403, undefined, { headers: { Origin: 'http://evil.example' } }],
    'the null origin': [call(), 403, undefined, { headers: { Origin: 'null' } }],
    'a foreign host': [call(), [400, 403, 421], undefined, { headers: { Host: 'evil.example' } }],
    'the pages\' host': [call(), [400, 403, 421], undefined, { headers: { Host: 'localhost:8402' } }],
    'no host': [call(), 400, undefined, { headers: { Host: null } }],
    'two hosts': [call(), 400, undefined, { more: 'Host: evil.example\r\n' }],
    'two lengths': [call(), 400, undefined, { more: 'Content-Length: 5\r\n' }],
    'length and chunks': [call(), 400, undefined, { more: 'Transfer-Encoding: chunked\r\n' }],
    'an unknown coding': [call(), [400, 501], undefined, { headers: { 'Content-Length': null }, more: 'Transfer-Encoding: gzip\r\n' }],
    'two Authorization fields': [call(), [400, 401], undefined, { more: 'Authorization: Bearer x\r\n' }],
    'a space before the colon': [call(), 400, undefined, { more: 'X-A : b\r\n' }],
    'a bare CR in a field': [call(), 400, undefined, { more: 'X-A: b\rc\r\n' }],
    'an absolute target': [call(), 400, undefined, { path: 'http://evil.example/mcp/weather' }],
    'a NUL in the target': [call(), [400, 404], undefined, { path: '/mcp/weather%00x' }],
    'headers without end': [call(), [400, 431], undefined, { more: `X-A: ${'x'.repeat(40_000)}\r\n` }],
    'too many headers': [call(), [400, 431], undefined, { more: Array.from({ length: 200 }, (_, i) => `X-${i}: 1\r\n`).join('') }],
};

// What each must say, beside its code: what is to be done.
const advice = [
    [/check quotes, commas and UTF-8/, ['not JSON', 'bytes after the value', 'invalid UTF-8']],
    [/same key twice; remove one/, ['a key twice', 'a key twice, once escaped']],
    [/deeper than the limit; flatten it/, ['nested too deeply']],
    [/larger than the limit; send less at once/, ['too large']],
    [/send one JSON-RPC 2\.0 message and no batch: jsonrpc is 2\.0, params an object, an id a string or a number/,
        ['a batch', 'a number', 'no jsonrpc', 'jsonrpc 1.0', 'an id that is null', 'an id that is an object', 'params that are an array']],
    [/_meta lacks the protocol version or the client's capabilities; send both/, ['no _meta', 'no version in _meta', 'no capabilities in _meta']],
    [/"supported":\["2026-07-28","2025-11-25"\]/, ['a version nobody knows']],
    ...[['version', 'MCP-Protocol-Version'], ['method', 'Mcp-Method'], ['name', 'Mcp-Name']].flatMap(([what, header]) => [
        [new RegExp(`the header ${header} differs from the body; send the same value in both`), [`header and body of different ${what}s`]],
        [new RegExp(`the header ${header} is missing; send in it what the body says`), [`no ${what} header`]],
    ]),
    [/Method not found/, ['a method nobody knows']], // the words of JSON-RPC
    [/send Content-Type: application\/json/, ['no content type', 'another content type']],
    [/accept both application\/json and text\/event-stream/, ['no accept that we can meet']],
    [/check the upstream's name/, ['an unknown upstream', 'another path']],
    [/the Allow header names those that are/, ['PUT']],
    [/add it to gateway\.origins/, ['a foreign origin', 'the null origin']],
    [/use the configured address/, ['a foreign host', 'the pages\' host']],
    [/&quot;Host:&quot; header/, ['no host']], // libmicrohttpd's own words, here and below, of either version
    [/header was too big|exceeds the memory constraints/, ['headers without end']],
    [/headers are ambiguous or malformed; see the log of the proxy in front|<title>(Malformed request|Unsupported Transfer-Encoding|Request broken)<\/title>/, ['two hosts', 'two lengths', 'length and chunks', 'an unknown coding',
        'two Authorization fields', 'a space before the colon', 'a bare CR in a field', 'an absolute target', 'a NUL in the target', 'too many headers']],
];

export default async function (t) {
    const { station, sidegate } = await t.cast({ agent: null, person: null, station: { check: () => true }, credential: null });
    const key = await sidegate.addKey('ana', 'raw');
    const good = async (what) => {
        const answer = await exchange(sidegate.gatewayPort, post(sidegate, 'weather', key, call('ok')));
        t.equal(answer.status, 200, `${what}: the next good request is served`);
    };
    await good('first');
    for (const [what, [message, status, wanted, options]] of Object.entries(rows)) {
        const before = station.seen('tools/call').length;
        const text = post(sidegate, 'weather', key, message, options);
        const answer = await exchange(sidegate.gatewayPort, Buffer.from(text, 'latin1'));
        t.ok([status].flat().includes(answer.status), `${what}: ${answer.status} instead of ${status}\n${answer.text.slice(0, 500)}`);
        if (wanted !== undefined) t.equal(code(answer), wanted, `${what}: the code`);
        t.match(answer.text, advice.find(([, of]) => of.includes(what))?.[0] ?? /^$/, `${what}: says what to do`);
        t.ok(!answer.text.includes(key), `${what}: the key is not repeated`);
        t.equal(station.seen('tools/call').length, before, `${what}: nothing reached the server`);
        await good(`after ${what}`);
    }
    const smuggled = await exchange(sidegate.gatewayPort, post(sidegate, 'weather', key, call(), { more: `Content-Length: 3\r\n` }) + post(sidegate, 'weather', key, call('smuggled')), { enough: () => false });
    t.ok(!smuggled.text.includes('smuggled') && smuggled.closed, 'a request behind two lengths gets no answer, and the connection is closed');
}
