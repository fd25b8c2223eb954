// One running Sidegate for a test: its own folder, ports, user, key and upstreams. Started by the commands people type, and
// ready when it says so; nothing here sleeps to synchronise.
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, lchownSync, mkdtempSync, readFileSync, readdirSync, openSync, rmSync, writeFileSync, existsSync, statSync, watch } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATIENCE } from './patience.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export function command(build = process.env.SIDEGATE_BUILD ?? 'build') {
    return join(resolve(root, build), 'src/cli/sidegate');
}

// A port that nobody listens on, below those that the kernel gives to whoever connects or listens without saying where: it stays free
// until it is used, whatever else runs.
const firstOfKernel = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]);
const FIRST_PORT = 10_000;
const BAD_PORT = 10_080; // the one from there on that browsers and fetch do not go to (Fetch standard, "bad port")
const given = new Set();
export async function freePort() {
    for (;;) {
        const port = FIRST_PORT + Math.floor(Math.random() * (firstOfKernel - FIRST_PORT));
        if (given.has(port) || port === BAD_PORT) continue;
        const server = createServer();
        const free = await new Promise((done) => server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)));
        if (!free) continue;
        await new Promise((done) => server.close(done));
        given.add(port);
        return port;
    }
}

// Runs a program to its end. Gives { status, stdout, stderr }.
export function run(program, args, { input, time = PATIENCE, env, cwd } = {}) {
    return new Promise((done, fail) => {
        const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env }, cwd });
        const out = { stdout: '', stderr: '' };
        child.stdout.on('data', (d) => { out.stdout += d; });
        child.stderr.on('data', (d) => { out.stderr += d; });
        child.stdin.on('error', () => {});
        child.stdin.end(input ?? '');
        const timer = setTimeout(() => child.kill('SIGKILL'), time);
        child.on('error', (error) => { clearTimeout(timer); fail(error); });
        child.on('close', (status, signal) => { clearTimeout(timer); done({ status: status ?? signal, ...out }); });
    });
}

// A value as block YAML; strings are quoted as JSON, which YAML reads the same.
export function yaml(value, indent = '') {
    if (value === null || typeof value !== 'object') return ` ${JSON.stringify(value)}\n`;
    if (Array.isArray(value)) {
        if (value.length === 0) return ' []\n';
        return `\n${value.map((v) => `${indent}-${yaml(v, `${indent}  `).replace(/^\n\s*/, ' ')}`).join('')}`;
    }
    const keys = Object.keys(value).filter((k) => value[k] !== undefined);
    if (keys.length === 0) return ' {}\n';
    return `\n${keys.map((k) => `${indent}${k}:${yaml(value[k], `${indent}  `)}`).join('')}`;
}

// How an upstream on loopback that wants "Authorization: Bearer <key>" is configured.
export function upstreamConfig(url, more = {}) {
    const { credential, ...rest } = more;
    return {
        title: 'Weather station',
        url,
        allow_addresses: ['127.0.0.0/8'],
        credential: credential === null ? undefined : {
            fields: [{ name: 'key', label: 'API key', secret: true }],
            place: [{ in: 'header', name: 'Authorization', format: 'Bearer {key}' }],
            lease: { kind: 'task', uses: 20, time: 600_000 },
            ...credential,
        },
        ...rest,
    };
}

// The records of the audit log below a Sidegate's folder, in its order.
export function auditRecords(dir) {
    const folder = join(dir, 'data', 'audit');
    return readdirSync(folder).filter((f) => /log|jsonl?$/.test(f)).sort()
        .flatMap((f) => readFileSync(join(folder, f), 'utf8').split('\n'))
        .flatMap((line) => { try { return [JSON.parse(line)]; } catch { return []; } })
        .filter((r) => r.event);
}

