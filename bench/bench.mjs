// The figures, each a ratio to a reference of the same run. One MCP answer, 600 bytes, given by nginx: at once, before it has read the
// request, and by one that reads it first. Asked for directly, through nginx as a reverse proxy that adds the key, and through Sidegate with
// everything on: agent key, lease, injection, screening, audit. Each answer is compared, of all three, and the first wrong one ends the run
// as a failure. Rounds take turns, so that a machine that gets slower is slower for all. Prints a table and writes JSON lines, and says when
// the disk was too slow for the run to count. What a call takes of each process stands there too (count.mjs; as root).
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
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent as HttpAgent, createServer, request } from 'node:http';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent } from '../tests/lib/agent.mjs';
import { PATIENCE } from '../tests/lib/patience.mjs';
import { Person, stopBrowser } from '../tests/lib/person.mjs';
import { count } from './count.mjs';
import { crowd } from './crowd.mjs';
import { long } from './long.mjs';
import { answer, answers, bearer, body, closing, cpuTime, dir, fdatasyncTime, headers, load, median, memory } from './measure.mjs';
import { profile } from './profile.mjs';
import { Sidegate, command, freePort, root, run, upstreamConfig } from '../tests/lib/sidegate.mjs';

const { values: options } = parseArgs({
    options: {
        build: { type: 'string', default: 'build-bench' }, rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' },
        streams: { type: 'string', default: '200' }, out: { type: 'string', default: join(root, 'build/bench.jsonl') },
        before: { type: 'string' }, profile: { type: 'boolean', default: false }, 'count-wrong': { type: 'boolean', default: false },
        crowd: { type: 'boolean', default: false }, long: { type: 'boolean', default: false },
        calls: { type: 'string', default: '1000000' }, handoffs: { type: 'string', default: '20000' },
        'first-calls': { type: 'string', default: '10000' }, 'first-handoffs': { type: 'string', default: '10000' },
    },
});
const rounds = Number(options.rounds);
const SYNC_MOST = 500; // microseconds of an append and its fdatasync: on a slower disk a run says little of us
const figures = [];
const syncs = []; // of the whole run
const key = 'bench_key_0123456789abcdef0123456789';

const loaded = (url, connections, extra) => load(url, connections, extra, { seconds: Number(options.seconds), countWrong: options['count-wrong'] });
// references: { name: value }, measured in the same run.
const figure = (name, value, unit, references = {}) => figures.push({
    name, value: Number(value.toPrecision(4)), unit,
    ratios: Object.entries(references).map(([to, other]) => ({ to, ratio: Number((value / other).toPrecision(3)) })),
});

// ports: { direct, proxy } of the upstream that answers at once, { reads, readsProxy } of the one that reads first. nginx's "return" answers
// before it reads; its proxy_pass reads the whole request before it passes it on.
async function startNginx(ports) {
    const proxy = (port, to, more = '') => `server { listen 127.0.0.1:${port}; location / { proxy_pass http://${to}; proxy_http_version 1.1; proxy_set_header Connection ""; ${more} } }`;
    const upstream = (name, port) => `upstream ${name} { server 127.0.0.1:${port}; keepalive 128; keepalive_requests 100000000; }`;
    const addKey = `proxy_set_header Authorization "Bearer ${key}";`;
    const file = join(dir, 'nginx.conf');
    writeFileSync(file, `
daemon off; worker_processes 1; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log; ${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
    access_log off; keepalive_requests 100000000; client_body_temp_path ${dir}/a; proxy_temp_path ${dir}/b; fastcgi_temp_path ${dir}/c; uwsgi_temp_path ${dir}/d; scgi_temp_path ${dir}/e;
    ${upstream('mcp', ports.direct)}
    ${upstream('reads', ports.reads)}
    server { listen 127.0.0.1:${ports.direct}; default_type application/json; location / { return 200 '${answer}'; } }
    ${proxy(ports.reads, 'mcp')}
    ${proxy(ports.proxy, 'mcp', addKey)}
    ${proxy(ports.readsProxy, 'reads', addKey)}
}
`);
    const child = spawn('nginx', ['-c', file, '-p', dir], { stdio: 'inherit' });
    closing.unshift(() => new Promise((done) => { child.once('close', done); child.kill('SIGTERM'); }));
    for (const port of Object.values(ports)) await answers(`http://127.0.0.1:${port}/mcp`);
    return child.pid;
}

