// The hostile ones, each in a process of its own: attackers.mjs WHO SECONDS GATEWAY-PORT SURFACE-PORT [KEY-FILE]. Everything is on loopback and
// bounded in count and time. Each prints a line when it begins, and one at its end: what it got back, by status.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { modern } from '../lib/raw.mjs';

const [who, seconds, gateway, surface, keyFile] = process.argv.slice(2);
console.log('begun');
const end = Date.now() + Number(seconds) * 1000;
const key = keyFile && readFileSync(keyFile, 'utf8').trim();
const got = {};
const count = (what) => { got[what] = (got[what] ?? 0) + 1; };
const PAUSE = 20; // ms after an answer that was no answer: a refused connection is not worth a whole core of the attacker's own
const breath = () => new Promise((done) => { setTimeout(done, PAUSE); });

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
function post(port, path, headers, body) {
    return new Promise((done) => {
        const req = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers: { 'content-length': Buffer.byteLength(body), ...headers }, timeout: 30_000 }, (res) => {
            res.resume();
            res.on('end', () => { count(res.statusCode); done(res); });
            res.on('error', () => { count('broken'); done(); });
        });
        req.on('timeout', () => req.destroy());
        req.on('error', () => { count('closed'); done(); });
        req.end(body);
    });
}

function call(upstream, message, token = key) {
    const name = message.params.name;
    return post(gateway, `/mcp/${upstream}`, {
        authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28', 'mcp-method': message.method, ...(name ? { 'mcp-name': name } : {}),
    }, typeof message.text === 'string' ? message.text : JSON.stringify(message));
}

// n of them at a time, until the time is over.
const loops = (n, f) => Promise.all(Array.from({ length: n }, async (_, i) => {
    for (let k = 0; Date.now() < end; k++) {
        const res = await f(i, k);
        if (!res || res.statusCode >= 400) await breath();
    }
}));

// A connection that says `text` and then nothing, held while it is left open; n of them, made again as they are closed.
const held = (n, port, text) => Promise.all(Array.from({ length: n }, async () => {
    while (Date.now() < end) {
        await new Promise((done) => {
            const socket = connect(port, '127.0.0.1', () => { count('opened'); socket.write(text); });
            const timer = setTimeout(() => socket.destroy(), end - Date.now());
            socket.on('error', () => {});
            socket.on('data', () => {});
            socket.on('close', () => { clearTimeout(timer); done(); });
        });
        await breath();
    }
}));

const meta = () => {
    const m = modern('tools/list', {});
    delete m.params._meta['io.modelcontextprotocol/clientInfo'];
    while (Object.keys(m.params._meta).length < 4096) m.params._meta[`k${Object.keys(m.params._meta).length}`] = 0;
    return m;
};
const many = modern('tools/call', { name: 'any', arguments: { list: Array(262_100).fill(0) } });
const large = modern('tools/call', { name: 'any', arguments: { text: 'x'.repeat(4_100_000) } });
many.text = JSON.stringify(many);
large.text = JSON.stringify(large);
const wide = meta();
wide.text = JSON.stringify(wide);
const tools = (name) => modern('tools/call', { name, arguments: {} });
const small = [modern('tools/list', {}), modern('prompts/list', {}), modern('server/discover', {}), tools('sidegate_status'), tools('sidegate_connect'), tools('any'), modern('ping', {})];

const what = {
    // With a key: requests at each limit, records, and bodies.
    key: () => Promise.all([
        loops(2, () => call('bare', wide)),
        loops(2, () => call('bare', many)),
        loops(64, () => call('bare', large)),
        loops(8, (_, k) => call(k % 2 ? 'bare' : 'locked', small[k % small.length])),
    ]),
    // Without one: names that nobody has, and connections that say nothing.
    names: () => Promise.all([
        loops(48, (i, k) => {
            const token = randomBytes(32).toString('hex');
            return post(surface, '/login', {
                host: `localhost:${surface}`, origin: 'null', 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded',
                cookie: `__Host-sidegate-login=${token}`,
            }, `csrf=${token}&name=nobody-${i}-${k}&password=guess`);
        }),
        held(1500, gateway, ''),
    ]),
    // With a made-up one: bodies that do not end, and requests that are refused.
    token: () => Promise.all([
        held(66, gateway, `POST /mcp/bare HTTP/1.1\r\nHost: 127.0.0.1:${gateway}\r\nAuthorization: Bearer made-up-${process.pid}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 4000000\r\n\r\n${' '.repeat(1_000_000)}`),
        loops(8, (_, k) => call('bare', small[0], `made-up-${k}`)),
        held(500, surface, 'GET / HTTP/1.1\r\n'),
    ]),
};
await what[who]();
console.log(JSON.stringify(got));
process.exit(0);
