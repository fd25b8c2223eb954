// One canary for each class of secret that there is, in one working day of Sidegate: two people, agents of both eras, servers that
// reflect, refuse and set cookies, wrong passwords, refused keys, errors. Then each channel that leaves the core is looked through
// for all of them, and memory, files and command output too. What may be where is a table, and an entry that is not needed is wrong.
//
//   canaries.mjs [--only WORDS]    only the channels that the regular expression WORDS names: for planted builds
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Oracle } from '../lib/oracle.mjs';
import { canLook, regions } from '../lib/memory.mjs';
import { Sidegate, upstreamConfig } from '../lib/sidegate.mjs';
import { PlainPerson, title } from '../lib/wire.mjs';
import { header } from '../upstreams/lib.mjs';
import { start as startReflecting } from '../upstreams/reflecting.mjs';
import { start as startStation } from '../upstreams/station.mjs';
import { encoders } from './encoders.mjs';
import { check, end, note } from './report.mjs';
import { TapedAgent } from './taped.mjs';

const began = Date.now();
const only = process.argv[2] === '--only' ? new RegExp(process.argv[3]) : undefined;
const isWanted = (name) => !only || only.test(name);
const fresh = (n = 12) => randomBytes(n).toString('base64url');
const awkward = () => `${fresh(6)}"\\%2f/+&<${fresh(6)}>'= ${fresh(6)}`;

// name -> value. The name of a class comes before the colon.
const secrets = {
    'API key': `sk_${fresh(3)}_live_${fresh(15)}`,
    'API key: of bob': `sk_${fresh(3)}_live_${fresh(15)}`,
    'API key: tried and refused': `sk_${fresh(3)}_live_${fresh(15)}`,
    'API key: typed with a wrong password': awkward(),
    'basic: user': `account-${fresh(9)}`,
    'basic: password': awkward(),
    'query key': awkward(),
    'named field': awkward(),
    'password: of ana': fresh(15),
    'password: of bob': awkward(),
    'password: mistyped': fresh(15),
    'password: replaced': fresh(15),
    'password: typed as a name': fresh(15),
    'agent key: mistyped': `sg_${fresh(32)}`,
    'server: cookie': fresh(18),
    'server: session id': fresh(18),
};
secrets['basic: header'] = Buffer.from(`${secrets['basic: user']}:${secrets['basic: password']}`).toString('base64');

// --- the day ------------------------------------------------------------------------------------------------------------------------

const anyKey = Object.fromEntries(['API key', 'API key: of bob'].map((n) => [secrets[n], secrets[n]]));
const upstreams = {
    mirror: await startReflecting({
        key: secrets['API key'], check: (e) => anyKey[header(e, 'authorization')?.slice(7)],
        headers: { 'set-cookie': `sid=${secrets['server: cookie']}; Path=/`, 'mcp-session-id': secrets['server: session id'] },
    }),
    basic: await startReflecting({ key: secrets['basic: password'], check: (e) => header(e, 'authorization') === `Basic ${secrets['basic: header']}` }),
    query: await startReflecting({ key: secrets['query key'], check: (e) => new URL(e.path, 'http://x').searchParams.get('key') === secrets['query key'] }),
    named: await startReflecting({ key: secrets['named field'], check: (e) => header(e, 'x-token') === `t ${secrets['named field']}` }),
    tried: await startStation({ key: secrets['API key'] }),
};
const keep = { lease: { kind: 'keep' } };
const secretField = (name, label) => ({ name, label, secret: true });
const gate = new Sidegate({ program: process.env.SIDEGATE_PROGRAM });
await gate.init({
    password: secrets['password: of ana'],
    log: { level: 'debug' },
    limits: { screen_hits: 1000, answer_time: 3_000, hold_time: 20_000, logins_per_minute: 100 },
    upstreams: {
        mirror: upstreamConfig(upstreams.mirror.url, { title: 'Mirror', credential: keep }),
        basic: upstreamConfig(upstreams.basic.url, {
            title: 'Basic',
            credential: { ...keep, fields: [{ name: 'user', label: 'User', secret: false }, secretField('word', 'Word')], place: [{ in: 'basic', user: 'user', password: 'word' }] },
        }),
        query: upstreamConfig(upstreams.query.url, {
            title: 'Query', credential: { ...keep, fields: [secretField('key', 'Key')], place: [{ in: 'query', name: 'key', format: '{key}' }] },
        }),
        named: upstreamConfig(upstreams.named.url, {
            title: 'Named', credential: { ...keep, fields: [secretField('token', 'Token')], place: [{ in: 'header', name: 'X-Token', format: 't {token}' }] },
        }),
        tried: upstreamConfig(upstreams.tried.url, { title: 'Tried', credential: { ...keep, verify: { method: 'tools/list' } } }),
    },
});
const said = [gate.initSaid];
const cli = async (...args) => {
    const done = await gate.cli(...args);
    said.push(`$ sidegate ${args.filter((a) => typeof a === 'string').join(' ')}\n${done.stdout}${done.stderr}`);
    return done;
};
await gate.serve();
await gate.addUser('bob', secrets['password: of bob']);
const ownKeys = { 'agent key: of ana': await gate.addKey('ana', 'laptop'), 'agent key: of bob': await gate.addKey('bob', 'desk') };
Object.assign(secrets, ownKeys);
for (const file of readdirSync(join(gate.dir, 'keys/master'))) {
    if (/^master-\d+\.key$/.test(file)) secrets['master key'] = readFileSync(join(gate.dir, 'keys/master', file));
}
secrets['audit signing key'] = readFileSync(join(gate.dir, 'keys/audit.key'));