// Its workers.
function nginxPids() {
    const pid = Number(readFileSync(join(dir, 'nginx.pid'), 'utf8'));
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

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

// sidegates: { name: { gate, agentKey } }.
async function calls(sidegates, ports) {
    const at = (port) => ({ url: `http://127.0.0.1:${port}/mcp`, pids: nginxPids });
    const ours = (upstream) => Object.fromEntries(Object.entries(sidegates).map(([name, { gate, agentKey }]) =>
        [name, { url: gate.mcpUrl(upstream), extra: bearer(agentKey), pids: () => gate.processes().map((p) => p.pid) }]));
    await callsOf('', { 'no proxy': at(ports.direct), 'nginx proxy_pass': at(ports.proxy), ...ours('bench') });
    await callsOf(', reads first', { 'no proxy': at(ports.reads), 'nginx proxy_pass': at(ports.readsProxy), ...ours('reads') });
}

async function callsOf(upstream, targets) {
    for (const connections of [1, 64]) {
        const got = Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
        const here = [];
        for (let round = 0; round < rounds; round++) {
            here.push(fdatasyncTime());
            for (const [name, { url, extra, pids }] of Object.entries(targets)) {
                const before = cpuTime(pids());
                const one = await loaded(url, connections, extra);
                one.cpu = (cpuTime(pids()) - before) / (one.rate * Number(options.seconds));
                got[name].push(one);
            }
        }
        const units = { rate: 'req/s', p50: 'us', p99: 'us', cpu: 'us/req', ...(options['count-wrong'] && { wrong: '%' }) };
        for (const [what, unit] of Object.entries(units)) {
            const at = Object.fromEntries(Object.entries(got).map(([name, list]) => [name, median(list.map((x) => x[what]))]));
            const { Sidegate: _, ...references } = at;
            for (const name of Object.keys(targets)) {
                figure(`tools/call ${what}, ${connections} connection${connections > 1 ? 's' : ''}${upstream}: ${name}`, at[name], unit, name === 'Sidegate' && what !== 'wrong' ? references : {});
            }
        }
        figure('append 180 bytes and fdatasync, between these rounds', median(here), 'us');
        syncs.push(...here);
    }
}

// nginx's memory at rest, and of a connection that is kept and idle: what a proxy needs at the least.
async function idleNginx(proxy) {
    const pids = nginxPids();
    const rest = memory(pids);
    const http = new HttpAgent({ keepAlive: true, maxSockets: 10_000, maxFreeSockets: 10_000 });
    const n = Number(options.streams);
    await Promise.all(Array.from({ length: n }, () => new Promise((done, fail) => {
        const out = request(`http://127.0.0.1:${proxy}/mcp`, { method: 'POST', agent: http, headers }, (res) => { res.resume(); res.once('end', done); });
        out.once('error', fail);
        out.end(body);
    })));
    const one = (memory(pids) - rest) / n;
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
        if (!session) break;
        const stream = await ask('GET', { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': '2025-11-25' });
        if (stream.statusCode !== 200) break;
        stream.resume();
        open.push(stream);
    }
    return { open, close: () => { for (const stream of open) stream.destroy(); http.destroy(); } };
}

// Memory of all processes, just started, and of a stream that is idle: alone, and with the upstream's own behind it.
async function idle(gate, agentKey, nginx, feeds) {
    const all = () => memory(gate.processes().map((p) => p.pid));
    figure('memory at rest, all processes: nginx', nginx.rest, 'KiB');
    figure(`memory of one idle kept connection (of ${options.streams}): nginx`, nginx.one, 'KiB');
    for (const [what, upstream] of [['', 'bench'], [' with one of the upstream behind it', 'feeds']]) {
        await gate.stop();
        await gate.serve({ logTo: join(dir, 'log') });
        const rest = all();
        if (upstream === 'bench') figure('memory at rest, all processes: Sidegate', rest, 'KiB', { nginx: nginx.rest });
        const { open, close } = await openStreams(gate.mcpUrl(upstream), agentKey);
        for (const end = Date.now() + PATIENCE; upstream === 'feeds' && feeds() < open.length; await new Promise((go) => { setTimeout(go, 20); })) {
            if (Date.now() > end) throw new Error(`${feeds()} of ${open.length} streams have come to the upstream`);
        }
        if (open.length > 0) figure(`memory of one idle stream (of ${open.length})${what}: Sidegate`, (all() - rest) / open.length, 'KiB', { 'nginx, a connection': nginx.one });
        close();
    }
}

async function microbench() {
    for (const name of ['json-bench', 'screen-bench']) {
        const program = join(resolve(root, options.build), 'bench', name);
        if (!existsSync(program)) continue;
        const said = await run(program, [], { time: 120_000 });
        for (const line of said.stdout.trim().split('\n')) {
            figures.push({ ratios: [], ...JSON.parse(line) });
        }
    }
}

async function main() {
    syncs.push(fdatasyncTime());
    const ports = { direct: await freePort(), proxy: await freePort(), reads: await freePort(), readsProxy: await freePort() };
    const since = process.hrtime.bigint();
    await startNginx(ports);
    const nginxStart = Number(process.hrtime.bigint() - since) / 1e6;
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
    const started = process.hrtime.bigint();
    // Its log goes to a file, as it would: reading it here would cost as much as a third of what is measured.
    await gate.serve({ logTo: join(dir, 'log') });
    await fetch(gate.mcpUrl('bench'), { method: 'POST', headers: { ...headers, Authorization: 'Bearer nobody' }, body }); // refused, by the keeper
    figure('start to first answer: nginx', nginxStart, 'ms');
    figure('start to first answer: Sidegate', Number(process.hrtime.bigint() - started) / 1e6, 'ms', { nginx: nginxStart });
    const agentKey = await connect(gate);
    if (options.crowd) {
        await crowd({ gate, agentKey, rounds, seconds: Number(options.seconds), load: loaded, figure, openStreams });
        return;
    }
    if (options.long) {
        const goal = (calls, handoffs) => ({ calls: Number(options[calls]), handoffs: Number(options[handoffs]) });
        const nginx = { url: `http://127.0.0.1:${ports.proxy}/mcp`, pids: nginxPids };
        await long({ gate, agentKey, figure, log: join(dir, 'log'), nginx }, [goal('first-calls', 'first-handoffs'), goal('calls', 'handoffs')]);
        return;
    }
    const nginx = await idleNginx(ports.proxy);
    await calls({ ...(options.before && { before: await startBefore(settings) }), Sidegate: { gate, agentKey } }, ports);
    await count({ gate, agentKey, figure, log: join(dir, 'log') });
    if (options.profile) {
        profiled = await profile(gate.processes(), join(dir, 'perf.data'), Number(options.seconds), () => loaded(gate.mcpUrl('bench'), 64, bearer(agentKey)));
    }
    await idle(gate, agentKey, nginx, feeds);
    await microbench();
}

let failure;
let profiled = '';
await main().catch((error) => { failure = error; });
for (const close of closing) await Promise.resolve().then(close).catch(() => {});
const machine = { cpu: cpus()[0].model, cores: cpus().length, date: new Date().toISOString(), rounds, seconds: Number(options.seconds), counts: !(median(syncs) > SYNC_MOST) };
console.log(`\n${machine.cpu}, ${machine.cores} cores; medians of ${rounds} rounds of ${options.seconds} s\n`);
const width = Math.max(...figures.map((f) => f.name.length), 10);
for (const f of figures) console.log(`${f.name.padEnd(width)}  ${String(f.value).padStart(10)} ${f.unit.padEnd(7)} ${f.ratios.map(({ to, ratio }) => `${ratio} x ${to}`).join(', ')}`.trimEnd());
if (profiled) console.log(`\n${profiled}`);
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, `${[machine, ...figures].map((f) => JSON.stringify(f)).join('\n')}\n`);
console.log(`\n${options.out}`);
if (!machine.counts) console.log(`\nThis run does not count: to append and fdatasync took ${median(syncs).toFixed(0)} us, where less than ${SYNC_MOST} is asked for.`);
if (failure) console.error(`\nbench: ${failure.stack}`);
process.exit(failure ? 1 : 0);
