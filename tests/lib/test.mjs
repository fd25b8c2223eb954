// The runner of scenes, and what a scene is handed. A scene is a file that exports
//   name      what is true when it passes, in a sentence
//   clients   which clients (lib/agent.mjs) to run it with, once each; none: once, without
//   time      how long it may take, ms (four minutes)
//   crashes   true: it makes processes crash; no other scene may see one
//   default   async (t, client) => …
// What t.secret() makes, and every password, is looked for on each agent's tape and in the log when the scene ends.
import { randomBytes } from 'node:crypto';
import { readdirSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual, inspect } from 'node:util';
import { Agent } from './agent.mjs';
import { find } from './oracle.mjs';
import { PATIENCE } from './patience.mjs';
import { Person, stopBrowser } from './person.mjs';
import { Sidegate, root, upstreamConfig } from './sidegate.mjs';
import { start as startStation } from '../upstreams/station.mjs';

const PUBLIC = 'sk_live_';

export class Failure extends Error {}

export class Scene {
    #closing = [];
    #looked = new Map(); // agent or Sidegate -> how much noLeak has seen
    secrets = {};
    agents = [];
    sidegates = [];

    // Something to stop when the scene is over, last first.
    later(f) {
        this.#closing.unshift(f);
    }

    ok(value, text) {
        if (!value) throw new Failure(text);
    }

    equal(got, wanted, text) {
        if (!isDeepStrictEqual(got, wanted)) throw new Failure(`${text}\n  got:    ${inspect(got, { depth: 6 })}\n  wanted: ${inspect(wanted, { depth: 6 })}`);
    }

    match(text, pattern, what) {
        if (!pattern.test(text)) throw new Failure(`${what}: ${pattern} does not match\n${text}`);
    }

    // Waits for the promise to fail and gives the error.
    async fails(promise, what) {
        const value = await promise.then((v) => ({ v }), (error) => ({ error }));
        if (!value.error) throw new Failure(`${what}: it did not fail, but gave ${inspect(value.v, { depth: 5 })}`);
        return value.error;
    }

    // A fresh secret. Looked for wherever the agent could see it, but for the beginning that all such keys have.
    secret(name = 'key', value = `${PUBLIC}${randomBytes(18).toString('base64url')}`) {
        this.secrets[name] = value;
        return value;
    }

