// A server that gives back what it was given, through the whole stack: every way of tests/upstreams/reflecting.mjs in every encoding that
// src/screen/encodings.def says is found, in both eras, bytes as they come on the wire. First the same requests go to the server
// directly, where each must leak: a cell that shows nothing there would prove nothing here. What gets past the screen must be
// exactly what SECURITY.md says gets past it.
//
//   reflection.mjs [--quick [ENCODING]]    for planted builds: one encoding, and not directly
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Oracle } from '../lib/oracle.mjs';
import { Sidegate, root, upstreamConfig } from '../lib/sidegate.mjs';
import { PlainPerson, title } from '../lib/wire.mjs';
import { header } from '../upstreams/lib.mjs';
import { encodings, start } from '../upstreams/reflecting.mjs';
import { hearBeside, kindOf, kindsOf } from './beside.mjs';
import { cells, leaking, say } from './cells.mjs';
import { encoders, screenRows } from './encoders.mjs';
import { check, end, note } from './report.mjs';
import { TapedAgent } from './taped.mjs';

const word = () => Math.random().toString(36).slice(2, 12);
const rows = screenRows();
const screened = rows.filter((r) => r.screened);
const quick = process.argv[2] === '--quick';
const eras = ['modern', 'legacy'];

// The key has a character for each encoding to treat in its own way. In a header, as a password of basic authentication, in the query.
const key = `sk_Live_${word()}"q\\${word()}/+%41&<x>' ${word()}`;
const password = `pw ${word()}/"${word()}+%${word()}`;
const token = `tok&${word()}=${word()} ${word()}`;
const basic = `Basic ${Buffer.from(`ana:${password}`).toString('base64')}`;
const oracle = new Oracle({ key, password, token, 'header of basic authentication': basic.slice(6) });

const forms = Object.fromEntries(screened.map((r) => [r.row, r.form]));
forms['JSON escapes'] = encodings['JSON escapes']; // in the message's own text: taken away by whoever parses it
const upstreams = {
    mirror: await start({ key, forms }),
    basic: await start({ key: password, forms, check: (e) => header(e, 'authorization') === basic }),
    query: await start({ key: token, forms, check: (e) => new URL(e.path, 'http://x').searchParams.get('token') === token }),
};
const lease = { kind: 'keep' };
const gate = new Sidegate();
await gate.init({
    log: { level: 'debug' },
    limits: {
        screen_hits: 1_000_000, calls_per_client: 64, prompts_per_hour: 1000, user_prompts_per_hour: 1000, upstream_prompts_per_hour: 1000, handoffs_per_client: 100,
        submits_per_handoff: 100,
    },
    upstreams: {
        mirror: upstreamConfig(upstreams.mirror.url, { title: 'Mirror', credential: { lease } }),
        basic: upstreamConfig(upstreams.basic.url, {
            title: 'Basic',
            credential: {
                lease,
                fields: [{ name: 'user', label: 'User', secret: false }, { name: 'password', label: 'Password', secret: true }],
                place: [{ in: 'basic', user: 'user', password: 'password' }],
            },
        }),
        query: upstreamConfig(upstreams.query.url, {
            title: 'Query',
            credential: { lease, fields: [{ name: 'token', label: 'Token', secret: true }], place: [{ in: 'query', name: 'token', format: '{token}' }] },
        }),
    },
});
await gate.serve();
const agentKey = await gate.addKey();
const person = new PlainPerson({ site: gate.surfaceUrl, name: 'ana', password: gate.users.get('ana') });
const values = { mirror: [key], basic: ['ana', password], query: [token] };
const give = (name) => async (url) => {
    const page = await person.give(url, values[name]);
    if (!/^(Done|This has ended)$/.test(title(page))) note(`the page said: ${title(page)}`);
};

const foundIn = (bytes) => oracle.find(bytes).map((h) => `${h.secret} as ${h.encoding}`);

// Which messages beside the calls are not as they must be, or did not come.
const beside = (heard, isRight, wrong, era) => [...heard].flatMap(([encoding, messages]) => kindsOf(era).flatMap((kind) => {
    const these = messages.filter((m) => kindOf(m) === kind);
    if (these.length !== 1) return [`${kind}, as ${encoding}: came ${these.length} times`];
    return isRight(these[0]) ? [] : [`${kind}, as ${encoding} ${wrong}: ${JSON.stringify(these[0]).slice(0, 160)}`];
}));

