// What the parts of the bench share: the request and its answer, a load of it, and what processes use.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { run } from '../tests/lib/sidegate.mjs';

export const dir = mkdtempSync(join(tmpdir(), 'sidegate-bench-'));
// What is done at the end, the last added first.
export const closing = [() => rmSync(dir, { recursive: true, force: true })];

export const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

// Of the upstreams, which the person gives.
export const key = 'bench_key_0123456789abcdef0123456789';

// The request of a modern client, and an answer of 600 bytes to it.
export const body = JSON.stringify({
    jsonrpc: '2.0', id: 1, method: 'tools/call',
    params: {
        name: 'bench', arguments: { text: 'x'.repeat(300) },
        _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' }, 'io.modelcontextprotocol/clientCapabilities': {} },
    },
});
export const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { resultType: 'complete', content: [{ type: 'text', text: 'y'.repeat(510) }] } });
export const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'bench' };
export const bearer = (agentKey) => ({ Authorization: `Bearer ${agentKey}` });

// Until it gives the right answer: the text of that.
export async function answers(url, extra = {}, time = 10_000) {
    const end = Date.now() + time;
    let last;
    for (;;) {
        const text = await fetch(url, { method: 'POST', headers: { ...headers, ...extra }, body }).then((r) => (last = r.status, r.text()), (error) => { last = error; });
        if (last === 200 && text && isDeepStrictEqual(JSON.parse(text), JSON.parse(answer))) return text;
        if (Date.now() > end) throw new Error(`${url} does not answer: ${last} ${text}`);
    }
}

// One run of wrk: { rate, p50, p99, wrong, requests } in requests a second, microseconds, and percent of the answers.
export async function load(url, connections, extra, { seconds, countWrong = false }) {
    const script = join(dir, 'load.lua');
    const lines = Object.entries({ ...headers, ...extra }).map(([n, v]) => `wrk.headers[${JSON.stringify(n)}] = ${JSON.stringify(v)}`);
    const lua = JSON.stringify; // ASCII without control characters: Lua reads it the same
    writeFileSync(script, `wrk.method = "POST"\nwrk.body = ${lua(body)}\n${lines.join('\n')}
local right = ${lua(await answers(url, extra))}
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) wrong = 0; first = "" end
function response(status, headers, body)
    if status == 200 and body == right then return end
    wrong = wrong + 1
    if first == "" then first = status .. " " .. body end
    ${countWrong ? '' : 'wrk.thread:stop()'}
end
function done(summary, latency)
    io.write(string.format("FIGURES %f %f %f %d %d %d\\n%s\\n", summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99),
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, threads[1]:get("wrong"), summary.requests, threads[1]:get("first")))
end
`);
    const said = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url], { time: 120_000 });
    const [, rate, p50, p99, errors, wrong, requests] = said.stdout.match(/FIGURES (\S+) (\S+) (\S+) (\d+) (\d+) (\d+)/)?.map(Number) ?? [];
    if (!rate || errors > 0) throw new Error(`wrk on ${url}: ${errors} errors\n${said.stdout}${said.stderr}`);
    if (wrong > 0 && !countWrong) throw new Error(`a wrong answer of ${url}, after ${requests} requests\n${said.stdout}`);
    return { rate, p50, p99, wrong: 100 * wrong / requests, requests };
}

// Processor time used so far by these processes, { name, pid }, in microseconds.
function cpuTime(processes) {
    return processes.reduce((sum, { pid }) => {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [, , , , , , , , , , , utime, stime] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return sum + (Number(utime) + Number(stime)) * 10_000;
    }, 0);
}

const listed = (processes) => processes.map(({ name, pid }) => `${name} (${pid})`).toSorted().join(', ');

// Fails unless both lists name the same processes: a figure of one that began, ended or began anew in between would say nothing.
export function sameProcesses(before, after) {
    if (listed(before) !== listed(after)) throw new Error(`not the same processes: ${listed(before)}; then ${listed(after)}`);
}

// Runs `work`, and gives the processor time that each of these groups of processes took meanwhile, and what it gave: { cpu: { name:
// microseconds }, got }. groups: { name: a function that lists the processes now }.
export async function watched(groups, work) {
    const before = Object.entries(groups).map(([name, list]) => {
        const processes = list();
        return { name, list, processes, cpu: cpuTime(processes) };
    });
    const got = await work();
    const cpu = Object.fromEntries(before.map(({ name, list, processes, cpu: then }) => {
        sameProcesses(processes, list());
        return [name, cpuTime(processes) - then];
    }));
    return { cpu, got };
}

// Memory that only these processes use, in KiB.
export function memory(processes) {
    return processes.reduce((sum, { pid }) => sum + [...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+)/gm)].reduce((s, m) => s + Number(m[1]), 0), 0);
}

// What the files of a folder hold, in bytes, without its folders.
export function bytesIn(folder) {
    return readdirSync(folder).map((name) => statSync(join(folder, name))).reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

// The processes of a Sidegate as they are now: { name, pid }, the name being the arguments up to the first option. That of an upstream is
// there from its first call on.
export const processesOf = (gate) => gate.processes().map(({ pid, args }) => ({ name: args.split(' --')[0], pid }));

// Of one append of 180 bytes with its fdatasync, in microseconds: what the disk is like.
export function fdatasyncTime() {
    const fd = openSync(join(dir, 'sync'), 'w');
    const times = [];
    for (let i = 0; i < 300; i++) {
        const at = process.hrtime.bigint();
        writeSync(fd, 'x'.repeat(180));
        fdatasyncSync(fd);
        times.push(Number(process.hrtime.bigint() - at) / 1000);
    }
    closeSync(fd);
    return median(times);
}

// Of its one thread, in microseconds.
export const spent = (pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;

// A call of a key without a credential opens one, and its client declines. What one costs the keeper, in microseconds.
export async function declined(gate, agentKey, n) {
    const keeper = gate.pidOf('keeper');
    const { params, ...rest } = JSON.parse(body);
    const _meta = { ...params._meta, 'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } } };
    const call = async (more) => {
        const text = JSON.stringify({ ...rest, params: { ...params, ...more, _meta } });
        const answer = await fetch(gate.mcpUrl('bench'), { method: 'POST', headers: { ...headers, ...bearer(agentKey) }, body: text });
        return (await answer.json()).result;
    };
    const before = spent(keeper);
    for (let i = 0; i < n; i++) {
        const { requestState, inputRequests } = await call();
        const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((k) => [k, { action: 'decline' }]));
        const { content } = await call({ requestState, inputResponses });
        if (!/declined/i.test(content[0].text)) throw new Error(`not declined: ${content[0].text}`);
    }
    return (spent(keeper) - before) / n;
}
