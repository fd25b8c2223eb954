// The figures, each a ratio to a reference of the same run. One MCP answer, 600 bytes, given by nginx: at once, before it has read the
// request, and by one that reads it first. Asked for directly, through nginx as a reverse proxy that adds the key, and through Sidegate with
// everything on: agent key, lease, injection, screening, audit. Each answer is compared, of all three, and the first wrong one ends the run
// as a failure. Rounds take turns, so that a machine that gets slower is slower for all. Prints a table and writes JSON lines: each figure the
// median of the rounds, with the least and the most of them; and says when the disk was too slow in any round for the run to count. What a
// call takes of each process stands there too (count.mjs; as root).
//
//   bench.mjs [--build DIR] [--rounds 3] [--seconds 3] [--streams 200] [--out FILE] [--before DIR] [--profile] [--count-wrong]
//   bench.mjs --crowd [...]
//   bench.mjs --long [--calls 1000000] [--handoffs 20000] [--first-calls 10000] [--first-handoffs 10000] [...]
//
// --before: the Sidegate of another build takes turns too: the build directory, within its tree. How d683e36 is made one, bench/before.patch says.
// --profile: and where the time goes, by perf (package linux-perf; as root).
// --crowd: instead of all that, what a call costs beside others (crowd.mjs).
// --long: instead of all that, what is left behind by very many calls and handoffs, against the first of them (long.mjs).
// --count-wrong: wrong answers are counted and end nothing; for builds that are known to give some.
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent as HttpAgent, createServer, request } from 'node:http';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent } from '../tests/lib/agent.mjs';
import { PATIENCE } from '../tests/lib/patience.mjs';
import { Person, stopBrowser } from '../tests/lib/person.mjs';
import { missedOf } from './bounds.mjs';
import { count } from './count.mjs';
import { crowd } from './crowd.mjs';
import { long } from './long.mjs';
import { answers, bearer, body, closing, dir, fdatasyncTime, headers, key, load, median, memory, processesOf, sameProcesses, watched } from './measure.mjs';
import { startNginx, startNginxOfBoth } from './nginx.mjs';
import { profile } from './profile.mjs';
import { Sidegate, command, freePort, root, run, upstreamConfig } from '../tests/lib/sidegate.mjs';

const { values: options } = parseArgs({
    options: {
        build: { type: 'string', default: 'build-bench' }, rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' },
        streams: { type: 'string', default: '200' }, out: { type: 'string', default: '' },
        before: { type: 'string' }, profile: { type: 'boolean', default: false }, 'count-wrong': { type: 'boolean', default: false },
        crowd: { type: 'boolean', default: false }, long: { type: 'boolean', default: false },
        calls: { type: 'string', default: '1000000' }, handoffs: { type: 'string', default: '20000' },
        'first-calls': { type: 'string', default: '10000' }, 'first-handoffs': { type: 'string', default: '10000' },
    },
});
const rounds = Number(options.rounds);
const SYNC_MOST = 500; // microseconds of an append and its fdatasync: on a slower disk a run says little of us
const figures = [];
const syncs = []; // medians, one a round
// What the disk is like now; each round asks.
const disk = () => syncs[syncs.push(fdatasyncTime()) - 1];

const loaded = (url, connections, extra) => load(url, connections, extra, { seconds: Number(options.seconds), countWrong: options['count-wrong'] });
const short = (value) => Number(value.toPrecision(4));
const middle = (value) => (Array.isArray(value) ? median(value) : value);
// value: one, or those of all rounds, of which the median stands there, with the least and the most. references: { name: value }, likewise,
// measured in the same run.
const figure = (name, value, unit, references = {}) => figures.push({
    name, value: short(middle(value)), unit,
    ...(Array.isArray(value) && { min: short(Math.min(...value)), max: short(Math.max(...value)) }),
    ratios: Object.entries(references).map(([to, other]) => ({ to, ratio: Number((middle(value) / middle(other)).toPrecision(3)) })),
});

// The person gives the key for both upstreams; the agent's key.
async function connect(gate) {
    const agentKey = await gate.addKey('ana', 'bench');
    const person = await Person.sit({ name: 'ana', password: gate.users.get('ana'), site: gate.surfaceUrl });
    for (const upstream of ['bench', 'reads']) {
        const agent = new Agent({ kind: 'client 2.x pinned', url: gate.mcpUrl(upstream), key: agentKey });
        await agent.connect();
        const call = agent.call('bench', { text: 'x' });
        const { url } = await agent.link();
        await person.give(url, { 'API key': key });
        await call.catch(() => {}); // the answer's fixed id may not be this call's
        await agent.close();
    }
    await stopBrowser();
    return agentKey;
}

