// The demo: Sidegate between an unchanged official MCP client and a real MCP server that refuses every call without its API
// key. A person gives the key in a browser (you, or with --auto a headless Chromium), and at the end stands side by side what the
// agent saw and what the server got. Ends non-zero if anything was not as it should be.
//
//   demo.mjs [--build DIR] [--auto] [--client KIND]
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Agent, kinds, messages, textOf } from '../lib/agent.mjs';
import { find } from '../lib/oracle.mjs';
import { PATIENCE } from '../lib/patience.mjs';
import { Sidegate, command, root, upstreamConfig } from '../lib/sidegate.mjs';

const { values: options } = parseArgs({
    options: { build: { type: 'string', default: 'build-demo' }, auto: { type: 'boolean', default: false }, client: { type: 'string', default: 'client 2.x auto' } },
});
if (!kinds[options.client]) {
    console.error(`--client is one of: ${Object.keys(kinds).join(', ')}`);
    process.exit(2);
}

const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const closing = [];
const checks = [];
const check = (ok, text) => checks.push({ ok, text });

async function startStation(dir, key) {
    const file = join(dir, 'station.key');
    writeFileSync(file, `${key}\n`, { mode: 0o600 });
    const child = spawn(process.execPath, [join(root, 'tests/upstreams/station.mjs'), file], { stdio: ['ignore', 'pipe', 'inherit'] });
    closing.unshift(() => new Promise((done) => { child.once('close', done); child.kill('SIGTERM'); }));
    const got = [];
    const lines = createInterface({ input: child.stdout });
    return new Promise((done, fail) => {
        child.once('error', fail);
        child.once('close', () => fail(new Error('the MCP server ended')));
        let heard = () => {};
        // What the server got may be printed after its answer was given: waits for it.
        const saw = (is) => new Promise((seen) => {
            const timer = setTimeout(seen, PATIENCE);
            heard = () => { if (got.some(is)) { clearTimeout(timer); seen(); } };
            heard();
        });
        lines.on('line', (line) => {
            const said = JSON.parse(line);
            if (said.listening) done({ url: said.listening, got, saw });
            else got.push(said);
            heard();
        });
    });
}

function openInBrowser(url) {
    if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return false;
    const child = spawn('xdg-open', [url], { stdio: 'ignore', detached: true });
    child.on('error', () => {});
    child.unref();
    return true;
}

async function thePerson(gate, password, key, url) {
    if (options.auto) {
        const { Person, says, stopBrowser } = await import('../lib/person.mjs');
        closing.unshift(stopBrowser);
        const person = await Person.sit({ name: 'ana', password, site: gate.surfaceUrl });
        const page = await person.give(url, { 'API key': key });
        check(says.done.test(page), 'the page said that it is done');
        check(!page.includes(key), 'the page did not show the key again');
        return;
    }
    const opened = openInBrowser(url);
    console.log(`
${bold(opened ? 'Your browser opens this page:' : 'Open this page in your browser:')}

    ${bold(url)}

    log in as        ana
    with password    ${password}
    and give the key ${key}

The agent is waiting for you.`);
}

const cut = (text, width) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

// Lines of at most that width, cut at spaces where there are any.
function wrap(text, width) {
    const lines = [];
    let rest = text;
    while (rest.length > width) {
        const at = rest.lastIndexOf(' ', width);
        lines.push(rest.slice(0, at > width / 2 ? at : width));
        rest = `   ${rest.slice(at > width / 2 ? at + 1 : width)}`;
    }
    return [...lines, rest];
}

function describeForAgent(message) {
    if (message.method) return `${message.method} ${message.params?.url ?? message.params?.message ?? ''}`;
    if (message.error) return `error ${message.error.code}: ${message.error.message}`;
    const { result } = message;
    if (result?.resultType === 'input_required') {
        const asked = Object.values(result.inputRequests ?? {})[0];
        return asked ? `needs a person: ${asked.params.message} ${asked.params.url}` : 'still waiting';
    }
    if (result?.supportedVersions) return `speaks MCP ${result.supportedVersions.join(' and ')}`;
    if (result?.protocolVersion) return `speaks MCP ${result.protocolVersion}`;
    if (result?.tools) return `tools: ${result.tools.map((t) => t.name).join(', ')}`;
    if (result?.content) return textOf(result);
    return cut(JSON.stringify(result ?? message), 120);
}

function agentSide(agent) {
    const lines = [];
    for (const entry of agent.tape) {
        let sent = {};
        try { sent = JSON.parse(entry.out); } catch { /* a GET */ }
        const what = sent.method ?? (sent.result ? `answer: ${JSON.stringify(sent.result)}` : entry.method);
        lines.push(`-> ${what} ${sent.params?.name ?? ''}${sent.params?.requestState ? ' (again)' : ''}`.trimEnd());
        for (const message of messages(entry)) lines.push(`<- ${describeForAgent(message)}`);
        if (entry.status >= 400) lines.push(`<- HTTP ${entry.status}`);
    }
    return lines;
}

