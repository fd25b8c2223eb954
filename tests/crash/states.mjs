// 500 disks (STATES) as a power cut leaves them, at random moments of a recorded run with handoffs given and declined, a person removed and
// connections revoked: everything that was not synced is lost, in half of them, and any part of it in the other half. Each must open, its
// audit log must verify, what anyone had been told before the cut must be there, once, and no call may leave a second time.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sidegate, auditRecords, freePort, run, upstreamConfig } from '../lib/sidegate.mjs';
import { callTool } from '../lib/wire.mjs';
import { Witness, cast, idOf, live, wrongs } from './flows.mjs';
import { anyPart, copyFolder, makeDisk, readRecords } from './disk.mjs';

const states = Number(process.env.STATES ?? 500);
const wanted = Number(process.env.FLOWS ?? 60);
const build = process.env.SIDEGATE_BUILD ?? 'build-record';
const { key, station, gate, arrivals } = await cast({ build });
const before = mkdtempSync(join(tmpdir(), 'sidegate-before-'));
copyFolder(gate.dir, before);
const witness = new Witness();
const bad = [];

// --- the run

await gate.serve();
const began = process.hrtime.bigint();
const keys = [await gate.addKey('ana', 'one'), await gate.addKey('ana', 'two')];
const more = () => witness.handoffs.size < wanted;

async function declines() {
    const agent = await gate.addKey('ana', 'declines');
    for (let n = 0; n < wanted / 6; n++) {
        let id;
        await callTool(gate.mcpUrl('weather'), agent, 'note', { text: `declined ${n}` }, { onLink: (url) => { id = idOf(url); return 'decline'; } });
        witness.told({ declined: id });
    }
}

// Bob gives a key as everybody does, and is removed.
async function removal() {
    const password = 'the password of bob';
    await gate.addUser('bob', password);
    const his = new Witness();
    await live({ gate, key }, await gate.addKey('bob', 'his'), his, () => his.handoffs.size < 2, { name: 'bob', password });
    const done = await gate.cli('user', 'remove', 'bob', '--yes');
    if (done.status === 0) witness.told({ removed: 'bob' });
    else bad.push(`bob was not removed: ${done.stdout}${done.stderr}`);
}

async function revocation() {
    await witness.until(wanted / 2);
    const revokedBefore = Date.now();
    const done = await gate.cli('revoke', '--all');
    if (done.status === 0) witness.told({ revokedBefore });
    else bad.push(`not revoked: ${done.stdout}${done.stderr}`);
}

await Promise.all([...keys.map((k) => live({ gate, key }, k, witness, more)), declines(), removal(), revocation()]);
const ended = process.hrtime.bigint();
await gate.stop();
await station.stop();

// Each completion that was told of cost both a sync: of them in the run, since init and the start sync all the same, whatever is planted.
const records = readRecords(join(gate.dir, 'data'));
for (const [what, file] of [['the store', /\/sidegate\.db(-wal)?$/], ['the audit log', /\/audit\/[^/]+$/]]) {
    const n = records.filter((r) => r.call === 's' && file.test(r.path) && r.at > began && r.at < ended).length;
    if (n < witness.handoffs.size / 2) bad.push(`${what} was synced ${n} times in a run with ${witness.handoffs.size} handoffs`);
}

// --- the disks

// Where a call would arrive that is sent again.
async function tripwire() {
    const wire = { sent: 0 };
    wire.server = createServer((req, res) => {
        let body = '';
        req.on('data', (part) => { body += part; });
        req.on('end', () => {
            if (/"tools\/call"/.test(body)) wire.sent++;
            res.writeHead(503).end();
        });
    });
    await new Promise((done) => { wire.server.listen(0, '127.0.0.1', done); });
    wire.url = `http://127.0.0.1:${wire.server.address().port}/mcp`;
    return wire;
}

// A copy of the run's folder, somewhere else, with ports of its own and a server that must not be called.
async function copyOf() {
    const copy = new Sidegate({ build });
    const listen = async (host) => `${host}:${await freePort()}`;
    const surface = await listen('127.0.0.1');
    copy.wire = await tripwire();
    copy.settings = {
        ...gate.settings, data: join(copy.dir, 'data'), keys: join(copy.dir, 'keys'), run: join(copy.dir, 'run'),
        gateway: { listen: await listen('127.0.0.1') },
        surface: { listen: surface, url: `http://${surface.replace('127.0.0.1', 'localhost')}` },
        upstreams: { weather: upstreamConfig(copy.wire.url, { credential: { lease: { kind: 'once' } } }) },
    };
    return copy;
}