// The other build, started as the tests of its time start it, which know its configuration.
async function startBefore(settings) {
    const { Sidegate: Before } = await import(join(resolve(root, options.before), '../tests/lib/sidegate.mjs'));
    const gate = new Before({ program: command(options.before) });
    closing.unshift(async () => { await gate.stop(); gate.remove(); });
    await gate.init(settings);
    await gate.serve({ logTo: join(dir, 'log of before') });
    return { gate, agentKey: await connect(gate) };
}

// How long a start takes until the first answer, when the upstream and what asks it are warm. nginx has no other than the right one;
// Sidegate's keeper refuses a key that nobody has before anything else is started, and a call that is right needs all of it.
async function starts({ gate, agentKey }, { proxies }) {
    const got = { nginx: [], refusal: [], right: [] };
    const url = gate.mcpUrl('bench');
    const ours = async (firstAnswer) => {
        await gate.stop();
        const since = process.hrtime.bigint();
        // Its log goes to a file, as it would: reading it here would cost as much as a third of what is measured.
        await gate.serve({ logTo: join(dir, 'log') });
        await firstAnswer();
        return Number(process.hrtime.bigint() - since) / 1e6;
    };
    for (let round = 0; round < rounds; round++) {
        await proxies.stop();
        got.nginx.push(await proxies.start());
        got.refusal.push(await ours(() => fetch(url, { method: 'POST', headers: { ...headers, ...bearer('nobody') }, body }).then((r) => r.text())));
        got.right.push(await ours(() => answers(url, bearer(agentKey))));
    }
    figure('start to first answer: nginx', got.nginx, 'ms');
    figure('start to first answer, a refusal: Sidegate', got.refusal, 'ms', { nginx: got.nginx });
    figure('start to first right answer: Sidegate', got.right, 'ms', { nginx: got.nginx });
}

const BEHIND = 'nginx proxy_pass and the server behind it';
const IN_ONE = 'nginx proxy_pass and server in one worker';

// sidegates: { name: { gate, agentKey } }.
async function calls(sidegates, ports, { servers, proxies }, both) {
    const at = (port, groups) => ({ url: `http://127.0.0.1:${port}/mcp`, groups });
    const server = () => servers.processes();
    const proxy = () => proxies.processes();
    const nginx = (direct, through) => ({
        'no proxy': at(direct, { 'no proxy': server }),
        'nginx proxy_pass': at(through, { 'nginx proxy_pass': proxy, [BEHIND]: () => [...proxy(), ...server()] }),
    });
    const ours = (upstream) => Object.fromEntries(Object.entries(sidegates).map(([name, { gate, agentKey }]) =>
        [name, { url: gate.mcpUrl(upstream), extra: bearer(agentKey), groups: { [name]: () => processesOf(gate) } }]));
    const inOne = { [IN_ONE]: at(ports.bothProxy, { [IN_ONE]: () => both.processes() }) };
    await callsOf('', { ...nginx(ports.direct, ports.proxy), ...inOne, ...ours('bench') });
    await callsOf(', reads first', { ...nginx(ports.reads, ports.readsProxy), ...ours('reads') });
}

// targets: { name: { url, extra, groups } }: groups are the processes whose time is measured, each under its name.
async function callsOf(upstream, targets) {
    for (const connections of [1, 64]) {
        const got = { rate: {}, p50: {}, p99: {}, cpu: {}, wrong: {} }; // of each: { name: [of each round] }
        const add = (what, name, value) => (got[what][name] ??= []).push(value);
        const here = [];
        for (let round = 0; round < rounds; round++) {
            here.push(disk());
            for (const [name, { url, extra, groups }] of Object.entries(targets)) {
                const { cpu, got: one } = await watched(groups, () => loaded(url, connections, extra));
                for (const what of ['rate', 'p50', 'p99', 'wrong']) add(what, name, one[what]);
                for (const [whose, spent] of Object.entries(cpu)) add('cpu', whose, spent / one.requests);
            }
        }
        const units = { rate: 'req/s', p50: 'us', p99: 'us', cpu: 'us/req', ...(options['count-wrong'] && { wrong: '%' }) };
        for (const [what, unit] of Object.entries(units)) {
            const { Sidegate: _, ...references } = got[what];
            for (const [name, values] of Object.entries(got[what])) {
                figure(`tools/call ${what}, ${connections} connection${connections > 1 ? 's' : ''}${upstream}: ${name}`, values, unit, name === 'Sidegate' && what !== 'wrong' ? references : {});
            }
        }
        figure('append 180 bytes and fdatasync, between these rounds', here, 'us');
    }
}

