// No record, no use: while the audit process hangs, and while the disk is full, no call leaves with a credential; ending a connection still
// works; and everything goes on by itself afterwards.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { upstreamConfig } from '../lib/sidegate.mjs';
import { PlainPerson, callTool } from '../lib/wire.mjs';
import { cast } from './flows.mjs';
import { copyFolder } from './disk.mjs';

const bad = [];
const check = (value, text) => { if (!value) bad.push(text); };
const { key, station, gate, arrivals } = await cast({ build: process.env.SIDEGATE_BUILD });
gate.settings.upstreams.weather = upstreamConfig(station.url, { credential: { lease: { kind: 'keep' } } });
gate.writeConfig();

// The data folder on a small file system of its own, where the test may make one.
const data = join(gate.dir, 'data');
let mounted = false;
try {
    copyFolder(data, join(gate.dir, 'was'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'tmpfs', data], { stdio: 'ignore' });
    mounted = true;
    execFileSync('sh', ['-c', `cp -a ${join(gate.dir, 'was')}/. ${data}/`]);
} catch { /* without the right to mount, the disk is not tested */ }

await gate.serve();
const agentKey = await gate.addKey('ana', 'one');
const person = new PlainPerson({ site: gate.surfaceUrl, name: 'ana', password: gate.users.get('ana') });
const call = (text, time = 10_000) => callTool(gate.mcpUrl('weather'), agentKey, 'note', { text }, {
    onLink: (url) => { person.give(url, [key]).catch(() => {}); },
    signal: AbortSignal.timeout(time),
}).then(({ message }) => Boolean(message?.result && !message.result.isError), () => false);

check(await call('first'), 'the first call goes through');
const audit = gate.pidOf('audit');
process.kill(audit, 'SIGSTOP');
const before = arrivals.length;
const hung = await call('while audit hangs', 2_000);
check(!hung && arrivals.length === before, 'audit hangs: nothing leaves');
process.kill(audit, 'SIGCONT');
check(await call('after audit hung'), 'audit goes on: the next call goes through');

if (mounted) {
    const fill = join(data, 'fill');
    writeFileSync(fill, '');
    try { for (;;) appendFileSync(fill, Buffer.alloc(65536)); } catch { /* full to the last 64 KiB */ }
    try { for (;;) appendFileSync(fill, Buffer.alloc(512)); } catch { /* full */ }
    const full = arrivals.length;
    let refused = false;
    // What still fits in pages that are there may pass; then no more.
    for (let n = 0; n < 400 && !refused; n++) refused = !(await call(`on a full disk ${n}`, 4_000));
    check(refused, `the disk is full: calls are refused (${arrivals.length - full} still passed)`);
    const revoked = await gate.cli('revoke', '--all');
    check(revoked.status === 0, `the disk is full: revoke works: ${revoked.stderr}`);
    const after = arrivals.length;
    check(!(await call('after revoking', 2_000)) && arrivals.length === after, 'revoked: nothing leaves');
    rmSync(fill);
    let again = false;
    for (let n = 0; n < 20 && !again; n++) again = await call(`room again ${n}`, 4_000);
    check(again, 'there is room again: it goes on without help');
}
const verified = await gate.cli('audit', 'verify');
check(verified.status === 0, `audit verify: ${verified.stdout}${verified.stderr}`);
const log = gate.log;
await gate.stop();
await station.stop();
if (mounted) execFileSync('umount', [data]);
for (const b of bad) console.log(`# ${b}`);
if (bad.length > 0) console.log(log.split('\n').filter((l) => /level=(warn|error)/.test(l)).slice(-12).map((l) => `#   ${l}`).join('\n'));
console.log(`${bad.length === 0 ? 'ok' : 'not ok'} - no record, no use${mounted ? '' : ' (may not mount: the disk was not filled)'}`);
gate.remove();
process.exit(bad.length === 0 ? 0 : 1);
