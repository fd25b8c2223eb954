// No record, no use: while the audit process hangs, and while the disk is full, no call leaves with a credential; who is refused is told
// why; what a person gives meanwhile is not half taken; ending a connection still works; and everything goes on by itself afterwards.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE } from '../lib/patience.mjs';
import { auditRecords, upstreamConfig } from '../lib/sidegate.mjs';
import { PlainPerson, callTool, title } from '../lib/wire.mjs';
import { Witness, cast, wrongs } from './flows.mjs';
import { copyFolder } from './disk.mjs';

const bad = [];
const check = (value, text) => { if (!value) bad.push(text); };
const { key, station, gate, arrivals } = await cast({ build: process.env.SIDEGATE_BUILD });
gate.settings.upstreams.weather = upstreamConfig(station.url, { credential: { lease: { kind: 'keep' } } });
gate.settings.limits.hold_time = 20_000; // nine legs are more than all that is done while one call waits
gate.settings.log = { level: 'debug' }; // with every message between the processes
gate.writeConfig();
const witness = new Witness();

// The data folder on a small file system of its own, where the test may make one.
const data = join(gate.dir, 'data');
const fill = join(data, 'fill');
let mounted = false;
try {
    copyFolder(data, join(gate.dir, 'was'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'tmpfs', data], { stdio: 'ignore' });
    mounted = true;
    execFileSync('sh', ['-c', `cp -a ${join(gate.dir, 'was')}/. ${data}/`]);
} catch { /* said below */ }

await gate.serve();
const [one, two] = [await gate.addKey('ana', 'one'), await gate.addKey('ana', 'two')];
const person = new PlainPerson({ site: gate.surfaceUrl, name: 'ana', password: gate.users.get('ana') });
const give = (url) => { person.give(url, [key]).catch(() => {}); };

// Gives 'done', 'no answer', or the words of a refusal.
const call = (text, { agent = one, onLink = give, signal = AbortSignal.timeout(2 * PATIENCE) } = {}) => callTool(gate.mcpUrl('weather'), agent, 'note', { text }, { onLink, signal })
    .then(({ message }) => {
        if (message?.error) return message.error.message;
        if (message?.result?.isError) return message.result.content[0].text;
        witness.told({ note: text });
        return message?.result ? 'done' : 'nothing';
    }, (error) => (error.name === 'TimeoutError' ? 'no answer' : String(error)));

function fillDisk() {
    writeFileSync(fill, '');
    for (const size of [65536, 512]) {
        try { for (;;) appendFileSync(fill, Buffer.alloc(size)); } catch { /* full to the last block of this size */ }
    }
}

async function hungAudit() {
    const audit = gate.pidOf('audit');
    process.kill(audit, 'SIGSTOP');
    const before = arrivals.length;
    const from = gate.log.length;
    const patience = new AbortController();
    const hung = call('while audit hangs', { signal: patience.signal });
    // The keeper has stored the use and waits for audit alone: were that not awaited, the call would leave now.
    await gate.logged(/process="keeper".* way="out" .*message="audit_append /, PATIENCE, from);
    const early = await Promise.race([hung, new Promise((done) => { setTimeout(() => done('held'), 2_000); })]);
    check(early === 'held' && arrivals.length === before, `audit hangs: nothing leaves: ${early}, ${arrivals.length - before} arrived`);
    patience.abort();
    await hung;
    process.kill(audit, 'SIGCONT');
    check(await call('after audit hung') === 'done', 'audit goes on: the next call goes through');
}

const health = async () => { const answer = await fetch(`${gate.surfaceUrl}/health`); return `${answer.status} ${await answer.text()}`; };
const isFull = (said) => /disk is full/.test(said);

async function fullDisk() {
    // A handoff that was opened while there was room, for a client that has no connection yet.
    let waiting;
    const link = await new Promise((onLink) => { waiting = call('of the second client', { agent: two, onLink, signal: AbortSignal.timeout(5 * PATIENCE) }); });
    await person.open(link);

    fillDisk();
    // What still fits in pages that are there may pass; then no more.
    let said = 'done';
    for (let n = 0; n < 400 && said === 'done'; n++) said = await call(`on a full disk ${n}`);
    check(isFull(said), `the disk is full: the client is told so, not "${said}"`);
    const page = await person.give(link, [key]);
    check(page.status === 503 && /nothing was stored/.test(page.text), `the disk is full: the page says that it took nothing: ${page.status} ${title(page)}`);
    check(/^503 .*audit log is full/.test(await health()), `the disk is full: /health says so: ${await health()}`);
    const before = arrivals.length;
    check(isFull(await call('on a full disk, again')) && arrivals.length === before, 'the disk is full: nothing leaves');
    const revoked = await gate.cli('revoke', '--all');
    check(revoked.status === 0, `the disk is full: revoke works: ${revoked.stderr}`);
    const after = arrivals.length;
    const without = await call('after revoking', { onLink: () => 'cancel' });
    check(without !== 'done' && without !== 'no answer' && arrivals.length === after, `revoked: nothing leaves: ${without}`);

    rmSync(fill);
    // Soon: what could not be stored is tried again each second, and until then the client is told to try again.
    let again;
    for (let n = 0, end = Date.now() + PATIENCE; again !== 'done' && Date.now() < end; n++) {
        again = await call(`room again ${n}`);
        if (again !== 'done') await new Promise((go) => { setTimeout(go, 100); });
    }
    check(again === 'done', `there is room again: it goes on without help: ${again}`);
    check(/^200 ok/.test(await health()), `there is room again: /health says so: ${await health()}`);
    const done = await person.give(link, [key]);
    check(/^done/i.test(title(done)), `there is room again: the same form is taken: ${done.status} ${title(done)}`);
    check(await waiting === 'done', `there is room again: the call that waited goes through: ${await waiting}`);
}

check(await call('first') === 'done', 'the first call goes through');
await hungAudit();
if (mounted) await fullDisk();
else check(process.getuid() !== 0, 'root may not mount here, so the disk was not filled');
const verified = await gate.cli('audit', 'verify');
check(verified.status === 0, `audit verify: ${verified.stdout}${verified.stderr}`);
const log = gate.log;
await gate.stop();
await station.stop();
bad.push(...wrongs({ records: auditRecords(gate.dir), book: station.book, arrivals, witness }));
if (mounted) execFileSync('umount', [data]);
for (const b of bad) console.log(`# ${b}`);
if (bad.length > 0) console.log(log.split('\n').filter((l) => /level=(warn|error)/.test(l)).slice(-12).map((l) => `#   ${l}`).join('\n'));
if (!mounted) console.log('# the disk was not filled: only root may mount one to fill');
console.log(`${bad.length === 0 ? 'ok' : 'not ok'} - no record, no use`);
gate.remove();
process.exit(bad.length === 0 ? 0 : 1);