// nginx's memory at rest, and of a connection that is kept and idle: what a proxy needs at the least.
async function idleNginx(proxy, { proxies }) {
    const rest = memory(proxies.processes());
    const http = new HttpAgent({ keepAlive: true, maxSockets: 10_000, maxFreeSockets: 10_000 });
    const n = Number(options.streams);
    await Promise.all(Array.from({ length: n }, () => new Promise((done, fail) => {
        const out = request(`http://127.0.0.1:${proxy}/mcp`, { method: 'POST', agent: http, headers }, (res) => { res.resume(); res.once('end', done); });
        out.once('error', fail);
        out.end(body);
    })));
    const one = (memory(proxies.processes()) - rest) / n;
    http.destroy();
    return { rest, one };
}

// An upstream that keeps the stream of each session open, and says nothing on it; for legacy sessions, without a key.
async function startFeeds() {
    const server = createServer((req, res) => {
        let text = '';
        req.on('data', (d) => { text += d; });
        req.on('end', () => {
            const { method, id } = text ? JSON.parse(text) : {};
            if (req.method === 'GET') return void res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
            if (method !== 'initialize') return void res.writeHead(202).end();
            res.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': randomUUID() });
            res.end(JSON.stringify({ jsonrpc: '2.0', id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'feeds', version: '1' } } }));
        });
    });
    await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
    closing.unshift(() => { server.closeAllConnections(); server.close(); });
    let feeds = 0;
    server.on('request', (req) => { feeds += req.method === 'GET'; });
    return { url: `http://127.0.0.1:${server.address().port}/mcp`, feeds: () => feeds };
}

