// 500 disks (STATES) as a power cut leaves them, at random moments of a recorded run: everything that was not synced is lost, in half of
// them, and any part of it in the other half. Each must open, its audit log must verify, and what anyone had been told before the cut
// must be there, once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sidegate, auditRecords, freePort, run } from '../lib/sidegate.mjs';
import { cast, live, Witness, wrongs } from './flows.mjs';
import { copyFolder, makeDisk, readRecords } from './disk.mjs';

const states = Number(process.env.STATES ?? 500);
const build = process.env.SIDEGATE_BUILD ?? 'build-record';
const { key, station, gate, arrivals } = await cast({ build });
const before = mkdtempSync(join(tmpdir(), 'sidegate-before-'));
copyFolder(gate.dir, before);
const witness = new Witness();

await gate.serve();
const began = process.hrtime.bigint();
const keys = [await gate.addKey('ana', 'one'), await gate.addKey('ana', 'two')];
const wanted = Number(process.env.FLOWS ?? 60);
await Promise.all(keys.map((k) => live({ gate, key }, k, witness, () => witness.handoffs.size < wanted)));
const ended = process.hrtime.bigint();
await gate.stop();
await station.stop();

const records = readRecords(join(gate.dir, 'data'));
const bad = [];
if (!records.some((r) => r.call === 's' && r.path.includes('sidegate.db'))) bad.push('the recording has no sync of the store: nothing was tested');
if (!records.some((r) => r.call === 's' && r.path.includes('audit'))) bad.push('the recording has no sync of the audit log: nothing was tested');

// A copy of the run's folder, somewhere else and with ports of its own.
async function copyOf() {
    const copy = new Sidegate({ build });
    const listen = async (host) => `${host}:${await freePort()}`;
    copy.settings = {
        ...gate.settings, data: join(copy.dir, 'data'), run: join(copy.dir, 'run'), upstreams: {}, gateway: { listen: await listen('127.0.0.1') },
    };
    const surface = await listen('127.0.0.1');
    copy.settings.surface = { listen: surface, url: `http://${surface.replace('127.0.0.1', 'localhost')}` };
    return copy;
}

// Makes such a disk in the copy's folder: opened, looked at, closed.
async function look(copy, until, half) {
    const after = copy.dir;
    makeDisk({ records, start: before, from: gate.dir, to: after, until, keep: half ? () => Math.random() < 0.5 : () => false });
    copy.writeConfig();
    copy.log = '';
    try {
        await copy.serve();
    } catch (error) {
        return [`it does not start: ${error.message.slice(-600)}`];
    }
    const verified = await copy.cli('audit', 'verify');
    await copy.stop();
    const out = wrongs({ records: auditRecords(after), arrivals, witness, until });
    if (verified.status !== 0) out.push(`audit verify: ${verified.stdout}${verified.stderr}`);
    const sql = await run('sqlite3', [join(after, 'data/store/sidegate.db'), 'PRAGMA integrity_check']);
    if (sql.stdout.trim() !== 'ok') out.push(`the store is damaged: ${sql.stdout}`);
    return out;
}

// Side by side, since a start mostly waits.
let begun = 0;
let seen = 0;
const copies = await Promise.all(Array.from({ length: 3 }, copyOf));
await Promise.all(copies.map(async (copy) => {
    while (begun < states && bad.length < 10) {
        const n = begun++;
        const until = began + BigInt(Math.floor(Math.random() * Number(ended - began)));
        const half = n % 2 === 1;
        for (const b of await look(copy, until, half)) bad.push(`state ${n}, ${half ? 'a part' : 'nothing'} of the unsynced kept: ${b}`);
        seen++;
    }
}));
console.log(`# ${seen} states of a run of ${Number((ended - began) / 1_000_000n)} ms with ${witness.handoffs.size} handoffs, ${records.length} calls recorded`);
for (const b of bad.slice(0, 10)) console.log(`# ${b}`);
console.log(`${bad.length === 0 ? 'ok' : 'not ok'} - ${states} power cuts lose nothing that was told, and double nothing`);
if (!process.env.KEEP) for (const d of [before, gate.dir, ...copies.map((c) => c.dir)]) rmSync(d, { recursive: true, force: true });
process.exit(bad.length === 0 ? 0 : 1);