function serverSide(got) {
    return got.flatMap(({ method, rpc, name, authorised, authorization }) => [
        `${method} ${rpc ?? ''} ${name ?? ''}`.trim(),
        `   Authorization: ${authorization ?? '(none)'}`,
        `   ${authorised ? 'served' : 'refused with 401'}`,
    ]);
}

function sideBySide(left, right) {
    const width = Math.max(40, Math.min(70, Math.floor(((process.stdout.columns ?? 124) - 3) / 2)));
    const column = (lines) => lines.flatMap((line) => wrap(line, width));
    const [a, b] = [column(left), column(right)];
    console.log(`\n${bold('What the agent saw'.padEnd(width))} | ${bold('What the MCP server got')}`);
    console.log(`${'-'.repeat(width)}-+-${'-'.repeat(width)}`);
    for (let i = 0; i < Math.max(a.length, b.length); i++) console.log(`${(a[i] ?? '').padEnd(width)} | ${b[i] ?? ''}`);
}

async function main() {
    const key = `wx_live_${randomBytes(18).toString('base64url')}`;
    const password = randomBytes(9).toString('base64url');
    const gate = new Sidegate({ program: command(options.build) });
    closing.unshift(async () => { await gate.stop(); gate.remove(); });

    const station = await startStation(gate.dir, key);
    console.log(`An MCP server on the official SDK listens at ${station.url}; it refuses every call without its API key.`);
    await gate.init({ user: 'ana', password, upstreams: { weather: upstreamConfig(station.url) } });
    await gate.serve();
    console.log(`Sidegate is up: MCP at ${gate.mcpUrl('weather')}, pages at ${gate.surfaceUrl}/`);

    const agent = new Agent({ kind: options.client, url: gate.mcpUrl('weather'), key: await gate.addKey('ana', 'demo agent') });
    closing.unshift(() => agent.close());
    await agent.connect();
    await agent.tools();
    console.log(`The agent (${options.client}) is connected with its agent key, and calls the tool "weather".`);

    // A person at a keyboard may take longer than one call lasts. The agent calls again as long as it is told that the person is not done
    // yet, and finds the same handoff; it does not when they declined, or let it expire.
    let result;
    const called = (async () => {
        do result = await agent.call('weather', { station: 'harbour' }).catch((error) => ({ isError: true, content: [{ type: 'text', text: String(error) }] }));
        while (/^Not done yet:/.test(textOf(result)));
    })();
    const { url } = await Promise.race([agent.link(), called.then(() => agent.link(0, 1))]);
    await thePerson(gate, password, key, url);
    await called;

    const declined = !options.auto && /^Not done: the person declined/.test(textOf(result));
    if (!declined) await station.saw((r) => r.rpc === 'tools/call' && r.authorised);

    sideBySide(agentSide(agent), serverSide(station.got));

    const withKey = station.got.filter((r) => r.authorization === `Bearer ${key}`);
    const hits = [...find(agent.got, { key }), ...find(agent.sent, { key }), ...find(JSON.stringify([agent.links, result]), { key })];
    const log = find(gate.log, { key, password });
    const audit = await gate.cli('audit', 'verify');
    if (declined) {
        check(withKey.length === 0, 'you declined: the server never got the call, and the agent was told so');
    } else {
        check(!result.isError && /Harbour wall: 11.5/.test(textOf(result)), `the agent's call gave the server's answer: "${textOf(result)}"`);
        check(withKey.filter((r) => r.rpc === 'tools/call').length === 1, 'the server got the call once, with the key');
    }
    check(hits.length === 0, `no byte of the key is in what the agent's side sent, got or holds, in any of the encodings tried ${JSON.stringify(hits)}`.replace(' []', ''));
    check(log.length === 0, `nor is it in Sidegate's log ${JSON.stringify(log)}`.replace(' []', ''));
    check(new Set(agent.links.map((l) => l.url)).size === 1, 'the person was asked for one thing');
    check(audit.status === 0, `the audit log verifies: ${(audit.stdout + audit.stderr).trim()}`);
}

let failure;
// Ctrl-C stops what was started and takes its folder away, as the end does.
const interrupted = new Promise((_, fail) => { for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => fail(new Error('interrupted'))); });
await Promise.race([main(), interrupted]).catch((error) => { failure = error; });
for (const close of closing) await Promise.resolve().then(close).catch((error) => { failure ??= error; });

console.log();
for (const { ok, text } of checks) console.log(`${ok ? 'ok    ' : 'NOT OK'}  ${text}`);
if (failure) console.error(`\nThe demo failed: ${failure.message}`);
const good = !failure && checks.length > 0 && checks.every((c) => c.ok);
console.log(good ? `\n${bold('Everything was as it should be.')}` : `\n${bold('Not everything was as it should be.')}`);
process.exit(good ? 0 : 1);
