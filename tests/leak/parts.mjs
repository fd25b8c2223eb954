// What a person types is more than the secret, and what comes back is less than what was typed, or the same key written otherwise. Each
// row types something and reflects a part or another form of it, in every way of tests/upstreams/reflecting.mjs; the eras take turns.
// First the same requests go to the server directly, where each must leak.
//
//   parts.mjs [--quick ROW...]    for planted builds: these rows alone, and not directly
import { randomBytes, randomInt } from 'node:crypto';
import { Oracle } from '../lib/oracle.mjs';
import { Sidegate, upstreamConfig } from '../lib/sidegate.mjs';
import { PlainPerson, title } from '../lib/wire.mjs';
import { header } from '../upstreams/lib.mjs';
import { start } from '../upstreams/reflecting.mjs';
import { hows, leaking, say } from './cells.mjs';
import { check, end, note } from './report.mjs';
import { TapedAgent } from './taped.mjs';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const word = (n) => Array.from({ length: n }, () => letters[randomInt(letters.length)]).join('');
const json64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const uuidOf = (hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

// What is typed, by the person's way of having it: { typed, secrets: what the oracle looks for, rows: { name: what is reflected } }. Each
// is a field of one of a few servers, since each server is a handoff more.
const after = (typed, name) => { const key = word(33); return { typed: typed(key), secrets: { key }, rows: { [name]: key } }; };
const opened = (typed, name) => { const password = `${word(6)}!${word(6)}`; return { typed: typed(password), secrets: { password }, rows: { [name]: password } }; };
const two = (typed, name) => { const first = word(33), second = word(33); return { typed: typed(first, second), secrets: { first, second }, rows: { [`the first of ${name}`]: first, [`the second of ${name}`]: second } }; };
const bytes = randomBytes(32);
const base64 = bytes.toString('base64');
const hex = randomBytes(24);
const id = randomBytes(16);
const uuid = uuidOf(id.toString('hex'));
const signature = randomBytes(32).toString('base64url');
const claim = word(24);
const jwt = `${json64({ alg: 'HS256', typ: 'JWT' })}.${json64({ iss: 'https://idp.example', sub: claim, exp: 1764550800 })}.${signature}`;
const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), randomBytes(32)]).toString('base64');
const account = {
    type: 'service_account', project_id: 'shop-1', private_key_id: randomBytes(20).toString('hex'),
    private_key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`, client_email: 'ana@shop-1.iam.example',
};
const number = `${randomInt(1, 9)}${randomInt(1_000_000, 10_000_000)}7`;
const dotted = `${number[0]}.${number.slice(1)}`;
const whole = word(33);
const half = `sk_live_${word(33)}`;
const servers = {
    cut: {
        opaque: { typed: whole, secrets: { whole }, rows: { 'all but the first character': whole.slice(1), 'cut at 32 of 33': whole.slice(0, 32) } },
        half: { typed: half, secrets: { half: half.slice(8) }, rows: { 'the first half': half.slice(0, Math.ceil(half.length / 2)) } },
    },
    parts: {
        bearer: after((k) => `Bearer ${k}`, 'K of Bearer K'),
        named: after((k) => `token=${k}`, 'K of token=K'),
        exported: after((k) => `export KEY="${k}"`, 'K of export KEY="K"'),
        member: after((k) => `"key": "${k}",`, 'K of "key": "K"'),
        url: opened((p) => `postgres://ana:${p}@db.example/shop`, 'the password of a URL'),
        settings: opened((p) => `Server=db.example;User ID=ana;Password=${p};`, 'the password of a connection string'),
        basic: opened((p) => `Basic ${Buffer.from(`ana:${p}`).toString('base64')}`, 'the password of Basic'),
        live: after((k) => `sk_live_${k}`, 'the value without sk_live_'),
    },
    pairs: {
        cookies: two((k, l) => `session=${k}; csrftoken=${l}`, 'two cookies'),
        oauth: two((k, l) => `OAuth oauth_consumer_key="${k}", oauth_token="${l}"`, 'two parameters'),
        both: two((k, l) => `${k} ${l}`, 'two keys'),
    },
    forms: {
        base64: {
            typed: base64, secrets: { bytes },
            rows: { 'base64 without padding': base64.replace(/=+$/, ''), 'base64 as base64url': bytes.toString('base64url'), 'base64 as hexadecimal': bytes.toString('hex') },
        },
        hex: { typed: hex.toString('hex'), secrets: { hex }, rows: { 'hexadecimal in upper case': hex.toString('hex').toUpperCase(), 'hexadecimal as base64': hex.toString('base64') } },
        uuid: { typed: uuid, secrets: { id, uuid }, rows: { 'a UUID without dashes': id.toString('hex'), 'a UUID in upper case': uuid.toUpperCase() } },
        number: { typed: number, secrets: { dotted }, rows: { 'a number as 1.2345678E7': `${dotted}E${number.length - 1}` } },
        document: {
            typed: JSON.stringify(account), secrets: { body: der.slice(22), id: account.private_key_id },
            rows: { 'the private key of a document': der, 'the key id of a document': account.private_key_id },
        },
        jwt: { typed: jwt, secrets: { signature, claim }, rows: { 'a JWT but for its beginning': jwt.slice(24) } },
    },
};

