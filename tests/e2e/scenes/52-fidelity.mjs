import { PlainPerson, callTool } from '../../lib/wire.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { start } from '../../upstreams/misbehaving.mjs';

export const name = 'what is end to end arrives as it was written: order of members, numbers, unknown fields, any Unicode, in both directions, while the screen looks';

// Written by hand: a parser that keeps values alone would lose half of it.
const numbers = '[3.50,1E2,1e-400,-0,-0.0,9007199254740993,123456789012345678901234567890.10,1.0,0.1e+1]';
// Of what must be escaped each character, and of what need not be some: Sidegate writes a string in its own way, character for character the same.
const unicode = '"ünïcode ✓ \u{1F600} \u05d0\u0301\u2028\u2029\ufeff\ufffe\u007f \\u0000\\u001f\\"\\\\ \\b\\f\\n\\r\\t';
const [spelt, written] = [`${unicode} \\ud83d\\ude00\\u00e9\\/"`, `${unicode} \u{1F600}é/"`];
const valueOf = (text) => `{"z":${numbers},"a":${text},"":null,"__proto__":{"constructor":true},"ключ":[{},[],""],"nested":{"b":1,"a":2,"10":3,"9":4}}`;

const result = (text, more) => `{"unknown":${valueOf(text)},"content":[{"text":${text},"type":"text","odd":${numbers}}],"structuredContent":${valueOf(text)},"_meta":{"com.example/m":${numbers}}${more}}`;
const failure = (text) => `{"data":${valueOf(text)},"message":${text},"code":-32050}`;
const progress = (text, token) => `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":3.50,"progressToken":${JSON.stringify(token)},"total":1E2,"message":${text},"odd":${valueOf(text)}}}`;

// How the server answers, with strings spelt like that.
const answers = {
    'as JSON': (text, more) => ({ last: `"result":${result(text, more)}` }),
    'as a stream': (text, more) => ({ first: (token) => progress(text, token), last: `"result":${result(text, more)}` }),
    'with the key in it': (text, more, key) => ({ last: `"result":${result(text, `,"leak":${JSON.stringify(key)}${more}`)}` }),
    'as an error': (text) => ({ last: `"error":${failure(text)}` }),
};

const answering = ({ first, last }) => (res, entry) => {
    const text = `{"jsonrpc":"2.0","id":${JSON.stringify(entry.message.id)},${last}}`;
    res.writeHead(200, { 'content-type': first ? 'text/event-stream' : 'application/json' });
    if (first) res.write(`data: ${first(entry.message.params._meta.progressToken)}\n\n`);
    res.end(first ? `data: ${text}\n\n` : text);
};

// The messages in an answer, as text.
async function texts(response) {
    const text = await response.text();
    if (!/^text\/event-stream/.test(response.headers.get('content-type'))) return [text];
    return text.split('\n').filter((l) => /^data: ?./.test(l)).map((l) => l.slice(5).replace(/^ /, '')); // a regular expression's line ends at U+2028 too
}

const ask = (url, key, headers, body) => fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    body,
});

const eras = {
    async modern(url, key) {
        const meta = `"_meta":{"com.example/kept":${valueOf(spelt)},"progressToken":"p-✓","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`;
        const headers = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'act' };
        return { meta, more: ',"resultType":"complete"', send: (body) => ask(url, key, headers, body) };
    },
    async legacy(url, key) {
        const hello = await ask(url, key, {}, JSON.stringify({
            jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
        }));
        await hello.text();
        const headers = { 'MCP-Protocol-Version': '2025-11-25', 'Mcp-Session-Id': hello.headers.get('mcp-session-id') };
        await ask(url, key, headers, '{"jsonrpc":"2.0","method":"notifications/initialized"}');
        return { meta: `"_meta":{"com.example/kept":${valueOf(spelt)},"progressToken":"p-✓"}`, more: '', send: (body) => ask(url, key, headers, body) };
    },
};

export default async function (t) {
    const secret = t.secret();
    const upstream = await start({ key: secret });
    t.later(() => upstream.stop());
    const sidegate = await t.sidegate({ upstreams: { bad: upstreamConfig(upstream.url, { title: 'Echo', credential: { lease: { kind: 'keep' } } }) } });
    const key = await sidegate.addKey('ana', 'raw');
    const url = sidegate.mcpUrl('bad');
    const person = new PlainPerson({ site: sidegate.surfaceUrl, name: 'ana', password: sidegate.users.get('ana') });
    await callTool(url, key, 'act', {}, { onLink: (link) => { person.give(link, [secret]); } });

    for (const [era, begin] of Object.entries(eras)) {
        const { meta, more, send } = await begin(url, key);
        for (const [how, answer] of Object.entries(answers)) {
            const [given, wanted] = [answer(spelt, more, secret), answer(written, more, '')];
            upstream.way = answering(given);
            const got = await texts(await send(`{"jsonrpc":"2.0","id":"№ 1","method":"tools/call","params":{"odd":${valueOf(spelt)},"arguments":${valueOf(spelt)},"name":"act",${meta}}}`));
            const sent = upstream.seen('tools/call').at(-1).body.toString('utf8');
            const what = `${era}, ${how}`;
            t.ok(sent.includes(`"params":{"odd":${valueOf(written)},"arguments":${valueOf(written)},"name":"act","_meta":{`), `${what}: the server got the parameters as they were written: ${sent}`);
            t.ok(sent.includes(`"com.example/kept":${valueOf(written)}`), `${what}: and what the _meta held beside the hop's own: ${sent}`);
            t.equal(got.map((m) => m.replace(/sk_live_\[redacted: [^\]]*\]/, '')), [...(wanted.first ? [wanted.first('p-✓')] : []), `{"jsonrpc":"2.0","id":"№ 1",${wanted.last}}`], `${what}: the client got the answer as it was written`);
        }
    }
}
