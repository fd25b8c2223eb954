// What a Sidegate that runs on leaves behind: after exactly its first calls and handoffs, half way, and after very many. The run fails when at
// the end a process has more memory or descriptors, or the store more bytes or rows, than the first look explains, or when it is another process.
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, bearer, body, bytesIn, declined, dir, headers, load, median, memory, processesOf, sameProcesses, spent, watched } from './measure.mjs';
import { run } from '../tests/lib/sidegate.mjs';

const ASKERS = 10; // people who are asked, each by a key of their own: each new handoff counts those of its person in the last hour
const CONNECTIONS = 64;
const SECONDS = 3; // of calls between two lines of progress
const AT_ONCE = 500; // handoffs
const ROUNDS = 3; // in turn with nginx, at each look
const SAMPLE_MS = 1000;
const SAMPLES = 5; // of memory, the least of which counts: buffers come and go
// What may come on top of the first look. Memory: what allocators and SQLite's cache have for a while.
const GROWTH = 0.05;
const slack = { memory: 1024, descriptors: 2, rows: 16, store: 1 << 20 }; // KiB, number, number, bytes
const HANDOFF_BYTES = 512; // of a handoff that is over, which the store keeps for three days
const limits = {
    permit_time: 5000, handoffs_per_client: 1000, prompts_per_hour: 10_000, user_prompts_per_hour: 10_000, upstream_prompts_per_hour: 10_000, prompts_least: 10_000,
};
// Egress keeps as many connections as there were calls at a time, which is chance (58, 66 and 72 descriptors after the same load), until the
// time of POOL_IDLE_MS in limits.def; all are closed then.
const POOL_IDLE_MS = 60_000;
const SETTLE_MS = Math.max(limits.permit_time, POOL_IDLE_MS) + 1000;

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
    await sleep(SETTLE_MS);
    while (samples.length < SAMPLES) {
        await sleep(SAMPLE_MS);
        samples.push(processes.map((one) => memory([one])));
    }
    return Object.fromEntries(processes.map(({ name }, i) => [name, Math.min(...samples.map((sample) => sample[i]))]));
}

async function look(gate) {
    const processes = processesOf(gate);
    return {
        processes,
        memory: await settled(processes),
        descriptors: Object.fromEntries(processes.map(({ name, pid }) => [name, readdirSync(`/proc/${pid}/fd`).length])),
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
    logged = { bytes: 0, calls: 0 }; // of the audit log, by calls alone
    syncs = []; // what the disk was like, one of each round

    constructor(gate, agentKey, askers, disk) {
        Object.assign(this, { gate, askers, disk, url: gate.mcpUrl('bench'), extra: bearer(agentKey) });
        this.processes = () => processesOf(gate);
    }

    // Gives { rate, cpu }: how many a second, and the microseconds of one.
    async someCalls() {
        this.syncs.push(this.disk());
        const audit = () => bytesIn(join(this.gate.dir, 'data/audit'));
        const before = audit();
        const { cpu, got: { requests, rate } } = await watched({ it: this.processes }, () => load(this.url, CONNECTIONS, this.extra, { seconds: SECONDS }));
        this.calls += requests;
        this.logged.calls += requests;
        this.logged.bytes += audit() - before;
        return { rate, cpu: cpu.it / requests };
    }

    // So many and no other: wrk leaves calls behind that it does not count.
    async exactCalls(n) {
        const right = await answers(this.url, this.extra);
        let left = n - 1;
        await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
            while (left-- > 0) {
                const answer = await fetch(this.url, { method: 'POST', headers: { ...headers, ...this.extra }, body });
                const text = await answer.text();
                if (answer.status !== 200 || text !== right) throw new Error(`a wrong answer of ${this.url}: ${answer.status} ${text}`);
            }
        }));
        this.calls += n;
    }

    // Gives the keeper's microseconds of one.
    async someHandoffs(n) {
        const keeper = this.gate.pidOf('keeper');
        const before = spent(keeper);
        await Promise.all(this.askers.map((asker, i) => declined(this.gate, asker, Math.floor((n + i) / ASKERS))));
        this.handoffs += n;
        return (spent(keeper) - before) / n;
    }

    say(how) {
        console.log(`${this.calls} calls, ${this.handoffs} handoffs (${how}); ${memory(this.processes())} KiB in all processes`);
    }

    // The first: exactly so many.
    async first({ calls, handoffs }) {
        while (this.handoffs < handoffs) await this.someHandoffs(Math.min(handoffs - this.handoffs, AT_ONCE));
        await this.exactCalls(calls);
        this.say('the first');
    }

    // On until there were so many, handoffs between the calls.
    async until({ calls, handoffs }) {
        const start = { calls: this.calls, handoffs: this.handoffs };
        while (this.calls < calls || this.handoffs < handoffs) {
            const { rate } = this.calls < calls ? await this.someCalls() : { rate: 0 };
            const part = Math.min(1, (this.calls - start.calls) / (calls - start.calls) || 1);
            const due = Math.ceil(start.handoffs + part * (handoffs - start.handoffs)) - this.handoffs;
            if (due > 0) await this.someHandoffs(Math.min(due, AT_ONCE));
            this.say(`${rate.toFixed(0)} calls a second`);
        }
    }

    // What one call and one handoff cost now, beside a request through nginx: of each round, calls also in requests of that round.
    async cost(proxy) {
        const call = [];
        const requests = [];
        for (let i = 0; i < ROUNDS; i++) {
            call.push((await this.someCalls()).cpu);
            const { cpu, got } = await watched({ it: proxy.processes }, () => load(proxy.url, CONNECTIONS, {}, { seconds: SECONDS }));
            requests.push(call[i] / (cpu.it / got.requests));
        }
        return { 'cpu of a call': call, 'cpu of a call, in requests through nginx proxy_pass': requests, "keeper's cpu of a handoff": await this.someHandoffs(AT_ONCE) };
    }
}