const memory = []; // { when, role, args, hits, bytes }
const pidsOf = (role) => gate.processes().filter(({ args }) => new RegExp(`\\b${role}\\b`).test(args.replaceAll(gate.dir, '')));
let oracle = new Oracle(secrets);
function look(when, ...roles) {
    if (!canLook()) return;
    for (const role of roles.filter((r) => isWanted(`memory of ${r} ${when}`))) {
        for (const { pid, args } of pidsOf(role)) {
            const hits = new Map();
            let size = 0;
            for (const [name, bytes] of regions(pid)) {
                size += bytes.length;
                oracle.scan(bytes, 0, hits);
                if (process.env.NEAR) for (const [n, v] of Object.entries(secrets)) { const at = bytes.indexOf(Buffer.from(v)); if (at >= 0) note(`${when} ${args} ${n} at ${name}: ${bytes.subarray(Math.max(0, at - 100), at + 160).toString('latin1').replace(/[^ -~]/g, '.')}`); }
            }
            memory.push({ when, role, args, hits: [...hits.values()], size });
        }
    }
}
look('at idle', 'gateway');

const ana = new PlainPerson({ site: gate.surfaceUrl, name: 'ana', password: secrets['password: of ana'] });
const bob = new PlainPerson({ site: gate.surfaceUrl, name: 'bob', password: secrets['password: of bob'] });
await new PlainPerson({ site: gate.surfaceUrl, name: secrets['password: typed as a name'], password: fresh(9) }).open('/inbox');
const agents = [];
const links = [];
const agent = (upstream, who, era) => {
    const one = new TapedAgent({ port: gate.gatewayPort, path: `/mcp/${upstream}`, key: ownKeys[`agent key: of ${who}`], era });
    one.who = who;
    agents.push(one);
    return one;
};
const give = (person, values, before) => async (url) => {
    links.push(url);
    await before?.(url);
    const page = await person.give(url, values);
    if (title(page) !== 'Done') note(`${person.name} gave and the page said: ${title(page)}`);
};

// The first key, with everything that can go wrong before.
const modern = agent('mirror', 'ana', 'modern');
await modern.request('tools/list');
await modern.call('reflect', { how: 'text of a result' }, {
    onLink: give(ana, [secrets['API key']], async (url) => {
        await bob.open(url);
        await ana.give(url, [secrets['API key: typed with a wrong password']], { password: secrets['password: mistyped'] });
    }),
});
look('after the first call', 'gateway', 'surface', 'dialer', 'audit', 'supervisor', 'egress');
for (const how of ['message of an error', 'data of an error', 'header fields', 'an HTML body', 'a plain text body', 'a redirect elsewhere', 'progress',
    'a log message', 'a question to the person', 'the start of a body, then a reset', 'a status line', 'an image']) {
    await modern.call('reflect', { how }, { progress: 5, time: 6_000 });
}
look('after errors', 'gateway', 'egress');

