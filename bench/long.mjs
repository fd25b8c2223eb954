// What a Sidegate that runs on leaves behind: after its first calls and handoffs, and after very many. The run fails when by then a process
// has more memory or descriptors, or the store more bytes or rows, than the first look explains.
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bearer, bytesIn, cpuTime, declined, dir, load, median, memory, nameOf, spent } from './measure.mjs';
import { run } from '../tests/lib/sidegate.mjs';

const ASKERS = 10; // people who are asked, each by a key of their own: each new handoff counts those of its person in the last hour
const CONNECTIONS = 64;
const SECONDS = 3; // of calls between two lines of progress
const AT_ONCE = 500; // handoffs
const ROUNDS = 3; // in turn with nginx, at each look
const SAMPLES = 5; // of memory, the least of which counts: buffers come and go
// What may come on top of the first look. Memory: what allocators and SQLite's cache have for a while. Descriptors: egress keeps as many
// connections as there were calls at a time, which is chance.
const GROWTH = 0.05;
const slack = { memory: 2048, descriptors: CONNECTIONS, rows: 16, store: 1 << 20 }; // KiB, number, number, bytes
const HANDOFF_BYTES = 512; // of a handoff that is over, which the store keeps for three days
// A permit whose client left before the request did, as wrk's do at its end, is kept for permit_time.
const limits = {
    permit_time: 5000, handoffs_per_client: 1000, prompts_per_hour: 10_000, user_prompts_per_hour: 10_000, upstream_prompts_per_hour: 10_000, prompts_least: 10_000,
};
const SETTLE_MS = limits.permit_time + 1000;