const question = `SELECT json_object(
    'integrity', (SELECT group_concat(integrity_check) FROM pragma_integrity_check),
    'uses', (SELECT json_group_array(lower(hex(id))) FROM use),
    'handoffs', (SELECT json_group_array(json_array(lower(hex(id)), state)) FROM handoff),
    'users', (SELECT json_group_array(name) FROM user),
    'connections', (SELECT json_group_array(created) FROM connection WHERE state > 0))`;
const SUBMITTED = 2;
const [COMPLETED, DECLINED] = [3, 4];

// What the store must never show after it was opened.
function wrongInStore(store, log, until) {
    const out = store.integrity === 'ok' ? [] : [`the store is damaged: ${store.integrity}`];
    const acks = witness.acks.filter((a) => a.at < until);
    const handoffs = new Map(store.handoffs);
    for (const { handoff, declined } of acks.filter((a) => a.handoff ?? a.declined)) {
        const is = handoffs.get(handoff ?? declined);
        if (is !== (handoff ? COMPLETED : DECLINED)) out.push(`handoff ${handoff ?? declined} was told to be ${handoff ? 'done' : 'declined'}, and is in state ${is}`);
    }
    for (const [id, state] of store.handoffs) if (state === SUBMITTED) out.push(`handoff ${id} is still being handed in`);
    const sent = new Set(arrivals.filter((a) => a.at < until).map((a) => a.body));
    for (const id of store.uses) out.push(`use ${id} still runs: it could be sent`);
    for (const { use, body } of log.filter((r) => r.event === 'use_result' && r.detail === 'unsent')) {
        if (sent.has(body)) out.push(`use ${use} arrived, and was given back as unsent`);
    }
    if (acks.some((a) => a.removed) && store.users.includes('bob')) out.push('bob was told to be removed, and is back');
    for (const { revokedBefore } of acks.filter((a) => a.revokedBefore)) {
        if (store.connections.some((created) => created < revokedBefore)) out.push('a connection was told to be revoked, and is back');
    }
    return out;
}

// Makes such a disk in the copy's folder: opened, looked at, closed.
async function look(copy, until, half) {
    const after = copy.dir;
    makeDisk({ records, start: before, from: gate.dir, to: after, until, keep: half ? anyPart : () => 0 });
    copy.writeConfig();
    copy.log = '';
    copy.wire.sent = 0;
    try {
        await copy.serve();
    } catch (error) {
        return [`it does not start: ${error.message.slice(-600)}`];
    }
    const verified = await copy.cli('audit', 'verify');
    await copy.stop();
    const log = auditRecords(after);
    const out = wrongs({ records: log, arrivals, witness, until });
    if (verified.status !== 0) out.push(`audit verify: ${verified.stdout}${verified.stderr}`);
    if (copy.wire.sent > 0) out.push(`${copy.wire.sent} calls were sent again`);
    const sql = await run('sqlite3', [join(after, 'data/store/sidegate.db'), question]);
    return [...out, ...(sql.status === 0 ? wrongInStore(JSON.parse(sql.stdout), log, until) : [`the store does not open: ${sql.stderr}`])];
}

// Any moment; or right after any change of a file, each file as likely as the other, since what is rare (a new master key) is over at once.
const byFile = Object.values(Object.groupBy(records.filter((r) => r.at > began && r.at < ended), (r) => r.path));
const any = (list) => list[Math.floor(Math.random() * list.length)];
const moments = [() => began + BigInt(Math.floor(Math.random() * Number(ended - began))), () => any(any(byFile)).at + 1n];

// Side by side, since a start mostly waits.
let begun = 0;
let seen = 0;
const copies = await Promise.all(Array.from({ length: 3 }, copyOf));
await Promise.all(copies.map(async (copy) => {
    while (begun < states && bad.length < 10) {
        const n = begun++;
        const until = moments[(n >> 1) % 2]();
        const half = n % 2 === 1;
        for (const b of await look(copy, until, half)) bad.push(`state ${n}, ${half ? 'a part' : 'nothing'} of the unsynced kept: ${b}`);
        seen++;
    }
    copy.wire.server.close();
}));
const told = (what) => witness.acks.filter((a) => a[what]).length;
console.log(`# ${seen} states of a run of ${Number((ended - began) / 1_000_000n)} ms with ${witness.handoffs.size} handoffs given, ${told('declined')} declined, ${records.length} changes recorded`);
for (const b of bad.slice(0, 10)) console.log(`# ${b}`);
console.log(`${bad.length === 0 ? 'ok' : 'not ok'} - ${states} power cuts lose nothing that was told, and double nothing`);
if (!process.env.KEEP) for (const d of [before, gate.dir, ...copies.map((c) => c.dir)]) rmSync(d, { recursive: true, force: true });
process.exit(bad.length === 0 ? 0 : 1);