// Everything else that a server is asked, reflecting.
const others = [
    ['tools/list'], ['resources/list'], ['resources/templates/list'], ['prompts/list'], ['resources/read', { uri: 'debug://x' }], ['prompts/get', { name: 'reflect' }],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'reflect' }, argument: { name: 'a', value: 'b' } }], ['logging/setLevel', { level: 'debug' }],
    ['vendor/thing', {}], ['ping'],
];
async function askAll(agent, upstream, encoding) {
    upstream.lists = encoding;
    for (const [method, params] of others) await agent.request(method, params);
    if (agent.era === 'modern') return agent.request('server/discover');
    const again = new TapedAgent({ ...agent, tape: undefined });
    await again.start();
    agent.tape.push(...again.tape);
}

const names = quick ? [process.argv[3] ?? 'RAW'] : Object.keys(forms);
const agents = [];
for (const era of eras) {
    if (!quick) {
        const direct = new TapedAgent({ port: upstreams.mirror.port, path: '/mcp', key, era });
        const list = cells(names);
        const seen = await leaking(direct, list, foundIn);
        check(`asked directly, the server leaks in each of ${list.length} cells (${era})`, list.map((c) => say(c, era)).filter((c) => !seen.has(c)));
        const { heard } = await hearBeside(direct, names);
        check(`and beside the calls (${era})`, beside(heard, (m) => foundIn(JSON.stringify(m)).length > 0, 'does not leak', era));
    }
    const agent = new TapedAgent({ port: gate.gatewayPort, path: '/mcp/mirror', key: agentKey, era });
    agents.push(agent);
    if (era === 'legacy') await agent.start({ stream: true });
    const first = await agent.call('reflect', { how: 'text of a result' }, { onLink: give('mirror') });
    check(`what is screened out is marked (${era})`, /\[redacted: [^\]]*\]/.test(JSON.stringify(first.message?.result) ?? '') || [first.text]);
    const before = upstreams.mirror.seen('tools/call').length;
    const list = cells(names);
    const unanswered = [];
    const hits = await leaking(agent, list, foundIn, unanswered);
    check(`through Sidegate nothing comes back in ${list.length} cells (${era})`, [...hits].map((h) => h.join(': ')));
    check(`and each of them was asked (${era})`, upstreams.mirror.seen('tools/call').length - before >= list.length || ['not all reached the server']);
    check(`and answered, as it must be (${era})`, unanswered);
    const from = agent.tape.length;
    for (const encoding of names) await askAll(agent, upstreams.mirror, encoding);
    const told = agent.tape.slice(from).flatMap((x) => foundIn(Buffer.concat(x.parts)).map((h) => `${x.what}: ${h}`));
    check(`nor in lists, descriptions, resources, prompts, completions, unknown methods (${era})`, [...told, ...foundIn(agent.got(from))]);
    upstreams.mirror.lists = undefined;
    for (const name of ['basic', 'query']) {
        const other = new TapedAgent({ ...agent, path: `/mcp/${name}`, session: undefined });
        agents.push(other);
        if (era === 'legacy') await other.start();
        await other.call('reflect', { how: 'text of a result' }, { onLink: give(name) });
        const wrong = [];
        const unmarked = [];
        for (const encoding of names) wrong.push(...await leaking(other, [{ how: 'text of a result', encoding }, { how: 'message of an error', encoding }], foundIn, unmarked));
        await askAll(other, upstreams[name], 'RAW');
        check(`nor of what stands in ${name === 'basic' ? 'basic authentication' : 'the query'} (${era})`, [...wrong.map((h) => h.join(': ')), ...unmarked, ...foundIn(other.got())]);
    }
    const { heard, bytes } = await hearBeside(agent, names);
    check(`nor beside the calls, on a standing stream (${era})`, foundIn(bytes));
    check(`on which everything came, marked (${era})`, beside(heard, (m) => /\[redacted: /.test(JSON.stringify(m)), 'is not marked', era));
    // A refusal ends the connection's life: the person gives the key again.
    const refused = agent.tape.length;
    for (const encoding of names.slice(0, 3)) {
        await agent.call('reflect', { how: 'a 401 with a body', encoding }, { onLink: () => 'decline' });
        await agent.call('reflect', { how: 'text of a result', encoding }, { onLink: give('mirror') });
    }
    check(`nor in a refusal (${era})`, foundIn(agent.got(refused)));
}