const legacy = await agent('mirror', 'ana', 'legacy').start({ stream: true });
look('while a stream is open', 'gateway');
await legacy.call('reflect', { how: 'text of a result' });
await legacy.request('prompts/get', { name: 'reflect' });
await legacy.request('resources/read', { uri: 'debug://x' });
await legacy.stop();
for (const [name, values] of Object.entries({
    basic: [secrets['basic: user'], secrets['basic: password']], query: [secrets['query key']], named: [secrets['named field']],
})) {
    const era = name === 'query' ? 'legacy' : 'modern';
    const one = agent(name, 'ana', era);
    if (era === 'legacy') await one.start();
    await one.call('reflect', { how: 'text of a result' }, { onLink: give(ana, values) });
    await one.call('reflect', { how: 'message of an error' });
    await one.request('tools/list');
    await one.stop();
}
await agent('tried', 'ana', 'modern').call('weather', { station: 'hill' }, {
    onLink: give(ana, [secrets['API key']], async (url) => { await ana.give(url, [secrets['API key: tried and refused']]); }),
});
await agent('mirror', 'bob', 'modern').call('reflect', { how: 'text of a result' }, { onLink: give(bob, [secrets['API key: of bob']]) });

// A key that is refused later; the person declines.
await modern.call('reflect', { how: 'a 401 with a body' }, { onLink: () => 'decline' });

// Errors of the agent's own making.
const errors = new TapedAgent({ port: gate.gatewayPort, path: '/mcp/mirror', key: secrets['agent key: mistyped'] });
agents.push(errors);
await Promise.all(Array.from({ length: 20 }, () => errors.request('tools/list'))); // at once: one freed place may be used again by chance
errors.key = ownKeys['agent key: of ana'];
await errors.request('tools/call', { name: 'reflect', arguments: {}, requestState: 'A'.repeat(300) });
await errors.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { headers: { Host: 'elsewhere.example' } });
await errors.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { headers: { Origin: 'http://elsewhere.example' } });
await errors.send({ jsonrpc: '2.0', id: 1 });
await errors.send(undefined, { method: 'DELETE' });
errors.path = '/mcp/unknown';
await errors.request('tools/list');
look('after bad requests', 'gateway');