// of: { gate, agentKey, figure, disk, log, proxy: { url, processes } }, as bench.mjs has them; first, last: { calls, handoffs } of those looks.
export async function long({ gate, agentKey, figure, disk, log, proxy }, first, last) {
    await gate.stop();
    Object.assign(gate.settings.limits, limits);
    gate.writeConfig();
    await gate.serve({ logTo: log });
    const askers = [];
    for (let i = 0; i < ASKERS; i++) {
        await gate.addUser(`asker${i}`, `password of asker ${i}`);
        askers.push(await gate.addKey(`asker${i}`, 'asker'));
    }
    const work = new Work(gate, agentKey, askers, disk);
    const looks = [];
    const lookNow = async () => {
        const { calls, handoffs } = work;
        looks.push({ ...await look(gate), calls, handoffs, cost: await work.cost(proxy) });
        sameProcesses(looks[0].processes, looks.at(-1).processes);
    };
    await work.first(first);
    await lookNow();
    const half = Object.fromEntries(Object.keys(last).map((what) => [what, Math.ceil((first[what] + last[what]) / 2)]));
    for (const goal of [half, last]) {
        await work.until(goal);
        await lookNow();
    }
    figure('bytes of the audit log a call', work.logged.bytes / work.logged.calls, 'B');
    figure('append 180 bytes and fdatasync, between the rounds', work.syncs, 'us');
    tell(looks, figure);
}

const units = { memory: 'KiB', descriptors: '', store: 'B', rows: '' };
const bytes = { memory: 1024, store: 1 }; // of one unit

// The figures, and a failure for what grew.
function tell(looks, figure) {
    const [first, , last] = looks;
    const after = ({ calls, handoffs }) => `after ${calls} calls and ${handoffs} handoffs`;
    const each = (what, unit, of) => looks.forEach((one) => figure(`${what}, ${after(one)}`, of(one), unit, one !== first && median([of(first)].flat()) > 0 ? { before: of(first) } : {}));
    const grown = [];
    for (const [what, unit] of Object.entries(units)) {
        for (const [name, now] of Object.entries(last[what])) {
            const of = (one) => one[what][name] ?? 0;
            each(`${what === 'store' ? 'bytes' : what} of ${name}`, unit, of);
            const most = allowed(what, name, of(first), last.handoffs - first.handoffs);
            if (now > most) grown.push(`${what} of ${name}: ${of(first)}, then ${now}, where ${most.toFixed(0)} is the most`);
        }
    }
    tellRates(looks, figure);
    for (const what of Object.keys(first.cost)) each(what, what.includes('requests') ? '' : 'us', ({ cost }) => cost[what]);
    if (grown.length > 0) throw new Error(`grown, ${after(last)}:\n${grown.join('\n')}`);
}

// What came on top between half way and the end, if all of it is taken to be of the calls, or all of the handoffs.
function tellRates([, half, last], figure) {
    for (const [what, size] of Object.entries(bytes)) {
        for (const name of Object.keys(last[what])) {
            const more = (last[what][name] - half[what][name]) * size;
            for (const one of ['calls', 'handoffs']) {
                const n = last[one] - half[one];
                if (n > 0) figure(`growth of ${what === 'store' ? '' : `${what} of `}${name} from half way to the end, a ${one.slice(0, -1)}`, more / n, 'B');
            }
        }
    }
}