// Exactly what SECURITY.md says, no less and no more. Each form that the oracle knows belongs to a row.
const rowOf = {
    raw: 'RAW', 'case-folded': 'CASE_FOLDED', 'mixed case': 'CASE_FOLDED', reversed: 'REVERSED', rot13: 'ROT13', 'hex with something between': 'HEX_SEPARATED',
    base64: 'BASE64_0', 'base64 without padding': 'BASE64_0', 'base64 in lines': 'WRAPPED', base64url: 'BASE64URL_0', base32: 'BASE32', percent: 'PERCENT', 'percent u': 'PERCENT_U',
    'percent where needed': 'PERCENT', 'percent twice': 'TWICE', 'posted form': 'PLUS', 'JSON escapes': 'JSON', 'JSON escapes where needed': 'JSON',
    'HTML entities': 'HTML', 'HTML entities where needed': 'HTML', 'quoted-printable': 'QUOTED_PRINTABLE', 'UTF-16': 'UTF_16', 'lists of numbers': 'BYTES', 'lists of hexadecimal numbers': 'BYTES',
    'gzip and base64': 'COMPRESSED', digests: 'HASHED', hex: 'HEX_LOWER', 'hex escapes': 'HEX_ESCAPE', 'octal escapes': 'CHARSET', 'backslashes before punctuation': 'BACKSLASH',
};
if (!quick) {
    const stated = new Map([...readFileSync(join(root, 'SECURITY.md'), 'utf8').matchAll(/^\| ([A-Z0-9_]+) \| (yes|no) \|/gm)].map(([, row, yes]) => [row, yes === 'yes']));
    const cases = Object.entries(encoders).flatMap(([name, encode]) => encode(key).map((form) => ({ row: rowOf[name], name, form: Buffer.from(form).toString('latin1') })));
    cases.push(...rows.filter((r) => r.form(key) !== undefined).map((r) => ({ row: r.row, name: 'its own form', form: r.form(key) })));
    const wrongs = cases.filter((c) => c.row === undefined).map((c) => `${c.name} belongs to no row`);
    const past = new Set();
    const agent = agents[0];
    const mirror = upstreams.mirror;
    const handler = mirror.handler;
    for (const { row, name, form } of cases) {
        const text = row === 'SPLIT' ? form.match(/.{1,8}/gs) : [form];
        mirror.handler = (req, res, entry) => {
            res.writeHead(200, { 'content-type': 'application/json' });
            res.end(JSON.stringify({ jsonrpc: '2.0', id: entry.message.id, result: { resultType: 'complete', content: text.map((t) => ({ type: 'text', text: `see: ${t} .` })) } }));
        };
        const read = await agent.request('tools/call', { name: 'reflect', arguments: {} });
        const leaks = foundIn(Buffer.concat(agent.tape.at(-1).parts)).length > 0;
        if (leaks) past.add(row);
        if (!/see:/.test(read.text)) wrongs.push(`${row}, ${name}: there was no answer: ${read.text.slice(0, 200)}`);
        if (leaks && stated.get(row) !== false) wrongs.push(`${row}, ${name}: gets past the screen, and SECURITY.md does not say so: ${form.slice(0, 60)}`);
        // Of another form of what is not found, blocks may be.
        if (!leaks && stated.get(row) !== true && name === 'its own form') wrongs.push(`${row}, ${name}: SECURITY.md says it gets past the screen, and it does not: ${form.slice(0, 60)}`);
    }
    mirror.handler = handler;
    check(`what gets past the screen is what SECURITY.md says (${cases.length} forms)`, wrongs);
    const never = [...stated].filter(([row, yes]) => !yes && !past.has(row) && row !== 'PICTURED').map(([row]) => `${row} was not seen to get past`);
    check('and each thing that it says gets past was seen to', never);
}

for (const agent of agents) await agent.stop();
const listed = await gate.cli('connections');
await gate.stop();
check('the log, at debug with its trace, has none of it', [...foundIn(gate.log), ...(/event=message/.test(gate.log) ? [] : ['there is no trace'])]);
check('nor does the list of connections', foundIn(listed.stdout + listed.stderr));
for (const u of Object.values(upstreams)) await u.stop();
if (process.env.KEEP) note(gate.dir);
else gate.remove();
end();
