// One hostile agent key and two strangers without one do for a minute what they can; meanwhile a good agent calls, and a person logs in with a browser
// that is known and finishes a handoff; afterwards everything starts again. Beside it stands a second Sidegate that nobody attacks: how slow that
// one is, is the machine's doing. flood.mjs [SECONDS]; flood.mjs 0 shows the quiet figures alone.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Agent } from '../lib/agent.mjs';
import { PATIENCE } from '../lib/patience.mjs';
import { Person, says, stopBrowser } from '../lib/person.mjs';
import { Sidegate, root, upstreamConfig } from '../lib/sidegate.mjs';
import { callTool } from '../lib/wire.mjs';

const SECONDS = Number(process.argv[2] ?? 60);
const MEMORY = 768; // MiB that all processes of Sidegate may have by themselves, at any time
const RESTART = 5_000; // ms
const QUIET_CALLS = 500;
const AS_A_NEIGHBOUR = 5; // times the p99 of one who is not attacked, at the same time on the same machine

const here = join(root, 'tests/flood');
const closing = [];
let passed = 0;
let failed = 0;
function check(good, what, more = '') {
    console.log(`${good ? 'ok' : 'not ok'} - ${what}${more && ` (${more})`}`);
    if (good) passed++;
    else failed++;
}

// A program of this folder. Attackers come from elsewhere in life; here they have the same two cores, and get what the others leave.
function start(name, args, { polite = false } = {}) {
    const node = [process.execPath, join(here, name), ...args.map(String)];
    const [program, ...rest] = polite ? ['nice', '-n', '10', ...node] : node;
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    closing.unshift(() => child.kill('SIGKILL'));
    return { child, line: async () => (await lines.next()).value };
}

// MiB that only these processes use.
function memory(gate) {
    return gate.processes().reduce((sum, { pid }) => {
        try {
            return sum + [...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+)/gm)].reduce((s, m) => s + Number(m[1]), 0) / 1024;
        } catch {
            return sum; // it ended meanwhile
        }
    }, 0);
}

const keyFile = (gate, name, key) => {
    const file = join(gate.dir, `flood-${name}`);
    writeFileSync(file, key, { mode: 0o600 });
    return file;
};

// A good agent: measure(what) as good.mjs has it.
function startGood(gate, upstream, key) {
    const { child, line } = start('good.mjs', [gate.mcpUrl(upstream), keyFile(gate, 'good', key)]);
    return async (what) => {
        child.stdin.write(`${what}\n`);
        return JSON.parse(await line());
    };
}

async function startNeighbour(url) {
    const gate = new Sidegate();
    closing.unshift(async () => { await gate.stop(); gate.remove(); });
    await gate.init({ upstreams: { bare: upstreamConfig(url, { credential: null }) } });
    await gate.serve({ logTo: join(gate.dir, 'log') });
    return startGood(gate, 'bare', await gate.addKey('ana', 'neighbour'));
}