// Pages, then what the command says, then the end of it all.
for (const person of [ana, bob]) {
    for (const path of ['/', '/inbox', '/connections', '/style.css', '/inbox.js', '/no/such/page', `${new URL(links[0]).pathname}`]) await person.open(path);
}
const rows = await ana.open('/connections');
const revoke = /action="(\/connections\/[^"]+\/revoke)"/.exec(rows.text)?.[1];
await ana.press(rows, revoke);
for (const person of [ana, bob]) {
    for (const [name, value] of person.cookies) {
        secrets[`session cookie: of ${person.name}, ${name}`] = value;
        secrets[`session cookie: of ${person.name}, ${name}, as bytes`] = Buffer.from(value, 'base64url');
    }
    const tokens = person.tape.flatMap((p) => [...p.text.matchAll(/name="csrf" value="([^"]+)"/g)].map((m) => m[1]));
    for (const [i, value] of [...new Set(tokens)].entries()) {
        secrets[`CSRF token: of ${person.name} ${i}`] = value;
        secrets[`CSRF token: of ${person.name} ${i}, as bytes`] = Buffer.from(value, 'hex');
    }
}
oracle = new Oracle(secrets);
look('after completion', 'surface', 'gateway', 'dialer', 'audit', 'supervisor');
look('with keys stored', 'keeper');

await cli('user', 'list');
await cli('key', 'list');
await cli('upstream', 'list');
await cli('upstream', 'probe', 'mirror');
await cli('connections');
await cli('config', 'check');
await cli('audit', 'verify');
await cli('user', 'password', 'bob', '--password-stdin', { input: `${secrets['password: replaced']}\n` });
await cli('key', 'add', '--user', 'ana', '--label', 'no terminal');

const files = (dir) => readdirSync(dir).flatMap((n) => {
    const path = join(dir, n);
    const { mode } = lstatSync(path);
    if ((mode & 0o170000) === 0o040000) return files(path);
    return (mode & 0o170000) === 0o100000 ? [path] : [];
});
const channels = new Map(); // name -> bytes
const kept = (f) => /\/keys\/(master\/master-\d+|audit)\.key$/.test(f) || /\/key-/.test(f) // where these are by design
    || /\/record\.\d+$/.test(f); // what tests/crash has written down
function readFiles(when) {
    for (const [folder, path] of [['audit', 'data/audit'], ['data', 'data'], ['keys', 'keys'], ['run', 'run']]) {
        const all = files(join(gate.dir, path)).filter((f) => !kept(f) && (folder === 'audit' || !/\/data\/audit\//.test(f)));
        channels.set(`${folder} folder, ${when}`, Buffer.concat(all.flatMap((f) => [Buffer.from(`${f}\n`), readFileSync(f)])));
    }
}
readFiles('running');
for (const { pid, args } of gate.processes()) {
    const key = args.replaceAll(gate.dir, '').replace(/ --config.*/, '');
    channels.set(`environment and arguments of ${key}`, Buffer.concat([readFileSync(`/proc/${pid}/cmdline`), readFileSync(`/proc/${pid}/environ`)]));
}
await cli('revoke', '--all');
await cli('user', 'remove', 'bob', '--yes');
look('after revoking all', 'keeper', 'egress', 'surface', 'gateway');
for (const person of [ana]) await person.press(await person.open('/inbox'), '/logout');
await gate.stop();
readFiles('stopped');
for (const u of Object.values(upstreams)) await u.stop();

// --- the channels ---------------------------------------------------------------------------------------------------------------------

const pageText = (person, f) => Buffer.from(person.tape.map(f).join('\n'));
const headersOf = (p) => `${p.status}\n${p.headers.map(([n, v]) => `${n}: ${v}`).join('\n')}`;
channels.set('streams of ana\'s agents', Buffer.concat(agents.filter((a) => a.who === 'ana').map((a) => a.got())));
channels.set('streams of bob\'s agent', Buffer.concat(agents.filter((a) => a.who === 'bob').map((a) => a.got())));
channels.set('answers to bad requests', errors.got());
channels.set('requestState', Buffer.from(agents.flatMap((a) => [...a.got().toString('latin1').matchAll(/"requestState":"([^"]+)"/g)].map((m) => m[1])).join('\n')));
channels.set('links', Buffer.from(links.join('\n')));
for (const person of [ana, bob]) {
    channels.set(`pages of ${person.name}`, pageText(person, (p) => p.text));
    channels.set(`headers of ${person.name}'s pages`, pageText(person, headersOf));
    channels.set(`addresses of ${person.name}'s pages`, pageText(person, (p) => p.path));
}
channels.set('operational log, debug', Buffer.from(gate.log));
channels.set('output of the command', Buffer.from(said.join('\n')));
const temporary = [...new Set([tmpdir(), '/tmp', '/var/tmp', '/dev/shm'])].flatMap((dir) => {
    try { return readdirSync(dir).map((n) => join(dir, n)); } catch { return []; }
}).filter((f) => {
    try { const s = lstatSync(f); return s.isFile() && s.mtimeMs >= began && s.size < 16 << 20; } catch { return false; }
});
channels.set('temporary folders', Buffer.concat(temporary.map((f) => { try { return readFileSync(f); } catch { return Buffer.alloc(0); } })));

// What may be where. Everything else is a leak.
const allowed = [
    { where: /^headers of (\w+)'s pages$/, what: /^session cookie: of (\w+),/, why: 'that is how a browser gets its session' },
    { where: /^headers of (\w+)'s pages$/, what: /^CSRF token: of (\w+) 0/, why: 'while there is no session, a cookie and the form carry the same token' },
    { where: /^pages of (\w+)$/, what: /^CSRF token: of (\w+) /, why: 'the forms carry it' },
    { where: /^memory of gateway while a stream is open$/, what: /^agent key: of ana$/, why: 'shown to it by the request that still runs, and the agent\'s own' },
    { where: /^memory of gateway/, what: /^agent key: of /, as: 'sha256', why: 'to tell whose a session and a body is' },
    { where: /^memory of audit/, what: /^audit signing key$/, why: 'that is what audit is for' },
    { where: /^(data folder|memory of keeper)/, what: /^(agent key|session cookie): /, as: 'sha256', why: 'that is how they are recognised' },
];
const used = new Set();
function isAllowed(where, { secret, encoding }) {
    return allowed.some((rule, i) => {
        const a = rule.where.exec(where);
        const b = rule.what.exec(secret);
        const fits = a && b && (rule.as === undefined || rule.as === encoding) && (!rule.where.source.includes('(\\w+)') || a[1] === b[1]);
        if (fits) used.add(i);
        return fits;
    });
}
const wrongs = (where, hits) => hits.filter((h) => !isAllowed(where, h)).map((h) => `${h.secret}, as ${h.encoding}`);

// Each channel has what it should have, so that an empty one does not count as clean.
const holds = [
    [/^streams/, 'jsonrpc'], [/^answers/, 'error'], [/^requestState/, /[\w-]{40}/], [/^links/, /\/h\//], [/^pages of ana/, '<h1>Done</h1>'], [/^pages of bob/, '<h1>'],
    [/^headers/, 'content-security-policy'], [/^addresses/, '/connections'], [/log/, 'event=message'], [/^output/, 'mirror'], [/^audit folder/, 'handoff_completed'], [/^data folder/, 'SQLite format 3'],
    [/^keys folder/, /audit\.pub/], [/^environment.*gateway/, 'LC_ALL'],
];
const classes = new Set(Object.keys(secrets).map((n) => n.split(':')[0]));
note(`${Object.keys(secrets).length} canaries of ${classes.size} classes: ${[...classes].join(', ')}`);
for (const [name, bytes] of [...channels].filter(([n]) => isWanted(n))) {
    const lacks = holds.filter(([where, what]) => where.test(name) && !(typeof what === 'string' ? bytes.includes(what) : what.test(bytes.toString('latin1'))))
        .map(([, what]) => `it lacks ${what}, so it is not what it should be`);
    check(`${name} (${bytes.length} bytes)`, [...wrongs(name, oracle.find(bytes)), ...lacks]);
}
for (const { when, role, args, hits, size } of memory) {
    const where = `memory of ${role} ${when}`;
    const later = /^keeper with/.test(`${role} ${when}`) ? [] : wrongs(where, hits);
    check(`${where} (${args}, ${size} bytes)`, [...later, ...(size > 10_000 ? [] : ['there is nothing in it'])]);
}
if (canLook() && isWanted('memory of keeper')) {
    const keeper = memory.find((m) => m.role === 'keeper');
    check('the search of memory sees into guarded pages: the master key is in the keeper\'s', keeper?.hits.some((h) => h.secret === 'master key' && h.encoding === 'raw') || ['it is not found']);
} else if (!canLook()) {
    note('memory can only be looked at as root; run this as root to test it');
}
if (!only) check('every rule of what may be where is needed', allowed.filter((r, i) => !used.has(i) && (canLook() || !/memory/.test(r.where))).map((r) => `${r.where} ${r.what}`));

// The same search with a canary put into each channel in each encoding: it must be found there, or its silence above says nothing.
const sample = secrets['named field'];
const missed = [];
let cells = 0;
const every = new Map((only ? [] : [...channels]).map(([name, bytes]) => [name, bytes.subarray(0, 1 << 16)]));
for (const [name, bytes] of every) {
    for (const [encoding, encode] of Object.entries(encoders)) {
        const form = Buffer.from(encode(sample)[0]);
        const at = bytes.indexOf('\n', bytes.length / 2) + 1;
        const planted = Buffer.concat([bytes.subarray(0, at), Buffer.from('\nx: "'), form, Buffer.from('"\n'), bytes.subarray(at)]);
        cells++;
        const scanned = oracle.scan(planted).some((h) => h.secret === 'named field') || oracle.find(planted).some((h) => h.secret === 'named field');
        if (!scanned) missed.push(`${name}, ${encoding}`);
    }
}
if (!only) check(`a canary put into each channel in each encoding is found (${cells} cells)`, missed);
if (process.env.KEEP) note(gate.dir);
else gate.remove();
end();