    get #hidden() {
        return Object.fromEntries(Object.entries(this.secrets).map(([name, s]) => [name, typeof s === 'string' && s.startsWith(PUBLIC) ? s.slice(PUBLIC.length) : s]));
    }

    async station(options) {
        const station = await startStation(options);
        this.later(() => station.stop());
        return station;
    }

    // settings as Sidegate.init's, and `serve: false`.
    async sidegate({ serve = true, build, program, env, ...settings } = {}) {
        const sidegate = new Sidegate({ build, program });
        this.sidegates.push(sidegate);
        this.later(async () => {
            await sidegate.stop();
            if (!process.env.KEEP) sidegate.remove();
        });
        await sidegate.init({ env, ...settings });
        for (const [name, password] of sidegate.users) this.secrets[`password of ${name}`] = password;
        if (serve) await sidegate.serve({ env });
        return sidegate;
    }

    async user(sidegate, name, password = randomBytes(12).toString('base64url')) {
        await sidegate.addUser(name, password);
        this.secrets[`password of ${name}`] = password;
    }

    // A connected client with a key of its own.
    async agent(sidegate, { upstream = 'weather', kind, user = 'ana', label = 'laptop', connect = true, key, ...more } = {}) {
        const agent = new Agent({ kind, url: sidegate.mcpUrl(upstream), key: key ?? await sidegate.addKey(user, label), ...more });
        this.agents.push(agent);
        this.later(() => agent.close());
        if (connect) await agent.connect();
        return agent;
    }

    async person(sidegate, { name = 'ana', ...more } = {}) {
        const person = await Person.sit({ name, password: sidegate.users.get(name), site: sidegate.surfaceUrl, ...more });
        this.later(async () => {
            await person.leave();
            const elsewhere = person.requests.filter((url) => !url.startsWith(sidegate.surfaceUrl) && !/^(about|data|blob):/.test(url));
            this.equal(elsewhere, [], 'the pages ask nobody else for anything');
            this.equal(person.problems, [], 'the browser has nothing to complain about');
        });
        return person;
    }

    // The usual cast: a station that needs its key, Sidegate with a connection to it missing, an agent, a person.
    async cast({ client, limits, credential, upstream = {}, station: stationOptions = {}, agent = {}, person = {}, sidegate = {} } = {}) {
        const key = this.secret();
        const station = await this.station({ key, ...stationOptions });
        const gate = await this.sidegate({
            limits: { comment_time: 1_000, ...limits },
            upstreams: { weather: upstreamConfig(station.url, { credential, ...upstream }) },
            ...sidegate,
        });
        return {
            key,
            station,
            sidegate: gate,
            agent: agent === null ? undefined : await this.agent(gate, { kind: client, ...agent }),
            person: person === null ? undefined : await this.person(gate, person),
        };
    }

    // Nothing that was made by secret(), and no password, on any agent's side or in the log. Looks at what is new since the last
    // time, and a little before it; when the scene ends, at everything together.
    noLeak({ whole = false } = {}) {
        for (const agent of this.agents) {
            const from = whole ? 0 : Math.max(0, (this.#looked.get(agent) ?? 0) - 2);
            this.#looked.set(agent, agent.tape.length);
            this.equal(find(agent.gotSince(from), this.#hidden), [], 'no secret on the agent\'s side');
        }
        for (const gate of this.sidegates) {
            const from = whole ? 0 : Math.max(0, (this.#looked.get(gate) ?? 0) - 4096);
            this.#looked.set(gate, gate.log.length);
            this.equal(find(gate.log.slice(from), this.#hidden), [], 'no secret in the log');
        }
    }

    // Stops everything, whatever fails meanwhile; the first failure is thrown afterwards.
    async end() {
        let first;
        for (const f of this.#closing.splice(0)) await Promise.resolve().then(f).catch((error) => { first ??= error; });
        if (first) throw first;
    }
}

function withTime(promise, time, what) {
    let timer;
    const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Failure(`${what} took more than ${time / 1000} s`)), time); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// By a signal that comes of itself.
const CRASHED = /event=process_ended .*how="?signal"? code=(4|6|7|8|11)\b/;

async function play(scene, client) {
    const t = new Scene();
    t.client = client;
    let error;
    try {
        await withTime((async () => {
            await scene.default(t, client);
            t.noLeak({ whole: true });
        })(), scene.time ?? 4 * PATIENCE, 'the scene');
    } catch (e) {
        error = e;
    }
    try {
        await withTime(t.end(), 2 * PATIENCE, 'stopping');
    } catch (e) {
        error ??= e;
    }
    const log = t.sidegates.map((s) => s.log).join('\n--- the next Sidegate ---\n');
    const crashed = CRASHED.exec(log);
    if (crashed && !scene.crashes) error ??= new Failure(`a process crashed: ${crashed[0]}`);
    return { error, log };
}

// Runs the scenes of a folder, `wide` at a time. Prints ok and not ok lines; gives { passed, failed }.
export async function runScenes(folder, { words = [], wide = Number(process.env.WIDE ?? 5), logs = join(root, 'build/e2e-logs') } = {}) {
    const files = readdirSync(folder).filter((f) => f.endsWith('.mjs')).filter((f) => words.length === 0 || words.some((w) => f.includes(w))).sort();
    const queue = [];
    for (const file of files) {
        const scene = await import(join(folder, file));
        for (const client of scene.clients ?? [undefined]) {
            queue.push({ file, scene, client, name: `${file.replace('.mjs', '')}: ${scene.name}${client ? ` [${client}]` : ''}` });
        }
    }
    mkdirSync(logs, { recursive: true });
    process.on('unhandledRejection', (error) => console.log(`# nobody waited for: ${error}`));
    let passed = 0;
    let failed = 0;
    const worker = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
            const started = Date.now();
            const { error, log } = await play(next.scene, next.client);
            const seconds = ((Date.now() - started) / 1000).toFixed(1);
            if (!error) {
                passed++;
                console.log(`ok - ${next.name} (${seconds} s)`);
                continue;
            }
            failed++;
            const file = join(logs, `${next.file}-${(next.client ?? 'once').replace(/\W+/g, '-')}.log`);
            writeFileSync(file, log);
            const said = error instanceof Failure ? error.message : String(error?.stack ?? error);
            const tail = log.trimEnd().split('\n').slice(-15);
            console.log([`not ok - ${next.name} (${seconds} s)`, ...said.split('\n').slice(0, 40).map((l) => `# ${l}`),
                `# log, last lines of ${file}:`, ...tail.map((l) => `#   ${l}`)].join('\n'));
        }
    };
    await Promise.all(Array.from({ length: wide }, worker));
    await stopBrowser();
    return { passed, failed };
}

