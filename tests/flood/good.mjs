// The good agent, in a process of its own: good.mjs URL KEY-FILE. For each line "COUNT" or "SECONDSs" of standard input it calls so often, one call after
// the other on one connection, "SECONDSs@MS" one every so many milliseconds, and prints { calls, wrong, p50, p99 } in milliseconds.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { modern } from '../lib/raw.mjs';

const [url, keyFile] = process.argv.slice(2);
const key = readFileSync(keyFile, 'utf8').trim();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const body = JSON.stringify(modern('tools/call', { name: 'any', arguments: { text: 'hello' } }));

const once = () => new Promise((done) => {
    const req = request(url, { method: 'POST', agent, headers: {
        authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'any', 'content-length': Buffer.byteLength(body),
    } }, (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (d) => { text += d; });
        res.on('end', () => done(res.statusCode === 200 && text.includes('"text":"here"') ? undefined : `${res.statusCode} ${text.slice(0, 200)}`));
        res.on('error', (e) => done(e.message));
    });
    req.on('error', (e) => done(e.message));
    req.end(body);
});

for await (const line of createInterface({ input: process.stdin })) {
    const [, number, seconds, pause] = /^(\d+)(s?)(?:@(\d+))?$/.exec(line);
    const until = seconds ? Date.now() + number * 1000 : Infinity;
    const most = seconds ? Infinity : Number(number);
    const times = [];
    const wrong = [];
    while (times.length < most && Date.now() < until) {
        const at = performance.now();
        const problem = await once();
        times.push(performance.now() - at);
        if (problem !== undefined) wrong.push(problem);
        if (pause) await new Promise((go) => { setTimeout(go, pause - (performance.now() - at)); });
    }
    times.sort((a, b) => a - b);
    const at = (p) => times[Math.min(times.length - 1, Math.floor(times.length * p))];
    console.log(JSON.stringify({ calls: times.length, wrong: wrong.length, first: wrong[0], p50: at(0.5), p99: at(0.99), most: times.at(-1) }));
}