// Legacy sessions with their GET streams, all open.
async function openStreams(at, agentKey, n = Number(options.streams)) {
    const url = new URL(at);
    const http = new HttpAgent({ keepAlive: true, maxSockets: 10_000 });
    const auth = { Authorization: `Bearer ${agentKey}`, Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' };
    const ask = (method, more, text) => new Promise((done, fail) => {
        const out = request(url, { method, agent: http, headers: { ...auth, ...more } }, (res) => done(res));
        out.on('error', fail);
        out.end(text);
    });
    const open = [];
    const initialize = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } } });
    for (let i = 0; i < n; i++) {
        const res = await ask('POST', {}, initialize);
        res.resume();
        const session = res.headers['mcp-session-id'];
        if (!session) throw new Error(`stream ${i}: no session, but ${res.statusCode}`);
        const stream = await ask('GET', { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': '2025-11-25' });
        if (stream.statusCode !== 200) throw new Error(`stream ${i}: ${stream.statusCode}`);
        stream.resume();
        open.push(stream);
    }
    return { open, close: () => { for (const stream of open) stream.destroy(); http.destroy(); } };
}

// Memory of all processes, just started and after a first call, and of a stream that is idle: alone, and with the upstream's own behind it.
async function idle(gate, agentKey, nginx, feeds) {
    const all = () => memory(processesOf(gate));
    figure('memory at rest, all processes: nginx proxy_pass', nginx.rest, 'KiB');
    figure(`memory of one idle kept connection (of ${options.streams}): nginx proxy_pass`, nginx.one, 'KiB');
    await gate.stop();
    await gate.serve({ logTo: join(dir, 'log') });
    figure('memory at rest, all processes, before any call: Sidegate', all(), 'KiB', { 'nginx proxy_pass': nginx.rest });
    await answers(gate.mcpUrl('bench'), bearer(agentKey));
    figure('memory at rest, all processes, one of an upstream among them: Sidegate', all(), 'KiB', { 'nginx proxy_pass': nginx.rest });
    await idleStreams(gate, agentKey, { upstream: 'bench', what: '' }, nginx);
    await gate.stop();
    await gate.serve({ logTo: join(dir, 'log') });
    await idleStreams(gate, agentKey, { upstream: 'feeds', what: ' with one of the upstream behind it', come: feeds }, nginx);
}

// come: how many streams the upstream has been asked for so far, if that is to be waited for. One is opened beforehand, so that the
// upstream's process is there.
async function idleStreams(gate, agentKey, { upstream, what, come }, nginx) {
    const open = async (n) => {
        const before = come?.();
        const streams = await openStreams(gate.mcpUrl(upstream), agentKey, n);
        for (const end = Date.now() + PATIENCE; come && come() - before < streams.open.length; await new Promise((go) => { setTimeout(go, 20); })) {
            if (Date.now() > end) throw new Error(`${come() - before} of ${streams.open.length} streams have come to the upstream`);
        }
        return streams;
    };
    const first = await open(1);
    const processes = processesOf(gate);
    const rest = memory(processes);
    const streams = await open(Number(options.streams));
    const now = processesOf(gate);
    sameProcesses(processes, now);
    const n = streams.open.length;
    figure(`memory of one idle stream (of ${n})${what}: Sidegate`, (memory(now) - rest) / n, 'KiB', { 'nginx, a connection': nginx.one });
    streams.close();
    first.close();
}

async function microbench() {
    for (const name of ['json-bench', 'screen-bench']) {
        const program = join(resolve(root, options.build), 'bench', name);
        const said = await run(program, [], { time: 120_000 });
        if (said.status !== 0) throw new Error(`${program}: ${said.status}\n${said.stderr}`);
        for (const line of said.stdout.trim().split('\n')) {
            figures.push({ ratios: [], ...JSON.parse(line) });
        }
    }
}

async function main() {
    disk();
    const ports = { direct: await freePort(), proxy: await freePort(), reads: await freePort(), readsProxy: await freePort(), both: await freePort(), bothProxy: await freePort() };
    const nginx = await startNginx(ports);
    const both = await startNginxOfBoth(ports);
    const { url: feedsUrl, feeds } = await startFeeds();
    const gate = new Sidegate({ program: command(options.build) });
    closing.unshift(async () => { await gate.stop(); gate.remove(); });
    const settings = {
        log: { level: 'info' },
        limits: { sessions_per_client: 4096, calls_per_client: 4096 },
        upstreams: {
            bench: upstreamConfig(`http://127.0.0.1:${ports.direct}/mcp`, { title: 'Bench', credential: { lease: { kind: 'keep' } } }),
            reads: upstreamConfig(`http://127.0.0.1:${ports.reads}/mcp`, { title: 'Reads first', credential: { lease: { kind: 'keep' } } }),
            feeds: upstreamConfig(feedsUrl, { credential: null, protocols: ['2025-11-25'] }),
        },
    };
    await gate.init(settings);
    await gate.serve({ logTo: join(dir, 'log') });
    const agentKey = await connect(gate);
    if (options.crowd) {
        await crowd({ gate, agentKey, rounds, load: loaded, figure, openStreams, disk });
        return;
    }
    if (options.long) {
        const goal = (calls, handoffs) => ({ calls: Number(options[calls]), handoffs: Number(options[handoffs]) });
        const proxy = { url: `http://127.0.0.1:${ports.proxy}/mcp`, processes: () => nginx.proxies.processes() };
        await long({ gate, agentKey, figure, disk, log: join(dir, 'log'), proxy }, goal('first-calls', 'first-handoffs'), goal('calls', 'handoffs'));
        return;
    }
    await starts({ gate, agentKey }, nginx);
    const idleOfNginx = await idleNginx(ports.proxy, nginx);
    await Promise.all(['bench', 'reads'].map((upstream) => answers(gate.mcpUrl(upstream), bearer(agentKey)))); // all processes are there
    await calls({ ...(options.before && { before: await startBefore(settings) }), Sidegate: { gate, agentKey } }, ports, nginx, both);
    await count({ gate, agentKey, figure, log: join(dir, 'log') });
    if (options.profile) {
        profiled = await profile(processesOf(gate), join(dir, 'perf.data'), Number(options.seconds), () => loaded(gate.mcpUrl('bench'), 64, bearer(agentKey)));
    }
    await idle(gate, agentKey, idleOfNginx, feeds);
    await microbench();
}

let failure;
let profiled = '';
await main().catch((error) => { failure = error; });
for (const close of closing) await Promise.resolve().then(close).catch(() => {});
const machine = { cpu: cpus()[0].model, cores: cpus().length, date: new Date().toISOString(), rounds, seconds: Number(options.seconds), counts: Math.max(...syncs) <= SYNC_MOST };
console.log(`\n${machine.cpu}, ${machine.cores} cores; medians of ${rounds} rounds of ${options.seconds} s, and the least and the most of them\n`);
const width = Math.max(...figures.map((f) => f.name.length), 10);
const spread = ({ min, max }) => (min === undefined ? '' : `${min}..${max}`);
for (const f of figures) console.log(`${f.name.padEnd(width)}  ${String(f.value).padStart(10)} ${f.unit.padEnd(7)} ${spread(f).padEnd(17)} ${f.ratios.map(({ to, ratio }) => `${ratio} x ${to}`).join(', ')}`.trimEnd());
if (profiled) console.log(`\n${profiled}`);
const out = options.out || join(root, `build/bench${options.long ? '-long' : options.crowd ? '-crowd' : ''}.jsonl`);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `${[machine, ...figures].map((f) => JSON.stringify(f)).join('\n')}\n`);
console.log(`\n${out}`);
const missed = missedOf(figures);
for (const line of missed) console.log(`\nmore than is asked for, or less: ${line}`);
if (!machine.counts) console.log(`\nThis run does not count: in its worst round, to append and fdatasync took ${Math.max(...syncs).toFixed(0)} us, where less than ${SYNC_MOST} is asked for.`);
if (failure) console.error(`\nbench: ${failure.stack}`);
process.exit(failure || missed.length > 0 || !machine.counts ? 1 : 0);