// An account of this machine: { uid, gid }, or undefined.
export function accountOf(name) {
    const [, uid, gid] = readFileSync('/etc/passwd', 'utf8').match(new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm')) ?? [];
    return uid && { uid: Number(uid), gid: Number(gid) };
}

// Whether a Sidegate of ours can run as that account: root starts it, and the account may run the programs where they are.
export function canBecome(name, program = command()) {
    for (let dir = dirname(program); dir !== '/'; dir = dirname(dir)) if (!(statSync(dir).mode & 0o001)) return false;
    return process.getuid() === 0 && accountOf(name) !== undefined;
}

// Gives a folder and all in it away.
function giveTo({ uid, gid }, path) {
    lchownSync(path, uid, gid);
    if (statSync(path).isDirectory()) for (const n of readdirSync(path)) giveTo({ uid, gid }, join(path, n));
}

// The product's own times that only end what is broken, and that a busy machine may reach: as long as the tests'. Argon2id is most of it.
const patient = { page_time: PATIENCE, header_time: PATIENCE, body_time: PATIENCE, connect_time: PATIENCE, permit_time: PATIENCE,
    // Tests go faster than agents; those of the rates set their own.
    key_burst: 1_000_000, key_rate: 100_000, person_burst: 1_000_000, person_rate: 100_000 };

export class Sidegate {
    users = new Map(); // name -> password
    log = '';
    #waiting = [];

    constructor({ build, program = command(build) } = {}) {
        this.program = program;
        this.dir = mkdtempSync(join(tmpdir(), 'sidegate-'));
        chmodSync(this.dir, 0o711); // when root runs the tests, init wants the account 'sidegate' to get in
        this.file = join(this.dir, 'sidegate.yaml');
    }

    // settings: { upstreams: {name: config}, limits, gateway, surface, log }. `user` is made by init; `env` is for init alone. `account`: who
    // the processes run as, instead of whom init chose.
    async init({ user = 'ana', password = randomBytes(12).toString('base64url'), ports, env, account, ...settings } = {}) {
        if (!existsSync(this.program)) throw new Error(`${this.program} is not built`);
        const made = await run(this.program, ['init', '--dir', this.dir, '--user', user, '--password-stdin'], { input: `${password}\n`, env });
        if (made.status !== 0) throw new Error(`sidegate init: ${made.status}\n${made.stdout}${made.stderr}`);
        this.initSaid = made.stdout + made.stderr;
        this.users.set(user, password);
        this.gatewayPort = ports?.gateway ?? await freePort();
        this.surfacePort = ports?.surface ?? await freePort();
        this.settings = {
            // As root, init says which account the processes run as.
            user: account ?? readFileSync(this.file, 'utf8').match(/^user: (\S+)$/m)?.[1],
            data: join(this.dir, 'data'),
            keys: join(this.dir, 'keys'),
            run: join(this.dir, 'run'),
            log: { level: process.env.LOG ?? 'info', ...settings.log },
            gateway: { listen: `127.0.0.1:${this.gatewayPort}`, ...settings.gateway },
            surface: { listen: `127.0.0.1:${this.surfacePort}`, url: `http://localhost:${this.surfacePort}`, ...settings.surface },
            limits: { ...patient, ...settings.limits },
            upstreams: settings.upstreams ?? {},
        };
        this.writeConfig();
        if (account) for (const folder of ['data', 'keys', 'run']) if (existsSync(join(this.dir, folder))) giveTo(accountOf(account), join(this.dir, folder));
        return this;
    }

    writeConfig() {
        writeFileSync(this.file, yaml(this.settings).trimStart());
    }

    get surfaceUrl() {
        return this.settings.surface.url;
    }

    mcpUrl(upstream) {
        return `http://127.0.0.1:${this.gatewayPort}/mcp/${upstream}`;
    }

    // A command over the control socket (or on the files, for those that need no running Sidegate).
    cli(...args) {
        const options = typeof args.at(-1) === 'object' ? args.pop() : {};
        const words = args.findIndex((a) => a.startsWith('--'));
        const at = words < 0 ? args.length : words;
        return run(this.program, [...args.slice(0, at), '--config', this.file, ...args.slice(at)], options);
    }

    async addUser(name, password) {
        const done = await this.cli('user', 'add', name, '--password-stdin', { input: `${password}\n` });
        if (done.status !== 0) throw new Error(`user add: ${done.stdout}${done.stderr}`);
        this.users.set(name, password);
    }

    // A new agent key: given once, into a file that only its owner may read.
    async addKey(user = 'ana', label = 'laptop', ...more) {
        const file = join(this.dir, `key-${user}-${label}-${Math.random().toString(36).slice(2)}`);
        const done = await this.cli('key', 'add', '--user', user, '--label', label, '--out', file, ...more);
        if (done.status !== 0) throw new Error(`key add: ${done.stdout}${done.stderr}`);
        if ((statSync(file).mode & 0o777) !== 0o600) throw new Error('key add --out: the file is not 0600');
        return readFileSync(file, 'utf8').trim();
    }

    // `logTo`: a file for the log, which then is not in `log`.
    async serve({ time = PATIENCE, env, logTo } = {}) {
        const log = logTo === undefined ? 'pipe' : openSync(logTo, 'w');
        const child = spawn(this.program, ['serve', '--config', this.file], { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
        if (logTo !== undefined) closeSync(log); // the child has its own
        this.child = child;
        this.exit = new Promise((done) => child.on('close', (status, signal) => done(status ?? signal)));
        let said = '';
        await new Promise((done, fail) => {
            let watcher;
            const over = () => {
                clearTimeout(timer);
                watcher?.close();
                child.off('close', ended);
            };
            const timer = setTimeout(() => { over(); fail(new Error(`sidegate serve: not ready in ${time} ms\n${this.log}`)); }, time);
            const ended = (status, signal) => {
                over();
                fail(new Error(`sidegate serve ended with ${status ?? signal} before it was ready\n${this.log}`));
            };
            child.once('close', ended);
            const look = (all) => {
                if (!/^.*sidegate is ready.*\n/im.test(all)) return;
                over();
                done();
            };
            if (logTo !== undefined) {
                watcher = watch(logTo, () => look(readFileSync(logTo, 'utf8')));
                look(readFileSync(logTo, 'utf8'));
            }
            const hear = (data) => {
                this.#add(data);
                said += data;
                look(said);
            };
            child.stdout?.on('data', hear);
            child.stderr?.on('data', hear);
        });
        return this;
    }

    #add(data) {
        this.log += data;
        for (const waiter of this.#waiting.splice(0)) waiter();
    }

    // Waits for a line in the log, from that offset on.
    async logged(pattern, time = PATIENCE, from = 0) {
        const end = Date.now() + time;
        for (;;) {
            const line = this.log.slice(from).split('\n').find((l) => pattern.test(l));
            if (line) return line;
            const left = end - Date.now();
            if (left <= 0) throw new Error(`the log never said ${pattern}`);
            await new Promise((done) => {
                const timer = setTimeout(done, left);
                this.#waiting.push(() => { clearTimeout(timer); done(); });
            });
        }
    }

    // The processes of this Sidegate: [{ pid, args }].
    processes() {
        const parents = new Map();
        const all = [];
        for (const pid of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
            try {
                const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
                const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
                if (state === 'Z') continue;
                parents.set(Number(pid), Number(ppid));
                all.push({ pid: Number(pid), args: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean).join(' ') });
            } catch { /* it ended meanwhile */ }
        }
        const ours = (pid) => pid === this.child?.pid || (parents.has(pid) && ours(parents.get(pid)));
        return all.filter(({ pid }) => ours(pid));
    }

    pidOf(role) {
        return this.processes().find(({ args }) => new RegExp(`\\b${role}\\b`).test(args.replace(this.dir, '')))?.pid;
    }

    async stop(signal = 'SIGTERM', time = PATIENCE) {
        if (!this.child) return undefined;
        const child = this.child;
        this.child = undefined;
        child.kill(signal);
        const timer = setTimeout(() => { this.log += 'harness: did not stop, killed\n'; child.kill('SIGKILL'); }, time);
        const status = await this.exit;
        clearTimeout(timer);
        return status;
    }

    async restart(signal) {
        await this.stop(signal);
        return this.serve();
    }

    remove() {
        rmSync(this.dir, { recursive: true, force: true });
    }
}
