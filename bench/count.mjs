// What a call takes of each process: system calls, messages to other processes, pages of the store, bytes of the logs. As root, by perf
// (package linux-perf), which slows nobody, and strace, since only that shows how many messages are in a packet. What is not there is said
// and left out.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bearer, bytesIn, dir, load } from './measure.mjs';
import { run } from '../tests/lib/sidegate.mjs';

const SECONDS = 2; // of load, each time
const PAGE = 4096; // of SQLite, whose log beside the store has a header in front of each, written by itself
const HEADER = 24;
const roles = ['gateway', 'keeper', 'egress', 'audit'];

// Whether the program can watch others, as this trial of it shows; says so if not.
async function works(program, ...trial) {
    const why = process.getuid() !== 0 ? 'not root' : await run(program, trial).then(({ status, stderr }) => (status === 0 ? '' : stderr.trim().split('\n')[0]), (error) => error.message);
    if (why) console.log(`left out what ${program} counts: ${why}`);
    return !why;
}

// Runs a program that watches while `during` runs, from when its output says `ready`, and ends it by `stop`. Gives what `during` gave.
async function beside(program, args, ready, stop, during) {
    const child = spawn(program, args);
    const over = new Promise((done, fail) => { child.once('error', fail); child.once('close', done); });
    let said = '';
    await new Promise((done, fail) => {
        const hear = (text) => { said += text; if (ready.test(said)) done(); };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        over.then(() => fail(new Error(`${program}: ${said.trim()}`)), fail);
    });
    try {
        return await during();
    } finally {
        stop(child);
        await over;
    }
}

// How often each of these events came in each of these processes meanwhile: { pid: [n, ...] }, in the order of the events, and what `during` gave. NaN: perf did not count it.
async function events(pids, asked, during) {
    const file = join(dir, 'perf.csv');
    const args = asked.flatMap(({ event, filter }) => ['-e', event, ...(filter ? ['--filter', filter] : [])]);
    const got = await beside('perf', ['stat', '-x,', '--per-thread', '-o', file, '-p', pids.join(), ...args, '--', 'sh', '-c', 'echo ready; read end'], /ready/, (perf) => perf.stdin.end(), during);
    const counts = Object.fromEntries(pids.map((pid) => [pid, []]));
    for (const [, pid, n] of readFileSync(file, 'utf8').matchAll(/^.*-(\d+),([^,]*),,/gm)) counts[pid].push(n === '' ? NaN : Number(n));
    return { counts, got };
}

// The messages in a packet between processes, given as \x00\x01...: one, or several behind a mark, each behind its length (src/ipc/chan.h).
function messagesIn(hex) {
    const bytes = Buffer.from(hex.replaceAll('\\x', ''), 'hex');
    if (bytes.readUInt16BE(0) !== 0xffff) return 1;
    let n = 0;
    for (let at = 2; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) n++;
    return n;
}

// How many messages each of these processes sent meanwhile: { pid: n }, and what `during` gave.
async function messages(pids, during) {
    const file = join(dir, 'strace');
    const args = ['-ff', '-o', file, '-yy', '-xx', '-s', '65536', '-e', 'trace=sendmsg', ...pids.flatMap((pid) => ['-p', String(pid)])];
    const got = await beside('strace', args, new RegExp(`(attached[^]*){${pids.length}}`), (strace) => strace.kill('SIGINT'), during);
    const counts = Object.fromEntries(pids.map((pid) => {
        const packets = readFileSync(`${file}.${pid}`, 'utf8').matchAll(/^sendmsg\(\d+<UNIX.*?iov_base="([^"]*)".* = \d+$/gm);
        return [pid, packets.map(([, hex]) => messagesIn(hex)).reduce((sum, n) => sum + n, 0)];
    }));
    return { counts, got };
}

// of: { gate, agentKey, figure, log }, as bench.mjs has them.
export async function count({ gate, agentKey, figure, log }) {
    const pids = Object.fromEntries(roles.map((role) => [role, gate.pidOf(role === 'egress' ? 'egress bench' : role)]));
    const perf = await works('perf', 'stat', '-e', 'raw_syscalls:sys_enter', 'true');
    const strace = await works('strace', 'true');
    for (const connections of [64, 1]) {
        const per = (what, n) => {
            if (Number.isFinite(n)) figure(`a call at ${connections} connection${connections > 1 ? 's' : ''}: ${what}`, n, '');
            else console.log(`left out ${what} at ${connections}: not counted`);
        };
        // The one that is tried before them is counted too.
        const calls = async () => (await load(gate.mcpUrl('bench'), connections, bearer(agentKey), { seconds: SECONDS })).requests + 1;
        if (perf) await countEvents(pids, { audit: join(gate.dir, 'data/audit'), log }, calls, per);
        if (!strace) continue;
        const { counts, got } = await messages(Object.values(pids), calls);
        for (const role of roles) per(`messages sent by ${role}`, counts[pids[role]] / got);
    }
}

async function countEvents(pids, files, calls, per) {
    const descriptor = (name) => readdirSync(`/proc/${pids.keeper}/fd`).find((fd) => readlinkSync(`/proc/${pids.keeper}/fd/${fd}`).endsWith(name));
    const page = (name) => ({ event: 'syscalls:sys_enter_pwrite64', filter: `fd == ${descriptor(name)} && count == ${PAGE}` });
    const sizes = () => ({ 'audit log': bytesIn(files.audit), 'process log': statSync(files.log).size });
    const before = sizes();
    const { counts, got } = await events(Object.values(pids), [{ event: 'raw_syscalls:sys_enter' }, page('/sidegate.db-wal'), page('/sidegate.db')], calls);
    const [, log, place] = counts[pids.keeper];
    for (const role of roles) per(`system calls of ${role}`, counts[pids[role]][0] / got);
    per('pages written to the log of the store', log / got);
    per('pages written to their place in the store', place / got);
    per('bytes of the log of the store', log * (PAGE + HEADER) / got);
    for (const [name, n] of Object.entries(sizes())) per(`bytes of the ${name}`, (n - before[name]) / got);
}