const words = process.argv.slice(2);
const quick = words[0] === '--quick' && words.shift() !== undefined;
const wanted = (row) => words.length === 0 || words.includes(row);
const gate = new Sidegate();
const started = [];
for (const [name, fields] of Object.entries(servers)) {
    const texts = Object.assign({}, ...Object.values(fields).map((f) => f.rows));
    const names = Object.keys(texts).filter(wanted);
    if (names.length === 0) continue;
    const headers = Object.fromEntries(Object.entries(fields).map(([field, f]) => [`X-${field}`, f.typed]));
    const came = (e) => Object.entries(headers).every(([h, typed]) => header(e, h.toLowerCase()) === typed);
    const upstream = await start({ key: 'none', check: came, forms: Object.fromEntries(Object.entries(texts).map(([row, text]) => [row, () => text])) });
    const oracle = new Oracle(Object.assign({}, ...Object.entries(fields).map(([field, f]) => Object.fromEntries(Object.entries(f.secrets).map(([k, v]) => [`${field}'s ${k}`, v])))));
    started.push({ name, names, headers, upstream, fields, foundIn: (data) => oracle.find(data).map((h) => `${h.secret} as ${h.encoding}`) });
}
const credentialOf = (fields) => ({
    lease: { kind: 'keep' }, fields: Object.keys(fields).map((name) => ({ name, label: name, secret: true })),
    place: Object.keys(fields).map((name) => ({ in: 'header', name: `X-${name}`, format: `{${name}}` })),
});
await gate.init({
    limits: {
        screen_hits: 1_000_000, calls_per_client: 64, prompts_per_hour: 1000, user_prompts_per_hour: 1000, upstream_prompts_per_hour: 1000, handoffs_per_client: 100,
        submits_per_handoff: 100,
    },
    upstreams: Object.fromEntries(started.map(({ name, upstream, fields }) => [name, upstreamConfig(upstream.url, { title: name, credential: credentialOf(fields) })])),
});
await gate.serve();
const agentKey = await gate.addKey();
const person = new PlainPerson({ site: gate.surfaceUrl, name: 'ana', password: gate.users.get('ana') });

const eras = ['modern', 'legacy'];
const rows = started.flatMap(({ names }) => names);
const listOf = (names, era) => hows.flatMap((how, i) => names
    .map((encoding) => ({ how, encoding, era: eras[(i + rows.indexOf(encoding)) % 2] })))
    .filter((c) => c.era === era);
const silent = [];
const leaks = [];
const unanswered = [];
let count = 0;
for (const { name, names, headers, upstream, fields, foundIn } of started) {
    for (const era of eras) {
        const list = listOf(names, era);
        count += list.length;
        if (!quick) {
            const seen = await leaking(new TapedAgent({ port: upstream.port, path: '/mcp', era, headers }), list, foundIn);
            silent.push(...list.map((c) => say(c, era)).filter((c) => !seen.has(c)));
        }
        const agent = new TapedAgent({ port: gate.gatewayPort, path: `/mcp/${name}`, key: agentKey, era });
        if (era === 'legacy') await agent.start();
        await agent.call('reflect', { how: 'text of a result', encoding: names[0] }, {
            onLink: async (url) => {
                const page = await person.give(url, Object.values(fields).map((f) => f.typed));
                if (!/^(Done|This has ended)$/.test(title(page))) note(`${name}: the page said: ${title(page)}`);
            },
        });
        leaks.push(...[...await leaking(agent, list, foundIn, unanswered)].map((h) => h.join(': ')));
        await agent.stop();
    }
}
if (!quick) check(`asked directly, the server leaks in each of ${count} cells`, silent);
check(`through Sidegate nothing comes back in ${count} cells`, leaks);
check('and each is answered, as it must be', unanswered);
await gate.stop();
check('the log has none of it', started.flatMap((u) => u.foundIn(gate.log)));
for (const { upstream } of started) await upstream.stop();
if (process.env.KEEP) note(gate.dir);
else gate.remove();
end();