async function play() {
    const upstream = start('upstream.mjs', []);
    const url = await upstream.line();
    const gate = new Sidegate();
    closing.unshift(async () => { await gate.stop(); gate.remove(); });
    await gate.init({
        // As a configuration of somebody's own has them, not with the patience of the other tests.
        limits: { header_time: 10_000, body_time: 30_000 },
        upstreams: {
            bare: upstreamConfig(url, { credential: null }),
            locked: upstreamConfig(url, { credential: { lease: { kind: 'keep' } } }),
            later: upstreamConfig(url, { credential: { lease: { kind: 'keep' } } }),
        },
    });
    await gate.serve({ logTo: join(gate.dir, 'log') });
    await gate.addUser('mal', 'the password of mal');
    const person = await Person.sit({ name: 'ana', password: gate.users.get('ana'), site: gate.surfaceUrl });
    const key = await gate.addKey('ana', 'good');
    const { message } = await callTool(gate.mcpUrl('locked'), key, 'any', {}, {
        onLink: (link) => person.give(link, { 'API key': 'key-of-the-flood-0123456789' }).then(() => 'accept'),
    });
    check(message?.result?.content, 'the good agent is connected');
    await person.open(`${gate.surfaceUrl}/inbox`);
    await person.press('Log out');

    const measure = startGood(gate, 'locked', key);
    await measure(100);
    const quiet = await measure(QUIET_CALLS);
    check(quiet.wrong === 0, 'its calls succeed while it is quiet', `p50 ${quiet.p50.toFixed(1)} ms, p99 ${quiet.p99.toFixed(1)} ms, ${memory(gate).toFixed(0)} MiB`);
    if (SECONDS === 0) return;

    const neighbour = await startNeighbour(url);
    await neighbour(20);
    const malKey = keyFile(gate, 'mal', await gate.addKey('mal', 'hostile'));
    const who = [['key', malKey], ['names'], ['token']];
    const attackers = who.map(([name, file]) => start('attackers.mjs', [name, SECONDS, gate.gatewayPort, gate.surfacePort, ...(file ? [file] : [])], { polite: true }));
    for (const a of attackers) await a.line();
    let most = 0;
    const watch = setInterval(() => { most = Math.max(most, memory(gate)); }, 500);
    const flooded = measure(`${SECONDS}s`);
    const beside = neighbour(`${SECONDS}s@100`);

    // The person, meanwhile: another agent of theirs asks for a key.
    const began = Date.now();
    const agent = new Agent({ kind: 'client 2.x pinned', url: gate.mcpUrl('later'), key: await gate.addKey('ana', 'later') });
    closing.unshift(() => agent.close());
    await agent.connect();
    const call = agent.call('any', {});
    call.catch(() => {}); // the fixed answer is not what this client's schema wants to hear
    const { url: link } = await agent.link();
    const text = await person.give(link, { 'API key': 'another-key-0123456789abcdef' });
    check(says.done.test(text), 'a person in a known browser logs in and finishes a handoff meanwhile', `${((Date.now() - began) / 1000).toFixed(1)} s with all that the agent did`);

    const flood = await flooded;
    clearInterval(watch);
    const got = await Promise.all(attackers.map((a) => a.line()));
    for (const [i, line] of got.entries()) console.log(`# ${who[i][0]}: ${line}`);
    check(got.every((line) => Object.keys(JSON.parse(line)).length > 0), 'all attackers attacked');
    const calm = await beside;
    const bound = Math.max(20 * quiet.p50, 100, AS_A_NEIGHBOUR * calm.p99);
    check(flood.wrong === 0 && flood.calls > 0, 'all calls of the good agent succeed', `${flood.calls} calls, ${flood.wrong} wrong${flood.first ? `, the first: ${flood.first}` : ''}`);
    check(flood.p99 < bound, `their p99 is under ${bound.toFixed(0)} ms`, `p50 ${flood.p50.toFixed(1)}, p99 ${flood.p99.toFixed(1)}, most ${flood.most.toFixed(1)} ms; of one who is not attacked p50 ${calm.p50.toFixed(1)}, p99 ${calm.p99.toFixed(1)}`);
    check(most < MEMORY, `all processes have less than ${MEMORY} MiB`, `${most.toFixed(0)} MiB at the most`);
    const log = readFileSync(join(gate.dir, 'log'), 'utf8');
    const ended = log.split('\n').filter((l) => /event=(process_ended|alert)/.test(l));
    check(ended.length === 0, 'no process ended', ended.slice(0, 3).join(' | '));

    await gate.stop();
    const at = Date.now();
    await gate.serve({ logTo: join(gate.dir, 'log') });
    const again = await measure(1);
    const took = Date.now() - at;
    check(took < RESTART && again.wrong === 0, `everything starts again within ${RESTART / 1000} s, and the good agent calls`, `${took} ms${again.first ? `, ${again.first}` : ''}`);
    const verified = await gate.cli('audit', 'verify', { time: 4 * PATIENCE });
    check(verified.status === 0, 'the audit log is whole', verified.stderr.trim());
}

try {
    await play();
} catch (error) {
    check(false, 'the flood', error.stack);
} finally {
    await stopBrowser();
    for (const f of closing) await Promise.resolve().then(f).catch((e) => console.log(`# ${e.message}`));
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
