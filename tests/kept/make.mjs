// Makes a kept copy: the folders data/ and keys/ of a Sidegate of this build that has lived a little and was killed in the middle of a call,
// packed, and what a test must know of it. `node tests/kept/make.mjs FOLDER`, run with the build that is to be kept; never again for one
// that is there.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sidegate, upstreamConfig } from '../lib/sidegate.mjs';
import { PlainPerson, callTool, request, title } from '../lib/wire.mjs';
import { start as startStation } from '../upstreams/station.mjs';

const folder = process.argv[2];
const facts = { password: 'a password of a test', secret: 'sk_test_0123456789abcdefghijkl', keys: {} };
const station = await startStation({ key: facts.secret });
const gate = new Sidegate();
await gate.init({
    user: 'ana',
    password: facts.password,
    upstreams: {
        weather: upstreamConfig(station.url, { credential: { lease: { kind: 'keep' } } }),
        once: upstreamConfig(station.url, { credential: { lease: { kind: 'once' } } }),
    },
});
await gate.serve();

const must = (value, text) => { if (!value) throw new Error(text); };
const ana = new PlainPerson({ site: gate.surfaceUrl, name: 'ana', password: facts.password });
const give = async (person, url) => must(/^done/i.test(title(await person.give(url, [facts.secret]))), 'the handoff is not done');
async function call(label, upstream, text) {
    const { message } = await callTool(gate.mcpUrl(upstream), facts.keys[label], 'note', { text }, { onLink: (url) => { give(ana, url); } });
    must(message.result && !message.result.isError, `${label}: ${JSON.stringify(message)}`);
}

for (const label of ['laptop', 'desk', 'gone']) facts.keys[label] = await gate.addKey('ana', label);
for (let n = 0; n < 60; n++) await call('laptop', 'weather', `line ${n}`);
await call('laptop', 'once', 'after a yes');
await call('desk', 'weather', 'one');
await request(gate.mcpUrl('weather'), facts.keys.gone, 'tools/list'); // anonymous: there is no connection
await new PlainPerson({ site: gate.surfaceUrl, name: 'ana', password: 'another one' }).open('/inbox');

// Another person comes and goes, and with her the first master key.
await gate.addUser('bob', 'the password of bob');
must((await gate.cli('user', 'remove', 'bob', '--yes')).status === 0, 'bob is not removed');

// The second agent's connection is revoked, the third agent's key removed.
const lines = (await gate.cli('connections')).stdout.trim().split('\n');
const desk = lines.find((l) => /\bdesk\b/.test(l)).split(/\s/)[0];
must((await gate.cli('revoke', desk)).status === 0, 'not revoked');
const keys = (await gate.cli('key', 'list')).stdout.trim().split('\n');
must((await gate.cli('key', 'remove', keys.find((l) => /\bgone\b/.test(l)).split(/\s/)[0])).status === 0, 'the key is not removed');

// A handoff stays open, and a call is under way when everything is killed.
await request(gate.mcpUrl('once'), facts.keys.desk, 'tools/call', { name: 'note', arguments: { text: 'never' } });
const running = request(gate.mcpUrl('weather'), facts.keys.laptop, 'tools/call', { name: 'lookout', arguments: {} }).catch(() => {});
while (station.lookouts.length === 0) await new Promise((done) => { setTimeout(done, 20); });
const verified = await gate.cli('audit', 'verify');
must(verified.status === 0, verified.stderr);
facts.head = /Newest: (\d+:[0-9a-f]{64})/.exec(verified.stdout)[1];
for (const { pid } of gate.processes()) process.kill(pid, 'SIGKILL');
await gate.exit;
gate.child = undefined;
await running;
await station.stop();

mkdirSync(folder, { recursive: true });
execFileSync('tar', ['-C', gate.dir, '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-czf', join(folder, 'copy.tar.gz'), 'data', 'keys']);
writeFileSync(join(folder, 'facts.json'), `${JSON.stringify(facts, null, 4)}\n`);
gate.remove();
