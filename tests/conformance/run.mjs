// What passes directly must pass through Sidegate, check by check; never compared by totals, since the suite counts scenarios as
// passed that met no server. baseline.json holds what passes directly, so that a check cannot vanish on both sides at once;
// exceptions.json names the checks that may differ, each with its reason, and one that is not needed any more is a failure too.
//
// The suite cannot carry an agent key, so a forwarder on loopback adds it; it changes nothing else.
import { createServer, request } from 'node:http';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../lib/sidegate.mjs';
import { Scene } from '../lib/test.mjs';
import { stopBrowser } from '../lib/person.mjs';
import { upstreamConfig } from '../lib/sidegate.mjs';
import { start as startEverything } from '../upstreams/everything.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const suite = join(here, '../node_modules/@modelcontextprotocol/conformance/dist/index.js');
const revisions = ['2025-11-25', '2026-07-28'];
const rank = ['INFO', 'SKIPPED', 'SUCCESS', 'WARNING', 'FAILURE'];
const read = (name) => JSON.parse(readFileSync(join(here, name), 'utf8'));

// scenario:check -> its worst status
async function verdicts(url, revision) {
    const dir = mkdtempSync(join(tmpdir(), 'conformance-'));
    await run(process.execPath, [suite, 'server', '--url', url, '--requirements', revision, '-o', dir], { time: 600_000 });
    const found = {};
    for (const name of readdirSync(dir)) {
        const scenario = name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '');
        for (const check of JSON.parse(readFileSync(join(dir, name, 'checks.json'), 'utf8'))) {
            const id = `${scenario}:${check.id}`;
            if (!found[id] || rank.indexOf(check.status) > rank.indexOf(found[id].status)) found[id] = { status: check.status, why: check.errorMessage };
        }
    }
    rmSync(dir, { recursive: true, force: true });
    return found;
}

const passing = (found) => Object.keys(found).filter((id) => found[id].status === 'SUCCESS').sort();

// Forwards to the gateway with the agent key added. The Host stays the client's, unless it is this forwarder's own.
async function forwarder() {
    let to;
    let key;
    const server = createServer((req, res) => {
        const headers = [];
        for (let i = 0; i < req.rawHeaders.length; i += 2) {
            const [name, value] = req.rawHeaders.slice(i, i + 2);
            const own = name.toLowerCase() === 'host' && /^(127\.0\.0\.1|localhost):/.test(value);
            headers.push(name, own ? to.host : value);
        }
        headers.push('Authorization', `Bearer ${key}`);
        const out = request({ host: to.hostname, port: to.port, method: req.method, path: to.pathname, headers }, (answer) => {
            res.writeHead(answer.statusCode, answer.rawHeaders);
            answer.pipe(res);
            answer.on('error', () => res.destroy());
        });
        out.on('error', () => res.destroy());
        res.on('close', () => out.destroy());
        req.pipe(out);
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address();
    return { url: `http://127.0.0.1:${port}/mcp`, origin: `http://localhost:${port}`, lead: (target, agentKey) => { to = new URL(target); key = agentKey; }, stop: () => { server.closeAllConnections(); server.close(); } };
}

let passed = 0;
let failed = 0;
function tell(ok, text, why) {
    if (ok) passed++;
    else failed++;
    console.log(`${ok ? 'ok' : 'not ok'} - ${text}${ok || !why ? '' : `\n# ${String(why).split('\n')[0].slice(0, 300)}`}`);
}

async function direct(baseline) {
    const upstream = await startEverything();
    const all = {};
    for (const revision of revisions) {
        all[revision] = await verdicts(upstream.url, revision);
        for (const id of baseline[revision] ?? []) tell(all[revision][id]?.status === 'SUCCESS', `directly ${revision} ${id}`, all[revision][id]?.why ?? 'it did not run');
    }
    await upstream.stop();
    return all;
}

async function through(baseline) {
    const exceptions = read('exceptions.json');
    const t = new Scene();
    try {
        const key = t.secret();
        const upstream = await startEverything({ key });
        t.later(() => upstream.stop());
        const forward = await forwarder();
        t.later(() => forward.stop());
        const sidegate = await t.sidegate({
            gateway: { origins: [forward.origin, forward.origin.replace('localhost', '127.0.0.1')] },
            limits: { prompts_per_hour: 1000, user_prompts_per_hour: 1000, upstream_prompts_per_hour: 1000 },
            upstreams: { everything: upstreamConfig(upstream.url, { title: 'Everything', credential: { lease: { kind: 'keep' } } }) },
        });
        const agent = await t.agent(sidegate, { upstream: 'everything' });
        const person = await t.person(sidegate);
        const call = agent.call('test_simple_text');
        await person.give((await agent.link()).url, { 'API key': key });
        await call;
        forward.lead(sidegate.mcpUrl('everything'), agent.key);
        for (const revision of revisions) {
            const found = await verdicts(forward.url, revision);
            for (const id of baseline[revision]) {
                const good = found[id]?.status === 'SUCCESS';
                const reason = exceptions[revision]?.[id];
                if (reason && good) tell(false, `through ${revision} ${id}`, 'passes now: take it out of exceptions.json');
                else if (reason) console.log(`# excused: ${revision} ${id}: ${reason}`);
                else tell(good, `through ${revision} ${id}`, found[id] ? `${found[id].status}: ${found[id].why}` : 'it did not run');
            }
        }
        t.noLeak();
    } finally {
        await t.end();
        await stopBrowser();
    }
}

const mode = process.argv[2];
const baseline = mode === '--write-baseline' ? {} : read('baseline.json');
try {
    const found = await direct(baseline);
    if (mode === '--write-baseline') {
        const lists = Object.fromEntries(revisions.map((r) => [r, passing(found[r])]));
        writeFileSync(join(here, 'baseline.json'), `${JSON.stringify(lists, null, 1)}\n`);
        console.log(revisions.map((r) => `${r}: ${lists[r].length} checks pass directly`).join('\n'));
        process.exit(0);
    }
    if (mode !== '--direct') await through(baseline);
} catch (error) {
    tell(false, 'the conformance run', error.stack);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