// How many rows the tables of the store have. It is the keeper's alone while that runs, so a copy is looked at.
async function rowsOf(gate) {
    for (const name of ['sidegate.db', 'sidegate.db-wal']) copyFileSync(join(gate.dir, 'data/store', name), join(dir, name));
    const sqlite = async (sql) => {
        const { status, stdout, stderr } = await run('sqlite3', [join(dir, 'sidegate.db'), sql]);
        if (status !== 0) throw new Error(`sqlite3: ${stderr}`);
        return stdout.trim().split('\n');
    };
    const tables = await sqlite("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
    const rows = await sqlite(tables.map((table) => `SELECT count(*) FROM ${table};`).join(''));
    return Object.fromEntries(tables.map((table, i) => [table, Number(rows[i])]));
}

// How much memory each process has, in KiB, when what has ended is put away.
async function settled(processes) {
    const samples = [];
    while (samples.length < SAMPLES) {
        await new Promise((go) => { setTimeout(go, SETTLE_MS / SAMPLES); });
        samples.push(processes.map(({ pid }) => memory([pid])));
    }
    return Object.fromEntries(processes.map((one, i) => [nameOf(one), Math.min(...samples.map((sample) => sample[i]))]));
}

async function look(gate) {
    const processes = gate.processes();
    return {
        memory: await settled(processes),
        descriptors: Object.fromEntries(processes.map((one) => [nameOf(one), readdirSync(`/proc/${one.pid}/fd`).length])),
        store: { 'the store': bytesIn(join(gate.dir, 'data/store')) },
        rows: await rowsOf(gate),
    };
}

// What there may be of one thing at the end, when at first there was this much of it.
function allowed(what, name, first, handoffs) {
    const kept = { 'store the store': handoffs * HANDOFF_BYTES, 'rows handoff': handoffs }[`${what} ${name}`] ?? 0;
    return first * (1 + GROWTH) + slack[what] + kept;
}

// Calls and handoffs of one Sidegate, and how many there were.
class Work {
    calls = 0;
    handoffs = 0;
    logged = 0; // bytes, by the calls

    constructor(gate, agentKey, askers) {
        Object.assign(this, { gate, agentKey, askers, pids: gate.processes().map(({ pid }) => pid) });
    }

    // Gives { rate, cpu }: how many a second, and the microseconds of one.
    async someCalls() {
        const audit = () => bytesIn(join(this.gate.dir, 'data/audit'));
        const before = { cpu: cpuTime(this.pids), audit: audit() };
        const { requests, rate } = await load(this.gate.mcpUrl('bench'), CONNECTIONS, bearer(this.agentKey), { seconds: SECONDS });
        this.calls += requests;
        this.logged += audit() - before.audit;
        return { rate, cpu: (cpuTime(this.pids) - before.cpu) / requests };
    }

    // Gives the keeper's microseconds of one.
    async someHandoffs(n) {
        const keeper = this.gate.pidOf('keeper');
        const before = spent(keeper);
        const each = Math.ceil(n / ASKERS);
        await Promise.all(this.askers.map((asker) => declined(this.gate, asker, each)));
        this.handoffs += each * ASKERS;
        return (spent(keeper) - before) / (each * ASKERS);
    }

    // On until there were so many, handoffs between the calls.
    async until({ calls, handoffs }) {
        const start = { calls: this.calls, handoffs: this.handoffs };
        while (this.calls < calls || this.handoffs < handoffs) {
            const { rate } = this.calls < calls ? await this.someCalls() : { rate: 0 };
            const part = Math.min(1, (this.calls - start.calls) / (calls - start.calls) || 1);
            const due = Math.ceil(start.handoffs + part * (handoffs - start.handoffs)) - this.handoffs;
            if (due > 0) await this.someHandoffs(Math.min(due, AT_ONCE));
            console.log(`${this.calls} calls (${rate.toFixed(0)} a second), ${this.handoffs} handoffs; ${memory(this.pids)} KiB in all processes`);
        }
    }

    // What one call and one handoff cost now, beside a request through nginx.
    async cost(nginx) {
        const ours = [];
        const theirs = [];
        for (let i = 0; i < ROUNDS; i++) {
            ours.push((await this.someCalls()).cpu);
            const before = cpuTime(nginx.pids());
            const { requests } = await load(nginx.url, CONNECTIONS, {}, { seconds: SECONDS });
            theirs.push((cpuTime(nginx.pids()) - before) / requests);
        }
        return { call: median(ours), nginx: median(theirs), handoff: await this.someHandoffs(AT_ONCE) };
    }
}

// of: { gate, agentKey, figure, log, nginx: { url, pids } }, as bench.mjs has them; goals: { calls, handoffs } of the first look and the last.
export async function long({ gate, agentKey, figure, log, nginx }, goals) {
    await gate.stop();
    Object.assign(gate.settings.limits, limits);
    gate.writeConfig();
    await gate.serve({ logTo: log });
    const askers = [];
    for (let i = 0; i < ASKERS; i++) {
        await gate.addUser(`asker${i}`, `password of asker ${i}`);
        askers.push(await gate.addKey(`asker${i}`, 'asker'));
    }
    const work = new Work(gate, agentKey, askers);
    const looks = [];
    for (const goal of goals) {
        await work.until(goal);
        const cost = await work.cost(nginx);
        looks.push({ ...await look(gate), cost, calls: work.calls, handoffs: work.handoffs });
    }
    figure('bytes of the audit log a call', work.logged / work.calls, 'B');
    tell(looks, figure);
}

const units = { memory: 'KiB', descriptors: '', store: 'B', rows: '' };

// The figures, and a failure for what grew.
function tell([first, last], figure) {
    const after = ({ calls, handoffs }) => `after ${calls} calls and ${handoffs} handoffs`;
    const pair = (what, unit, then, now) => {
        figure(`${what}, ${after(first)}`, then, unit);
        figure(`${what}, ${after(last)}`, now, unit, then > 0 ? { before: then } : {});
    };
    const grown = [];
    for (const [what, unit] of Object.entries(units)) {
        for (const [name, now] of Object.entries(last[what])) {
            const then = first[what][name] ?? 0;
            pair(`${what === 'store' ? 'bytes' : what} of ${name}`, unit, then, now);
            const most = allowed(what, name, then, last.handoffs - first.handoffs);
            if (now > most) grown.push(`${what} of ${name}: ${then}, then ${now}, where ${most.toFixed(0)} is the most`);
        }
    }
    pair('cpu of a call', 'us', first.cost.call, last.cost.call);
    pair('cpu of a call, in requests through nginx proxy_pass', '', first.cost.call / first.cost.nginx, last.cost.call / last.cost.nginx);
    pair('keeper\'s cpu of a handoff', 'us', first.cost.handoff, last.cost.handoff);
    if (grown.length > 0) throw new Error(`grown, ${after(last)}:\n${grown.join('\n')}`);
}
